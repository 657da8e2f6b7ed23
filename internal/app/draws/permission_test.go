package draws_test

import (
	"io"
	"testing"
	"time"

	"gongping/internal/app/draws"
	"gongping/internal/demo"
	"gongping/internal/errs"
)

// TestWhoMayDraw walks over the roles: only a manager of the area commits and
// tops up, a second person reveals, everybody signed in and the auditor above
// all reads everything.
func TestWhoMayDraw(t *testing.T) {
	t.Parallel()
	f := setup(t)
	street := f.Actor("manager-2")
	street.Area = f.Committees()[0][:9]
	foreign := f.Actor("manager-2")
	foreign.District, foreign.Area = "310105", "310105"
	others := map[string]error{}
	for _, login := range []string{"admin", "supervisor", "auditor", "panel-1", "worker-lone"} {
		_, others[login] = f.svc.Commit(f.ctx, f.Actor(login), f.round, f.dice("掷骰"))
	}
	_, others["an evaluator"] = f.svc.Commit(f.ctx, f.Evaluators()[0], f.round, f.dice("掷骰"))
	_, others["the manager of a street"] = f.svc.Commit(f.ctx, street, f.round, f.dice("掷骰"))
	for who, err := range others {
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s committed: %v", who, err)
		}
	}
	if _, err := f.svc.Commit(f.ctx, foreign, f.round, f.dice("掷骰")); !errs.Is(err, errs.NotFound) {
		t.Errorf("another district committed: %v", err)
	}
	id := f.drawn(t)
	auditor := f.Actor("auditor")
	o, err := f.svc.Of(f.ctx, auditor, f.round)
	if err != nil || len(o.Commitments) != 1 || len(o.Draws) != 1 {
		t.Errorf("the auditor sees %+v, %v", o, err)
	}
	if err := f.svc.WriteBundle(f.ctx, demo.DistrictCode, id, io.Discard); err != nil {
		t.Error(err)
	}
	if err := f.svc.Again(f.ctx, auditor, id); err != nil {
		t.Error(err)
	}
	top := draws.TopUp{Wish: f.dice("再掷"), Sizes: map[string]int{f.Committees()[0]: 2}}
	if _, err := f.svc.CommitTopUp(f.ctx, street, f.round, top); !errs.Is(err, errs.Forbidden) {
		t.Errorf("the manager of a street topped the district up: %v", err)
	}
	if _, err := f.svc.CommitTopUp(f.ctx, foreign, f.round, top); !errs.Is(err, errs.NotFound) {
		t.Errorf("another district topped up: %v", err)
	}
	c, err := f.svc.CommitTopUp(f.ctx, f.Actor("manager"), f.round, top)
	if err != nil {
		t.Fatal(err)
	}
	f.Clock.Advance(2 * time.Hour)
	for _, login := range []string{"admin", "supervisor", "panel-1", "worker-lone"} {
		if _, err := f.svc.Reveal(f.ctx, f.Actor(login), c, secondSeed, evidence); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s revealed: %v", login, err)
		}
	}
	if _, err := f.svc.Reveal(f.ctx, street, c, secondSeed, evidence); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a street revealed: %v", err)
	}
}
