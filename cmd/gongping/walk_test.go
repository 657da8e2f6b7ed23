package main

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/survey/draw/verify"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
	"gongping/web/browsertest"
)

// password is everybody's in the walk.
const password = "一句容易记住的很长的话"

// walk is the state of the walk through the whole job.
type walk struct {
	*stage
	world   *demo.World
	people  map[string]*browsertest.Browser // each role's own
	tabs    map[string]*browsertest.Page    // each account's, in the browser of its role
	root    *testing.T
	round   string // path of the round
	drawn   string // path of the draw's public page
	kase    string // path of the case that is interviewed
	link    string
	low     string // the committee with too few answers
	own     string // the worker's committee
	run     string // path of the first run's results
	sheet   string // path of the round's grades
	receipt string
}

// TestWalk does the whole job through the pages, in Chinese, on an empty
// installation: from the first account to the auditor who checks the log. Each
// role sits before a browser of its own, a process with its own cookies and
// stores, and each account within it has its own window.
func TestWalk(t *testing.T) {
	t.Parallel()
	people := map[string]*browsertest.Browser{"admin": browsertest.Start(t)} // first: without a browser there is nothing to do
	w := &walk{stage: newQuietStage(t, nil, nil), root: t, people: people, tabs: map[string]*browsertest.Page{},
		world: demo.Generate(7, demo.Options{Streets: 1, Committees: 4, Residents: 2000})}
	committees := w.committees()
	w.own, w.low = committees[0], committees[2]
	for _, step := range []struct {
		name string
		do   func(*testing.T)
	}{
		{"administrator makes accounts", w.accounts}, {"manager imports areas and workers", w.areas}, {"manager imports and freezes the frame", w.frame},
		{"questionnaire and rule book", w.documents}, {"round is planned and frozen", w.plan}, {"worker seals a known conflict", w.seal}, {"draw is committed, revealed, published", w.draw},
		{"evaluator interviews on a phone", w.interview}, {"resident answers by link", w.resident}, {"supervisor sees progress", w.progress},
		{"fieldwork ends", w.fieldwork}, {"two coders code what people say", w.words}, {"indicators are imported", w.figures}, {"reviewers rate by the plan", w.panel},
		{"run is computed and published", w.score}, {"leader reads the dashboard", w.leader}, {"composite, and no grade before its time", w.composite}, {"worker appeals", w.appeal}, {"panel upholds", w.decide},
		{"new run supersedes", w.supersede}, {"the sealed entry is judged", w.sealed}, {"grades are proposed, signed, exported", w.grades}, {"the department's card", w.card}, {"auditor verifies", w.audit},
	} {
		began := time.Now()
		if !t.Run(step.name, step.do) {
			t.FailNow()
		}
		t.Logf("%-45s %v", step.name, time.Since(began).Round(10*time.Millisecond))
	}
}

func (w *walk) committees() (list []string) {
	for _, a := range w.world.Areas {
		if len(a.Code) == 12 {
			list = append(list, a.Code)
		}
	}
	return list
}

// as gives the tab of an account, signed in.
func (w *walk) as(login string) *browsertest.Page {
	p := w.tabs[login]
	if p == nil {
		view := browsertest.Desktop
		if strings.HasPrefix(login, "eval") {
			view = browsertest.Phone
		}
		role, _, _ := strings.Cut(login, "-")
		p = w.browserOf(role).Page(w.root, w.URL, view, "zh")
		w.tabs[login] = p
		p.Goto("/sign-in")
		p.Fill("#f-login", login)
		p.Fill("#f-password", password)
		press(w.root, p, ".gp-form button[type=submit]")
	}
	return p
}

// browserOf is the browser of a role.
func (w *walk) browserOf(role string) *browsertest.Browser {
	if w.people[role] == nil {
		w.people[role] = browsertest.Start(w.root)
	}
	return w.people[role]
}

// phone is the window of somebody who has no account.
func (w *walk) phone(t *testing.T, role string) *browsertest.Page {
	t.Helper()
	return w.browserOf(role).Page(t, w.URL, browsertest.Phone, "zh")
}

// until opens a path again and again until the page shows something.
func until(t *testing.T, p *browsertest.Page, what string) {
	t.Helper()
	for end := time.Now().Add(browsertest.Patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if strings.Contains(p.Text("#main"), what) {
			return
		}
	}
	p.Screenshot("failed-walk")
	t.Fatalf("%s never shows %q:\n%.1500s", p.URL(), what, p.Text("#main"))
}

// path is the address shown, without the server.
func (w *walk) path(p *browsertest.Page) string { return strings.TrimPrefix(p.URL(), w.URL) }

