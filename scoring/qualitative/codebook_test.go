package qualitative_test

import (
	"encoding/json"
	"strings"
	"testing"

	"gongping/internal/errs"
	"gongping/scoring/qualitative"
	"gongping/survey/instrument"
)

func TestStandardCodebook(t *testing.T) {
	t.Parallel()
	b := qualitative.Standard()
	if err := b.Check(); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, it := range instrument.Default().Items {
		known[it.ID] = it.Kind == instrument.Grade5
	}
	for _, topic := range b.Topics {
		if topic.Text["en"] == "" || (topic.Matter == qualitative.Department) != (topic.Department != "") {
			t.Errorf("%+v", topic)
		}
		for _, it := range topic.Items {
			if !known[it] {
				t.Errorf("%s bears on %s, which the questionnaire does not have", topic.ID, it)
			}
		}
	}
	body, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := qualitative.DecodeCodebook(body); err != nil || len(b.Compare(back)) != 0 {
		t.Errorf("%v, %v", back, err)
	}
	if p := b.Path("property.lift", "zh"); p != "物业与设施 / 电梯" {
		t.Error(p)
	}
	if got := strings.Join(b.Bears([]qualitative.Code{{Topic: "property.lift"}, {Topic: "service.dispute"}}), " "); got != "env_property overall service_manner service_result" {
		t.Error(got)
	}
}

func TestCodebookRefuses(t *testing.T) {
	t.Parallel()
	zh := func(s string) map[string]string { return map[string]string{"zh": s} }
	for name, b := range map[string]qualitative.Codebook{
		"no title":     {Topics: []qualitative.Topic{{ID: "a", Text: zh("甲")}}},
		"no topics":    {Title: zh("书")},
		"a bad id":     {Title: zh("书"), Topics: []qualitative.Topic{{ID: "甲", Text: zh("甲")}}},
		"an id twice":  {Title: zh("书"), Topics: []qualitative.Topic{{ID: "a", Text: zh("甲")}, {ID: "a", Text: zh("乙")}}},
		"no name":      {Title: zh("书"), Topics: []qualitative.Topic{{ID: "a"}}},
		"late parent":  {Title: zh("书"), Topics: []qualitative.Topic{{ID: "a", Parent: "b", Text: zh("甲")}, {ID: "b", Text: zh("乙")}}},
		"four levels":  {Title: zh("书"), Topics: []qualitative.Topic{{ID: "a", Text: zh("甲")}, {ID: "b", Parent: "a", Text: zh("乙")}, {ID: "c", Parent: "b", Text: zh("丙")}, {ID: "d", Parent: "c", Text: zh("丁")}}},
		"whose matter": {Title: zh("书"), Topics: []qualitative.Topic{{ID: "a", Text: zh("甲"), Matter: "mayor"}}},
	} {
		if err := b.Check(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := qualitative.DecodeCodebook([]byte("{")); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestSchemeKeepsIDs(t *testing.T) {
	t.Parallel()
	row := func(names ...string) (r qualitative.SchemeRow) {
		copy(r.Names[:], names)
		return r
	}
	title := map[string]string{"zh": "三级分类"}
	rows := []qualitative.SchemeRow{row("城乡建设", "安全生产", "事故处理"), row("城乡建设", "安全生产", "安全生产管理"), row("城乡建设", "城市建设和市政管理"), row("环境保护", "", "")}
	first, err := qualitative.FromScheme(title, rows, nil)
	if err != nil || len(first.Topics) != 6 || first.Topic("1.1.2").Text["zh"] != "安全生产管理" || first.Topic("2").Parent != "" {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := qualitative.FromScheme(title, append([]qualitative.SchemeRow{row("交通运输"), row("城乡建设", "住房保障")}, rows[1:]...), first)
	if err != nil {
		t.Fatal(err)
	}
	if second.Topic("1.1.2").Text["zh"] != "安全生产管理" || second.Topic("2").Text["zh"] != "环境保护" || second.Topic("1.1.1") != nil {
		t.Errorf("%+v", second)
	}
	kinds := map[string]int{}
	for _, c := range first.Compare(second) {
		kinds[c.Kind]++
	}
	if kinds["added"] != 2 || kinds["removed"] != 1 || kinds["changed"] != 0 {
		t.Errorf("%v", first.Compare(second))
	}
	if _, err := qualitative.FromScheme(title, []qualitative.SchemeRow{row("", "乙")}, nil); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
