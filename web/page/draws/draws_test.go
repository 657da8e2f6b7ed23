package draws_test

import (
	"bytes"
	"context"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/account"
	"gongping/internal/app/draws"
	"gongping/internal/app/rounds"
	"gongping/internal/cache"
	"gongping/internal/demo"
	"gongping/internal/testkit/world"
	"gongping/survey/draw/verify"
	"gongping/web"
)

// site is the whole service over the small world.
type site struct {
	*world.World
	t   *testing.T
	url string
}

func open(t *testing.T) *site {
	t.Helper()
	w := world.Load(t)
	h, err := web.New(web.Deps{Core: w.Core, District: demo.DistrictCode, Cache: cache.NewLocal(), Log: w.Log, Version: "test", Account: &account.Service{Core: w.Core},
		Rooms: web.Rooms{Rounds: &rounds.Service{Core: w.Core}, Draws: &draws.Service{Core: w.Core}}})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return &site{w, t, s.URL}
}

// visitor is a browser; a login signs it in by the demonstration's button.
type visitor struct {
	*site
	c *http.Client
}

func (s *site) as(login string) *visitor {
	jar, _ := cookiejar.New(nil)
	v := &visitor{s, &http.Client{Jar: jar, Timeout: 30 * time.Second}}
	if login != "" {
		v.post("/sign-in/demo", url.Values{"login": {login}, "to": {"/planner"}})
	}
	return v
}

func (v *visitor) do(req *http.Request, want ...int) (string, string) {
	v.t.Helper()
	req.Header.Set("Accept-Language", "zh-CN")
	res, err := v.c.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, w := range want {
		if res.StatusCode == w {
			return string(b), res.Request.URL.Path
		}
	}
	v.t.Fatalf("%s %s: %d, want %v\n%s", req.Method, req.URL, res.StatusCode, want, text(string(b)))
	return "", ""
}

// text is a page without its tags, for messages.
func text(page string) string {
	page = regexp.MustCompile(`(?s)<script.*?</script>|<[^>]+>`).ReplaceAllString(page, " ")
	page = strings.Join(strings.Fields(page), " ")
	return page[:min(len(page), 1500)]
}

func (v *visitor) get(path string, want ...int) string {
	v.t.Helper()
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, v.url+path, nil)
	if len(want) == 0 {
		want = []int{http.StatusOK}
	}
	b, _ := v.do(req, want...)
	return b
}

func (v *visitor) post(path string, form url.Values, want ...int) (string, string) {
	v.t.Helper()
	req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, v.url+path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if len(want) == 0 {
		want = []int{http.StatusOK}
	}
	return v.do(req, want...)
}

func contains(t *testing.T, page string, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !strings.Contains(page, w) {
			t.Errorf("the page lacks %q:\n%s", w, text(page))
		}
	}
}

// round makes and freezes a round through the pages and returns its id.
func (s *site) round(m *visitor) string {
	s.t.Helper()
	contains(s.t, m.get("/rounds"), "还没有评价轮次")
	contains(s.t, m.get("/rounds/new"), "2026 年居民名单")
	_, at := m.post("/rounds", url.Values{"title": {"第四季度居民评议"}, "area": {demo.DistrictCode}, "frame": {s.FrameID}})
	id := strings.Split(at, "/")[2]
	edit := "/rounds/" + id + "/edit"
	form := url.Values{"step": {"plan"}, "by.sex": {"1"}, "by.age_band": {"1"}, "sizing": {""}, "size": {"24"}, "allocation": {"neyman"}, "collapse_below": {"8"},
		"response_rate": {"60"}, "reserve_ratio": {"50"}, "prior_sd": {"21"}, "sd.sex:f": {"24"}, "take.age_band:75-": {"1"}, "then": {"preview"}}
	page, _ := m.post(edit, form)
	contains(s.t, page, "各居委会的样本", "女")
	form.Set("size", "-3")
	page, _ = m.post(edit, form, http.StatusUnprocessableEntity)
	contains(s.t, page, "抽样方案不能使用")
	m.post(edit, url.Values{"step": {"dates"}, "opens": {"2026-12-01"}, "closes": {"2026-12-28"}})
	for _, step := range []string{"basics", "questionnaire", "plan", "evaluators", "rules", "dates", "review"} {
		contains(s.t, m.get(edit+"?step="+step), "填写步骤")
	}
	contains(s.t, m.get("/rounds/"+id+"/preview"), "入样概率", "岁")
	page, _ = m.post("/rounds/"+id+"/freeze", nil)
	contains(s.t, page, "已冻结", "去抽样")
	m.get(edit, http.StatusConflict)
	return id
}

