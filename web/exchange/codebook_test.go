package exchange

import (
	"slices"
	"strings"
	"testing"

	"gongping/survey/instrument"
	"gongping/web/locale"
)

// The codebook of the example is read back cell by cell: each language in its
// own columns whatever language the reader has, and bounds in words.
func TestCodebookSpeaksEachLanguageInItsColumn(t *testing.T) {
	t.Parallel()
	q := instrument.Example()
	for _, reader := range locale.Langs {
		p := locale.Embedded().For(reader)
		rows := Codebook(&q, p)
		cell := func(variable, head string) string {
			at := slices.Index(rows[0], head)
			for _, r := range rows {
				if len(r) != len(rows[0]) {
					t.Fatalf("%s: a row has %d cells, the head %d: %q", reader, len(r), len(rows[0]), r)
				}
				if at >= 0 && r[1] == variable {
					return r[at]
				}
			}
			t.Fatalf("%s: no cell %s of %s in %q", reader, head, variable, rows[0])
			return ""
		}
		column := func(key, language string) string { return p.T("qbook."+key, "Language", language) }
		for _, want := range []struct{ variable, head, holds string }{
			{"overall", column("codes", "中文"), "5 = 非常满意\n"}, {"overall", column("codes", "English"), "5 = Very satisfied\n"},
			{"overall", column("codes", "English"), "declined = Prefer not to say"}, {"care_enough", column("codes", "English"), "yes = Yes"},
			{"visited", column("codes", "中文"), "none = 都没有用过（单独选）"}, {"visited", column("codes", "English"), "none = None of these (alone)"},
			{"years", column("hint", "中文"), "不满一年请填 0。"}, {"years", column("hint", "English"), "Write 0 for less than a year."},
			{"care_hours", p.T("qbook.range"), map[locale.Lang]string{locale.Chinese: "不小于 0.5，不大于 80，间隔 0.5，最多 1 位小数", locale.English: "0.5 or more; 80 or less; in steps of 0.5"}[reader]},
			{"visited", p.T("qbook.range"), map[locale.Lang]string{locale.Chinese: "至少选 1 项", locale.English: "choices: 1 or more"}[reader]},
			{"household:other", p.T("qbook.range"), map[locale.Lang]string{locale.Chinese: "最多 200 个字", locale.English: "at most 200 characters"}[reader]},
		} {
			if got := cell(want.variable, want.head); !strings.Contains(got, want.holds) {
				t.Errorf("%s: %s of %s is %q, want %q in it", reader, want.head, want.variable, got, want.holds)
			}
		}
	}
}
