package upward

import (
	"cmp"
	"slices"

	"gongping/analytics/chart"
	"gongping/internal/app/upward"
	"gongping/internal/authz"
	"gongping/internal/pg/departmentdb"
	"gongping/web/locale"
	"gongping/web/page/render"
)

// Card is the part of a department's card about tasks and support; the template
// "upward/card" shows it.
type Card struct {
	Results []cardResult
	None    bool // no survey is closed yet
	Cell    int
	Tiles   []render.Stat
	Trend   *chart.Figure // of the overall question, nil where there is but one survey
	Tasks   render.Table
}

type cardResult struct {
	Title, Note string
	Shown       bool
	Table       render.Table
}

// CardOf prepares the part.
func CardOf(results []upward.Result, tasks []upward.Task, names map[string]departmentdb.Department, who authz.Actor, p *locale.Printer, f render.Format) Card {
	c := Card{Cell: upward.Cell, None: len(results) == 0, Tiles: tiles(tasks, p, f), Tasks: table(tasks, names, who, p, f, false)}
	c.Trend = trend(results, p)
	c.Tasks.Empty = render.Empty{Icon: "list-details", Title: p.T("task.none_of"), Text: p.T("task.none.text")}
	for _, r := range results {
		v := cardResult{Title: r.Survey.Title, Shown: r.Shown}
		if r.Shown {
			v.Note = p.T("upward.answered", "N", f.Int(r.N), "Invited", f.Int(r.Invited))
			v.Table = render.Table{Caption: r.Survey.Title, Columns: []render.Column{{Text: p.T("upward.question")}, {Text: "n", Numeric: true}, {Text: p.T("results.score"), Numeric: true}, {Text: p.T("results.interval"), Numeric: true}}}
			for _, it := range r.Items {
				row := render.Row{Cells: []render.Cell{{Text: it.Text, Note: it.DimensionText}, {Text: render.Dash}, {Text: f.Suppressed(r.Survey.Cell)}, {Text: render.Dash}}}
				if it.OK {
					row.Cells[1].Text, row.Cells[2].Text, row.Cells[3].Text = f.Int(it.N), f.Num(it.Mean, 1), f.Interval(it.Lo, it.Hi, 1)
				}
				v.Table.Rows = append(v.Table.Rows, row)
			}
		}
		c.Results = append(c.Results, v)
	}
	return c
}

func sorted(names map[string]departmentdb.Department) []departmentdb.Department {
	var out []departmentdb.Department
	for _, d := range names {
		if d.Active {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b departmentdb.Department) int { return cmp.Compare(a.Code, b.Code) })
	return out
}

// tiles count what is handed down now, and with what.
func tiles(list []upward.Task, p *locale.Printer, f render.Format) []render.Stat {
	now, funds, people, minutes, known := 0, 0, 0, 0, 0
	for _, t := range list {
		if t.EndedOn != nil {
			continue
		}
		now++
		if t.Funds {
			funds++
		}
		if t.People {
			people++
		}
		if t.Minutes != nil {
			minutes += *t.Minutes
			known++
		}
	}
	hours := render.Stat{Label: p.T("task.tile.hours"), Value: render.Dash, Note: p.T("task.tile.hours_note", "N", known)}
	if known > 0 {
		hours.Value, hours.Unit = f.Num(float64(minutes)/60, 1), p.T("task.hours")
	}
	return []render.Stat{{Label: p.T("task.tile.now"), Value: f.Int(now), Note: p.T("task.tile.ended", "N", len(list)-now)}, {Label: p.T("task.tile.funds"), Value: p.T("task.of", "N", funds, "Of", now)},
		{Label: p.T("task.tile.people"), Value: p.T("task.of", "N", people, "Of", now)}, hours}
}

func table(list []upward.Task, names map[string]departmentdb.Department, who authz.Actor, p *locale.Printer, f render.Format, department bool) render.Table {
	t := render.Table{ID: "tasks", Caption: p.T("task.title"), Sortable: true, Columns: []render.Column{{Text: p.T("task.name")}}}
	if department {
		t.Columns = append(t.Columns, render.Column{Text: p.T("task.department")})
	}
	t.Columns = append(t.Columns, render.Column{Text: p.T("task.handed_on")}, render.Column{Text: p.T("task.level")}, render.Column{Text: p.T("task.with")}, render.Column{Text: p.T("task.minutes"), Numeric: true}, render.Column{Text: p.T("task.state")})
	for _, x := range list {
		cell := render.Cell{Text: x.Title, Note: x.Basis}
		if authz.May(who, authz.TaskEdit, authz.Object{Area: x.Area}) {
			cell.Href = "/tasks/" + x.ID + "/edit"
		}
		row := render.Row{Cells: []render.Cell{cell}}
		if department {
			row.Cells = append(row.Cells, render.Cell{Text: names[x.Department].In(string(p.Lang())), Href: "/departments/" + x.Department})
		}
		with := "none"
		switch {
		case x.Funds && x.People:
			with = "both"
		case x.Funds:
			with = "funds"
		case x.People:
			with = "people"
		}
		tone := map[bool]string{true: "warning", false: "success"}[with == "none"]
		minutes := render.Dash
		if x.Minutes != nil {
			minutes = f.Int(*x.Minutes)
		}
		state := render.Badge{Tone: "info", Text: p.T("task.now")}
		if x.EndedOn != nil {
			state, row.Tone = render.Badge{Tone: "neutral", Text: p.T("task.ended", "Date", f.Date(x.EndedOn))}, "muted"
		}
		row.Cells = append(row.Cells, render.Cell{Text: f.Date(x.HandedOn), Sort: x.HandedOn.Format("2006-01-02")}, render.Cell{Text: p.T("task.level." + x.Level)},
			render.Cell{Badge: &render.Badge{Tone: tone, Text: p.T("task.with." + with)}}, render.Cell{Text: minutes}, render.Cell{Badge: &state})
		t.Rows = append(t.Rows, row)
	}
	return t
}
