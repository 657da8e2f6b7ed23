package panel

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/paneldb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/composite"
	"gongping/scoring/panel"
	"gongping/survey"
)

// The bounds of a plan.
const (
	MinPer = 2 // fewer connect nobody
	MaxPer = 7
)

// conflicts are the reasons that keep reviewers from areas.
type conflicts []paneldb.Conflict

// conflictsOf gathers what was declared and not lifted, and what follows from
// the records.
func conflictsOf(ctx context.Context, db pg.Querier, district, round string) (conflicts, error) {
	declared, err := paneldb.Declared(ctx, db, district, round)
	if err != nil {
		return nil, err
	}
	standing, err := paneldb.Standing(ctx, db, district, round)
	if err != nil {
		return nil, err
	}
	var out conflicts
	for _, c := range declared {
		if c.Kind == "declared" {
			out = append(out, c)
		}
	}
	return append(out, standing...), nil
}

// bars returns why a reviewer may not rate a committee, or "".
func (l conflicts) bars(reviewer, committee string) string {
	for _, c := range l {
		if c.Reviewer == reviewer && (survey.Within(committee, c.Area) || survey.Within(c.Area, committee)) {
			return c.Kind
		}
	}
	return ""
}

// assigned lists who rates whom by the newest plan; nil where there is none.
func assigned(ctx context.Context, db pg.Querier, district, round string) ([]panel.Pair, error) {
	plans, err := paneldb.Plans(ctx, db, district, round)
	if err != nil || len(plans) == 0 {
		return nil, err
	}
	pairs, err := paneldb.Assignments(ctx, db, district, round, plans[0].Number)
	if pairs == nil {
		pairs = []panel.Pair{}
	}
	return pairs, err
}

// ReviewerState is what a reviewer has to do and has done.
type ReviewerState struct {
	paneldb.Reviewer
	Assigned  int // committees of the plan
	Rated     int // committees with a rating on every criterion
	Diagnosis *panel.Reviewer
}

// Conflict is a conflict of interest with the names a page shows.
type Conflict struct {
	paneldb.Conflict
	ReviewerName, AreaName string
}

// Management is all that the manager of a panel needs to see.
type Management struct {
	Round      survey.Round
	Criteria   []composite.Criterion
	Committees []paneldb.Committee
	Reviewers  []ReviewerState
	Conflicts  []Conflict
	Plans      []paneldb.Plan // newest first
	Pairs      []panel.Pair   // of the newest plan
	Sets       [][]string     // of the newest plan: names of reviewers whom shared committees connect
	Short      []string       // names of committees with fewer reviewers than planned
	Result     panel.Result   // of the ratings on record
	Method     string         // of the rule book
	Evidence   map[string]int // files by committee
	Names      map[string]string
	Closed     bool
}

// Manage returns the state of a round's panel: plan, progress, conflicts, fair
// averages and how each reviewer rates.
func (s *Service) Manage(ctx context.Context, who authz.Actor, roundID string) (m Management, err error) {
	err = s.Read(ctx, who, authz.PanelRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		m, err = manage(ctx, db, who, roundID)
		return err
	})
	return m, err
}

func manage(ctx context.Context, db pg.Querier, who authz.Actor, roundID string) (m Management, err error) {
	d := who.District
	if m.Round, err = rounddb.Get(ctx, db, d, roundID); err != nil {
		return m, app.NotFound(err, "round")
	}
	if err := authz.Check(who, authz.PanelRead, authz.Object{Area: m.Round.AreaCode}); err != nil {
		return m, err
	}
	b, err := rounddb.RuleBooks.Get(ctx, db, d, m.Round.RuleBookID, m.Round.RuleBookVersion)
	if err != nil {
		return m, err
	}
	book, err := composite.DecodeRuleBook(b.Body)
	if err != nil {
		return m, err
	}
	m.Criteria, m.Method = book.PanelCriteria(), book.PanelMethod
	if m.Committees, err = paneldb.Committees(ctx, db, d, roundID, m.Round.AreaCode); err != nil {
		return m, err
	}
	if m.Plans, err = paneldb.Plans(ctx, db, d, roundID); err != nil {
		return m, err
	}
	if m.Pairs, err = assigned(ctx, db, d, roundID); err != nil {
		return m, err
	}
	ratings, err := paneldb.All(ctx, db, d, roundID)
	if err != nil {
		return m, err
	}
	low, high := book.PanelScale()
	m.Result = panel.Fit(ratings, low, high)
	files, err := paneldb.EvidenceOf(ctx, db, d, roundID, "")
	if err != nil {
		return m, err
	}
	m.Evidence = map[string]int{}
	for _, f := range files {
		m.Evidence[f.Committee]++
	}
	if m.Closed, err = paneldb.Published(ctx, db, d, roundID); err != nil {
		return m, err
	}
	return m, m.people(ctx, db, d)
}

