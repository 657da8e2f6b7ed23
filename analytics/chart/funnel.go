package chart

import (
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Limit holds the control limits of a funnel at n answers: 95% (1.96 standard
// errors) and 99.8% (3.09), around the overall score.
type Limit struct {
	N                              int
	Low95, High95, Low998, High998 float64
}

// Funnel is the view model of a funnel plot: score against number of answers
// (Spiegelhalter, Statistics in Medicine 24 (2005) 1185–1202). Limits are
// ascending in N.
type Funnel struct {
	ID      string
	Areas   []Area
	Overall float64
	Limits  []Limit
	Minimum int // answers below which an area is hidden
}

// Figure draws the funnel.
func (f Funnel) Figure(t Text) Figure {
	shown, _ := split(f.Areas)
	fig := Figure{
		ID: f.ID, Title: t.T("chart.funnel.title"), Unit: t.T("chart.points"), N: total(f.Areas), Height: "l",
		Table: areaTable(t, f.Areas, f.Minimum),
	}
	if len(shown) == 0 || len(f.Limits) == 0 {
		fig.Empty = t.T("chart.no_areas", "Min", f.Minimum)
		return fig
	}
	fig.Describe = t.T("chart.funnel.text", "Areas", len(shown), "High", count(shown, High), "Low", count(shown, Low))
	fig.Legend = append(standings(t, shown), Key{t.T("chart.overall"), "chart-limit", "line"},
		Key{t.T("chart.limit95"), "chart-limit", "dash"}, Key{t.T("chart.limit998"), "chart-limit", "dot"})
	c := charts.NewScatter()
	for _, s := range []Standing{Typical, High, Low, Unranked} {
		if count(shown, s) > 0 {
			c.AddSeries(t.T(s.key()), make([]opts.ScatterData, count(shown, s)))
		}
	}
	fig.Option = assemble(c, func(o m, series []m) { f.patch(t, shown, o, series) })
	return fig
}

func (f Funnel) patch(t Text, shown []Area, o m, series []m) {
	lo, hi, most := math.Inf(1), math.Inf(-1), 0
	for _, a := range shown {
		lo, hi, most = min(lo, a.Score), max(hi, a.Score), max(most, a.N)
	}
	for _, l := range f.Limits {
		if l.N >= shown[0].N/2 {
			lo, hi = min(lo, l.Low95), max(hi, l.High95)
		}
	}
	lo, hi = span(lo, hi)
	lo, hi = max(lo, 0), min(hi, 100)
	o["xAxis"] = below(axis("value", t.T("chart.answers"), m{"min": 0, "minInterval": 1}))
	o["yAxis"] = axis("value", t.T("chart.score"), m{"min": lo, "max": hi, "interval": ticks(lo, hi)})
	o["grid"].(m)["top"] = 36
	o["grid"].(m)["bottom"] = 36
	at := 0
	for _, s := range []Standing{Typical, High, Low, Unranked} {
		if count(shown, s) == 0 {
			continue
		}
		var data []m
		for _, a := range shown {
			if a.Standing != s {
				continue
			}
			d := m{"name": a.Name, "value": []any{a.N, clean(a.Score)}, "tip": areaTip(t, a), "href": a.Href}
			if s == High || s == Low {
				side := "right"
				if a.N > most/2 { // on a phone the edge would cut the name off
					side = "left"
				}
				d["label"] = m{"show": true, "formatter": "{b}", "position": side, "color": colour("chart-text"), "width": 112, "overflow": "truncate"}
			}
			data = append(data, d)
		}
		series[at]["data"] = data
		series[at]["symbol"], series[at]["symbolSize"], series[at]["z"] = s.symbol(), 11, 5
		style := m{"color": colour(s.tone()), "opacity": 1}
		if s == Unranked {
			style = m{"color": colour("chart-ground"), "borderColor": colour(s.tone()), "borderWidth": 2, "opacity": 1}
		}
		series[at]["itemStyle"] = style
		series[at]["labelLayout"] = m{"hideOverlap": true}
		at++
	}
	o["series"] = append(f.lines(t), anySlice(series)...)
}

// lines are the overall score and the limits; they have no points to point at.
func (f Funnel) lines(t Text) []any {
	line := func(name, dash string, width float64, y func(Limit) float64) any {
		var data [][]any
		for _, l := range f.Limits {
			data = append(data, []any{l.N, clean(y(l))})
		}
		return m{"type": "line", "name": name, "data": data, "showSymbol": false, "silent": true, "smooth": true,
			"symbol": "none", "clip": true,
			"lineStyle": m{"color": colour("chart-limit"), "type": dash, "width": width}, "itemStyle": m{"color": colour("chart-limit")}}
	}
	return []any{
		line(t.T("chart.overall"), "solid", 1.5, func(Limit) float64 { return f.Overall }),
		line(t.T("chart.limit95"), "dashed", 1.2, func(l Limit) float64 { return l.Low95 }),
		line(t.T("chart.limit95"), "dashed", 1.2, func(l Limit) float64 { return l.High95 }),
		line(t.T("chart.limit998"), "dotted", 1.6, func(l Limit) float64 { return l.Low998 }),
		line(t.T("chart.limit998"), "dotted", 1.6, func(l Limit) float64 { return l.High998 }),
	}
}

func anySlice(s []m) []any {
	out := make([]any, len(s))
	for i, v := range s {
		out[i] = v
	}
	return out
}
