package intake

import (
	"context"
	"fmt"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
)

// maxDepartments bounds a list of departments: the pages show all of them.
const maxDepartments = 200

// departmentTable is the checked list of departments.
type departmentTable struct{ changed []departmentdb.Department }

// readDepartments checks a list of departments. Those that are not in it stay:
// a code keeps its meaning for ever, because causes and replies point at it.
func readDepartments(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview, prog Progress) (table, error) {
	if err := authz.Check(who, authz.DepartmentEdit, authz.Object{Area: who.District}); err != nil {
		return nil, err
	}
	list, err := departmentdb.List(ctx, q, who.District)
	if err != nil {
		return nil, err
	}
	have, named := map[string]departmentdb.Department{}, map[string]string{}
	for _, d := range list {
		have[d.Code], named[d.Name] = d, d.Code
	}
	t, seen, names := &departmentTable{}, map[string]int{}, map[string]int{}
	made, same := 0, 0
	ok, err := scan(ctx, src, &layout.Departments, tabular.Limits{Rows: maxDepartments}, p, prog, func(r *tabular.Row) {
		x := layout.Department(r)
		switch {
		case !departmentdb.ValidCode(x.Code):
			p.fault(r.Fault("code", "intake.department_code", "this cannot be the code of a department", x.Code, "a letter, then 1 to 30 of a–z, 0–9 and underscore, such as housing", "correct the code"))
			return
		case seen[x.Code] > 0:
			p.fault(r.Fault("code", "intake.row_twice", "two rows say the same", x.Code, "each department once", fmt.Sprintf("the other one is row %d", seen[x.Code])))
			return
		case names[x.Name] > 0:
			p.fault(r.Fault("name", "intake.row_twice", "two rows say the same", x.Name, "each department once", fmt.Sprintf("the other one is row %d", names[x.Name])))
			return
		case named[x.Name] != "" && named[x.Name] != x.Code:
			p.fault(r.Fault("name", "intake.department_named", "a department of this name has another code", x.Name, "the code "+named[x.Name], "use that code, or give this department another name"))
			return
		}
		seen[x.Code], names[x.Name] = r.Number, r.Number
		was, known := have[x.Code]
		now := departmentdb.Department{Code: x.Code, Name: x.Name, NameEN: x.NameEN, Active: true}
		switch {
		case was == now:
			same++
			return
		case !known:
			made++
		}
		t.changed = append(t.changed, now)
	})
	if err != nil || !ok {
		return nil, err
	}
	p.count("new", made)
	p.count("changed", len(t.changed)-made)
	p.count("same", same)
	return t, nil
}

func (t *departmentTable) store(ctx context.Context, tx *app.Tx, p *Preview, out *Outcome) error {
	if err := insertBatch(ctx, tx, p, out, ""); err != nil {
		return err
	}
	d := out.detail(p)
	d["import"] = out.ImportID
	tx.Record("department", "", tx.Actor.District, d)
	return departmentdb.Save(ctx, tx, tx.Actor.District, t.changed, tx.Now)
}
