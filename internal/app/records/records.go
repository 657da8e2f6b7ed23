// Package records holds the use cases of work records: what monthly figures and
// tickets say of every committee by the rule book's rules, which recording
// practices stand out, who decided whether they are scored, and the workload
// and contacts that stand beside a score.
package records

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/intakedb"
	"gongping/internal/pg/recorddb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring"
	"gongping/scoring/composite"
	"gongping/scoring/records"
	"gongping/survey"
)

// Service is the room of the records.
type Service struct{ *app.Core }

// The figures that tickets give. A rule book scores those that it names.
const (
	OnTime    = "hotline_on_time"
	Answered  = "hotline_answered"
	Solved    = "hotline_solved"
	Satisfied = "hotline_satisfied"
)

// Figure is what the records say of an indicator of an area.
type Figure struct {
	Area, Indicator   string
	Method            string // "months" or "tickets"
	OK                bool
	Status            string // why there is no figure
	Share, SE, Lo, Hi float64
	Least, Most       float64 // whatever becomes of what is open
	Numerator, N      float64 // after the rules
	Received, Open    float64
	Repeats           float64
	PerThousand       *float64 // received a month for 1,000 of the exposure
	Months            int
	Flags             []records.Flag
	Decision          *recorddb.Decision
	At                time.Time // of the newest import behind it
}

