package appeals

import (
	"context"

	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/appeal"
	"gongping/survey/instrument"
)

// lowGrade is the score of the second lowest of five grades: up to it a grade
// counts as low.
const lowGrade = 25.0

// themes runs the test for collective complaints over the answers of a unit:
// which questions unrelated households gave low grades to, and which answers
// share them. What is usual comes from all other units of the same run.
func themes(ctx context.Context, q pg.Querier, district string, t *terms, run string, u scoredb.UnitRow, answers []appealdb.UnitAnswer) (items []string, members map[string]bool, err error) {
	all, err := scoredb.UnitOf(ctx, q, district, run, district)
	if err != nil {
		return nil, nil, err
	}
	others := map[string][2]float64{}
	for _, it := range all.Items {
		n := 0
		for _, c := range it.Counts {
			n += c
		}
		others[it.Item] = [2]float64{float64(it.Counts[0] + it.Counts[1]), float64(n)}
	}
	var base []float64
	for _, it := range u.Items {
		n := 0
		for _, c := range it.Counts {
			n += c
		}
		o := others[it.Item]
		items = append(items, it.Item)
		base = append(base, min(1, (max(0, o[0]-float64(it.Counts[0]+it.Counts[1]))+0.5)/(max(0, o[1]-float64(n))+1)))
	}
	voices := make([]appeal.Voice, len(answers))
	for i, a := range answers {
		v := appeal.Voice{ID: a.ID, Household: a.Household, Low: make([]bool, len(items))}
		if a.Mode == "link" && a.Building != "" {
			v.Batch = a.Building + "/" + a.Day
		}
		for k, item := range items {
			score, ok := instrument.Score(a.Given[item])
			v.Low[k] = ok && score <= lowGrade
		}
		voices[i] = v
	}
	rules := appeal.DefaultThemeRules()
	rules.Households = t.book.DisputeRules().ThemeHouseholds
	found, members := appeal.Themes(voices, base, rules)
	var names []string
	for _, k := range found {
		names = append(names, items[k])
	}
	return names, members, nil
}

// collective tells whether the run or the test at the appeal finds a collective
// complaint in a unit.
func collective(ctx context.Context, q pg.Querier, district string, t *terms, u scoredb.UnitRow, run string) (bool, error) {
	if u.CollectiveLow {
		return true, nil
	}
	answers, err := appealdb.UnitAnswers(ctx, q, district, run, u.Unit)
	if err != nil {
		return false, err
	}
	_, members, err := themes(ctx, q, district, t, run, u, answers)
	return len(members) > 0, err
}
