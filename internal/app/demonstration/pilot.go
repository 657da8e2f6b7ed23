package demonstration

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"gongping/internal/app/account"
	"gongping/internal/app/appeals"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/appeal"
	"gongping/survey"
	"gongping/survey/instrument"
)

// pilotRound is the number of the small round of one street in the generator's
// streams, after those of the finished and the open one.
const pilotRound = 3

// pilotSize is how many people a committee has in it.
const pilotSize = 80

// pilotOf is a round in the street of the collective complaint, of half the
// committees' size, some weeks after the finished round's fieldwork.
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

// pilot is a small round that is already through everything: two workers
// appealed, one new result went on notice, was objected to and published, the
// other is on notice now with an objection that waits for its answer.
func (s *setup) pilot(ctx context.Context, questionnaire, rules string) error {
	r, manager, now := s.pilotOf(), s.as("manager"), s.clock.T
	defer func() { s.clock.T = now }()
	id, err := s.round(ctx, r, questionnaire, rules, s.evaluatorsOf(r.AreaCode), "14236651324461253346")
	if err != nil {
		return err
	}
	appellants, err := s.appellants(ctx, r)
	if err != nil {
		return err
	}
	s.rushed = map[string]int{}
	for _, who := range appellants {
		s.rushed[who.Area] = rushedEach
	}
	if err := s.collect(ctx, id, r, fieldworkSeed+1); err != nil {
		return err
	}
	s.clock.T = r.ClosesOn.AddDate(0, 0, 1).Add(9 * time.Hour)
	if err := s.rounds.Step(ctx, manager, id, survey.Closed, ""); err != nil {
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
	if len(appellants) < 2 {
		return nil // a small world, where the street has too few committees
	}
	return s.appealed(ctx, run, appellants)
}

// rushedEach is how many answers of an appellant's committee an interviewer
// ticked through.
const rushedEach = 3

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

// appellants are two workers of committees that no other story needs.
func (s *setup) appellants(ctx context.Context, r demo.Round) (list []authz.Actor, err error) {
	t := &s.world.Truth
	for _, c := range r.Plan {
		if len(list) == 2 || c.Population < pilotSize || c.Committee == t.Collective.Committee || c.Committee == t.Coached.Committee || c.Committee == t.Lone.Committee {
			continue
		}
		i := slices.IndexFunc(s.world.Workers, func(w demo.Worker) bool { return w.AreaCode == c.Committee })
		if i < 0 {
			continue
		}
		w := s.world.Workers[i]
		ids, err := s.accounts.CreateDemo(ctx, s.system(), []account.New{{Login: "worker-" + c.Committee[6:], Name: w.Post + " " + w.Name, Area: c.Committee, WorkerNo: w.No, Role: authz.Worker}})
		if err != nil {
			return nil, err
		}
		list = append(list, authz.Actor{District: s.district, AccountID: ids[0], Name: w.Name, Role: authz.Worker, Area: c.Committee, WorkerNo: w.No, Locale: "zh"})
	}
	return list, nil
}

// appealed plays the two appeals against a run. Where a small world has no
// answers to review, the story ends where it can go no further.
func (s *setup) appealed(ctx context.Context, run string, appellants []authz.Actor) error {
	begin, manager := s.clock.T, s.as("manager")
	day := func(n int) { s.clock.T = begin.AddDate(0, 0, n).Add(10 * time.Hour) }
	day(1)
	first, err := s.complain(ctx, appellants[0], run, "interview_fault", "有几份答卷在楼下集中填写，访问员没有逐题询问，时间很短，请核对访问记录。", appeal.FieldNote)
	if err != nil {
		return err
	}
	day(2)
	second, err := s.complain(ctx, appellants[1], run, "interview_fault", "访问员当晚在一栋楼里连着做了几份，每份十几秒，居民说没有听清题目，请核对用时和访问记录。", appeal.FieldNote)
	if err != nil {
		return err
	}
	day(3)
	for _, id := range []string{first, second} {
		if _, err := s.appeals.Accept(ctx, manager, id, "材料齐全，理由属于规则书所列情形，予以受理。"); err != nil {
			return err
		}
	}
	day(6)
	if err := s.votes(ctx, first, "访问记录与用时相符，过程有缺陷，不能作为评价依据。"); err != nil {
		return err
	}
	day(8)
	noticed, err := s.notice(ctx, first)
	if err != nil {
		return err
	}
	if noticed {
		day(10)
		if err := s.objected(ctx, first, "新结果排除了几份答卷，请说明依据，不能只听居委会一面之词。", "两名复核成员独立核对了访问用时，互不知情，结论一致；高分答卷按同样标准一并复核，理由已随决定公布。"); err != nil {
			return err
		}
		day(20)
		if err := s.appeals.Publish(ctx, manager, s.runOf(ctx, first)); err != nil {
			return err
		}
	}
	s.clock.T = s.world.Open.Cutoff.AddDate(0, 0, -5)
	if err := s.votes(ctx, second, "用时与访问记录相符，几份答卷没有逐题询问，应予排除。"); err != nil {
		return err
	}
	s.clock.T = s.world.Open.Cutoff.AddDate(0, 0, -2)
	if noticed, err = s.notice(ctx, second); err != nil || !noticed {
		return err
	}
	s.clock.T = s.world.Open.Cutoff.AddDate(0, 0, -1)
	return s.objected(ctx, second, "邻居也说没听清题目，但结论不能只看用时，请说明怎样核对的。", "")
}

// complain files an appeal of a worker against the own committee's result.
func (s *setup) complain(ctx context.Context, who authz.Actor, run, ground, statement string, kind appeal.Evidence) (string, error) {
	id, _, err := s.appeals.File(ctx, who, appeals.Filing{RunID: run, Unit: who.Area, Ground: ground, Statement: statement,
		Files: []appeals.File{{Name: "情况说明.txt", Kind: kind, Content: []byte("情况说明（演示）：" + statement + "\n")}}})
	return id, err
}

// votes lets the seated members of the panel find the low answers under review
// affected, each by themselves.
func (s *setup) votes(ctx context.Context, id, reason string) error {
	items, err := appealdb.Items(ctx, s.Pool, s.district, id)
	if err != nil {
		return err
	}
	v := appeals.VoteInput{Outcome: appeal.Uphold, Reason: reason}
	for _, it := range items {
		if it.Side == appeal.Low {
			v.Affected = append(v.Affected, it.Label)
		}
	}
	if len(v.Affected) == 0 {
		v.Outcome = appeal.Reject
	}
	for _, a := range s.world.Accounts {
		if a.Role != "panel" {
			continue
		}
		err := s.appeals.Vote(ctx, s.as(a.Login), id, v)
		if err != nil && !errs.Is(err, errs.NotFound) { // not seated
			return err
		}
	}
	return nil
}

// notice puts the run of an appeal on public notice, and tells whether it did:
// a run whose difference would reveal an answer is held back.
func (s *setup) notice(ctx context.Context, id string) (bool, error) {
	run := s.runOf(ctx, id)
	if run == "" {
		return false, nil
	}
	err := s.appeals.OpenNotice(ctx, s.as("manager"), run)
	if errs.Is(err, errs.Conflict) {
		return false, nil
	}
	return err == nil, err
}

func (s *setup) runOf(ctx context.Context, id string) string {
	run, err := appealdb.RunOf(ctx, s.Pool, s.district, id)
	if err != nil {
		return ""
	}
	return run
}

// objected lets a resident object to a notice; with an answer the manager gives it.
func (s *setup) objected(ctx context.Context, id, text, answer string) error {
	resident := authz.Actor{District: s.district, Role: authz.Resident, Area: s.district}
	if err := s.appeals.Object(ctx, resident, id, text); err != nil || answer == "" {
		return err
	}
	list, err := appealdb.Objections(ctx, s.Pool, s.district, id)
	if err != nil {
		return err
	}
	return s.appeals.Answer(ctx, s.as("manager"), id, list[len(list)-1].ID, answer)
}

// evaluatorsOf are the evaluators of a street.
func (s *setup) evaluatorsOf(street string) []rounddb.Evaluator {
	return slices.DeleteFunc(s.evaluators(), func(e rounddb.Evaluator) bool { return e.Area != street })
}
