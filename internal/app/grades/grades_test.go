package grades_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/grades"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/scoring/grade"
	"gongping/survey"
)

const reason = "街道办公会集体讨论后决定，记录在案。"

func wantKey(t *testing.T, err error, key string) {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) || e.Key != key {
		t.Errorf("got %v, want an error %s", err, key)
	}
}

// fixture is a world with published runs whose figures the test sets.
type fixture struct {
	*scored.Round
	svc *grades.Service
	ctx context.Context
}

func setup(t *testing.T) *fixture {
	t.Helper()
	r := scored.Load(t)
	return &fixture{r, &grades.Service{Core: r.Core}, context.Background()}
}

func (f *fixture) must(err error) {
	f.T.Helper()
	if err != nil {
		f.T.Fatal(err)
	}
}

// publish stores a published run of a round with one composite a committee.
func (f *fixture) publish(round string, at time.Time, value func(i int, unit string) (score, half, reliability float64)) {
	f.T.Helper()
	scored.Publish(f.World, round, at, func(i int, unit string) scored.Figures {
		v, half, rel := value(i, unit)
		return scored.Figures{Score: v, HalfWidth: half, Reliability: rel}
	})
}

// leader is the leader of a committee's street.
func (f *fixture) leader(unit string) authz.Actor { return f.Actor("leader-" + unit[6:9]) }

// TestFromResultToSignature plays the way of a grade: the time for appeals ends,
// proposals are made, signed, declined or refused; an export waits for all.
func TestFromResultToSignature(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager, units := f.Actor("manager"), f.Committees()
	f.Clock.T = time.Date(2026, 11, 2, 4, 0, 0, 0, time.UTC)
	f.publish(f.ID, f.Clock.T, func(i int, _ string) (float64, float64, float64) {
		switch i {
		case 0:
			return 92, 1, 0.9
		case 1:
			return 85, 3, 0.9 // reaches over the bound of excellent
		case 2:
			return 60, 2, 0.5 // not reliable
		}
		return 75, 1, 0.9
	})
	_, err := f.svc.Export(f.ctx, manager, f.ID)
	wantKey(t, err, "grade.none_proposed")
	if _, err := f.svc.Export(f.ctx, manager, "6f0f4b1e-94a1-4b8e-8d3c-000000000000"); !errs.Is(err, errs.NotFound) {
		t.Errorf("the export of no round: %v", err)
	}
	_, err = f.svc.Propose(f.ctx, manager, f.ID)
	f.must(err)
	sh, err := f.svc.Sheet(f.ctx, manager, f.ID)
	f.must(err)
	for _, p := range sh.Proposals {
		if p.State != string(grade.Refused) || p.Why != grade.AppealOpen && p.Why != grade.Unreliable {
			t.Fatalf("a grade while an appeal may be filed: %+v", p)
		}
	}
	f.Clock.T = f.Clock.T.AddDate(0, 0, 30)
	_, err = f.svc.Propose(f.ctx, manager, f.ID)
	f.must(err)
	if sh, err = f.svc.Sheet(f.ctx, manager, f.ID); err != nil || sh.Unsigned() != len(units)-1 {
		t.Fatalf("%d to sign of %d, %v", sh.Unsigned(), len(units), err)
	}
	for _, login := range []string{"manager", "auditor", "panel-1", "admin", "supervisor"} {
		if err := f.svc.Sign(f.ctx, f.Actor(login), f.ID, units[0], "excellent", ""); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s signed: %v", login, err)
		}
	}
	for _, u := range units {
		if u[:9] != units[0][:9] {
			if err := f.svc.Sign(f.ctx, f.leader(units[0]), f.ID, u, "competent", ""); !errs.Is(err, errs.Forbidden) {
				t.Errorf("the leader of another street signed: %v", err)
			}
			break
		}
	}
	sign := func(i int, g, why string) error { return f.svc.Sign(f.ctx, f.leader(units[i]), f.ID, units[i], g, why) }
	wantKey(t, sign(0, "basic", reason), "grade.choice")
	wantKey(t, sign(0, grades.None, "短"), "grade.reason")
	wantKey(t, sign(1, "excellent", ""), "grade.reason")
	wantKey(t, sign(2, "basic", reason), "grade.refused")
	f.must(sign(0, "excellent", ""))
	wantKey(t, sign(0, "excellent", ""), "grade.signed")
	f.must(sign(1, "competent", "＝HYPERLINK(\"http://x\")，集体讨论后决定。"))
	_, err = f.svc.Export(f.ctx, manager, f.ID)
	wantKey(t, err, "grade.unsigned")
	for i := 3; i < len(units); i++ {
		f.must(sign(i, "competent", ""))
	}
	b, err := f.svc.Export(f.ctx, manager, f.ID)
	if err != nil || strings.Count(string(b), "\n") != len(units)+1 || !strings.Contains(string(b), units[0]) {
		t.Errorf("export %s, %v", b, err)
	}
	if !strings.Contains(string(b), `"'＝HYPERLINK(`) {
		t.Errorf("a reason of the export would run as a formula: %s", b)
	}
	own := f.Actor("worker-lone")
	if sh, err = f.svc.Sheet(f.ctx, own, f.ID); err != nil {
		t.Fatal(err)
	}
	for _, p := range sh.Proposals {
		if p.Unit != own.Area || p.Signed == nil {
			t.Errorf("a worker sees %+v", p)
		}
	}
	// A newer result takes the ground from under what is not signed yet.
	f.publish(f.ID, f.Clock.T, func(int, string) (float64, float64, float64) { return 80, 1, 0.9 })
	wantKey(t, sign(0, "excellent", ""), "grade.stale")
}

