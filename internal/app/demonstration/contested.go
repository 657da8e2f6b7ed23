package demonstration

import (
	"context"
	"slices"
	"time"

	"gongping/internal/app/appeals"
	"gongping/internal/app/draws"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/appealdb"
	"gongping/scoring/appeal"
	"gongping/survey/draw"
)

// The stories of the appeals against the small round, in the order of filing.
const (
	storyUpheld  = iota // upheld; in force with the next after notice and an answered objection
	storyPartly         // the third member finds the middle; the same batch
	storyContext        // rejected, and before the second instance now
	storyFigures        // a wrong figure is put right; on notice now
	storyAnew           // set aside, and residents are being asked anew
	storyMore           // a member stepped back, another was given more time, one vote is cast
	storyNotice         // on notice now, with an objection that waits for its answer
)

var stories = []int{storyUpheld, storyPartly, storyContext, storyFigures, storyAnew, storyMore, storyNotice}

// contested is a published run with those who appeal against it.
type contested struct {
	round, run, street string
	who                []authz.Actor
}

// wording is what a story's appellant says.
var wording = []struct {
	ground, statement string
	kind              appeal.Evidence
}{
	{"interview_fault", "有几份答卷在楼下集中填写，访问员没有逐题询问，时间很短，请核对访问记录。", appeal.FieldNote},
	{"interview_fault", "有居民说访问员只问了一句“满不满意”就自己勾完了，请核对这几份的用时。", appeal.FieldNote},
	{"missing_context", "评议期间我们小区正在做外墙修缮，满意度受施工影响，请一并考虑。", ""},
	{"calculation", "我居委会的第一项客观指标分子少了一位数，台账可查，请核对后重新计算。", appeal.Calculation},
	{"interview_fault", "同一名访问员当晚在两栋楼连做几份，每份十几秒，请重新访问居民。", appeal.FieldNote},
	{"interview_fault", "访问员没有出示证件，也没有逐题念题，居民事后向我们反映，请核对。", appeal.FieldNote},
	{"interview_fault", "访问员当晚在一栋楼里连着做了几份，每份十几秒，居民说没有听清题目，请核对用时和访问记录。", appeal.FieldNote},
}

// appealed plays the appeals from filing to where each of them stands today.
func (s *setup) appealed(ctx context.Context, c contested) error {
	begin, manager := s.clock.T, s.as("manager")
	day := func(n int) { s.clock.T = begin.AddDate(0, 0, n) }
	ids := make([]string, len(stories))
	for k, who := range c.who {
		day(1 + k/4)
		w := wording[k]
		in := appeals.Filing{RunID: c.run, Unit: who.Area, Ground: w.ground, Statement: w.statement}
		if w.kind != "" {
			in.Files = []appeals.File{{Name: "情况说明.txt", Kind: w.kind, Content: []byte("情况说明（演示）：" + w.statement + "\n")}}
		}
		var err error
		if ids[k], _, err = s.appeals.File(ctx, who, in); err != nil {
			return err
		}
	}
	day(3)
	for _, id := range ids {
		if _, err := s.appeals.Accept(ctx, manager, id, "材料齐全，理由属于规则书所列情形，予以受理。"); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		day int
		do  func(context.Context, contested, []string) error
	}{{6, s.firstBatch}, {25, s.rejected}, {27, s.moreTime}, {35, s.secondBatch}, {39, s.askedAnew}} {
		day(step.day)
		if err := step.do(ctx, c, ids); err != nil {
			return err
		}
	}
	return nil
}

