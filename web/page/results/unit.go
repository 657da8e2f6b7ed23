package results

import (
	"math"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"gongping/analytics/chart"
	"gongping/analytics/view"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/instrument"
	recordspage "gongping/web/page/records"
	"gongping/web/page/render"
)

type unitData struct {
	Run        *scoredb.Run
	Unit       *view.Unit
	Own        bool
	Tiles      []render.Stat
	Say        []string
	Rows       []influenceRow
	Steps      *chart.Figure
	Influence  *chart.Figure
	Trend      *chart.Figure // over the rounds, nil where there is but one
	Answers    *chart.Figure
	Reasons    []reasonRow
	Excluded   []reasonRow
	Items      []itemRow
	Usual      bool // intervals of questions with hidden grades come from the district's spread
	Declinable bool // some question offers "prefer not to say"
	Parts      []partRow
	Side       render.Table // ways to reckon the score
	Basis      string
	Compare    render.Table
	Alerts     []render.Alert
	Minimum    int
	AppealHref string
	Credit     *creditData // what was credited away, nil where nothing was
	Beside     recordspage.Beside
	AppealDays int
}

type reasonRow struct{ Name, Why, Count, Direction string }

// itemRow is a question, or the dimension above its questions.
type itemRow struct {
	Name                                  string
	Dimension                             bool
	N, Value, Interval                    string
	Street, District, DontKnows, Declines string
}

type partRow struct {
	Name, Source, Weight, Planned, Value, Interval, N, Points string
	Group                                                     bool
}

func (h *pages) unit(c *gin.Context, who authz.Actor) error {
	ctx, code := c.Request.Context(), c.Param("code")
	if survey.LevelOf(code) == survey.Street || survey.LevelOf(code) == survey.District {
		c.Redirect(http.StatusSeeOther, "/results/"+c.Param("run")+"?street="+code)
		return nil
	}
	row, res, err := h.svc.Unit(ctx, who, c.Param("run"), code)
	if err != nil {
		return err
	}
	v := h.reader(c, &res)
	u := v.units([]scoredb.UnitRow{row})[0]
	d := &unitData{Run: &res.Run, Unit: &u, Own: who.Role == authz.Worker, Minimum: v.cell, AppealDays: res.Rules.Appeal.FileDays}
	d.Tiles, d.Alerts = v.unitTiles(&u), v.unitAlerts(&u)
	d.Say, d.Rows = v.say(&u), v.influence(&u)
	if w, ok := view.Waterfall(&u.UnitResult, v.p); ok {
		steps, influence := w.Figure(v.p), view.Influence(&u.UnitResult).Figure(v.p)
		d.Steps, d.Influence = &steps, &influence
	}
	answers := view.Distribution(&u.UnitResult, &res.Questionnaire, v.lang, v.cell, v.p).Figure(v.p)
	answers.Describe = v.p.T("score.distribution.text")
	if len(u.Items) > 0 && !slices.ContainsFunc(u.Items, func(it scoring.ItemResult) bool { return slices.Max(it.Counts[:]) > 0 }) {
		answers.Option, answers.Legend, answers.Empty = nil, nil, v.p.T("score.distribution.hidden", "Min", v.cell)
	}
	d.Answers = &answers
	d.Reasons, d.Excluded = v.reasons(&u.UnitResult), v.excluded(&u.UnitResult)
	d.Items = v.items(&u.UnitResult)
	d.Usual = score.Judges(who.Role) && slices.ContainsFunc(u.Items, func(it scoring.ItemResult) bool { return it.Figure.OK && slices.Contains(it.Counts[:], score.Masked) })
	d.Declinable = slices.ContainsFunc(res.Questionnaire.Items, func(it instrument.Item) bool { return it.Decline && it.Dimension != "" })
	d.Parts = v.parts(&u.UnitResult)
	d.Side, d.Basis = v.sideBySide(&u.UnitResult), v.basis(&u.UnitResult)
	d.Compare = v.compare(&u)
	if d.Credit, err = h.credit(c, who, v, &u.UnitResult); err != nil {
		return err
	}
	past, err := h.svc.Trend(ctx, who, code)
	if err != nil {
		return err
	}
	d.Trend = trend(past, v.cell, v.p)
	beside, err := h.records.Unit(ctx, who, res.Run.ID, code)
	if err != nil {
		return err
	}
	d.Beside = recordspage.View(&beside, v.p, v.f)
	var actions []render.Action
	if d.Own && res.Run.PublishedAt != nil && authz.May(who, authz.AppealFile, authz.Object{Area: u.Unit}) {
		d.AppealHref = "/appeals/new?run=" + res.Run.ID + "&unit=" + u.Unit
		actions = append(actions, render.Action{Text: v.p.T("unit.appeal"), Href: d.AppealHref, Icon: "gavel", Primary: true})
	}
	title := v.p.T("unit.title", "Name", u.Name)
	if d.Own {
		title = v.p.T("unit.title.own", "Name", u.Name)
	}
	h.Render(c, http.StatusOK, "results/unit", render.Page{Title: title, Subtitle: res.Round.Title + " · " + h.runLine(c, &res.Run),
		Crumbs: resultCrumbs(h, c, &res.Run, res.Round.Title, u.Name), Actions: actions, Data: d})
	return nil
}

