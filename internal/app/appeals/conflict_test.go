package appeals_test

import (
	"slices"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/words"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/worddb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/spoken"
	"gongping/scoring/appeal"
	"gongping/scoring/qualitative"
)

// TestEveryExclusionBarsFromThePanel gives a panel account, one after the other,
// each part in the result that bars it, and looks for the ground under which it
// is kept out; without any it may sit. The same answer's coders are found on
// either side of the review.
func TestEveryExclusionBarsFromThePanel(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "interview_fault")
	seated := b.accept(t, id)
	a, err := appealdb.Get(b.ctx, b.Pool, b.worker.District, id)
	if err != nil {
		t.Fatal(err)
	}
	items, err := appealdb.Items(b.ctx, b.Pool, b.worker.District, id)
	if err != nil || len(items) < 2 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	side := map[appeal.Side]string{}
	for _, it := range items {
		side[it.Side] = it.ID
	}
	p := b.Actor("panel-6").AccountID
	if found := why(t, b, a, p); len(found) > 0 {
		t.Fatalf("panel-6 is kept out for %v before it had any part", found)
	}
	db := testkit.OwnerDB(t)
	d, day := demo.DistrictCode, b.Clock.Now()
	comment := func(response string) string {
		c := app.NewID()
		exec(t, `insert into response_comment (district, response_id, item, sealed) values ($1,$2,'comment','x') on conflict do nothing`, d, response)
		exec(t, `insert into comment (district, id, lead_id, round_id, response_id, item, area_code, month, body, folded, terms, text_key, taken_at) values ($1,$2,$2,$3,$4,'comment',$5,$7,'x','x','{}','x',$6)`, d, c, a.RoundID, response, a.Unit, day, day.Format(time.DateOnly))
		return c
	}
	book := app.NewID()
	exec(t, `insert into codebook (district, id, version, body, digest, created_at) values ($1,$2,1,'{}','x',$3)`, d, book, day)
	coding := func(lead, by string) {
		exec(t, `insert into comment_coding (district, id, lead_id, slot, coder_id, codebook_id, codebook_version, codes, proposed, at) values ($1,$2,$3,1,$4,$5,1,'[]',false,$6)`, d, app.NewID(), lead, by, book, day)
	}
	steps := []struct {
		why string
		do  func()
	}{
		{"coder", func() { coding(comment(side[appeal.High]), p) }}, // the pair of the answer that the appeal is about
		{"reviewer", func() {
			exec(t, `insert into panel_rating (district, id, round_id, committee, criterion, reviewer, score, at) values ($1,$2,$3,$4,'overall',$5,7,$6)`, d, app.NewID(), a.RoundID, a.Unit, p, day)
		}},
		{"declared", func() {
			exec(t, `insert into panel_conflict (district, id, round_id, reviewer, area, kind, reason, by_id, at) values ($1,$2,$3,$4,$5,'declared','亲属在该居委会',$4,$6)`, d, app.NewID(), a.RoundID, p, a.Unit, day)
		}},
		{"evaluator", func() {
			var c string
			if err := db.QueryRow(b.ctx, `select id::text from survey_case where round_id = $1 and committee = $2 limit 1`, a.RoundID, a.Unit).Scan(&c); err != nil {
				t.Fatal(err)
			}
			exec(t, `insert into contact_attempt (district, id, case_id, evaluator_id, mode, disposition, at, received_at) values ($1,$2,$3,$4,'door','2.20',$5,$5)`, d, app.NewID(), c, p, day)
		}},
		{"quality", func() {
			scan, f := app.NewID(), app.NewID()
			exec(t, `insert into quality_scan (district, id, round_id, rules, summaries, n_responses, seed, code_version, at) values ($1,$2,$3,'{}','{}',1,'x','test',$4)`, d, scan, a.RoundID, day)
			exec(t, `insert into quality_finding (district, id, round_id, scan_id, detector, kind, unit, side, role) values ($1,$2,$3,$4,'speed','interviewer','u','low','finding')`, d, f, a.RoundID, scan)
			exec(t, `insert into quality_finding_response (district, finding_id, response_id) values ($1,$2,$3)`, d, f, side[appeal.Low])
			exec(t, `insert into quality_decision (district, finding_id, seq, decision, reason, by_id, at) values ($1,$2,1,'cleared','x',$3,$4)`, d, f, p, day)
		}},
		{"unit", func() { exec(t, `update account set area_code = $2 where id = $1`, p, a.Unit) }},
		{"run", func() {
			exec(t, `insert into run_event (district, run_id, seq, state, by_id, at) values ($1,$2,99,'published',$3,$4)`, d, a.RunID, p, day)
		}},
	}
	var all []string
	for _, s := range steps {
		s.do()
		all = append(all, s.why)
		found := why(t, b, a, p)
		for _, w := range all {
			if !slices.Contains(found, w) {
				t.Errorf("after %s the account is kept out for %v", s.why, found)
			}
		}
	}
	// Whoever asked that an attribution be changed and whoever ruled on it, and who
	// asked residents again: each by an account of its own that had no other part.
	var lone []string
	for _, login := range []string{"rules-a", "rules-b", "checks-c"} {
		lone = append(lone, app.NewID())
		exec(t, `insert into account (district, id, login, password_hash, display_name, role, area_code, created_at) values ($1,$2,$3,'x',$3,'panel',$1,$4)`, d, lone[len(lone)-1], login, day)
		if found := why(t, b, a, lone[len(lone)-1]); len(found) > 0 {
			t.Fatalf("%s is kept out for %v before it had any part", login, found)
		}
	}
	b.rule(t, b.attribute(t, a, side[appeal.Low], day), lone[0], lone[1], day)
	var checked string
	if err := db.QueryRow(b.ctx, `select id::text from survey_case where round_id = $1 and committee = $2 order by id limit 1`, a.RoundID, a.Unit).Scan(&checked); err != nil {
		t.Fatal(err)
	}
	again := app.NewID()
	exec(t, `insert into backcheck (district, id, round_id, case_id, why, ticket, drawn_at) values ($1,$2,$3,$4,'random','x',$5)`, d, again, a.RoundID, checked, day)
	exec(t, `insert into backcheck_assignment (district, backcheck_id, seq, evaluator_id, at) values ($1,$2,1,$3,$4)`, d, again, lone[2], day)
	for i, w := range []string{"coder", "coder", "evaluator"} {
		if found := why(t, b, a, lone[i]); !slices.Equal(found, []string{w}) {
			t.Errorf("account %d is kept out for %v, want %s", i, found, w)
		}
	}
	exec(t, `insert into panel_conflict (district, id, round_id, reviewer, area, kind, reason, by_id, at) values ($1,$2,$3,$4,$5,'lifted','查实无关',$4,$6)`, d, app.NewID(), a.RoundID, p, a.Unit, day.Add(time.Second))
	if found := why(t, b, a, p); slices.Contains(found, "declared") {
		t.Errorf("a conflict that was lifted still bars: %v", found)
	}
	if found := why(t, b, a, b.worker.AccountID); !slices.Contains(found, "appellant") || !slices.Contains(found, "unit") {
		t.Errorf("the appellant is kept out for %v", found)
	}
	a.FirstID = id // as a second instance against it
	if found := why(t, b, a, seated[0].AccountID); !slices.Contains(found, "first_panel") {
		t.Errorf("who decided first is kept out for %v", found)
	}
}

