package panel_test

import (
	"context"
	"testing"
	"time"

	"gongping/internal/app/panel"
	"gongping/internal/app/score"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
)

func TestPanel(t *testing.T) {
	t.Parallel()
	r, ctx := scored.Load(t), context.Background()
	s := &panel.Service{Core: r.Core}
	me, other := r.Actor("panel-4"), r.Actor("panel-1")
	if rounds, err := s.Rounds(ctx, me); err != nil || len(rounds) != 1 {
		t.Fatalf("%d rounds, %v", len(rounds), err)
	}
	sheet, err := s.Sheet(ctx, me, r.ID)
	if err != nil || len(sheet.Committees) != len(r.Committees()) || len(sheet.Criteria) != 4 || sheet.Rated() != 0 {
		t.Fatalf("sheet %+v, %v", sheet, err)
	}
	c := sheet.Committees[0].Code
	rate := func(score float64) error {
		return s.Rate(ctx, me, r.ID, c, []panel.Mark{{Criterion: "care", Score: score, Reason: "议事记录补交"}})
	}
	for _, score := range []float64{7, 7, 8.5} { // the second changes nothing
		r.Clock.Advance(time.Minute)
		if err := rate(score); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := testkit.OwnerDB(t).QueryRow(ctx, `select count(*) from panel_rating where reviewer = $1`, me.AccountID).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d records, want 2 (%v)", n, err)
	}
	if sheet, err = s.Sheet(ctx, me, r.ID); err != nil || sheet.Ratings[c]["care"].Score != 8.5 {
		t.Errorf("own ratings %+v, %v", sheet.Ratings, err)
	}
	if sheet, err = s.Sheet(ctx, other, r.ID); err != nil || sheet.Ratings[c]["care"].Score == 8.5 {
		t.Errorf("a member sees another's rating: %+v, %v", sheet.Ratings[c], err)
	}
	if err := s.Rate(ctx, me, r.ID, c, []panel.Mark{{Criterion: "care", Score: 4}}); !errs.Is(err, errs.Invalid) {
		t.Errorf("changed without a reason: %v", err)
	}
	for _, bad := range []float64{-1, 10.5, 7.3} {
		if err := rate(bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := s.Rate(ctx, me, r.ID, c, []panel.Mark{{Criterion: "x", Score: 1}}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if err := s.Rate(ctx, me, r.ID, c[:9]+"999", []panel.Mark{{Criterion: "care", Score: 1}}); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	for _, login := range []string{"manager", "auditor", "leader-" + c[6:9]} {
		if _, err := s.Sheet(ctx, r.Actor(login), r.ID); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", login, err)
		}
	}
	scores := &score.Service{Core: r.Core}
	run, err := scores.Start(ctx, r.Actor("manager"), r.ID, "first")
	if err == nil {
		err = scores.Publish(ctx, r.Actor("manager"), run)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := rate(3); !errs.Is(err, errs.Conflict) {
		t.Errorf("rated after publication: %v", err)
	}
}