func (v *reader) unitTiles(u *view.Unit) []render.Stat {
	p, f := v.p, v.f
	mark := render.Stat{Label: p.T("unit.tile.score"), Value: v.value(u.Official), N: u.N}
	rel := render.Stat{Label: p.T("unit.tile.reliability"), Value: render.Dash, N: u.N, Note: p.T("unit.tile.reliability_note", "Min", f.Num(v.res.Rules.Gates.PublishReliability, 2))}
	if u.Official.OK {
		mark.Unit, mark.Interval = p.T("results.points"), v.interval(u.Official)
		mark.Badge = v.standing(&u.UnitResult)
		rel.Value, rel.Badge = f.Num(u.Reliability, 2), v.reliability(u.Reliability)
	} else {
		mark.Value, mark.Note = render.Dash, v.why(u.Official)
	}
	band := render.Stat{Label: p.T("unit.tile.band"), Value: v.bandOrWhy(&u.UnitResult), N: u.N, Badge: v.status(u.Status)}
	if u.Band == "" && u.Official.OK {
		band.Note = p.T("unit.tile.no_band")
	}
	comp := render.Stat{Label: p.T("unit.tile.composite"), Value: render.Dash, Note: p.T("unit.tile.composite_none")}
	if u.Composite.OK {
		comp = render.Stat{Label: p.T("unit.tile.composite"), Value: f.Num(u.Composite.Value, 1), Unit: p.T("results.points"), Interval: v.interval(u.Composite)}
		if b := v.band(u.CompositeBand); b != "" {
			comp.Badge = &render.Badge{Tone: "neutral", Text: b}
		} else {
			comp.Badge = &render.Badge{Tone: "neutral", Text: p.T("results.no_band")}
		}
	}
	rate := render.Stat{Label: p.T("results.tile.rate"), Value: render.Dash, Note: p.T("results.tile.rate_none")}
	if u.Invited > 0 {
		lo, hi := wilson(u.ResponseRate, float64(u.Invited))
		rate = render.Stat{Label: p.T("results.tile.rate"), Value: f.Pct(u.ResponseRate, 0), N: u.Invited, Interval: f.Pct(lo, 0) + " – " + f.Pct(hi, 0)}
	}
	return []render.Stat{mark, rel, band, comp, rate}
}

func (v *reader) unitAlerts(u *view.Unit) []render.Alert {
	var out []render.Alert
	add := func(tone, key string, args ...any) {
		out = append(out, render.Alert{Tone: tone, Title: v.p.T(key, args...), Text: v.p.T(key+".text", args...)})
	}
	switch {
	case u.Official.Status == "suppressed":
		add("info", "unit.suppressed", "Min", v.cell)
	case !u.Official.OK:
		add("info", "unit.not_enough", "N", u.N, "Min", v.gate)
	case u.Status == "low_reliability":
		add("warning", "unit.low_reliability")
	}
	if view.Fragile(&u.UnitResult, v.res.Rules.Gates.FragileUpTo) {
		add("warning", "unit.fragile", "K", u.Fragility)
	}
	if u.CollectiveLow {
		add("warning", "unit.collective_low")
	}
	if u.CollectiveHigh {
		add("warning", "unit.collective_high")
	}
	return out
}

