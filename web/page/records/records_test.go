package records_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/intake"
	"gongping/internal/app/records"
	"gongping/internal/app/score"
	"gongping/internal/cache"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/site"
	"gongping/web/browsertest"
	"gongping/web/handle"
	recordspage "gongping/web/page/records"
	"gongping/web/page/results"
)

// TestRecordsInTheBrowser looks at the records of a round, empty and full, on
// phone and desktop in both languages, and decides on what is flagged.
func TestRecordsInTheBrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	r := scored.Load(t)
	svc, scores := &records.Service{Core: r.Core}, &score.Service{Core: r.Core}
	run, err := scores.Start(context.Background(), r.Actor("manager"), r.ID, "first")
	if err == nil {
		err = scores.Publish(context.Background(), r.Actor("manager"), run)
	}
	if err != nil {
		t.Fatal(err)
	}
	server := site.Serve(t, r.Actor, func(g gin.IRouter, p *handle.Pages) {
		recordspage.Routes(g, p, svc)
		results.Routes(g, p, scores, cache.NewLocal())
	})
	path := "/rounds/" + r.ID + "/records"
	m := b.Page(t, server.URL, browsertest.Desktop, "zh")
	m.Goto(path + "?as=manager")
	m.Axe()
	m.Screenshot("records-empty")
	var s strings.Builder
	s.WriteString("区划代码,指标,月份,分子,分母,在办未到期,重复投诉,户数\n")
	street, sums := r.Committees()[0][:9], [6][3]int{}
	for i, c := range r.Committees() {
		for k := range 6 {
			n, pending := 30+(i*7+k*11)%17, (i+k)%3
			done := n * (80 + 2*((i+k)%5)) / 100
			if i == 1 {
				n, done, pending = 40, 40, 0
			}
			if c[:9] == street {
				sums[k] = [3]int{sums[k][0] + done, sums[k][1] + n, sums[k][2] + pending}
			}
			fmt.Fprintf(&s, "%s,hotline_on_time,2026-%02d,%d,%d,%d,%d,2000\n", c, k+3, done, n, pending, (i*k)%4)
		}
	}
	// The street has rows of its own, one of which cannot be true.
	for k, x := range sums {
		fmt.Fprintf(&s, "%s,hotline_on_time,2026-%02d,%d,%d,%d,9,16000\n", street, k+3, x[0], x[1]-20*(k/5), x[2])
	}
	fmt.Fprintf(&s, "%s,hotline_on_time,2026-03,5200,6000,,,\n%s,hotline_satisfied,2026-03,2,3,,,\n", street[:6], street)
	src, err := intake.NewSource("按月记录.csv", strings.NewReader(s.String()), int64(s.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := intake.New(r.Core, "").Import(context.Background(), r.Actor("manager"), intake.Request{Kind: intake.Records, Round: r.ID}, src, nil); err != nil {
		t.Fatal(err)
	}
	m.Goto(path)
	m.Axe()
	m.Screenshot("records")
	m.Fill(".gp-flagged input[name=reason]", "已电话核对台账")
	m.Click(".gp-flagged button[value=leave]")
	m.WaitVisible(".gp-alert")
	if got := m.Text(".gp-flagged"); !strings.Contains(got, "已电话核对台账") {
		t.Errorf("no decision on the page: %s", got)
	}
	for _, v := range []struct {
		view browsertest.Viewport
		lang string
	}{{browsertest.Phone, "zh"}, {browsertest.Phone, "en"}, {browsertest.Desktop, "en"}, {browsertest.Desktop, "zh"}} {
		q := b.Page(t, server.URL, v.view, v.lang)
		q.Goto(path + "?as=leader-" + r.Committees()[0][6:9])
		if over := q.Overflow(); len(over) > 0 {
			t.Errorf("%s runs over: %v", v.lang, over)
		}
		q.Axe()
		q.Screenshot("records-leader")
		// The street's own record is listed, with what contradicts it; the district's is not its leader's.
		if !q.Has("#upper tbody tr") || !q.Has("#against tbody tr") {
			t.Error("no own record of the street, or not what contradicts it")
		}
		if v.lang == "zh" {
			q.Goto(path + "?indicator=hotline_satisfied")
			q.Screenshot("records-upper-only")
		}
		q.Goto("/results/" + run)
		if over := q.Overflow(); len(over) > 0 {
			t.Errorf("%s: the street's page runs over: %v", v.lang, over)
		}
		if !q.Has("#own-records tbody tr") {
			t.Error("the street's page has no own records")
		}
		q.Screenshot("records-street")
	}
}
