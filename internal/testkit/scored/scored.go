// Package scored puts a finished round of the demonstration world into a
// test's database: draw, cases, attempts, answers, indicators and panel
// ratings, written directly, so that tests and benchmarks of what follows need
// neither a draw nor fieldwork.
package scored

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"gongping/internal/app"
	"gongping/internal/demo"
	"gongping/internal/pg/scoredb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/world"
	"gongping/scoring"
	"gongping/scoring/composite"
	"gongping/survey"
)

// Round is a round that was in the field.
type Round struct {
	*world.World
	ID        string
	Rules     composite.RuleBook
	Responses []string // ids, in the order of the fieldwork
	Cases     int
}

// seed is that of the simulated fieldwork.
const seed = 7

// idSpace makes ids that are the same in every test.
var idSpace = uuid.MustParse("6f0f4b1e-94a1-4b8e-8d3c-0f6c3f3b6a10")

func id(kind, name string) string { return uuid.NewSHA1(idSpace, []byte(kind+"/"+name)).String() }

// Load makes the small world and a closed round in t's database.
func Load(t testing.TB) *Round { return Add(world.Load(t), "first", survey.Closed) }

// Add adds a round of the world in a state; its name keeps the ids of several
// rounds apart.
func Add(w *world.World, name string, state survey.State) *Round {
	w.T.Helper()
	r := &Round{World: w, ID: id("round", name), Rules: composite.Default()}
	r.documents(name)
	r.round(name, state)
	r.draw(name)
	r.records(name)
	return r
}

// After moves a round's fieldwork so many days on, as if it had been planned so.
func After(r *Round, days int) {
	r.exec(`alter table round disable trigger user`)
	r.exec(`update round set opens_on = opens_on + $2::int, closes_on = closes_on + $2::int where id = $1`, r.ID, days)
	r.exec(`alter table round enable trigger user`)
}

func (r *Round) exec(sql string, args ...any) {
	r.T.Helper()
	if _, err := testkit.OwnerDB(r.T).Exec(context.Background(), sql, args...); err != nil {
		r.T.Fatalf("scored: %.60s: %v", sql, err)
	}
}

func (r *Round) copy(table string, columns []string, rows [][]any) {
	r.T.Helper()
	if _, err := testkit.OwnerDB(r.T).CopyFrom(context.Background(), strings.Split(table, "."), columns, pgx.CopyFromRows(rows)); err != nil {
		r.T.Fatalf("scored: %s: %v", table, err)
	}
}

func (r *Round) documents(name string) {
	q, err := json.Marshal(r.Demo.Questionnaire)
	if err != nil {
		r.T.Fatal(err)
	}
	b, err := json.Marshal(r.Rules)
	if err != nil {
		r.T.Fatal(err)
	}
	now := r.Demo.Finished.OpensOn.AddDate(0, 0, -30)
	r.exec(`insert into questionnaire (district, id, version, title, definition, digest, created_at) values ($1,$2,1,'问卷',$3,'\x00',$4)`, demo.DistrictCode, id("questionnaire", name), q, now)
	r.exec(`insert into rule_book (district, id, version, title, body, digest, created_at) values ($1,$2,1,'规则',$3,'\x00',$4)`, demo.DistrictCode, id("rules", name), b, now)
}

func (r *Round) round(name string, state survey.State) {
	f := r.Demo.Finished
	plan, err := json.Marshal(f.SurveyPlan())
	if err != nil {
		r.T.Fatal(err)
	}
	r.exec(`insert into round (district, id, series, version, kind, title, area_code, frame_id, questionnaire_id, questionnaire_version, rule_book_id, rule_book_version, plan, opens_on, closes_on, created_at)
		values ($1,$2,$2,1,'drawn',$3,$1,$4,$5,1,$6,1,$7,$8,$9,$10)`, demo.DistrictCode, r.ID, f.Title["zh"], r.FrameID, id("questionnaire", name), id("rules", name), plan,
		f.OpensOn.Format(time.DateOnly), f.ClosesOn.Format(time.DateOnly), f.OpensOn.AddDate(0, 0, -20))
	for i, s := range []survey.State{survey.Frozen, survey.Drawn, survey.Collecting, survey.Closed} {
		r.exec(`insert into round_event (district, round_id, seq, state, at) values ($1,$2,$3,$4,$5)`, demo.DistrictCode, r.ID, i+1, string(s), f.OpensOn.AddDate(0, 0, 10*i-15))
		if s == state {
			break
		}
	}
}

