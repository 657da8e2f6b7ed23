package score_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"gongping/internal/app"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/scoring"
	"gongping/survey"
)

func start(t *testing.T, s *score.Service, who authz.Actor, round, reason string) string {
	t.Helper()
	run, err := s.Start(context.Background(), who, round, reason)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestRunEndToEnd(t *testing.T) {
	t.Parallel()
	r, ctx := scored.Load(t), context.Background()
	s := &score.Service{Core: r.Core}
	manager := r.Actor("manager")
	run := start(t, s, manager, r.ID, "first run after the close of fieldwork")
	if err := s.Publish(ctx, manager, run); err != nil {
		t.Fatal(err)
	}
	if err := s.Publish(ctx, manager, run); !errs.Is(err, errs.Conflict) {
		t.Errorf("publishing twice: %v", err)
	}
	res, err := s.Result(ctx, manager, r.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if res.Run.ID != run || res.Run.Number != 1 || res.Run.PublishedAt == nil || res.Summary.N != len(r.Responses) {
		t.Errorf("run %+v, summary %+v", res.Run, res.Summary)
	}
	// 4.1 (moved away) is not eligible: the invited are fewer than the cases.
	var gone, complete int
	db := testkit.OwnerDB(t)
	if err := db.QueryRow(ctx, `select count(distinct case_id) from contact_attempt where disposition = '4.1'`).Scan(&gone); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow(ctx, `select count(*) from case_completion`).Scan(&complete); err != nil {
		t.Fatal(err)
	}
	if want := r.Cases - gone; res.Summary.Invited != want || gone == 0 {
		t.Errorf("invited %d, want %d of %d cases (%d not eligible)", res.Summary.Invited, want, r.Cases, gone)
	}
	if want := float64(complete) / float64(r.Cases-gone); res.Summary.ResponseRate != want {
		t.Errorf("response rate %v, want %v", res.Summary.ResponseRate, want)
	}
	rebuilds(t, s, manager, run)

	// A later run leaves an excluded answer out and supersedes the first.
	if _, err := db.Exec(ctx, `insert into response_exclusion (district, id, round_id, response_id, ground, reason, at) values ($1,$2,$3,$4,'wrong_object','about the property company',now())`,
		manager.District, app.NewID(), r.ID, r.Responses[0]); err != nil {
		t.Fatal(err)
	}
	second := start(t, s, manager, r.ID, "an upheld appeal")
	if err := s.Publish(ctx, manager, second); err != nil {
		t.Fatal(err)
	}
	runs, err := s.Runs(ctx, manager, r.ID)
	if err != nil || len(runs) != 2 || runs[0].Supersedes != run || runs[1].SupersededBy != second {
		t.Fatalf("runs %+v, %v", runs, err)
	}
	if res, err = s.Result(ctx, manager, r.ID, ""); err != nil || res.Run.ID != second || res.Summary.Excluded != 1 {
		t.Fatalf("the newest run: %+v, %v", res.Summary, err)
	}
	if res, err = s.Result(ctx, manager, r.ID, run); err != nil || res.Summary.Excluded != 0 {
		t.Fatalf("the superseded run must stay: %v", err)
	}
	_, _, changes, err := s.Compare(ctx, manager, run, second)
	if err != nil || !changes[0].Significant {
		t.Fatalf("no change between the runs: %+v, %v", changes, err)
	}
	rebuilds(t, s, manager, run)
	rebuilds(t, s, manager, second)
}

// rebuilds exports a run and computes it again, with and without the database.
func rebuilds(t *testing.T, s *score.Service, who authz.Actor, run string) {
	t.Helper()
	b, err := s.Rebuild(context.Background(), who, run)
	if err != nil || !b.Same || b.OutputDigest != b.Stored {
		t.Fatalf("rebuilt %+v, %v", b, err)
	}
	var file bytes.Buffer
	if err := s.Export(context.Background(), who, run, &file); err != nil {
		t.Fatal(err)
	}
	f, err := score.RebuildFile(&file)
	if err != nil || f.OutputDigest != b.Stored {
		t.Fatalf("rebuilt from the file %+v, %v", f, err)
	}
}

func TestRunProgressAndResume(t *testing.T) {
	t.Parallel()
	r, ctx := scored.Load(t), context.Background()
	s := &score.Service{Core: r.Core}
	run := start(t, s, r.Actor("manager"), r.ID, "first")
	var states string
	db := testkit.OwnerDB(t)
	if err := db.QueryRow(ctx, `select string_agg(state, ' ' order by seq) from run_event where run_id = $1`, run).Scan(&states); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(states, "queued progress progress") || !strings.HasSuffix(states, "progress done") {
		t.Errorf("events: %s", states)
	}
	if err := s.Execute(ctx, r.Actor("manager").District, run); err != nil {
		t.Errorf("repeating a run: %v", err)
	}
	// A run whose worker was killed is taken up again.
	lost := app.NewID()
	if _, err := db.Exec(ctx, `insert into run (district, id, round_id, number, reason, requested_at) values ($1,$2,$3,2,'lost',now())`, r.Actor("manager").District, lost, r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(ctx, `insert into run_event (district, run_id, seq, state, at) values ($1,$2,1,'progress',now())`, r.Actor("manager").District, lost); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Resume(ctx, r.Actor("manager").District); err != nil || n != 1 {
		t.Fatalf("resumed %d, %v", n, err)
	}
	if h, err := s.Head(ctx, r.Actor("manager"), lost); err != nil || h.State != "done" {
		t.Errorf("the lost run is %s, %v", h.State, err)
	}
}

func TestTwoStartsAtOnce(t *testing.T) {
	t.Parallel()
	r := scored.Load(t)
	s := &score.Service{Core: r.Core}
	var wg sync.WaitGroup
	errors := make([]error, 3)
	for i := range errors {
		wg.Go(func() { _, errors[i] = s.Start(context.Background(), r.Actor("manager"), r.ID, "at once") })
	}
	wg.Wait()
	for _, err := range errors {
		if err != nil {
			t.Error(err)
		}
	}
	runs, err := s.Runs(context.Background(), r.Actor("manager"), r.ID)
	if err != nil || len(runs) != 3 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	for i, x := range runs {
		if x.Number != 3-i || x.State != "done" || string(x.OutputDigest) != string(runs[0].OutputDigest) {
			t.Errorf("run %d: %+v", i, x)
		}
	}
}

func TestFailedRunSaysWhy(t *testing.T) {
	t.Parallel()
	r, ctx := scored.Load(t), context.Background()
	s := &score.Service{Core: r.Core}
	empty := scored.Add(r.World, "empty", survey.Collecting)
	if _, err := testkit.OwnerDB(t).Exec(ctx, `insert into response_exclusion (district, id, round_id, response_id, ground, reason, at)
		select district, gen_random_uuid(), round_id, id, 'test', 'all of them', now() from response where round_id = $1`, empty.ID); err != nil {
		t.Fatal(err)
	}
	run := start(t, s, r.Actor("manager"), empty.ID, "too early")
	runs, err := s.Runs(ctx, r.Actor("manager"), empty.ID)
	if err != nil || runs[0].State != "failed" || runs[0].Failure() == nil || runs[0].Failure().Key != "run.no_answers" {
		t.Fatalf("%+v, %v", runs, err)
	}
	if err := s.Publish(ctx, r.Actor("manager"), run); !errs.Is(err, errs.Conflict) {
		t.Errorf("a failed run was published: %v", err)
	}
	if _, err := s.Start(ctx, r.Actor("manager"), empty.ID, " "); !errs.Is(err, errs.Invalid) {
		t.Errorf("a run without a reason: %v", err)
	}
}

func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	r, ctx := scored.Load(t), context.Background()
	s := &score.Service{Core: r.Core}
	manager := r.Actor("manager")
	run := start(t, s, manager, r.ID, "first")
	streets := r.Committees()[0][:9]
	leader, worker := r.Actor("leader-"+streets[6:]), authz.Actor{}
	for _, a := range r.Demo.Accounts {
		if a.Role == "worker" && strings.HasPrefix(a.AreaCode, streets) {
			worker = r.Actor(a.Login)
		}
	}
	if _, err := s.Result(ctx, leader, r.ID, run); !errs.Is(err, errs.NotFound) {
		t.Errorf("a leader sees an unpublished run: %v", err)
	}
	if list, err := s.Runs(ctx, worker, r.ID); err != nil || len(list) != 0 {
		t.Errorf("a worker sees unpublished runs: %v, %v", list, err)
	}
	if err := s.Publish(ctx, leader, run); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader published: %v", err)
	}
	if err := s.Publish(ctx, manager, run); err != nil {
		t.Fatal(err)
	}
	res, err := s.Result(ctx, leader, r.ID, run)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range res.Units {
		if !strings.HasPrefix(u.Unit, streets) {
			t.Errorf("a leader sees %s", u.Unit)
		}
	}
	if res, err = s.Result(ctx, worker, r.ID, ""); err != nil || len(res.Units) != 1 || res.Units[0].Unit != worker.Area || res.Street == nil || res.District == nil {
		t.Errorf("a worker sees %d units, %v", len(res.Units), err)
	}
	other := ""
	for _, c := range r.Committees() {
		if !strings.HasPrefix(c, streets) {
			other = c
		}
	}
	for _, who := range []authz.Actor{leader, worker} {
		if _, _, err := s.Unit(ctx, who, run, other); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s sees %s: %v", who.Role, other, err)
		}
	}
	if _, _, err := s.Unit(ctx, worker, run, streets); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker opens the street: %v", err)
	}
	if u, _, err := s.Unit(ctx, worker, run, worker.Area); err != nil || u.Unit != worker.Area {
		t.Errorf("own committee: %v", err)
	}
	for _, role := range []string{"eval-" + streets[6:] + "-1", "admin"} {
		if _, err := s.Result(ctx, r.Actor(role), r.ID, run); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s reads results: %v", role, err)
		}
	}
	if _, err := s.Answers(ctx, manager, run, worker.Area); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a manager reads the ledger: %v", err)
	}
	if list, err := s.Answers(ctx, r.Actor("auditor"), run, worker.Area); err != nil || len(list) == 0 {
		t.Errorf("an auditor reads %d answers, %v", len(list), err)
	}
}

