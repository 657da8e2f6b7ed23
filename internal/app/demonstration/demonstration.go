// Package demonstration sets up the district that `gongping serve --demo`
// opens on. It does what people would do, through the same use cases, on a
// clock that is wound back to when they would have done it; only the simulated
// answers of the fieldwork are written in bulk (see fieldwork.go).
package demonstration

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/appeals"
	"gongping/internal/app/draws"
	"gongping/internal/app/field"
	"gongping/internal/app/intake"
	"gongping/internal/app/rounds"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/clock"
	"gongping/internal/demo"
	"gongping/internal/pg/demodb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/appeal"
	"gongping/scoring/composite"
	"gongping/survey"
)

// Report is told which part is being set up and how far all of it is, 0 to 1.
type Report func(part string, fraction float64)

// setup is one setting-up with its services, all on the same movable clock.
type setup struct {
	*app.Core
	clock    *clock.Fixed
	world    *demo.World
	district string
	report   Report
	accounts *account.Service
	intake   *intake.Service
	rounds   *rounds.Service
	draws    *draws.Service
	scores   *score.Service
	field    *field.Service
	appeals  *appeals.Service
	ids      map[string]string             // account ids by login
	later    []func(context.Context) error // what the time of the open round has to pass for
	frame    string
	sample   bool              // the next answer by link is the one with the sample receipt
	regrets  map[string]string // answers that will be taken back, by committee
	rushed   map[string]int    // answers still to be ticked through, by committee: see pilot.go
	// counted is told how many answers each committee of a round will have.
	counted func(answers map[string]int) error
}

// State tells what the district holds: demodb.Started is a demonstration that
// was cut off and cannot be completed, because it was made of acts that are
// never undone.
func State(ctx context.Context, core *app.Core) (string, error) {
	return demodb.State(ctx, core.Pool, demo.DistrictCode)
}

// SetUp fills an empty district with the demonstration as of now.
func SetUp(ctx context.Context, core *app.Core, report Report) error {
	return Build(ctx, core, demo.Generate(demo.DefaultSeed, demo.Options{Today: core.Clock.Now().In(demo.Zone)}), report)
}

// Build fills an empty district with a world.
func Build(ctx context.Context, core *app.Core, w *demo.World, report Report) error {
	if report == nil {
		report = func(string, float64) {}
	}
	if state, err := State(ctx, core); err != nil || state != "empty" {
		return err
	}
	if err := demodb.Mark(ctx, core.Pool, demo.DistrictCode, app.NewID(), demodb.Started, core.Clock.Now()); err != nil {
		return err
	}
	world := *w // with one more member of the panel, so that the case of the lone disputes has two who are free
	world.Accounts = append(slices.Clone(w.Accounts), demo.Account{Login: "panel-7", Role: "panel", AreaCode: demo.DistrictCode, DisplayName: "评审员七 尤例庚"})
	w = &world
	c := *core
	fixed := &clock.Fixed{T: w.Finished.OpensOn.AddDate(0, 0, -30).Add(9 * time.Hour)}
	c.Clock = fixed
	s := &setup{Core: &c, clock: fixed, world: w, district: demo.DistrictCode, report: report, ids: map[string]string{},
		accounts: &account.Service{Core: &c}, intake: intake.New(&c, ""), rounds: &rounds.Service{Core: &c},
		draws: &draws.Service{Core: &c}, scores: &score.Service{Core: &c}, field: field.New(&c)}
	defer func() { _ = s.field.Close(context.WithoutCancel(ctx)) }() // nothing is submitted through it
	s.appeals = appeals.New(&c, s.scores)
	for _, step := range []struct {
		part string
		at   float64
		do   func(context.Context) error
	}{
		{"areas", 0, s.areas}, {"accounts", 0.05, s.people}, {"frame", 0.08, s.residents},
		{"finished_round", 0.45, s.finished}, {"open_round", 0.85, s.open}, {"open_round", 0.98, s.rest},
	} {
		report(step.part, step.at)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("demonstration, %s: %w", step.part, err)
		}
	}
	report("done", 1)
	return demodb.Mark(ctx, core.Pool, demo.DistrictCode, app.NewID(), demodb.Done, core.Clock.Now())
}

func (s *setup) system() authz.Actor { return authz.SystemActor(s.district) }

// as acts for an account of the world.
func (s *setup) as(login string) authz.Actor {
	for _, a := range s.world.Accounts {
		if a.Login == login {
			return authz.Actor{District: s.district, AccountID: s.ids[login], Name: a.DisplayName, Role: authz.Role(a.Role), Area: a.AreaCode, WorkerNo: a.WorkerNo, Locale: "zh", Department: a.Department}
		}
	}
	panic("demonstration: no account " + login)
}

// file imports what the world writes as a CSV.
func (s *setup) file(ctx context.Context, who authz.Actor, req intake.Request, name string, write func(io.Writer, demo.Headers) error, prog intake.Progress) (*intake.Outcome, error) {
	var b bytes.Buffer
	if err := write(&b, demo.Chinese); err != nil {
		return nil, err
	}
	src, err := intake.NewSource(name, bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		return nil, err
	}
	out, _, err := s.intake.Import(ctx, who, req, src, prog)
	return out, err
}

