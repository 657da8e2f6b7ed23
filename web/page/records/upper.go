package records

import (
	"strings"

	"gongping/internal/app/records"
	calc "gongping/scoring/records"
	"gongping/survey"
	"gongping/web/locale"
	"gongping/web/page/render"
)

// Own is the table of a street's, or the district's, own records for the page of
// its results; nil where it has none.
func Own(u *records.Unit, p *locale.Printer, f render.Format) *render.Table {
	if len(u.Figures) == 0 {
		return nil
	}
	return (&teller{p, f, u.Names}).list(u.Figures, p.T("record.upper"))
}

// upper is the table of an indicator's own records of streets and the district.
func (v *teller) upper(sh *records.Sheet, indicator string) *render.Table {
	p := v.p
	t := render.Table{ID: "records-upper", Caption: p.T("record.upper"), Sortable: true, Columns: []render.Column{{Text: p.T("record.area")}, {Text: p.T("record.received"), Numeric: true},
		{Text: p.T("record.open"), Numeric: true}, {Text: p.T("record.repeats"), Numeric: true}, {Text: p.T("record.n"), Numeric: true}, {Text: p.T("record.share"), Numeric: true},
		{Text: p.T("panel.manage.interval"), Numeric: true}, {Text: p.T("record.bounds"), Numeric: true}, {Text: p.T("record.per_thousand"), Numeric: true}, {Text: p.T("record.practice")}}}
	for i := range sh.Figures {
		x := &sh.Figures[i]
		if x.Indicator != indicator || !x.Upper() {
			continue
		}
		per := render.Dash
		if x.PerThousand != nil {
			per = v.f.Num(*x.PerThousand, 1)
		}
		practice := render.Cell{Text: p.T("record.practice.plain")}
		if flags := v.flags(x.Flags); len(flags) > 0 {
			practice = render.Cell{Badge: &render.Badge{Tone: "warning", Text: p.T("record.practice.look"), Icon: "flag"}, Note: strings.Join(flags, " ")}
		}
		name := render.Cell{Text: sh.Names[x.Area], Sort: x.Area}
		if survey.LevelOf(x.Area) == survey.District {
			name.Note = p.T("record.district")
		}
		t.Rows = append(t.Rows, render.Row{Cells: []render.Cell{name, {Text: v.f.Num(x.Received, 0)}, {Text: v.f.Num(x.Open, 0)}, {Text: v.f.Num(x.Repeats, 0)},
			{Text: v.n(x)}, {Text: v.value(x)}, {Text: v.interval(x)}, {Text: v.bounds(x)}, {Text: per}, practice}})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return &t
}

// against lists the own rows that cannot be true together with those below, a
// month a row; a figure that does not contradict is a dash.
func (v *teller) against(sh *records.Sheet) *render.Table {
	p := v.p
	t := render.Table{ID: "records-against", Caption: p.T("record.against"), Columns: []render.Column{{Text: p.T("record.area")}, {Text: p.T("column.indicator")}, {Text: p.T("column.month")},
		{Text: p.T("record.against.received"), Numeric: true}, {Text: p.T("record.against.done"), Numeric: true}, {Text: p.T("record.against.rows"), Numeric: true}}}
	list := sh.Contradictions
	for i := 0; i < len(list); i++ {
		c := list[i]
		at := map[string]int{"received": 3, "done": 4}
		cells := []render.Cell{{Text: sh.Names[c.Area]}, {Text: v.name(c.Indicator)}, {Text: c.Month}, {Text: render.Dash}, {Text: render.Dash}, {Text: v.f.Int(c.Rows) + " / " + v.f.Int(c.Of)}}
		say := func(c calc.Contradiction) {
			cells[at[c.What]] = render.Cell{Text: v.f.Num(c.Own, 0), Note: p.T("record.against.sum", "Sum", v.f.Num(c.Sum, 0))}
		}
		say(c)
		for i+1 < len(list) && list[i+1].Area == c.Area && list[i+1].Indicator == c.Indicator && list[i+1].Month == c.Month && list[i+1].Of == c.Of {
			i++
			say(list[i])
		}
		t.Rows = append(t.Rows, render.Row{Cells: cells})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return &t
}
