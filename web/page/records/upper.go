package records

import (
	"strings"

	"gongping/internal/app/records"
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
			{Text: v.f.Num(x.N, 0)}, {Text: v.value(x)}, {Text: v.interval(x)}, {Text: v.bounds(x)}, {Text: per}, practice}})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return &t
}

// against lists the own rows that cannot be true together with those below.
func (v *teller) against(sh *records.Sheet) *render.Table {
	p := v.p
	t := render.Table{ID: "records-against", Caption: p.T("record.against"), Columns: []render.Column{{Text: p.T("record.area")}, {Text: p.T("column.indicator")}, {Text: p.T("column.month")},
		{Text: p.T("record.against.what")}, {Text: p.T("record.against.own"), Numeric: true}, {Text: p.T("record.against.sum"), Numeric: true}, {Text: p.T("record.against.rows"), Numeric: true}}}
	for _, c := range sh.Contradictions {
		t.Rows = append(t.Rows, render.Row{Cells: []render.Cell{{Text: sh.Names[c.Area]}, {Text: v.name(c.Indicator)}, {Text: c.Month}, {Text: p.T("record.against." + c.What)},
			{Text: v.f.Num(c.Own, 0)}, {Text: v.f.Num(c.Sum, 0)}, {Text: v.f.Int(c.Rows) + " / " + v.f.Int(c.Of)}}})
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return &t
}