func TestNoSmallCellLeaves(t *testing.T) {
	t.Parallel()
	r, ctx := scored.Load(t), context.Background()
	s := &score.Service{Core: r.Core}
	run := start(t, s, r.Actor("manager"), r.ID, "first")
	res, err := s.Result(ctx, r.Actor("manager"), r.ID, run)
	if err != nil {
		t.Fatal(err)
	}
	cell, gated := res.Rules.Suppression.Cell, 0
	for _, u := range res.Units {
		if u.Status == "not_enough" {
			gated++
			if u.Raw.OK || u.Weighted.OK || u.Official.OK || u.Composite.OK || u.Steps != nil || u.WithoutLowest != nil {
				t.Errorf("%s has a figure on %d answers", u.Unit, u.N)
			}
		}
		for _, it := range append(append([]scoring.ItemResult{}, u.Items...), u.Dimensions...) {
			if it.Figure.OK && it.Figure.N < cell {
				t.Errorf("%s %s: a figure on %d answers", u.Unit, it.Item, it.Figure.N)
			}
			hidden := 0
			for _, n := range it.Counts {
				if n > 0 && n < cell {
					t.Errorf("%s %s: a cell of %d", u.Unit, it.Item, n)
				}
				if n == score.Masked {
					hidden++
				}
			}
			if hidden == 1 && u.Status != "area" {
				t.Errorf("%s %s: one hidden cell can be worked out from the others", u.Unit, it.Item)
			}
		}
		for reason, n := range u.Reasons {
			if n > 0 && n < cell {
				t.Errorf("%s: %d answers %s", u.Unit, n, reason)
			}
		}
	}
	if gated == 0 {
		t.Error("no unit is under the gate: the test tests nothing")
	}
}
