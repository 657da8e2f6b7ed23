package upward_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app"
	"gongping/internal/app/departments"
	"gongping/internal/app/upward"
	"gongping/internal/authz"
	"gongping/internal/testkit"
	"gongping/internal/testkit/site"
	"gongping/internal/testkit/world"
	"gongping/survey/instrument"
	"gongping/web/browsertest"
	"gongping/web/handle"
	departmentspage "gongping/web/page/departments"
	upwardpage "gongping/web/page/upward"
)

// TestUpwardInTheBrowser: a street enters a task, the manager opens a survey, a
// worker rates a department on the phone, and after the end the department's
// card shows both, in both languages.
func TestUpwardInTheBrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	w, ctx := world.Load(t), context.Background()
	w.Clock.T = time.Now() // the browser offers days from today on
	svc := &upward.Service{Core: w.Core}
	server := site.Serve(t, w.Actor, func(g gin.IRouter, p *handle.Pages) {
		upwardpage.Routes(g, p, svc)
		departmentspage.Routes(g, p, &departments.Service{Core: w.Core})
	})
	d := b.Page(t, server.URL, browsertest.Desktop, "zh")
	d.Goto("/tasks?as=leader-" + w.Committees()[0][6:9])
	d.Axe()
	d.Screenshot("tasks-empty")
	d.Goto("/tasks/new")
	d.Fill("#f-department", "housing")
	d.Fill("#f-title", "既有建筑结构安全巡查")
	d.Fill("#f-basis", "沪房〔2026〕12 号")
	d.Fill("#f-handed_on", time.Now().AddDate(0, -3, 0).Format(time.DateOnly))
	d.Fill("#f-minutes", "240")
	d.Axe()
	d.Screenshot("task-form")
	d.Click("main form button[type=submit]")
	d.WaitVisible("#tasks")
	if got := d.Text("#tasks"); !strings.Contains(got, "既有建筑结构安全巡查") || !strings.Contains(got, "什么都没带") {
		t.Errorf("the register says %s", got)
	}
	m := b.Page(t, server.URL, browsertest.Desktop, "zh")
	m.Goto("/upward?as=manager")
	m.Fill("#f-title", "秋季部门评议")
	m.Click("main form button[type=submit]")
	m.WaitVisible("form[action$='/close']")
	m.Axe()
	m.Screenshot("upward-manager")
	p := b.Page(t, server.URL, browsertest.Phone, "zh")
	p.Goto("/upward?as=worker-lone")
	p.Axe()
	p.Screenshot("upward-invitation")
	p.Click("a[href$='/housing']")
	p.WaitVisible("#q-overall")
	p.Axe()
	p.Screenshot("upward-form")
	p.Click("#q-task_clear input[value='2']")
	p.Click("#q-overall input[value='3']")
	p.Click("main form button[type=submit]")
	p.WaitVisible(".gp-tone-success")
	if got := p.Text("main"); !strings.Contains(got, "已评") {
		t.Errorf("after the answer: %s", got)
	}
	list, err := svc.Surveys(ctx, w.Actor("manager"))
	if err != nil || len(list) != 1 {
		t.Fatalf("%d surveys, %v", len(list), err)
	}
	for i := range 11 {
		a := authz.Actor{District: "310104", AccountID: app.NewID(), Role: authz.Worker, Area: w.Committees()[0]}
		if _, err := testkit.OwnerDB(t).Exec(ctx, `insert into account (district, id, login, password_hash, display_name, role, area_code, created_at) values ('310104',$1,$2,'-','社工','worker',$3,now())`,
			a.AccountID, fmt.Sprint("w-", i), a.Area); err != nil {
			t.Fatal(err)
		}
		if err := svc.Answer(ctx, a, list[0].ID, "housing", instrument.Answers{"task_clear": fmt.Sprint(1 + i%5), "overall": fmt.Sprint(1 + i%4)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := svc.Close(ctx, w.Actor("manager"), list[0].ID); err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		view browsertest.Viewport
		lang string
	}{{browsertest.Desktop, "zh"}, {browsertest.Phone, "en"}} {
		q := b.Page(t, server.URL, v.view, v.lang)
		q.Goto("/departments/housing?as=dept-housing")
		q.Unfold()
		if got := q.Text("#upward"); !strings.Contains(got, "12") {
			t.Errorf("the card says %s", got)
		}
		if over := q.Overflow(); len(over) > 0 {
			t.Errorf("%s runs over: %v", v.lang, over)
		}
		q.Axe()
		q.Screenshot("department-card")
	}
}
