package results

import (
	"math"

	"github.com/gin-gonic/gin"

	"gongping/analytics/chart"
	"gongping/analytics/view"
	"gongping/internal/app/score"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/records"
	"gongping/survey"
	"gongping/web/locale"
	"gongping/web/page/render"
)

// reader turns a result into texts in the language of the request.
type reader struct {
	res  *score.Result
	p    *locale.Printer
	f    render.Format
	lang string
	cell int // answers below which nothing is shown
	gate int // answers below which a committee has no score
	// workload of the committees, where a page shows it
	workload map[string]records.Workload
}

func (h *pages) reader(c *gin.Context, res *score.Result) *reader {
	return newReader(res, h.Printer(c), h.Format(c))
}

func newReader(res *score.Result, p *locale.Printer, f render.Format) *reader {
	return &reader{res: res, p: p, f: f, lang: string(p.Lang()), cell: res.Rules.Suppression.Cell, gate: res.Rules.Gates.UnitMin}
}

func (v *reader) text(m map[string]string) string {
	if s := m[v.lang]; s != "" {
		return s
	}
	return m["zh"]
}

func (v *reader) units(rows []scoredb.UnitRow) []view.Unit {
	out := make([]view.Unit, len(rows))
	for i, r := range rows {
		out[i] = view.Unit{Name: r.Name, Href: v.href(r.Unit), UnitResult: r.UnitResult}
	}
	return out
}

// href is the page of a unit: a committee has its own, a street is a view of
// the overview.
func (v *reader) href(code string) string {
	switch survey.LevelOf(code) {
	case survey.Committee:
		return "/results/" + v.res.Run.ID + "/units/" + code
	case survey.Street:
		return "/results/" + v.res.Run.ID + "?street=" + code
	}
	return "/results/" + v.res.Run.ID
}

// value is a figure's value or why there is none.
func (v *reader) value(f scoring.Figure) string {
	if f.OK {
		return v.f.Num(f.Value, 1)
	}
	return v.why(f)
}

func (v *reader) why(f scoring.Figure) string {
	switch {
	case f.Status == "suppressed":
		return v.f.Suppressed(v.cell)
	case f.Status == "not_enough":
		return v.p.T("score.figure.not_enough", "Min", v.gate)
	}
	return render.Dash
}

func (v *reader) interval(f scoring.Figure) string {
	if !f.OK {
		return render.Dash
	}
	return v.f.Interval(f.Lo, f.Hi, 1)
}

// count is a number of answers that may be masked: a small one, or one that
// would give a small one away.
func (v *reader) count(n int) string {
	if n < 0 {
		return v.p.T("score.masked")
	}
	return v.f.Int(n)
}

// band is the name of a band.
func (v *reader) band(id string) string {
	for _, b := range v.res.Rules.Bands {
		if b.ID == id {
			return v.text(b.Text)
		}
	}
	return ""
}

// bandOrWhy is the band, or between which bands the evidence leaves it.
func (v *reader) bandOrWhy(u *scoring.UnitResult) string {
	switch {
	case u.Band != "":
		return v.band(u.Band)
	case !u.Official.OK:
		return v.p.T("score.status.not_enough")
	case u.BandLo != "" && u.BandHi != "" && u.BandLo != u.BandHi:
		return v.p.T("score.between", "Low", v.band(u.BandLo), "High", v.band(u.BandHi))
	}
	return v.p.T("results.no_band")
}

// reliability is a mark for a reliability, by the rule book's gates.
func (v *reader) reliability(r float64) *render.Badge {
	g := v.res.Rules.Gates
	switch {
	case r >= g.ConsequenceReliability:
		return &render.Badge{Tone: "success", Text: v.p.T("score.reliability.high")}
	case r >= g.PublishReliability:
		return &render.Badge{Tone: "info", Text: v.p.T("score.reliability.enough")}
	}
	return &render.Badge{Tone: "warning", Text: v.p.T("score.reliability.low")}
}

// tones of the statuses; the words say the same.
var statusTone = map[string]string{"not_enough": "neutral", "low_reliability": "warning", "publishable": "info", "consequential": "success", "area": "info"}

func (v *reader) status(s string) *render.Badge {
	return &render.Badge{Tone: statusTone[s], Text: v.p.T("score.status." + s)}
}