func (s *setup) areas(ctx context.Context) error {
	if _, err := s.file(ctx, s.system(), intake.Request{Kind: intake.Areas}, "区域.csv", s.world.WriteAreas, nil); err != nil {
		return err
	}
	_, err := s.file(ctx, s.system(), intake.Request{Kind: intake.Workers}, "社区工作者.csv", s.world.WriteWorkers, nil)
	return err
}

func (s *setup) people(ctx context.Context) error {
	if err := s.departmentList(ctx); err != nil {
		return err
	}
	list := make([]account.New, 0, len(s.world.Accounts))
	for _, a := range s.world.Accounts {
		list = append(list, account.New{Login: a.Login, Name: a.DisplayName, Area: a.AreaCode, WorkerNo: a.WorkerNo, Role: authz.Role(a.Role), Department: a.Department})
	}
	ids, err := s.accounts.CreateDemo(ctx, s.system(), list)
	for i, id := range ids {
		s.ids[list[i].Login] = id
	}
	return err
}

func (s *setup) residents(ctx context.Context) error {
	total := float64(len(s.world.People))
	out, err := s.file(ctx, s.as("manager"), intake.Request{Kind: intake.Frame, Name: "徐汇区居民抽样框（演示）"}, "居民.csv", s.world.WriteFrame,
		func(stage intake.Stage, done, _ int64) {
			at := 0.08
			if stage == intake.Storing {
				at = 0.18
			}
			s.report("frame", at+0.25*float64(done)/total)
		})
	if err != nil {
		return err
	}
	s.frame = out.FrameID
	s.clock.Advance(2 * 24 * time.Hour)
	if err := s.places(ctx); err != nil {
		return err
	}
	return s.freeze(ctx)
}

// round drafts, freezes, commits, draws and opens a round of the world.
func (s *setup) round(ctx context.Context, r demo.Round, questionnaire, rules string, evaluators []rounddb.Evaluator, seed string) (string, error) {
	manager, second := s.as("manager"), s.as("manager-2")
	s.clock.T = r.OpensOn.AddDate(0, 0, -14).Add(10 * time.Hour)
	id, err := s.rounds.Create(ctx, manager, rounds.Draft{Title: r.Title["zh"], AreaCode: r.AreaCode, FrameID: s.frame, QuestionnaireID: questionnaire,
		RuleBookID: rules, QuestionnaireVersion: 1, RuleBookVersion: 1, Plan: r.SurveyPlan(), OpensOn: r.OpensOn, ClosesOn: r.ClosesOn, Evaluators: evaluators}, "")
	if err != nil {
		return "", err
	}
	if err := s.rounds.Freeze(ctx, manager, id); err != nil {
		return "", err
	}
	due := r.OpensOn.AddDate(0, 0, -4).Add(15 * time.Hour)
	commitment, err := s.draws.Commit(ctx, manager, id, draws.Wish{Purpose: fmt.Sprintf("xuhui-%s-main", r.OpensOn.Format("2006-01")), Randomness: randomness(due)})
	if err != nil {
		return "", err
	}
	s.clock.T = due.Add(time.Hour)
	if _, err := s.draws.Reveal(ctx, second, commitment, seed, "演示：当日15时在区政务服务大厅公开掷骰，居民代表见证并签字，录像存档"); err != nil {
		return "", err
	}
	s.clock.T = r.OpensOn.Add(8 * time.Hour)
	return id, s.rounds.Step(ctx, manager, id, survey.Collecting, "")
}

func (s *setup) evaluators() (list []rounddb.Evaluator) {
	for _, a := range s.world.Accounts {
		if a.Role == "evaluator" {
			list = append(list, rounddb.Evaluator{AccountID: s.ids[a.Login], Area: a.AreaCode})
		}
	}
	return list
}

// frameShare is the share of all households that the invented register holds, so
// that the households a worker look as they do where all are registered.
const frameShare = 0.07

func (s *setup) finished(ctx context.Context) error {
	manager := s.as("manager")
	if err := s.examples(ctx, manager); err != nil {
		return err
	}
	q, _, err := s.rounds.SaveQuestionnaire(ctx, manager, "", &s.world.Questionnaire)
	if err != nil {
		return err
	}
	book := composite.Default()
	work := book.RulesOfRecords()
	work.FrameShare = frameShare
	book.RecordRules = &work
	rules, _, err := s.rounds.SaveRuleBook(ctx, manager, "", &book)
	if err != nil {
		return err
	}
	if err := s.conflicts(ctx); err != nil {
		return err
	}
	id, err := s.round(ctx, s.world.Finished, q, rules, s.evaluators(), "35214662413562451326")
	if err != nil {
		return err
	}
	if err := s.collected(ctx, id); err != nil {
		return err
	}
	run, err := s.published(ctx, id)
	if err != nil {
		return err
	}
	if err := s.departmentReplies(ctx, id); err != nil {
		return err
	}
	if err := s.pilot(ctx, q, rules); err != nil {
		return err
	}
	return s.contest(ctx, run)
}