// influenceRow is what becomes of score and band without the k most extreme
// answers on either side.
type influenceRow struct{ K, Low, LowScore, High, HighScore, Band string }

// influence is the influence statement: half points, so that no answer can be
// worked out from what leaving it out changes.
func (v *reader) influence(u *view.Unit) (rows []influenceRow) {
	if !u.Official.OK {
		return nil
	}
	move := func(list []float64, k int) (change, score string) {
		if k >= len(list) {
			return render.Dash, render.Dash
		}
		d := math.Round(2*list[k]) / 2
		if d == 0 {
			return v.p.T("unit.influence.small"), v.f.Num(u.Official.Value, 1)
		}
		return v.f.Signed(d, 1), v.f.Num(u.Official.Value+d, 1)
	}
	for k := range max(len(u.WithoutLowest), len(u.WithoutHighest)) {
		r := influenceRow{K: v.f.Int(k + 1)}
		r.Low, r.LowScore = move(u.WithoutLowest, k)
		r.High, r.HighScore = move(u.WithoutHighest, k)
		switch {
		case u.Band == "":
			r.Band = v.p.T("unit.influence.no_band")
		case u.Fragility > 0 && k+1 >= u.Fragility:
			r.Band = v.p.T("unit.influence.changes")
		default:
			r.Band = v.p.T("unit.influence.stays", "Band", v.band(u.Band))
		}
		rows = append(rows, r)
	}
	return rows
}

// say tells in plain words what single answers change and what the band rests on.
func (v *reader) say(u *view.Unit) []string {
	var out []string
	p, f := v.p, v.f
	if !u.Official.OK {
		return append(out, p.T("unit.influence.none", "Min", v.gate))
	}
	switch {
	case u.Band != "" && u.Fragility > 0:
		direction := "unit.say.fragility_down"
		if u.FragileUp {
			direction = "unit.say.fragility_up"
		}
		out = append(out, p.T(direction, "K", u.Fragility, "Band", v.band(u.Band)))
	case u.Band != "":
		out = append(out, p.T("unit.say.solid", "Band", v.band(u.Band)))
	default:
		out = append(out, p.T("unit.say.no_band"))
	}
	if w := u.Weights; w != nil && u.Composite.OK {
		key := "unit.say.weights"
		if w.Depend {
			key = "unit.say.weights_depend"
		}
		out = append(out, p.T(key, "Range", f.Num(w.Range, 0), "Lo", f.Num(w.Lo, 1), "Hi", f.Num(w.Hi, 1), "Band", v.band(w.Band), "Share", f.Pct(w.Share, 0)))
	}
	if u.N > 0 {
		out = append(out, p.T("unit.influence.plain", "Most", f.Num(100/float64(u.N), 1)))
	}
	for _, n := range u.Notes {
		if n.Key == score.NoteEarlier {
			out = append(out, p.T(n.Key, "N", n.Args["N"], "Min", v.cell))
		}
		if n.Key == score.NoteOneQuestion {
			out = append(out, p.T(n.Key, "Min", v.cell))
		}
	}
	return append(out, p.T("unit.influence.private"))
}

func (v *reader) reasons(u *scoring.UnitResult) []reasonRow {
	var out []reasonRow
	if !u.Official.OK {
		return out
	}
	list := view.Reasons(u)
	for _, r := range list {
		out = append(out, reasonRow{Name: v.p.T("score.reason." + r.Key), Why: v.p.T("score.reason." + r.Key + ".why"), Count: v.count(r.N)})
	}
	return out
}

func (v *reader) excluded(u *scoring.UnitResult) []reasonRow {
	var out []reasonRow
	for _, r := range view.Excluded(u) {
		name := r.Key
		if v.p.Has("appeal.ground." + r.Key) {
			name = v.p.T("appeal.ground." + r.Key)
		}
		out = append(out, reasonRow{Name: name, Count: v.count(r.N)})
	}
	return out
}

