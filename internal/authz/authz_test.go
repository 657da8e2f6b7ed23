package authz_test

import (
	"encoding/csv"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gongping/internal/authz"
	"gongping/internal/errs"
)

// roles are the columns of testdata/table.csv.
var roles = append(slices.Clone(authz.Roles), authz.System, authz.Resident)

// golden reads the reviewed table: action × role → scope. It is never written
// by a program: whoever changes access edits the file by hand, cell by cell.
func golden(t *testing.T) map[authz.Action]map[authz.Role]authz.Scope {
	t.Helper()
	f, err := os.Open("testdata/table.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows[0]) != len(roles)+1 {
		t.Fatalf("%d columns for %d roles", len(rows[0]), len(roles))
	}
	for i, r := range roles {
		if rows[0][i+1] != string(r) {
			t.Fatalf("column %d is %q, want %q", i+1, rows[0][i+1], r)
		}
	}
	out := map[authz.Action]map[authz.Role]authz.Scope{}
	for _, row := range rows[1:] {
		cells := map[authz.Role]authz.Scope{}
		for i, r := range roles {
			if row[i+1] != "-" {
				cells[r] = authz.Scope(row[i+1])
			}
		}
		if out[authz.Action(row[0])] != nil {
			t.Fatalf("%s stands twice", row[0])
		}
		out[authz.Action(row[0])] = cells
	}
	return out
}

func TestEveryCell(t *testing.T) {
	t.Parallel()
	want := golden(t)
	for _, a := range authz.Actions() {
		if want[a] == nil {
			t.Errorf("%s is in the table but not in testdata/table.csv: add the row by hand", a)
		}
	}
	for a, cells := range want {
		if !slices.Contains(authz.Actions(), a) {
			t.Errorf("%s is in testdata/table.csv but not in the table", a)
		}
		for _, r := range roles {
			if got := authz.ScopeOf(r, a); got != cells[r] {
				t.Errorf("%s × %s: scope %q, reviewed %q", a, r, got, cells[r])
			}
		}
	}
}

func TestUnknownIsDenied(t *testing.T) {
	t.Parallel()
	o := authz.Object{Area: "310104", Owner: "me", Assignees: []string{"me"}, CaseID: "case"}
	for _, r := range append(slices.Clone(roles), "root", "") {
		who := authz.Actor{District: "310104", AccountID: "me", Role: r, Area: "310104", CaseID: "case"}
		for _, a := range []authz.Action{"", "appeal", "appeal.*", "response.delete", "Appeal.Decide"} {
			if err := authz.Check(who, a, o); err == nil {
				t.Errorf("%q may do %q", r, a)
			}
		}
	}
	for _, a := range authz.Actions() {
		for _, who := range []authz.Actor{{District: "310104", Area: "310104", AccountID: "me"}, {Role: authz.Admin, Area: "310104", AccountID: "me"}} {
			if err := authz.Check(who, a, o); !errs.Is(err, errs.Unauthorized) {
				t.Errorf("nobody in particular may do %s: %v", a, err)
			}
		}
		if authz.May(authz.Actor{District: "310104", Area: "310104", AccountID: "me", Role: "root"}, a, o) {
			t.Errorf("an unknown role may do %s", a)
		}
	}
}

// sample is an action that some role has in a scope, to reach the scope by the
// front door.
func sample(t *testing.T, s authz.Scope) (authz.Role, authz.Action) {
	t.Helper()
	for a, cells := range golden(t) {
		for _, r := range roles {
			if cells[r] == s {
				return r, a
			}
		}
	}
	t.Fatalf("no cell has the scope %s", s)
	return "", ""
}

