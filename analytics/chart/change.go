package chart

import (
	"math"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
)

// Waterfall is the view model of how a score came about: where it started and
// what each adjustment made of it, in points.
type Waterfall struct {
	ID    string
	N     int
	Start Step
	Steps []Step
}

// Step is one adjustment and the score after it.
type Step struct {
	Name  string
	After float64
	Why   string // one sentence for the table and the tooltip
}

// Figure draws the waterfall.
func (v Waterfall) Figure(t Text) Figure {
	fig := Figure{ID: v.ID, Title: t.T("chart.waterfall.title"), Unit: t.T("chart.points"), N: v.N, Height: "m"}
	fig.Table.Columns = []Column{{t.T("chart.step"), false}, {t.T("chart.change"), true}, {t.T("chart.after"), true}, {t.T("chart.reason"), false}}
	fig.Table.Rows = [][]string{{v.Start.Name, "—", dec(v.Start.After, 1), v.Start.Why}}
	before, lo, hi := v.Start.After, v.Start.After, v.Start.After
	for _, s := range v.Steps {
		fig.Table.Rows = append(fig.Table.Rows, []string{s.Name, plus(s.After-before, 2), dec(s.After, 1), s.Why})
		before, lo, hi = s.After, min(lo, s.After), max(hi, s.After)
	}
	fig.Describe = t.T("chart.waterfall.text", "From", dec(v.Start.After, 1), "To", dec(before, 1), "Steps", len(v.Steps))
	fig.Legend = keys([]string{t.T("chart.score"), t.T("chart.up"), t.T("chart.down")}, []string{"chart-line", "chart-high", "chart-low"})
	c := charts.NewBar()
	n := len(v.Steps) + 2
	for _, name := range []string{"", t.T("chart.score"), t.T("chart.up"), t.T("chart.down")} {
		c.AddSeries(name, bars(n))
	}
	fig.Option = assemble(c, func(o m, series []m) { v.patch(t, lo, hi, o, series) })
	return fig
}

// patch fills an invisible base, the two ends, and what goes up and down. The
// axis does not begin at zero, so bars grow from the axis' own start.
func (v Waterfall) patch(t Text, lo, hi float64, o m, series []m) {
	floor, top := span(lo-2, hi)
	floor = max(floor, 0)
	n := len(v.Steps) + 2
	var names []string
	cols := [4][]any{}
	put := func(name string, base, value float64, col int, label, tip string) {
		names = append(names, name)
		for i := range cols {
			cols[i] = append(cols[i], m{"value": "-"}) // ECharts' mark for no value
		}
		cols[0][len(names)-1] = m{"value": clean(base)}
		cols[col][len(names)-1] = m{"value": clean(value), "tip": name + "\n" + tip, "label": m{"show": true, "formatter": label, "position": "top", "color": colour("chart-text")}}
	}
	put(v.Start.Name, floor, v.Start.After-floor, 1, dec(v.Start.After, 1), v.Start.Why)
	before := v.Start.After
	for _, s := range v.Steps {
		d := s.After - before
		col := 2
		if d < 0 {
			col = 3
		}
		put(s.Name, min(before, s.After), math.Abs(d), col, plus(d, 2), plus(d, 2)+" → "+dec(s.After, 1)+"\n"+s.Why)
		before = s.After
	}
	put(t.T("chart.final"), floor, before-floor, 1, dec(before, 1), dec(before, 1))
	o["xAxis"] = axis("category", "", m{"data": names, "axisLabel": m{"color": colour("chart-text"), "interval": 0, "fontSize": 11, "width": 92, "overflow": "break"}})
	o["yAxis"] = axis("value", "", m{"min": floor, "max": top, "interval": ticks(floor, top)})
	tones := []string{"", "chart-line", "chart-high", "chart-low"}
	for i, s := range series {
		s["data"], s["stack"], s["barMaxWidth"] = cols[i][:n], "all", 46
		if i == 0 {
			s["itemStyle"], s["silent"], s["tooltip"] = m{"color": "transparent"}, true, m{"show": false}
			continue
		}
		s["itemStyle"] = m{"color": colour(tones[i])}
	}
	o["gpNarrow"] = m{"xAxis": m{"axisLabel": m{"rotate": 40, "width": 90, "overflow": "truncate"}}}
}