// collected takes the finished round through its fieldwork, checks included, and
// brings in what else is counted.
func (s *setup) collected(ctx context.Context, id string) error {
	manager := s.as("manager")
	s.report("fieldwork", 0.55)
	if err := s.letters(ctx); err != nil {
		return err
	}
	s.regrets = map[string]string{}
	if err := s.collect(ctx, id, s.world.Finished, fieldworkSeed); err != nil {
		return err
	}
	s.clock.T = s.world.Finished.ClosesOn.Add(14 * time.Hour)
	if err := s.takeBack(ctx); err != nil {
		return err
	}
	s.clock.T = s.world.Finished.ClosesOn.Add(15 * time.Hour)
	if err := s.examine(ctx, id, s.world.Finished); err != nil {
		return err
	}
	s.clock.T = s.world.Finished.ClosesOn.AddDate(0, 0, 1).Add(9 * time.Hour)
	if err := s.rounds.Step(ctx, manager, id, survey.Closed, ""); err != nil {
		return err
	}
	if err := s.endChecks(ctx, id); err != nil {
		return err
	}
	if _, err := s.file(ctx, manager, intake.Request{Kind: intake.Indicators, Round: id}, "客观指标.csv", s.world.WriteIndicators, nil); err != nil {
		return err
	}
	if _, err := s.file(ctx, manager, intake.Request{Kind: intake.Ratings, Round: id}, "评议打分.csv", s.world.WriteRatings, nil); err != nil {
		return err
	}
	return s.opinions(ctx, id)
}

// published scores the finished round and publishes a few days before the
// demonstration opens, so that the time in which workers may appeal is running.
func (s *setup) published(ctx context.Context, id string) (run string, err error) {
	manager := s.as("manager")
	s.report("scoring", 0.7)
	s.clock.Advance(24 * time.Hour)
	if run, err = s.scores.Start(ctx, manager, id, "访问结束后的首次计算"); err != nil {
		return "", err
	}
	s.clock.T = s.world.Open.Cutoff.AddDate(0, 0, -3)
	return run, s.scores.Publish(ctx, manager, run)
}

// contest files the appeal that the panel of the demonstration can vote on: the
// worker of the committee with the lone disputes points at a misunderstanding.
func (s *setup) contest(ctx context.Context, run string) error {
	s.clock.Advance(26 * time.Hour)
	id, _, err := s.appeals.File(ctx, s.as("worker-lone"), appeals.Filing{RunID: run, Unit: s.world.Truth.Lone.Committee, Ground: "misunderstanding",
		Statement: "今年春天加装电梯的意见征询由业委会组织，居委会只提供场地。有几户居民误以为是居委会不同意加装，因此给了最低分。征询记录和会议通知可以说明。",
		Files: []appeals.File{{Name: "征询会议记录.txt", Kind: appeal.WorkRecord,
			Content: []byte("加装电梯意见征询会记录（演示）\n主持：业主委员会\n地点：居委会活动室\n居委会职责：提供场地，不参与表决。\n")}}})
	if err != nil {
		return err
	}
	s.clock.Advance(3 * time.Hour)
	if _, err = s.appeals.Accept(ctx, s.as("manager"), id, "材料齐全，理由属于规则书所列情形，予以受理。事实：征询由业主委员会组织，居委会提供场地。"); err != nil {
		return err
	}
	// Somebody who joins now is the third, where the two differ.
	ids, err := s.accounts.CreateDemo(ctx, s.system(), []account.New{{Login: "panel-8", Name: "评审员八 许例辛", Area: s.district, Role: authz.Panel}})
	if err != nil {
		return err
	}
	s.ids["panel-8"] = ids[0]
	s.world.Accounts = append(s.world.Accounts, demo.Account{Login: "panel-8", Role: "panel", AreaCode: s.district, DisplayName: "评审员八 许例辛"})
	return nil
}

// rest does what had to wait for the open round.
func (s *setup) rest(ctx context.Context) error {
	for _, do := range s.later {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *setup) open(ctx context.Context) error {
	q, err := s.rounds.Documents(ctx, s.system(), rounddb.Questionnaires)
	if err != nil {
		return err
	}
	b, err := s.rounds.Documents(ctx, s.system(), rounddb.RuleBooks)
	if err != nil {
		return err
	}
	id, err := s.round(ctx, s.world.Open, q[0].ID, b[0].ID, s.evaluators(), "62351441265364125334")
	if err != nil {
		return err
	}
	s.sample = true
	if err := s.collect(ctx, id, s.world.Open, fieldworkSeed); err != nil {
		return err
	}
	if err := s.examine(ctx, id, s.world.Open); err != nil {
		return err
	}
	if err := s.phones(ctx); err != nil {
		return err
	}
	if err := s.paper(ctx, id); err != nil {
		return err
	}
	if err := s.review(ctx, id); err != nil {
		return err
	}
	if err := s.work(ctx, id); err != nil {
		return err
	}
	if err := s.handedDown(ctx); err != nil {
		return err
	}
	return s.graded(ctx)
}