// attribute credits an answer away as two coders would have, and returns the
// attribution's id.
func (b *bench) attribute(t *testing.T, a appealdb.Appeal, response string, at time.Time) string {
	t.Helper()
	id, c := app.NewID(), app.NewID()
	exec(t, `insert into response_comment (district, response_id, item, sealed) values ($1,$2,'comment','x') on conflict do nothing`, demo.DistrictCode, response)
	exec(t, `insert into comment (district, id, lead_id, round_id, response_id, item, area_code, month, body, folded, terms, text_key, taken_at) values ($1,$2,$2,$3,$4,'comment',$5,$7,'x','x','{}','x',$6)
		on conflict do nothing`, demo.DistrictCode, c, a.RoundID, response, a.Unit, at, at.Format(time.DateOnly))
	exec(t, `insert into answer_attribution (district, id, round_id, response_id, comment_id, sign, items, causes, at)
		select $1,$2,$3,$4,(select k.id from comment k where k.response_id = $4 limit 1),'low','{}','[{"topic":"property.lift","matter":"property"}]',$5`, demo.DistrictCode, id, a.RoundID, response, at)
	return id
}

// rule takes an attribution back: one person asks, another agrees.
func (b *bench) rule(t *testing.T, attribution, asks, rules string, at time.Time) {
	t.Helper()
	id := app.NewID()
	exec(t, `insert into attribution_change (district, id, round_id, attribution_id, kind, reason, by_id, at) select $1,$2,round_id,id,'withdraw','查实不是物业的事',$4,$5 from answer_attribution where id = $3`,
		demo.DistrictCode, id, attribution, asks, at)
	exec(t, `insert into attribution_ruling (district, change_id, agreed, reason, by_id, at) values ($1,$2,true,'同意',$3,$4)`, demo.DistrictCode, id, rules, at)
}

