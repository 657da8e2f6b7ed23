package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gongping/web/browsertest"
)

// reviewers are the panel members' accounts.
var reviewers = []string{"panel-1", "panel-2", "panel-3", "panel-4", "panel-5"}

// panel lets the manager say who rates whom, and every reviewer rate what the
// plan gives: a stranger's committee is none of their business.
func (w *walk) panel(t *testing.T) {
	m := w.as("manager")
	m.Goto(w.round + "/panel")
	m.Fill("#f-per", "2")
	press(t, m, "form[action$='/panel/plan'] button[type=submit]")
	see(t, m, "分工连通")
	rated := 0
	for severity, login := range reviewers {
		p := w.as(login)
		p.Goto("/panel")
		mine := browsertest.Eval[[]string](p, `Array.from(document.querySelectorAll('#main td:first-child a[href^="/panel/"]')).map(function (a) { return a.getAttribute('href'); })`)
		for i, path := range mine {
			if i == 0 {
				p.Goto(path)
				p.Screenshot("walk-rate")
			}
			// Committees differ more than reviewers do, and criteria a little.
			good := 9 - slices.IndexFunc(w.committees(), func(code string) bool { return strings.HasSuffix(w.path(p), code) })
			browsertest.Eval[bool](p, fmt.Sprintf(`(document.querySelectorAll('select[name^="score."]').forEach(function (s, i) {
				s.value = String(%d - %d %% 2 + (i + %d) %% 2 / 2); }), true)`, good, severity, severity))
			follow(t, p, "保存并评下一个")
			rated++
		}
	}
	if rated != 8 {
		t.Fatalf("%d sheets were rated, want 4 committees by 2 reviewers", rated)
	}
	m.Goto(w.round + "/panel")
	see(t, m, "测试panel-1", "已有评分 4 个")
	m.Screenshot("walk-panel")
}

// composite reads how the parts make one score, that satisfaction and
// efficiency stay two axes, and what hangs on the choice of weights; and sees
// that nobody is graded while an appeal may still be filed.
func (w *walk) composite(t *testing.T) {
	l := w.as("leader")
	l.Goto(w.run)
	see(t, l, "满意与效率：两个方面分开看", "档次取决于权重吗")
	l.Goto(w.run + "/units/" + w.own)
	see(t, l, "综合得分的构成", "居民评价", "12345工单按时办结率", "评议组评价", "权重在允许范围")
	l.Screenshot("walk-composite")
	m := w.as("manager")
	m.Goto("/grades")
	follow(t, m, "2026年第四轮居民评议")
	w.sheet = w.path(m)
	confirm(t, m, "生成等次建议")
	see(t, m, "申诉期未满或申诉未结", "没有综合得分")
	if m.Has("form[action$='/sign']") {
		t.Error("a grade can be signed while an appeal may be filed")
	}
	l.Goto(w.sheet)
	if l.Has("form[action$='/sign']") {
		t.Error("the leader can sign while an appeal may be filed")
	}
}

// grades makes the proposals anew when all appeals are done: an export waits for
// the signatures, a tie for a person's reasoned choice.
func (w *walk) grades(t *testing.T) {
	w.clock.Forward(20 * 24 * time.Hour)
	w.tabs = map[string]*browsertest.Page{} // sessions have run out
	m, l := w.as("manager"), w.as("leader")
	m.Goto(w.sheet)
	see(t, m, "结果已更新")
	confirm(t, m, "生成等次建议")
	see(t, m, "没有综合得分", "待签字")
	refused := browsertest.Eval[string](m, fmt.Sprintf(`fetch(%q).then(function (r) { return r.text().then(function (s) { return r.status + s; }); })`, w.sheet+"/export"))
	if !strings.HasPrefix(refused, "409") || !strings.Contains(refused, "没有签字，不能导出") {
		t.Errorf("the export of unsigned grades answers %.300s", refused)
	}
	m.Expect("status of 409")
	signed := 0
	for l.Goto(w.sheet); l.Has("form[action$='/sign']"); signed++ {
		browsertest.Eval[bool](l, `(function () { var form = document.querySelector("form[action$='/sign']");
			form.closest('details').open = true; form.querySelector('textarea').value = '街道办公会集体讨论，依据综合得分区间定等次。'; return true; })()`)
		if signed == 0 {
			l.Screenshot("walk-sign")
		}
		l.Click("form[action$='/sign'] button[type=submit]")
		l.WaitVisible("#gp-confirm")
		press(t, l, "#gp-confirm button[value=yes]")
		see(t, l, "测试leader")
	}
	if signed == 0 {
		t.Fatalf("nothing could be signed:\n%.1500s", l.Text("#main"))
	}
	l.Screenshot("walk-grades")
	list := string(w.download(l, w.sheet+"/export"))
	if strings.Count(list, "测试leader") != signed || !strings.Contains(list, w.own) {
		t.Errorf("the export holds %.600s", list)
	}
}
