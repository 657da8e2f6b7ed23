package layout

import (
	"bytes"
	"strings"
	"testing"

	"gongping/internal/tabular"
	"gongping/survey/frame"
)

func rowsOf(t *testing.T, spec *tabular.Spec, text string, each func(*tabular.Row)) *tabular.Summary {
	t.Helper()
	b := []byte(text)
	f, err := tabular.Open(bytes.NewReader(b), int64(len(b)), tabular.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum, rows, err := f.Read(spec)
	if err != nil {
		t.Fatal(err)
	}
	for r, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		each(r)
	}
	return sum
}

func TestResident(t *testing.T) {
	t.Parallel()
	var got []frame.Resident
	sum := rowsOf(t, &Residents, "户号,居民编号,居委会代码,楼栋,性别,出生年份,居住方式,可上门,状态,姓名,联系电话,地址\n"+
		"H1,P1,310104003001,3号楼,女,1950,自有,否,在住,张三,13800000000,\n"+
		"H1,P2,310104003001001,3号楼,male,1980,,是,,李四,,\n", func(r *tabular.Row) {
		got = append(got, Resident(r))
	})
	if sum.Faults != 0 || len(got) != 2 {
		t.Fatalf("faults %v, rows %d", sum.Details, len(got))
	}
	want := frame.Resident{Household: "H1", Person: "P1", Area: "310104003001", Building: "3号楼", Sex: frame.Female, BirthYear: 1950,
		Tenure: frame.Owner, Contact: frame.Mobile, Status: frame.Living, Identity: frame.Identity{Name: "张三", Phone: "13800000000"}, Row: 2}
	if got[0] != want {
		t.Errorf("got  %+v\nwant %+v", got[0], want)
	}
	if got[1].Contact != frame.Visit || got[1].Tenure != frame.UnknownTenure || got[1].Status != frame.Living {
		t.Errorf("defaults: %+v", got[1])
	}
}

// TestPositions ties the positions used for speed in Resident to the names.
func TestPositions(t *testing.T) {
	t.Parallel()
	want := "household person area building sex birth_year tenure mobile landline visit wechat status name phone address"
	var names []string
	for _, c := range Residents.Columns {
		names = append(names, c.Name)
	}
	if strings.Join(names, " ") != want {
		t.Fatalf("columns %v moved: correct Resident", names)
	}
}

func TestWideAreas(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var areas []frame.Area
	rowsOf(t, &AreasWide, "committee_code,committee,kind,street_code,street,district_code,district\n"+
		"310104003001,甲居委会,居委会,310104003,天平路街道,310104,徐汇区\n310104003002,乙居委会,居委会,310104003,天平路街道,310104,徐汇区\n",
		func(r *tabular.Row) { areas = append(areas, WideAreas(r, seen)...) })
	tree, faults := frame.NewTree(areas)
	if len(faults) > 0 || len(tree.All()) != 4 || !tree.Has("310104003") {
		t.Fatalf("areas %v, faults %v", areas, faults)
	}
}

func TestWorkerHidesNames(t *testing.T) {
	t.Parallel()
	sum := rowsOf(t, &Workers, "工号,姓名,岗位,居委会代码,手机\nW1,王五,社工,310104003001,秘密号码\n", func(r *tabular.Row) {
		if w, _ := Worker(r); w.Staff != "W1" || w.Name != "王五" {
			t.Errorf("worker %+v", w)
		}
	})
	if sum.Faults != 1 || strings.Contains(sum.Details[0].Error(), "秘密") {
		t.Fatalf("details %v", sum.Details)
	}
}
