package chart

import (
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
)

// Distribution is the view model of the answers by grade: one bar of 100% per
// row (an item or an area). Shares are of 0–1, in the order of Grades, from
// the best to the worst, "don't know" last (at most six); a hidden row has too few answers.
type Distribution struct {
	ID, Title string
	Grades    []string
	Rows      []DistributionRow
	Minimum   int
}

// DistributionRow is one bar. Masked grades have too few answers to be told and
// are no part of the bar; nil masks none.
type DistributionRow struct {
	Name   string
	N      int
	Shares []float64
	Masked []bool
	Hidden bool
}

func (r *DistributionRow) masks(grade int) bool { return grade < len(r.Masked) && r.Masked[grade] }

// gradeTones are the colours from best to worst and "don't know".
var gradeTones = []string{"chart-g5", "chart-g4", "chart-g3", "chart-g2", "chart-g1", "chart-g6"}

// Figure draws the bars.
func (v Distribution) Figure(t Text) Figure {
	fig := Figure{ID: v.ID, Title: v.Title, Unit: "%", Describe: t.T("chart.distribution.text")}
	fig.Table.Columns = []Column{{t.T("chart.row"), false}, {"n", true}}
	for _, g := range v.Grades {
		fig.Table.Columns = append(fig.Table.Columns, Column{g, true})
	}
	var shown []DistributionRow
	for _, r := range v.Rows {
		row := []string{r.Name, strconv.Itoa(r.N)}
		if r.Hidden {
			row[1] = t.T("figure.suppressed", "Min", v.Minimum)
		} else {
			shown = append(shown, r)
			fig.N = max(fig.N, r.N)
		}
		for i := range v.Grades {
			if r.Hidden || r.masks(i) {
				row = append(row, "—")
			} else {
				row = append(row, dec(100*r.Shares[i], 1))
			}
		}
		fig.Table.Rows = append(fig.Table.Rows, row)
	}
	if len(shown) == 0 {
		fig.Empty = t.T("chart.no_answers", "Min", v.Minimum)
		return fig
	}
	fig.Height = height(len(shown))
	fig.Legend = keys(v.Grades, gradeTones)
	c := charts.NewBar()
	for _, g := range v.Grades {
		c.AddSeries(g, bars(len(shown)))
	}
	fig.Option = assemble(c, func(o m, series []m) {
		var names []string
		for _, r := range shown {
			names = append(names, r.Name)
		}
		horizontal(o, names, axis("value", "", m{"min": 0, "max": 100, "axisLabel": m{"formatter": "{value}%", "color": colour("chart-muted")}}))
		for i, s := range series {
			var data []m
			for _, r := range shown {
				if r.masks(i) {
					data = append(data, m{"value": nil})
					continue
				}
				share := 100 * r.Shares[i]
				d := m{"value": clean(share), "tip": r.Name + "\n" + v.Grades[i] + " " + dec(share, 1) + "%\nn = " + strconv.Itoa(r.N)}
				data = append(data, d)
			}
			s["data"], s["stack"], s["barMaxWidth"] = data, "all", 26
			s["itemStyle"] = m{"color": colour(gradeTones[i]), "borderColor": colour("chart-ground"), "borderWidth": 1}
		}
	})
	return fig
}

// horizontal lays bars on their side, the first row on top.
func horizontal(o m, names []string, value m) {
	o["xAxis"] = value
	o["yAxis"] = axis("category", "", m{"data": names, "inverse": true,
		"axisLabel": m{"color": colour("chart-text"), "interval": 0, "width": 128, "overflow": "truncate"}})
}

// Compare is the view model of sample against population: two bars per group.
// Shares are of 0–1.
type Compare struct {
	ID, Title string
	N         int
	Groups    []CompareGroup
}

// CompareGroup is one group, such as women of 60 and over.
type CompareGroup struct {
	Name               string
	Sample, Population float64
}

