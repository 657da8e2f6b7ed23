package intake

import (
	"context"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/intakedb"
	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
	"gongping/survey"
	"gongping/survey/frame"
)

// workerTable is the checked roster.
type workerTable struct{ workers []intakedb.Worker }

// readWorkers checks a roster. Workers who are not in it stay as they are; the
// preview counts them.
func readWorkers(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview, prog Progress) (table, error) {
	tree, err := loadTree(ctx, q, who.District)
	if err != nil {
		return nil, err
	}
	var rows []frame.Worker
	phones := 0
	ok, err := scan(ctx, src, &layout.Workers, tabular.Limits{Rows: smallRows}, p, prog, func(r *tabular.Row) {
		w, phone := layout.Worker(r)
		if phone != "" {
			phones++
		}
		p.fault(outside(r, w.Area, who))
		rows = append(rows, w)
	})
	if err != nil || !ok {
		return nil, err
	}
	p.fault(frame.CheckWorkers(rows, tree)...)
	old, err := intakedb.AllWorkers(ctx, q, who.District)
	if err != nil {
		return nil, err
	}
	before := make(map[string]intakedb.Worker, len(old))
	for _, w := range old {
		before[w.No] = w
	}
	t, made, same := &workerTable{}, 0, 0
	for _, r := range rows {
		now := intakedb.Worker{No: r.Staff, Name: r.Name, Post: r.Post, Area: r.Area, Active: true}
		was, known := before[r.Staff]
		delete(before, r.Staff)
		if known && !survey.Within(was.Area, who.Area) {
			p.fault(errs.New(errs.Barred, "intake.worker_elsewhere", "this staff number belongs to a worker of another area").
				At(rowText(r.Row)+", column staff", r.Staff, "a number of your own area", "let the district move the worker"))
			continue
		}
		if was == now {
			same++
			continue
		}
		if !known {
			made++
		}
		t.workers = append(t.workers, now)
	}
	missing := 0
	for _, w := range before {
		if w.Active && survey.Within(w.Area, who.Area) {
			missing++
		}
	}
	p.count("new", made)
	p.count("changed", len(t.workers)-made)
	p.count("same", same)
	p.count("not_listed", missing)
	if phones > 0 {
		p.warn(errs.New(errs.Invalid, "intake.phones", "the phone numbers of workers are not stored").
			At("column phone", "", "no phone numbers", "nothing to do: the column is read past"))
	}
	return t, nil
}

func (t *workerTable) store(ctx context.Context, tx *app.Tx, p *Preview, out *Outcome) error {
	if err := insertBatch(ctx, tx, p, out, ""); err != nil {
		return err
	}
	tx.Record("import", out.ImportID, tx.Actor.Area, out.detail(p))
	return intakedb.UpsertWorkers(ctx, tx, tx.Actor.District, t.workers)
}

// loadTree reads the area tree of a district; an empty one is a fault of its own.
func loadTree(ctx context.Context, q querier, district string) (*frame.Tree, error) {
	areas, err := intakedb.Areas(ctx, q, district, district)
	if err != nil {
		return nil, err
	}
	if len(areas) == 0 {
		return nil, errs.New(errs.NotNow, "intake.no_areas", "the district has no areas yet; import them first")
	}
	list := make([]frame.Area, len(areas))
	for i, a := range areas {
		list[i] = frame.Area{Code: a.Code, Name: a.Name, Kind: a.Kind}
	}
	tree, faults := frame.NewTree(list)
	if len(faults) > 0 {
		return nil, faults[0]
	}
	return tree, nil
}
