package upward_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/intake"
	"gongping/internal/app/upward"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/internal/testkit/world"
	"gongping/survey/instrument"
)

// workers adds n accounts of workers.
func workers(t *testing.T, w *world.World, n int) []authz.Actor {
	t.Helper()
	var out []authz.Actor
	for i := range n {
		a := authz.Actor{District: "310104", AccountID: app.NewID(), Role: authz.Worker, Area: w.Committees()[i%len(w.Committees())]}
		if _, err := testkit.OwnerDB(t).Exec(context.Background(), `insert into account (district, id, login, password_hash, display_name, role, area_code, created_at)
			values ('310104', $1, $2, '-', '社工', 'worker', $3, now())`, a.AccountID, fmt.Sprintf("up-%d", i), a.Area); err != nil {
			t.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}

func answers(grade int) instrument.Answers {
	return instrument.Answers{"task_clear": fmt.Sprint(grade), "support_means": "dk", "overall": fmt.Sprint(grade)}
}

// TestUpwardSurvey: once a worker and department; nothing shows while it is
// open or below the cell; the mean is the one by hand.
func TestUpwardSurvey(t *testing.T) {
	t.Parallel()
	w, ctx := world.Load(t), context.Background()
	s := &upward.Service{Core: w.Core}
	manager := w.Actor("manager")
	closes := w.Clock.Now().AddDate(0, 0, 10)
	id, err := s.Open(ctx, manager, "2026 年秋季部门评议", closes)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(ctx, manager, "又一次", closes); !errs.Is(err, errs.Conflict) {
		t.Errorf("two at once: %v", err)
	}
	list := workers(t, w, 12)
	sum := 0.0
	for i, a := range list {
		grade := 1 + (i*3)%5
		if err := s.Answer(ctx, a, id, "housing", answers(grade)); err != nil {
			t.Fatal(err)
		}
		sum += 25 * float64(grade-1)
		if i < 9 { // one fewer than the cell
			if err := s.Answer(ctx, a, id, "police", answers(5)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Answer(ctx, list[0], id, "housing", answers(1)); !errs.Is(err, errs.Conflict) {
		t.Errorf("answered twice: %v", err)
	}
	if err := s.Answer(ctx, list[0], id, "urban", instrument.Answers{}); !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.NotFound) {
		t.Errorf("empty: %v", err)
	}
	v, err := s.Invitation(ctx, list[0])
	if err != nil || v.Survey == nil || !v.Answered["housing"] || v.Answered[v.Departments[0].Code] && v.Departments[0].Code != "housing" && v.Departments[0].Code != "police" {
		t.Errorf("%+v, %v", v, err)
	}
	if res, err := s.Results(ctx, manager, "housing", "zh"); err != nil || len(res) != 0 {
		t.Errorf("results of an open survey: %+v, %v", res, err)
	}
	w.Clock.Advance(12 * 24 * time.Hour)
	res, err := s.Results(ctx, w.Actor("dept-housing"), "housing", "zh")
	if err != nil || len(res) != 1 || !res[0].Shown || res[0].N != 12 {
		t.Fatalf("%+v, %v", res, err)
	}
	for _, it := range res[0].Items {
		switch it.ID {
		case "overall":
			if want := sum / 12; !it.OK || it.N != 12 || it.Mean != want || it.Lo >= want || it.Hi <= want {
				t.Errorf("overall %+v, want %v", it, want)
			}
		case "support_means", "task_own":
			if it.OK || it.N > 0 || it.Mean != 0 {
				t.Errorf("nobody graded it: %+v", it)
			}
		}
	}
	if res, err = s.Results(ctx, manager, "police", "zh"); err != nil || res[0].Shown || res[0].N != 0 || res[0].Items != nil {
		t.Errorf("nine answers show: %+v, %v", res, err)
	}
	if err := s.Answer(ctx, list[11], id, "police", answers(3)); !errs.Is(err, errs.Conflict) {
		t.Errorf("answered after the last day: %v", err)
	}
	for _, x := range []struct {
		login, department string
	}{{"dept-housing", "police"}} {
		if _, err := s.Results(ctx, w.Actor(x.login), x.department, "zh"); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s sees %s: %v", x.login, x.department, err)
		}
	}
	for _, login := range []string{"manager", "auditor", "panel-1", "dept-housing"} {
		if err := s.Answer(ctx, w.Actor(login), id, "housing", answers(5)); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s answers: %v", login, err)
		}
	}
}

// TestAnswersCannotBeJoinedToAccounts plays the service, and then somebody with
// the whole database, and tries to find out who gave which answer.
func TestAnswersCannotBeJoinedToAccounts(t *testing.T) {
	t.Parallel()
	w, ctx := world.Load(t), context.Background()
	s := &upward.Service{Core: w.Core}
	id, err := s.Open(ctx, w.Actor("manager"), "部门评议", w.Clock.Now().AddDate(0, 0, 10))
	if err != nil {
		t.Fatal(err)
	}
	list := workers(t, w, 11)
	for i, a := range list {
		if err := s.Answer(ctx, a, id, "housing", answers(1+i%5)); err != nil {
			t.Fatal(err)
		}
	}
	// The service's role: no answer, no system column, no tally of an open survey.
	for _, sql := range []string{"select answers from upward_answer", "select id from upward_answer", "select xmin from upward_answer", "select xmin from upward_spent",
		"select ctid from upward_spent", "update upward_answer set department = 'x'", "delete from upward_spent"} {
		if _, err := w.Pool.Exec(ctx, sql); err == nil {
			t.Errorf("the service may: %s", sql)
		}
	}
	var n int
	if err := w.Pool.QueryRow(ctx, `select count(*) from upward_tally('310104', $1)`, id).Scan(&n); err != nil || n != 0 {
		t.Errorf("an open survey gives %d sums (%v)", n, err)
	}
	// The whole database: no column of answers or tokens holds an account, an
	// area or a time, and no account's id or worker number occurs in any of them.
	db := testkit.OwnerDB(t)
	rows, err := db.Query(ctx, `select table_name || '.' || column_name from information_schema.columns where table_name in ('upward_answer','upward_spent') order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	var columns []string
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			t.Fatal(err)
		}
		columns = append(columns, strings.TrimPrefix(c, "upward_"))
	}
	if got := strings.Join(columns, " "); got != "answer.answers answer.department answer.district answer.id answer.survey_id spent.district spent.token_hash" {
		t.Errorf("columns: %s", got)
	}
	var all string
	if err := db.QueryRow(ctx, `select coalesce((select string_agg(a::text, ' ') from upward_answer a), '') || coalesce((select string_agg(s::text, ' ') from upward_spent s), '')
		|| coalesce((select string_agg(l.detail || coalesce(l.actor_id::text,''), ' ') from audit_log l where l.object_kind = 'upward_answer'), '')`).Scan(&all); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(all, "housing") {
		t.Fatal("there is nothing to look at")
	}
	for _, a := range list {
		if strings.Contains(all, a.AccountID) || strings.Contains(all, a.Area) {
			t.Errorf("account %s or its area stands there", a.AccountID)
		}
		// Without the key a token cannot be computed from what is in the database.
		for _, guess := range []string{a.AccountID, "upward/" + id + "/housing" + a.AccountID, id + a.AccountID} {
			if err := db.QueryRow(ctx, `select count(*) from upward_spent where token_hash in ($1::text, encode(sha256(convert_to($1::text, 'UTF8')), 'hex'), md5($1::text), encode(sha256(convert_to($1::text, 'UTF8')), 'base64'))`, guess).Scan(&n); err != nil || n > 0 {
				t.Errorf("token guessed from %s (%v)", guess, err)
			}
		}
	}
}

func TestTaskRegister(t *testing.T) {
	t.Parallel()
	w, ctx := world.Load(t), context.Background()
	s := &upward.Service{Core: w.Core}
	street := w.Committees()[0][:9]
	leader := w.Actor("leader-" + street[6:])
	minutes := 240
	task := upward.Task{Department: "housing", Title: "既有建筑巡查", Basis: "沪房〔2026〕1 号", HandedOn: w.Clock.Now().AddDate(0, -2, 0), Level: "committee", Minutes: &minutes}
	id, err := s.SaveTask(ctx, leader, task)
	if err != nil {
		t.Fatal(err)
	}
	task.ID, task.Funds = id, true
	if _, err := s.SaveTask(ctx, leader, task); !errs.Is(err, errs.Invalid) {
		t.Errorf("changed without a reason: %v", err)
	}
	task.Reason = "经费已到位"
	if _, err := s.SaveTask(ctx, w.Actor("manager"), task); err != nil {
		t.Error(err)
	}
	list, _, err := s.Tasks(ctx, w.Actor("worker-lone"), "housing")
	if err != nil || len(list) != 1 || !list[0].Funds || list[0].Version != 2 || *list[0].Minutes != 240 {
		t.Errorf("%+v, %v", list, err)
	}
	for _, login := range []string{"worker-lone", "auditor", "dept-housing"} {
		if _, err := s.SaveTask(ctx, w.Actor(login), task); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", login, err)
		}
	}
	text := "部门代码,任务,依据,下放日期,承接层级,带经费,带人手,每月分钟\nhousing,电梯加装协调,,2026-04-01,居委会,否,否,300\nnobody,任务,,2026-04-01,街道,否,否,\nhousing,既有建筑巡查,,2026-04-01,街道,,,\nhousing,甲,,2029-04-01,街道,,,\nhousing,乙,,2026-04-01,市里,,,-5\n"
	in := intake.New(w.Core, "")
	load := func(text string) (*intake.Preview, error) {
		src, err := intake.NewSource("任务.csv", strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		_, p, err := in.Import(ctx, leader, intake.Request{Kind: intake.Tasks}, src, nil)
		return p, err
	}
	p, err := load(text)
	var where []string
	if p != nil {
		for _, e := range p.Errors {
			where = append(where, e.Where)
		}
	}
	if want := "row 3, column department|row 4, column title|row 5, column handed_on|row 6, column level|row 6, column minutes"; strings.Join(where, "|") != want || !errs.Is(err, errs.Invalid) {
		t.Errorf("faults at %v (%v)", where, err)
	}
	if _, err = load(strings.Join(strings.Split(text, "\n")[:2], "\n") + "\n"); err != nil {
		t.Fatal(err)
	}
	if list, _, err = s.Tasks(ctx, w.Actor("dept-housing"), ""); err != nil || len(list) != 2 {
		t.Errorf("%d tasks, %v", len(list), err)
	}
	if _, _, err := s.Tasks(ctx, w.Actor("dept-housing"), "police"); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
}