// Figure draws the bars.
func (v Compare) Figure(t Text) Figure {
	fig := Figure{ID: v.ID, Title: v.Title, Unit: "%", N: v.N, Height: height(2 * len(v.Groups)), Describe: t.T("chart.compare.text")}
	fig.Table.Columns = []Column{{t.T("chart.group"), false}, {t.T("chart.sample"), true}, {t.T("chart.population"), true}, {t.T("chart.difference"), true}}
	var names []string
	for _, g := range v.Groups {
		names = append(names, g.Name)
		fig.Table.Rows = append(fig.Table.Rows, []string{g.Name, dec(100*g.Sample, 1), dec(100*g.Population, 1), plus(100*(g.Sample-g.Population), 1)})
	}
	if len(names) == 0 {
		fig.Empty = t.T("chart.no_data")
		return fig
	}
	fig.Legend = []Key{{t.T("chart.sample"), "chart-line", "square"}, {t.T("chart.population"), "chart-limit", "ring"}}
	c := charts.NewBar()
	c.AddSeries(t.T("chart.sample"), bars(len(names)))
	c.AddSeries(t.T("chart.population"), bars(len(names)))
	fig.Option = assemble(c, func(o m, series []m) {
		// On their side, so that every group keeps its name on a phone too.
		horizontal(o, names, axis("value", "", m{"min": 0, "axisLabel": m{"formatter": "{value}%", "color": colour("chart-muted")}}))
		for i, s := range series {
			var data []m
			for _, g := range v.Groups {
				share := g.Sample
				if i == 1 {
					share = g.Population
				}
				data = append(data, m{"value": clean(100 * share), "tip": g.Name + "\n" + s["name"].(string) + " " + dec(100*share, 1) + "%"})
			}
			s["data"], s["barMaxWidth"], s["barGap"] = data, 28, "10%"
			style := m{"color": colour("chart-line")}
			if i == 1 {
				style = m{"color": colour("chart-ground"), "borderColor": colour("chart-limit"), "borderWidth": 2}
			}
			s["itemStyle"] = style
		}
	})
	return fig
}

// Progress is the view model of fieldwork by stratum.
type Progress struct {
	ID     string
	Strata []Stratum
	Over   bool // nobody is at work on the cases under way any more
}

// Stratum counts the cases of one stratum; what is left of Planned is open.
type Stratum struct {
	Name                    string
	Planned, Done, Underway int
	Closed                  int // ended without an interview
}

// Figure draws the bars.
func (v Progress) Figure(t Text) Figure {
	fig := Figure{ID: v.ID, Title: t.T("chart.progress.title"), Unit: t.T("chart.cases"), Height: height(len(v.Strata))}
	labels := []string{t.T("chart.done"), t.T("chart.underway"), t.T("chart.closed"), t.T("chart.open")}
	if v.Over {
		labels[1] = t.T("chart.unfinished")
	}
	tones := []string{"chart-high", "chart-g4", "chart-g2", "chart-g6"}
	fig.Table.Columns = []Column{{t.T("chart.stratum"), false}, {t.T("chart.planned"), true}}
	for _, l := range labels {
		fig.Table.Columns = append(fig.Table.Columns, Column{l, true})
	}
	fig.Table.Columns = append(fig.Table.Columns, Column{t.T("chart.share_done"), true})
	var names []string
	var counts [][4]int
	done := 0
	for _, s := range v.Strata {
		c := [4]int{s.Done, s.Underway, s.Closed, max(s.Planned-s.Done-s.Underway-s.Closed, 0)}
		names, counts = append(names, s.Name), append(counts, c)
		fig.N, done = fig.N+s.Planned, done+s.Done
		row := []string{s.Name, grouped(s.Planned)}
		for _, n := range c {
			row = append(row, grouped(n))
		}
		fig.Table.Rows = append(fig.Table.Rows, append(row, percent(s.Done, s.Planned)))
	}
	if fig.N == 0 {
		fig.Empty = t.T("chart.no_cases")
		return fig
	}
	fig.Describe = t.T("chart.progress.text", "Done", grouped(done), "Planned", grouped(fig.N), "Share", percent(done, fig.N))
	fig.Legend = keys(labels, tones)
	c := charts.NewBar()
	for _, l := range labels {
		c.AddSeries(l, bars(len(names)))
	}
	fig.Option = assemble(c, func(o m, series []m) {
		horizontal(o, names, axis("value", "", m{"min": 0, "minInterval": 1}))
		for i, s := range series {
			var data []m
			for j, st := range v.Strata {
				data = append(data, m{"value": counts[j][i], "tip": st.Name + "\n" + labels[i] + " " + grouped(counts[j][i]) + " / " + grouped(st.Planned)})
			}
			s["data"], s["stack"], s["barMaxWidth"] = data, "all", 22
			s["itemStyle"] = m{"color": colour(tones[i]), "borderColor": colour("chart-ground"), "borderWidth": 1}
		}
	})
	return fig
}

// grouped writes a number of cases with a comma between groups of three digits,
// as the pages around the chart do.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && n >= 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func percent(part, whole int) string {
	if whole == 0 {
		return "—"
	}
	return dec(100*float64(part)/float64(whole), 0) + "%"
}
