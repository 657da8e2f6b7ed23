package simreport

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	"gongping/scoring/simulate"
)

// colours of the estimators, distinguishable without red and green.
var colours = []string{"#6b7280", "#c4b5a0", "#d08a2e", "#4f86c6", "#7b1fa2", "#111111"}

const (
	width, height            = 250, 170
	left, right, top, bottom = 38, 8, 8, 22
)

// chart is one panel: a metric against n, a line per estimator.
type chart struct {
	Title string
	SVG   template.HTML
}

type point struct{ x, y float64 }

func charts(r *simulate.Report, scenario string, items int) []chart {
	var out []chart
	for _, m := range metrics {
		lines := map[string][]point{}
		for i := range r.Cells {
			c := &r.Cells[i]
			if c.Scenario != scenario || c.Items != items {
				continue
			}
			for k := range c.Measures {
				if y, ok := m.value(c, &c.Measures[k]); ok {
					e := c.Measures[k].Estimator
					lines[e] = append(lines[e], point{math.Log(float64(c.N)), y})
				}
			}
		}
		if len(lines) > 0 {
			out = append(out, chart{m.title, draw(lines, r.Config.N, m.target, m.title)})
		}
	}
	return out
}

// draw makes the SVG. Every string in it is a number or a constant.
func draw(lines map[string][]point, ns []int, target float64, title string) template.HTML {
	lo, hi := math.Min(0, target), target
	for _, l := range lines {
		for _, p := range l {
			lo, hi = math.Min(lo, p.y), math.Max(hi, p.y)
		}
	}
	if strings.HasPrefix(title, "Coverage") {
		lo, hi = 0.8, 1
	}
	if hi <= lo {
		hi = lo + 1
	}
	x0, x1 := math.Log(float64(ns[0])), math.Log(float64(ns[len(ns)-1]))
	if x1 <= x0 {
		x0, x1 = x0-1, x0+1
	}
	px := func(x float64) float64 { return left + (x-x0)/(x1-x0)*(width-left-right) }
	py := func(y float64) float64 {
		return top + (hi-math.Min(math.Max(y, lo), hi))/(hi-lo)*(height-top-bottom)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg role="img" aria-label="%s" width="%d" height="%d" viewBox="0 0 %d %d">`, template.HTMLEscapeString(title), width, height, width, height)
	for i := range 5 {
		y := lo + (hi-lo)*float64(i)/4
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#e5e7eb"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`, left, width-right, py(y), py(y), left-4, py(y)+3, format(y))
	}
	for _, n := range ns {
		x := px(math.Log(float64(n)))
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`, x, height-6, n)
	}
	if target > 0 {
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#9ca3af" stroke-dasharray="4 3"/>`, left, width-right, py(target), py(target))
	}
	for i, name := range simulate.Estimators {
		series(&b, lines[name], colours[i], px, py)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func series(b *strings.Builder, l []point, colour string, px, py func(float64) float64) {
	if len(l) == 0 {
		return
	}
	fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="1.6" points="`, colour)
	for _, p := range l {
		fmt.Fprintf(b, "%.1f,%.1f ", px(p.x), py(p.y))
	}
	b.WriteString(`"/>`)
	for _, p := range l {
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="2.4" fill="%s"/>`, px(p.x), py(p.y), colour)
	}
}

func format(x float64) string {
	s := strconv.FormatFloat(x, 'f', 3, 64)
	if math.Abs(x) >= 10 {
		s = strconv.FormatFloat(x, 'f', 1, 64)
	}
	return s
}