func (v *reader) items(u *scoring.UnitResult) []itemRow {
	street, district := byItem(v.res.Street), byItem(v.res.District)
	names := view.ItemNames(&v.res.Questionnaire, v.lang)
	row := func(it scoring.ItemResult, dimension bool) itemRow {
		r := itemRow{Name: names[it.Item], Dimension: dimension, N: v.f.Int(it.Figure.N), Value: v.value(it.Figure), Interval: v.interval(it.Figure),
			Street: v.value(street[it.Item]), District: v.value(district[it.Item])}
		if !dimension {
			r.DontKnows = v.count(it.DontKnow)
			if q := v.res.Questionnaire.Item(it.Item); q != nil && q.Decline {
				r.Declines = v.count(it.Declined)
			}
		}
		return r
	}
	var out []itemRow
	for _, g := range view.Groups(u, &v.res.Questionnaire) {
		if len(g.Items) == 1 {
			out = append(out, row(g.Items[0], false))
			continue
		}
		out = append(out, row(g.Dimension, true))
		for _, it := range g.Items {
			out = append(out, row(it, false))
		}
	}
	return out
}

// byItem finds the figures of items and dimensions of a unit to compare with.
func byItem(u *scoredb.UnitRow) map[string]scoring.Figure {
	out := map[string]scoring.Figure{}
	if u == nil {
		return out
	}
	for _, list := range [][]scoring.ItemResult{u.Dimensions, u.Items} {
		for _, it := range list {
			out[it.Item] = it.Figure
		}
	}
	return out
}

func (v *reader) parts(u *scoring.UnitResult) []partRow {
	nodes := map[string]composite.Node{}
	var walk func([]composite.Node)
	walk = func(list []composite.Node) {
		for _, n := range list {
			nodes[n.ID] = n
			walk(n.Children)
		}
	}
	walk(v.res.Rules.Tree)
	var out []partRow
	for _, p := range u.Parts {
		n := nodes[p.ID]
		r := partRow{Name: v.text(n.Text), Source: v.p.T("score.source." + string(n.Source)), Planned: v.f.Num(p.PlannedWeight, 1), Weight: v.f.Num(p.IndicatorWeight, 1),
			Value: v.value(p.Figure), Interval: v.interval(p.Figure), N: render.Dash, Points: render.Dash, Group: n.Source == composite.Group}
		if p.Figure.OK {
			if !r.Group { // what is counted differs from indicator to indicator
				r.N = v.f.Int(p.Figure.N)
			}
			r.Points = v.f.Num(p.IndicatorWeight*p.Figure.Value/100, 1)
		}
		out = append(out, r)
	}
	return out
}

// compare stands the unit beside its street and the district.
func (v *reader) compare(u *view.Unit) render.Table {
	p := v.p
	t := render.Table{ID: "compare", Caption: p.T("unit.compare"), Columns: []render.Column{{Text: p.T("results.area")}, {Text: "n", Numeric: true},
		{Text: p.T("results.rate"), Numeric: true}, {Text: p.T("unit.raw"), Numeric: true}, {Text: p.T("results.score"), Numeric: true}, {Text: p.T("results.interval"), Numeric: true}}}
	add := func(name string, r *scoring.UnitResult) {
		rate := render.Dash
		if r.Invited > 0 {
			rate = v.f.Pct(r.ResponseRate, 0)
		}
		t.Rows = append(t.Rows, render.Row{Cells: []render.Cell{{Text: name}, {Text: v.f.Int(r.N)}, {Text: rate}, {Text: v.value(r.Raw)}, {Text: v.value(r.Official)}, {Text: v.interval(r.Official)}}})
	}
	add(u.Name, &u.UnitResult)
	if v.res.Street != nil {
		add(v.res.Street.Name, &v.res.Street.UnitResult)
	}
	if v.res.District != nil {
		add(v.res.District.Name, &v.res.District.UnitResult)
	}
	return t
}
