package results

import (
	"gongping/scoring"
	"gongping/web/page/render"
)

// sideBySide puts the ways to reckon a score from the same answers beside each
// other: what each does with an extreme answer shows in the difference. It is
// empty where the unit has no official score.
func (v *reader) sideBySide(u *scoring.UnitResult) render.Table {
	p := v.p
	t := render.Table{ID: "side-by-side", Caption: p.T("unit.side"), Columns: []render.Column{{Text: p.T("unit.side.way")}, {Text: p.T("results.score"), Numeric: true},
		{Text: p.T("results.interval"), Numeric: true}, {Text: p.T("unit.side.extremes")}}}
	if !u.Official.OK {
		return t
	}
	for _, w := range []struct {
		key    string
		figure scoring.Figure
	}{{"raw", u.Raw}, {"weighted", u.Weighted}, {"robust", u.Robust}, {"eb", u.EB}, {"official", u.Official}} {
		if w.figure.OK {
			t.Rows = append(t.Rows, render.Row{Cells: []render.Cell{{Text: p.T("unit.side." + w.key)}, {Text: v.value(w.figure)},
				{Text: v.interval(w.figure)}, {Text: p.T("unit.side." + w.key + ".extremes")}}})
		}
	}
	return t
}

// basis says on what all of them rest: n, effective n, response rate, reliability.
func (v *reader) basis(u *scoring.UnitResult) string {
	rate := render.Dash
	if u.Invited > 0 {
		rate = v.f.Pct(u.ResponseRate, 0)
	}
	return v.p.T("unit.side.basis", "N", v.f.Int(u.N), "Effective", v.f.Num(u.EffectiveN, 0), "Rate", rate, "Reliability", v.f.Num(u.Reliability, 2))
}