// draw takes every k-th resident of a committee and its last ones as reserves.
func (r *Round) draw(name string) {
	f, draw := r.Demo.Finished, id("draw", name)
	r.exec(`insert into draw_commitment (district, id, round_id, purpose, document, state, digest, signature, public_key, randomness, due_at, committed_at)
		values ($1,$2,$3,$4,'','{}','\x00','\x00','\x00','dice',$5,$5)`, demo.DistrictCode, id("commitment", name), r.ID, name, f.OpensOn)
	r.exec(`insert into draw (district, id, round_id, commitment_id, purpose, seed, seed_evidence, digest, n_sample, n_reserve, revealed_at, code_version, signature, public_key, drawn_at)
		values ($1,$2,$3,$4,$5,'1','test','\x00',0,0,$6,'test','\x00','\x00',$6)`, demo.DistrictCode, draw, r.ID, id("commitment", name), name, f.OpensOn)
	people := map[string][]*demo.Person{}
	for i := range r.Demo.People {
		p := &r.Demo.People[i]
		people[p.Committee] = append(people[p.Committee], p)
	}
	var strata, selections, cases [][]any
	var drawn []demo.Drawn
	for _, c := range f.Plan {
		list := people[c.Committee]
		strata = append(strata, []any{demo.DistrictCode, r.ID, c.Committee, c.Committee, "simple", int64(len(list)), c.Planned, c.Reserve})
		for k := range c.Planned + c.Reserve/2 {
			reserve := k >= c.Planned
			p := list[(k*7919)%len(list)]
			selections = append(selections, []any{demo.DistrictCode, draw, world.FrameID(p), c.Committee, reserve, k, c.Committee, []byte{0}, int64(1), int64(1)})
			cases = append(cases, []any{demo.DistrictCode, id("case"+name, p.ID), r.ID, draw, world.FrameID(p), c.Committee, c.Committee,
				float64(len(list)) / float64(c.Planned), reserve, f.OpensOn})
			drawn = append(drawn, demo.Drawn{PersonID: p.ID, Reserve: reserve})
		}
	}
	r.copy("round_stratum", []string{"district", "round_id", "stratum", "committee", "method", "population", "planned", "reserve"}, strata)
	r.copy("draw_selection", []string{"district", "draw_id", "person_id", "stratum", "reserve", "ord", "committee", "ticket", "prob_num", "prob_den"}, selections)
	// Without statistics the check of the foreign key reads the whole draw for
	// every case.
	r.exec(`analyze draw_selection`)
	r.copy("survey_case", []string{"district", "id", "round_id", "draw_id", "person_id", "stratum", "committee", "design_weight", "reserve", "created_at"}, cases)
	r.exec(`analyze survey_case`)
	r.Cases = len(cases)
	r.visits(name, drawn)
}