// FlagKeys are the practices that were flagged, in a fixed order.
func (f *Figure) FlagKeys() []string {
	var out []string
	for _, x := range f.Flags {
		out = append(out, x.Key)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Held tells whether the figure waits for a decision or was left out by one. A
// decision holds for the practices that it named; a new one opens it again.
func (f *Figure) Held() bool {
	if len(f.Flags) == 0 {
		return false
	}
	return f.Undecided() || f.Decision.Verdict != "score"
}

// Undecided tells whether nobody has decided on what is flagged.
func (f *Figure) Undecided() bool {
	if len(f.Flags) == 0 {
		return false
	}
	if f.Decision == nil {
		return true
	}
	known := strings.Split(f.Decision.Flags, ",")
	return slices.ContainsFunc(f.FlagKeys(), func(k string) bool { return !slices.Contains(known, k) })
}

// figures computes every figure of a round's records, by indicator and area.
// Practices are judged against all areas of the same level.
func figures(ctx context.Context, db pg.Querier, district string, r survey.Round, book *composite.RuleBook) ([]Figure, error) {
	rules := book.RulesOfRecords()
	months, err := recorddb.Months(ctx, db, district, r.ID, r.AreaCode)
	if err != nil {
		return nil, err
	}
	out := ofMonths(months, rules)
	batches, err := recorddb.Newest(ctx, db, district, r.ID)
	if err != nil {
		return nil, err
	}
	for _, batch := range batches {
		tickets, err := recorddb.Tickets(ctx, db, district, batch, r.AreaCode)
		if err != nil {
			return nil, err
		}
		out = newest(out, ofTickets(tickets, batch, rules, book.Confidence))
	}
	decisions, err := recorddb.Decisions(ctx, db, district, r.ID)
	if err != nil {
		return nil, err
	}
	for i := range decisions {
		d := &decisions[i]
		for k := range out {
			if out[k].Area == d.Committee && out[k].Indicator == d.Indicator {
				out[k].Decision = d // the latest counts
			}
		}
	}
	slices.SortFunc(out, func(a, b Figure) int {
		return cmp.Or(cmp.Compare(a.Indicator, b.Indicator), cmp.Compare(a.Area, b.Area))
	})
	return out, nil
}

// newest keeps, where both say something of the same, what was imported last.
func newest(a, b []Figure) []Figure {
	at := map[string]int{}
	for i, f := range a {
		at[f.Area+"/"+f.Indicator] = i
	}
	for _, f := range b {
		i, both := at[f.Area+"/"+f.Indicator]
		switch {
		case !both:
			a = append(a, f)
		case f.At.After(a[i].At):
			a[i] = f
		}
	}
	return a
}

func ofMonths(list []recorddb.Month, rules records.Rules) (out []Figure) {
	type peers struct {
		indicator string
		level     survey.Level
	}
	series := map[peers][]records.Series{}
	for from := 0; from < len(list); {
		to := from
		f := Figure{Area: list[from].Area, Indicator: list[from].Indicator, Method: "months"}
		s := records.Series{Unit: f.Area}
		var sum records.Count
		exposure := 0.0
		for ; to < len(list) && list[to].Area == f.Area && list[to].Indicator == f.Indicator; to++ {
			m := list[to]
			c := records.Count{Done: m.Numerator, Received: m.Denominator, Pending: m.Pending, Repeats: m.Repeats}
			sum = sum.Add(c)
			if m.Exposure != nil {
				exposure += *m.Exposure
			}
			s.Months = append(s.Months, records.Month{Month: m.Month, Count: c})
			if m.At.After(f.At) {
				f.At = m.At
			}
		}
		share := records.ShareOf(sum, rules.CountRepeat)
		f.OK, f.Share, f.Least, f.Most, f.Numerator, f.N = share.OK, share.Share, share.Least, share.Most, share.Numerator, share.Denominator
		f.Received, f.Open, f.Repeats, f.Months = sum.Received, sum.Pending, sum.Repeats, to-from
		if !f.OK {
			f.Status = "none"
		}
		if exposure > 0 {
			x := 1000 * sum.Received / exposure
			f.PerThousand = &x
		}
		out = append(out, f)
		k := peers{f.Indicator, survey.LevelOf(f.Area)}
		series[k] = append(series[k], s)
		from = to
	}
	flags := map[peers]map[string][]records.Flag{}
	for k, s := range series {
		flags[k] = rules.Practices(s)
	}
	for i := range out {
		out[i].Flags = flags[peers{out[i].Indicator, survey.LevelOf(out[i].Area)}][out[i].Area]
	}
	return out
}

// ofTickets makes the figures of single complaints: the share closed within the
// limit with open ones as censored, and the shares answered, solved and
// satisfied among those where it is known. Repeats weigh by the rule.
func ofTickets(list []recorddb.Ticket, b recorddb.Batch, rules records.Rules, confidence float64) (out []Figure) {
	var closings []records.Closings
	for from := 0; from < len(list); {
		to := from
		area := list[from].Area
		c := records.Closings{Unit: area}
		var tickets []records.Ticket
		for ; to < len(list) && list[to].Area == area; to++ {
			t := list[to]
			x := records.Ticket{Opened: t.Opened, Closed: records.Open}
			if t.Complainant != "" {
				x.Key = t.Complainant + "/" + t.Matter
			}
			c.Tickets++
			if t.Closed == nil {
				c.Open++
			} else {
				x.Closed = *t.Closed
				c.Closed++
				if *t.Closed == t.Opened {
					c.SameDay++
				}
				if t.LastThree {
					c.LastThree++
				}
			}
			tickets = append(tickets, x)
		}
		closings = append(closings, c)
		cases, repeats := records.Cases(tickets, rules.RepeatRule, rules.RepeatWindow, b.Cutoff)
		w := records.WithinLimit(cases, rules.LimitDays, confidence)
		out = append(out, Figure{Area: area, Indicator: OnTime, Method: "tickets", OK: w.OK, Status: w.Status, Share: w.Share, SE: w.SE, Lo: w.Lo, Hi: w.Hi,
			Least: w.Least, Most: w.Most, Numerator: w.Share * w.Weight, N: w.Weight, Received: float64(c.Tickets), Open: float64(c.Open), Repeats: float64(repeats), At: b.At})
		for id, of := range map[string]func(recorddb.Ticket) *bool{Answered: func(t recorddb.Ticket) *bool { return t.Answered },
			Solved: func(t recorddb.Ticket) *bool { return t.Solved }, Satisfied: func(t recorddb.Ticket) *bool { return t.Satisfied }} {
			if f, ok := known(list[from:to], of); ok {
				f.Area, f.Indicator, f.At = area, id, b.At
				out = append(out, f)
			}
		}
		from = to
	}
	flags := rules.ClosingPractices(closings)
	for i := range out {
		if out[i].Indicator == OnTime {
			out[i].Flags = flags[out[i].Area]
		}
	}
	return out
}

// known is the share of yes among the tickets that say yes or no.
func known(list []recorddb.Ticket, of func(recorddb.Ticket) *bool) (f Figure, ok bool) {
	yes, n := 0.0, 0.0
	for _, t := range list {
		if v := of(t); v != nil {
			n++
			if *v {
				yes++
			}
		}
	}
	if n == 0 {
		return f, false
	}
	f = Figure{Method: "months", OK: true, Share: yes / n, Least: yes / n, Most: yes / n, Numerator: yes, N: n, Received: float64(len(list)), Open: float64(len(list)) - n}
	return f, true
}

// Indicators puts the figures of records in place of the plain indicators that
// were imported before them, for a run's input. Only a committee's own records
// are scored; those of a street or the district are shown and nothing else.
func Indicators(ctx context.Context, db pg.Querier, district string, r survey.Round, book *composite.RuleBook, plain []scoring.Indicator) ([]scoring.Indicator, error) {
	list, err := figures(ctx, db, district, r, book)
	if err != nil {
		return nil, err
	}
	cell := float64(book.Suppression.Cell)
	if len(list) == 0 {
		return unscored(plain, cell), nil
	}
	small := map[string]bool{}
	for i := range list {
		if f := &list[i]; f.Indicator == Satisfied && f.OK && f.decided() < cell {
			small[f.Area] = true
		}
	}
	times, err := recorddb.PlainTimes(ctx, db, district, r.ID)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, p := range plain {
		at[p.Committee+"/"+p.Indicator] = i
	}
	for _, f := range list {
		if f.Upper() {
			continue
		}
		key := f.Area + "/" + f.Indicator
		if times[key].After(f.At) {
			continue
		}
		v := scoring.Indicator{Committee: f.Area, Indicator: f.Indicator, Numerator: f.Numerator, Denominator: f.N, Method: f.Method}
		if f.Method == "tickets" {
			v.Value, v.SE = f.Share, f.SE
		}
		if f.Held() {
			v.Held = f.FlagKeys()
		}
		if f.Indicator == Satisfied && small[f.Area] {
			v = tooFew(v)
		}
		i, there := at[key]
		switch {
		case !f.OK && there:
			continue // what is known stays
		case !f.OK:
		case there:
			plain[i] = v
		default:
			plain = append(plain, v)
		}
	}
	slices.SortFunc(plain, func(a, b scoring.Indicator) int {
		return cmp.Or(cmp.Compare(a.Committee, b.Committee), cmp.Compare(a.Indicator, b.Indicator))
	})
	return unscored(plain, cell), nil
}

// unscored takes the satisfaction of fewer callers than a cell out of a run's
// input, wherever it was imported. It is hidden on the pages of records, and a
// part of a composite would give it away: the part itself, or the composite less
// the other parts.
func unscored(list []scoring.Indicator, cell float64) []scoring.Indicator {
	for i, v := range list {
		if v.Indicator == Satisfied && len(v.Held) == 0 && v.Denominator < cell {
			list[i] = tooFew(v)
		}
	}
	return list
}

// tooFew is an indicator without its figures.
func tooFew(v scoring.Indicator) scoring.Indicator {
	return scoring.Indicator{Committee: v.Committee, Indicator: v.Indicator, Method: v.Method, Held: []string{scoring.HeldSmall}}
}

// maxReason is the longest reason, in characters.
const maxReason = 500

// Decide records whether a flagged figure is scored, and why.
func (s *Service) Decide(ctx context.Context, who authz.Actor, roundID, committee, indicator, verdict, reason string) error {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > maxReason {
		return errs.New(errs.Invalid, "record.reason", "a decision needs a reason").At("reason", "", "1 to 500 characters", "say what was found when the office was asked")
	}
	if verdict != "score" && verdict != "leave" {
		return errs.New(errs.Invalid, "record.verdict", "a flagged figure is scored or left out").At("verdict", verdict, "score or leave", "choose one")
	}
	if survey.LevelOf(committee) < survey.Committee {
		return errs.New(errs.Barred, "record.not_scored", "the records of a street or the district are never scored: there is nothing to decide")
	}
	return s.Write(ctx, who, authz.RecordDecide, authz.Object{Area: committee}, func(ctx context.Context, tx *app.Tx) error {
		r, err := rounddb.Lock(ctx, tx, who.District, roundID)
		if err != nil {
			return app.NotFound(err, "round")
		}
		book, err := bookOf(ctx, tx, who.District, r)
		if err != nil {
			return err
		}
		list, err := figures(ctx, tx, who.District, r, book)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(f Figure) bool { return f.Area == committee && f.Indicator == indicator })
		if i < 0 || len(list[i].Flags) == 0 {
			return errs.New(errs.Barred, "record.not_flagged", "nothing is flagged there")
		}
		flags := strings.Join(list[i].FlagKeys(), ",")
		tx.Record("record", roundID, committee, map[string]any{"indicator": indicator, "verdict": verdict, "flags": flags})
		return recorddb.Decide(ctx, tx, who.District, roundID, app.NewID(), who.AccountID,
			recorddb.Decision{Committee: committee, Indicator: indicator, Verdict: verdict, Flags: flags, Reason: reason, At: tx.Now})
	})
}

func bookOf(ctx context.Context, db pg.Querier, district string, r survey.Round) (*composite.RuleBook, error) {
	b, err := rounddb.RuleBooks.Get(ctx, db, district, r.RuleBookID, r.RuleBookVersion)
	if err != nil {
		return nil, err
	}
	return composite.DecodeRuleBook(b.Body)
}

// Sheet is what the records of a round say within the actor's area.
type Sheet struct {
	Round     survey.Round
	Book      *composite.RuleBook
	Rules     records.Rules
	Figures   []Figure
	Workload  map[string]records.Workload
	Imports   []intakedb.Batch
	Decisions []recorddb.Decision
	Names     map[string]string
	Cutoff    *time.Time // of the tickets
	// Contradictions are rows of a street or the district that cannot be true
	// together with the rows below them.
	Contradictions []records.Contradiction
}

// Sheet returns the records of a round.
func (s *Service) Sheet(ctx context.Context, who authz.Actor, roundID string) (sh Sheet, err error) {
	err = s.Read(ctx, who, authz.RecordRead, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		return s.sheet(ctx, db, who, roundID, &sh)
	})
	return sh, err
}

