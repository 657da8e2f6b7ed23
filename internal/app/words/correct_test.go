package words_test

import (
	"context"
	"slices"
	"testing"

	"gongping/internal/app/departments"
	"gongping/internal/app/score"
	"gongping/internal/app/words"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/spoken"
	"gongping/scoring/qualitative"
)

// TestAnAttributionIsCorrectedByTwo: what two coders attributed is withdrawn or
// corrected only by a request of one person and the agreement of another, who
// did not code the text. The old record stays, a new run follows, and the
// department's card and the run's input follow what is in force.
func TestAnAttributionIsCorrectedByTwo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := scored.Load(t)
	s, w := &score.Service{Core: r.Core}, words.New(r.Core)
	w.OnCorrected = s.StartFollowing
	cards := &departments.Service{Core: r.Core}
	manager, auditor, supervisor := r.Actor("manager"), r.Actor("auditor"), r.Actor("supervisor")
	said := make([]string, 12)
	for i := range said {
		said[i] = "路灯坏了没人修，晚上出门不方便，第" + string(rune('一'+i)) + "次反映了"
	}
	spoken.Add(t, r, said...)
	topic := ""
	spoken.Code(t, r, w, func(b *qualitative.Codebook) qualitative.Code {
		topic = b.Topics[len(b.Topics)-1].ID
		return qualitative.Code{Topic: topic, Polarity: -1, Matter: qualitative.Department, Department: "urban"}
	})
	if _, err := s.Start(ctx, manager, r.ID, "first"); err != nil {
		t.Fatal(err)
	}
	urban := func() (low, all int) {
		t.Helper()
		c, err := cards.Card(ctx, r.Actor("dept-urban"), "urban", "zh")
		if err != nil || len(c.Periods) == 0 {
			t.Fatalf("%+v %v", c, err)
		}
		return c.Periods[0].Low, c.Periods[0].All
	}
	if low, all := urban(); low != 12 || all != 12 {
		t.Fatalf("the card counts %d and %d", low, all)
	}
	list, err := w.Attributions(ctx, auditor, r.ID, 1)
	if err != nil || list.Total != 12 || len(list.List) != 12 {
		t.Fatalf("%d attributions, %v", list.Total, err)
	}
	first, second, third := list.List[0].ID, list.List[1].ID, list.List[2].ID
	ask := func(login, id, kind, reason string, codes ...qualitative.Code) (string, error) {
		return w.AskChange(ctx, r.Actor(login), id, kind, codes, reason)
	}
	for _, login := range []string{"manager", "worker-coached", "leader-" + r.Actor("worker-coached").Area[6:9], "dept-urban"} {
		if _, err := ask(login, first, words.Withdraw, "路灯属居委会自管"); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s asked: %v", login, err)
		}
	}
	own := qualitative.Code{Topic: topic, Matter: qualitative.Committee}
	for _, bad := range []func() (string, error){
		func() (string, error) { return ask("auditor", first, words.Withdraw, " ") },
		func() (string, error) { return ask("auditor", first, "delete", "路灯属居委会自管") },
		func() (string, error) { return ask("auditor", first, words.Correct, "路灯属居委会自管", own) },
		func() (string, error) { return ask("auditor", first, words.Correct, "路灯属居委会自管") },
	} {
		if _, err := bad(); !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	}
	change, err := ask("auditor", first, words.Withdraw, "路灯属居委会自管，不是城管")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ask("supervisor", first, words.Withdraw, "再申请一次"); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	// Coders of the text and the asker do not rule; nor does who may not see it.
	for _, login := range []string{"panel-5", "panel-6", "manager", "auditor"} {
		if err := w.Rule(ctx, r.Actor(login), change, true, "同意撤回"); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s ruled: %v", login, err)
		}
	}
	if low, _ := urban(); low != 12 {
		t.Error("a request counts before it was agreed to")
	}
	if err := w.Rule(ctx, supervisor, change, true, "查实，同意撤回"); err != nil {
		t.Fatal(err)
	}
	if err := w.Rule(ctx, r.Actor("panel-1"), change, false, "不同意撤回"); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	if low, all := urban(); low != 11 || all != 11 {
		t.Errorf("after the withdrawal the card counts %d and %d", low, all)
	}
	// A correction to somebody else, and a request that is refused.
	change, err = ask("supervisor", second, words.Correct, "实为物业维护的路灯", qualitative.Code{Topic: topic, Matter: qualitative.Property})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Rule(ctx, r.Actor("panel-1"), change, true, "查实，属物业"); err != nil {
		t.Fatal(err)
	}
	if change, err = ask("panel-1", third, words.Withdraw, "我认为属居委会"); err != nil {
		t.Fatal(err)
	}
	if err := w.Rule(ctx, supervisor, change, false, "证据不足"); err != nil {
		t.Fatal(err)
	}
	if low, _ := urban(); low != 10 {
		t.Errorf("after the correction the card counts %d", low)
	}
	one, err := w.Attribution(ctx, auditor, second)
	if err != nil || len(one.Changes) != 1 || one.Causes[0].Matter != qualitative.Property || one.MayRule || !one.MayAsk {
		t.Errorf("%+v %v", one, err)
	}
	// Every agreed ruling was followed by a run, the refused one by none; what
	// the runs took is what was in force.
	runs, err := s.Runs(ctx, manager, r.ID)
	if err != nil || len(runs) != 3 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	in, err := words.New(r.Core).RunInput(ctx, manager.District, r.ID)
	if err != nil || len(in.Attributions) != 11 {
		t.Fatalf("%d attributions in force, %v", len(in.Attributions), err)
	}
	property := 0
	for _, a := range in.Attributions {
		if slices.Equal(a.Matters, []string{"property"}) {
			property++
		}
	}
	if property != 1 {
		t.Errorf("%d answers are the property manager's", property)
	}
	for _, x := range runs {
		if again, err := s.Rebuild(ctx, auditor, x.ID); err != nil || !again.Same {
			t.Errorf("run %d rebuilt %+v, %v", x.Number, again, err)
		}
	}
	for _, table := range []string{"answer_attribution", "attribution_change", "attribution_ruling"} {
		if _, err := testkit.OwnerDB(t).Exec(ctx, `delete from `+table); err == nil {
			t.Errorf("%s was emptied", table)
		}
	}
}
