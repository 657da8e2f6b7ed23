package demonstration

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/pg"
	"gongping/internal/pg/demodb"
	"gongping/internal/pg/fielddb"
	"gongping/survey/draw"
	"gongping/survey/fieldwork"
	"gongping/survey/frame"
)

// fieldworkSeed seeds the simulated fieldwork.
const fieldworkSeed = 2026

func randomness(due time.Time) draw.Randomness {
	return draw.Randomness{Kind: draw.Dice, Name: "政务服务大厅公开掷骰 " + due.In(demo.Zone).Format(time.DateOnly), Due: due}
}

func (s *setup) freeze(ctx context.Context) error {
	_, err := s.intake.Freeze(ctx, s.as("manager"), s.frame, intake.FreezeInput{Reason: "演示数据：抽样框由程序生成，已核对"}, nil)
	return err
}

// registers returns the register's code of every published id of the frame.
func (s *setup) registers(ctx context.Context) (map[string]string, error) {
	sealed, err := demodb.SealedSecret(ctx, s.Pool, s.district, s.frame)
	if err != nil {
		return nil, err
	}
	plain, err := s.Seal.Open(sealed, frame.SecretLabel(s.frame))
	if err != nil {
		return nil, err
	}
	var secret frame.Secret
	copy(secret[:], plain)
	of := make(map[string]string, len(s.world.People))
	for i := range s.world.People {
		p := &s.world.People[i]
		of[secret.FrameID(p.Committee, p.ID)] = p.ID
	}
	return of, nil
}

// collect writes what the simulated evaluators and residents of a round
// brought, up to the round's cutoff: attempts, and answers day by day.
func (s *setup) collect(ctx context.Context, roundID string, r demo.Round, seed uint64) error {
	cases, err := demodb.Cases(ctx, s.Pool, s.district, roundID)
	if err != nil {
		return err
	}
	register, err := s.registers(ctx)
	if err != nil {
		return err
	}
	drawn := make([]demo.Drawn, len(cases))
	at := make(map[string]*demodb.Case, len(cases))
	for i := range cases {
		c := &cases[i]
		id := register[c.PersonID]
		drawn[i] = demo.Drawn{PersonID: id, Evaluator: c.Evaluator, Reserve: c.Reserve}
		at[id] = c
	}
	slices.SortFunc(drawn, func(a, b demo.Drawn) int { return strings.Compare(a.PersonID, b.PersonID) })
	var attempts []demodb.Attempt
	days, hasty := map[string][]fielddb.Response{}, map[string]string{} // who ticks through, by committee
	visits := s.world.Simulate(r, drawn, seed)
	if s.counted != nil {
		n := map[string]int{}
		for _, v := range visits {
			if v.Outcome == "1.1" {
				n[at[v.PersonID].Committee]++
			}
		}
		if err := s.counted(n); err != nil {
			return err
		}
	}
	for _, v := range visits {
		c := at[v.PersonID]
		for _, a := range v.Attempts {
			t := demodb.Attempt{ID: app.NewID(), CaseID: c.ID, Mode: a.Mode, Disposition: a.Disposition, At: a.At}
			if a.Mode != "link" {
				t.Evaluator = s.ids[c.Evaluator]
			}
			attempts = append(attempts, t)
		}
		if v.Outcome != "1.1" {
			continue
		}
		if s.rushed[c.Committee] > 0 && v.Mode != "link" && (hasty[c.Committee] == "" || hasty[c.Committee] == c.Evaluator) {
			s.rushed[c.Committee]--
			hasty[c.Committee] = c.Evaluator
			s.rush(&v)
		}
		resp := s.response(c, &v, roundID, r)
		day := v.Attempts[len(v.Attempts)-1].At.In(demo.Zone).Format(time.DateOnly)
		days[day] = append(days[day], resp)
	}
	return s.store(ctx, roundID, attempts, days)
}

