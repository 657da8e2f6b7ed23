package score_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg/scoredb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/scoring"
	"gongping/survey/instrument"
)

// TestTrend lays six rounds of a committee side by side: the oldest first, the
// newest published run of each, and no line between rounds whose scores do not
// mean the same: other scored questions, another way of adjusting, an imported
// survey after a drawn one. What is not scored may differ. A round that did not
// reach the committee and one that is not published are left out.
func TestTrend(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := scored.Load(t)
	db, s := testkit.OwnerDB(t), &score.Service{Core: r.Core}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	unit, other := r.Committees()[0], r.Committees()[1]
	version := func(n int, change func(*instrument.Questionnaire)) {
		q := r.Demo.Questionnaire
		q.Items = append([]instrument.Item(nil), q.Items...)
		change(&q)
		raw, err := json.Marshal(q)
		must(err)
		_, err = db.Exec(ctx, `insert into questionnaire (district, id, version, title, definition, digest, created_at)
			select q.district, q.id, $2, q.title, $3, q.digest, q.created_at from questionnaire q join round r on r.questionnaire_id = q.id and q.version = 1 where r.id = $1`, r.ID, n, raw)
		must(err)
	}
	graded := -1
	for i, it := range r.Demo.Questionnaire.Items {
		if it.Kind == instrument.Grade5 && it.Dimension != "" && graded < 0 {
			graded = i
		}
	}
	version(2, func(q *instrument.Questionnaire) {
		q.Items = append(q.Items, instrument.Item{ID: "pets", Kind: instrument.YesNo, Text: map[string]string{"zh": "您家养宠物吗？", "en": "Do you keep pets?"}})
	})
	version(3, func(q *instrument.Questionnaire) {
		q.Items[graded].Text = map[string]string{"zh": "您对居委会有多不满？", "en": "How discontent are you?"}
	})
	published := func(round string, n int, value float64, unit string, covariates ...string) string {
		t.Helper()
		at := time.Date(2027, 1, 1, 0, n, 0, 0, time.UTC)
		run := scoredb.Run{ID: app.NewID(), RoundID: round, Reason: "试", RequestedAt: at}
		_, err := scoredb.InsertRun(ctx, db, demo.DistrictCode, run)
		must(err)
		out := &scoring.Output{Units: []scoring.UnitResult{{Unit: unit, Level: 3, N: 120, Reliability: 0.9, Status: "consequential", Official: scoring.Figure{OK: true, Value: value, Lo: value - 1, Hi: value + 1, N: 120}}}}
		for _, c := range covariates {
			out.Summary.CaseMixSlopes = append(out.Summary.CaseMixSlopes, scoring.Slope{Covariate: c})
		}
		must(scoredb.SaveOutput(ctx, db, demo.DistrictCode, run.ID, out, []byte{1}))
		must(scoredb.AddEvent(ctx, db, demo.DistrictCode, run.ID, "done", 1, "", "", at))
		must(scoredb.AddEvent(ctx, db, demo.DistrictCode, run.ID, "published", 1, "", "", at))
		return run.ID
	}
	later := func(n, questionnaire int, kind string) string {
		t.Helper()
		id := app.NewID()
		_, err := db.Exec(ctx, `insert into round (district, id, series, version, kind, title, area_code, frame_id, questionnaire_id, questionnaire_version, rule_book_id, rule_book_version, plan, opens_on, closes_on, created_at)
			select district, $2, $2, 1, $5, title || $3::int, area_code, frame_id, questionnaire_id, $4, rule_book_id, rule_book_version, plan, opens_on + 90 * $3::int, closes_on + 90 * $3::int, created_at from round where id = $1`,
			r.ID, id, n, questionnaire, kind)
		must(err)
		return id
	}
	published(r.ID, 1, 70, unit)
	newest := published(r.ID, 2, 71, unit) // supersedes the first
	published(later(1, 2, "drawn"), 3, 73, unit)
	published(later(2, 3, "drawn"), 4, 60, unit)
	published(later(3, 3, "drawn"), 5, 99, other) // not of this committee
	published(later(4, 3, "drawn"), 6, 61, unit, "age")
	published(later(5, 3, "imported"), 7, 62, unit, "age")
	later(6, 3, "drawn") // without a published run

	manager := r.Actor("manager")
	list, err := s.Trend(ctx, manager, unit)
	must(err)
	want := []struct {
		value float64
		apart string
	}{{71, ""}, {73, ""}, {60, score.ApartQuestions}, {61, score.ApartMethod}, {62, score.ApartMethod}}
	if len(list) != len(want) || list[0].RunID != newest {
		t.Fatalf("%d rounds: %+v", len(list), list)
	}
	for i, w := range want {
		if list[i].Unit.Official.Value != w.value || list[i].Apart != w.apart {
			t.Errorf("round %d: %.0f apart %q, want %.0f %q", i, list[i].Unit.Official.Value, list[i].Apart, w.value, w.apart)
		}
	}
	worker := authz.Actor{District: demo.DistrictCode, AccountID: app.NewID(), Role: authz.Worker, Area: other}
	if _, err := s.Trend(ctx, worker, unit); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker of another committee reads the trend: %v", err)
	}
}
