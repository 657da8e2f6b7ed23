package draws_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"gongping/internal/app/draws"
	"gongping/internal/app/rounds"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg/rounddb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/world"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/draw"
	"gongping/survey/draw/verify"
)

type fixture struct {
	*world.World
	rounds *rounds.Service
	svc    *draws.Service
	ctx    context.Context
	round  string
}

// setup is a frozen round of the small world, stratified by sex and age.
func setup(t *testing.T) *fixture {
	t.Helper()
	return setupWith(t, survey.Plan{StrataBy: []string{"sex", "age_band"}, CollapseBelow: 8, Allocation: "proportional", Size: 20, ReserveRatio: 0.5})
}

// setupWith is setup under another plan.
func setupWith(t *testing.T, plan survey.Plan) *fixture {
	t.Helper()
	w := world.Load(t)
	f := &fixture{World: w, rounds: &rounds.Service{Core: w.Core}, svc: &draws.Service{Core: w.Core}, ctx: context.Background()}
	manager := f.Actor("manager")
	q, book := demo.DefaultQuestionnaire(), composite.Default()
	qid, _, err := f.rounds.SaveQuestionnaire(f.ctx, manager, "", &q)
	if err != nil {
		t.Fatal(err)
	}
	bid, _, err := f.rounds.SaveRuleBook(f.ctx, manager, "", &book)
	if err != nil {
		t.Fatal(err)
	}
	d := rounds.Draft{Title: "评议", AreaCode: demo.DistrictCode, FrameID: f.FrameID, QuestionnaireID: qid, QuestionnaireVersion: 1, RuleBookID: bid, RuleBookVersion: 1,
		Plan:    plan,
		OpensOn: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), ClosesOn: time.Date(2026, 12, 28, 0, 0, 0, 0, time.UTC)}
	for _, e := range f.Evaluators() {
		d.Evaluators = append(d.Evaluators, rounddb.Evaluator{AccountID: e.AccountID, Area: e.Area})
	}
	if f.round, err = f.rounds.Create(f.ctx, manager, d, ""); err != nil {
		t.Fatal(err)
	}
	if err = f.rounds.Freeze(f.ctx, manager, f.round); err != nil {
		t.Fatal(err)
	}
	return f
}

const seed = "31415926535461524336"

func (f *fixture) dice(name string) draws.Wish {
	return draws.Wish{Randomness: draw.Randomness{Kind: draw.Dice, Name: name, Due: f.Clock.Now().Add(time.Hour)}}
}

var evidence = "区政府一楼大厅公开掷骰，公证处在场"

func fixSeed() string {
	return strings.NewReplacer("0", "1", "7", "2", "8", "3", "9", "4").Replace(seed)
}

func wantKey(t *testing.T, err error, key string) {
	t.Helper()
	var e *errs.Error
	if !errors.As(err, &e) || e.Key != key {
		t.Errorf("got %v, want an error %s", err, key)
	}
}

