package records

import (
	"strings"

	"gongping/internal/app/records"
	calc "gongping/scoring/records"
	"gongping/web/locale"
	"gongping/web/page/render"
)

// Beside is the part of a committee's page that stands beside its score; the
// template "records/beside" shows it.
type Beside struct {
	Tiles    []render.Stat
	Contacts *render.Table
	Hidden   int // the least group of contacts, where they are not shown
	Say      string
	Records  *render.Table
}

// View prepares the part.
func View(u *records.Unit, p *locale.Printer, f render.Format) Beside {
	v := &teller{p, f, u.Names}
	var b Beside
	text, badge := v.workload(u.Workload)
	work := render.Stat{Label: p.T("record.workload"), Value: text, Badge: badge, Note: p.T("record.workload_note", "Low", u.Rules.HouseholdsLow, "High", u.Rules.HouseholdsHigh)}
	if u.Workload.OK {
		work.Note = p.T("record.workload_of", "Households", f.Int(u.Workload.Households), "Workers", f.Int(u.Workload.Workers)) + " " + work.Note
		if k := u.Rules.FrameShare; k > 0 && k < 1 {
			work.Note += p.T("record.workload_scaled", "Share", f.Pct(k, 0))
		}
	}
	b.Tiles = append(b.Tiles, work)
	if c := u.Contacts; c != nil {
		contacts(&b, c, p, f)
	}
	if len(u.Figures) > 0 {
		b.Records = v.list(u.Figures, p.T("record.beside"))
	}
	return b
}

// list is the records of one area, an indicator a row.
func (v *teller) list(figures []records.Figure, caption string) *render.Table {
	p, f := v.p, v.f
	t := render.Table{Caption: caption, Columns: []render.Column{{Text: p.T("column.indicator")}, {Text: p.T("record.received"), Numeric: true}, {Text: p.T("record.open"), Numeric: true},
		{Text: p.T("record.repeats"), Numeric: true}, {Text: p.T("record.share"), Numeric: true}, {Text: p.T("panel.manage.interval"), Numeric: true}, {Text: p.T("record.standing")}}}
	for i := range figures {
		x := &figures[i]
		badge := v.standing(x)
		t.Rows = append(t.Rows, render.Row{Cells: []render.Cell{{Text: v.name(x.Indicator), Note: strings.Join(v.flags(x.Flags), " ")}, {Text: f.Num(x.Received, 0)}, {Text: f.Num(x.Open, 0)},
			{Text: f.Num(x.Repeats, 0)}, {Text: v.value(x)}, {Text: v.interval(x)}, {Badge: &badge}}})
	}
	return &t
}

func contacts(b *Beside, c *records.Contacts, p *locale.Printer, f render.Format) {
	if !c.Shown {
		b.Hidden = c.Cell
		return
	}
	share := render.Stat{Label: p.T("record.contact.share"), Value: render.Dash}
	if c.Share != nil {
		share.Value, share.N = f.Pct(*c.Share, 0), c.With.N+c.Without.N
		if c.District != nil {
			share.Note = p.T("record.contact.district", "Share", f.Pct(*c.District, 0))
		}
	}
	b.Tiles = append(b.Tiles, share)
	if c.Standardised.OK {
		s := c.Standardised
		b.Tiles = append(b.Tiles, render.Stat{Label: p.T("record.contact.standardised"), Value: f.Num(s.Value, 1), Unit: p.T("results.points"), N: s.N,
			Interval: f.Interval(s.Lo, s.Hi, 1), Note: p.T("record.contact.standardised_note")})
	}
	t := render.Table{Caption: p.T("record.contact"), Columns: []render.Column{{Text: p.T("record.contact.group")}, {Text: "n", Numeric: true}, {Text: p.T("results.score"), Numeric: true}, {Text: p.T("results.interval"), Numeric: true}}}
	row := func(key string, m calc.Mean) {
		t.Rows = append(t.Rows, render.Row{Cells: []render.Cell{{Text: p.T(key)}, {Text: f.Int(m.N)}, {Text: f.Num(m.Value, 1)}, {Text: f.Interval(m.Lo, m.Hi, 1)}}})
	}
	row("record.contact.with", c.With)
	row("record.contact.without", c.Without)
	b.Contacts = &t
	switch d := c.With.Value - c.Without.Value; {
	case c.With.Lo > c.Without.Hi:
		b.Say = p.T("record.contact.say.higher", "Points", f.Num(d, 1))
	case c.With.Hi < c.Without.Lo:
		b.Say = p.T("record.contact.say.lower", "Points", f.Num(-d, 1))
	default:
		b.Say = p.T("record.contact.say.same")
	}
}
