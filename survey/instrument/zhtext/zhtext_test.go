package zhtext_test

import (
	"slices"
	"strings"
	"testing"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
	"gongping/survey/instrument/zhtext"
)

const sample = `# 社区服务满意度调查
# 您好，请您填写。

1. 1、您的年龄?*[单选题]
A.20岁及以下
B.21-40
C..41-60
D.61及以上

2. 您用过哪些服务？【多选题】[多选题]
社区食堂
文化室
无
不清楚

3. 您对食堂满意吗[单选题]
非常不满意
不满意
一般
满意
非常满意

4. 您愿意参加议事吗？[单选题]
是
否（请跳至第6题）

5. 参加过几次？[单选题]
1次
3次
其他（请注明）____

6. 下面各项您满意吗？[矩阵单选题]
很好 较好 一般 较差
楼道卫生
电梯

7. 合作能力如何?[单选题]
A.很强
B.比较强
C.一般
D.很弱
E.比较弱

7. 建议[填空题]

8. 签名[手写题]

9. 请给环境打分[量表题]
`

func find(rep *exchange.Report, key string) (lines []int) {
	for _, f := range rep.Findings {
		if f.Key == key {
			lines = append(lines, f.Line)
		}
	}
	return lines
}

func TestTextIsReadAndItsFaultsNamedByLine(t *testing.T) {
	q, rep, err := zhtext.Read(sample)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Check(); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string][]int{"number_twice": {4}, "option_prefix": {7}, "mark_twice": {10}, "exclusive": {13}, "dont_know": {14}, "grade5": {16},
		"jump_read": {25}, "ranges_gap": {27}, "other": {30}, "matrix_read": {32}, "order": {37}, "number_used": {44}, "type_unknown": {46}} {
		if got := find(rep, key); !slices.Equal(got, want) {
			t.Errorf("%s at lines %v, want %v", key, got, want)
		}
	}
	kinds := map[string]instrument.Kind{"q1": instrument.Single, "q2": instrument.Multiple, "q3": instrument.Grade5, "q4": instrument.Single, "q5": instrument.Single,
		"q6_1": instrument.Single, "q6_2": instrument.Single, "q7": instrument.Single, "q7_2": instrument.Text, "q9": instrument.Grade5}
	for id, kind := range kinds {
		if it := q.Item(id); it == nil || it.Kind != kind {
			t.Errorf("%s: %+v, want a %s", id, it, kind)
		}
	}
	if len(q.Items) != len(kinds) || q.Title["zh"] != "社区服务满意度调查" || q.Intro["zh"] != "您好，请您填写。" {
		t.Errorf("%d items, %v, %v", len(q.Items), q.Title, q.Intro)
	}
	if it := q.Item("q3"); it.Options != nil {
		t.Errorf("the usual five words are kept as words of its own: %+v", it.Options)
	}
	if it := q.Item("q2"); !it.DontKnow || !it.Option("3").Exclusive || len(it.Options) != 3 {
		t.Errorf("%+v", it)
	}
	if it := q.Item("q1"); !it.Required || it.Text["zh"] != "您的年龄?" || it.Option("3").Text["zh"] != "41-60" {
		t.Errorf("%+v", it)
	}
	if it := q.Item("q5"); it.Shown(instrument.Answers{"q4": "2"}) || !it.Shown(instrument.Answers{"q4": "1"}) {
		t.Errorf("the jump is not a rule: %+v", it.ShowIf)
	}
	if it := q.Item("q6_2"); it.Matrix == "" || len(it.Options) != 4 {
		t.Errorf("%+v", it)
	}
}

func TestFaultsOfListsAreFound(t *testing.T) {
	for options, key := range map[string]string{
		"经常\n偶尔\n使用":                "odd_option",
		"20岁以下\n20-40\n40-60\n61以上": "ranges_overlap",
		"1-3次\n6次及以上":               "ranges_gap",
		"好\n好":                      "choice_twice",
		"A.甲\nC.乙":                  "option_letter",
		"只有一个":                      "one_option",
	} {
		_, rep, err := zhtext.Read("1. 您说呢？[单选题]\n" + options + "\n")
		if err != nil {
			t.Fatal(err)
		}
		if len(find(rep, key)) == 0 {
			t.Errorf("%q: no %s in %+v", options, key, rep.Findings)
		}
	}
	for _, good := range []string{"20岁及以下\n21-40\n41-60\n61及以上", "2000元以下\n2001-4000元\n4001元以上", "很强\n比较强\n一般\n比较弱\n很弱", "经常\n偶尔\n从不", "非常有\n有一点\n不太有\n没有"} {
		_, rep, err := zhtext.Read("1. 您说呢？[单选题]\n" + good + "\n")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range rep.Findings {
			if f.Level == exchange.Fault && f.Key != "title" {
				t.Errorf("%q: %+v", good, f)
			}
		}
	}
}

// Whatever is read passes the questionnaire's own check.
func FuzzRead(f *testing.F) {
	f.Add(sample)
	f.Add("1. a[单选题]\n\u202e<script>\nA.x\n")
	f.Add(strings.Repeat("1.x[矩阵多选题]\n列：a b\n行\n\n", 3))
	f.Add("1.x[矩阵多选题]\n列0 1\n列：\n行：")
	f.Add("1. 一[单选题]\n甲（跳至第3题）\n乙\n\n2. 二[多选题]\n甲\n其他___\n\n3. 三[日期题]\n\n=== 分页 ===\n第二部分 x\n4.四[数字题]")
	f.Fuzz(func(t *testing.T, text string) {
		q, rep, err := zhtext.Read(text)
		if err != nil {
			return
		}
		if len(q.Items) > 0 {
			if err := q.Check(); err != nil {
				t.Fatalf("%v\n%+v", err, q)
			}
		}
		if rep.Items != len(q.Items) {
			t.Fatalf("the report counts %d items of %d", rep.Items, len(q.Items))
		}
	})
}
