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

// areaTable is the checked table of areas.
type areaTable struct{ changed []survey.Area }

// readAreas takes a table with one row per area, or, when its header is not
// that, one row per lowest area with a pair of columns per level. What stands
// in the table is put over the tree as it is; nothing is ever removed.
func readAreas(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview, prog Progress) (table, error) {
	var rows []frame.Area
	keep := func(a frame.Area) {
		if !survey.Within(a.Code, who.District) || !survey.Within(a.Code, who.Area) && !survey.Within(who.Area, a.Code) {
			p.fault(errs.New(errs.Invalid, "intake.outside", "the area is outside of yours").
				At(rowText(a.Row)+", column code", a.Code, "a code that begins with "+who.Area, "remove the row, or let the district import it"))
			return
		}
		rows = append(rows, a)
	}
	limits := tabular.Limits{Rows: smallRows}
	ok, err := scan(ctx, src, &layout.Areas, limits, p, prog, func(r *tabular.Row) { keep(layout.Area(r)) })
	if err != nil {
		return nil, err
	}
	if !ok {
		wide, seen := &Preview{Request: p.Request, File: p.File, Digest: p.Digest, Columns: columns(&layout.AreasWide), at: p.at}, map[string]bool{}
		header := *p
		*p = *wide
		ok, err = scan(ctx, src, &layout.AreasWide, limits, p, prog, func(r *tabular.Row) {
			for _, a := range layout.WideAreas(r, seen) {
				keep(a)
			}
		})
		if err != nil {
			return nil, err
		}
		if !ok { // neither: speak of the simpler table
			*p = header
			return nil, nil
		}
	}
	old, err := intakedb.Areas(ctx, q, who.District, who.District)
	if err != nil {
		return nil, err
	}
	return mergeAreas(old, rows, p, who), nil
}

// mergeAreas puts the rows over the old tree and checks the whole.
func mergeAreas(old []survey.Area, rows []frame.Area, p *Preview, who authz.Actor) *areaTable {
	before := make(map[string]survey.Area, len(old))
	given := make(map[string]bool, len(rows))
	for _, a := range rows {
		given[a.Code] = true
	}
	all := rows
	for _, a := range old {
		before[a.Code] = a
		if !given[a.Code] {
			all = append(all, frame.Area{Code: a.Code, Name: a.Name, Kind: a.Kind})
		}
	}
	_, faults := frame.NewTree(all)
	p.fault(faults...)
	t := &areaTable{}
	made, renamed, same := 0, 0, 0
	for _, a := range rows {
		now := survey.Area{Code: a.Code, Parent: survey.ParentOf(a.Code), Level: survey.LevelOf(a.Code), Name: a.Name, Kind: a.Kind}
		was, known := before[a.Code]
		switch {
		case known && was == now:
			same++
			continue
		case known && !survey.Within(a.Code, who.Area): // an ancestor of the actor's area
			p.fault(errs.New(errs.Invalid, "intake.outside", "the area is outside of yours").
				At(rowText(a.Row)+", column name", a.Name, was.Name, "leave the areas above yours as they are"))
			continue
		case known:
			renamed++
		default:
			made++
		}
		t.changed = append(t.changed, now)
	}
	p.count("new", made)
	p.count("changed", renamed)
	p.count("same", same)
	return t
}

func (t *areaTable) store(ctx context.Context, tx *app.Tx, p *Preview, out *Outcome) error {
	if err := insertBatch(ctx, tx, p, out, ""); err != nil {
		return err
	}
	tx.Record("import", out.ImportID, tx.Actor.Area, out.detail(p))
	return intakedb.UpsertAreas(ctx, tx, tx.Actor.District, t.changed)
}

// insertBatch notes where the rows came from.
func insertBatch(ctx context.Context, tx *app.Tx, p *Preview, out *Outcome, note string) error {
	out.Counts = map[string]int{}
	for _, c := range p.Counts {
		out.Counts[c.Key] = c.N
	}
	d, err := digestBytes(p.Digest)
	if err != nil {
		return err
	}
	return intakedb.InsertBatch(ctx, tx, tx.Actor.District, intakedb.Batch{ID: out.ImportID, Kind: string(p.Kind), File: p.File,
		Digest: d, Rows: int64(p.Rows), By: tx.Actor.AccountID, At: tx.Now, Note: note})
}

// detail is what the audit log holds of an import: counts and the fingerprint.
func (o *Outcome) detail(p *Preview) map[string]any {
	d := map[string]any{"kind": string(p.Kind), "rows": p.Rows, "file_digest": p.Digest, "warnings": p.Warnings}
	for k, n := range o.Counts {
		d[k] = n
	}
	if len(p.Assigned) > 0 {
		d["assigned"] = len(p.Assigned)
	}
	return d
}
