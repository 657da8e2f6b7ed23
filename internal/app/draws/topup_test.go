package draws_test

import (
	"bytes"
	"testing"
	"time"

	"gongping/internal/app/draws"
	"gongping/internal/audit"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg/auditdb"
	"gongping/internal/testkit"
	"gongping/survey"
	"gongping/survey/draw/verify"
)

func (f *fixture) topUp(name string, sizes map[string]int) draws.TopUp {
	return draws.TopUp{Wish: f.dice(name), Sizes: sizes}
}

const secondSeed = "65432165432112345665"

func TestATopUpIsADrawOfItsOwn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager, auditor := f.Actor("manager"), f.Actor("auditor")
	committee := f.Committees()[0]
	_, err := f.svc.CommitTopUp(f.ctx, manager, f.round, f.topUp("掷骰零", map[string]int{committee: 7}))
	wantKey(t, err, "draw.topup_state")
	first := f.drawn(t)
	for _, login := range []string{"auditor", "supervisor", "admin", "panel-1", "worker-lone"} {
		if _, err := f.svc.CommitTopUp(f.ctx, f.Actor(login), f.round, f.topUp("掷骰二", map[string]int{committee: 7})); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s committed a top-up: %v", login, err)
		}
	}
	_, err = f.svc.CommitTopUp(f.ctx, manager, f.round, f.topUp("掷骰一", map[string]int{committee: 7}))
	wantKey(t, err, "draw.randomness_used")
	_, err = f.svc.CommitTopUp(f.ctx, manager, f.round, f.topUp("掷骰二", map[string]int{committee: 1 << 20}))
	wantKey(t, err, "draw.topup_size")
	_, err = f.svc.CommitTopUp(f.ctx, manager, f.round, f.topUp("掷骰二", nil))
	wantKey(t, err, "draw.topup_size")
	c, err := f.svc.CommitTopUp(f.ctx, manager, f.round, f.topUp("掷骰二", map[string]int{committee: 7}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.svc.CommitTopUp(f.ctx, f.Actor("manager-2"), f.round, f.topUp("掷骰三", map[string]int{committee: 7}))
	wantKey(t, err, "draw.open_commitment")
	_, err = f.svc.Reveal(f.ctx, auditor, c, secondSeed, evidence)
	wantKey(t, err, "draw.reveal_early")
	f.Clock.Advance(2 * time.Hour)
	_, err = f.svc.Reveal(f.ctx, manager, c, secondSeed, evidence)
	wantKey(t, err, "draw.second_person")
	_, err = f.svc.Reveal(f.ctx, auditor, c, fixSeed(), evidence)
	wantKey(t, err, "draw.seed_used")
	second, err := f.svc.Reveal(f.ctx, auditor, c, secondSeed, evidence)
	if err != nil {
		t.Fatal(err)
	}
	var cases, assigned, both, weights int
	err = testkit.OwnerDB(t).QueryRow(f.ctx, `select
			(select count(*) from survey_case where draw_id = $2),
			(select count(*) from survey_case c join case_assignment a on a.case_id = c.id where c.draw_id = $2),
			(select count(*) from draw_selection a join draw_selection b using (person_id) where a.draw_id = $1 and b.draw_id = $2),
			(select count(*) from survey_case c join round_stratum s on s.round_id = c.round_id and s.stratum = c.stratum
				where c.draw_id = $2 and abs(c.design_weight * (select count(*) from draw_selection x where x.stratum = c.stratum and not x.reserve) - s.population) > 1e-6)`,
		first, second).Scan(&cases, &assigned, &both, &weights)
	if err != nil || cases != 7 || assigned != 7 || both != 0 || weights != 0 {
		t.Fatalf("%d cases, %d assigned, %d drawn twice, %d weights differ, %v", cases, assigned, both, weights, err)
	}
	var b bytes.Buffer
	if err := f.svc.WriteBundle(f.ctx, demo.DistrictCode, second, &b); err != nil {
		t.Fatal(err)
	}
	rep, err := verify.Bundle(bytes.NewReader(b.Bytes()), "")
	if err != nil || rep.Sample != 7 {
		t.Fatalf("%+v, %v", rep, err)
	}
	if _, err := f.svc.Verify(f.ctx, auditor, second); err != nil {
		t.Error(err)
	}
	list, total, err := f.svc.Ledger(f.ctx, demo.DistrictCode, 1, 10)
	if err != nil || total != 2 || !list[0].TopUp || list[1].TopUp || list[0].Purpose == list[1].Purpose {
		t.Errorf("the ledger says %+v, %v", list, err)
	}
	if r, err := f.rounds.Get(f.ctx, manager, f.round); err != nil || r.State != survey.Drawn {
		t.Errorf("the round is %s, %v", r.State, err)
	}
	var chain audit.Verifier
	if err := auditdb.Walk(f.ctx, testkit.OwnerDB(t), demo.DistrictCode, chain.Next); err != nil {
		t.Errorf("the log: %v", err)
	}
}

// TestTopUpsFollowEachOther: a second top-up leaves out the first, a discarded
// one stays listed.
func TestTopUpsFollowEachOther(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.drawn(t)
	manager, auditor := f.Actor("manager"), f.Actor("auditor")
	sizes := map[string]int{f.Committees()[1]: 5}
	c, err := f.svc.CommitTopUp(f.ctx, manager, f.round, f.topUp("掷骰二", sizes))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.svc.Discard(f.ctx, manager, c, "样本量写错了"); err != nil {
		t.Fatal(err)
	}
	f.Clock.Advance(time.Minute) // the list is by time
	for i, seed := range []string{secondSeed, "11112222333344445555"} {
		c, err := f.svc.CommitTopUp(f.ctx, manager, f.round, f.topUp("掷骰"+string(rune('三'+i)), sizes))
		if err != nil {
			t.Fatal(err)
		}
		f.Clock.Advance(2 * time.Hour)
		if _, err := f.svc.Reveal(f.ctx, auditor, c, seed, evidence); err != nil {
			t.Fatal(err)
		}
	}
	var people, distinct int
	err = testkit.OwnerDB(t).QueryRow(f.ctx, `select count(*), count(distinct person_id) from draw_selection`).Scan(&people, &distinct)
	if err != nil || people != distinct {
		t.Errorf("%d selections of %d people, %v", people, distinct, err)
	}
	list, total, err := f.svc.Ledger(f.ctx, demo.DistrictCode, 1, 10)
	if err != nil || total != 4 || list[2].DiscardReason == "" {
		t.Errorf("%+v, %v", list, err)
	}
	if err := f.rounds.Step(f.ctx, manager, f.round, survey.Cancelled, "测试"); err != nil {
		t.Fatal(err)
	}
	_, err = f.svc.CommitTopUp(f.ctx, manager, f.round, f.topUp("掷骰九", sizes))
	wantKey(t, err, "draw.topup_state")
}
