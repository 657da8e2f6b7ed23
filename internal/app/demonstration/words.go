package demonstration

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"gongping/internal/app/departments"
	"gongping/internal/app/words"
	"gongping/internal/demo"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/pg/worddb"
	"gongping/scoring/qualitative"
)

// departmentList makes the functional departments of the demonstration.
func (s *setup) departmentList(ctx context.Context) error {
	list := make([]departmentdb.Department, len(demo.Departments))
	for i, d := range demo.Departments {
		list[i] = departmentdb.Department{Code: d.Code, Name: d.Name, NameEN: d.NameEN, Active: true}
	}
	return (&departments.Service{Core: s.Core}).Save(ctx, s.system(), list)
}

// codedTexts is how many texts of the finished round two coders have coded when
// the demonstration opens; leftOver are half coded, so that a visitor finds
// some that wait for a second or a third.
const (
	codedTexts = 360
	leftOver   = 12
)

// opinions takes in what people said in the finished round and lets two panel
// members code a part of it, blind to each other, and the supervisor where they
// differ. Texts that blame come first: those are what attributions are made of.
func (s *setup) opinions(ctx context.Context, round string) error {
	svc := words.New(s.Core)
	manager := s.as("manager")
	book := qualitative.Standard()
	if _, err := svc.SaveCodebook(ctx, manager, &book); err != nil {
		return err
	}
	if _, err := svc.TakeIn(ctx, manager, round); err != nil {
		return err
	}
	scope := words.Scope{Round: round}
	texts, err := svc.Waiting(ctx, s.as("panel-5"), scope, 5000)
	if err != nil {
		return err
	}
	slices.SortStableFunc(texts, func(a, b worddb.Text) int { return cmp.Or(blames(b)-blames(a), cmp.Compare(a.Body, b.Body)) })
	// The story of lone grievances is told by the estimator alone: there nothing is
	// credited away.
	texts = slices.DeleteFunc(texts, func(t worddb.Text) bool { return t.Area == s.world.Truth.Lone.Committee })
	texts = texts[:min(len(texts), codedTexts)]
	var first, second []words.Judgement
	third := map[string]string{}
	for i, t := range texts {
		a, b := demo.Judge(t.Body, 0), demo.Judge(t.Body, 1)
		first = append(first, words.Judgement{Lead: t.ID, Codes: a})
		if i >= len(texts)-leftOver {
			continue
		}
		second = append(second, words.Judgement{Lead: t.ID, Codes: b})
		third[t.ID] = t.Body
	}
	if err := svc.CodeMany(ctx, s.as("panel-5"), first); err != nil {
		return err
	}
	if err := svc.CodeMany(ctx, s.as("panel-6"), second); err != nil {
		return err
	}
	return s.thirds(ctx, svc, scope, third)
}

// thirds lets the supervisor decide where the two differ, but for a few.
func (s *setup) thirds(ctx context.Context, svc *words.Service, scope words.Scope, of map[string]string) error {
	who := s.as("supervisor")
	waiting, err := svc.Waiting(ctx, who, scope, 5000)
	if err != nil {
		return err
	}
	var list []words.Judgement
	for _, t := range waiting {
		if body, ok := of[t.ID]; ok {
			list = append(list, words.Judgement{Lead: t.ID, Codes: demo.Judge(body, 2)})
		}
	}
	list = slices.DeleteFunc(list, func(j words.Judgement) bool {
		a, b := demo.Judge(of[j.Lead], 0), demo.Judge(of[j.Lead], 1)
		return same(a, b)
	})
	if len(list) == 0 {
		return nil
	}
	return svc.CodeMany(ctx, who, list[:max(1, len(list)-4)])
}

// same tells whether two judgements are equal, whatever their order.
func same(a, b []qualitative.Code) bool {
	byTopic := func(x, y qualitative.Code) int { return strings.Compare(x.Topic, y.Topic) }
	a, b = slices.SortedFunc(slices.Values(a), byTopic), slices.SortedFunc(slices.Values(b), byTopic)
	return slices.Equal(a, b)
}

// blames is 1 for a text in which somebody blames.
func blames(t worddb.Text) int {
	if slices.ContainsFunc(demo.Judge(t.Body, 2), func(c qualitative.Code) bool { return c.Polarity == qualitative.Negative }) {
		return 1
	}
	return 0
}

// departmentReplies lets two departments answer for what was placed with them.
func (s *setup) departmentReplies(ctx context.Context, round string) error {
	svc := &departments.Service{Core: s.Core}
	for _, r := range []struct{ login, code, topic, body string }{
		{"dept-police", "police", "养犬", "已会同居委会在每周三、周六傍晚联合巡查，对不牵绳、不办证的先劝导、再处罚；下月公布巡查次数和处理结果。"},
		{"dept-housing", "housing", "维修资金", "各小区维修资金的收支明细按季度在门栋公告栏和“随申办”公开；表决未通过的项目，我局派人到场解释程序。"},
	} {
		if err := svc.Reply(ctx, s.as(r.login), r.code, departmentdb.Reply{RoundID: round, Topic: r.topic, Body: r.body}); err != nil {
			return err
		}
	}
	return nil
}
