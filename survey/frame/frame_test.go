package frame

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gongping/internal/errs"
	"gongping/survey/frame/canon"
)

func keys(list []*errs.Error) string {
	var out []string
	for _, e := range list {
		out = append(out, e.Where+" "+e.Key)
	}
	return strings.Join(out, "; ")
}

var areas = []Area{
	{Code: "310104003001", Name: "甲居委会", Row: 4}, {Code: "310104", Name: "徐汇区", Row: 2},
	{Code: "310104003", Name: "天平路街道", Row: 3}, {Code: "310104003001001", Name: "一网格", Row: 5},
}

func TestTree(t *testing.T) {
	t.Parallel()
	tree, faults := NewTree(areas)
	if len(faults) > 0 {
		t.Fatal(keys(faults))
	}
	if a, ok := tree.Get("310104003001"); !ok || a.Parent() != "310104003" || tree.All()[0].Code != "310104" || LevelOf(a.Code) != Committee {
		t.Errorf("tree %v", tree.All())
	}
	bad := append(slices.Clone(areas), Area{Code: "31010", Name: "x", Row: 6}, Area{Code: "310104003", Name: "y", Row: 7},
		Area{Code: "310104003002", Name: "甲居委会", Row: 8}, Area{Code: "310105001", Name: "z", Row: 9}, Area{Code: "310106", Row: 10})
	_, faults = NewTree(bad)
	want := "row 6, column code area.code; row 7, column code area.twice; row 8, column name area.same_name; row 10, column name area.name; row 9, column code area.orphan"
	got := strings.Split(keys(faults), "; ")
	wanted := strings.Split(want, "; ")
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		t.Errorf("faults %v", got)
	}
}

func TestWorkers(t *testing.T) {
	t.Parallel()
	tree, _ := NewTree(areas)
	got := keys(CheckWorkers([]Worker{{Staff: "1", Post: "社工", Area: "310104003001", Row: 2}, {Staff: "1", Post: " ", Area: "310104009", Row: 3}, {Post: "x", Area: "310104", Row: 4}}, tree))
	if want := "row 3, column staff worker.twice; row 3, column post worker.post; row 3, column area worker.area; row 4, column staff worker.staff"; got != want {
		t.Errorf("got %s", got)
	}
}

func resident(i int) Resident {
	return Resident{Household: fmt.Sprint("H", i/2), Person: fmt.Sprint("P", i), Area: "310104003001001", Building: "3号楼", Sex: Female,
		BirthYear: 1950 + i%40, Tenure: Owner, Contact: Mobile | Visit, Status: Living,
		Identity: Identity{Name: fmt.Sprint("居民", i), Phone: "13800000000", Address: "某路1号"}, Row: i + 2}
}

