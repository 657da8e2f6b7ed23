package analyze

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"gongping/web/locale"
)

// A report speaks one language: titles, headings and notes are Chinese or
// English throughout, the words that machines read are the same in both.
func TestReportInBothLanguages(t *testing.T) {
	t.Parallel()
	lines := survey(900, 3)
	lines[0] = strings.Replace(lines[0], "街道", "street", 1)
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], "街", "S")
	}
	text := strings.NewReplacer("街道", "street", "满意度", "satisfaction").Replace(surveySpec)
	data := filepath.Join(t.TempDir(), "data.csv")
	if err := os.WriteFile(data, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	print := func(lang locale.Lang) (string, string) {
		r := reportIn(t, lang, text, data)
		for _, table := range r.Tables {
			for _, h := range table.Heads {
				if h.Label == "" {
					t.Errorf("%s: %q of %q has no heading", lang, h.Key, table.Title)
				}
			}
			for _, s := range append(append([]string{}, table.Notes...), table.Title) {
				if lang == locale.Chinese && !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
					t.Errorf("not Chinese: %q", s)
				}
			}
		}
		for _, s := range r.Notes {
			if lang == locale.Chinese && !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("not Chinese: %q", s)
			}
		}
		var out, csv bytes.Buffer
		if err := Text(&out, r); err != nil {
			t.Fatal(err)
		}
		for _, table := range r.Tables {
			table.Title = ""
		}
		if err := CSV(&csv, r); err != nil {
			t.Fatal(err)
		}
		return out.String(), csv.String()
	}
	en, enCSV := print(locale.English)
	zh, zhCSV := print(locale.Chinese)
	if strings.ContainsFunc(en, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		t.Error("Chinese in the English report")
	}
	for _, want := range []string{"有效样本量", "正式得分", "不能区分"} {
		if !strings.Contains(zh, want) {
			t.Errorf("the Chinese report lacks %s", want)
		}
	}
	for _, want := range []string{"effective_n", ",ordinary,"} {
		if !strings.Contains(enCSV, want) || !strings.Contains(zhCSV, want) {
			t.Errorf("the CSV lacks %s in one language", want)
		}
	}
}

func TestLanguageOfAReport(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ flag, all, lang, want string }{
		{"", "", "", "en"}, {"zh", "en_US.UTF-8", "", "zh"}, {"en", "zh_CN.UTF-8", "zh_CN.UTF-8", "en"},
		{"", "", "zh_CN.UTF-8", "zh"}, {"", "C.UTF-8", "zh_CN.UTF-8", "en"}, {"", "zh_TW", "en_GB", "zh"},
	} {
		env := func(k string) string { return map[string]string{"LC_ALL": c.all, "LANG": c.lang}[k] }
		if got, err := Language(c.flag, env); err != nil || string(got) != c.want {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
	if _, err := Language("fr", func(string) string { return "" }); err == nil {
		t.Error("an unknown language was taken")
	}
}

// What a report remarks on a figure that was refused is in its language, too; the
// word that machines read is the same in both.
func TestRemarksAreInTheLanguageOfTheReport(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data.csv")
	rows := "h,unit,g,y\n"
	for i, r := range []string{"a,1,p,3", "a,1,p,4", "a,2,p,2", "a,2,q,5", "b,3,q,4", "b,3,q,1", "b,3,q,2", "b,3,p,5"} {
		rows += strings.Repeat(r+"\n", 3+i%2)
	}
	if err := os.WriteFile(data, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	remarks := map[locale.Lang][]Cell{}
	for _, lang := range []locale.Lang{locale.Chinese, locale.English} {
		r := reportIn(t, lang, "data: data.csv\nmin_cell: 3\ndesign: {strata: h, clusters: [unit]}\nitems: [{column: y}]\nstatistics: [{stat: mean, of: y}, {stat: mean, of: y, by: [g]}, {stat: quantile, of: y, at: [0.5]}]", data)
		for _, table := range r.Tables {
			for c, h := range table.Heads {
				for _, row := range table.Cells {
					if h.Key == "remark" && row[c].Text != "" {
						remarks[lang] = append(remarks[lang], row[c])
					}
				}
			}
		}
	}
	zh, en := remarks[locale.Chinese], remarks[locale.English]
	if len(zh) < 3 || len(zh) != len(en) {
		t.Fatalf("%d and %d remarks: the stratum with one unit should be remarked on", len(zh), len(en))
	}
	for i := range zh {
		if shown := zh[i].Label; !strings.ContainsFunc(shown, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("not Chinese: %q (%q)", shown, zh[i].Text)
		}
		if zh[i].Text != en[i].Text || strings.ContainsFunc(en[i].Label, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("remark %d: %+v, %+v", i, zh[i], en[i])
		}
	}
}

// reportIn runs a specification over a file in a language.
func reportIn(t *testing.T, lang locale.Lang, spec, file string) *Report {
	t.Helper()
	s, err := Parse("spec.yaml", []byte(spec))
	if err != nil {
		t.Fatal(err)
	}
	s.Lang = lang
	r, err := Run(context.Background(), s, file)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
