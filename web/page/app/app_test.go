package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/cache"
	"gongping/internal/demo"
	"gongping/web"
	"gongping/web/browsertest"
)

// site is the whole handler on a round that is collected.
type site struct {
	*fieldtest.Fixture
	*httptest.Server
	accounts *account.Service
}

func start(t *testing.T) *site {
	t.Helper()
	return serve(t, fieldtest.Load(t))
}

func serve(t *testing.T, f *fieldtest.Fixture) *site {
	t.Helper()
	s := &site{Fixture: f, accounts: &account.Service{Core: f.Core}}
	h, err := web.New(web.Deps{Core: f.Core, District: demo.DistrictCode, Cache: cache.NewLocal(), Log: f.Log, Version: "test",
		Account: s.accounts, Rooms: web.Rooms{Field: f.Field}})
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(h)
	t.Cleanup(s.Server.Close)
	return s
}

// login is the sign-in name of an actor.
func (s *site) login(a authz.Actor) string {
	for _, x := range s.Demo.Accounts {
		if s.Actor(x.Login).AccountID == a.AccountID {
			return x.Login
		}
	}
	s.T.Fatal("no such account")
	return ""
}

// client is a browser without script, signed in as an actor.
type client struct {
	t     *testing.T
	base  string
	token string
}

func (s *site) as(t *testing.T, a authz.Actor) *client {
	t.Helper()
	c := &client{t: t, base: s.URL}
	if a.Role != "" {
		_, token, err := s.accounts.SignInDemo(s.Ctx, demo.DistrictCode, s.login(a))
		if err != nil {
			t.Fatal(err)
		}
		c.token = token
	}
	return c
}

func (c *client) do(method, path string, form url.Values, header ...string) (int, string) {
	c.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, c.base+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return c.send(req, header...)
}

