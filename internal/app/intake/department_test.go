package intake_test

import (
	"testing"

	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/testkit"
)

// TestDepartmentsAreImported: new ones come in, known ones are renamed, those
// that the file does not name stay, and a second time changes nothing.
func TestDepartmentsAreImported(t *testing.T) {
	t.Parallel()
	s, _ := settled(t)
	ctx := t.Context()
	req := intake.Request{Kind: intake.Departments}
	mustImport(t, s, manager, req, []byte("部门代码,部门名称,英文名称\nhousing,区房管局,Housing\nURBAN,区城管局,\n"))
	out := mustImport(t, s, manager, req, []byte("code,name\nhousing,区住房保障局\nurban,区城管局\ncivil,区民政局\n"))
	if out.Counts["new"] != 1 || out.Counts["changed"] != 1 || out.Counts["same"] != 1 {
		t.Errorf("counts %v", out.Counts)
	}
	list, err := departmentdb.List(ctx, testkit.OwnerDB(t), manager.District)
	if err != nil || len(list) != 3 || list[1].Name != "区住房保障局" || list[2].Code != "urban" {
		t.Errorf("%+v, %v", list, err)
	}
	for name, c := range map[string]struct{ data, where string }{
		"a code with a dash":    {"code,name\nhousing-2,甲局\n", "row 2, column code"},
		"a code twice":          {"code,name\nfire,消防\nFire,消防二\n", "row 3, column code"},
		"a name twice":          {"code,name\nfire,消防\nfire_2,消防\n", "row 3, column name"},
		"a name of another":     {"code,name\nhousing_2,区住房保障局\n", "row 2, column name"},
		"no name":               {"code,name\nfire,\n", "row 2, column name"},
		"a file without a name": {"code\nfire\n", ""},
	} {
		p, err := s.Check(ctx, manager, req, source(t, "部门.csv", []byte(c.data)), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p.Ready() || len(p.Errors) == 0 || c.where != "" && p.Errors[0].Where != c.where {
			t.Errorf("%s: %+v", name, p.Errors)
		}
	}
	of := authz.Actor{District: manager.District, Role: authz.Manager, Area: manager.District + "003"}
	if _, err := s.Check(ctx, of, req, source(t, "部门.csv", []byte("code,name\nfire,消防\n")), nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a street's manager changes the district's departments: %v", err)
	}
}
