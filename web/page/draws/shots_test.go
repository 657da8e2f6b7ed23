package draws_test

import (
	"net/url"
	"testing"
	"time"

	"gongping/internal/demo"
	"gongping/web/browsertest"
)

// TestPagesInABrowser walks the pages of rounds and draws in Chromium, in both
// languages and sizes, and asks axe about each.
func TestPagesInABrowser(t *testing.T) {
	b := browsertest.Start(t)
	s := open(t)
	m := s.as("manager")
	id := s.round(m)
	draw := "/rounds/" + id + "/draw"
	q, at := m.post("/questionnaires/default", nil)
	_ = q
	_, book := m.post("/rulebooks", formWith(formOf(m.get("/rulebooks/new")), "title.zh", "评价规则"))
	_, second := m.post("/rounds", url.Values{"title": {"春季评议"}, "area": {demo.DistrictCode}, "frame": {s.FrameID}})
	page, _ := m.post(draw, url.Values{"kind": {"dice"}, "name": {"大厅掷骰"}, "due": {"2026-11-20T13:00"}})
	c := commitmentLink.FindStringSubmatch(page)[1]
	// One tab for each person and size, signed in once.
	tabs := map[string]*browsertest.Page{}
	look := func(name, path, login string) {
		t.Helper()
		for _, v := range []struct {
			size browsertest.Viewport
			lang string
		}{{browsertest.Phone, "zh"}, {browsertest.Desktop, "en"}} {
			p := tabs[login+v.lang]
			if p == nil {
				p = b.Page(t, s.url, v.size, v.lang)
				tabs[login+v.lang] = p
				if login != "" {
					p.Goto("/sign-in?to=/planner")
					p.Click(`form[action="/sign-in/demo"] input[value="` + login + `"] ~ button`)
					p.WaitVisible(".gp-title")
				}
			}
			p.Goto(path)
			p.WaitVisible(".gp-title")
			p.Axe()
			if wide := p.Overflow(); len(wide) > 0 {
				t.Errorf("%s (%s): wider than the screen: %v", path, v.size.Name, wide)
			}
			p.Screenshot(name + "-" + v.lang)
		}
	}
	look("draw-waiting", draw, "manager")
	s.Clock.Advance(90 * time.Minute)
	a := s.as("auditor")
	look("draw-reveal", draw, "auditor")
	a.post("/draws/"+c+"/reveal", url.Values{"seed": {"31415126535461524336"}, "evidence": {"公证处在场"}})
	look("draw-public", "/d/"+c, "")
	look("draw-done", draw, "manager")
	look("round-list", "/rounds", "manager")
	look("round-show", "/rounds/"+id, "manager")
	look("round-plan", "/rounds/"+second[len("/rounds/"):len("/rounds/")+36]+"/edit?step=plan", "manager")
	look("round-evaluators", "/rounds/"+second[len("/rounds/"):len("/rounds/")+36]+"/edit?step=evaluators", "manager")
	look("round-review", "/rounds/"+second[len("/rounds/"):len("/rounds/")+36]+"/edit?step=review", "manager")
	look("questionnaire", at, "manager")
	look("questionnaire-edit", at+"/edit", "manager")
	look("rulebook", book, "manager")
	look("rulebook-edit", book+"/edit", "manager")
	look("planner", "/planner", "manager")
	look("draw-ledger", "/d", "")
}

func formWith(f url.Values, k, v string) url.Values { f.Set(k, v); return f }
