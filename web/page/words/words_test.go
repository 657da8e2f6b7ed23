package words_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/departments"
	"gongping/internal/app/words"
	"gongping/internal/demo"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/site"
	"gongping/internal/testkit/spoken"
	"gongping/scoring/qualitative"
	"gongping/web/api"
	"gongping/web/api/departmentsapi"
	"gongping/web/api/wordsapi"
	"gongping/web/browsertest"
	"gongping/web/handle"
	departmentspage "gongping/web/page/departments"
	wordspage "gongping/web/page/words"
)

type bench struct {
	*scored.Round
	svc   *words.Service
	depts *departments.Service
	http  *httptest.Server
	scope string
}

func serve(t *testing.T) *bench {
	r := scored.Load(t)
	b := &bench{Round: r, svc: words.New(r.Core), depts: &departments.Service{Core: r.Core}, scope: "round:" + r.ID}
	var said []string
	for i := range 40 {
		said = append(said, demoText(i))
	}
	spoken.Add(t, r, append(said, spoken.Comments...)...)
	b.http = site.Serve(t, r.Actor, func(g gin.IRouter, p *handle.Pages) {
		wordspage.Routes(g, p, b.svc)
		departmentspage.Routes(g, p, b.depts)
		e := g.(*gin.Engine)
		a := api.New(e, e.Group(""), "test", p.Catalog(), func(_ context.Context, err error) { t.Error(err) })
		wordsapi.Register(a, b.svc)
		departmentsapi.Register(a, b.depts)
	})
	return b
}

func demoText(i int) string {
	return []string{"早上施工的声音管一管，说了好几次了。", "管一管遛狗不牵绳，说了好几次了。", "居委会的同志很热心，谢谢。", "楼道灯坏了早点修。", "开个老年食堂或者送餐点，谢谢！"}[i%5] + strings.Repeat("嗯", i/5)
}

