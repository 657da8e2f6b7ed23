package problem

import (
	"testing"

	"gongping/internal/errs"
	"gongping/web/locale"
)

// A person who reads a refused form's page meets one language, no field of the
// API and no sentence twice.
func TestAPageSpeaksOneLanguage(t *testing.T) {
	t.Parallel()
	err := errs.New(errs.Invalid, "grade.reason", "this needs a reason of at least %d characters", 10).With(map[string]any{"Min": 10}).
		At("reason", "短", "why, in a sentence", "say it as it was")
	for lang, want := range map[locale.Lang]string{locale.Chinese: "“短” · 用一句话写明理由", locale.English: "“短” · why, in a sentence"} {
		p := From(err, locale.Embedded().For(lang))
		forPeople(p, locale.Embedded().For(lang))
		if len(p.Errors) != 1 || p.Errors[0].Line() != want {
			t.Errorf("%s: %+v", lang, p.Errors)
		}
		if hint := map[locale.Lang]string{locale.Chinese: "", locale.English: "Say it as it was."}[lang]; p.Hint != hint {
			t.Errorf("%s: the hint is %q", lang, p.Hint)
		}
	}
}

// What was expected is said in the reader's language, cells and fields by the
// names that the pages show.
func TestExpectationsAreTranslated(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ where, want, zh, en string }{
		{"title", "1 to 120 characters", "名称 · 1 至 120 个字", "Title · 1 to 120 characters"},
		{"topics[34].id", "a unique id of a–z, 0–9, dot, dash, underscore", "代码 · 小写字母、数字、点、横线或下划线，不重复", "Code · a unique id of a–z, 0–9, dot, dash, underscore"},
		{"row 3, column month", "a sentence nobody has translated", "第 3 行 · 月份", "row 3 · Month · a sentence nobody has translated"},
		{"gates.unit_min", "at least 10, for example 30", "给分所需的最少回答 · 至少 10，例如 30", "Answers needed for a score · at least 10, for example 30"},
		{"body.thing", "12", "12", "12"},
		{"body.thing", "优秀, 称职 or none", "优秀、称职或不填", "优秀, 称职 or none"},
		{"body.thing", "one of: csv, xlsx, sav", "csv、xlsx或sav", "one of: csv, xlsx, sav"},
		{"body.thing", "score or leave", "计分，或不计", "score or leave"},
		{"body.thing", "a thing, another or more of them", "", "a thing, another or more of them"},
		{"tree", "weights that add up to 100", "权重 · 各项权重之和须为 100", "Weights · weights that add up to 100"},
		{"share", "from 0.5 to below 1", "不小于 0.5、小于 1", "from 0.5 to below 1"},
	} {
		err := errs.New(errs.Invalid, "", "it is wrong").At(tc.where, "", tc.want, "")
		for lang, want := range map[locale.Lang]string{locale.Chinese: tc.zh, locale.English: tc.en} {
			p := People(err, locale.Embedded().For(lang))
			p.Errors[0].Message = ""
			if got := p.Errors[0].Line(); got != want {
				t.Errorf("%s %s: %q, want %q", lang, tc.where, got, want)
			}
		}
	}
}