// TestTwoExcellentRoundsProposeALevel: signed grades of two rounds lead to one
// step, which another signature makes a step on the ladder.
func TestTwoExcellentRoundsProposeALevel(t *testing.T) {
	t.Parallel()
	f := setup(t)
	second := scored.Add(f.World, "second", survey.Closed)
	manager, units := f.Actor("manager"), f.Committees()
	unit := units[0]
	var worker string
	for _, w := range f.Demo.Workers {
		if w.AreaCode == unit {
			worker = w.No
			break
		}
	}
	_, err := testkit.OwnerDB(t).Exec(f.ctx, `insert into worker (district, worker_no, name, post, area_code) values ($1,$2,'例','社区工作者',$3)`, demo.DistrictCode, worker, unit)
	f.must(err)
	wantKey(t, f.svc.SetStep(f.ctx, manager, worker, grade.Step{Post: 4, Level: 1}, reason), "ladder.step")
	f.must(f.svc.SetStep(f.ctx, manager, worker, grade.Step{Post: 2, Level: 7}, reason))
	leader := f.leader(unit)
	// The second round's fieldwork follows the first's.
	scored.After(second, 60)
	for i, round := range []string{f.ID, second.ID} {
		f.Clock.T = time.Date(2026, 8+2*time.Month(i), 2, 4, 0, 0, 0, time.UTC)
		f.publish(round, f.Clock.T, func(i int, _ string) (float64, float64, float64) { return 70 + 20*float64(1-min(i, 1)), 1, 0.9 })
		f.Clock.T = f.Clock.T.AddDate(0, 0, 30)
		_, err := f.svc.Propose(f.ctx, manager, round)
		f.must(err)
		f.must(f.svc.Sign(f.ctx, leader, round, unit, "excellent", ""))
	}
	sh, err := f.svc.Sheet(f.ctx, leader, second.ID)
	if err != nil || len(sh.Consequences) != 1 || sh.Consequences[0].Kind != "level" || sh.Consequences[0].ToLevel != 8 || sh.Consequences[0].WorkerNo != worker {
		t.Fatalf("%+v, %v", sh.Consequences, err)
	}
	if first, err := f.svc.Sheet(f.ctx, leader, f.ID); err != nil || len(first.Consequences) != 0 {
		t.Errorf("after one round already: %+v, %v", first.Consequences, err)
	}
	id := sh.Consequences[0].ID
	wantKey(t, f.svc.SignConsequence(f.ctx, leader, id, true, "好"), "grade.reason")
	if err := f.svc.SignConsequence(f.ctx, manager, id, true, reason); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a manager signed: %v", err)
	}
	f.must(f.svc.SignConsequence(f.ctx, leader, id, true, reason))
	wantKey(t, f.svc.SignConsequence(f.ctx, leader, id, false, reason), "grade.signed")
	steps, err := f.svc.Ladder(f.ctx, manager, unit)
	if err != nil || len(steps) != 1 || steps[0].Level != 8 || steps[0].Post != 2 {
		t.Errorf("%+v, %v", steps, err)
	}
	// Two surveys of the same weeks are one result: proposed and signed anew,
	// nothing follows.
	scored.After(second, -50)
	f.Clock.T = f.Clock.T.Add(time.Hour) // of two proposals of one instant neither is the later
	_, err = f.svc.Propose(f.ctx, manager, second.ID)
	f.must(err)
	f.must(f.svc.Sign(f.ctx, leader, second.ID, unit, "excellent", ""))
	if sh, err := f.svc.Sheet(f.ctx, leader, second.ID); err != nil || len(sh.Consequences) != 0 {
		t.Errorf("two rounds of the same weeks make a row: %+v, %v", sh.Consequences, err)
	}
}

// TestAnExcusedTrialBarsTheLowestGrade: two members excuse, a third is not asked.
func TestAnExcusedTrialBarsTheLowestGrade(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager, unit := f.Actor("manager"), f.Committees()[0]
	id, err := f.svc.FileTrial(f.ctx, manager, f.ID, unit, "试行楼组议事，报名人数不足，两个月后停办，已向居民说明。")
	f.must(err)
	if err := f.svc.VoteTrial(f.ctx, manager, id, true, reason); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a manager voted: %v", err)
	}
	for i, login := range []string{"panel-1", "panel-2", "panel-3"} {
		err := f.svc.VoteTrial(f.ctx, f.Actor(login), id, true, reason)
		if i < 2 {
			f.must(err)
			if i == 0 {
				wantKey(t, f.svc.VoteTrial(f.ctx, f.Actor(login), id, false, reason), "trial.voted")
			}
			continue
		}
		wantKey(t, err, "trial.decided")
	}
	f.Clock.T = time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC)
	f.publish(f.ID, f.Clock.T, func(int, string) (float64, float64, float64) { return 50, 2, 0.9 })
	f.Clock.T = f.Clock.T.AddDate(0, 0, 40)
	_, err = f.svc.Propose(f.ctx, manager, f.ID)
	f.must(err)
	wantKey(t, f.svc.Sign(f.ctx, f.leader(unit), f.ID, unit, "incompetent", ""), "grade.excused")
	f.must(f.svc.Sign(f.ctx, f.leader(unit), f.ID, unit, grades.None, reason))
}
