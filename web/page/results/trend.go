package results

import (
	"gongping/analytics/chart"
	"gongping/internal/app/score"
	"gongping/web/locale"
)

// trend is the chart of a committee over the rounds; nil where there is but one.
func trend(list []score.Past, minimum int, p *locale.Printer) *chart.Figure {
	if len(list) < 2 {
		return nil
	}
	v := chart.Trend{ID: "trend", Title: p.T("unit.trend"), Minimum: minimum}
	for _, x := range list {
		o := x.Unit.Official
		v.Rounds = append(v.Rounds, chart.Area{Code: x.RunID, Name: x.Title, N: x.Unit.N, Score: o.Value, Lo: o.Lo, Hi: o.Hi, Hidden: !o.OK})
		why := ""
		if x.Apart != "" {
			why = p.T("unit.trend.apart." + x.Apart)
		}
		v.Apart = append(v.Apart, why)
	}
	f := v.Figure(p)
	return &f
}
