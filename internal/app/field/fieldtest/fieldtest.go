// Package fieldtest brings a round of the small demonstration world to the
// state in which it is collected, for tests of the fieldwork and its pages.
package fieldtest

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gongping/internal/app"
	"gongping/internal/app/draws"
	"gongping/internal/app/field"
	"gongping/internal/app/rounds"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/world"
	"gongping/scoring/composite"
	"gongping/survey"
	"gongping/survey/draw"
	"gongping/survey/fieldwork"
	"gongping/survey/frame"
	"gongping/survey/instrument"
)

// Fixture is a round that takes answers: open from 20 November to 17 December
// 2026, at noon of its second day.
type Fixture struct {
	*world.World
	Ctx    context.Context
	Field  *field.Service
	Rounds *rounds.Service
	Round  string
}

// Load makes the fixture in t's database.
func Load(t testing.TB) *Fixture {
	t.Helper()
	return LoadPlan(t, survey.Plan{Allocation: "proportional", Size: 16, ReserveRatio: 0.5})
}

// LoadPlan is Load under another sampling plan.
func LoadPlan(t testing.TB, plan survey.Plan) *Fixture {
	t.Helper()
	return load(t, plan, func(*instrument.Questionnaire) {})
}

// LoadEdited is Load with a questionnaire that was changed before it was saved.
func LoadEdited(t testing.TB, edit func(*instrument.Questionnaire)) *Fixture {
	t.Helper()
	return load(t, survey.Plan{Allocation: "proportional", Size: 16, ReserveRatio: 0.5}, edit)
}

func load(t testing.TB, plan survey.Plan, edit func(*instrument.Questionnaire)) *Fixture {
	t.Helper()
	w := world.Load(t)
	f := &Fixture{World: w, Ctx: context.Background(), Rounds: &rounds.Service{Core: w.Core}, Field: field.New(w.Core)}
	t.Cleanup(func() {
		if err := f.Field.Close(f.Ctx); err != nil {
			t.Error(err)
		}
	})
	f.identities()
	f.draw(plan, edit)
	return f
}

func (f *Fixture) must(err error) {
	f.T.Helper()
	if err != nil {
		f.T.Fatal(err)
	}
}

// identities seals names and contacts as the import does.
func (f *Fixture) identities() {
	var secret frame.Secret
	copy(secret[:], "a secret of the tests, 32 bytes.")
	people := f.Demo.People
	_, err := testkit.OwnerDB(f.T).CopyFrom(f.Ctx, pgx.Identifier{"identity", "person"}, []string{"district", "frame_id", "person_id", "sealed"},
		pgx.CopyFromSlice(len(people), func(i int) ([]any, error) {
			p := people[i]
			id := secret.FrameID(p.Committee, p.ID)
			rec := frame.EncodeRecord(&frame.Resident{Person: p.ID, Area: p.Grid, Building: p.Building,
				Identity: frame.Identity{Name: p.Name, Phone: p.Phone, Address: p.Address}})
			return []any{demo.DistrictCode, f.FrameID, id, f.Seal.Seal(rec, frame.RecordLabel(f.FrameID, id))}, nil
		}))
	f.must(err)
}

func (f *Fixture) draw(plan survey.Plan, edit func(*instrument.Questionnaire)) {
	manager, second := f.Actor("manager"), f.Actor("manager-2")
	q, book := demo.DefaultQuestionnaire(), composite.Default()
	edit(&q)
	qid, _, err := f.Rounds.SaveQuestionnaire(f.Ctx, manager, "", &q)
	f.must(err)
	bid, _, err := f.Rounds.SaveRuleBook(f.Ctx, manager, "", &book)
	f.must(err)
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	d := rounds.Draft{Title: "2026 年第二轮居民评议", AreaCode: demo.DistrictCode, FrameID: f.FrameID, QuestionnaireID: qid, QuestionnaireVersion: 1,
		RuleBookID: bid, RuleBookVersion: 1, Plan: plan,
		OpensOn: day(2026, 11, 20), ClosesOn: day(2026, 12, 17)}
	for _, e := range f.Evaluators() {
		d.Evaluators = append(d.Evaluators, rounddb.Evaluator{AccountID: e.AccountID, Area: e.Area})
	}
	f.Round, err = f.Rounds.Create(f.Ctx, manager, d, "")
	f.must(err)
	f.must(f.Rounds.Freeze(f.Ctx, manager, f.Round))
	ds := &draws.Service{Core: f.Core}
	c, err := ds.Commit(f.Ctx, manager, f.Round, draws.Wish{Randomness: draw.Randomness{Kind: draw.Dice, Name: "11月20日大厅掷骰", Due: f.Clock.Now().Add(time.Hour)}})
	f.must(err)
	f.Clock.Advance(2 * time.Hour)
	_, err = ds.Reveal(f.Ctx, second, c, "35214662413562451326", "区政府一楼大厅公开掷骰，公证处在场")
	f.must(err)
	_, err = testkit.OwnerDB(f.T).Exec(f.Ctx, `analyze draw_selection, survey_case, identity.person`) // as in world: no autovacuum here
	f.must(err)
	f.must(f.Rounds.Step(f.Ctx, manager, f.Round, survey.Collecting, ""))
	f.Clock.T = time.Date(2026, 11, 21, 12, 0, 0, 0, fieldwork.Zone)
}

// Someone returns an evaluator with cases, and the cases.
func (f *Fixture) Someone() (authz.Actor, []field.CaseView) {
	f.T.Helper()
	for _, e := range f.Evaluators() {
		list, err := f.Field.MyCases(f.Ctx, e)
		f.must(err)
		if len(list) > 3 {
			return e, list
		}
	}
	f.T.Fatal("no evaluator has cases")
	return authz.Actor{}, nil
}

// Role returns the first account with a role.
func (f *Fixture) Role(role authz.Role) authz.Actor {
	for _, a := range f.Demo.Accounts {
		if a.Role == string(role) {
			return f.Actor(a.Login)
		}
	}
	f.T.Fatalf("no account is %s", role)
	return authz.Actor{}
}

// Other returns an evaluator who is not the given one.
func (f *Fixture) Other(than authz.Actor) authz.Actor {
	for _, e := range f.Evaluators() {
		if e.AccountID != than.AccountID {
			return e
		}
	}
	f.T.Fatal("no other evaluator")
	return authz.Actor{}
}

// Answers are complete answers with one grade for all items.
func Answers(grade string) instrument.Answers {
	a := instrument.Answers{"contact": "yes"}
	for _, it := range demo.DefaultQuestionnaire().Items {
		if it.Kind == instrument.Grade5 {
			a[it.ID] = grade
		}
	}
	return a
}

// Submission is a complete interview of a case with a new id.
func Submission(caseID, grade string) field.Submission {
	return field.Submission{ID: app.NewID(), CaseID: caseID, Mode: fieldwork.Door, Answers: Answers(grade), Seconds: 130, Hour: 18}
}

// Reserves lists the reserves of a case's stratum in drawing order.
func (f *Fixture) Reserves(c field.CaseView) (ids []string) {
	sel, err := drawdb.Selection(f.Ctx, f.Pool, demo.DistrictCode, c.DrawID)
	f.must(err)
	for _, s := range sel {
		if s.Reserve && s.Stratum == c.Stratum && s.Cluster == c.Cluster {
			ids = append(ids, s.FrameID)
		}
	}
	return ids
}