// response is what the fieldwork's own code makes of a simulated interview.
func (s *setup) response(c *demodb.Case, v *demo.Visit, roundID string, r demo.Round) fielddb.Response {
	who := authz.Actor{District: s.district, Role: authz.Resident, CaseID: c.ID}
	if v.Mode != "link" {
		who = s.as(c.Evaluator)
	}
	started, id := v.Attempts[len(v.Attempts)-1].At.In(demo.Zone), app.NewID()
	if s.regrets != nil && v.Mode == "link" && len(s.regrets) < regretted && s.quiet(c.Committee) && s.regrets[c.Committee] == "" {
		s.regrets[c.Committee] = id
	}
	if s.sample && v.Mode == "link" {
		id, s.sample = SampleAnswer, false
	}
	return s.field.RowOf(who, field.Submission{ID: id, CaseID: c.ID, Mode: fieldwork.Mode(v.Mode), Answers: v.Answers, Seconds: v.Seconds, Hour: started.Hour(), Device: reading(c.Evaluator, v)},
		fielddb.Target{CaseID: c.ID, RoundID: roundID, Committee: c.Committee, Stratum: c.Stratum, Cluster: c.Cluster, DesignWeight: c.DesignWeight,
			Sex: c.Sex, Tenure: c.Tenure, Building: c.Building, Household: c.Household, BirthYear: c.BirthYear},
		field.Round{RoundState: fielddb.RoundState{ID: roundID, OpensOn: r.OpensOn, QuestionnaireVersion: 1}, Questionnaire: &s.world.Questionnaire})
}

// regretted is how many residents of the finished round take their answer back,
// each in another committee in which nothing else is told.
const regretted = 2

// quiet tells whether a committee has no story: neither one that was planted nor
// a worker who appeals or looks at the result.
func (s *setup) quiet(committee string) bool {
	t := s.world.Truth
	return committee != t.Collective.Committee && committee != t.Coached.Committee && committee != t.Lone.Committee && !strings.HasPrefix(t.Lone.Committee, committee[:9]) &&
		!slices.ContainsFunc(s.world.Accounts, func(a demo.Account) bool { return a.Role == "worker" && a.AreaCode == committee })
}

// takeBack withdraws the answers of those who regret them, by their receipts.
func (s *setup) takeBack(ctx context.Context) error {
	for _, committee := range slices.Sorted(maps.Keys(s.regrets)) {
		if err := s.field.Withdraw(ctx, s.district, s.field.Receipt(s.regrets[committee])); err != nil {
			return err
		}
	}
	s.regrets = nil
	return nil
}

// SampleAnswer is the id of an invented resident's answer in the round that is
// open. Its receipt is shown on the tour, for whoever wants to check one.
const SampleAnswer = "0d3a5b1e-9c64-4f27-8a1d-2b6e7f809c15"

// coachedSignals is how many residents of the coached committee tell the
// auditors that somebody said what to answer.
const coachedSignals = 6

// store writes attempts and answers in one transaction with one entry in the log.
func (s *setup) store(ctx context.Context, roundID string, attempts []demodb.Attempt, days map[string][]fielddb.Response) error {
	names := make([]string, 0, len(days))
	for d := range days {
		names = append(names, d)
	}
	slices.Sort(names)
	return s.Write(ctx, s.system(), authz.ResponseSubmit, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		if err := demodb.CopyAttempts(ctx, tx, s.district, attempts); err != nil {
			return err
		}
		n := 0
		for _, day := range names {
			list := days[day]
			slices.SortFunc(list, func(a, b fielddb.Response) int { return strings.Compare(a.ID, b.ID) })
			if err := fielddb.Insert(ctx, tx, s.district, day, tx.Now, list); err != nil {
				return fmt.Errorf("the answers of %s: %w", day, err)
			}
			n += len(list)
		}
		if err := pg.Analyze(ctx, tx, "response", "case_completion"); err != nil {
			return err
		}
		if err := demodb.Signals(ctx, tx, s.district, roundID, s.world.Truth.Coached.Committee, coachedSignals); err != nil {
			return err
		}
		tx.Record("round", roundID, s.district, map[string]any{"simulated": true, "attempts": len(attempts), "responses": n})
		return nil
	})
}
