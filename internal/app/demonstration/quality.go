package demonstration

import (
	"context"
	"slices"
	"strconv"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/quality"
	"gongping/internal/demo"
	"gongping/internal/pg/demodb"
	"gongping/internal/pg/qualitydb"
)

// How many back-checks the demonstration plays: of two interviewers whole tens,
// so that their agreement is shown.
const (
	playedPeople = 2
	playedEach   = 10
)

// examine runs the detectors over a round, sends the first finding about a
// building to be asked again, draws the random share and plays some back-checks.
func (s *setup) examine(ctx context.Context, roundID string, r demo.Round) error {
	watch := &quality.Service{Core: s.Core, Field: s.field}
	supervisor := s.as("supervisor")
	if _, err := watch.Scan(ctx, s.system(), roundID); err != nil {
		return err
	}
	v, err := watch.Queue(ctx, supervisor, roundID, "")
	if err != nil {
		return err
	}
	sent := false
	for _, f := range v.Findings {
		if f.Role != "finding" || f.Decision != "" {
			continue
		}
		if !sent && f.Evaluator == "" {
			if _, err := watch.Decide(ctx, supervisor, f.ID, "back_check", "同一时段的答卷过于一致，先请他人复核，两侧同样多"); err != nil {
				return err
			}
			sent = true
		}
	}
	if _, err := watch.Draw(ctx, s.as("manager"), roundID); err != nil {
		return err
	}
	return s.askAgain(ctx, watch, roundID, r)
}

// askAgain plays back-checks: facts stay, opinions move a little.
func (s *setup) askAgain(ctx context.Context, watch *quality.Service, roundID string, r demo.Round) error {
	cases, err := demodb.Cases(ctx, s.Pool, s.district, roundID)
	if err != nil {
		return err
	}
	register, err := s.registers(ctx)
	if err != nil {
		return err
	}
	of := make(map[string]*demodb.Case, len(cases))
	for i := range cases {
		of[cases[i].ID] = &cases[i]
	}
	list, err := qualitydb.BackChecksIn(ctx, s.Pool, s.district, roundID, s.district)
	if err != nil {
		return err
	}
	slices.SortStableFunc(list, func(a, b qualitydb.BackCheck) int { return len(of[b.CaseID].Evaluator) - len(of[a.CaseID].Evaluator) })
	login := map[string]string{}
	for l, id := range s.ids {
		login[id] = l
	}
	played := map[string]int{}
	for _, k := range list {
		holder := of[k.CaseID].Evaluator
		if k.Evaluator == "" || played[holder] == playedEach || (played[holder] == 0 && len(played) == playedPeople) {
			continue
		}
		visits := s.world.Simulate(r, []demo.Drawn{{PersonID: register[k.PersonID], Evaluator: holder, Reserve: of[k.CaseID].Reserve}}, fieldworkSeed)
		if len(visits) == 0 || visits[0].Answers == nil || visits[0].Mode == "link" {
			continue
		}
		played[holder]++
		o := quality.Outcome{ID: app.NewID(), Outcome: "done", Mode: "phone", Interviewed: "yes", Told: "no", Answers: again(visits[0].Answers, played[holder])}
		if err := watch.Record(ctx, s.as(login[k.Evaluator]), k.ID, o); err != nil {
			return err
		}
	}
	s.clock.Advance(time.Hour)
	return nil
}

// again are the second answers to the short form.
func again(first map[string]string, n int) map[string]string {
	out := map[string]string{}
	for i, item := range []string{"contact", "service_manner", "env_clean", "voice_open", "overall"} {
		v := first[item]
		if g, err := strconv.Atoi(v); err == nil && (n+i)%3 == 0 {
			if g += 1 - 2*(n%2); g >= 1 && g <= 5 {
				v = strconv.Itoa(g)
			}
		}
		if v != "" {
			out[item] = v
		}
	}
	return out
}

// endChecks publishes the seed of a closed round's back-checks.
func (s *setup) endChecks(ctx context.Context, roundID string) error {
	return (&quality.Service{Core: s.Core, Field: s.field}).End(ctx, s.as("manager"), roundID)
}
