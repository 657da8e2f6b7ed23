package view

import (
	"sort"
	"strconv"

	"gongping/analytics/chart"
	"gongping/scoring"
	"gongping/survey/instrument"
)

// Waterfall is the way from the plain mean to the official score; ok is false
// where the unit has no score.
func Waterfall(u *scoring.UnitResult, t chart.Text) (v chart.Waterfall, ok bool) {
	if len(u.Steps) < 2 {
		return v, false
	}
	v = chart.Waterfall{ID: "steps", N: u.N}
	for i, s := range u.Steps {
		step := chart.Step{Name: t.T("score.step." + s.Key), After: s.Value, Why: t.T("score.step." + s.Key + ".why")}
		if i == 0 {
			v.Start = step
		} else {
			v.Steps = append(v.Steps, step)
		}
	}
	return v, true
}

// Influence shows what the most extreme answers change.
func Influence(u *scoring.UnitResult) chart.Influence {
	v := chart.Influence{ID: "influence", N: u.N, Score: u.Official.Value}
	for _, d := range u.WithoutLowest {
		v.WithoutLow = append(v.WithoutLow, u.Official.Value+d)
	}
	for _, d := range u.WithoutHighest {
		v.WithoutTop = append(v.WithoutTop, u.Official.Value+d)
	}
	return v
}

// grades are those of the scale from the best; the last place of a row stands
// for grades with too few answers, which are shown together.
var grades = []int{4, 3, 2, 1, 0}

// Distribution shows the weighted shares of the grades of every item. Grades
// that were masked (a negative count) are drawn as one last part, which is there
// only where a grade is masked.
func Distribution(u *scoring.UnitResult, q *instrument.Questionnaire, lang string, minimum int, t chart.Text) chart.Distribution {
	v := chart.Distribution{ID: "distribution", Title: t.T("score.distribution"), Minimum: minimum}
	for _, g := range grades {
		v.Grades = append(v.Grades, t.T("score.grade."+string(rune('1'+g))))
	}
	short := ItemNames(q, lang)
	pooled := false
	for _, it := range u.Items {
		row := chart.DistributionRow{Name: short[it.Item], N: it.Figure.N, Hidden: !it.Figure.OK && it.Figure.N < 2 || it.Figure.Status == "suppressed" || it.Figure.Status == "not_enough"}
		rest, masked := 1.0, false
		for _, g := range grades {
			s, hide := it.Shares[g], it.Counts[g] < 0
			if hide {
				s, masked = 0, true
			}
			rest -= s
			row.Shares, row.Masked = append(row.Shares, s), append(row.Masked, hide)
		}
		// Shares are told rounded, so without a masked grade the rest is rounding.
		row.Shares, row.Masked = append(row.Shares, max(rest, 0)), append(row.Masked, !masked)
		pooled = pooled || masked && !row.Hidden
		v.Rows = append(v.Rows, row)
	}
	if pooled {
		v.Grades = append(v.Grades, t.T("score.grade.pooled", "Min", minimum))
	}
	return v
}

// ItemNames are the questions by item, with their number, and the dimensions by id.
func ItemNames(q *instrument.Questionnaire, lang string) map[string]string {
	names := map[string]string{}
	for _, d := range q.Dimensions {
		names[d.ID] = d.Text.In(lang)
	}
	for i, it := range q.Items {
		names[it.ID] = strconv.Itoa(i+1) + ". " + it.Text.In(lang)
	}
	return names
}

// Group is a dimension with its items.
type Group struct {
	Dimension scoring.ItemResult
	Items     []scoring.ItemResult
}

// Groups puts the items under their dimensions, in the order of the questionnaire.
func Groups(u *scoring.UnitResult, q *instrument.Questionnaire) []Group {
	of := map[string]string{}
	for _, it := range q.Items {
		of[it.ID] = it.Dimension
	}
	var out []Group
	for _, d := range u.Dimensions {
		g := Group{Dimension: d}
		for _, it := range u.Items {
			if of[it.Item] == d.Item {
				g.Items = append(g.Items, it)
			}
		}
		out = append(out, g)
	}
	return out
}

// Reason is how many answers counted for a reason; N is negative where there
// are some, but too few to be counted out.
type Reason struct {
	Key string
	N   int
}

// reasonOrder puts both directions side by side.
var reasonOrder = []string{"ordinary", "isolated_low", "isolated_high", "batch_low", "batch_high", "collective_low", "collective_high", "frequent_low", "frequent_high"}

// Reasons lists the reasons that occur; the isolated ones and those of batches
// are always there, so that both directions are seen.
func Reasons(u *scoring.UnitResult) []Reason {
	var out []Reason
	for i, key := range reasonOrder {
		if n := u.Reasons[key]; n != 0 || i < 3 {
			out = append(out, Reason{key, n})
		}
	}
	return out
}

// Excluded lists the grounds on which answers were set aside.
func Excluded(u *scoring.UnitResult) []Reason {
	var out []Reason
	for key, n := range u.Excluded {
		out = append(out, Reason{key, n})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key < out[j].Key })
	return out
}
