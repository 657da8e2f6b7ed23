package records_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/intake"
	"gongping/internal/app/records"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/site"
	"gongping/web/browsertest"
	"gongping/web/handle"
	intakepage "gongping/web/page/intake"
	recordspage "gongping/web/page/records"
)

// TestColumnsInTheBrowser assigns the columns of a table with hostile headers on
// a phone, keeps the mapping, and finds it filled in for the next file.
func TestColumnsInTheBrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	r := scored.Load(t)
	in := intake.New(r.Core, "")
	server := site.Serve(t, r.Actor, func(g gin.IRouter, p *handle.Pages) {
		intakepage.Routes(g, p, in)
		recordspage.Routes(g, p, &records.Service{Core: r.Core})
	})
	street := r.Committees()[0][:9]
	file := filepath.Join(t.TempDir(), "平台导出.csv")
	table := "所属街镇,期间,受理,\"<img src=x onerror=\"\"alert(1)\"\">\",\u202e办结,,来电,来电\n" + street + ",2026-03,1160,1044,=1+1,x,13800001234,y\n"
	if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	upload := func(p *browsertest.Page) {
		p.Goto("/import/records?as=manager&round=" + r.ID)
		p.Upload("#u-file", file)
		p.Click(".gp-upload button[type=submit]")
		p.WaitVisible(".gp-assign")
	}
	p := b.Page(t, server.URL, browsertest.Phone, "zh")
	upload(p)
	p.Axe()
	p.Screenshot("import-columns")
	if over := p.Overflow(); len(over) > 0 {
		t.Errorf("runs over: %v", over)
	}
	body := p.Text("main")
	for _, want := range []string{"表头没有认出来", "<img src=x onerror=", "‹U+202E›办结", "138••••••••", "没有表头"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %q as text", want)
		}
	}
	if strings.Contains(body, "13800001234") {
		t.Error("a phone number stands on the page")
	}
	for name, at := range map[string]string{"area": "0", "month": "1", "denominator": "2", "numerator": "3"} {
		p.Fill("#f-"+name, at)
	}
	p.Fill("#f-remember", "平台月报")
	p.Click("form .btn-primary[type=submit]")
	p.WaitVisible(".gp-assign")
	if got := p.Text("main"); !strings.Contains(got, "必需的一项还没有对应") {
		t.Errorf("the indicator is missing and nothing says so: %s", got)
	}
	p.Fill("input[name='indicator.value']", "hotline_on_time")
	p.Fill("#f-remember", "平台月报")
	p.Click("form .btn-primary[type=submit]")
	p.WaitVisible("form[action$='/confirm']")
	p.Click("form[action$='/confirm'] button")
	p.WaitVisible(".gp-alert")
	d := b.Page(t, server.URL, browsertest.Desktop, "en")
	upload(d)
	d.Screenshot("import-columns-again")
	if got := d.Text("main"); !strings.Contains(got, "Filled in from “平台月报”") {
		t.Errorf("what was remembered is not filled in: %s", got)
	}
}