// people fills what is told by reviewer.
func (m *Management) people(ctx context.Context, db pg.Querier, district string) error {
	list, err := paneldb.Reviewers(ctx, db, district, m.Round.AreaCode)
	if err != nil {
		return err
	}
	m.Names = map[string]string{}
	for _, c := range m.Committees {
		m.Names[c.Code], m.Names[c.Code[:9]] = c.Name, c.Street
	}
	load, of := map[string]int{}, map[string]int{}
	for _, p := range m.Pairs {
		load[p.Reviewer]++
		of[p.Committee]++
	}
	seen := map[string]bool{}
	for _, r := range list {
		m.Names[r.ID], seen[r.ID] = r.Name, true
		m.Reviewers = append(m.Reviewers, ReviewerState{Reviewer: r, Assigned: load[r.ID]})
	}
	for i := range m.Result.Reviewers {
		r := &m.Result.Reviewers[i]
		at := slices.IndexFunc(m.Reviewers, func(x ReviewerState) bool { return x.ID == r.Name })
		if at < 0 { // an import may name a reviewer by the sign-in
			at = slices.IndexFunc(m.Reviewers, func(x ReviewerState) bool { return x.Login == r.Name && x.Diagnosis == nil })
		}
		if at < 0 { // named in an import, not an account
			m.Reviewers = append(m.Reviewers, ReviewerState{Reviewer: paneldb.Reviewer{ID: r.Name, Name: r.Name}})
			at = len(m.Reviewers) - 1
			m.Names[r.Name] = r.Name
		}
		m.Reviewers[at].Diagnosis = r
		m.Reviewers[at].Rated = r.Units
	}
	m.Result.Sets = m.named(m.Result.Sets)
	if len(m.Plans) > 0 {
		m.Sets = m.named(panel.Connected(m.Pairs))
		for _, c := range m.Committees {
			if of[c.Code] < m.Plans[0].Per {
				m.Short = append(m.Short, c.Name)
			}
		}
	}
	all, err := conflictsOf(ctx, db, district, m.Round.ID)
	for _, c := range all {
		if seen[c.Reviewer] {
			m.Conflicts = append(m.Conflicts, Conflict{c, m.Names[c.Reviewer], m.Names[c.Area]})
		}
	}
	return err
}

// named puts names in place of account ids.
func (m *Management) named(sets [][]string) [][]string {
	out := make([][]string, len(sets))
	for i, set := range sets {
		for _, id := range set {
			name := m.Names[id]
			if name == "" {
				name = id
			}
			out[i] = append(out[i], name)
		}
	}
	return out
}

// Spread is the least and the greatest number of committees of the reviewers.
func (m *Management) Spread() (least, most int) {
	for i, r := range m.Reviewers {
		if i == 0 || r.Assigned < least {
			least = r.Assigned
		}
		most = max(most, r.Assigned)
	}
	return least, most
}

// Order is how a plan is to be made. An empty Seed is replaced by the round's
// id and the plan's number, which nobody chooses.
type Order struct {
	Per    int
	Seed   string
	Reason string
}

// Assign makes a plan of who rates whom. A later plan needs a reason and
// supersedes the one before; ratings given under that stay and count.
func (s *Service) Assign(ctx context.Context, who authz.Actor, roundID string, o Order) (plan panel.Plan, err error) {
	o.Seed, o.Reason = strings.TrimSpace(o.Seed), strings.TrimSpace(o.Reason)
	if o.Per < MinPer || o.Per > MaxPer {
		return plan, errs.New(errs.Invalid, "panel.per", "a committee needs %d to %d reviewers", MinPer, MaxPer).
			At("per", fmt.Sprint(o.Per), fmt.Sprintf("%d to %d", MinPer, MaxPer), "with one reviewer a committee nobody's severity can be told from the committee's work")
	}
	if utf8.RuneCountInString(o.Seed) > 100 || utf8.RuneCountInString(o.Reason) > maxNote {
		return plan, errs.New(errs.Invalid, "panel.note_long", "the reason is too long").At("reason", "", "at most 500 characters", "shorten it")
	}
	err = s.WriteSerializable(ctx, who, authz.PanelManage, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		if _, err := rounddb.Lock(ctx, tx, who.District, roundID); err != nil {
			return app.NotFound(err, "round")
		}
		m, err := manage(ctx, tx, who, roundID)
		if err != nil {
			return err
		}
		switch {
		case m.Round.Kind != "drawn" || m.Round.State == survey.Draft || m.Round.State == survey.Cancelled:
			return errs.New(errs.NotNow, "panel.state_round", "the round cannot be rated now")
		case m.Closed:
			return errs.New(errs.Closed, "panel.closed", "results of the round are published; it can no longer be rated")
		case len(m.Plans) > 0 && o.Reason == "":
			return errs.New(errs.Invalid, "panel.plan_reason", "a new plan needs a reason").At("reason", "", "why the plan before does not hold", "for example: a reviewer has left")
		}
		p := paneldb.Plan{Number: len(m.Plans) + 1, Per: o.Per, Seed: o.Seed, Reason: o.Reason, At: tx.Now}
		if p.Seed == "" {
			p.Seed = fmt.Sprintf("%s/%d", roundID, p.Number)
		}
		plan, err = planOf(ctx, tx, who.District, &m, p)
		if err != nil {
			return err
		}
		p.Comparable = plan.Comparable()
		tx.Record("panel_plan", roundID, m.Round.AreaCode, map[string]any{"number": p.Number, "per": p.Per, "pairs": len(plan.Pairs),
			"short": len(plan.Short), "sets": len(plan.Sets), "spread": plan.Spread()})
		return paneldb.AddPlan(ctx, tx, who.District, roundID, who.AccountID, p, plan.Pairs)
	})
	return plan, err
}

