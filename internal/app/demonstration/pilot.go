package demonstration

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gongping/internal/app/account"
	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/instrument"
)

// pilotRound is the number of the small round of one street in the generator's
// streams, after those of the finished and the open one.
const pilotRound = 3

// pilotSize is how many people a committee has in it: enough that most reach the
// answers from which there is a score.
const pilotSize = 110

// pilotOf is a round in the street of the collective complaint, with a
// third or so of the residents, some weeks after the finished round's fieldwork.
func (s *setup) pilotOf() demo.Round {
	street, opens := s.world.Truth.Collective.Committee[:9], s.world.Open.Cutoff.Truncate(24*time.Hour).AddDate(0, 0, -62)
	r := demo.Round{Number: pilotRound, AreaCode: street, OpensOn: opens, ClosesOn: opens.AddDate(0, 0, 14), Cutoff: opens.AddDate(0, 0, 15),
		Title: map[string]string{"zh": fmt.Sprintf("%d年街道回访（一个街道）", opens.Year()), "en": fmt.Sprintf("Follow-up of one street, %d", opens.Year())}}
	for _, c := range s.world.Finished.Plan {
		if c.Committee[:9] == street {
			c.Planned = min(pilotSize, c.Population)
			r.Plan = append(r.Plan, c)
		}
	}
	return r
}

// pilot is a small round that has been through everything: seven workers appealed
// against its result, see appealed.
func (s *setup) pilot(ctx context.Context, questionnaire, rules string) error {
	r, manager, now := s.pilotOf(), s.as("manager"), s.clock.T
	defer func() { s.clock.T = now }()
	id, err := s.round(ctx, r, questionnaire, rules, s.evaluatorsOf(r.AreaCode), "14236651324461253346")
	if err != nil {
		return err
	}
	var appellants []authz.Actor
	s.counted = func(answers map[string]int) (err error) {
		appellants, err = s.appellants(ctx, r, answers)
		s.rushed = map[string]int{}
		for k, who := range appellants {
			if stories[k] != storyContext && stories[k] != storyFigures {
				s.rushed[who.Area] = rushedEach
			}
		}
		return err
	}
	err = s.collect(ctx, id, r, fieldworkSeed+1)
	s.counted = nil
	if err != nil {
		return err
	}
	s.clock.T = r.ClosesOn.AddDate(0, 0, 1).Add(9 * time.Hour)
	if err := s.rounds.Step(ctx, manager, id, survey.Closed, ""); err != nil {
		return err
	}
	wrong := ""
	if len(appellants) == len(stories) {
		wrong = appellants[storyFigures].Area
	}
	if err := s.figures(ctx, id, r.AreaCode, wrong); err != nil {
		return err
	}
	s.clock.Advance(3 * 24 * time.Hour)
	run, err := s.scores.Start(ctx, manager, id, "回访结束后的首次计算")
	if err != nil {
		return err
	}
	s.clock.Advance(24 * time.Hour)
	if err := s.scores.Publish(ctx, manager, run); err != nil {
		return err
	}
	if len(appellants) < len(stories) {
		return nil // a small world, where the street has too few committees
	}
	return s.appealed(ctx, contested{round: id, run: run, street: r.AreaCode, who: appellants})
}

// figures imports the indicators of a street; in one committee a digit of the
// first is missing, which its worker will find.
func (s *setup) figures(ctx context.Context, round, street, wrong string) error {
	w := *s.world
	w.Indicators = nil
	seen := false
	for _, x := range s.world.Indicators {
		if x.Committee[:len(street)] != street {
			continue
		}
		if x.Committee == wrong && !seen && x.Numerator >= 10 {
			x.Numerator, seen = x.Numerator/10, true
		}
		w.Indicators = append(w.Indicators, x)
	}
	_, err := s.file(ctx, s.as("manager"), intake.Request{Kind: intake.Indicators, Round: round}, "客观指标.csv", w.WriteIndicators, nil)
	return err
}

// rushedEach is how many answers of an appellant's committee an interviewer
// ticked through.
const rushedEach = 3

// enoughAnswers is how many answers an appellant's committee has, so that there
// is a score before and after some are set aside.
const enoughAnswers = 30 + 2*rushedEach

// rush makes an answer one that was ticked through within seconds.
func (s *setup) rush(v *demo.Visit) {
	v.Answers = maps.Clone(v.Answers)
	for _, it := range s.world.Questionnaire.Items {
		if _, given := v.Answers[it.ID]; given && it.Kind == instrument.Grade5 {
			v.Answers[it.ID] = "1"
		}
	}
	v.Seconds = 14
}

// appellants are workers of committees with enough answers that no other story
// needs, one for each story of appealed.
func (s *setup) appellants(ctx context.Context, r demo.Round, answers map[string]int) (list []authz.Actor, err error) {
	t := &s.world.Truth
	for _, c := range r.Plan {
		if len(list) == len(stories) || answers[c.Committee] < enoughAnswers || c.Committee == t.Collective.Committee || c.Committee == t.Coached.Committee || c.Committee == t.Lone.Committee {
			continue
		}
		i := slices.IndexFunc(s.world.Workers, func(w demo.Worker) bool { return w.AreaCode == c.Committee })
		if i < 0 {
			continue
		}
		w, login := s.world.Workers[i], "worker-"+c.Committee[6:]
		if len(list) == storyUpheld {
			login = "worker-appeal" // offered on the sign-in page
		}
		ids, err := s.accounts.CreateDemo(ctx, s.system(), []account.New{{Login: login, Name: w.Post + " " + w.Name, Area: c.Committee, WorkerNo: w.No, Role: authz.Worker}})
		if err != nil {
			return nil, err
		}
		list = append(list, authz.Actor{District: s.district, AccountID: ids[0], Name: w.Name, Role: authz.Worker, Area: c.Committee, WorkerNo: w.No, Locale: "zh"})
	}
	return list, nil
}

// evaluatorsOf are the evaluators of a street.
func (s *setup) evaluatorsOf(street string) []rounddb.Evaluator {
	return slices.DeleteFunc(s.evaluators(), func(e rounddb.Evaluator) bool { return e.Area != street })
}