// standing compares with the district in words, with an icon for who sees no colour.
func (v *reader) standing(u *scoring.UnitResult) *render.Badge {
	switch view.Standing(u, v.res.Summary.Mean) {
	case chart.High:
		return &render.Badge{Tone: "info", Icon: "arrow-up", Text: v.p.T("score.standing.high")}
	case chart.Low:
		return &render.Badge{Tone: "warning", Icon: "arrow-down", Text: v.p.T("score.standing.low")}
	case chart.Typical:
		return &render.Badge{Tone: "neutral", Icon: "minus", Text: v.p.T("score.standing.typical")}
	}
	return &render.Badge{Tone: "neutral", Icon: "circle-dashed", Text: v.p.T("score.standing.unranked")}
}

// notes are the run's remarks in words.
func (v *reader) notes() []string {
	var out []string
	seen := map[string]int{}
	for _, n := range v.res.Notes {
		seen[n.Key]++
		if n.Key == "run.not_calibrated" || n.Key == "run.estimator_warning" {
			continue // counted below; the estimator's sentences are for the log of the run
		}
		args := map[string]any{}
		for k, s := range n.Args {
			args[k] = s
		}
		out = append(out, v.p.Map(n.Key, args))
	}
	if n := seen["run.not_calibrated"]; n > 0 {
		out = append(out, v.p.N("run.not_calibrated", n))
	}
	return out
}

// table lists committees with everything that must stand beside a score.
func (v *reader) table(list, all []view.Unit, ranked bool) render.Table {
	p := v.p
	t := render.Table{ID: "units-table", Caption: p.T("results.units"), Sortable: true,
		Empty: render.Empty{Icon: "filter", Title: p.T("results.no_match"), Text: p.T("results.no_match.text")}}
	t.Columns = []render.Column{{Text: p.T("results.committee")}, {Text: "n", Numeric: true}, {Text: p.T("results.rate"), Numeric: true},
		{Text: p.T("results.score"), Numeric: true}, {Text: p.T("results.interval"), Numeric: true}, {Text: p.T("results.reliability"), Numeric: true},
		{Text: p.T("results.band")}, {Text: p.T("results.standing")}, {Text: p.T("results.status")}, {Text: p.T("record.workload"), Numeric: true}}
	if ranked {
		t.Columns = append(t.Columns, render.Column{Text: p.T("results.ranks"), Numeric: true})
	}
	ranks := view.Ranks(all, v.res.Rules.Confidence)
	for _, u := range list {
		rate := render.Dash
		if u.Invited > 0 {
			rate = v.f.Pct(u.ResponseRate, 0)
		}
		band := render.Cell{Text: v.bandOrWhy(&u.UnitResult)}
		if view.Fragile(&u.UnitResult, v.res.Rules.Gates.FragileUpTo) {
			band.Note = p.T("results.fragile")
		}
		score := v.value(u.Official)
		if u.Official.Status == "not_enough" {
			score = render.Dash // the band and the status beside it say why
		}
		row := render.Row{Cells: []render.Cell{{Text: u.Name, Href: u.Href, Sort: u.Unit}, {Text: v.f.Int(u.N)}, {Text: rate},
			{Text: score, Sort: sortable(u.Official)}, {Text: v.interval(u.Official)}, {Text: v.rel(&u.UnitResult)},
			band, {Badge: v.standing(&u.UnitResult)}, {Badge: v.status(u.Status)}, v.work(u.Unit)}}
		if ranked {
			cell := render.Cell{Text: render.Dash}
			if r, ok := ranks[u.Unit]; ok {
				cell.Text = p.T("results.rank_range", "Best", r.Best, "Worst", r.Worst)
			}
			row.Cells = append(row.Cells, cell)
		}
		if !u.Official.OK {
			row.Tone = "muted"
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// work is the households a worker of a committee.
func (v *reader) work(code string) render.Cell {
	w := v.workload[code]
	if !w.OK {
		return render.Cell{Text: render.Dash, Sort: "-1"}
	}
	c := render.Cell{Text: v.f.Num(w.Per, 0)}
	if w.Standard != "within" {
		c.Note = v.p.T("record.workload." + w.Standard)
	}
	return c
}

func (v *reader) rel(u *scoring.UnitResult) string {
	if !u.Official.OK {
		return render.Dash
	}
	return v.f.Num(u.Reliability, 2)
}

// sortable puts units without a score at the end.
func sortable(f scoring.Figure) string {
	if !f.OK {
		return "-1"
	}
	return ""
}

// wilson is the 95% score interval of a proportion (Wilson 1927).
func wilson(p, n float64) (lo, hi float64) {
	const z = 1.959963984540054
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return math.Max(0, mid-half), math.Min(1, mid+half)
}