func planOf(ctx context.Context, db pg.Querier, district string, m *Management, p paneldb.Plan) (panel.Plan, error) {
	w := panel.Wish{Per: p.Per, Seed: p.Seed, Barred: map[panel.Pair]bool{}}
	list, err := conflictsOf(ctx, db, district, m.Round.ID)
	if err != nil {
		return panel.Plan{}, err
	}
	for _, c := range m.Committees {
		w.Committees = append(w.Committees, c.Code)
	}
	for _, r := range m.Reviewers {
		if r.Login == "" {
			continue
		}
		w.Reviewers = append(w.Reviewers, r.ID)
		for _, c := range m.Committees {
			if list.bars(r.ID, c.Code) != "" || !survey.Within(c.Code, r.Area) {
				w.Barred[panel.Pair{Committee: c.Code, Reviewer: r.ID}] = true
			}
		}
	}
	if len(w.Reviewers) < p.Per {
		return panel.Plan{}, errs.New(errs.NotNow, "panel.few_reviewers", "there are fewer reviewers than a committee needs").
			At("per", fmt.Sprint(p.Per), fmt.Sprintf("at most %d, or more accounts of panel members", len(w.Reviewers)), "add accounts with the role panel")
	}
	return panel.Assign(w), nil
}

// Declare records that a reviewer and a committee or street do not go together.
// Reviewers declare for themselves, managers for anybody.
func (s *Service) Declare(ctx context.Context, who authz.Actor, roundID, reviewer, area, reason string) error {
	action := authz.PanelManage
	if who.Role == authz.Panel {
		action, reviewer = authz.PanelRate, who.AccountID
	}
	return s.conflict(ctx, who, action, roundID, paneldb.Conflict{Reviewer: reviewer, Area: area, Kind: "declared", Reason: reason})
}

// Lift takes a declared conflict back, with a reason. Both stay on record.
func (s *Service) Lift(ctx context.Context, who authz.Actor, roundID, reviewer, area, reason string) error {
	return s.conflict(ctx, who, authz.PanelManage, roundID, paneldb.Conflict{Reviewer: reviewer, Area: area, Kind: "lifted", Reason: reason})
}

func (s *Service) conflict(ctx context.Context, who authz.Actor, action authz.Action, roundID string, c paneldb.Conflict) error {
	c.Reason = strings.TrimSpace(c.Reason)
	if n := utf8.RuneCountInString(c.Reason); n == 0 || n > maxNote {
		return errs.New(errs.Invalid, "panel.conflict_reason", "a conflict of interest needs a reason").At("reason", "", "1 to 500 characters", "say what connects the reviewer with the area")
	}
	if l := survey.LevelOf(c.Area); l != survey.Committee && l != survey.Street {
		return errs.New(errs.Invalid, "panel.conflict_area", "a conflict concerns a committee or a street").At("area", c.Area, "the code of a committee or a street", "choose one of the list")
	}
	return s.Write(ctx, who, action, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, err := rounddb.Lock(ctx, tx, who.District, roundID)
		if err != nil {
			return app.NotFound(err, "round")
		}
		if !survey.Within(c.Area, r.AreaCode) {
			return errs.New(errs.NotFound, "panel.committee_unknown", "the round has no such committee")
		}
		list, err := paneldb.Reviewers(ctx, tx, who.District, r.AreaCode)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(x paneldb.Reviewer) bool { return x.ID == c.Reviewer }) {
			return errs.New(errs.NotFound, "panel.reviewer_unknown", "there is no such reviewer")
		}
		if c.Kind == "lifted" {
			known, err := paneldb.Declared(ctx, tx, who.District, roundID)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(known, func(x paneldb.Conflict) bool {
				return x.Reviewer == c.Reviewer && x.Area == c.Area && x.Kind == "declared"
			}) {
				return errs.New(errs.Barred, "panel.not_declared", "no such conflict is declared")
			}
		}
		c.At = tx.Now
		tx.Record("panel_conflict", roundID, c.Area, map[string]any{"reviewer": c.Reviewer, "kind": c.Kind})
		return paneldb.AddConflict(ctx, tx, who.District, roundID, app.NewID(), who.AccountID, c)
	})
}
