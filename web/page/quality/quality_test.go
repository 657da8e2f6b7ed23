package quality_test

import (
	"strings"
	"testing"

	"gongping/internal/app/field/fieldtest"
	"gongping/internal/app/quality"
	"gongping/internal/authz"
	"gongping/internal/pg/qualitydb"
	"gongping/internal/testkit/site"
	"gongping/web/browsertest"
	fieldworkpage "gongping/web/page/fieldwork"
	qualitypage "gongping/web/page/quality"

	"github.com/gin-gonic/gin"

	"gongping/web/handle"
)

// A supervisor examines the round, opens a finding, sends cases to be asked
// again; an evaluator asks; everybody's page stands up to axe in both languages.
func TestQualityPages(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	f := fieldtest.LoadFilled(t)
	svc := &quality.Service{Core: f.Core, Field: f.Field}
	logins := map[string]authz.Actor{"supervisor": f.Actor("supervisor"), "auditor": f.Role(authz.Auditor), "manager": f.Actor("manager"), "leader": f.Role(authz.Leader)}
	for i, e := range f.Honest {
		logins["evaluator"+string(rune('a'+i))] = e
	}
	s := site.Serve(t, func(login string) authz.Actor { return logins[login] }, func(r gin.IRouter, p *handle.Pages) {
		fieldworkpage.Routes(r, p, f.Field)
		qualitypage.Routes(r, p, svc)
	})
	look := func(p *browsertest.Page, name string) {
		p.Settle()
		p.Axe()
		if over := p.Overflow(); len(over) > 0 {
			t.Errorf("%s overflows: %v", name, over)
		}
		p.Screenshot(name)
	}
	round := "/fieldwork/" + f.Round
	p := b.Page(t, s.URL, browsertest.Desktop, "zh")
	p.Goto(round + "/quality?as=supervisor")
	look(p, "quality-never")
	p.Click(".gp-actions form button, .gp-head form button")
	p.WaitVisible(".gp-tiles")
	look(p, "quality-queue")
	p.ClickText("整卷过快")
	p.WaitVisible("input[name=decision]")
	look(p, "quality-finding")
	p.Click("input[name=decision][value=back_check]")
	p.Fill("#f-reason", "六秒不可能读完十道题")
	p.Click("form[action$=decide] button[type=submit]")
	p.WaitVisible(".gp-timeline")
	if text := p.Text("main"); !strings.Contains(text, "已送复核") {
		t.Errorf("no decision on the page: %.400s", text)
	}
	look(p, "quality-decided")
	p.Goto(round + "/backchecks")
	p.Click(".gp-actions form button, .gp-head form button")
	p.WaitVisible(".gp-tiles")

	answered := false
	for login, who := range logins {
		if !strings.HasPrefix(login, "evaluator") {
			continue
		}
		list, err := svc.Mine(f.Ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			continue
		}
		e := b.Page(t, s.URL, browsertest.Phone, "zh")
		e.Goto("/backchecks?as=" + login)
		look(e, "backcheck-mine")
		e.Goto("/backchecks/" + list[0].ID)
		look(e, "backcheck-form")
		e.Click("form[action$=identity] button")
		e.WaitVisible("#identity")
		e.Click("input[name=interviewed][value=yes]")
		e.Click("input[name=told][value=no]")
		e.Click("input[name='q-contact'][value=yes]")
		e.Click("input[name='q-overall'][value='4']")
		e.Click("form.gp-form button[type=submit]")
		e.WaitVisible(".gp-table, .gp-empty")
		k, err := qualitydb.GetBackCheck(f.Ctx, f.Pool, who.District, list[0].ID)
		if err != nil || !k.Done {
			t.Errorf("the back-check was not recorded: %+v, %v", k, err)
		}
		answered = true
		break
	}
	if !answered {
		t.Error("nobody has a back-check")
	}
	fill(t, f, svc)
	for _, lang := range []string{"zh", "en"} {
		for _, view := range []browsertest.Viewport{browsertest.Desktop, browsertest.Phone} {
			if (lang == "zh") == (view == browsertest.Phone) {
				continue // two of four combinations, each language and each width once
			}
			d := b.Page(t, s.URL, view, lang)
			d.Goto(round + "?as=supervisor")
			look(d, "quality-progress-"+lang)
			for _, page := range []string{"balance", "interviewers", "quality", "backchecks"} {
				d.Goto(round + "/" + page)
				look(d, "quality-"+page+"-"+lang)
			}
		}
	}
	leader := b.Page(t, s.URL, browsertest.Desktop, "en")
	leader.Goto(round + "?as=leader")
	if leader.Has(`a[href*="/quality"]`) {
		t.Error("a leader is offered the findings")
	}
	leader.Expect("403")
	leader.Goto(round + "/quality")
}

// fill answers the open back-checks, so that the pages have something to show.
func fill(t *testing.T, f *fieldtest.Filled, svc *quality.Service) {
	t.Helper()
	for _, e := range f.Honest {
		list, err := svc.Mine(f.Ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		for i, k := range list {
			if k.Done {
				continue
			}
			o := quality.Outcome{ID: k.ID, Outcome: "done", Mode: "phone", Interviewed: "yes", Told: "no",
				Answers: map[string]string{"contact": "yes", "service_manner": []string{"3", "4", "5"}[i%3], "overall": "4"}}
			if err := svc.Record(f.Ctx, e, k.ID, o); err != nil {
				t.Fatal(err)
			}
		}
	}
}
