package appeals_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gongping/internal/app/account"
	"gongping/internal/app/appeals"
	"gongping/internal/app/auditlog"
	"gongping/internal/app/disputes"
	"gongping/internal/app/score"
	"gongping/internal/cache"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/scoring/appeal"
	"gongping/web"
	"gongping/web/browsertest"
)

// site is the whole service on a published round.
type site struct {
	*scored.Round
	t    *testing.T
	svc  *appeals.Service
	run  string
	http *httptest.Server
}

func open(t *testing.T) *site {
	t.Helper()
	r := scored.Load(t)
	scores := &score.Service{Core: r.Core}
	s := &site{Round: r, t: t, svc: appeals.New(r.Core, scores)}
	h, err := web.New(web.Deps{Core: r.Core, District: "310104", Cache: cache.NewLocal(), Log: slog.New(slog.DiscardHandler), Version: "test",
		Account: &account.Service{Core: r.Core}, Rooms: web.Rooms{Appeals: s.svc, Disputes: disputes.New(r.Core, s.svc), Audit: &auditlog.Service{Core: r.Core}}})
	if err != nil {
		t.Fatal(err)
	}
	s.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != signInPath {
			h.ServeHTTP(w, r)
			return
		}
		http.SetCookie(w, s.as(r.URL.Query().Get("login")))
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusSeeOther)
	}))
	t.Cleanup(s.http.Close)
	manager := r.Actor("manager")
	if s.run, err = scores.Start(t.Context(), manager, r.ID, "first run"); err == nil {
		err = scores.Publish(t.Context(), manager, s.run)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signInPath signs a browser of the tests in.
const signInPath = "/test-sign-in"

// as signs a login in and returns its session cookie.
func (s *site) as(login string) *http.Cookie {
	s.t.Helper()
	_, token, err := (&account.Service{Core: s.Core}).SignInDemo(context.Background(), "310104", login)
	if err != nil {
		s.t.Fatal(err)
	}
	return &http.Cookie{Name: "gp_session", Value: token, Path: "/"}
}

func (s *site) do(login, method, path, kind string, body io.Reader) (int, string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.http.URL+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	if login != "" {
		req.AddCookie(s.as(login))
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if l := res.Header.Get("Location"); l != "" {
		return res.StatusCode, l
	}
	return res.StatusCode, string(b)
}

func (s *site) get(login, path string) (int, string) {
	return s.do(login, http.MethodGet, path, "", nil)
}
func (s *site) post(login, path string, v url.Values) (int, string) {
	return s.do(login, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(v.Encode()))
}

// fileByForm files through the form of the page.
func (s *site) fileByForm(login, unit, ground, statement string, pdf string) (int, string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range map[string]string{"run": s.run, "unit": unit, "ground": ground, "statement": statement} {
		_ = w.WriteField(k, v)
	}
	f, _ := w.CreateFormFile("files", "走访记录.pdf")
	_, _ = f.Write([]byte(pdf))
	_ = w.Close()
	return s.do(login, http.MethodPost, "/appeals", w.FormDataContentType(), &b)
}

const statement = "物业公司停运电梯，居民误以为由居委会负责，见走访记录。"

func (s *site) panel(id string) (logins []string) {
	s.t.Helper()
	rows, err := testkit.OwnerDB(s.t).Query(context.Background(), `select a.login from appeal_event e, jsonb_array_elements_text(e.data->'members') m join account a on a.id::text = m
		where e.appeal_id = $1 and e.kind = 'assigned' order by e.seq`, id)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var l string
		if err := rows.Scan(&l); err != nil {
			s.t.Fatal(err)
		}
		logins = append(logins, l)
	}
	return logins
}

// TestTheWholeWayThroughThePages files, accepts, votes, publishes; on the way
// foreign people knock at every door.
func TestTheWholeWayThroughThePages(t *testing.T) {
	t.Parallel()
	s := open(t)
	unit := s.Actor("worker-coached").Area
	if code, body := s.get("worker-coached", "/appeals/new?run="+s.run+"&unit="+unit); code != 200 || !strings.Contains(body, "评错对象") {
		t.Fatalf("form: %d %s", code, body)
	}
	if code, _ := s.get("worker-lone", "/appeals/new?run="+s.run+"&unit="+unit); code != 403 {
		t.Errorf("a foreign worker sees the form: %d", code)
	}
	if code, body := s.fileByForm("worker-coached", unit, "outside_remit", "太短", "%PDF-1"); code != 422 || !strings.Contains(body, "20 至 4000") {
		t.Errorf("a statement too short: %d", code)
	}
	if code, _ := s.fileByForm("worker-lone", unit, "outside_remit", statement, "%PDF-1"); code != 403 {
		t.Errorf("a foreign worker files: %d", code)
	}
	code, to := s.fileByForm("worker-coached", unit, "outside_remit", statement, "%PDF-1")
	if code != 303 || !strings.HasPrefix(to, "/appeals/") {
		t.Fatalf("file: %d %s", code, to)
	}
	id := strings.TrimPrefix(to, "/appeals/")
	for login, want := range map[string]int{"worker-coached": 200, "manager": 200, "auditor": 200, "worker-lone": 404, "panel-1": 303, "admin": 403, "": 303} {
		if code, _ := s.get(login, to); code != want {
			t.Errorf("%s opens the appeal: %d, want %d", login, code, want)
		}
	}
	if code, _ := s.post("worker-coached", to+"/accept", url.Values{"reason": {"accept my own"}}); code != 403 {
		t.Errorf("the appellant accepts: %d", code)
	}
	if code, _ := s.post("manager", to+"/accept", url.Values{"reason": {"材料齐全，在期限内"}}); code != 303 {
		t.Fatalf("accept: %d", code)
	}
	panel := s.panel(id)
	if len(panel) != 2 {
		t.Fatalf("panel %v", panel)
	}
	vote := url.Values{"outcome": {"uphold"}, "reason": {"确属职责之外"}, "affected": {"A", "B", "C", "D"}}
	for _, login := range []string{"panel-1", "panel-2"} {
		if code, _ := s.get(login, to+"/case"); code != 404 {
			t.Errorf("an assessor opens the case: %d", code)
		}
		if code, _ := s.post(login, to+"/vote", vote); code != 404 {
			t.Errorf("an assessor votes: %d", code)
		}
	}
	if code, body := s.get(panel[0], to+"/case"); code != 200 || strings.Contains(body, unit) || !strings.Contains(body, "待复核的回答") {
		t.Errorf("case file: %d", code)
	}
	for _, login := range panel {
		if code, body := s.post(login, to+"/vote", vote); code != 303 {
			t.Fatalf("vote: %d %s", code, body)
		}
	}
	if code, body := s.get("manager", "/appeals"); code != 200 || !strings.Contains(body, "申诉后的新结果") {
		t.Errorf("inbox: %d", code)
	}
	d, err := s.svc.Get(t.Context(), s.Actor("auditor"), id)
	if err != nil {
		t.Fatal(err)
	}
	if d.State == appeal.RunRequested {
		if code, _ := s.post("worker-coached", "/appeals/releases/"+d.NewRun.ID, nil); code != 403 {
			t.Errorf("a worker publishes: %d", code)
		}
		if code, body := s.post("manager", "/appeals/releases/"+d.NewRun.ID, nil); code != 303 && code != 409 {
			t.Errorf("publish: %d %s", code, body)
		}
	}
	for _, login := range []string{"auditor", "manager"} {
		if code, body := s.get(login, "/appeals/statistics"); code != 200 || strings.Contains(body, "认定但未排除") != (login == "auditor") {
			t.Errorf("%s sees the numbers: %d", login, code)
		}
	}
	if code, _ := s.get("worker-coached", "/appeals/statistics"); code != 403 {
		t.Errorf("a worker sees the numbers: %d", code)
	}
}

// TestAPI does the same by JSON, and reads and verifies the log.
func TestAPI(t *testing.T) {
	t.Parallel()
	s := open(t)
	worker := s.Actor("worker-coached")
	call := func(login, method, path string, in any, want int) map[string]any {
		t.Helper()
		var body io.Reader
		if in != nil {
			b, _ := json.Marshal(in)
			body = bytes.NewReader(b)
		}
		code, text := s.do(login, method, "/api/v1"+path, "application/json", body)
		if code != want {
			t.Fatalf("%s %s as %q: %d, want %d: %s", method, path, login, code, want, text)
		}
		out := map[string]any{}
		_ = json.Unmarshal([]byte(text), &out)
		return out
	}
	filing := map[string]any{"run_id": s.run, "unit": worker.Area, "ground": "calculation", "statement": statement + statement,
		"files": []any{map[string]any{"name": "a.txt", "kind": "calculation", "content": []byte("分母应为 120")}}}
	call("", "POST", "/appeals", filing, 401)
	call("manager", "POST", "/appeals", filing, 403)
	call("worker-lone", "POST", "/appeals", filing, 403)
	id := fmt.Sprint(call("worker-coached", "POST", "/appeals", filing, 201)["id"])
	call("worker-lone", "GET", "/appeals/"+id, nil, 404)
	call("panel-1", "GET", "/appeals/"+id, nil, 404)
	call("panel-1", "GET", "/appeals/"+id+"/case", nil, 404)
	if got := call("worker-coached", "GET", "/appeals/"+id, nil, 200); got["state"] != "filed" || got["reviewed"] != nil {
		t.Errorf("%v", got)
	}
	reason := map[string]any{"reason": "材料齐全"}
	call("worker-coached", "POST", "/appeals/"+id+"/accept", reason, 403)
	call("manager", "POST", "/appeals/"+id+"/accept", reason, 204)
	call("manager", "POST", "/appeals/"+id+"/accept", reason, 409)
	for _, login := range s.panel(id) {
		call(login, "GET", "/appeals/"+id+"/case", nil, 200)
		call(login, "POST", "/appeals/"+id+"/vote", map[string]any{"outcome": "reject", "reason": "计算无误"}, 204)
	}
	if got := call("worker-coached", "GET", "/appeals/"+id, nil, 200); got["state"] != "closed" || got["outcome"] != "reject" {
		t.Errorf("%v", got)
	}
	if got := call("worker-lone", "GET", "/appeals", nil, 200); got["total"] != 0.0 {
		t.Errorf("%v", got)
	}
	call("manager", "GET", "/audit/records", nil, 403)
	if got := call("auditor", "GET", "/audit/records?personal=true&limit=20", nil, 200); len(got["records"].([]any)) == 0 {
		t.Error("the reads of the case are not in the log")
	}
	point := call("auditor", "POST", "/audit/checkpoints", nil, 201)
	if got := call("auditor", "POST", "/audit/verify", map[string]any{"checkpoint": point}, 200); got["ok"] != true || got["checkpoint_met"] != true {
		t.Errorf("%v", got)
	}
	call("worker-coached", "POST", "/audit/verify", map[string]any{}, 403)
	// Whoever owns the database cuts off the end: the page does not say that what
	// is left can be trusted.
	for _, sql := range []string{`alter table audit_log disable trigger append_only`, `delete from audit_log where seq > 3`, `alter table audit_log enable trigger append_only`} {
		if _, err := testkit.OwnerDB(t).Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if got := call("auditor", "POST", "/audit/verify", map[string]any{"checkpoint": point}, 200); got["ok"] != false || got["or_earlier"] != true {
		t.Errorf("%v", got)
	}
	lodged, err := json.Marshal(point)
	if err != nil {
		t.Fatal(err)
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, _ := w.CreateFormFile("checkpoint", "audit.json")
	_, _ = file.Write(lodged)
	_ = w.Close()
	if code, body := s.do("auditor", http.MethodPost, "/audit/verify", w.FormDataContentType(), &form); code != 200 || !strings.Contains(body, "条或更早的记录被改动或删除") || strings.Contains(body, "可以相信") {
		t.Errorf("the page about a log that was cut off: %d", code)
	}
}

// TestPagesInTheBrowser looks at the pages, in both languages and sizes.
func TestPagesInTheBrowser(t *testing.T) {
	b := browsertest.Start(t)
	s := open(t)
	worker := s.Actor("worker-coached")
	id, _, err := s.svc.File(t.Context(), worker, appeals.Filing{RunID: s.run, Unit: worker.Area, Ground: "outside_remit", Statement: statement,
		Files: []appeals.File{{Name: "走访记录.pdf", Content: []byte("%PDF-1")}}})
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := s.svc.File(t.Context(), worker, appeals.Filing{RunID: s.run, Unit: worker.Area, Ground: "missing_context", Statement: statement})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.svc.Accept(t.Context(), s.Actor("manager"), id, "材料说明事项属于物业职责"); err != nil {
		t.Fatal(err)
	}
	panel := s.panel(id)
	shots := []struct{ login, name, path string }{
		{"worker-coached", "appeal-new", "/appeals/new?run=" + s.run + "&unit=" + worker.Area},
		{"worker-coached", "appeal-list-worker", "/appeals"},
		{"worker-coached", "appeal-show", "/appeals/" + id},
		{"manager", "appeal-accept", "/appeals/" + second},
		{panel[0], "appeal-case", "/appeals/" + id + "/case"},
	}
	look := func(login, name, path string) { look(t, b, s, login, name, path) }
	for _, x := range shots {
		look(x.login, x.name, x.path)
	}
	for _, login := range panel {
		m := s.Actor(login)
		f, err := s.svc.Blind(t.Context(), m, id)
		if err != nil {
			t.Fatal(err)
		}
		var marks []string
		for _, it := range f.Items {
			marks = append(marks, it.Label)
		}
		if err := s.svc.Vote(t.Context(), m, id, appeals.VoteInput{Outcome: appeal.Uphold, Affected: marks, Reason: "所附材料足以说明"}); err != nil {
			t.Fatal(err)
		}
	}
	look("manager", "appeal-inbox", "/appeals")
	look("auditor", "appeal-audit", "/appeals/"+id)
	look("auditor", "appeal-statistics", "/appeals/statistics")
	look("auditor", "audit-log", "/audit")
	look("worker-lone", "appeal-empty", "/appeals")
	s.lookAtDisputes(b, worker, id)
}

// look opens a page as somebody, in both languages and sizes, and checks it.
func look(t *testing.T, b *browsertest.Browser, s *site, login, name, path string) {
	t.Helper()
	for _, x := range []struct {
		lang string
		view browsertest.Viewport
	}{{"zh", browsertest.Desktop}, {"zh", browsertest.Phone}, {"en", browsertest.Phone}} {
		p := b.Again(t, s.http.URL, x.view, x.lang)
		p.Goto(signInPath + "?login=" + login + "&to=" + url.QueryEscape(path))
		p.Screenshot(name)
		if out := p.Overflow(); len(out) > 0 {
			t.Errorf("%s %s %s: sticks out: %s", name, x.lang, x.view.Name, strings.Join(out, "; "))
		}
		p.Axe()
	}
}