func TestTheWholeDraw(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager, second := f.Actor("manager"), f.Actor("manager-2")
	if _, err := f.svc.Commit(f.ctx, f.Actor("auditor"), f.round, f.dice("骰子")); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an auditor committed: %v", err)
	}
	past := f.dice("骰子")
	past.Randomness.Due = f.Clock.Now().Add(-time.Minute)
	_, err := f.svc.Commit(f.ctx, manager, f.round, past)
	wantKey(t, err, "draw.randomness_past")
	c, err := f.svc.Commit(f.ctx, manager, f.round, f.dice("12月1日大厅掷骰"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.svc.Commit(f.ctx, second, f.round, f.dice("另一次掷骰"))
	wantKey(t, err, "draw.open_commitment")
	wantKey(t, f.rounds.Step(f.ctx, manager, f.round, survey.Cancelled, "换一批"), "round.commitment_open")

	_, err = f.svc.Reveal(f.ctx, second, c, fixSeed(), evidence)
	wantKey(t, err, "draw.reveal_early")
	f.Clock.Advance(2 * time.Hour)
	_, err = f.svc.Reveal(f.ctx, manager, c, fixSeed(), evidence)
	wantKey(t, err, "draw.second_person")
	_, err = f.svc.Reveal(f.ctx, second, c, "123", evidence)
	wantKey(t, err, "draw.seed_form")
	_, err = f.svc.Reveal(f.ctx, second, c, fixSeed(), " ")
	wantKey(t, err, "draw.evidence")
	id, err := f.svc.Reveal(f.ctx, second, c, fixSeed(), evidence)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.svc.Reveal(f.ctx, second, c, fixSeed(), evidence)
	wantKey(t, err, "draw.done")
	wantKey(t, f.svc.Discard(f.ctx, manager, c, "不喜欢"), "draw.done")

	pub, err := f.svc.Publication(f.ctx, demo.DistrictCode, id)
	if err != nil || pub.Draw == nil || pub.Draw.NSample != 20*len(f.Committees()) || pub.Round.State != survey.Drawn {
		t.Fatalf("publication: %+v, %v", pub.Draw, err)
	}
	rep, err := f.svc.Verify(f.ctx, f.Actor("auditor"), id)
	if err != nil || rep.Sample != pub.Draw.NSample || rep.Reserve != pub.Draw.NReserve {
		t.Fatalf("verify: %+v, %v", rep, err)
	}
	var cases, assigned int
	err = testkit.OwnerDB(t).QueryRow(f.ctx, `select (select count(*) from survey_case), (select count(*) from case_assignment)`).Scan(&cases, &assigned)
	if err != nil || cases != pub.Draw.NSample || assigned != cases {
		t.Errorf("%d cases, %d assigned, %v", cases, assigned, err)
	}
}

func TestTheBundleVerifiesAndOneBitDoesNot(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.drawn(t)
	var b, again bytes.Buffer
	if err := f.svc.WriteBundle(f.ctx, demo.DistrictCode, id, &b); err != nil {
		t.Fatal(err)
	}
	if err := f.svc.WriteBundle(f.ctx, demo.DistrictCode, id, &again); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Errorf("the bundle differs at the second time (%v)", err)
	}
	for range 2 { // made, then kept
		file, err := f.svc.BundleFile(f.ctx, demo.DistrictCode, id)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(file); err != nil || !bytes.Equal(text, b.Bytes()) {
			t.Errorf("the file differs: %d bytes, %v", len(text), err)
		}
	}
	_, units, _ := strings.Cut(b.String(), "cluster,household,size\n")
	for l := range strings.Lines(units) { // how many live together would tell who it is
		if cell := strings.Split(l, ","); len(cell) == 7 && (cell[4] != "" || cell[5] != "") {
			t.Fatalf("a draw of one stage publishes who lives together: %s", l)
		}
	}
	rep, err := verify.Bundle(bytes.NewReader(b.Bytes()), "")
	if err != nil || rep.Units != len(f.Demo.People) {
		t.Fatalf("%+v, %v", rep, err)
	}
	for _, at := range []int{40, b.Len() / 3, b.Len() / 2, b.Len() - 100} {
		broken := bytes.Clone(b.Bytes())
		broken[at] ^= 1
		if _, err := verify.Bundle(bytes.NewReader(broken), ""); err == nil {
			t.Errorf("a changed bit at %d of %d goes unseen", at, b.Len())
		}
	}
	for _, p := range f.Demo.People[:200] {
		if strings.Contains(b.String(), p.Name) || p.Phone != "" && strings.Contains(b.String(), p.Phone) {
			t.Fatalf("the bundle names %s", p.ID)
		}
	}
}

func (f *fixture) drawn(t *testing.T) string {
	t.Helper()
	c, err := f.svc.Commit(f.ctx, f.Actor("manager"), f.round, f.dice("掷骰一"))
	if err != nil {
		t.Fatal(err)
	}
	f.Clock.Advance(2 * time.Hour)
	id, err := f.svc.Reveal(f.ctx, f.Actor("auditor"), c, fixSeed(), evidence)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestDiscardedCommitmentsStayListed(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager := f.Actor("manager")
	c, err := f.svc.Commit(f.ctx, manager, f.round, f.dice("掷骰一"))
	if err != nil {
		t.Fatal(err)
	}
	wantKey(t, f.svc.Discard(f.ctx, manager, c, "  "), "draw.discard_reason")
	if err := f.svc.Discard(f.ctx, manager, c, "场地临时停用"); err != nil {
		t.Fatal(err)
	}
	f.Clock.Advance(2 * time.Hour)
	_, err = f.svc.Reveal(f.ctx, f.Actor("auditor"), c, fixSeed(), evidence)
	wantKey(t, err, "draw.discarded")
	_, err = f.svc.Commit(f.ctx, manager, f.round, f.dice(" 掷骰 一"))
	wantKey(t, err, "draw.randomness_used")
	if _, err := f.svc.Commit(f.ctx, manager, f.round, f.dice("掷骰二")); err != nil {
		t.Fatal(err)
	}
	list, total, err := f.svc.Ledger(f.ctx, demo.DistrictCode, 1, 10)
	if err != nil || total != 2 || list[1].DiscardReason != "场地临时停用" || list[0].Purpose == list[1].Purpose {
		t.Fatalf("%+v, %v", list, err)
	}
}

// TestNobodyDrawsUntilTheResultPleases plays a manager who works the sample out
// as soon as the dice lie, and gives it up; or who turns the clock back.
func TestNobodyDrawsUntilTheResultPleases(t *testing.T) {
	t.Parallel()
	f := setup(t)
	manager := f.Actor("manager")
	c, err := f.svc.Commit(f.ctx, manager, f.round, f.dice("掷骰一"))
	if err != nil {
		t.Fatal(err)
	}
	f.Clock.Advance(time.Hour)
	if err := f.svc.Discard(f.ctx, manager, c, "现场有争议"); !errs.Is(err, errs.Forbidden) {
		t.Errorf("whoever committed gave it up after the event: %v", err)
	}
	if err := f.svc.Discard(f.ctx, f.Actor("supervisor"), c, "现场有争议"); !errs.Is(err, errs.Forbidden) {
		t.Errorf("somebody without the right gave it up: %v", err)
	}
	if err := f.svc.Discard(f.ctx, f.Actor("auditor"), c, "公证员没有到场"); err != nil {
		t.Fatalf("an auditor may give it up: %v", err)
	}
	f.Clock.Advance(-time.Minute)
	_, err = f.svc.Commit(f.ctx, manager, f.round, f.dice("掷骰二"))
	wantKey(t, err, "draw.clock_back")
	f.Clock.Advance(time.Minute)
	if _, err = f.svc.Commit(f.ctx, manager, f.round, f.dice("掷骰二")); err != nil {
		t.Fatal(err)
	}
}

func TestTwoAtOnceDrawOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	both := func(act func(i int) error) (won int, lost []error) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		for i := range 4 {
			wg.Go(func() {
				err := act(i)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else {
					lost = append(lost, err)
				}
			})
		}
		wg.Wait()
		return won, lost
	}
	managers := []string{"manager", "manager-2", "manager", "manager-2"}
	won, lost := both(func(i int) error {
		_, err := f.svc.Commit(f.ctx, f.Actor(managers[i]), f.round, f.dice("掷骰"+string(rune('a'+i))))
		return err
	})
	if won != 1 {
		t.Fatalf("%d committed: %v", won, lost)
	}
	o, err := f.svc.Of(f.ctx, f.Actor("auditor"), f.round)
	if err != nil || len(o.Commitments) != 1 {
		t.Fatalf("%+v, %v", o, err)
	}
	f.Clock.Advance(2 * time.Hour)
	won, lost = both(func(int) error {
		_, err := f.svc.Reveal(f.ctx, f.Actor("auditor"), o.Commitments[0].ID, fixSeed(), evidence)
		return err
	})
	if won != 1 {
		t.Fatalf("%d drew: %v", won, lost)
	}
	for _, err := range lost {
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("the loser is told: %v", err)
		}
	}
	var n, people int
	err = testkit.OwnerDB(t).QueryRow(f.ctx, `select (select count(*) from draw), (select count(*) from survey_case)`).Scan(&n, &people)
	if err != nil || n != 1 || people != 20*len(f.Committees()) {
		t.Errorf("%d draws, %d cases, %v", n, people, err)
	}
}