// TestScopes tries each scope with a matching and with foreign objects.
func TestScopes(t *testing.T) {
	t.Parallel()
	const street, committee, other, abroad = "310104003", "310104003001", "310104004001", "310105001001"
	for _, c := range []struct {
		scope authz.Scope
		area  string // of the actor
		yes   []authz.Object
		no    []authz.Object
	}{
		{authz.InDistrict, committee, []authz.Object{{}, {Area: "310104"}, {Area: other}}, []authz.Object{{Area: abroad}, {Area: "31010"}}},
		{authz.InArea, street, []authz.Object{{}, {Area: street}, {Area: committee}, {Area: committee + "002"}}, []authz.Object{{Area: other}, {Area: "310104"}, {Area: abroad}}},
		{authz.OwnArea, committee, []authz.Object{{}, {Area: committee}}, []authz.Object{{Area: committee + "001"}, {Area: street}, {Area: other}, {Area: abroad}}},
		{authz.Assigned, "310104", []authz.Object{{Area: committee, Assignees: []string{"x", "me"}}},
			[]authz.Object{{}, {Area: committee}, {Area: committee, Assignees: []string{"x", ""}}, {Area: abroad, Assignees: []string{"me"}}, {Area: committee, Owner: "me"}}},
		{authz.Own, committee, []authz.Object{{Owner: "me"}, {Area: committee, Owner: "me"}}, []authz.Object{{}, {Owner: "x"}, {Area: other, Owner: "me"}, {Assignees: []string{"me"}}}},
		{authz.NotMade, "310104", []authz.Object{{}, {Area: committee, Owner: "x", Assessors: []string{"y"}}},
			[]authz.Object{{Owner: "me"}, {Area: committee, Assessors: []string{"y", "me"}}, {Area: abroad}}},
		{authz.OwnDepartment, "310104", []authz.Object{{Department: "housing"}, {Area: committee, Department: "housing"}},
			[]authz.Object{{}, {Department: "police"}, {Area: abroad, Department: "housing"}}},
	} {
		role, action := sample(t, c.scope)
		who := authz.Actor{District: "310104", AccountID: "me", Role: role, Area: c.area, Department: "housing"}
		for _, o := range c.yes {
			if err := authz.Check(who, action, o); err != nil {
				t.Errorf("%s (%s %s): denied %+v", c.scope, role, action, o)
			}
		}
		for _, o := range c.no {
			if err := authz.Check(who, action, o); !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s (%s %s): allowed %+v", c.scope, role, action, o)
			}
		}
	}
	resident := authz.Actor{District: "310104", Role: authz.Resident, CaseID: "case"}
	if !authz.May(resident, authz.ResponseSubmit, authz.Object{CaseID: "case"}) {
		t.Error("a resident may not answer their own case")
	}
	for _, o := range []authz.Object{{}, {CaseID: "other"}} {
		if authz.May(resident, authz.ResponseSubmit, o) {
			t.Errorf("a resident may answer %+v", o)
		}
	}
	if authz.May(authz.Actor{District: "310104", Role: authz.Resident}, authz.ResponseSubmit, authz.Object{}) {
		t.Error("a resident without a case may answer one without a name")
	}
	if authz.May(authz.Actor{District: "310104", Role: authz.Panel, Area: "310104"}, authz.AppealDecide, authz.Object{}) {
		t.Error("an actor without an account decides")
	}
}

// TestNobodyReachesAnotherDistrict: whatever role and action, an object of
// another district is out of reach.
func TestNobodyReachesAnotherDistrict(t *testing.T) {
	t.Parallel()
	actions := authz.Actions()
	slices.Sort(actions)
	rapid.Check(t, func(t *rapid.T) {
		who := authz.Actor{District: "310104", AccountID: "me", Role: rapid.SampledFrom(authz.Roles).Draw(t, "role"),
			Area: rapid.SampledFrom([]string{"310104", "310104003", "310104003001"}).Draw(t, "area")}
		o := authz.Object{Area: rapid.SampledFrom([]string{"310105", "310105003", "310105003001"}).Draw(t, "object"),
			Owner: rapid.SampledFrom([]string{"", "me", "x"}).Draw(t, "owner"), Assignees: []string{"me"}}
		a := rapid.SampledFrom(actions).Draw(t, "action")
		if authz.May(who, a, o) {
			t.Fatalf("%s of %s may do %s in %s", who.Role, who.Area, a, o.Area)
		}
	})
}