// even is a round step that divides a span into four to ten.
func even(span float64) float64 {
	for _, step := range []float64{0.05, 0.1, 0.2, 0.5, 1, 2, 5} {
		if span <= 8*step {
			return step
		}
	}
	return 10
}

// Influence is the view model of how far the score moves when the k most
// extreme answers are left out, on either side.
type Influence struct {
	ID         string
	N          int
	Score      float64
	WithoutLow []float64 // score without the 1, 2, … lowest answers
	WithoutTop []float64 // score without the 1, 2, … highest answers
}

// Figure draws the bars.
func (v Influence) Figure(t Text) Figure {
	fig := Figure{ID: v.ID, Title: t.T("chart.influence.title"), Unit: t.T("chart.points"), N: v.N, Height: "m"}
	k := min(len(v.WithoutLow), len(v.WithoutTop))
	if k == 0 {
		fig.Empty = t.T("chart.no_data")
		return fig
	}
	fig.Describe = t.T("chart.influence.text", "Low", plus(v.WithoutLow[0]-v.Score, 2), "Top", plus(v.WithoutTop[0]-v.Score, 2))
	fig.Table.Columns = []Column{{t.T("chart.left_out"), true}, {t.T("chart.without_low"), true}, {t.T("chart.without_top"), true}}
	fig.Legend = keys([]string{t.T("chart.without_low"), t.T("chart.without_top")}, []string{"chart-high", "chart-low"})
	c := charts.NewBar()
	c.AddSeries(t.T("chart.without_low"), bars(k))
	c.AddSeries(t.T("chart.without_top"), bars(k))
	fig.Option = assemble(c, func(o m, series []m) {
		var names []string
		for i := range k {
			names = append(names, t.T("chart.k_answers", "K", i+1))
		}
		lo, hi := 0.0, 0.0
		for i := range k {
			for _, s := range []float64{v.WithoutLow[i] - v.Score, v.WithoutTop[i] - v.Score} {
				lo, hi = min(lo, s), max(hi, s)
			}
		}
		room := (hi - lo) / 4          // for the labels at the ends of the bars
		step := even(hi - lo + 2*room) // whole steps, so that the ends carry ticks like the others
		horizontal(o, names, axis("value", "", m{"min": clean(step * math.Floor((lo-room)/step)), "max": clean(step * math.Ceil((hi+room)/step)), "interval": step, "axisLabel": m{"color": colour("chart-muted"), "hideOverlap": true}}))
		o["yAxis"].(m)["axisLine"] = m{"show": false}
		for i, s := range series {
			scores, tone := v.WithoutLow, "chart-high"
			if i == 1 {
				scores, tone = v.WithoutTop, "chart-low"
			}
			var data []m
			for j := range k {
				d := scores[j] - v.Score
				side := "right"
				if d < 0 {
					side = "left"
				}
				data = append(data, m{"value": clean(d), "tip": names[j] + "\n" + plus(d, 2) + " → " + dec(scores[j], 1),
					"label": m{"show": true, "position": side, "formatter": plus(d, 2), "color": colour("chart-text")}})
			}
			s["data"], s["barMaxWidth"], s["barGap"] = data, 18, "-100%"
			s["itemStyle"] = m{"color": colour(tone)}
		}
		o["grid"].(m)["left"], o["grid"].(m)["right"] = 24, 48
	})
	for i := range k {
		fig.Table.Rows = append(fig.Table.Rows, []string{strconv.Itoa(i + 1),
			dec(v.WithoutLow[i], 1) + " (" + plus(v.WithoutLow[i]-v.Score, 2) + ")", dec(v.WithoutTop[i], 1) + " (" + plus(v.WithoutTop[i]-v.Score, 2) + ")"})
	}
	return fig
}