func TestDrawsCannotBeChanged(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.drawn(t)
	for _, table := range []string{"draw_commitment", "draw", "draw_selection", "draw_discard", "survey_case", "case_assignment", "frame_person", "frame_freeze"} {
		for _, sql := range []string{"update " + table + " set district = district", "delete from " + table, "truncate " + table + " cascade"} {
			if _, err := f.Pool.Exec(f.ctx, sql); err == nil {
				t.Errorf("the service could: %s", sql)
			}
			if _, err := testkit.OwnerDB(t).Exec(f.ctx, sql); err == nil {
				t.Errorf("the owner could: %s", sql)
			}
		}
	}
}

func TestAFrameThatChangedIsNotDrawn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c, err := f.svc.Commit(f.ctx, f.Actor("manager"), f.round, f.dice("掷骰一"))
	if err != nil {
		t.Fatal(err)
	}
	// Somebody with the rights of the database's owner takes the locks off.
	owner := testkit.OwnerDB(t)
	for _, sql := range []string{`alter table frame_person disable trigger append_only`,
		`update frame_person set sex = case sex when 'f' then 'm' else 'f' end where person_id = (select min(person_id) from frame_person)`} {
		if _, err := owner.Exec(f.ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	f.Clock.Advance(2 * time.Hour)
	_, err = f.svc.Reveal(f.ctx, f.Actor("auditor"), c, fixSeed(), evidence)
	if !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Invalid) {
		t.Fatalf("drawn from a changed frame: %v", err)
	}
}

func TestOthersAreKeptOut(t *testing.T) {
	t.Parallel()
	f := setup(t)
	c, err := f.svc.Commit(f.ctx, f.Actor("manager"), f.round, f.dice("掷骰一"))
	if err != nil {
		t.Fatal(err)
	}
	f.Clock.Advance(2 * time.Hour)
	for _, login := range []string{"admin", "supervisor", "panel-1", "worker-lone"} {
		if _, err := f.svc.Reveal(f.ctx, f.Actor(login), c, fixSeed(), evidence); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s revealed: %v", login, err)
		}
		if err := f.svc.Discard(f.ctx, f.Actor(login), c, "x"); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s discarded: %v", login, err)
		}
	}
	stranger := f.Actor("manager-2")
	stranger.District, stranger.Area = "310105", "310105"
	if _, err := f.svc.Reveal(f.ctx, stranger, c, fixSeed(), evidence); !errs.Is(err, errs.NotFound) {
		t.Errorf("another district revealed: %v", err)
	}
	street := f.Actor("manager-2")
	street.Area = f.Committees()[0][:9]
	if _, err := f.svc.Reveal(f.ctx, street, c, fixSeed(), evidence); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a street's manager revealed the district's draw: %v", err)
	}
}