var commitmentLink = regexp.MustCompile(`/d/([0-9a-f-]{36})`)

func TestFromARoundToAPublicDraw(t *testing.T) {
	t.Parallel()
	s := open(t)
	m := s.as("manager")
	id := s.round(m)
	draw := "/rounds/" + id + "/draw"
	page, _ := m.post(draw, url.Values{"kind": {"dice"}, "name": {"大厅掷骰"}, "due": {"2020-01-01T10:00"}}, http.StatusUnprocessableEntity)
	contains(t, page, "提交承诺时随机数已经产生")
	page, _ = m.post(draw, url.Values{"kind": {"dice"}, "name": {"大厅掷骰"}, "due": {"2026-11-21T10:00"}})
	contains(t, page, "随机数还没有产生", "承诺摘要")
	c := commitmentLink.FindStringSubmatch(page)[1]

	citizen := s.as("")
	contains(t, citizen.get("/d/"+c), "大厅掷骰", "等待随机数")
	contains(t, citizen.get("/d"), "第四季度居民评议")
	contains(t, citizen.get("/d/"+c+"/commitment.txt"), "gongping draw commitment v1")
	citizen.get("/d/"+c+"/bundle", http.StatusConflict)
	citizen.post("/draws/"+c+"/reveal", url.Values{"seed": {"1"}, "evidence": {"x"}}, http.StatusUnauthorized)

	s.Clock.Advance(48 * time.Hour)
	m, a := s.as("manager"), s.as("auditor") // sessions ended meanwhile
	contains(t, m.get(draw), "请换一个人录入")
	reveal := url.Values{"seed": {"31415126535461524336"}, "evidence": {"公证处在场"}}
	m.post("/draws/"+c+"/reveal", reveal, http.StatusForbidden)
	page, _ = a.post("/draws/"+c+"/reveal", url.Values{"seed": {"7"}, "evidence": {"公证处在场"}}, http.StatusUnprocessableEntity)
	contains(t, page, "种子的写法")
	page, _ = a.post("/draws/"+c+"/reveal", reveal)
	contains(t, page, "样本已抽出", "31415126535461524336")
	drawID := regexp.MustCompile(`name="draw" value="([^"]+)"`).FindStringSubmatch(page)[1]
	page, _ = a.post("/draws/"+c+"/verify", url.Values{"draw": {drawID}})
	contains(t, page, "全部一致")

	for _, path := range []string{"/d/" + c, "/d/" + drawID} {
		contains(t, citizen.get(path), "可以核验", "31415126535461524336", "公证处在场", "下载核验包", "/static/verify/")
	}
	bundle := citizen.get("/d/" + drawID + "/bundle")
	if _, err := verify.Bundle(bytes.NewReader([]byte(bundle)), ""); err != nil {
		t.Errorf("the downloaded bundle: %v", err)
	}
	contains(t, citizen.get("/static/verify/index.html"), "verify")
	citizen.get("/d/00000000-0000-4000-8000-000000000000", http.StatusNotFound)
	citizen.get("/d/nonsense", http.StatusNotFound)
	contains(t, m.get("/rounds/"+id), "开始访问")
	page, _ = m.post("/rounds/"+id+"/step", url.Values{"to": {"collecting"}})
	contains(t, page, "访问中")

	contains(t, m.get(draw), "补充抽样", "每个居委会补多少人")
	a.post("/rounds/"+id+"/topup", url.Values{"kind": {"dice"}, "name": {"再掷一次"}, "due": {"2026-11-25T10:00"}, "more": {"3"}}, http.StatusForbidden)
	page, _ = m.post("/rounds/"+id+"/topup", url.Values{"kind": {"dice"}, "name": {"再掷一次"}, "due": {"2026-11-25T10:00"}, "more": {"0"}}, http.StatusUnprocessableEntity)
	contains(t, page, "不能这样补充抽样")
	page, _ = m.post("/rounds/"+id+"/topup", url.Values{"kind": {"dice"}, "name": {"再掷一次"}, "due": {"2026-11-25T10:00"}, "more": {"3"}, "area": {s.Committees()[0]}})
	contains(t, page, "承诺摘要", "再掷一次", "补充抽样：承诺已公布")
	s.Clock.Advance(96 * time.Hour)
	c = commitmentLink.FindStringSubmatch(page[strings.Index(page, "承诺摘要"):])[1]
	page, _ = s.as("auditor").post("/draws/"+c+"/reveal", url.Values{"seed": {"22222222333333334444"}, "evidence": {"公证处在场"}})
	contains(t, page, "样本已抽出", "topup", "补充抽样已抽出", "计划样本数随之增加")
}