// visits plays the fieldwork: attempts, completions and responses.
func (r *Round) visits(name string, drawn []demo.Drawn) {
	f := r.Demo.Finished
	year := f.OpensOn.Year()
	size := map[string]int{}
	for _, c := range f.Plan {
		size[c.Committee] = c.Planned
	}
	population := map[string]int{}
	for i := range r.Demo.People {
		population[r.Demo.People[i].Committee]++
	}
	evaluators := r.Evaluators()
	var attempts, completions, responses [][]any
	for k, v := range r.Demo.Simulate(f, drawn, seed) {
		p := r.Demo.Person(v.PersonID)
		for n, a := range v.Attempts {
			attempts = append(attempts, []any{demo.DistrictCode, id("attempt"+name, p.ID+string(rune('a'+n))), id("case"+name, p.ID), a.Mode, a.Disposition, a.At, a.At})
		}
		if v.Answers == nil {
			continue
		}
		delete(v.Answers, "comment")
		day := v.Attempts[len(v.Attempts)-1].At.Format(time.DateOnly)
		at, _ := time.Parse(time.DateOnly, day)
		answers, err := json.Marshal(v.Answers)
		if err != nil {
			r.T.Fatal(err)
		}
		completions = append(completions, []any{demo.DistrictCode, id("case"+name, p.ID), at})
		response := id("response"+name, p.ID)
		r.Responses = append(r.Responses, response)
		var evaluator any
		if v.Mode != "link" {
			evaluator = evaluators[k%len(evaluators)].AccountID
		}
		responses = append(responses, []any{demo.DistrictCode, response, r.ID, 1, p.Committee, p.Committee, float64(population[p.Committee]) / float64(size[p.Committee]),
			p.Sex, survey.AgeBand(p.BirthYear, year), p.Tenure, r.Seal.Pseudonym("building", p.Committee+p.Building), r.Seal.Pseudonym("response/"+r.ID+"/household", world.Household(p)), v.Mode, evaluator, answers, []byte{0}, at})
	}
	r.copy("contact_attempt", []string{"district", "id", "case_id", "mode", "disposition", "at", "received_at"}, attempts)
	r.copy("identity.response_case", []string{"district", "case_id", "day"}, completions)
	r.exec(`analyze contact_attempt, identity.response_case`)
	r.copy("response", []string{"district", "id", "round_id", "questionnaire_version", "committee", "stratum", "design_weight", "sex", "age_band", "tenure", "building", "household",
		"mode", "evaluator_id", "answers", "digest", "day"}, responses)
}

// renamed maps an indicator of the demonstration to that of the default rule book.
var renamed = map[string]string{"council_meetings": "council_meetings"}

func (r *Round) records(name string) {
	batch := id("indicators", name)
	r.exec(`insert into import_batch (district, id, kind, file_name, file_digest, n_rows, created_at) values ($1,$2,'indicators','indicators.csv','\x00',1,$3)`,
		demo.DistrictCode, batch, r.Demo.Finished.ClosesOn)
	var values, ratings [][]any
	for _, v := range r.Demo.Indicators {
		key := v.ID
		if to := renamed[key]; to != "" {
			key = to
		}
		values = append(values, []any{demo.DistrictCode, batch, r.ID, v.Committee, key, float64(v.Numerator), float64(v.Denominator)})
	}
	for _, v := range r.Demo.Ratings {
		ratings = append(ratings, []any{demo.DistrictCode, app.NewID(), r.ID, v.Committee, r.Actor(v.Reviewer).AccountID, v.Criterion, float64(v.Score), v.Note, r.Demo.Finished.ClosesOn})
	}
	r.copy("indicator_value", []string{"district", "import_id", "round_id", "committee", "indicator", "numerator", "denominator"}, values)
	r.exec(`analyze response, indicator_value`)
	r.copy("panel_rating", []string{"district", "id", "round_id", "committee", "reviewer", "criterion", "score", "note", "at"}, ratings)
}

// Figures are what Publish says of a committee.
type Figures struct{ Score, HalfWidth, Reliability float64 }

// Publish stores a published run of a round of the world with one composite a
// committee, as of a moment: for what follows from a result, whatever it is.
func Publish(w *world.World, round string, at time.Time, of func(i int, unit string) Figures) (run string) {
	w.T.Helper()
	ctx, db := context.Background(), testkit.OwnerDB(w.T)
	must := func(err error) {
		w.T.Helper()
		if err != nil {
			w.T.Fatalf("scored: %v", err)
		}
	}
	run = app.NewID()
	_, err := scoredb.InsertRun(ctx, db, demo.DistrictCode, scoredb.Run{ID: run, RoundID: round, Reason: "试", RequestedAt: at})
	must(err)
	out := &scoring.Output{}
	for i, unit := range w.Committees() {
		x := of(i, unit)
		out.Units = append(out.Units, scoring.UnitResult{Unit: unit, Level: 3, N: 120, Reliability: x.Reliability, Status: "consequential",
			Composite: scoring.Figure{OK: true, Value: x.Score, Lo: x.Score - x.HalfWidth, Hi: x.Score + x.HalfWidth, N: 120}})
	}
	must(scoredb.SaveOutput(ctx, db, demo.DistrictCode, run, out, []byte{1}))
	must(scoredb.AddEvent(ctx, db, demo.DistrictCode, run, "done", 1, "", "", at))
	must(scoredb.AddEvent(ctx, db, demo.DistrictCode, run, "published", 1, "", "", at))
	return run
}
