package intake_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/cache"
	"gongping/internal/clock"
	"gongping/internal/demo"
	"gongping/internal/seal"
	"gongping/internal/testkit"
	"gongping/web"
	"gongping/web/browsertest"
)

const password = "correct horse battery"

// site is a running service with a manager, a leader of the first street and a worker.
type site struct {
	*httptest.Server
	intake *intake.Service
	world  *demo.World
	dir    string
}

func newSite(t *testing.T) *site {
	t.Helper()
	key := bytes.Repeat([]byte{7}, seal.KeySize)
	core := &app.Core{Pool: testkit.DB(t), Clock: clock.Real{}, Seal: seal.New(key), Log: slog.New(slog.DiscardHandler),
		Signer: ed25519.NewKeyFromSeed(key), CodeVersion: "test"}
	store, err := cache.Open(nil, core.Log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	s := &site{intake: intake.New(core, t.TempDir()), world: demo.Generate(demo.DefaultSeed, demo.Small()), dir: t.TempDir()}
	accounts := &account.Service{Core: core}
	h, err := web.New(web.Deps{Core: core, District: "310104", Cache: store, Log: core.Log, Version: "test", Account: accounts, Rooms: web.Rooms{Intake: s.intake}})
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(h)
	t.Cleanup(s.Close)
	for _, n := range []account.New{{Login: "manager", Name: "管理员", Area: "310104", Role: authz.Manager}, {Login: "other", Name: "另一管理员", Area: "310104", Role: authz.Manager},
		{Login: "leader", Name: "街道领导", Area: s.world.Areas[1].Code, Role: authz.Leader}, {Login: "panel1", Name: "评审员", Area: "310104", Role: authz.Panel}} {
		n.Password = password
		if _, err := accounts.Create(context.Background(), authz.SystemActor("310104"), n); err != nil {
			t.Fatal(err)
		}
	}
	for name, write := range map[string]func(io.Writer, demo.Headers) error{"areas.csv": s.world.WriteAreas, "workers.csv": s.world.WriteWorkers, "frame.csv": s.world.WriteFrame} {
		f, err := os.Create(s.file(name))
		if err != nil {
			t.Fatal(err)
		}
		if err := write(f, demo.Chinese); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *site) file(name string) string { return filepath.Join(s.dir, name) }

// signIn returns a client that is signed in and does not follow redirects.
func (s *site) signIn(t *testing.T, login string) *http.Client {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.PostForm(s.URL+"/sign-in", url.Values{"login": {login}, "password": {password}})
	if err != nil || res.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign in %s: %v %v", login, res, err)
	}
	res.Body.Close()
	return c
}

func do(t *testing.T, c *http.Client, method, address, kind string, body io.Reader) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

// form is an upload form with fields before the file.
func form(t *testing.T, fields map[string]string, name string, data []byte) (string, *bytes.Buffer) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return w.FormDataContentType(), &b
}

