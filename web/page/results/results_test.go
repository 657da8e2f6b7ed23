package results_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/score"
	"gongping/internal/cache"
	"gongping/internal/demo"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/site"
	"gongping/internal/testkit/world"
	"gongping/survey"
	"gongping/web/browsertest"
	"gongping/web/handle"
	"gongping/web/page/results"
)

// bench is a published run and the pages.
type bench struct {
	*scored.Round
	svc         *score.Service
	server      *httptest.Server
	first       string
	leader      string
	worker, own string
}

func prepare(t *testing.T, opts demo.Options) *bench {
	t.Helper()
	b := &bench{Round: scored.Add(world.LoadWith(t, opts), "first", survey.Closed)}
	b.svc = &score.Service{Core: b.Core}
	ctx, manager := context.Background(), b.Actor("manager")
	var err error
	if b.first, err = b.svc.Start(ctx, manager, b.ID, "采集结束后首次计分"); err == nil {
		err = b.svc.Publish(ctx, manager, b.first)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.leader = "leader-" + b.Demo.Truth.Collective.Committee[6:9]
	for _, a := range b.Demo.Accounts {
		if a.Role == "worker" && a.AreaCode == b.Demo.Truth.Collective.Committee {
			b.worker, b.own = a.Login, a.AreaCode
		}
	}
	b.server = site.Serve(t, b.Actor, func(r gin.IRouter, p *handle.Pages) { results.Routes(r, p, b.svc, cache.NewLocal()) })
	return b
}

func (b *bench) get(t *testing.T, as, path string) (int, string) {
	t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	req, _ := http.NewRequest(http.MethodGet, b.server.URL+path+sep+"as="+as, nil)
	req.Header.Set("Accept-Language", "zh-CN")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var s strings.Builder
	buf := make([]byte, 1<<16)
	for {
		n, err := resp.Body.Read(buf)
		s.Write(buf[:n])
		if err != nil {
			break
		}
	}
	return resp.StatusCode, s.String()
}

// TestLooks takes pictures of every page, at the demonstration's size where
// GONGPING_FULL is set.
func TestLooks(t *testing.T) {
	opts := demo.Small()
	if os.Getenv("GONGPING_FULL") != "" {
		opts = demo.Options{}
	}
	browser := browsertest.Start(t)
	b := prepare(t, opts)
	for _, look := range browsertest.Looks() {
		p := browser.Page(t, b.server.URL, look.View, look.Lang)
		for _, shot := range []struct{ name, as, path string }{
			{"results-list", b.leader, "/results"}, {"results-street", b.leader, "/results/" + b.first}, {"results-district", "manager", "/results/" + b.first},
			{"results-unit", b.leader, "/results/" + b.first + "/units/" + b.own}, {"results-own", b.worker, "/results/" + b.first + "/units/" + b.own},
			{"runs", "manager", "/runs"}, {"run", "manager", "/runs/" + b.first},
		} {
			p.Goto(shot.path + "?as=" + shot.as)
			p.Screenshot(shot.name)
			if out := p.Overflow(); len(out) > 0 {
				t.Errorf("%s %s %s: sticks out: %s", shot.name, look.Lang, look.View.Name, strings.Join(out, "; "))
			}
			p.Axe()
		}
	}
	p := browser.Page(t, b.server.URL, browsertest.Desktop, "zh")
	p.Dark(true)
	for name, path := range map[string]string{"results-street": "/results/" + b.first, "results-unit": "/results/" + b.first + "/units/" + b.own} {
		p.Goto(path + "?as=" + b.leader)
		p.Screenshot(name)
		p.Axe()
	}
}
