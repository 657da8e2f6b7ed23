package rounds_test

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/account"
	"gongping/internal/app/rounds"
	"gongping/internal/cache"
	"gongping/internal/demo"
	"gongping/internal/testkit/world"
	"gongping/survey/instrument"
	"gongping/web"
	"gongping/web/browsertest"
)

// visitor is a browser without script, signed in as a manager.
type visitor struct {
	t   *testing.T
	url string
	c   *http.Client
}

func open(t *testing.T, login string) *visitor {
	t.Helper()
	w := world.Load(t)
	h, err := web.New(web.Deps{Core: w.Core, District: demo.DistrictCode, Cache: cache.NewLocal(), Log: w.Log, Version: "test",
		Account: &account.Service{Core: w.Core}, Rooms: web.Rooms{Rounds: &rounds.Service{Core: w.Core}}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return (&visitor{t: t, url: s.URL}).as(login)
}

func (v *visitor) as(login string) *visitor {
	jar, _ := cookiejar.New(nil)
	n := &visitor{v.t, v.url, &http.Client{Jar: jar, Timeout: time.Minute}}
	n.post("/sign-in/demo", url.Values{"login": {login}, "to": {"/planner"}})
	return n
}

func (v *visitor) do(method, path, kind string, body io.Reader, want ...int) (string, *http.Response) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, v.url+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", "zh-CN")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := v.c.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if len(want) == 0 {
		want = []int{http.StatusOK}
	}
	for _, w := range want {
		if res.StatusCode == w {
			return string(b), res
		}
	}
	v.t.Fatalf("%s %s: %d, want %v\n%.1500s", method, path, res.StatusCode, want, b)
	return "", nil
}

func (v *visitor) get(path string, want ...int) string {
	v.t.Helper()
	s, _ := v.do("GET", path, "", nil, want...)
	return s
}

