package chart

import (
	"cmp"
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Interval is the view model of an interval ("caterpillar") chart: each area's
// score with its 95% interval beside the overall score. Areas stand in the
// order of their scores, ties by code; overlapping intervals mean that the
// order says nothing, and the text says so.
type Interval struct {
	ID      string
	Areas   []Area
	Overall float64
	Minimum int
	// ByCode keeps the order of the codes, which invites no ranking.
	ByCode bool
}

// Figure draws the chart.
func (v Interval) Figure(t Text) Figure {
	areas := slices.Clone(v.Areas)
	slices.SortStableFunc(areas, func(a, b Area) int {
		if v.ByCode {
			return cmp.Compare(a.Code, b.Code)
		}
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Code, b.Code))
	})
	shown, _ := split(areas)
	fig := Figure{
		ID: v.ID, Title: t.T("chart.interval.title"), Unit: t.T("chart.points"), N: total(areas),
		Height: height(len(shown)), Table: areaTable(t, areas, v.Minimum),
	}
	if len(shown) == 0 {
		fig.Empty = t.T("chart.no_areas", "Min", v.Minimum)
		return fig
	}
	fig.Describe = t.T("chart.interval.text", "Areas", len(shown), "Overall", dec(v.Overall, 1))
	fig.Legend = standings(t, shown)
	c := charts.NewCustom()
	c.AddSeries(t.T("chart.score"), make([]opts.CustomData, len(shown)))
	fig.Option = assemble(c, func(o m, series []m) { v.patch(t, shown, o, series[0]) })
	return fig
}

func (v Interval) patch(t Text, shown []Area, o, series m) {
	lo, hi := math.Inf(1), math.Inf(-1)
	var names []string
	var data []m
	for i, a := range shown {
		lo, hi = min(lo, a.Lo), max(hi, a.Hi)
		names = append(names, a.Name)
		data = append(data, m{
			"name": a.Name, "value": []any{i, clean(a.Score), clean(a.Lo), clean(a.Hi), int(a.Standing)},
			"tip": areaTip(t, a), "href": a.Href,
		})
	}
	lo, hi = span(lo, hi)
	o["xAxis"] = axis("value", "", m{"min": max(lo, 0), "max": min(hi, 100), "interval": ticks(lo, hi)})
	o["yAxis"] = axis("category", "", m{"data": names, "inverse": true,
		"axisLabel": m{"color": colour("chart-text"), "interval": 0, "width": 120, "overflow": "truncate"}})
	o["grid"].(m)["top"] = 28
	series["renderItem"] = fn("interval")
	series["encode"] = m{"x": []int{1, 2, 3}, "y": 0}
	series["data"] = data
	series["markLine"] = m{
		"silent": true, "symbol": "none", "data": []m{{"xAxis": clean(v.Overall)}},
		"lineStyle": m{"color": colour("chart-limit"), "type": "dashed"},
		"label": m{"formatter": t.T("chart.overall") + " " + dec(v.Overall, 1), "position": "start",
			"color": colour("chart-muted"), "distance": 4},
	}
	series["coordinateSystem"] = "cartesian2d"
}
