package records

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"gongping/internal/pg"
	"gongping/internal/pg/recorddb"
	"gongping/scoring/composite"
	"gongping/scoring/records"
	"gongping/survey"
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
