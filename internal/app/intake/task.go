package intake

import (
	"context"
	"fmt"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/pg/upwarddb"
	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
)

// taskTable is the checked table of tasks handed down.
type taskTable struct{ rows []layout.TaskRow }

func readTasks(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview, prog Progress) (table, error) {
	list, err := departmentdb.List(ctx, q, who.District)
	if err != nil {
		return nil, err
	}
	have, err := upwarddb.Tasks(ctx, q, who.District, "")
	if err != nil {
		return nil, err
	}
	known, seen, there := map[string]bool{}, map[string]int{}, map[string]bool{}
	for _, d := range list {
		known[d.Code] = true
	}
	for _, t := range have {
		there[t.Department+"/"+t.Title] = true
	}
	t := &taskTable{}
	departments := map[string]bool{}
	ok, err := scan(ctx, src, &layout.Tasks, tabular.Limits{Rows: smallRows}, p, prog, func(r *tabular.Row) {
		x := layout.Task(r)
		key := x.Department + "/" + x.Title
		switch {
		case !known[x.Department]:
			p.fault(r.Fault("department", "intake.department", "there is no such department", x.Department, "the code of a department of the list", "add the department first, or correct the code"))
			return
		case x.HandedOn.After(p.at.AddDate(0, 0, 1)):
			p.fault(r.Fault("handed_on", "intake.future", "the date lies in the future", r.Get("handed_on"), "a day up to today", "correct the date"))
			return
		case seen[key] > 0:
			p.fault(r.Fault("title", "intake.row_twice", "two rows say the same", x.Title, "one row", fmt.Sprintf("the other one is row %d", seen[key])))
			return
		case there[key]:
			p.fault(r.Fault("title", "intake.task_there", "the register has this task already", x.Title, "a task that is new", "change the entry on the page, or remove the row"))
			return
		}
		seen[key] = r.Number
		departments[x.Department] = true
		t.rows = append(t.rows, x)
	})
	if err != nil || !ok {
		return nil, err
	}
	p.count("tasks", len(t.rows))
	p.count("departments", len(departments))
	return t, nil
}

func (t *taskTable) store(ctx context.Context, tx *app.Tx, p *Preview, out *Outcome) error {
	if err := insertBatch(ctx, tx, p, out, note(map[string]any{})); err != nil {
		return err
	}
	d := out.detail(p)
	d["import"] = out.ImportID
	tx.Record("handed_task", "", tx.Actor.Area, d)
	list := make([]upwarddb.Task, len(t.rows))
	for i, x := range t.rows {
		list[i] = upwarddb.Task{ID: app.NewID(), Version: 1, Department: x.Department, Title: x.Title, Basis: x.Basis, HandedOn: x.HandedOn, Level: x.Level,
			Funds: x.Funds, People: x.People, Minutes: x.Minutes, Area: tx.Actor.Area, At: tx.Now}
	}
	return upwarddb.InsertTasks(ctx, tx, tx.Actor.District, out.ImportID, tx.Actor.AccountID, list)
}