func (s *Service) sheet(ctx context.Context, db pg.Querier, who authz.Actor, roundID string, sh *Sheet) (err error) {
	d := who.District
	if sh.Round, err = rounddb.Get(ctx, db, d, roundID); err != nil {
		return app.NotFound(err, "round")
	}
	if sh.Book, err = bookOf(ctx, db, d, sh.Round); err != nil {
		return err
	}
	sh.Rules = sh.Book.RulesOfRecords()
	all, err := figures(ctx, db, d, sh.Round, sh.Book)
	if err != nil {
		return err
	}
	hideSmall(all, sh.Book.Suppression.Cell)
	for _, f := range all {
		if survey.Within(f.Area, who.Area) {
			sh.Figures = append(sh.Figures, f)
		}
	}
	if sh.Workload, err = workloads(ctx, db, d, roundID, who.Area, sh.Rules); err != nil {
		return err
	}
	decisions, err := recorddb.Decisions(ctx, db, d, roundID)
	if err != nil {
		return err
	}
	for _, x := range decisions {
		if survey.Within(x.Committee, who.Area) {
			sh.Decisions = append(sh.Decisions, x)
		}
	}
	areas, err := intakedb.Areas(ctx, db, d, who.Area)
	if err != nil {
		return err
	}
	sh.Names = map[string]string{}
	var codes []string
	for _, a := range areas {
		sh.Names[a.Code], codes = a.Name, append(codes, a.Code)
	}
	if slices.ContainsFunc(sh.Figures, func(f Figure) bool { return f.Upper() }) {
		months, err := recorddb.Months(ctx, db, d, roundID, who.Area)
		if err != nil {
			return err
		}
		sh.Contradictions = records.Contradictions(recorddb.Rows(months), codes)
	}
	batches, err := recorddb.Newest(ctx, db, d, roundID)
	if err != nil {
		return err
	}
	if len(batches) > 0 {
		t := time.Unix(int64(batches[0].Cutoff)*86400, 0).UTC()
		sh.Cutoff = &t
	}
	for _, kind := range []string{"records", "tickets"} {
		list, err := intakedb.Batches(ctx, db, d, kind, roundID, 20)
		if err != nil {
			return err
		}
		sh.Imports = append(sh.Imports, list...)
	}
	slices.SortStableFunc(sh.Imports, func(a, b intakedb.Batch) int { return b.At.Compare(a.At) })
	return nil
}

func workloads(ctx context.Context, db pg.Querier, district, roundID, area string, rules records.Rules) (map[string]records.Workload, error) {
	list, err := recorddb.Staffings(ctx, db, district, roundID, area)
	out := map[string]records.Workload{}
	for _, x := range list {
		out[x.Committee] = rules.WorkloadOf(x.Households, x.Workers)
	}
	return out, err
}

// Workloads returns the households a worker of every committee of a round.
func (s *Service) Workloads(ctx context.Context, who authz.Actor, roundID string, rules records.Rules) (out map[string]records.Workload, err error) {
	err = s.Read(ctx, who, authz.RecordRead, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		out, err = workloads(ctx, db, who.District, roundID, who.Area, rules)
		return err
	})
	return out, err
}

// names are the texts of the indicators of a tree by id.
func names(nodes []composite.Node) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, n := range nodes {
		out[n.ID] = n.Text
		for id, text := range names(n.Children) {
			out[id] = text
		}
	}
	return out
}

// IndicatorNames are the texts of the round's indicators by id.
func (s *Sheet) IndicatorNames() map[string]map[string]string { return names(s.Book.Tree) }
