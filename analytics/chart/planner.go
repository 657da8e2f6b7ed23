package chart

import (
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Planner is the view model of the planner's chart: what each number of
// answers per committee can tell, in per cent.
type Planner struct {
	ID, Title, Describe string
	Names               []string // of the lines
	N                   []int
	Lines               [][]float64 // shares 0–1, one slice a line, one value per N
	Table               Table
	XName               string
}

// Figure draws the lines.
func (v Planner) Figure(t Text) Figure {
	fig := Figure{ID: v.ID, Title: v.Title, Unit: "%", Height: "l", Describe: v.Describe, Table: v.Table}
	if len(v.N) == 0 {
		fig.Empty = t.T("chart.no_data")
		return fig
	}
	tones := []string{"chart-low", "chart-high", "chart-line", "chart-second"}
	for i, name := range v.Names {
		fig.Legend = append(fig.Legend, Key{name, tones[i%len(tones)], "line"})
	}
	c := charts.NewLine()
	for _, name := range v.Names {
		c.AddSeries(name, make([]opts.LineData, len(v.N)))
	}
	fig.Option = assemble(c, func(o m, series []m) {
		var names []string
		for _, n := range v.N {
			names = append(names, strconv.Itoa(n))
		}
		o["xAxis"] = below(axis("category", v.XName, m{"data": names, "boundaryGap": false}))
		o["yAxis"] = axis("value", "", m{"min": 0, "max": 100, "interval": 20})
		o["grid"].(m)["bottom"] = 36
		for i, s := range series {
			var data []m
			for k, x := range v.Lines[i] {
				data = append(data, m{"value": clean(100 * x), "tip": v.Names[i] + "\nn = " + names[k] + ": " + dec(100*x, 0) + "%"})
			}
			s["data"], s["symbol"], s["symbolSize"] = data, []string{"circle", "rect", "diamond", "triangle"}[i%4], 7
			s["itemStyle"], s["lineStyle"] = m{"color": colour(tones[i%len(tones)])}, m{"color": colour(tones[i%len(tones)]), "width": 2}
		}
	})
	return fig
}