func TestDocumentPages(t *testing.T) {
	t.Parallel()
	s := open(t)
	m := s.as("manager")
	contains(t, m.get("/questionnaires"), "使用自带问卷")
	page, at := m.post("/questionnaires/default", nil)
	contains(t, page, "非常满意", "第 1 版")
	contains(t, m.get(at+"/edit"), "增加题目")
	contains(t, m.get("/rulebooks"), "还没有评价规则")
	page = m.get("/rulebooks/new?preset=residents-70-records-30")
	form := formOf(page)
	form.Set("title.zh", "七三规则")
	page, at = m.post("/rulebooks", form)
	contains(t, page, "七三规则", "居民评价占总分的 70%", "用平常话说")
	form = formOf(m.get(at + "/edit"))
	form.Set("gates.unit_min", "40")
	page, _ = m.post(at, form)
	contains(t, page, "第 2 版", "少于 40 份")
	watch(t, m, at)
	scale(t, m, at)
	form.Set("resident.weight", "50")
	page, _ = m.post(at, form, http.StatusUnprocessableEntity)
	contains(t, page, "计分规则不能使用")
	contains(t, m.get("/planner"), "错怪", "每个居委会 20 份")
	contains(t, m.get("/planner?within=0"), "alert")
	w := s.as("worker-lone")
	contains(t, w.get(at), "七三规则")
	w.get(at+"/edit", http.StatusForbidden)
	w.get("/rounds/new", http.StatusForbidden)
	w.post("/rulebooks", form, http.StatusForbidden)
	s.as("").get("/rounds") // leads to the sign-in page
}

// scale changes the grades and the panel's criteria in the form; a row that cannot
// be used is named in words and marked.
func scale(t *testing.T, m *visitor, at string) {
	t.Helper()
	page := m.get(at + "/edit")
	form := formOf(page)
	for k, want := range map[string]string{"grade.0.zh": "优秀", "grade.4.zh": "", "criterion.0.id": "problem_solving", "criterion.0.level.0.from": "9", "criterion.3.en": "Team and conduct", "criterion.4.zh": "", "criterion.4.level.3.zh": ""} {
		if got, ok := form[k]; !ok || got[0] != want {
			t.Errorf("%s is %q in the form, want %q", k, got, want)
		}
	}
	form.Set("grade.1.from", "95") // above the best
	bad, _ := m.post(at, form, http.StatusUnprocessableEntity)
	contains(t, bad, "等次标准 · 第 2 项", `id="e-grade.1"`)
	form.Set("grade.1.from", "78")
	form.Set("criterion.0.level.1.to", "9") // the best begins there
	bad, _ = m.post(at, form, http.StatusUnprocessableEntity)
	contains(t, bad, "评议标准 · 第 1 项 · 第 2 项", `id="e-criterion.0.level.1"`)
	form.Set("criterion.0.level.1.to", "8")
	form.Set("criterion.3.zh", "") // in one language only: still there, and at fault
	bad, _ = m.post(at, form, http.StatusUnprocessableEntity)
	contains(t, bad, "评议标准 · 第 4 项")
	form.Set("criterion.3.en", "")
	form.Set("criterion.4.zh", "便民服务")
	form.Set("criterion.4.level.0.from", "6")
	form.Set("criterion.4.level.0.to", "10")
	form.Set("criterion.4.level.0.zh", "事项齐全，当场能办")
	m.post(at, form)
	form = formOf(m.get(at + "/edit"))
	for k, want := range map[string]string{"grade.1.from": "78", "criterion.3.zh": "便民服务", "criterion.3.id": "criterion_5", "criterion.3.level.0.zh": "事项齐全，当场能办", "criterion.4.zh": ""} {
		if got := form.Get(k); got != want {
			t.Errorf("after saving %s is %q, want %q", k, got, want)
		}
	}
}