func (s *site) importFile(t *testing.T, kind intake.Kind, name, frame string) *intake.Outcome {
	t.Helper()
	src, f, err := intake.OpenFile(s.file(name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, _, err := s.intake.Import(context.Background(), authz.SystemActor("310104"), intake.Request{Kind: kind, Name: frame}, src, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestUploadPreviewConfirm(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.signIn(t, "manager")
	data, err := os.ReadFile(s.file("areas.csv"))
	if err != nil {
		t.Fatal(err)
	}
	kind, body := form(t, nil, "区域.csv", data)
	res, _ := do(t, m, "POST", s.URL+"/import/areas", kind, body)
	preview := res.Header.Get("Location")
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(preview, "/import/areas/") {
		t.Fatalf("upload: %d %q", res.StatusCode, preview)
	}
	res, page := do(t, m, "GET", s.URL+preview, "", nil)
	_, rest, found := strings.Cut(page, `name="digest" value="`)
	if res.StatusCode != 200 || !found {
		t.Fatalf("preview: %d", res.StatusCode)
	}
	digest := rest[:64]
	if res, _ := do(t, s.signIn(t, "other"), "GET", s.URL+preview, "", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("somebody else sees the preview: %d", res.StatusCode)
	}
	confirm := url.Values{"digest": {digest}}.Encode()
	if res, _ := do(t, m, "POST", s.URL+preview+"/confirm", "application/x-www-form-urlencoded", strings.NewReader("digest=0")); res.StatusCode != http.StatusConflict {
		t.Errorf("another digest: %d", res.StatusCode)
	}
	res, _ = do(t, m, "POST", s.URL+preview+"/confirm", "application/x-www-form-urlencoded", strings.NewReader(confirm))
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/areas" {
		t.Fatalf("confirm: %d %q", res.StatusCode, res.Header.Get("Location"))
	}
	if _, page := do(t, m, "GET", s.URL+"/areas", "", nil); !strings.Contains(page, s.world.Areas[1].Name) {
		t.Error("the first street is not on the page")
	}
}

func TestFaultyFileSaysWhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.importFile(t, intake.Areas, "areas.csv", "")
	m := s.signIn(t, "manager")
	kind, body := form(t, map[string]string{"name": "居民库"}, "x.csv", []byte("户号,居民编号,居委会代码,性别,出生年份\nH1,P1,310104003001,女,十九\nH1,P2,310104999999,男,1980\n"))
	res, _ := do(t, m, "POST", s.URL+"/import/frame", kind, body)
	_, page := do(t, m, "GET", s.URL+res.Header.Get("Location"), "", nil)
	for _, want := range []string{"第 2 行 · 出生年份", "1880 到 2100 之间的数", "第 3 行 · 区划代码", "居委会或网格不存在", "310104999999"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "/confirm") {
		t.Error("a faulty file can be confirmed")
	}
}

func TestPagesAskTheAccessTable(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.importFile(t, intake.Areas, "areas.csv", "")
	frame := s.importFile(t, intake.Frame, "frame.csv", "居民库").FrameID
	clients := map[string]*http.Client{}
	for _, login := range []string{"leader", "panel1", "manager"} {
		clients[login] = s.signIn(t, login)
	}
	for _, c := range []struct {
		login, method, path string
		status              int
	}{
		{"leader", "GET", "/areas", 200}, {"panel1", "GET", "/areas", 200}, {"leader", "GET", "/workers", 200}, {"panel1", "GET", "/workers", 403},
		{"leader", "GET", "/import/frame", 403}, {"leader", "POST", "/import/frame", 403}, {"leader", "POST", "/frames/" + frame + "/freeze", 403},
		{"leader", "GET", "/frames/" + frame, 200}, {"panel1", "GET", "/frames/" + frame, 403}, {"manager", "GET", "/frames/" + app.NewID(), 404},
		{"manager", "GET", "/frames/nonsense", 404}, {"manager", "GET", "/import/nonsense", 404}, {"manager", "GET", "/rounds/" + app.NewID() + "/indicators", 404},
		{"panel1", "GET", "/rounds/" + app.NewID() + "/indicators", 403}, {"manager", "GET", "/templates/frame.csv", 200}, {"manager", "GET", "/templates/x.csv", 404},
		{"leader", "GET", "/api/v1/frames/" + frame, 200}, {"panel1", "GET", "/api/v1/frames", 403}, {"leader", "POST", "/api/v1/imports/areas", 403},
	} {
		kind, body := form(t, nil, "x.csv", []byte("a,b\n"))
		if res, page := do(t, clients[c.login], c.method, s.URL+c.path, kind, body); res.StatusCode != c.status {
			t.Errorf("%s %s %s: %d, want %d: %.300s", c.login, c.method, c.path, res.StatusCode, c.status, page)
		}
	}
	if res, _ := do(t, http.DefaultClient, "GET", s.URL+"/api/v1/areas", "", nil); res.StatusCode != 401 {
		t.Errorf("without a session: %d", res.StatusCode)
	}
}

func TestAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := s.signIn(t, "manager")
	upload := func(kind, query, file string) map[string]any {
		t.Helper()
		data, err := os.ReadFile(s.file(file))
		if err != nil {
			t.Fatal(err)
		}
		res, text := do(t, m, "POST", s.URL+"/api/v1/imports/"+kind+"?file="+file+query, "text/csv", bytes.NewReader(data))
		if res.StatusCode != 200 {
			t.Fatalf("upload: %d %s", res.StatusCode, text)
		}
		var u map[string]any
		if err := json.Unmarshal([]byte(text), &u); err != nil {
			t.Fatal(err)
		}
		res, text = do(t, m, "POST", s.URL+"/api/v1/imports/"+kind+"/"+u["upload"].(string)+"/confirm", "application/json", strings.NewReader(`{"sha256":"`+u["sha256"].(string)+`"}`))
		if res.StatusCode != 200 {
			t.Fatalf("confirm: %d %s", res.StatusCode, text)
		}
		if err := json.Unmarshal([]byte(text), &u); err != nil {
			t.Fatal(err)
		}
		return u["outcome"].(map[string]any)
	}
	upload("areas", "", "areas.csv")
	upload("workers", "", "workers.csv")
	frame := upload("frame", "&name=residents", "frame.csv")["frame_id"].(string)
	res, text := do(t, m, "POST", s.URL+"/api/v1/frames/"+frame+"/freeze", "application/json", strings.NewReader(`{"reason":"a test frame, frozen as it was generated"}`))
	if res.StatusCode != 200 || !strings.Contains(text, `"digest":"`) {
		t.Fatalf("freeze: %d %s", res.StatusCode, text)
	}
	if res, _ := do(t, m, "POST", s.URL+"/api/v1/frames/"+frame+"/freeze", "application/json", strings.NewReader(`{}`)); res.StatusCode != 409 {
		t.Fatalf("a second freeze: %d", res.StatusCode)
	}
	for _, path := range []string{"areas?under=310104", "workers?q=310104003", "frames", "frames/" + frame} {
		if res, text := do(t, m, "GET", s.URL+"/api/v1/"+path, "", nil); res.StatusCode != 200 || len(text) < 50 {
			t.Errorf("%s: %d %.200s", path, res.StatusCode, text)
		}
	}
	if res, text := do(t, m, "GET", s.URL+"/api/v1/openapi.json", "", nil); res.StatusCode != 200 || !strings.Contains(text, "upload-import") {
		t.Errorf("document: %d", res.StatusCode)
	}
}

// TestInTheBrowser walks an import and a freeze through the pages.
func TestInTheBrowser(t *testing.T) {
	s := newSite(t)
	b := browsertest.Start(t)
	p := b.Page(t, s.URL, browsertest.Desktop, "zh")
	p.Goto("/sign-in?to=/areas")
	p.Fill("#f-login", "manager")
	p.Fill("#f-password", password)
	p.Click("main button[type=submit]")
	p.WaitVisible(".gp-empty")
	p.Screenshot("intake-areas-empty")
	p.Goto("/import/areas")
	p.Upload("#u-file", s.file("areas.csv"))
	p.Screenshot("intake-upload")
	p.Axe()
	p.Click(".gp-upload button[type=submit]")
	p.WaitVisible("input[name=digest] + button, form[action$=confirm] button")
	p.Screenshot("intake-preview")
	p.Axe()
	p.Click("form[action$=confirm] button")
	p.WaitVisible("details.gp-card")
	p.Screenshot("intake-areas")
	p.Axe()
	s.importFile(t, intake.Workers, "workers.csv", "")
	p.Goto("/workers")
	p.Screenshot("intake-workers")
	p.Axe()
	p.Goto("/frames")
	p.Screenshot("intake-frames-empty")
	p.Goto("/import/frame")
	p.Fill("#f-name", "徐汇区居民库")
	p.Upload("#u-file", s.file("frame.csv"))
	p.Click(".gp-upload button[type=submit]")
	p.WaitVisible("form[action$=confirm] button")
	p.Screenshot("intake-frame-preview")
	p.Click("form[action$=confirm] button")
	p.WaitVisible("#f-reason")
	p.Screenshot("intake-frame-open")
	p.Axe()
	frame := strings.TrimPrefix(p.URL(), s.URL)
	if _, err := s.intake.Freeze(context.Background(), authz.SystemActor("310104"), filepath.Base(frame), intake.FreezeInput{}, nil); err != nil {
		t.Fatal(err)
	}
	p.View(browsertest.Phone)
	p.Goto(frame)
	p.Screenshot("intake-frame-phone")
	p.Axe()
	p.Goto("/areas")
	p.Screenshot("intake-areas-phone")
	p.Goto("/frames")
	p.Screenshot("intake-frames-phone")
	p.Axe()
}