func (v *visitor) post(path string, form url.Values, want ...int) (string, string) {
	v.t.Helper()
	s, res := v.do("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), want...)
	return s, res.Request.URL.Path
}

func (v *visitor) upload(name string, data []byte, want ...int) string {
	v.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, _ := w.CreateFormFile("file", name)
	_, _ = f.Write(data)
	_ = w.Close()
	s, _ := v.do("POST", "/questionnaires/import", w.FormDataContentType(), &b, want...)
	return s
}

var field = regexp.MustCompile(`name="(body|part|open)" value="([^"]*)"`)

// hidden reads what the editor's form carries.
func hidden(t *testing.T, page string) (url.Values, *instrument.Questionnaire) {
	t.Helper()
	form := url.Values{}
	for _, m := range field.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	var q instrument.Questionnaire
	if err := json.Unmarshal([]byte(form.Get("body")), &q); err != nil {
		t.Fatalf("no draft in the page: %v\n%.800s", err, page)
	}
	return form, &q
}

func with(form url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func TestEditorWithoutScript(t *testing.T) {
	t.Parallel()
	v := open(t, "manager")
	page := v.get("/questionnaires/new?from=empty")
	form, _ := hidden(t, page)
	page, _ = v.post("/questionnaires", with(form, "title.zh", "短问卷", "title.en", "Short", "languages", "zh, en, ja", "act", "dimension"))
	form, q := hidden(t, page)
	if len(q.Dimensions) != 1 || q.Title["zh"] != "短问卷" || len(q.Languages) != 3 {
		t.Fatalf("settings were not applied: %+v", q)
	}
	page, _ = v.post("/questionnaires", with(form, "title.ja", "短い調査", "dim.0.id", "d", "dim.0.zh", "总体", "act", "open:0"))
	form, _ = hidden(t, page)
	page, _ = v.post("/questionnaires", with(form, "e.id", "a", "e.kind", "multiple", "e.text.zh", "用过什么？", "e.required", "on", "e.dont_know", "on", "act", "apply"))
	form, q = hidden(t, page)
	if q.Items[0].Kind != instrument.Multiple || len(q.Items[0].Options) != 2 {
		t.Fatalf("a change of kind gives no options: %+v", q.Items[0])
	}
	same := []string{"e.id", "a", "e.kind", "multiple", "e.text.zh", "用过什么？", "e.required", "on", "o.0.code", "x", "o.0.zh", "食堂", "o.1.code", "none", "o.1.zh", "都没有", "o.1.exclusive", "on"}
	page, _ = v.post("/questionnaires", with(form, append(same, "act", "add:grade5")...))
	form, q = hidden(t, page)
	if !q.Items[0].Options[1].Exclusive || len(q.Items) != 2 || form.Get("open") != "1" {
		t.Fatalf("%+v, open %s", q.Items, form.Get("open"))
	}
	second := []string{"e.id", "b", "e.kind", "grade5", "e.text.zh", "满意吗？", "e.dimension", "d", "e.required", "on"}
	page, _ = v.post("/questionnaires", with(form, append(second, "act", "cond")...))
	form, q = hidden(t, page)
	if q.Items[1].ShowIf == nil {
		t.Fatal("no rule was added")
	}
	page, _ = v.post("/questionnaires", with(form, append(second, "rule", "all", "t.0.item", "a", "t.0.op", "not", "t.0.in", "none", "act", "up:1")...))
	form, q = hidden(t, page)
	if q.Items[0].ID != "b" || form.Get("open") != "0" {
		t.Error("the item did not move up and stay open")
	}
	page, _ = v.post("/questionnaires", with(form, append(second, "rule", "all", "t.0.item", "a", "t.0.op", "not", "t.0.in", "none", "act", "save")...), http.StatusUnprocessableEntity)
	if !strings.Contains(page, "问题出在第 1 题") {
		t.Error("a rule about a later item is not named by its number")
	}
	form, _ = hidden(t, page)
	page, _ = v.post("/questionnaires", with(form, append(second, "rule", "all", "t.0.item", "a", "t.0.op", "not", "t.0.in", "none", "act", "down:0")...))
	form, _ = hidden(t, page)
	page, at := v.post("/questionnaires", with(form, append(second, "rule", "formula", "rule.formula", "${a} != '' and not(selected(${a}, 'none'))", "act", "save")...))
	for _, part := range []string{"短问卷", "第 1 版", "多选题"} {
		if !strings.Contains(page, part) {
			t.Errorf("no %q on the page of the saved questionnaire", part)
		}
	}
	if !strings.Contains(v.get(at+"?in=ja"), "短い調査") {
		t.Error("the third language is not shown")
	}
	for as, part := range map[string]string{"json": `"op": "has"`, "codebook.csv": "维度", "codebook.md": "| 题号 |", "xlsform": "PK", "codebook.xlsx": "PK"} {
		if body := v.get(at + "/export?as=" + as); !strings.Contains(body, part) {
			t.Errorf("export as %s has no %q: %.200s", as, part, body)
		}
	}
	v.get(at+"/export?as=pdf", http.StatusUnprocessableEntity)
	if paper := v.get(at + "/print"); !strings.Contains(paper, "gp-box") || !strings.Contains(paper, "仅当") {
		t.Error("the paper form has no boxes or no rule")
	}
	// What is exported is read again as a next version.
	report := v.upload("again.xlsx", []byte(v.get(at+"/export?as=xlsform")))
	form, q = hidden(t, report)
	if q.Items[1].Dimension != "d" || q.Items[0].Options[1].Exclusive != true {
		t.Errorf("read again: %+v", q.Items)
	}
	id := at[strings.LastIndex(at, "/")+1:]
	page, _ = v.post("/questionnaires", with(form, "as", id, "act", "save"))
	if !strings.Contains(page, "第 2 版") {
		t.Error("the import did not become version 2")
	}
	auditor := v.as("auditor")
	auditor.get("/questionnaires/import", http.StatusForbidden)
	auditor.post("/questionnaires", form, http.StatusForbidden)
	auditor.post("/questionnaires/preview", form, http.StatusForbidden)
	auditor.get(at + "/print")
}

const faulty = `# 满意度调查
# 请您填写

1. 1、您满意吗?【单选题】[单选题]
A.很强
B.比较强
C..一般
D.很弱
E.比较弱

2. 您经常来吗？*[单选题]
经常
偶尔
使用

3. 签名[手写签名题]
`

func TestImportShowsAReport(t *testing.T) {
	t.Parallel()
	v := open(t, "manager")
	page, _ := v.post("/questionnaires/import", url.Values{"text": {faulty}})
	for _, part := range []string{"第 4 行", "题号写了两遍", "第 7 行", "量表顺序颠倒", "很弱", "第 11 行", "使用", "手写签名题", "没有对应", "满意度调查"} {
		if !strings.Contains(page, part) {
			t.Errorf("the report has no %q", part)
		}
	}
	_, q := hidden(t, page)
	if len(q.Items) != 2 {
		t.Errorf("%d items", len(q.Items))
	}
	hostile := "# <script>alert(1)</script>\n\n1. <img src=x onerror=alert(1)> \u202etxt[单选题]\n<b>甲</b>\n乙\n"
	page, _ = v.post("/questionnaires/import", url.Values{"text": {hostile}})
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") || strings.Contains(page, "\u202e") {
		t.Error("a hostile label reaches the page unescaped")
	}
	for name, data := range map[string][]byte{"macro.xlsx": []byte("PK\x03\x04rubbish"), "bad.lss": []byte("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><document/>"), "empty.txt": []byte(" \n"), "bad.qsf": []byte("{")} {
		v.upload(name, data, http.StatusUnprocessableEntity)
	}
	v.upload("huge.txt", bytes.Repeat([]byte("长"), 12<<20), http.StatusRequestEntityTooLarge)
}

func TestEditorInTheBrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	v := open(t, "manager")
	file := filepath.Join(t.TempDir(), "问卷.txt")
	if err := os.WriteFile(file, []byte(faulty), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, view := range []browsertest.Viewport{browsertest.Phone, browsertest.Desktop} {
		p := b.Page(t, v.url, view, "zh")
		p.Goto("/sign-in?to=/questionnaires")
		p.Click(`form[action="/sign-in/demo"] input[value="manager"] ~ button`)
		p.WaitVisible(".gp-title")
		look := func(name string) {
			t.Helper()
			p.Axe()
			if wide := p.Overflow(); len(wide) > 0 {
				t.Errorf("%s (%s): wider than the screen: %v", name, view.Name, wide)
			}
			p.Screenshot(name)
		}
		p.Goto("/questionnaires/new?from=example")
		p.Screenshot("editor-settings")
		p.Click("#item-2 .gp-outline-open")
		p.WaitVisible("#f-e\\.kind")
		look("editor-item")
		// A change of kind is applied at once, the preview follows, the rules work in it.
		p.Fill("#f-e\\.text\\.zh", "用过下面哪些服务？")
		p.Fill("#f-e\\.kind", "single")
		p.Settle()
		p.WaitVisible("#gp-preview #q-visited[data-kind=single]")
		if got := p.Text("#gp-preview #q-visited legend"); !strings.Contains(got, "用过下面哪些服务") {
			t.Errorf("the preview says %q", got)
		}
		p.Fill("#f-e\\.kind", "multiple")
		p.Settle()
		p.WaitVisible("#gp-preview #q-visited[data-kind=multiple]")
		p.Click("#gp-preview #q-visited input[value=care]")
		if browsertest.Eval[bool](p, `document.querySelector('#gp-preview #q-care_hours').hidden`) {
			t.Error("the rule does not work in the preview")
		}
		p.Click(`button[value="add:number"]`)
		p.WaitVisible("#f-r\\.max")
		p.Fill("#f-e\\.text\\.zh", "家里有几口人？")
		p.Fill("#f-r\\.min", "1")
		p.Fill("#f-r\\.max", "20")
		p.Click(`button[value="cond"]`)
		p.WaitVisible("#f-t\\.0\\.op")
		p.Fill("#f-t\\.0\\.op", "is")
		p.Settle()
		p.WaitVisible(`input[name="t.0.in"][value="care"]`)
		p.Click(`input[name="t.0.in"][value="care"]`)
		look("editor-rule")
		p.Click(`button[value="save"]`)
		p.WaitVisible(".gp-read")
		look("questionnaire-saved")
		p.ClickText("打印")
		p.WaitVisible(".gp-paper")
		look("questionnaire-paper")
		p.Goto("/questionnaires/import")
		look("questionnaire-import")
		p.Upload("#u-file", file)
		p.Click(".gp-upload button")
		p.WaitVisible(".gp-report")
		look("questionnaire-report")
	}
}
