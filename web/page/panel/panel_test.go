package panel_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/panel"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/site"
	"gongping/internal/testkit/world"
	"gongping/survey"
	"gongping/web/browsertest"
	"gongping/web/handle"
	panelpage "gongping/web/page/panel"
)

func serve(t *testing.T) (*scored.Round, *panel.Service, *httptest.Server) {
	r := scored.Add(world.Load(t), "first", survey.Collecting)
	svc := &panel.Service{Core: r.Core}
	return r, svc, site.Serve(t, r.Actor, func(g gin.IRouter, p *handle.Pages) { panelpage.Routes(g, p, svc) })
}

// TestPanelInTheBrowser plans who rates whom, rates, attaches a file, changes a
// rating with its reason and steps back from a committee; then the manager sees
// how each reviewer rates, on phone and desktop, in both languages.
func TestPanelInTheBrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	r, svc, server := serve(t)
	manage := "/rounds/" + r.ID + "/panel"
	m := b.Page(t, server.URL, browsertest.Desktop, "zh")
	m.Goto(manage + "?as=manager")
	m.Fill("#f-seed", "20261128")
	m.ClickText("排分工")
	m.WaitVisible(".gp-timeline")
	if s := m.Text(".gp-tone-success"); !strings.Contains(s, "分工") {
		t.Errorf("no word on the plan: %s", s)
	}
	m.Axe()
	m.Screenshot("panel-manage-zh")
	sheet, err := svc.Sheet(context.Background(), r.Actor("panel-4"), r.ID)
	if err != nil || len(sheet.Committees) < 2 {
		t.Fatalf("%d committees, %v", len(sheet.Committees), err)
	}
	form := "/panel/" + r.ID + "/" + sheet.Committees[0].Code
	p := b.Page(t, server.URL, browsertest.Phone, "zh")
	p.Goto(form + "?as=panel-4")
	p.Fill("select[name='score.care']", "7.5")
	p.Click(".gp-buttons button[type=submit]:not([name])")
	p.WaitVisible(".gp-title")
	r.Clock.Advance(time.Minute)
	p.Goto(form)
	p.Fill("select[name='score.care']", "6")
	p.Fill("input[name='reason.care']", "看了走访台账后更正")
	p.Click(".gp-buttons button[type=submit]:not([name])")
	p.WaitVisible(".gp-title")
	file := filepath.Join(t.TempDir(), "走访台账.txt")
	if err := os.WriteFile(file, []byte("走访台账（测试）\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Goto(form)
	p.Upload("#f-file", file)
	p.ClickText("附上材料")
	p.WaitVisible("a[href*='/files/']")
	p.Axe()
	p.Screenshot("panel-form-zh-phone")
	if got, err := svc.Sheet(context.Background(), r.Actor("panel-4"), r.ID); err != nil || got.Ratings[sheet.Committees[0].Code]["care"].Score != 6 {
		t.Errorf("%+v, %v", got.Ratings, err)
	}
	if err := svc.Declare(context.Background(), r.Actor("panel-4"), r.ID, "", sheet.Committees[1].Code, "亲属在此任职"); err != nil {
		t.Fatal(err)
	}
	p.Goto("/panel?round=" + r.ID)
	if got := p.Text("main"); !strings.Contains(got, sheet.Committees[1].Name) || !strings.Contains(got, "回避") {
		t.Error("the page does not say where the reviewer steps back")
	}
	p.Axe()
	p.Screenshot("panel-list-zh-phone")
	for _, v := range []struct {
		view browsertest.Viewport
		lang string
		name string
	}{{browsertest.Phone, "en", "panel-manage-en-phone"}, {browsertest.Desktop, "en", "panel-manage-en"}} {
		q := b.Page(t, server.URL, v.view, v.lang)
		q.Goto(manage + "?as=manager")
		if over := q.Overflow(); len(over) > 0 {
			t.Errorf("%s runs over: %v", v.name, over)
		}
		q.Axe()
		q.Screenshot(v.name)
	}
}