func (c *client) send(req *http.Request, header ...string) (int, string) {
	c.t.Helper()
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if c.token != "" {
		req.AddCookie(&http.Cookie{Name: "gp_session", Value: c.token})
	}
	hc := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := hc.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// json sends a JSON body and reads a JSON answer.
func (c *client) json(method, path string, in, out any) int {
	c.t.Helper()
	b, _ := json.Marshal(in)
	req, err := http.NewRequest(method, c.base+"/api/v1"+path, strings.NewReader(string(b)))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	status, body := c.send(req)
	if out != nil && body != "" {
		if err := json.Unmarshal([]byte(body), out); err != nil {
			c.t.Fatalf("%s %s: %v in %s", method, path, err, body)
		}
	}
	return status
}

func (c *client) want(status int, method, path string, form url.Values, parts ...string) string {
	c.t.Helper()
	got, body := c.do(method, path, form)
	if got != status {
		c.t.Errorf("%s %s: %d, want %d\n%.600s", method, path, got, status, body)
	}
	for _, p := range parts {
		if !strings.Contains(body, p) {
			c.t.Errorf("%s %s: no %q in the page", method, path, p)
		}
	}
	return body
}

// form fills in the questionnaire of a page.
func form(t *testing.T, page, grade string) url.Values {
	t.Helper()
	id := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(page)
	if id == nil {
		t.Fatalf("no form in\n%.800s", page)
	}
	v := url.Values{"id": {id[1]}, "version": {"1"}, "mode": {"door"}, "seconds": {"120"}, "hour": {"18"}}
	for item, a := range fieldtest.Answers(grade) {
		v.Set("q_"+item, a)
	}
	return v
}

var receipt = regexp.MustCompile(`gp-receipt">([0-9A-Z-]{14})<`)

func TestAnEvaluatorsDayWithoutScript(t *testing.T) {
	t.Parallel()
	s := start(t)
	who, cases := s.Someone()
	c := s.as(t, who)
	at := "/app/cases/" + cases[0].ID
	body := c.want(200, "GET", "/app", nil, cases[0].Number(), cases[0].CommitteeName)
	if strings.Contains(body, cases[0].PersonID) {
		t.Error("the list holds a frame id")
	}
	c.want(200, "GET", "/app?q="+cases[0].Number(), nil, at)
	person, err := s.Field.OpenIdentity(s.Ctx, who, cases[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if body := c.want(200, "GET", at, nil, "记录一次联系"); strings.Contains(body, person.Name) {
		t.Error("the name is shown before it is opened")
	}
	c.want(200, "POST", at+"/identity", url.Values{}, person.Name)
	try := url.Values{"id": {app.NewID()}, "mode": {"door"}, "code": {"2.24"}}
	c.want(303, "POST", at+"/attempts", try)
	c.want(303, "POST", at+"/attempts", try) // sent twice
	c.want(422, "POST", at+"/attempts", url.Values{"id": {app.NewID()}, "mode": {"door"}, "code": {"5.1"}, "day": {"2026-11-01"}, "time": {"18:00"}}, "约定")
	c.want(303, "POST", at+"/attempts", url.Values{"id": {app.NewID()}, "mode": {"phone"}, "code": {"5.1"}, "day": {"2026-11-23"}, "time": {"18:00"}})
	c.want(200, "GET", at, nil, "无人在家", "2026年11月23日 18:00")
	c.want(200, "GET", "/app", nil, "已约定的再访")
	c.want(409, "POST", at+"/reserve", url.Values{})

	page := c.want(200, "GET", at+"/interview", nil, "非常满意", "不清楚")
	v := form(t, page, "4")
	v.Set("q_comment", "<script>alert(1)</script>")
	v.Del("q_overall")
	page = c.want(422, "POST", at+"/interview", v, "&lt;script&gt;", "需要修改")
	again := form(t, page, "4")
	if again.Get("id") != v.Get("id") {
		t.Error("the id of the answer changed between tries")
	}
	first := receipt.FindStringSubmatch(c.want(200, "POST", at+"/interview", again, "已提交"))
	second := receipt.FindStringSubmatch(c.want(200, "POST", at+"/interview", again, "早已收到"))
	if first == nil || second == nil || first[1] != second[1] {
		t.Errorf("receipts %v and %v", first, second)
	}
	other := form(t, page, "1")
	other.Set("id", app.NewID())
	c.want(200, "POST", at+"/interview", other, "另行保存")
	c.want(409, "GET", at+"/interview", nil)
	c.want(200, "POST", "/receipt", url.Values{"code": {first[1]}}, "已计入，没有改动")
	c.want(404, "POST", "/receipt", url.Values{"code": {"0000-0000-0000"}})
}

func TestPagesOfOthers(t *testing.T) {
	t.Parallel()
	s := start(t)
	who, cases := s.Someone()
	at := "/app/cases/" + cases[0].ID
	for _, x := range []struct {
		who    authz.Actor
		status int
	}{{s.Other(who), 404}, {s.Role(authz.Leader), 403}, {s.Role(authz.Worker), 403}} {
		c := s.as(t, x.who)
		c.want(x.status, "GET", at, nil)
		c.want(x.status, "GET", at+"/interview", nil)
		for _, path := range []string{"/identity", "/attempts", "/link", "/link/revoke", "/reserve", "/interview"} {
			c.want(x.status, "POST", at+path, url.Values{"id": {app.NewID()}, "mode": {"door"}, "code": {"2.24"}})
		}
		if got := c.json("POST", "/cases/"+cases[0].ID+"/responses", map[string]any{"id": app.NewID(), "mode": "door", "answers": fieldtest.Answers("5")}, nil); got != x.status {
			t.Errorf("API as %s: %d", x.who.Role, got)
		}
	}
	nobody := s.as(t, authz.Actor{})
	nobody.want(303, "GET", at, nil)
	nobody.want(401, "POST", at+"/identity", url.Values{})
	// A supervisor sees the case, not the person behind it.
	boss := s.as(t, s.Actor("supervisor"))
	boss.want(200, "GET", at, nil)
	boss.want(403, "POST", at+"/identity", url.Values{})
	boss.want(403, "GET", at+"/interview", nil)
	// A leader's own street is there, another is not.
	leader := s.as(t, s.Role(authz.Leader))
	leader.want(200, "GET", "/fieldwork/"+s.Round, nil, "各辖区进度")
	leader.want(403, "GET", "/fieldwork/"+s.Round+"?area="+demo.DistrictCode, nil)
	leader.want(403, "GET", "/fieldwork/"+s.Round+"/cases", nil)
	leader.want(404, "GET", "/fieldwork/"+s.Round+"?area=999999", nil)
	leader.want(404, "GET", "/fieldwork/nothing", nil)
	s.as(t, who).want(403, "GET", "/fieldwork/"+s.Round, nil)
}

func TestAResidentsLink(t *testing.T) {
	t.Parallel()
	s := start(t)
	who, cases := s.Someone()
	evaluator := s.as(t, who)
	body := evaluator.want(200, "POST", "/app/cases/"+cases[0].ID+"/link", url.Values{})
	link := regexp.MustCompile(`/r/([0-9a-z]+)`).FindStringSubmatch(body)
	if link == nil {
		t.Fatal("no link on the page")
	}
	person, err := s.Field.OpenIdentity(s.Ctx, who, cases[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	c := s.as(t, authz.Actor{})
	page := c.want(200, "GET", link[0], nil, cases[0].CommitteeName, "两分钟")
	for _, secret := range []string{person.Name, person.Phone, cases[0].PersonID, cases[0].ID} {
		if secret != "" && strings.Contains(page, secret) {
			t.Errorf("the resident's page holds %q", secret)
		}
	}
	v := form(t, page, "3")
	first := receipt.FindStringSubmatch(c.want(200, "POST", link[0], v, "谢谢您的评价"))
	second := receipt.FindStringSubmatch(c.want(200, "POST", link[0], v, "早已收到"))
	if first == nil || second == nil || first[1] != second[1] {
		t.Errorf("receipts %v and %v", first, second)
	}
	c.want(410, "GET", link[0], nil, "这个链接已经用过")
	c.want(404, "GET", "/r/"+demo.DistrictCode+strings.Repeat("a", 28), nil, "可能没有复制完整")
	c.want(404, "GET", "/r/x", nil)
	if got := c.json("GET", "/links/"+link[1], nil, nil); got != 410 {
		t.Errorf("API: %d", got)
	}
	if got := c.json("POST", "/links/"+link[1]+"/response", map[string]any{"id": v.Get("id"), "answers": fieldtest.Answers("1")}, nil); got != 200 {
		t.Errorf("API answer: %d", got)
	}
	if got := c.json("POST", "/receipts", map[string]string{"code": first[1]}, nil); got != 200 {
		t.Errorf("API receipt: %d", got)
	}
}

func TestSynchronisation(t *testing.T) {
	t.Parallel()
	s := start(t)
	who, cases := s.Someone()
	c := s.as(t, who)
	type m = map[string]any
	var mine []m
	if got := c.json("GET", "/cases", nil, &mine); got != 200 || len(mine) != len(cases) {
		t.Fatalf("%d, %d cases", got, len(mine))
	}
	queue := m{
		"attempts": []m{
			{"id": app.NewID(), "case_id": cases[0].ID, "mode": "door", "disposition": "2.24", "at": "2031-01-01T00:00:00Z"},
			{"id": app.NewID(), "case_id": app.NewID(), "mode": "door", "disposition": "2.24", "at": "2026-11-21T01:00:00Z"},
		},
		"responses": []m{
			{"id": app.NewID(), "case_id": cases[0].ID, "mode": "door", "answers": fieldtest.Answers("4"), "seconds": 90, "hour": 10},
			{"id": app.NewID(), "case_id": cases[1].ID, "mode": "phone", "answers": fieldtest.Answers("9")},
			{"id": app.NewID(), "case_id": cases[2].ID, "mode": "paper", "answers": fieldtest.Answers("2")},
		},
	}
	type outcome struct{ ID, Status, Receipt, Reason string }
	for round, want := range [][5]string{{"accepted", "refused", "accepted", "refused", "held"}, {"duplicate", "refused", "duplicate", "refused", "held"}} {
		var out struct{ Attempts, Responses []outcome }
		if got := c.json("POST", "/sync", queue, &out); got != 200 {
			t.Fatalf("sync: %d", got)
		}
		for i, o := range append(out.Attempts, out.Responses...) {
			if o.Status != want[i] {
				t.Errorf("round %d, item %d: %+v, want %s", round, i, o, want[i])
			}
		}
	}
	var problem struct{ Key, Code string }
	if got := c.json("POST", "/cases/"+cases[3].ID+"/responses", m{"id": app.NewID(), "mode": "door", "answers": m{"overall": "5"}}, &problem); got != 422 || problem.Key != "answers.invalid" {
		t.Errorf("%d %+v", got, problem)
	}
	var p struct {
		Total  struct{ Done int }
		Rates  map[string]*float64
		Groups []struct{ Answered *int }
	}
	if got := s.as(t, s.Actor("supervisor")).json("GET", "/fieldwork/"+s.Round, nil, &p); got != 200 || p.Total.Done != 1 || len(p.Groups) != 10 || p.Groups[0].Answered != nil {
		t.Errorf("%d %+v", got, p)
	}
}

// TestInABrowser looks at the pages as people do, and at what they look like.
func TestInABrowser(t *testing.T) {
	b := browsertest.Start(t)
	s := start(t)
	who, cases := s.Someone()
	for i, c := range cases {
		if i%3 == 0 && i > 3 {
			if _, err := s.Field.Submit(s.Ctx, who, fieldtest.Submission(c.ID, "4")); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, e := range s.Evaluators() {
		if e.AccountID == who.AccountID {
			continue
		}
		list, err := s.Field.MyCases(s.Ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range list {
			if i%2 == 0 {
				if _, err := s.Field.Submit(s.Ctx, e, fieldtest.Submission(c.ID, "5")); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	look := func(p *browsertest.Page, name string) {
		p.Settle()
		p.Screenshot(name)
		p.Axe()
		if out := p.Overflow(); len(out) > 0 {
			t.Errorf("%s sticks out: %s", name, strings.Join(out, "; "))
		}
	}
	signIn := func(p *browsertest.Page, a authz.Actor) {
		p.Goto("/sign-in")
		browsertest.Eval[bool](p, `(() => { const f = document.createElement('form'); f.method = 'post'; f.action = '/sign-in/demo';
			for (const [k, v] of [['login', '`+s.login(a)+`'], ['to', '/account']]) { const i = document.createElement('input'); i.name = k; i.value = v; f.append(i); }
			document.body.append(f); f.submit(); return true; })()`)
		p.WaitVisible(".gp-user")
	}
	for _, lang := range []string{"zh", "en"} {
		p := b.Page(t, s.URL, browsertest.Phone, lang)
		signIn(p, who)
		p.Goto("/app")
		look(p, "app-list")
		k := 0
		if lang == "en" {
			k = 1
		}
		p.Goto("/app/cases/" + cases[k].ID)
		look(p, "app-case")
		p.Click("#identity button")
		p.WaitVisible(".gp-person")
		p.Click(".gp-mode summary")
		look(p, "app-case-open")
		p.Click(`button[name=code][value="2.24"]`)
		p.WaitVisible(".gp-timeline")
		p.Goto("/app/cases/" + cases[k].ID + "/interview")
		look(p, "app-interview")
		answer(p)
		p.Click(".gp-q-check")
		p.WaitVisible(".gp-q-review")
		look(p, "app-review")
		p.Click(".gp-q-send")
		p.WaitVisible(".gp-receipt")
		look(p, "app-sent")

		token, _, err := s.Field.IssueLink(s.Ctx, who, cases[k+2].ID)
		if err != nil {
			t.Fatal(err)
		}
		r := b.Page(t, s.URL, browsertest.Phone, lang)
		r.Goto("/r/" + token)
		look(r, "resident-form")
		if small := browsertest.Eval[int](r, `[...document.querySelectorAll('.gp-choice, .gp-q-buttons .btn')].filter(e => e.offsetParent && e.getBoundingClientRect().height < 60).length`); small > 0 {
			t.Errorf("%d targets are under 60 px", small)
		}
		answer(r)
		for range 20 {
			if !browsertest.Eval[bool](r, `(() => { const b = document.querySelector('.gp-q-next'); if (b.hidden) return false; b.click(); return true; })()`) {
				break
			}
		}
		r.Click(".gp-q-check")
		look(r, "resident-review")
		r.Click(".gp-q-send")
		r.WaitVisible(".gp-receipt")
		look(r, "resident-thanks")

		for _, view := range []browsertest.Viewport{browsertest.Desktop, browsertest.Phone} {
			d := b.Page(t, s.URL, view, lang)
			signIn(d, s.Actor("supervisor"))
			d.Goto("/fieldwork")
			look(d, "fieldwork-list")
			d.Goto("/fieldwork/" + s.Round)
			look(d, "fieldwork-round")
			d.Goto("/fieldwork/" + s.Round + "/cases")
			look(d, "fieldwork-cases")
		}
	}
	p := b.Page(t, s.URL, browsertest.Phone, "zh")
	p.Expect("410")
	p.Expect("404")
	p.Goto("/r/" + demo.DistrictCode + strings.Repeat("a", 28))
	look(p, "resident-unknown")
	p.Goto("/receipt")
	look(p, "resident-receipt")
}

// answer chooses the second answer of every question.
func answer(p *browsertest.Page) {
	browsertest.Eval[bool](p, `(() => { document.querySelectorAll('.gp-q[data-item]').forEach(q => {
		const r = q.querySelectorAll('input[type=radio]'); if (r.length) { r[1].checked = true; r[1].dispatchEvent(new Event('change', { bubbles: true })); } }); return true; })()`)
}
