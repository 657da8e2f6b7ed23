package score_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"gongping/internal/app/records"
	"gongping/internal/app/score"
	"gongping/internal/app/words"
	"gongping/internal/authz"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/spoken"
	"gongping/scoring"
	"gongping/scoring/qualitative"
)

// subtraction plays a round with several published runs, whose reader subtracts one
// from another.
type subtraction struct {
	*scored.Round
	t      *testing.T
	score  *score.Service
	beside *records.Service
}

func (s *subtraction) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := testkit.OwnerDB(s.t).Exec(s.t.Context(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *subtraction) run(reason string) string {
	s.t.Helper()
	id := start(s.t, s.score, s.Actor("manager"), s.ID, reason)
	if err := s.score.Publish(s.t.Context(), s.Actor("manager"), id); err != nil {
		s.t.Fatal(err)
	}
	return id
}

// aside sets the first n counted answers of a committee aside.
func (s *subtraction) aside(unit string, n int) {
	s.t.Helper()
	s.exec(`insert into response_exclusion (district, id, round_id, response_id, ground, reason, at)
		select district, gen_random_uuid(), round_id, id, 'interview_fault', '当天的访问没有逐题进行', now() from response p
		where committee = $1 and not exists (select from response_exclusion x where x.response_id = p.id) order by id limit $2`, unit, n)
}

// anew adds n answers to a committee, as residents who are asked anew give them.
func (s *subtraction) anew(unit string, n int) {
	s.t.Helper()
	s.exec(`with x as (select * from response where committee = $1 order by id desc limit $2)
		insert into response select (jsonb_populate_record(null::response, to_jsonb(x) || jsonb_build_object('id', gen_random_uuid(), 'day', (select closes_on + 30 from round r where r.id = x.round_id)))).* from x`, unit, n)
}

func (s *subtraction) unit(who authz.Actor, run, unit string) scoring.UnitResult {
	s.t.Helper()
	u, _, err := s.score.Unit(s.t.Context(), who, run, unit)
	if err != nil {
		s.t.Fatal(err)
	}
	return u.UnitResult
}

// figures are what a reader may subtract of a unit: every plain figure by name.
func figures(u scoring.UnitResult) map[string]string {
	out := map[string]string{}
	for name, f := range map[string]scoring.Figure{"raw": u.Raw, "weighted": u.Weighted, "adjusted": u.Adjusted, "robust": u.Robust, "eb": u.EB} {
		out[name] = fmt.Sprintf("%d %v %v", f.N, f.OK, f.Value)
	}
	for _, it := range u.Items {
		out[it.Item] = fmt.Sprintf("%d %v %v %v", it.Figure.N, it.Figure.Value, it.Counts, it.Outside)
	}
	for _, it := range u.Dimensions {
		out["dimension "+it.Item] = fmt.Sprintf("%d %v %v", it.Figure.N, it.Figure.Value, it.Counts)
	}
	for k, n := range u.Reasons {
		out["reason "+k] = fmt.Sprint(n)
	}
	return out
}

// still tells that nothing a reader may subtract has moved between two runs.
func (s *subtraction) still(what string, who authz.Actor, before, after, unit string) {
	s.t.Helper()
	a, b := figures(s.unit(who, before, unit)), figures(s.unit(who, after, unit))
	moved := 0
	for k := range a {
		if a[k] != b[k] {
			moved++
			s.t.Errorf("%s: %s moves from %s to %s", what, k, a[k], b[k])
		}
	}
	x, err := s.beside.Unit(s.t.Context(), who, before, unit)
	if err != nil {
		s.t.Fatal(err)
	}
	y, err := s.beside.Unit(s.t.Context(), who, after, unit)
	if err != nil {
		s.t.Fatal(err)
	}
	if x.Contacts != nil && (x.Contacts.With != y.Contacts.With || x.Contacts.Without != y.Contacts.Without) {
		s.t.Errorf("%s: the split by contact moves from %+v to %+v", what, x.Contacts, y.Contacts)
	}
	s.t.Logf("%s: %d figures subtracted, %d moved", what, len(a), moved)
}

// TestAsManyAnswersAreNotTheSame subtracts published runs that count as many
// answers as before: four set aside and four others asked anew, or a few whose
// marks were credited to whose matter they were. The number of answers does not
// tell that the answers are others.
func TestAsManyAnswersAreNotTheSame(t *testing.T) {
	t.Parallel()
	r := scored.Load(t)
	s := &subtraction{Round: r, t: t, score: &score.Service{Core: r.Core}, beside: &records.Service{Core: r.Core}}
	w := words.New(r.Core)
	units := r.Committees()
	worker := authz.Actor{District: r.Actor("manager").District, AccountID: r.Actor("worker-lone").AccountID, Role: authz.Worker, Area: units[0], Locale: "zh"}
	first := s.run("first")
	s.aside(units[0], 4)
	s.anew(units[0], 4)
	second := s.run("asked anew")
	if a, b := s.unit(worker, first, units[0]), s.unit(worker, second, units[0]); a.N != b.N {
		t.Fatalf("%d and %d answers", a.N, b.N)
	}
	s.still("four asked anew for four", worker, first, second, units[0])

	// Two coders place what a few said with the property manager: the marks of
	// the question are taken away, the answers stay.
	db := testkit.OwnerDB(t)
	var said []string
	for k, id := range r.Responses {
		var c string
		if err := db.QueryRow(t.Context(), `select committee from response where id = $1`, id).Scan(&c); err != nil {
			t.Fatal(err)
		}
		if c != units[0] || k == 40 {
			break
		}
		said = append(said, "电梯停运没人修理，请物业尽快处理第"+string(rune('一'+k))+"次")
	}
	spoken.Add(t, r, said...)
	spoken.Code(t, r, w, func(*qualitative.Codebook) qualitative.Code {
		return qualitative.Code{Topic: "property.lift", Polarity: -1, Matter: qualitative.Property}
	})
	third := s.run("after coding")
	auditor := r.Actor("auditor")
	exact := s.unit(auditor, third, units[0])
	if exact.Attribution == nil || exact.Attribution.Low.Credited == 0 || exact.Attribution.Low.Credited >= r.Rules.Suppression.Cell {
		t.Fatalf("%d texts: %+v", len(said), exact.Attribution)
	}
	s.still(fmt.Sprintf("%d answers credited", exact.Attribution.Low.Credited), worker, second, third, units[0])
}

// TestQuestionsStandStill reads the answers to what is not scored before and after
// residents are asked anew: they are of the whole round, and a few more would be
// the difference.
func TestQuestionsStandStill(t *testing.T) {
	t.Parallel()
	r := scored.Load(t)
	s := &subtraction{Round: r, t: t, score: &score.Service{Core: r.Core}}
	run, worker := s.run("first"), r.Actor("worker-lone")
	read := func() string {
		q, err := s.score.Questions(t.Context(), worker, run)
		if err != nil || q.Total == 0 || len(q.Tables) == 0 {
			t.Fatalf("%v %+v", err, q)
		}
		b, err := json.Marshal(q.Tables)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(q.Total, string(b))
	}
	before := read()
	s.exec(`insert into late_batch (district, commitment_id, round_id, until, at) select c.district, c.id, c.round_id, r.closes_on + 40, r.closes_on + 20
		from draw_commitment c join round r on r.id = c.round_id limit 1`)
	s.anew(worker.Area, 4)
	if after := read(); before != after {
		t.Errorf("four more were asked after the round, and the tables move from\n%s\nto\n%s", before, after)
	}
}

// TestAStreetMovesWithItsCommittees subtracts two runs of a street, and those of
// the committee whose figures moved with it: what is left is the two answers that
// another committee lost.
func TestAStreetMovesWithItsCommittees(t *testing.T) {
	t.Parallel()
	r := scored.Load(t)
	s := &subtraction{Round: r, t: t, score: &score.Service{Core: r.Core}, beside: &records.Service{Core: r.Core}}
	units := r.Committees()
	many, few := units[6], units[1] // the largest, whose grades are shown
	first := s.run("first")
	s.aside(many, 12)
	s.aside(few, 2)
	second := s.run("second")
	leader := authz.Actor{District: r.Actor("manager").District, AccountID: r.Actor("leader-003").AccountID, Role: authz.Leader, Area: many[:9], Locale: "zh"}
	read := func(run, unit string) scoring.UnitResult { return s.unit(leader, run, unit) }
	if a, b := read(first, many), read(second, many); a.Raw.N-b.Raw.N != 12 {
		t.Fatalf("the committee that lost twelve shows %d and %d", a.Raw.N, b.Raw.N)
	}
	if a, b := read(first, few), read(second, few); a.Raw.N != b.Raw.N {
		t.Fatalf("the committee that lost two shows %d and %d", a.Raw.N, b.Raw.N)
	}
	cell, sums := r.Rules.Suppression.Cell, 0
	for k, it := range read(first, many[:9]).Items {
		after := read(second, many[:9]).Items[k]
		own, then := read(first, many).Items[k], read(second, many).Items[k]
		if left := (it.Figure.N - after.Figure.N) - (own.Figure.N - then.Figure.N); left > 0 && left < cell {
			t.Errorf("%s: street less committee leaves %d answers of another committee", it.Item, left)
		}
		// The twelve are a table of their own, whose small cells nobody sees.
		for _, pair := range [][2]scoring.ItemResult{{it, after}, {own, then}} {
			for g := range it.Counts {
				a, b := pair[0].Counts[g], pair[1].Counts[g]
				if sums++; a >= 0 && b >= 0 && a != b && a-b < cell && b-a < cell {
					t.Errorf("%s: grade %d goes from %d to %d", it.Item, g+1, a, b)
				}
			}
			if a, b := pair[0].Missing, pair[1].Missing; a >= 0 && b >= 0 && a != b && a-b < cell && b-a < cell {
				t.Errorf("%s: no answer goes from %d to %d", it.Item, a, b)
			}
		}
	}
	// So are those of them who had contact, and those who had none.
	for _, unit := range []string{many, few} {
		a, err := s.beside.Unit(t.Context(), leader, first, unit)
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.beside.Unit(t.Context(), leader, second, unit)
		if err != nil || a.Contacts == nil || b.Contacts == nil || !a.Contacts.Shown || !b.Contacts.Shown {
			t.Fatalf("%v %+v %+v", err, a.Contacts, b.Contacts)
		}
		for _, d := range []int{a.Contacts.With.N - b.Contacts.With.N, a.Contacts.Without.N - b.Contacts.Without.N} {
			if sums++; d != 0 && d < cell {
				t.Errorf("a group by contact of %s lost %d: %+v, %+v", unit, d, a.Contacts, b.Contacts)
			}
		}
	}
	t.Logf("street and committee subtracted from version to version: %d counts", sums)
}

// TestSplitsByContactAgainstTheRound plays a reviewer who reads the split by
// contact of every committee, and how many had contact in the whole round: what
// one committee hides is the total less what the others show.
func TestSplitsByContactAgainstTheRound(t *testing.T) {
	t.Parallel()
	r := scored.Load(t)
	s := &subtraction{Round: r, t: t, score: &score.Service{Core: r.Core}, beside: &records.Service{Core: r.Core}}
	panel := r.Actor("panel-1")
	// In one committee only four had contact.
	small := r.Committees()[7]
	s.exec(`alter table response disable trigger user`)
	s.exec(`update response set answers = answers || '{"contact":"no"}' where committee = $1 and id not in (select id from response where committee = $1 order by id limit 4)`, small)
	s.exec(`update response set answers = answers || '{"contact":"yes"}' where committee = $1 and id in (select id from response where committee = $1 order by id limit 4)`, small)
	run := s.run("first")
	q, err := s.score.Questions(t.Context(), panel, run)
	if err != nil || q.Tables[0].Item != "contact" {
		t.Fatalf("%v %+v", err, q)
	}
	left, hidden := map[string]int{}, 0
	for _, row := range q.Tables[0].Rows {
		left[row.Code] = row.N
	}
	with, without, largest := left["yes"], q.Total-left["yes"], [2]int{}
	for _, unit := range r.Committees() {
		u, err := s.beside.Unit(t.Context(), panel, run, unit)
		if err != nil || u.Contacts == nil {
			t.Fatalf("%s: %v", unit, err)
		}
		if !u.Contacts.Shown {
			hidden++
			for g, where := range []string{"=", "<>"} {
				n := 0
				if err := testkit.OwnerDB(t).QueryRow(t.Context(), `select count(*) from response where committee = $1 and answers->>'contact' `+where+` 'yes'`, unit).Scan(&n); err != nil {
					t.Fatal(err)
				}
				largest[g] = max(largest[g], n)
			}
			continue
		}
		with, without = with-u.Contacts.With.N, without-u.Contacts.Without.N
	}
	t.Logf("of %d committees %d hide the split; %d with contact and %d without are left for them", len(r.Committees()), hidden, with, without)
	if cell := r.Rules.Suppression.Cell; hidden == 1 || with-largest[0] < cell || without-largest[1] < cell {
		t.Errorf("%d committees share %d with contact and %d without, of which %v are of one", hidden, with, without, largest)
	}
}
