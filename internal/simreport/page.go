package simreport

import (
	"html/template"
	"io"

	"gongping/scoring/simulate"
)

// metric is one column of charts.
type metric struct {
	title  string
	target float64 // a dashed line, 0 = none
	lo, hi float64 // fixed ends of the scale; equal = from the figures
	value  func(c *simulate.Cell, m *simulate.Measure) (float64, bool)
}

func pointer(x *float64) (float64, bool) {
	if x == nil {
		return 0, false
	}
	return *x, true
}

// share gives a shift as a share of the raw one (the first measure).
func share(get func(m *simulate.Measure) []float64) func(*simulate.Cell, *simulate.Measure) (float64, bool) {
	return func(c *simulate.Cell, m *simulate.Measure) (float64, bool) {
		raw := get(&c.Measures[0])[0]
		return get(m)[0] / raw, raw != 0
	}
}

var metrics = []metric{
	{"RMSE (points)", 0, 0, 0, func(_ *simulate.Cell, m *simulate.Measure) (float64, bool) { return m.RMSE, true }},
	{"Bias (points)", 0, 0, 0, func(_ *simulate.Cell, m *simulate.Measure) (float64, bool) { return m.Bias, true }},
	{"One hostile answer, share of raw shift", 1.0 / 3, 0, 0, share(func(m *simulate.Measure) []float64 { return m.ShiftLow })},
	{"One coached answer, share of raw shift", 1.0 / 3, 0, 0, share(func(m *simulate.Measure) []float64 { return m.ShiftHigh })},
	{"Share of the complaint kept", 0.85, 0, 0, func(_ *simulate.Cell, m *simulate.Measure) (float64, bool) { return pointer(m.Kept) }},
	{"Coverage of 95% intervals", 0.95, 0.8, 1, func(_ *simulate.Cell, m *simulate.Measure) (float64, bool) { return pointer(m.Coverage) }},
	{"Wrong band", 0, 0, 1, func(_ *simulate.Cell, m *simulate.Measure) (float64, bool) { return m.WrongBand, true }},
	{"True bottom tenth found", 0, 0, 1, func(_ *simulate.Cell, m *simulate.Measure) (float64, bool) { return m.Bottom, true }},
}

// row is one scenario with one number of items.
type row struct {
	Title  string
	Items  int
	Charts []chart
}

type view struct {
	Report              *simulate.Report
	Rows                []row
	Legend              []legend
	Met, Beyond, Missed int
}

type legend struct{ Name, Colour string }

var page = template.Must(template.New("page").Funcs(template.FuncMap{"f": func(x float64) string { return format(x) }, "opt": opt, "next": func(k int) int { return k + 1 }}).Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>公评 · Simulation of the fair score</title>
<style>
body{font:15px/1.5 "Noto Sans CJK SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif;margin:2rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
.charts{display:flex;flex-wrap:wrap;gap:.8rem}figure{margin:0}figcaption{font-size:.8rem;color:#444}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.82rem}td,th{padding:.15rem .55rem;border-bottom:1px solid #ddd;text-align:right}
td:first-child,th:first-child{text-align:left}.key span{display:inline-block;width:1.4em;height:.25em;vertical-align:middle;margin:0 .3em 0 1em}
svg text{font-size:10px;fill:#444}
</style></head><body>{{$one := eq .Report.Config.Reps 1}}
<h1>公评模拟报告 · Simulation of the fair score</h1>
<p>Seed {{.Report.Config.Seed}}, {{.Report.Config.Units}} units a round, {{.Report.Config.Reps}} {{if eq .Report.Config.Reps 1}}round{{else}}rounds{{end}} a cell.
Targets: {{.Met}} met, {{.Beyond}} beyond what the marks allow (an estimator that knows the generator misses them too, or truth and attack give the same marks), {{.Missed}} missed.</p>
<p class="key">{{range .Legend}}<span style="background:{{.Colour}}"></span>{{.Name}}{{end}}</p>
<p>Across: answers per unit n, or the number of answers that move a score. Dashed: the target. The tables below have every figure.</p>
{{range .Rows}}<h2>{{.Title}} ({{.Items}} {{if eq .Items 1}}item{{else}}items{{end}})</h2><div class="charts">
{{range .Charts}}<figure>{{.SVG}}<figcaption>{{.Title}}</figcaption></figure>
{{end}}</div>{{end}}
<h2>All figures</h2>
{{range .Report.Cells}}<h2>{{.Title}}, n = {{.N}}, items = {{.Items}}</h2>
<table><tr><th>estimator</th><th>RMSE</th><th>±</th><th>bias</th><th>coverage</th><th>wrong band</th><th>bottom tenth</th>
{{range $k, $_ := (index .Measures 0).ShiftLow}}<th>hostile {{next $k}}</th>{{end}}<th>coached</th><th>kept</th><th>coached units</th></tr>
{{range .Measures}}<tr><td>{{.Estimator}}</td><td>{{f .RMSE}}</td><td>{{if $one}}-{{else}}{{f .RMSEError}}{{end}}</td><td>{{f .Bias}}</td><td>{{opt .Coverage "%.3f"}}</td><td>{{f .WrongBand}}</td><td>{{f .Bottom}}</td>
{{range .ShiftLow}}<td>{{f .}}</td>{{end}}<td>{{f (index .ShiftHigh 0)}}</td><td>{{opt .Kept "%.2f"}}</td><td>{{opt .CoachBias "%+.2f"}}</td></tr>{{end}}</table>
<table><tr><th>target</th><th>value</th><th>limit</th><th>slack</th><th>standard error</th><th>bound with the limit</th><th>oracle</th><th></th></tr>
{{range .Verdicts}}<tr><td>{{.Target}}</td><td>{{f .Value}}</td><td>{{f .Limit}}</td><td>{{f .Slack}}</td><td>{{if $one}}-{{else}}{{opt .SE "%.4f"}}{{end}}</td><td>{{opt .Bound "%.3f"}}</td><td>{{opt .Oracle "%.3f"}}</td><td>{{.Status}}</td></tr>{{end}}</table>
{{end}}</body></html>
`))

// Page writes the report as one self-contained HTML page.
func Page(w io.Writer, r *simulate.Report) error {
	v := view{Report: r}
	v.Met, v.Beyond, v.Missed = r.Count()
	for i, name := range simulate.Estimators {
		v.Legend = append(v.Legend, legend{name, colours[i]})
	}
	seen := map[string]bool{}
	for _, c := range r.Cells {
		if key := c.Scenario + string(rune('0'+c.Items)); !seen[key] {
			seen[key] = true
			v.Rows = append(v.Rows, row{c.Title, c.Items, charts(r, c.Scenario, c.Items)})
		}
	}
	return page.Execute(w, v)
}