func (w *walk) accounts(t *testing.T) {
	s := &account.Service{Core: w.Core}
	_, err := s.Create(t.Context(), authz.SystemActor(demo.DistrictCode), account.New{Login: "admin", Name: "管理员", Role: authz.Admin, Area: demo.DistrictCode, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	p, street := w.as("admin"), w.own[:9]
	for _, a := range [][3]string{
		{"manager", "manager", demo.DistrictCode}, {"manager-2", "manager", demo.DistrictCode}, {"eval-1", "evaluator", street}, {"supervisor", "supervisor", demo.DistrictCode},
		{"leader", "leader", street}, {"worker", "worker", w.own}, {"panel-1", "panel", demo.DistrictCode}, {"panel-2", "panel", demo.DistrictCode},
		{"panel-3", "panel", demo.DistrictCode}, {"panel-4", "panel", demo.DistrictCode}, {"panel-5", "panel", demo.DistrictCode}, {"auditor", "auditor", demo.DistrictCode},
	} {
		if w.path(p) != "/accounts" {
			p.Goto("/accounts")
		}
		p.Fill("#f-login", a[0])
		p.Fill("#f-name", "测试"+a[0])
		p.Fill("#f-role", a[1])
		p.Fill("#f-area", a[2])
		p.Fill("#f-password", password)
		press(t, p, "form[action='/accounts'] button[type=submit]")
		see(t, p, a[0])
	}
	p.Screenshot("walk-accounts")
}

// upload sends a file through the pages up to the preview.
func (w *walk) upload(t *testing.T, p *browsertest.Page, to, name string, write func(*os.File) error) {
	t.Helper()
	p.Goto(to)
	p.Upload("#u-file", file(t, name, write))
	if p.Has("#f-name") {
		p.Fill("#f-name", "2026年第四季度抽样框")
	}
	follow(t, p, "预览")
}

// keep confirms an upload and waits for the end.
func (w *walk) keep(t *testing.T, p *browsertest.Page) {
	t.Helper()
	press(t, p, "form[action$='/confirm'] button")
	until(t, p, "已导入")
}

func (w *walk) areas(t *testing.T) {
	p := w.as("manager")
	w.upload(t, p, "/import/areas", "区域.csv", func(f *os.File) error { return w.world.WriteAreas(f, demo.Chinese) })
	w.keep(t, p)
	w.upload(t, p, "/import/workers", "社区工作者.csv", func(f *os.File) error { return w.world.WriteWorkers(f, demo.Chinese) })
	w.keep(t, p)
}

func (w *walk) frame(t *testing.T) {
	p := w.as("manager")
	w.upload(t, p, "/import/frame", "居民有错.csv", func(f *os.File) error {
		var b bytes.Buffer
		if err := w.world.WriteFrame(&b, demo.Chinese); err != nil {
			return err
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			return err
		}
		rows[3][slices.Index(rows[0], "性别")] = "未知的值"
		return csv.NewWriter(f).WriteAll(rows)
	})
	see(t, p, "未知的值", "第 4 行", "性别")
	if p.Has("form[action$='/confirm']") {
		t.Error("a faulty file can be imported")
	}
	p.Screenshot("walk-row-error")
	w.upload(t, p, "/import/frame", "居民.csv", func(f *os.File) error { return w.world.WriteFrame(f, demo.Chinese) })
	w.keep(t, p)
	if !strings.Contains(w.path(p), "/frames/") {
		p.Goto("/frames")
		follow(t, p, "2026年第四季度抽样框")
	}
	p.Fill("#f-reason", "与户籍系统核对无误")
	confirm(t, p, "冻结")
	until(t, p, "已冻结")
	p.Screenshot("walk-frame")
}

func (w *walk) documents(t *testing.T) {
	p := w.as("manager")
	p.Goto("/questionnaires")
	follow(t, p, "使用自带问卷")
	see(t, p, "服务态度与响应")
	p.Goto("/rulebooks/new")
	follow(t, p, "保存为新版本")
	see(t, p, "第 1 版")
}

func (w *walk) plan(t *testing.T) {
	p := w.as("manager")
	p.Goto("/rounds")
	follow(t, p, "新建轮次")
	p.Fill("#f-title", "2026年第四轮居民评议")
	follow(t, p, "保存，下一步") // basics
	follow(t, p, "保存，下一步") // questionnaire
	p.Fill("#f-size", "60")
	follow(t, p, "保存并预览")
	see(t, p, "各居委会的样本")
	edit, _, _ := strings.Cut(w.path(p), "#")
	follow(t, p, "查看每一层")
	see(t, p, "每一层")
	p.Goto(edit)
	follow(t, p, "保存，下一步") // plan
	follow(t, p, "保存，下一步") // evaluators
	follow(t, p, "保存，下一步") // rules
	now := w.clock.Now().In(demo.Zone)
	p.Fill("#f-opens", now.Format(time.DateOnly))
	p.Fill("#f-closes", now.AddDate(0, 0, 27).Format(time.DateOnly))
	follow(t, p, "保存，下一步") // dates
	p.Screenshot("walk-review")
	confirm(t, p, "冻结方案")
	until(t, p, "去抽样")
	w.round = w.path(p)
}

// seal records a conflict before the draw is committed to.
func (w *walk) seal(t *testing.T) {
	p := w.as("worker")
	p.Goto("/conflicts")
	see(t, p, "还没有登记")
	p.Fill("#f-kind", "demand_refused")
	p.Fill("#f-building", "1号楼")
	p.Fill("#f-room", "101")
	p.Fill("#f-case_number", "调解2026-051")
	p.Fill("#f-story", "该户要求在公共走道封门，居委会依消防规定没有同意，此后多次争执，街道已作调解。")
	follow(t, p, "密封登记")
	see(t, p, "已密封", "调解2026-051")
	p.Screenshot("walk-sealed")
}

// words lets the manager take the comments in and two people code them, blind
// to each other.
func (w *walk) words(t *testing.T) {
	a := w.as("admin")
	a.Goto("/departments")
	a.Fill("#f-code", "housing")
	a.Fill("#f-name", "区房管局")
	follow(t, a, "保存")
	a.Goto("/accounts")
	a.Fill("#f-login", "department")
	a.Fill("#f-name", "测试department")
	a.Fill("#f-role", "department")
	a.Fill("#f-department", "housing")
	a.Fill("#f-area", demo.DistrictCode)
	a.Fill("#f-password", password)
	press(t, a, "form[action='/accounts'] button[type=submit]")
	m := w.as("manager")
	m.Goto("/words/codebook")
	press(t, m, "form[action='/words/codebook/standard'] button")
	m.Goto("/words/intake")
	press(t, m, "form[action^='/words/intake/rounds/'] button")
	for _, login := range []string{"supervisor", "panel-1"} {
		p := w.as(login)
		p.Goto("/words/code")
		see(t, p, "电梯")
		browsertest.Eval[bool](p, `(function () {
			var topic = document.querySelector('[name="topic.0"]'), matter = document.querySelector('[name="matter.0"]');
			topic.value = topic.options[1].value; document.querySelector('[name="polarity.0"]').value = '-1'; matter.value = 'department/housing';
			return matter.value === 'department/housing'; })()`)
		p.Screenshot("walk-code")
		press(t, p, ".gp-code button[type=submit]")
		if p.Has(".gp-alert.gp-tone-danger") {
			t.Fatalf("the codes are refused: %.800s", p.Text("#main"))
		}
	}
	m.Goto("/words/intake")
	m.Screenshot("walk-words")
}

// sealed contests the new result on the sealed entry: the panel judges the entry
// without letters, and the appeal ends without saying whom it met.
func (w *walk) sealed(t *testing.T) {
	p := w.as("worker")
	p.Goto("/results")
	if !strings.Contains(w.path(p), "/units/") {
		follow(t, p, "2026年第四轮居民评议")
	}
	follow(t, p, "提出申诉")
	browsertest.Eval[bool](p, `(document.querySelector('input[name=ground][value=registered_conflict]').click(),
		document.querySelector('#f-entry').selectedIndex = 1, true)`)
	p.Fill("#f-statement", "该户的矛盾在抽样前已密封登记，因依规履职引起，请复核登记是否属实。")
	follow(t, p, "提交申诉")
	until(t, p, "已提交")
	path := w.path(p)
	m := w.as("manager")
	m.Goto(path)
	m.Fill("#f-reason", "登记早于抽样承诺，材料齐全。")
	follow(t, m, "受理并指派")
	until(t, m, "已受理")
	votes := 0
	for _, login := range []string{"panel-1", "panel-2", "panel-3", "panel-4", "panel-5"} {
		p := w.as(login)
		p.Goto("/appeals")
		if !p.Has("a[href='" + path + "/case']") {
			continue
		}
		press(t, p, "a[href='"+path+"/case']")
		see(t, p, "密封登记", "没有回答供您复核")
		if p.Has("input[name=affected]") || strings.Contains(p.Text("#main"), "调解2026-051") {
			t.Error("the panel sees letters or the case number")
		}
		browsertest.Eval[bool](p, `(document.querySelector('input[name=outcome][value=uphold]').click(), true)`)
		p.Fill("#f-reason", "登记属实，因依规履职引起。")
		p.Screenshot("walk-sealed-vote")
		confirm(t, p, "提交表决")
		votes++
	}
	if votes != 2 {
		t.Fatalf("%d members could vote on the entry, want 2", votes)
	}
	p = w.as("worker")
	p.Goto(path)
	see(t, p, "是否涉及被访户，系统不告诉任何人", "已办结")
	p.Screenshot("walk-sealed-decided")
}

// card reads the department's card.
func (w *walk) card(t *testing.T) {
	p := w.as("leader")
	p.Goto("/departments")
	follow(t, p, "区房管局")
	see(t, p, "区房管局")
	p.Screenshot("walk-department")
	d := w.as("department")
	d.Goto("/departments")
	see(t, d, "区房管局")
	if d.Has("#main a[href^='/departments/']:not([href*='housing'])") {
		t.Error("a department sees another's card")
	}
}

func (w *walk) draw(t *testing.T) {
	p := w.as("manager")
	p.Goto(w.round)
	follow(t, p, "去抽样")
	browsertest.Eval[bool](p, `(document.querySelector('input[name=kind][value=dice]').click(), true)`)
	p.Fill("#f-name", "区政务服务大厅公开掷骰")
	p.Fill("#f-due", w.clock.Now().In(demo.Zone).Add(10*time.Minute).Format("2006-01-02T15:04"))
	confirm(t, p, "签署并公布承诺")
	until(t, p, "承诺已签署并公布")
	second := w.as("manager-2")
	second.Goto(w.round + "/draw")
	if second.Has("#f-seed") {
		t.Error("the seed can be given before the randomness exists")
	}
	w.clock.Forward(30 * time.Minute)
	p.Goto(w.round + "/draw")
	if p.Has("#f-seed") {
		t.Error("who committed can reveal")
	}
	second.Goto(w.round + "/draw")
	second.Fill("#f-seed", "35214662413562451326")
	second.Fill("#f-evidence", "大厅公开掷骰，居民代表见证，录像存档")
	confirm(t, second, "录入并抽样")
	until(t, second, "样本已抽出、公开")
	follow(t, second, "重新计算一遍")
	until(t, second, "全部一致")
	second.Screenshot("walk-draw")
	press(t, second, "#main a[href^='/d/']")
	w.drawn = w.path(second)
	anyone := w.phone(t, "anyone")
	anyone.Goto(w.drawn)
	see(t, anyone, "2026") // the public page needs no sign-in
	anyone.Screenshot("walk-draw-public")
	bundle := w.download(anyone, w.drawn+"/bundle")
	if _, err := verify.Bundle(bytes.NewReader(bundle), ""); err != nil {
		t.Fatalf("the bundle does not verify: %v", err)
	}
	if _, err := verify.Bundle(bytes.NewReader(bytes.Replace(bundle, []byte("3521"), []byte("3522"), 1)), ""); err == nil {
		t.Error("a forged bundle verifies")
	}
	p.Goto(w.round)
	confirm(t, p, "开始访问")
	until(t, p, "结束访问")
}

// download fetches an address as the browser's user.
func (w *walk) download(p *browsertest.Page, path string) []byte {
	text := browsertest.Eval[string](p, fmt.Sprintf(`fetch(%q).then(function (r) { if (!r.ok) throw new Error(r.status); return r.arrayBuffer(); }).then(function (b) {
		var s = ''; new Uint8Array(b).forEach(function (x) { s += String.fromCharCode(x); }); return btoa(s); })`, path))
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// fill answers every question of a form that shows them all.
const fill = `(function () {
	document.querySelectorAll('.gp-q[data-item]').forEach(function (q) {
		var all = q.querySelectorAll('input[type=radio]'), box = q.querySelector('textarea');
		if (all.length && !q.disabled) all[Math.min(1, all.length - 1)].click();
		if (box) { box.value = '电梯修得快一些'; box.dispatchEvent(new Event('change', {bubbles: true})); }
	});
	return true; })()`

func (w *walk) interview(t *testing.T) {
	p := w.as("eval-1")
	p.Goto("/app")
	p.Screenshot("walk-app")
	press(t, p, ".gp-work-list a.gp-work-case")
	w.kase = w.path(p)
	p.ClickText("打开姓名和联系方式")
	p.WaitVisible(".gp-person")
	p.ClickText("上门之后")
	follow(t, p, "无人在家")
	until(t, p, "联系结果已记录")
	follow(t, p, "开始访问")
	p.WaitVisible(".gp-q")
	browsertest.Eval[bool](p, fill)
	p.Click(".gp-q-check")
	p.Screenshot("walk-interview")
	sent := browsertest.Eval[string](p, `new URLSearchParams(new FormData(document.querySelector('[data-interview]'))).toString()`)
	p.Click(".gp-q-send")
	until(t, p, "感谢您的评价")
	again := browsertest.Eval[string](p, fmt.Sprintf(`fetch(%q, {method: 'POST', headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body: %q}).then(function (r) { return r.text(); })`,
		w.kase+"/interview", sent))
	if !strings.Contains(again, "这份答卷早已收到") {
		t.Errorf("the same submission again: %.1500s", again)
	}
}

// next is the question that a resident sees, and whether the review has come.
func next(p *browsertest.Page) string {
	return browsertest.Eval[string](p, `(function () { var q = Array.from(document.querySelectorAll('.gp-q[data-item]')).find(function (x) { return !x.hidden; });
		return (q ? q.dataset.item : '') + document.querySelector('.gp-q-check').hidden; })()`)
}

func (w *walk) resident(t *testing.T) {
	p := w.as("eval-1")
	p.Goto("/app")
	press(t, p, ".gp-work-list a.gp-work-case:not([href='"+w.kase+"'])")
	follow(t, p, "生成链接")
	w.link = strings.TrimPrefix(browsertest.Eval[string](p, `document.querySelector('.gp-link').value`), w.URL)
	r := w.phone(t, "resident")
	r.Goto(w.link)
	r.Screenshot("walk-resident")
	for range 40 {
		if browsertest.Eval[bool](r, `!document.querySelector('.gp-q-check').hidden`) {
			break
		}
		shown := next(r)
		browsertest.Eval[bool](r, `(function () {
			var q = Array.from(document.querySelectorAll('.gp-q[data-item]')).find(function (x) { return !x.hidden; });
			q.querySelectorAll('input[type=radio]')[0].dispatchEvent(new MouseEvent('click', {bubbles: true, detail: 1}));
			return true; })()`)
		// The next question comes by itself.
		for end := time.Now().Add(2 * time.Second); time.Now().Before(end) && shown == next(r); time.Sleep(20 * time.Millisecond) {
		}
	}
	r.Click(".gp-q-check")
	r.Click(".gp-q-send")
	until(t, r, "感谢您的评价")
	r.Screenshot("walk-resident-thanks")
	r.Expect("status of 4")
	r.Goto(w.link)
	if r.Has(".gp-q-send") {
		t.Error("the link can be used twice")
	}
	r.Screenshot("walk-link-used")
}

func (w *walk) progress(t *testing.T) {
	p := w.as("supervisor")
	p.Goto("/fieldwork")
	follow(t, p, "2026年第四轮居民评议")
	see(t, p, "240")
	p.Screenshot("walk-progress")
}

// fieldwork brings in the rest: three in four answer, and a few of the
// worker's residents tick the lowest grade throughout within seconds.
func (w *walk) fieldwork(t *testing.T) {
	accounts, service := &account.Service{Core: w.Core}, field.New(w.Core)
	defer func() {
		if err := service.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	who, err := accounts.ByLogin(t.Context(), demo.DistrictCode, "eval-1")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := service.MyCases(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	g.SetLimit(6)
	done, poor := map[string]int{}, w.committees()[1]
	for i, c := range cases {
		if c.Complete || i%5 == 0 || c.Committee == w.low && done[w.low] >= 6 {
			continue
		}
		done[c.Committee]++
		low := c.Committee == w.own && done[c.Committee] <= 3
		g.Go(func() error {
			sub := field.Submission{ID: app.NewID(), CaseID: c.ID, Mode: fieldwork.Door, Answers: instrument.Answers{}, Seconds: 100 + i, Hour: 19}
			for k, it := range w.world.Questionnaire.Items {
				switch {
				case it.Kind == instrument.Text:
				case it.Kind == instrument.YesNo:
					sub.Answers[it.ID] = "yes"
				case low:
					sub.Answers[it.ID], sub.Seconds = "1", 15
				default:
					grade := []int{4, 5, 4, 5, 4, 3}[(i*7+k)%6]
					if c.Committee == poor {
						grade -= 2 // committees differ, or no grade could be told from chance
					}
					sub.Answers[it.ID] = fmt.Sprint(grade)
				}
			}
			_, err := service.Submit(t.Context(), who, sub)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	p := w.as("supervisor")
	p.Goto("/fieldwork")
	follow(t, p, "2026年第四轮居民评议")
	m := w.as("manager")
	m.Goto(w.round)
	confirm(t, m, "结束访问")
	until(t, m, "访问已结束")
}
