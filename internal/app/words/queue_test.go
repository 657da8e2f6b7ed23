package words_test

import (
	"context"
	"fmt"
	"testing"

	"gongping/internal/app/words"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/spoken"
	"gongping/scoring/qualitative"
)

// TestTheLeastSureComeFirst: a model learns from what two people decided, its
// probabilities stand with the texts, the least sure text comes first, and no
// proposal becomes an attribution: only people's decisions do.
func TestTheLeastSureComeFirst(t *testing.T) {
	t.Parallel()
	r := scored.Load(t)
	b := &bench{Round: r, svc: words.New(r.Core), ctx: context.Background(), scope: words.Scope{Round: r.ID}}
	var said []string
	for i := range 12 {
		said = append(said, fmt.Sprintf("电梯第%d次停运没人修，老人下不了楼", i+2), fmt.Sprintf("停车费又涨了%d元，车位不够", i+3))
	}
	decided := len(said)
	said = append(said, "电梯又停运没人修了", "停车费涨得太快，车位少", "电梯口停车，没人管", "活动室灯坏了", "志愿者很热心", "电梯和停车都要管", "楼道灯不亮", "车位被占了", "电梯有异响", "希望多办活动", "停车收费不公示", "老人上下楼不方便")
	spoken.Add(t, r, said...)
	book := qualitative.Standard()
	if _, err := b.svc.SaveCodebook(b.ctx, r.Actor("manager"), &book); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.TakeIn(b.ctx, r.Actor("manager"), r.ID); err != nil {
		t.Fatal(err)
	}
	for i, text := range said[:decided] {
		c := code("property.lift", qualitative.Negative, qualitative.Property)
		if i%2 == 1 {
			c = code("property.parking", qualitative.Negative, qualitative.Property)
		}
		for _, login := range []string{"panel-4", "panel-5"} {
			if _, err := b.svc.Code(b.ctx, b.Actor(login), b.text(t, text), []qualitative.Code{c}); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := count(t, `select count(*) from answer_attribution`)
	var skip []string
	last, seen := 0.0, 0
	for {
		task, err := b.svc.Next(b.ctx, b.Actor("panel-3"), b.scope, skip)
		if err != nil {
			t.Fatal(err)
		}
		if task == nil {
			break
		}
		skip = append(skip, task.ID)
		p := task.Proposal
		if p == nil {
			if !task.Blank {
				t.Errorf("%s comes without a proposal and is not one to be coded without", task.Body)
			}
			continue
		}
		seen++
		if p.Confidence < last-1e-12 || p.Confidence <= 0 || p.Confidence > 1 || p.Examples != decided {
			t.Errorf("%s: %+v after %.3f", task.Body, p, last)
		}
		for _, g := range p.Topics {
			if g.Prob < 0 || g.Prob > 1 {
				t.Errorf("%s: %+v", task.Body, g)
			}
		}
		last = p.Confidence
	}
	if len(skip) != len(said)-decided || seen < 2 {
		t.Errorf("%d texts, %d with a proposal", len(skip), seen)
	}
	if n := count(t, `select count(*) from answer_attribution`); n != before {
		t.Errorf("%d attributions from proposals", n-before)
	}
}