// watch changes, in the form, the sections that only the JSON had once: telephone,
// quality, panel method, records. A number out of bounds is named in words.
func watch(t *testing.T, m *visitor, at string) {
	t.Helper()
	form := formOf(m.get(at + "/edit"))
	for k, want := range map[string]string{"calls.no_answer_minutes": "180", "quality.suspect_cases": "20", "quality.route_seconds": "60", "panel_method": "facets",
		"record_rules.limit_days": "7", "record_rules.repeat_rule": "harmonic", "grades.top_share": "0.3"} {
		if got := form.Get(k); got != want {
			t.Errorf("%s is %q in the form, want the default %s", k, got, want)
		}
	}
	for k, v := range map[string]string{"calls.no_answer_minutes": "240", "quality.suspect_cases": "7", "panel_method": "deviation", "record_rules.repeat_rule": "once",
		"item_type.0.id": "contact", "item_type.0.type": "1"} {
		form.Set(k, v)
	}
	page, _ := m.post(at, form)
	contains(t, page, "至少隔 240 分钟", "先复核 7 户", "离差", "只算一次")
	again := formOf(m.get(at + "/edit"))
	for _, k := range []string{"calls.no_answer_minutes", "quality.suspect_cases", "panel_method", "record_rules.repeat_rule", "item_type.0.id", "item_type.0.type"} {
		if again.Get(k) != form.Get(k) {
			t.Errorf("%s is %q after saving %q", k, again.Get(k), form.Get(k))
		}
	}
	for field, words := range map[string][]string{
		"quality.alpha":           {"无人作假时出现任何误报的概率", "0.001 到 0.2"},
		"calls.refusal_hours":     {"本人拒访后间隔", "24 到 720"},
		"quality.item_time":       {"单题至少用去读题时间的几成", "0.2 到 1"},
		"record_rules.heap_share": {"月末三天集中办结比例上限", "0 到 1"},
	} {
		bad := formOf(m.get(at + "/edit"))
		bad.Set(field, "9000")
		page, _ := m.post(at, bad, http.StatusUnprocessableEntity)
		contains(t, page, append(words, "9000")...)
	}
}

var area = regexp.MustCompile(`<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>`)

var input = regexp.MustCompile(`<(?:input|select|textarea)[^>]*name="([^"]+)"[^>]*>`)
var value = regexp.MustCompile(`value="([^"]*)"`)
var selected = regexp.MustCompile(`(?s)<select[^>]*name="([^"]+)"[^>]*>.*?<option value="([^"]*)" selected`)

// formOf reads the fields of a form as a browser would send them.
func formOf(page string) url.Values {
	out := url.Values{}
	for _, m := range input.FindAllStringSubmatch(page, -1) {
		v := ""
		if x := value.FindStringSubmatch(m[0]); x != nil {
			v = x[1]
		}
		out.Set(m[1], v)
	}
	for _, list := range [][][]string{selected.FindAllStringSubmatch(page, -1), area.FindAllStringSubmatch(page, -1)} {
		for _, m := range list {
			out.Set(m[1], html.UnescapeString(m[2]))
		}
	}
	return out
}
