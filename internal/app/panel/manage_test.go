package panel_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/panel"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/paneldb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/world"
	"gongping/scoring/rater"
	"gongping/survey"
)

// TestPlanKeepsConflictsOut plans, rates and plans again: nobody rates where
// they have a conflict, a reviewer sees the own committees only, and earlier
// plans and conflicts stay on record.
func TestPlanKeepsConflictsOut(t *testing.T) {
	t.Parallel()
	r, ctx := scored.Add(world.Load(t), "first", survey.Collecting), context.Background()
	s := &panel.Service{Core: r.Core}
	manager, me := r.Actor("manager"), r.Actor("panel-4")
	own, other := r.Committees()[0], r.Committees()[1]
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Declare(ctx, me, r.ID, "someone else is not asked", own, "我的妹妹在这里工作"))
	must(s.Declare(ctx, manager, r.ID, r.Actor("panel-5").AccountID, other[:9], "去年在该街道任职"))
	plan, err := s.Assign(ctx, manager, r.ID, panel.Order{Per: 2})
	must(err)
	if !plan.Comparable() || len(plan.Short) > 0 || plan.Spread() > 1 {
		t.Errorf("sets %v, short %v, loads %v", plan.Sets, plan.Short, plan.Load)
	}
	for _, p := range plan.Pairs {
		if p.Reviewer == me.AccountID && p.Committee == own || p.Reviewer == r.Actor("panel-5").AccountID && p.Committee[:9] == other[:9] {
			t.Errorf("%v in spite of the conflict", p)
		}
	}
	sheet, err := s.Sheet(ctx, me, r.ID)
	must(err)
	if !sheet.Planned || len(sheet.Committees) != plan.Load[me.AccountID] || sheet.Barred[own] != "declared" {
		t.Errorf("%d committees of %d, barred %v", len(sheet.Committees), plan.Load[me.AccountID], sheet.Barred)
	}
	mark := []panel.Mark{{Criterion: "care", Score: 5}}
	if err := s.Rate(ctx, me, r.ID, own, mark); !errs.Is(err, errs.Conflict) {
		t.Errorf("rated in spite of the conflict: %v", err)
	}
	for _, c := range r.Committees() {
		mine := slices.ContainsFunc(sheet.Committees, func(x paneldb.Committee) bool { return x.Code == c })
		if err := s.Rate(ctx, me, r.ID, c, mark); mine != (err == nil) {
			t.Errorf("%s, mine %v: %v", c, mine, err)
		}
	}
	if _, err := s.Assign(ctx, manager, r.ID, panel.Order{Per: 3}); !errs.Is(err, errs.Invalid) {
		t.Errorf("planned again without a reason: %v", err)
	}
	must(s.Lift(ctx, manager, r.ID, me.AccountID, own, "其妹妹已调离"))
	if err := s.Lift(ctx, manager, r.ID, me.AccountID, own, "again"); !errs.Is(err, errs.Conflict) {
		t.Errorf("lifted twice: %v", err)
	}
	r.Clock.Advance(time.Hour)
	if plan, err = s.Assign(ctx, manager, r.ID, panel.Order{Per: 3, Seed: "20261128", Reason: "一名评审员退出"}); err != nil {
		t.Fatal(err)
	}
	m, err := s.Manage(ctx, r.Actor("auditor"), r.ID)
	must(err)
	if len(m.Plans) != 2 || m.Plans[0].Per != 3 || len(m.Conflicts) != 1 || len(m.Pairs) != len(plan.Pairs) {
		t.Errorf("%d plans, conflicts %+v", len(m.Plans), m.Conflicts)
	}
	for _, per := range []int{1, 8} {
		if _, err := s.Assign(ctx, manager, r.ID, panel.Order{Per: per, Reason: "x"}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%d reviewers: %v", per, err)
		}
	}
	if _, err := s.Assign(ctx, manager, r.ID, panel.Order{Per: 7, Reason: "x"}); !errs.Is(err, errs.Conflict) {
		t.Errorf("seven of six reviewers: %v", err)
	}
	for _, table := range []string{"panel_plan", "panel_assignment", "panel_conflict"} {
		if _, err := testkit.OwnerDB(t).Exec(ctx, "delete from "+table); err == nil {
			t.Errorf("%s can be emptied", table)
		}
	}
}

