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

// chart is one panel: a metric against n, or moves against how many answers move, a
// line per estimator.
type chart struct {
	Title string
	SVG   template.HTML
}

type point struct{ x, y float64 }

// panel is a chart before it is drawn. ticks are the places across with their labels.
type panel struct {
	title  string
	lines  map[string][]point
	ticks  []point // x: place, y: the number to write
	target float64 // a dashed line, 0 = none
	lo, hi float64 // fixed ends of the scale; equal = from the figures
}

func charts(r *simulate.Report, scenario string, items int) []chart {
	var out []chart
	add := func(p panel) {
		if len(p.lines) > 0 {
			out = append(out, chart{p.title, draw(p)})
		}
	}
	for _, m := range metrics {
		p := panel{title: m.title, lines: map[string][]point{}, target: m.target, lo: m.lo, hi: m.hi}
		for _, n := range r.Config.N {
			p.ticks = append(p.ticks, point{math.Log(float64(n)), float64(n)})
		}
		for i := range r.Cells {
			c := &r.Cells[i]
			if c.Scenario != scenario || c.Items != items {
				continue
			}
			for k := range c.Measures {
				if y, ok := m.value(c, &c.Measures[k]); ok {
					e := c.Measures[k].Estimator
					p.lines[e] = append(p.lines[e], point{math.Log(float64(c.N)), y})
				}
			}
		}
		add(p)
	}
	for i := range r.Cells {
		if c := &r.Cells[i]; c.Scenario == scenario && c.Items == items {
			add(moves(c, "hostile", func(m *simulate.Measure) []float64 { return m.ShiftLow }))
			add(moves(c, "coached", func(m *simulate.Measure) []float64 { return m.ShiftHigh }))
		}
	}
	return out
}

// moves is how far 1, 2, … answers at one end of the scale move the scores.
func moves(c *simulate.Cell, kind string, get func(*simulate.Measure) []float64) panel {
	p := panel{title: fmt.Sprintf("Moved by 1 to %d %s answers, n = %d (points)", simulate.MaxWorst, kind, c.N), lines: map[string][]point{}}
	for k := range simulate.MaxWorst {
		p.ticks = append(p.ticks, point{float64(k), float64(k + 1)})
	}
	for i := range c.Measures {
		m := &c.Measures[i]
		for k, y := range get(m) {
			p.lines[m.Estimator] = append(p.lines[m.Estimator], point{float64(k), y})
		}
	}
	return p
}

// draw makes the SVG. Every string in it is a number or a constant.
func draw(p panel) template.HTML {
	lo, hi, step := p.scale()
	x0, x1 := p.ticks[0].x, p.ticks[len(p.ticks)-1].x
	if x1 <= x0 {
		x0, x1 = x0-1, x0+1
	}
	px := func(x float64) float64 { return left + (x-x0)/(x1-x0)*(width-left-right) }
	py := func(y float64) float64 {
		return top + (hi-math.Min(math.Max(y, lo), hi))/(hi-lo)*(height-top-bottom)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg role="img" aria-label="%s" width="%d" height="%d" viewBox="0 0 %d %d">`, template.HTMLEscapeString(p.title), width, height, width, height)
	digits := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	for k := 0; ; k++ {
		y := lo + float64(k)*step
		if y > hi+step/2 {
			break
		}
		label := strings.TrimPrefix(strconv.FormatFloat(y, 'f', digits, 64), "-")
		if y < -step/2 {
			label = "−" + label
		}
		stroke := "#e5e7eb"
		if math.Abs(y) < step/2 {
			stroke = "#9ca3af"
		}
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="%s"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`, left, width-right, py(y), py(y), stroke, left-4, py(y)+3, label)
	}
	for _, t := range p.ticks {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%.0f</text>`, px(t.x), height-6, t.y)
	}
	if p.target > 0 {
		fmt.Fprintf(&b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#4b5563" stroke-dasharray="4 3"/>`, left, width-right, py(p.target), py(p.target))
	}
	for i, name := range simulate.Estimators {
		series(&b, p.lines[name], colours[i], px, py)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// scale gives the ends of the scale and the step between round numbers on it.
func (p *panel) scale() (lo, hi, step float64) {
	lo, hi = math.Min(0, p.target), math.Max(0, p.target)
	for _, l := range p.lines {
		for _, q := range l {
			lo, hi = math.Min(lo, q.y), math.Max(hi, q.y)
		}
	}
	if p.hi > p.lo {
		lo, hi = p.lo, p.hi
	}
	if hi <= lo {
		hi = lo + 1
	}
	step = math.Pow(10, math.Floor(math.Log10((hi-lo)/4)))
	for _, f := range []float64{2, 2.5, 2} { // 1, 2, 5, 10 times the power
		if (hi-lo)/step > 5 {
			step *= f
		}
	}
	return math.Floor(lo/step+1e-9) * step, math.Ceil(hi/step-1e-9) * step, step
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
