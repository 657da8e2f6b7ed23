package chart

import (
	"math"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Trend is the view model of rounds over time, each with its interval.
type Trend struct {
	ID, Title string
	Rounds    []Area // the oldest first; Name is the round; Hidden rounds leave a gap
	// Apart says, for every round, why it cannot be compared with the one before
	// (another questionnaire, another method): the line breaks there, and the
	// table gives the reason instead of a difference. Nil: all can be compared.
	Apart   []string
	Minimum int
}

// Change is how far a round's score lies from the one before, with the interval
// of the difference of two independent estimates: d ± sqrt(h1² + h2²) where h1
// and h2 are the half widths of their intervals (of the same confidence).
type Change struct {
	OK        bool
	D, Lo, Hi float64
}

// Sure tells whether the interval of the change leaves zero out.
func (c Change) Sure() bool { return c.OK && (c.Lo > 0 || c.Hi < 0) }

// change compares round i with the one before.
func (v Trend) change(i int) Change {
	if i == 0 || v.Rounds[i].Hidden || v.Rounds[i-1].Hidden || v.apart(i) != "" {
		return Change{}
	}
	a, b := v.Rounds[i-1], v.Rounds[i]
	d, half := b.Score-a.Score, math.Hypot(float64(b.Hi-b.Lo)/2, float64(a.Hi-a.Lo)/2)
	return Change{true, d, d - half, d + half}
}

func (v Trend) apart(i int) string {
	if i == 0 || i >= len(v.Apart) {
		return ""
	}
	return v.Apart[i]
}

// said puts the change of a round into words.
func (v Trend) said(t Text, i int) string {
	c := v.change(i)
	switch {
	case v.apart(i) != "":
		return v.apart(i)
	case !c.OK:
		return "—"
	case !c.Sure():
		return t.T("chart.trend.unsure", "D", plus(c.D, 1), "Lo", plus(c.Lo, 1), "Hi", plus(c.Hi, 1))
	}
	return t.T("chart.trend.sure", "D", plus(c.D, 1), "Lo", plus(c.Lo, 1), "Hi", plus(c.Hi, 1))
}

// Figure draws a line through the rounds that can be compared.
func (v Trend) Figure(t Text) Figure {
	shown, _ := split(v.Rounds)
	fig := Figure{ID: v.ID, Title: v.Title, Unit: t.T("chart.points"), N: total(v.Rounds), Height: "m", Table: v.table(t)}
	if len(shown) == 0 {
		fig.Empty = t.T("chart.no_data")
		return fig
	}
	fig.Describe = v.describe(t, shown)
	c := charts.NewLine()
	c.AddSeries(t.T("chart.score"), make([]opts.LineData, len(v.Rounds)))
	fig.Option = assemble(c, func(o m, series []m) { v.patch(t, o, series[0]) })
	return fig
}

func (v Trend) describe(t Text, shown []Area) string {
	text := t.T("chart.trend.text", "Rounds", len(shown), "From", dec(shown[0].Score, 1), "To", dec(shown[len(shown)-1].Score, 1))
	if len(shown) == 1 {
		return t.T("chart.trend.one", "Round", shown[0].Name, "Score", dec(shown[0].Score, 1))
	}
	for i := range v.Rounds {
		if v.apart(i) != "" {
			return text + t.T("chart.trend.broken")
		}
	}
	return text
}

func (v Trend) table(t Text) Table {
	out := Table{Columns: []Column{{t.T("chart.round"), false}, {"n", true}, {t.T("chart.score"), true}, {t.T("chart.interval"), true}, {t.T("chart.trend.change"), false}}}
	for i, r := range v.Rounds {
		if r.Hidden {
			out.Rows = append(out.Rows, []string{r.Name, "—", t.T("figure.suppressed", "Min", v.Minimum), "—", "—"})
			continue
		}
		out.Rows = append(out.Rows, []string{r.Name, strconv.Itoa(r.N), dec(r.Score, 1), dec(r.Lo, 1) + " – " + dec(r.Hi, 1), v.said(t, i)})
	}
	return out
}

// patch fills the line, one series for every stretch without a break, and the
// whiskers.
func (v Trend) patch(t Text, o, s m) {
	lo, hi := math.Inf(1), math.Inf(-1)
	names, whiskers := make([]string, len(v.Rounds)), []any{}
	lines := [][]any{make([]any, len(v.Rounds))}
	for i, r := range v.Rounds {
		names[i] = r.Name
		if v.apart(i) != "" {
			lines = append(lines, make([]any, len(v.Rounds)))
		}
		if r.Hidden {
			continue
		}
		lo, hi = min(lo, r.Lo), max(hi, r.Hi)
		tip := r.Name + "\n" + t.T("chart.tip_score", "Score", dec(r.Score, 1), "Lo", dec(r.Lo, 1), "Hi", dec(r.Hi, 1)) + "\nn = " + strconv.Itoa(r.N)
		if why := v.said(t, i); i > 0 && why != "—" {
			tip += "\n" + why
		}
		lines[len(lines)-1][i] = m{"value": clean(r.Score), "tip": tip}
		whiskers = append(whiskers, m{"value": []any{i, clean(r.Lo), clean(r.Hi)}})
	}
	lo, hi = span(lo, hi)
	o["xAxis"] = axis("category", "", m{"data": names, "axisLabel": m{"color": colour("chart-text")}})
	o["yAxis"] = axis("value", "", m{"min": max(lo, 0), "max": min(hi, 100), "interval": ticks(lo, hi)})
	all := []any{m{"type": "custom", "renderItem": fn("whisker"), "data": whiskers, "silent": true,
		"encode": m{"x": 0, "y": []int{1, 2}}, "itemStyle": m{"color": colour("chart-limit")}}}
	for _, data := range lines {
		one := m{}
		for k, x := range s {
			one[k] = x
		}
		one["data"], one["symbol"], one["symbolSize"], one["z"], one["connectNulls"] = data, "circle", 9, 5, false
		one["itemStyle"], one["lineStyle"] = m{"color": colour("chart-line")}, m{"color": colour("chart-line"), "width": 2}
		all = append(all, one)
	}
	o["series"] = all
}