// code lets two coders code all there is, but for some texts.
func (b *bench) code(t *testing.T, leave int) {
	ctx, scope := context.Background(), words.ParseScope(b.scope)
	for k, login := range []string{"panel-5", "panel-6"} {
		list, err := b.svc.Waiting(ctx, b.Actor(login), scope, 1000)
		if err != nil {
			t.Fatal(err)
		}
		var js []words.Judgement
		for i, x := range list {
			if k == 1 && i < leave {
				continue
			}
			js = append(js, words.Judgement{Lead: x.ID, Codes: demo.Judge(x.Body, k)})
		}
		if err := b.svc.CodeMany(ctx, b.Actor(login), js); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWordsInTheBrowser: a manager saves the codebook and takes comments in, a
// coder codes, an auditor searches, a department reads its card and answers.
func TestWordsInTheBrowser(t *testing.T) {
	t.Parallel()
	br := browsertest.Start(t)
	b := serve(t)
	m := br.Page(t, b.http.URL, browsertest.Desktop, "zh")
	m.Goto("/words?as=manager")
	m.Axe()
	m.Screenshot("words-empty-zh")
	m.Goto("/words/codebook")
	m.ClickText("使用标准编码本")
	m.WaitVisible(".gp-tone-success")
	m.Axe()
	m.Screenshot("words-codebook-zh")
	m.Goto("/words/intake")
	m.Screenshot("words-intake-zh")
	m.ClickText("收取")
	m.WaitVisible(".gp-tiles")
	if got := m.Text("main"); !strings.Contains(got, "少于10条时不显示") {
		t.Errorf("themes before any is decided: %s", got)
	}
	b.code(t, 8)
	c := br.Page(t, b.http.URL, browsertest.Desktop, "zh")
	c.Goto("/words/code?as=panel-4")
	if got := c.Text("main"); strings.Contains(got, "居委会：") || strings.Contains(got, "13812345678") {
		t.Errorf("the coder sees too much: %s", got)
	}
	c.Axe()
	c.Screenshot("words-code-zh")
	c.Fill("#topic-0", "service.manner")
	c.Expect("422")
	c.Click("form.gp-code button[type=submit]") // polarity and matter are missing
	c.WaitVisible(".gp-tone-danger")
	c.Fill("#polarity-0", "1")
	c.Fill("#matter-0", "committee")
	c.Click("form.gp-code button[type=submit]")
	c.WaitVisible(".gp-tone-success")
	for path, name := range map[string]string{"/words": "words-themes", "/words/agreement": "words-agreement", "/words/campaigns": "words-campaigns", "/words/search?q=%E7%94%B5%E6%A2%AF": "words-search", "/words/attributions": "words-attributions"} {
		c.Goto(path)
		c.Axe()
		c.Screenshot(name + "-zh")
	}
	// An auditor asks that an attribution be withdrawn; a supervisor, who did
	// not code it, agrees.
	c.Goto("/words/attributions?as=auditor")
	c.Click("main table a")
	c.WaitVisible("#f-reason")
	c.Axe()
	c.Fill("#f-reason", "路面归居委会自管，应当撤回")
	c.ClickText("提交申请")
	c.WaitVisible(".gp-tone-success")
	at, err := url.Parse(c.URL())
	if err != nil {
		t.Fatal(err)
	}
	c.Goto(at.Path + "?as=supervisor")
	c.Axe()
	c.Screenshot("words-attribution-zh")
	c.Fill("#f-reason", "查实，同意撤回")
	c.Click("button[value=yes]")
	c.WaitVisible(".gp-alert.gp-tone-success, .gp-timeline")
	if got := c.Text("main"); !strings.Contains(got, "已撤回") {
		t.Errorf("after the ruling: %s", got)
	}
	a := br.Page(t, b.http.URL, browsertest.Phone, "en")
	for _, x := range []struct{ path, as, name string }{{"/words", "manager", "words-themes"}, {"/words/agreement", "auditor", "words-agreement"}, {"/words/campaigns", "auditor", "words-campaigns"},
		{"/words/search?q=%E7%94%B5%E6%A2%AF", "auditor", "words-search"}, {"/words/code", "panel-3", "words-code"}, {"/words/codebook", "manager", "words-codebook"}, {"/words/attributions", "auditor", "words-attributions"}, {"/words/intake", "manager", "words-intake"}} {
		sep := "?"
		if strings.Contains(x.path, "?") {
			sep = "&"
		}
		a.Goto(x.path + sep + "as=" + x.as)
		if over := a.Overflow(); len(over) > 0 {
			t.Errorf("%s runs over: %v", x.name, over)
		}
		a.Axe()
		a.Screenshot(x.name + "-en-phone")
	}
	d := br.Page(t, b.http.URL, browsertest.Desktop, "zh")
	d.Goto("/departments?as=dept-police")
	if got := d.Text("main"); !strings.Contains(got, "养犬") || strings.Contains(got, "牵绳") {
		t.Errorf("the card of the police: %s", got)
	}
	d.Fill("#f-topic", "养犬")
	d.Fill("#f-body", "已安排每周三、周六傍晚联合巡查。")
	d.ClickText("发布回应")
	d.WaitVisible(".gp-timeline")
	d.Axe()
	d.Screenshot("department-card-zh")
	a.Goto("/departments/police?as=leader-" + b.Committees()[0][6:9])
	a.Axe()
	a.Screenshot("department-card-en-phone")
	a.Goto("/departments?as=manager")
	a.Axe()
	a.Screenshot("department-list-en-phone")
}

// Who sees what: words only to coders and auditors.
func TestWhoSeesWords(t *testing.T) {
	t.Parallel()
	b := serve(t)
	ctx := context.Background()
	book := qualitative.Standard()
	if _, err := b.svc.SaveCodebook(ctx, b.Actor("manager"), &book); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.TakeIn(ctx, b.Actor("manager"), b.ID); err != nil {
		t.Fatal(err)
	}
	b.code(t, 0)
	leader, street := "leader-"+b.Committees()[0][6:9], ""
	_ = street
	for _, x := range []struct {
		as, path string
		status   int
	}{
		{"manager", "/words", 200}, {leader, "/words", 200}, {"worker-lone", "/words", 200}, {"panel-4", "/words", 200}, {"auditor", "/words", 200}, {"supervisor", "/words", 200},
		{"dept-police", "/words", 403}, {"admin", "/words", 403},
		{"panel-4", "/words/code", 200}, {"supervisor", "/words/code", 200}, {"manager", "/words/code", 403}, {leader, "/words/code", 403}, {"auditor", "/words/code", 403},
		{"auditor", "/words/search?q=x", 200}, {"manager", "/words/search?q=x", 403}, {leader, "/words/search?q=x", 403}, {"worker-lone", "/words/search?q=x", 403}, {"dept-police", "/words/search?q=x", 403},
		{"auditor", "/words/attributions", 200}, {"panel-4", "/words/attributions", 200}, {"manager", "/words/attributions", 403}, {"worker-lone", "/words/attributions", 403}, {leader, "/words/attributions", 403}, {"dept-police", "/words/attributions", 403},
		{"auditor", "/words/attributions/00000000-0000-4000-8000-000000000000", 404}, {"auditor", "/words/attributions/x", 404},
		{"auditor", "/words/campaigns", 200}, {"manager", "/words/campaigns", 403}, {leader, "/words/campaigns", 403},
		{"manager", "/words/intake", 200}, {"auditor", "/words/intake", 403}, {"dept-police", "/words/codebook", 200},
		{"manager", "/words?scope=round:00000000-0000-4000-8000-000000000000", 404}, {"manager", "/words?scope=nonsense", 404},
		{"dept-police", "/departments/police", 200}, {"dept-police", "/departments/housing", 403}, {"manager", "/departments/none", 404}, {"", "/words", 303},
	} {
		status, text := b.get(t, x.as, x.path)
		if status != x.status {
			t.Errorf("%q %s: %d, want %d", x.as, x.path, status, x.status)
		}
		verbatim := strings.Contains(text, "不牵绳") || strings.Contains(text, "施工的声音")
		if may := x.as == "panel-4" || x.as == "supervisor" || x.as == "auditor"; verbatim && !may {
			t.Errorf("%s reads residents' words on %s", x.as, x.path)
		}
	}
}

func (b *bench) get(t *testing.T, as, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequest("GET", b.http.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.send(t, as, r)
}

func (b *bench) send(t *testing.T, as string, r *http.Request) (int, string) {
	t.Helper()
	if as != "" {
		r.AddCookie(&http.Cookie{Name: "as", Value: as})
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// Files are taken in masked, faulty ones shown with their rows; a scheme
// becomes a codebook; a topic is added.
func TestFilesAndCodebook(t *testing.T) {
	t.Parallel()
	b := serve(t)
	upload := func(path, name, text string) (int, string) {
		t.Helper()
		var buf bytes.Buffer
		w := multipart.NewWriter(&buf)
		f, err := w.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, text)
		w.Close()
		r, err := http.NewRequest("POST", b.http.URL+path, &buf)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", w.FormDataContentType())
		return b.send(t, "manager", r)
	}
	if status, _ := upload("/words/intake/files", "留言.csv", "内容,用户,点赞\n王女士说电梯坏了，电话13812345678,u1,3\n"); status != 303 {
		t.Errorf("a file: %d", status)
	}
	if status, text := upload("/words/intake/files", "坏.csv", "内容,点赞\n好,很多\n"); status != 400 && status != 422 || !strings.Contains(text, "2") {
		t.Errorf("a faulty file: %d", status)
	}
	if status, _ := upload("/words/codebook", "分类.csv", "topic1,topic2\n城乡建设,安全生产\n"); status != 303 {
		t.Errorf("a scheme: %d", status)
	}
	form := url.Values{"id": {"x.new"}, "zh": {"新主题"}, "matter": {"department/housing"}, "items": {"overall"}}
	r, err := http.NewRequest("POST", b.http.URL+"/words/codebook/topics", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, _ := b.send(t, "manager", r); status != 303 {
		t.Errorf("a topic: %d", status)
	}
	book, err := b.svc.Codebook(context.Background(), b.Actor("manager"))
	if err != nil || book.Version != 2 || book.Codebook.Topic("x.new").Department != "housing" {
		t.Errorf("%+v, %v", book, err)
	}
	if err := b.depts.Save(context.Background(), b.Actor("manager"), []departmentdb.Department{{Code: "water", Name: "水务", Active: true}}); err != nil {
		t.Error(err)
	}
}

// The real messages, where they are at hand: taken in, searched, campaigns found.
func TestRealMessages(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "..", "..", "..", "shared", "data", "citizen-messages-zh", "messages_with_votes.csv")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skip("the collection citizen-messages-zh is not at hand")
	}
	b := serve(t)
	ctx := context.Background()
	got, err := b.svc.Import(ctx, b.Actor("manager"), "messages.csv", bytes.NewReader(data), int64(len(data)), []byte("x"))
	if err != nil || got.Comments != 2112 {
		t.Fatalf("%+v, %v", got, err)
	}
	list, _, err := b.svc.Campaigns(ctx, b.Actor("auditor"), words.Scope{Import: got.Import})
	if err != nil {
		t.Fatal(err)
	}
	best := map[qualitative.Pattern]int{}
	for _, c := range list {
		best[c.Pattern] = max(best[c.Pattern], c.Comments+c.Likes)
	}
	if best[qualitative.OneAuthor] < 91 || best[qualitative.ManyLikes] < 2097 || best[qualitative.SameText]+best[qualitative.Repeated] < 3 {
		t.Errorf("the largest campaigns: %v", best)
	}
	t.Logf("%d campaigns, largest %v, %d data masked", len(list), best, got.Masked)
	if _, n, err := b.svc.Search(ctx, b.Actor("auditor"), words.Scope{Import: got.Import}, "广场舞", 1); err != nil || n == 0 {
		t.Errorf("%d found, %v", n, err)
	}
}

// TestAPI does the same by JSON.
func TestAPI(t *testing.T) {
	t.Parallel()
	b := serve(t)
	call := func(login, method, path string, in any, want int, out any) {
		t.Helper()
		var body bytes.Buffer
		if text, ok := in.(string); ok {
			body.WriteString(text)
		} else if in != nil {
			if err := json.NewEncoder(&body).Encode(in); err != nil {
				t.Fatal(err)
			}
		}
		r, err := http.NewRequest(method, b.http.URL+"/api/v1"+path, &body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		status, text := b.send(t, login, r)
		if status != want {
			t.Fatalf("%s %s as %q: %d, want %d: %.300s", method, path, login, status, want, text)
		}
		if out != nil {
			if err := json.Unmarshal([]byte(text), out); err != nil {
				t.Fatalf("%s %s: %v in %.300s", method, path, err, text)
			}
		}
	}
	scope := "?scope=" + b.scope
	var saved struct{ Version int }
	call("manager", "PUT", "/words/codebook", qualitative.Standard(), 200, &saved)
	call("panel-4", "PUT", "/words/codebook", qualitative.Standard(), 403, nil)
	call("auditor", "POST", "/rounds/"+b.ID+"/comments", nil, 403, nil)
	call("manager", "POST", "/rounds/"+b.ID+"/comments", nil, 200, nil)
	var queue []wordsapi.Text
	call("panel-4", "GET", "/words/queue"+scope+"&limit=3", nil, 200, &queue)
	call("manager", "GET", "/words/queue"+scope, nil, 403, nil)
	if saved.Version != 1 || len(queue) != 3 {
		t.Fatalf("version %d, %d texts", saved.Version, len(queue))
	}
	mine := []wordsapi.Judgement{{ID: queue[0].ID, Codes: []qualitative.Code{{Topic: "property.lift", Polarity: -1, Matter: qualitative.Property}}}, {ID: queue[1].ID, Codes: []qualitative.Code{}}}
	call("panel-4", "POST", "/words/codings", mine, 204, nil)
	call("panel-4", "POST", "/words/codings", mine, 409, nil)
	call("auditor", "POST", "/words/codings", mine, 403, nil)
	call("panel-5", "POST", "/words/codings", mine, 204, nil)
	b.code(t, 0)
	var themes []wordsapi.Theme
	call("manager", "GET", "/words/themes"+scope, nil, 200, &themes)
	var agree []wordsapi.Agreement
	call("auditor", "GET", "/words/agreement"+scope, nil, 200, &agree)
	var campaigns []wordsapi.Campaign
	call("auditor", "GET", "/words/campaigns"+scope, nil, 200, &campaigns)
	var found wordsapi.Found
	call("auditor", "GET", "/words/search?q="+url.QueryEscape("施工"), nil, 200, &found)
	call("dept-police", "GET", "/words/search?q=x", nil, 403, nil)
	var scopes []wordsapi.Scope
	call("panel-4", "GET", "/words", nil, 200, &scopes)
	if len(themes) == 0 || len(agree) == 0 || len(campaigns) == 0 || found.Total != 8 || len(scopes) != 1 || scopes[0].Scope != b.scope {
		t.Errorf("%d themes, %d agreements, %d campaigns, %d found, %+v", len(themes), len(agree), len(campaigns), found.Total, scopes)
	}
	var taken wordsapi.Taken
	call("manager", "POST", "/words/files?name=x.csv", "内容,用户\n电话13812345678,u\n", 200, &taken)
	var list []departmentsapi.Department
	call("leader-"+b.Committees()[0][6:9], "GET", "/departments", nil, 200, &list)
	var card departmentsapi.Card
	call("dept-police", "POST", "/departments/police/replies", map[string]string{"body": "已安排巡查。"}, 204, nil)
	call("dept-police", "GET", "/departments/police", nil, 200, &card)
	call("dept-police", "GET", "/departments/housing", nil, 403, nil)
	if taken.Masked != 1 || len(list) != 6 || len(card.Replies) != 1 || len(card.Causes) != 1 {
		t.Errorf("%+v, %d departments, %+v", taken, len(list), card)
	}
}
