package upward

import (
	"gongping/analytics/chart"
	"gongping/internal/app/upward"
	"gongping/survey/instrument"
	"gongping/web/locale"
)

// overall is the item of the questionnaire that the trend follows.
const overall = "overall"

// trend is the chart of what workers say of a department over the surveys; nil
// where there is but one. The results come newest first.
func trend(results []upward.Result, p *locale.Printer) *chart.Figure {
	if len(results) < 2 {
		return nil
	}
	v := chart.Trend{ID: "upward-trend", Title: p.T("upward.trend"), Minimum: results[0].Survey.Cell}
	var before *instrument.Questionnaire
	for i := len(results) - 1; i >= 0; i-- {
		r := &results[i]
		a := chart.Area{Code: r.Survey.ID, Name: r.Survey.Title, Hidden: true}
		for _, it := range r.Items {
			if it.ID == overall && it.OK {
				a.N, a.Score, a.Lo, a.Hi, a.Hidden = it.N, it.Mean, it.Lo, it.Hi, false
			}
		}
		why := ""
		q, err := upward.Questionnaire(&r.Survey)
		if err == nil && before != nil && !instrument.SameScored(before, q) {
			why = p.T("unit.trend.apart.questions")
		}
		if err == nil {
			before = q
		}
		v.Rounds, v.Apart = append(v.Rounds, a), append(v.Apart, why)
	}
	f := v.Figure(p)
	return &f
}
