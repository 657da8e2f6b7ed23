package field

import (
	"context"
	"slices"
	"strings"

	"gongping/analytics/fairness"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
)

// StratumTally is the progress of one kind of stratum within an area: of women
// of 30 to 44 in all its committees, say.
type StratumTally struct {
	Kind string // the values of the plan's columns, joined by "#"
	// Joined are the kinds that hold too few residents in some committee of the
	// area and were joined to this one there.
	Joined               []string
	Planned, Cases, Done int
	Hidden               bool // too few done to be shown; Done is 0 then
}

// strata counts the kinds of strata into which the plan splits committees; it is
// empty where the committee is the stratum, because Areas has those. How many
// of a small stratum have answered is hidden like an answer of a small group.
func (s *Service) strata(ctx context.Context, db pg.Querier, district, area string, seen fielddb.Seen, p *Progress) error {
	r, err := rounddb.Get(ctx, db, district, p.Round.ID)
	if err != nil {
		return err
	}
	if p.Plan = r.Plan; len(r.Plan.StrataBy) == 0 {
		return nil
	}
	planned, err := fielddb.PlannedKinds(ctx, db, district, p.Round.ID, area, seen)
	if err != nil {
		return err
	}
	rows, err := fielddb.Kinds(ctx, db, district, p.Round.ID, area, seen)
	if err != nil {
		return err
	}
	for _, k := range rows {
		p.Strata = append(p.Strata, StratumTally{Kind: k.Kind, Planned: planned[k.Kind], Cases: k.Cases, Done: k.Done})
		delete(planned, k.Kind)
	}
	for kind, n := range planned {
		if n > 0 {
			p.Strata = append(p.Strata, StratumTally{Kind: kind, Planned: n})
		}
	}
	slices.SortFunc(p.Strata, func(a, b StratumTally) int { return strings.Compare(a.Kind, b.Kind) })
	joined := joinedKinds(r.Plan, area)
	for i := range p.Strata {
		p.Strata[i].Joined = joined[p.Strata[i].Kind]
	}
	hideStrata(p.Strata, p.CrossTab)
	return nil
}

// joinedKinds are the kinds of the cells that the plan joined to a kind of
// stratum within an area. Without them "women of 45 to 59" would be read off a
// line that holds all women.
func joinedKinds(p survey.Plan, area string) map[string][]string {
	out := map[string][]string{}
	for cell, stratum := range p.Collapsed {
		if !strings.HasPrefix(cell, area) {
			continue
		}
		_, from, _ := strings.Cut(cell, "#")
		_, to, _ := strings.Cut(stratum, "#")
		if !slices.Contains(out[to], from) {
			out[to] = append(out[to], from)
		}
	}
	for _, kinds := range out {
		slices.Sort(kinds)
	}
	return out
}

// hideStrata hides small counts, and as many more as keep them from being worked
// out of the area's total, which is shown; where that needs the total, all.
func hideStrata(list []StratumTally, least int) {
	if len(list) == 0 {
		return
	}
	row := make([]int, len(list))
	for i, t := range list {
		row[i] = t.Done
	}
	hide := fairness.Suppress(fairness.Table{Count: [][]int{row}, Minimum: least, RowTotals: true})
	for i := range list {
		if hide.Cell[0][i] != fairness.Shown || hide.RowTotal[0] != fairness.Shown {
			list[i].Hidden, list[i].Done = true, 0
		}
	}
}

// Splits tells whether the plan of the round splits committees into strata.
func (p Progress) Splits() bool { return len(p.Plan.StrataBy) > 0 }
