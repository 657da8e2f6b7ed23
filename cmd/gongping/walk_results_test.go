package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"gongping/internal/demo"
	"gongping/web/browsertest"
)

func (w *walk) figures(t *testing.T) {
	p, id := w.as("manager"), strings.TrimPrefix(w.round, "/rounds/")
	w.upload(t, p, "/import/indicators?round="+id, "客观指标.csv", func(f *os.File) error { return w.world.WriteIndicators(f, demo.Chinese) })
	w.keep(t, p)
}

func (w *walk) score(t *testing.T) {
	p := w.as("manager")
	p.Goto("/runs")
	p.Fill("[name=reason]", "访问结束后的首次计算")
	follow(t, p, "开始计分")
	p.Axe() // the page that tells how far the run is, or the finished one
	until(t, p, "公布结果")
	p.Screenshot("walk-run")
	follow(t, p, "重算核对")
	until(t, p, "完全一致")
	confirm(t, p, "公布结果")
	until(t, p, "结果已公布")
}

func (w *walk) leader(t *testing.T) {
	p := w.as("leader")
	p.Goto("/results")
	follow(t, p, "2026年第四轮居民评议")
	w.run = w.path(p)
	for _, what := range []string{"[data-chart]", "table"} {
		if !p.Has(what) {
			t.Errorf("no %s on the dashboard", what)
		}
	}
	see(t, p, "少于")
	p.Screenshot("walk-dashboard")
	f, err := excelize.OpenReader(bytes.NewReader(w.download(p, w.run+"/export/xlsx")))
	if err != nil {
		t.Fatalf("the export does not open: %v", err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetList()[0])
	if err != nil || len(rows) < 3 {
		t.Errorf("the export's first sheet has %d rows: %v", len(rows), err)
	}
}

func (w *walk) appeal(t *testing.T) {
	p := w.as("worker")
	p.Goto("/results")
	if !strings.Contains(w.path(p), "/units/") {
		follow(t, p, "2026年第四轮居民评议")
	}
	see(t, p, "最极端")
	p.Screenshot("walk-committee")
	follow(t, p, "提出申诉")
	browsertest.Eval[bool](p, `(document.querySelector('input[name=ground][value=missing_context]').click(), true)`)
	p.Fill("#f-statement", "当天晚上有三份答卷在十几秒内完成，没有逐题询问，请予复核。")
	p.Upload("#f-files", file(t, "访问记录.txt", func(f *os.File) error {
		_, err := f.WriteString("11月20日19时，现场记录：访问未逐题进行。\n")
		return err
	}))
	follow(t, p, "提交申诉")
	until(t, p, "已提交")
	w.receipt = w.path(p)
	p.Screenshot("walk-appeal")
	m := w.as("manager")
	m.Goto(w.receipt)
	m.Fill("#f-reason", "现场记录显示三份答卷用时过短。")
	follow(t, m, "受理并指派")
	until(t, m, "已受理")
}

func (w *walk) decide(t *testing.T) {
	votes := 0
	for _, login := range []string{"panel-1", "panel-2", "panel-3", "panel-4", "panel-5"} {
		p := w.as(login)
		p.Goto("/appeals")
		if !p.Has("a[href$='/case']") {
			continue
		}
		press(t, p, "a[href$='/case']")
		browsertest.Eval[bool](p, `(document.querySelectorAll('input[name=affected]').forEach(function (x) {
			if (/≈ 10(\D|$)/.test(x.closest('tr').textContent)) x.click(); }),
			document.querySelector('input[name=outcome][value=uphold]').click(), true)`)
		p.Fill("#f-reason", "用时与记录相符，访问过程有缺陷，应予排除。")
		p.Screenshot("walk-vote")
		confirm(t, p, "提交表决")
		votes++
	}
	if votes != 2 {
		t.Fatalf("%d members could vote, want 2", votes)
	}
	m := w.as("manager")
	m.Goto(w.receipt)
	see(t, m, "申诉成立")
	m.Screenshot("walk-decided")
}

func (w *walk) supersede(t *testing.T) {
	m := w.as("manager")
	for end := time.Now().Add(browsertest.Patience); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		m.Goto("/appeals")
		if m.Has("form[action^='/appeals/releases/']") {
			break
		}
	}
	m.Screenshot("walk-release")
	confirm(t, m, "开始公示")
	see(t, m, "公示至")
	anyone := w.phone(t, "anyone")
	anyone.Goto("/notices") // needs no sign-in
	see(t, anyone, "得分变化", "提出异议")
	anyone.Screenshot("walk-notice")
	anyone.Click("details summary")
	browsertest.Eval[bool](anyone, `(document.querySelector('textarea[name=objection]').value = '新结果排除了几份回答，请说明依据，不能只听一面之词。', true)`)
	follow(t, anyone, "提交异议")
	see(t, anyone, "异议已收到")
	m.Goto(w.receipt)
	see(t, m, "请说明依据")
	browsertest.Eval[bool](m, `(document.querySelector('#objections textarea').value = '两名复核成员独立核对了用时记录，理由已随决定公布。', true)`)
	press(t, m, "#objections button[type=submit]")
	see(t, m, "两名复核成员独立核对")
	w.clock.Forward(12 * 24 * time.Hour)
	w.tabs = map[string]*browsertest.Page{} // sessions have run out
	m = w.as("manager")
	m.Goto("/appeals")
	confirm(t, m, "公布新结果")
	m.Goto(w.receipt)
	see(t, m, "已公布新结果")
	p := w.as("worker")
	p.Goto(w.receipt)
	p.Screenshot("walk-upheld")
	follow(t, p, "查看新结果")
	see(t, p, "第 2 次计分")
	l := w.as("leader")
	l.Goto("/results")
	follow(t, l, "2026年第四轮居民评议")
	now := w.path(l)
	if now == w.run {
		t.Error("the list still leads to the superseded run")
	}
	l.Goto(now + "/changes")
	see(t, l, "")
	lookAt(t, l, now+"/changes")
	l.Screenshot("walk-changes")
	l.Goto(w.run)
	see(t, l, "取代")
}

func (w *walk) audit(t *testing.T) {
	p := w.as("auditor")
	p.Goto("/audit")
	press(t, p, "form[action='/audit/verify'] button[type=submit]")
	see(t, p, "日志完整")
	p.Goto("/audit?personal=1")
	see(t, p, "查阅个人信息", "测试eval-1")
	p.Screenshot("walk-audit")
}