// firstBatch decides the first two appeals; one run answers both. It goes on
// notice, somebody objects and is answered, and it comes into force.
func (s *setup) firstBatch(ctx context.Context, _ contested, ids []string) error {
	fault := "访问记录与用时相符，过程有缺陷，不能作为评价依据。"
	if err := s.cast(ctx, ids[storyUpheld], ballot{appeal.Uphold, 3, "", fault}, ballot{appeal.Uphold, 3, "", "用时明显不足，同意排除。"}); err != nil {
		return err
	}
	s.clock.Advance(24 * time.Hour)
	if err := s.cast(ctx, ids[storyPartly], ballot{appeal.Uphold, 3, "", "几份用时都不够逐题念完。"}, ballot{appeal.Reject, 0, "", "居民的说法没有书面记录，证据不足。"},
		ballot{appeal.Partly, 2, "", "两份用时过短可以认定，另一份不能认定。"}); err != nil {
		return err
	}
	s.clock.Advance(24 * time.Hour)
	run := s.runOf(ctx, ids[storyPartly])
	if noticed, err := s.notice(ctx, run); err != nil || !noticed {
		return err
	}
	s.clock.Advance(2 * 24 * time.Hour)
	if err := s.objected(ctx, ids[storyUpheld], "新结果排除了几份答卷，请说明依据，不能只听居委会一面之词。", "两名复核成员独立核对了访问用时，互不知情，结论一致；高分答卷按同样标准一并复核，理由已随决定公布。"); err != nil {
		return err
	}
	if err := s.afterNotice(ctx, ids[storyUpheld]); err != nil {
		return err
	}
	return s.appeals.Publish(ctx, s.as("manager"), run)
}

// rejected rejects an appeal whose worker then goes to the second instance.
func (s *setup) rejected(ctx context.Context, c contested, ids []string) error {
	if err := s.cast(ctx, ids[storyContext], ballot{appeal.Reject, 0, "", "修缮由业委会组织，问卷没有涉及施工；没有可更正的数据。"}, ballot{appeal.Reject, 0, "", "说明的情况不影响所评事项。"}); err != nil {
		return err
	}
	s.clock.Advance(6 * 24 * time.Hour)
	id, _, err := s.appeals.FileSecond(ctx, c.who[storyContext], ids[storyContext], "第一次复核没有看到街道的施工通知：施工占用了唯一的活动场地，居民把怨气记在我们头上，请另一组成员再看。", nil)
	if err != nil {
		return err
	}
	s.clock.Advance(24 * time.Hour)
	_, err = s.appeals.Accept(ctx, s.as("manager"), id, "在期限内提出，由另一组成员复核。")
	return err
}

// moreTime lets a member step back, another ask for more time, the manager grant
// it, and one vote.
func (s *setup) moreTime(ctx context.Context, _ contested, ids []string) error {
	id := ids[storyMore]
	seats, err := s.seated(ctx, id)
	if err != nil || len(seats) < 2 {
		return err
	}
	if err := s.appeals.StepBack(ctx, seats[0], id, "从情况说明里认出了当事人，应当回避。"); err != nil {
		return err
	}
	s.clock.Advance(24 * time.Hour)
	if err := s.appeals.AskExtension(ctx, seats[1], id, 5, "换了成员，访问记录还要核对几天。"); err != nil {
		return err
	}
	s.clock.Advance(3 * time.Hour)
	if err := s.appeals.Extend(ctx, s.as("manager"), id, 5, "成员更换，同意延长五个工作日。"); err != nil {
		return err
	}
	s.clock.Advance(4 * 24 * time.Hour)
	return s.cast(ctx, id, ballot{appeal.Partly, 2, "", "两份没有逐题询问，其余不能认定。"})
}

// secondBatch puts a figure right and sets answers aside; the result of both is
// on notice now, with an objection that waits for its answer.
func (s *setup) secondBatch(ctx context.Context, c contested, ids []string) error {
	if err := s.figures(ctx, c.round, c.street, ""); err != nil {
		return err
	}
	s.clock.Advance(time.Hour)
	if err := s.cast(ctx, ids[storyFigures], ballot{appeal.Uphold, 0, "", "台账与上报数不一致，少了一位，应予更正。"}, ballot{appeal.Uphold, 0, "", "核对台账无误，同意更正。"}); err != nil {
		return err
	}
	s.clock.Advance(24 * time.Hour)
	if err := s.cast(ctx, ids[storyNotice], ballot{appeal.Uphold, 3, "", "用时与访问记录相符，几份答卷没有逐题询问，应予排除。"}, ballot{appeal.Uphold, 3, "", "每份只有十几秒，不可能问完。"}); err != nil {
		return err
	}
	s.clock.T = s.world.Open.Cutoff.AddDate(0, 0, -5)
	noticed, err := s.notice(ctx, s.runOf(ctx, ids[storyNotice]))
	if err != nil || !noticed {
		return err
	}
	s.clock.T = s.world.Open.Cutoff.AddDate(0, 0, -1)
	return s.objected(ctx, ids[storyNotice], "邻居也说没听清题目，但结论不能只看用时，请说明怎样核对的。", "")
}

