package rounds_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"gongping/internal/app/rounds"
	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
)

// shared reads a file that is at hand only beside the repository.
func shared(t *testing.T, name string) rounds.Imported {
	t.Helper()
	f, err := os.Open(filepath.Join("../../../../shared/data", name))
	if os.IsNotExist(err) {
		f, err = os.Open(filepath.Join("../../../../../shared/data", name))
	}
	if os.IsNotExist(err) {
		t.Skipf("the file %s is not beside the repository", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in, err := rounds.ReadQuestionnaire(name, f)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Questionnaire.Check(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return in
}

func has(rep *exchange.Report, key string, line int) bool {
	for _, f := range rep.Findings {
		if f.Key == key && f.Line == line {
			return true
		}
	}
	return false
}

func TestSharedFilesAreImportedWithAReport(t *testing.T) {
	type fault struct {
		key  string
		line int
	}
	for name, want := range map[string]struct {
		items  int
		faults []fault
	}{
		"questionnaires-zh/community_deliberation.txt": {27, []fault{{"number_twice", 4}, {"option_prefix", 11}, {"jump", 67}, {"mark_twice", 67}, {"option_prefix", 70}, {"option_prefix", 160},
			{"order", 164}, {"option_blank", 186}}},
		"questionnaires-zh/community_culture_services.txt":        {17, []fault{{"dont_know", 32}, {"short_scale", 34}, {"exclusive", 46}, {"ranges_gap", 54}}},
		"questionnaires-zh/community_recreation_satisfaction.txt": {13, []fault{{"odd_option", 46}, {"matrix_flattened", 70}, {"scale_ends", 70}, {"grade5", 84}}},
		"forms/limesurvey_osmm.lss":                               {221, []fault{{"hidden", 9701}, {"default", 9663}, {"condition_repeated", 8364}}},
		"forms/wellbeing_initial.qsf":                             {19, []fault{{"name_twice", 0}, {"embedded", 0}}},
		"forms/wellbeing_initial_xlsform.xlsx":                    {18, []fault{{"filter_misplaced", 5}, {"relevant", 6}, {"name_twice", 8}, {"calculate", 21}}},
		"forms/xlsform_all_question_types.xlsx":                   {62, []fault{{"type_unknown", 29}, {"type_instead.multiple", 105}, {"heading_row", 97}, {"media", 15}}},
		"forms/xlsform_cascading_select.xlsx":                     {3, []fault{{"filter_read", 3}}},
	} {
		t.Run(filepath.Base(name), func(t *testing.T) {
			in := shared(t, name)
			if n := len(in.Questionnaire.Items); n != want.items {
				t.Errorf("%d items, want %d", n, want.items)
			}
			for _, f := range want.faults {
				if !has(in.Report, f.key, f.line) {
					t.Errorf("%s at line %d is not reported", f.key, f.line)
				}
			}
			again := roundTrip(t, in.Questionnaire)
			if len(again.Items) != len(in.Questionnaire.Items) {
				t.Fatalf("%d items come back of %d", len(again.Items), len(in.Questionnaire.Items))
			}
			for i := range again.Items {
				a, b := again.Items[i], in.Questionnaire.Items[i]
				if a.ID != b.ID || a.Kind != b.Kind || a.Required != b.Required || a.DontKnow != b.DontKnow || len(a.Options) != len(b.Options) || (a.ShowIf == nil) != (b.ShowIf == nil) ||
					strings.Join(a.ShowIf.Items(), " ") != strings.Join(b.ShowIf.Items(), " ") || (a.Range == nil) != (b.Range == nil) || a.Range != nil && *a.Range != *b.Range {
					t.Errorf("comes back as %+v\nwas %+v", a, b)
				}
			}
		})
	}
}

// roundTrip writes a questionnaire as a real XLSForm workbook and reads it.
func roundTrip(t *testing.T, q *instrument.Questionnaire) *instrument.Questionnaire {
	t.Helper()
	var b bytes.Buffer
	if err := rounds.WriteXLSForm(&b, q, "f", "1"); err != nil {
		t.Fatal(err)
	}
	again, err := rounds.ReadQuestionnaire("f.xlsx", &b)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Questionnaire.Check(); err != nil {
		t.Fatal(err)
	}
	return again.Questionnaire
}

// The two files of the wellbeing survey are the same survey; what only the
// converter added is the question research_site.
func TestTheSameSurveyTwiceGivesTheSameQuestions(t *testing.T) {
	x, q := shared(t, "forms/wellbeing_initial_xlsform.xlsx").Questionnaire, shared(t, "forms/wellbeing_initial.qsf").Questionnaire
	n := 0
	for i := range q.Items {
		b := &q.Items[i]
		if b.ID == "research_site" {
			continue
		}
		a := &x.Items[n]
		n++
		if a.ID != b.ID || a.Kind != b.Kind || a.Text["en"] != b.Text["en"] || len(a.Options) != len(b.Options) {
			t.Errorf("%+v\nand %+v", a, b)
			continue
		}
		for o := range a.Options {
			if a.Options[o].Text["en"] != b.Options[o].Text["en"] {
				t.Errorf("%s: option %q and %q", a.ID, a.Options[o].Text, b.Options[o].Text)
			}
		}
	}
	if n != len(x.Items) {
		t.Errorf("%d of %d questions are in both", n, len(x.Items))
	}
}

func TestFilesOfEveryKindAreToldApart(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("1. 您满意吗？[单选题]\n满意\n不满意\n")
	if err != nil {
		t.Fatal(err)
	}
	in, err := rounds.ReadQuestionnaire("x.txt", strings.NewReader(gb))
	if err != nil || in.Questionnaire.Items[0].Text["zh"] != "您满意吗？" {
		t.Errorf("GB18030: %+v %v", in.Questionnaire, err)
	}
	q := instrument.Example()
	if again := roundTrip(t, &q); again.Items[8].Range.Step != "0.5" {
		t.Errorf("%+v", again.Items[8])
	}
	for name, c := range map[string]struct {
		data []byte
		code errs.Code
	}{
		"empty": {[]byte(" \r\n"), errs.Invalid}, "too large": {bytes.Repeat([]byte("1. x\n"), 7<<20), errs.TooLarge}, "old xls": {[]byte{0xd0, 0xcf, 0x11, 0xe0, 1, 2}, errs.Invalid},
		"no question": {[]byte("hello"), errs.Invalid}, "broken json": {[]byte(`{"items":`), errs.Invalid}, "bad own json": {[]byte(`{"items":[]}`), errs.Invalid},
		"html": {[]byte("<html></html>"), errs.Invalid}, "binary": {[]byte{0xff, 0x00, 0x81, 0x00}, errs.Invalid},
	} {
		if _, err := rounds.ReadQuestionnaire(name, bytes.NewReader(c.data)); !errs.Is(err, c.code) {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}