// TestASingleMovedAttributionHoldsTheRunBack: a run in which one attribution of a
// unit was made, or taken back, since the published run is held back like one
// with a single answer set aside: the difference would be that answer. Two of a
// unit may be published.
func TestASingleMovedAttributionHoldsTheRunBack(t *testing.T) {
	t.Parallel()
	b := begin(t)
	a := appealdb.Appeal{RoundID: b.ID, Unit: b.worker.Area}
	var two []string
	for _, id := range caseOf(t, `select c.response_id::text from run_answer c where c.run_id = $1 and c.unit = $2`, b.run, a.Unit) {
		if len(two) < 2 {
			two = append(two, id)
		}
	}
	next := func() error {
		t.Helper()
		b.Clock.Advance(time.Hour)
		run, err := b.svc.Score.Start(b.ctx, b.manager, b.ID, "归因之后")
		if err != nil {
			t.Fatal(err)
		}
		b.Clock.Advance(time.Hour)
		return b.svc.Publish(b.ctx, b.manager, run)
	}
	b.Clock.Advance(time.Hour)
	first := b.attribute(t, a, two[0], b.Clock.Now())
	want(t, next(), errs.Conflict, "appeal.release_single")
	b.attribute(t, a, two[1], b.Clock.Now())
	if err := next(); err != nil {
		t.Fatalf("two attributions of the unit: %v", err)
	}
	b.Clock.Advance(time.Hour)
	b.rule(t, first, b.manager.AccountID, b.auditor.AccountID, b.Clock.Now())
	want(t, next(), errs.Conflict, "appeal.release_single")
}

func why(t *testing.T, b *bench, a appealdb.Appeal, account string) (out []string) {
	t.Helper()
	list, err := appealdb.FindConflicts(b.ctx, b.Pool, b.worker.District, a)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Account == account {
			out = append(out, c.Why)
		}
	}
	return out
}

func exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := testkit.OwnerDB(t).Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%.70s: %v", sql, err)
	}
}

// TestWhoSitsDoesNotCodeTheSameAnswer: a member of the panel is shown no text
// whose answer is under review, and cannot code it by its id; nobody tells why.
func TestWhoSitsDoesNotCodeTheSameAnswer(t *testing.T) {
	t.Parallel()
	b := begin(t)
	id := b.file(t, "misunderstanding")
	seat := b.accept(t, id)[0]
	items, err := appealdb.Items(b.ctx, b.Pool, b.worker.District, id)
	if err != nil || len(items) == 0 {
		t.Fatal(err)
	}
	under := items[0].ID
	at := slices.Index(b.Responses, under)
	said := make([]string, at+1)
	for i := range said {
		said[i] = "电梯停运没人修理，请尽快处理，第" + string(rune('一'+i%3000)) + "次反映"
	}
	spoken.Add(t, b.Round, said...)
	w := words.New(b.Core)
	book := qualitative.Standard()
	if _, err := w.SaveCodebook(b.ctx, b.manager, &book); err != nil {
		t.Fatal(err)
	}
	if _, err := w.TakeIn(b.ctx, b.manager, b.ID); err != nil {
		t.Fatal(err)
	}
	var lead string
	if err := testkit.OwnerDB(t).QueryRow(b.ctx, `select lead_id::text from comment where response_id = $1`, under).Scan(&lead); err != nil {
		t.Fatal(err)
	}
	sees := func(who authz.Actor) bool {
		list, err := w.Waiting(b.ctx, who, words.Scope{Round: b.ID}, 5000)
		if err != nil || len(list) == 0 {
			t.Fatalf("%d texts, %v", len(list), err)
		}
		return slices.ContainsFunc(list, func(x worddb.Text) bool { return x.ID == lead })
	}
	other := b.Actor("supervisor")
	if sees(seat) || !sees(other) {
		t.Errorf("in the queue of the member: %v, of another coder: %v", sees(seat), sees(other))
	}
	codes := []qualitative.Code{{Topic: "property.lift", Polarity: -1, Matter: qualitative.Property}}
	_, err = w.Code(b.ctx, seat, lead, codes)
	want(t, err, errs.NotFound, "comment.not_found")
	if _, err := w.Code(b.ctx, other, lead, codes); err != nil {
		t.Error(err)
	}
}