// askedAnew decides that residents are asked anew and draws them: by evaluators
// who did not interview the answers that were set aside.
func (s *setup) askedAnew(ctx context.Context, c contested, ids []string) error {
	s.clock.T = s.world.Open.Cutoff.AddDate(0, 0, -4)
	id := ids[storyAnew]
	if err := s.cast(ctx, id, ballot{appeal.Uphold, 2, appeal.ReAsk, "用时过短，应另访居民。"}, ballot{appeal.Uphold, 2, appeal.ReAsk, "同意不计入，并重新访问。"}); err != nil {
		return err
	}
	// Draws stand in the order of their times, and the open round's is earlier.
	s.later = append(s.later, func(ctx context.Context) error { return s.drawnAnew(ctx, c) })
	return nil
}

// drawnAnew draws the residents who are asked anew.
func (s *setup) drawnAnew(ctx context.Context, c contested) error {
	due := s.world.Open.Cutoff.AddDate(0, 0, -3)
	s.clock.T = due.Add(-4 * time.Hour)
	at := draw.Randomness{Kind: draw.Dice, Name: "政务服务大厅公开掷骰（重访） " + due.In(appeal.Zone).Format(time.DateOnly), Due: due}
	commitment, err := s.appeals.OpenReAsk(ctx, s.as("manager"), c.round, draws.Wish{Randomness: at})
	if errs.Is(err, errs.Conflict) || errs.Is(err, errs.Invalid) {
		return nil // nothing was set aside, or everybody had been drawn
	}
	if err != nil {
		return err
	}
	s.clock.T = due.Add(time.Hour)
	_, err = s.draws.Reveal(ctx, s.as("manager-2"), commitment, "52361442615334216541", "演示：政务服务大厅公开掷骰，居民代表见证并签字，录像存档")
	return err
}

// ballot is a vote: how many of the low answers under review it marks, the
// consequence ("" is the ground's first) and the reason.
type ballot struct {
	outcome appeal.Outcome
	mark    int
	remedy  appeal.Remedy
	reason  string
}

// cast lets the members who sit vote in their order, each by themselves; a third
// one votes where the first two differ.
func (s *setup) cast(ctx context.Context, id string, list ...ballot) error {
	items, err := appealdb.Items(ctx, s.Pool, s.district, id)
	if err != nil {
		return err
	}
	var lows []string
	for _, it := range items {
		if it.Side == appeal.Low {
			lows = append(lows, it.Label)
		}
	}
	for k, b := range list {
		seats, err := s.seated(ctx, id)
		if err != nil || k >= len(seats) {
			return err
		}
		v := appeals.VoteInput{Outcome: b.outcome, Affected: lows[:min(b.mark, len(lows))], Reason: b.reason, Remedy: b.remedy}
		if err := s.appeals.Vote(ctx, seats[k], id, v); err != nil {
			return err
		}
	}
	return nil
}

// seated are the members who sit on an appeal, in the order of joining.
func (s *setup) seated(ctx context.Context, id string) (list []authz.Actor, err error) {
	events, err := appealdb.Events(ctx, s.Pool, s.district, id)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		switch e.Kind {
		case appeal.KindAssigned:
			for _, m := range e.Members {
				list = append(list, authz.Actor{District: s.district, AccountID: m, Role: authz.Panel, Area: s.district, Locale: "zh"})
			}
		case appeal.KindRecused:
			list = slices.DeleteFunc(list, func(a authz.Actor) bool { return a.AccountID == e.Members[0] })
		}
	}
	return list, nil
}

// notice puts a run on public notice, and tells whether it did: a run whose
// difference would reveal an answer is held back.
func (s *setup) notice(ctx context.Context, run string) (bool, error) {
	if run == "" {
		return false, nil
	}
	err := s.appeals.OpenNotice(ctx, s.as("manager"), run)
	if errs.Is(err, errs.Conflict) {
		return false, nil
	}
	return err == nil, err
}

// afterNotice moves the clock behind the end of an appeal's public notice.
func (s *setup) afterNotice(ctx context.Context, id string) error {
	events, err := appealdb.Events(ctx, s.Pool, s.district, id)
	for _, e := range events {
		if e.Kind == appeal.KindNoticed && e.Until != nil && s.clock.T.Before(*e.Until) {
			s.clock.T = e.Until.Add(10 * time.Hour)
		}
	}
	return err
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