func TestChecker(t *testing.T) {
	t.Parallel()
	tree, _ := NewTree(areas)
	c := NewChecker(tree, 2026)
	next := 1000
	check := func(change func(*Resident)) string {
		next++
		r := resident(next)
		change(&r)
		r.Row = 9
		f, w := c.Check(&r)
		return strings.ReplaceAll(keys(f)+"|"+keys(w), "row 9, column ", "")
	}
	first := resident(0)
	if f, w := c.Check(&first); len(f)+len(w) > 0 {
		t.Fatal(keys(f), keys(w))
	}
	for want, change := range map[string]func(*Resident){
		"|":                               func(r *Resident) {},
		"person resident.twice|":          func(r *Resident) { r.Person = "P0" },
		"person resident.person|":         func(r *Resident) { r.Person = "" },
		"household resident.household|":   func(r *Resident) { r.Household = "" },
		"area resident.area|":             func(r *Resident) { r.Area = "310104003002" },
		"area resident.area_code|":        func(r *Resident) { r.Area = "310104003" },
		"birth_year resident.birth_year|": func(r *Resident) { r.BirthYear = 1890 },
		"sex resident.sex|":               func(r *Resident) { r.Sex = "x" },
		"tenure resident.tenure|":         func(r *Resident) { r.Tenure = "" },
		"status resident.status|":         func(r *Resident) { r.Status = "" },
		"building resident.line_break|":   func(r *Resident) { r.Building = "a\nb" },
		"|person resident.alike":          func(r *Resident) { r.BirthYear, r.Identity.Name = 1950, "居 民０" },
	} {
		if got := check(change); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if c.Near != 1 {
		t.Errorf("near duplicates %d", c.Near)
	}
}

// TestPrivateRecord fixes the canonical bytes of a person with the encoding
// written out by hand.
func TestPrivateRecord(t *testing.T) {
	t.Parallel()
	r := resident(7)
	r.Building = "cafe\u0301" // NFD, must equal its NFC form
	salt := canon.Hash("salt")
	fields := Fields(&r, salt)
	identity := canon.Hash("gongping/frame/identity/v1", string(salt[:]), "居民7", "13800000000", "某路1号")
	want := []string{"H3", "P7", "310104003001001", "caf\u00e9", "f", "1957", "owner", "5", "resident", fmt.Sprintf("%x", identity)}
	if !slices.Equal(fields, want) {
		t.Fatalf("fields %q", fields)
	}
	if Private(salt, fields) != canon.Hash("gongping/frame/private/v1", append([]string{string(salt[:])}, want...)...) {
		t.Fatal("private record is encoded differently")
	}
}

func entries(list []Entry) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func frozen(n int, secret *Secret) []Entry {
	var list []Entry
	for i := range n {
		r := resident(i)
		list = append(list, secret.Entry(&r))
	}
	slices.SortFunc(list, func(a, b Entry) int { return strings.Compare(a.FrameID, b.FrameID) })
	return list
}

func TestFreeze(t *testing.T) {
	t.Parallel()
	secret := &Secret{9}
	list := frozen(50, secret)
	d, err := Freeze(entries(list))
	if err != nil || d.Count != 50 {
		t.Fatal(err, d)
	}
	rapid.Check(t, func(t *rapid.T) {
		other := slices.Clone(list)
		k := rapid.IntRange(0, 49).Draw(t, "k")
		other[k].Private[rapid.IntRange(0, 31).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if e, err := Freeze(entries(other)); err != nil || e.String() == d.String() {
			t.Fatalf("a changed record gives the same digest (%v)", err)
		}
	})
	if _, err := Freeze(entries([]Entry{list[0], list[0]})); !errs.Is(err, errs.Conflict) {
		t.Errorf("repeated id: %v", err)
	}
	if _, err := Freeze(entries([]Entry{list[1], list[0]})); err == nil {
		t.Error("wrong order accepted")
	}
	if _, err := Freeze(entries([]Entry{{FrameID: "张三"}})); errs.CodeOf(err) != errs.Invalid {
		t.Errorf("name as id: %v", err)
	}
	if a := frozen(1, &Secret{1})[0]; a.FrameID == list[0].FrameID || !canon.ValidID(a.FrameID) {
		t.Errorf("ids of two frames can be joined: %s", a.FrameID)
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	a := NewAuditor(District, 2026, []Band{{"0-59", 0, 59}, {"60+", 60, 130}})
	for i := range 100 {
		r := resident(i)
		switch {
		case i < 3:
			r.Status = Deceased
		case i < 10:
			r.Contact = 0
		case i == 10:
			r.Sex = UnknownSex
		}
		a.Add(&r)
	}
	if g := a.Tally; g.Persons != 100 || g.Deceased != 3 || g.NoContact != 7 || g.NoPhone != 7 || g.UnknownSex != 1 {
		t.Errorf("tally %+v", g)
	}
	cov := a.Coverage(map[Cell]int{{"310104", Female, "0-59"}: 50, {"310104", Female, "60+"}: 80, {"310104", Male, "60+"}: 5})
	var sum int
	for _, c := range cov {
		sum += c.Frame
	}
	if len(cov) != 3 || sum != 96 || cov[2].Sex != Male || cov[2].Ratio != 0 {
		t.Errorf("coverage %+v", cov)
	}
	l := Limits{Coverage: 0.3, MinCell: 10, NoContact: 0.05, Inactive: 0.05, Changed: 0.2, Missing: 0.1, PlantedMissed: -1}
	f := &Findings{Tally: a.Tally, Coverage: cov, Change: &Change{Before: 100, Added: 10, Removed: 15},
		Second: &Compare{Both: 90, OnlySecond: 5}, Planted: &Planted{Missed: []string{"k"}}}
	dev := l.Deviations(f)
	if got := keys(dev); strings.Count(got, ";")+1 != len(dev) || !strings.Contains(got, "audit.no_contact") || !strings.Contains(got, "audit.changed") ||
		!strings.Contains(got, "audit.planted") || strings.Contains(got, "audit.inactive") || strings.Contains(got, "audit.missing") {
		t.Errorf("deviations %s", got)
	}
	if MayFreeze(dev, nil) == nil || MayFreeze(dev, &Reason{"x", "short"}) == nil {
		t.Error("a deviating frame may be frozen without a reason")
	}
	if MayFreeze(dev, &Reason{"处长", strings.Repeat("理由充分", 5)}) != nil || MayFreeze(nil, nil) != nil {
		t.Error("a frame with a reason may not be frozen")
	}
}

func listed(s ...string) iter.Seq2[Listed, error] {
	return func(yield func(Listed, error) bool) {
		for _, k := range s {
			key, committee, _ := strings.Cut(k, "@")
			if !yield(Listed{Key: key, Committee: committee}, nil) {
				return
			}
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	c, err := Changes(listed("a@1", "b@1", "c@2", "e@2"), listed("b@1", "c@3", "d@1"), 1, func(k string) string { return "editor of " + k })
	if err != nil || c.Before != 4 || c.After != 3 || c.Added != 1 || c.Removed != 2 || c.Moved != 1 || c.Share() != 0.75 {
		t.Fatalf("%v %+v", err, c)
	}
	if len(c.RemovedList) != 1 || c.RemovedList[0].By != "editor of a" || !c.RemovedListIsTruncated || c.RemovedByCommittee["2"] != 1 {
		t.Errorf("removed %+v", c)
	}
	s, err := TwoSources(listed("a@1", "b@1", "c@2"), listed("b@1", "c@2", "d@2"), nil)
	if err != nil || s.Both != 2 || s.OnlyFrame != 1 || s.OnlySecond != 1 || s.ByCommittee["2"].OnlySecond != 1 {
		t.Fatalf("%v %+v", err, s)
	}
	if want := 4.0*4/3 - 1; math.Abs(s.Estimate-want) > 1e-12 { // Chapman 1951
		t.Errorf("estimate %v, want %v", s.Estimate, want)
	}
	if _, err := Changes(listed("b", "a"), listed(), 1, nil); err == nil {
		t.Error("wrong order accepted")
	}
	if p := CheckPlanted([]string{"z", "a", "m"}, func(k string) bool { return k == "a" }); p.Found != 1 || fmt.Sprint(p.Missed) != "[m z]" {
		t.Errorf("planted %+v", p)
	}
}

func BenchmarkEntry(b *testing.B) {
	secret := &Secret{1}
	r := resident(5)
	for b.Loop() {
		secret.Entry(&r)
	}
}