// The workplace on record and the collecting of answers bar without anybody's
// declaration.
func TestStandingConflicts(t *testing.T) {
	t.Parallel()
	r, ctx := scored.Add(world.Load(t), "first", survey.Collecting), context.Background()
	s := &panel.Service{Core: r.Core}
	db, home, street := testkit.OwnerDB(t), r.Committees()[0], r.Committees()[1][:9]
	a, b := r.Actor("panel-4"), r.Actor("panel-5")
	for _, sql := range []string{
		`insert into worker (district, worker_no, name, post, area_code) values ('310104','W-X','某','社工','` + home + `')`,
		`update account set worker_no = 'W-X' where id = '` + a.AccountID + `'`,
		`update account set worker_no = 'W-Y' where id in ('` + b.AccountID + `','` + r.Evaluators()[0].AccountID + `')`,
		`alter table round_evaluator disable trigger round_frozen`,
		`insert into round_evaluator (district, round_id, account_id, area_code) values ('310104','` + r.ID + `','` + r.Evaluators()[0].AccountID + `','` + street + `')`,
	} {
		if _, err := db.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	for who, want := range map[string][2]string{a.AccountID: {home, "own_area"}, b.AccountID: {r.Committees()[1], "evaluator"}} {
		sheet, err := s.Sheet(ctx, authz.Actor{District: "310104", AccountID: who, Role: authz.Panel, Area: "310104"}, r.ID)
		if err != nil || sheet.Barred[want[0]] != want[1] {
			t.Errorf("barred %v, want %v (%v)", sheet.Barred, want, err)
		}
	}
}

// A severe reviewer and one with a halo are told from the others, and evidence
// is sealed and opened by those whom it concerns only.
func TestDiagnosisAndEvidence(t *testing.T) {
	t.Parallel()
	r, ctx := scored.Add(world.Load(t), "first", survey.Collecting), context.Background()
	s := &panel.Service{Core: r.Core}
	manager := r.Actor("manager")
	plan, err := s.Assign(ctx, manager, r.ID, panel.Order{Per: 3, Seed: "1"})
	if err != nil {
		t.Fatal(err)
	}
	criteria := []string{"problem_solving", "resident_voice", "care", "team"}
	for i, p := range plan.Pairs {
		h := 0
		for _, x := range p.Committee {
			h = h*31 + int(x)
		}
		var marks []panel.Mark
		for k, c := range criteria {
			x := 5 + float64(h%7)/2 + float64((i*5+k*3+h)%6)/2 - 1
			if p.Reviewer == r.Actor("panel-1").AccountID {
				x -= 2.5
			}
			if p.Reviewer == r.Actor("panel-2").AccountID {
				x = 5 + float64(h%7)/2
			}
			marks = append(marks, panel.Mark{Criterion: c, Score: min(10, max(0, x))})
		}
		who := authz.Actor{District: "310104", AccountID: p.Reviewer, Role: authz.Panel, Area: "310104"}
		for j := range marks { // the world's own ratings of the first three are changed
			marks[j].Reason = "现场复核"
		}
		if err := s.Rate(ctx, who, r.ID, p.Committee, marks); err != nil {
			t.Fatal(err)
		}
	}
	m, err := s.Manage(ctx, manager, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if m.Result.Method != "facets" || len(m.Result.Sets) != 1 {
		t.Fatalf("%s, %s, sets %v", m.Result.Method, m.Result.Why, m.Result.Sets)
	}
	t.Logf("reliability %.2f, dependence %.2f", m.Result.Reliability, m.Result.Dependence)
	for _, v := range m.Reviewers {
		t.Logf("%s %+v", v.Login, v.Diagnosis)
		if v.Login == "panel-1" && v.Diagnosis.Shift > -0.5 {
			t.Errorf("%s: %+v", v.Login, v.Diagnosis)
		}
		if v.Login > "panel-3" && (slices.Contains(v.Diagnosis.Habits, rater.Severe) || slices.Contains(v.Diagnosis.Habits, rater.Halo)) {
			t.Errorf("%s is named %v", v.Login, v.Diagnosis.Habits)
		}
	}
	evidence(t, s, r, plan.Pairs[0].Committee, plan.Pairs[0].Reviewer)
}

func evidence(t *testing.T, s *panel.Service, r *scored.Round, committee, reviewer string) {
	ctx := context.Background()
	content := []byte("议事会记录：十二月三日，二十一户到场。\n")
	who := authz.Actor{District: "310104", AccountID: reviewer, Role: authz.Panel, Area: "310104"}
	id, err := s.Attach(ctx, who, r.ID, committee, "care", "议事会记录.txt", content)
	if err != nil {
		t.Fatal(err)
	}
	var name, stored []byte
	if err := testkit.OwnerDB(t).QueryRow(ctx, `select name, content from panel_evidence where id = $1`, id).Scan(&name, &stored); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(stored, content[:12]) || strings.Contains(string(name), "议事") {
		t.Error("the evidence lies open in the database")
	}
	for _, a := range []authz.Actor{who, r.Actor("manager"), r.Actor("auditor")} {
		if f, got, err := s.Open(ctx, a, r.ID, id); err != nil || !bytes.Equal(got, content) || f.Title != "议事会记录.txt" {
			t.Errorf("%s: %+v, %v", a.Role, f, err)
		}
	}
	outside := 0
	for k := range 6 { // reviewers of other committees
		a := r.Actor(fmt.Sprintf("panel-%d", k+1))
		sheet, err := s.Sheet(ctx, a, r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(sheet.Committees, func(x paneldb.Committee) bool { return x.Code == committee }) {
			continue
		}
		outside++
		if _, _, err := s.Open(ctx, a, r.ID, id); !errs.Is(err, errs.NotFound) {
			t.Errorf("panel-%d opened it: %v", k+1, err)
		}
	}
	if outside == 0 {
		t.Error("everybody rates the committee: the test shows nothing")
	}
	for _, login := range []string{"worker-lone", "leader-" + committee[6:9], "supervisor"} {
		if _, _, err := s.Open(ctx, r.Actor(login), r.ID, id); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", login, err)
		}
		if _, err := s.Manage(ctx, r.Actor(login), r.ID); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s manages: %v", login, err)
		}
	}
	if _, err := s.Attach(ctx, r.Actor("auditor"), r.ID, committee, "", "x.txt", []byte("x")); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an auditor attaches: %v", err)
	}
	if _, err := s.Attach(ctx, who, r.ID, committee, "", "x.exe", []byte("MZ")); !errs.Is(err, errs.Invalid) {
		t.Errorf("a program is evidence: %v", err)
	}
}
