package field_test

import (
	"testing"

	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/survey"
)

// Where the plan splits committees, progress is shown against the plan of every
// kind of stratum, and few answers of one are not.
func TestProgressByStratum(t *testing.T) {
	t.Parallel()
	f := fieldtest.LoadPlan(t, survey.Plan{StrataBy: []string{"sex"}, Allocation: "proportional", Size: 16, ReserveRatio: 0.5})
	who, cases := f.Someone()
	read := func() (map[string]field.StratumTally, field.Progress) {
		t.Helper()
		p, err := f.Field.Progress(f.Ctx, f.Actor("supervisor"), f.Round, "")
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]field.StratumTally{}
		for _, s := range p.Strata {
			out[s.Kind] = s
		}
		return out, p
	}
	submit := func(c field.CaseView) {
		t.Helper()
		if _, err := f.Field.Submit(f.Ctx, who, fieldtest.Submission(c.ID, "4")); err != nil {
			t.Fatal(err)
		}
	}
	submit(cases[0])
	by, p := read()
	if len(by) != 2 || by["f"].Planned+by["m"].Planned != p.Total.Planned || by["f"].Cases+by["m"].Cases != p.Total.Cases || by["f"].Planned == 0 {
		t.Fatalf("%+v of %+v", by, p.Total)
	}
	for kind, s := range by { // one answer of one sex is told by neither line
		if !s.Hidden || s.Done != 0 {
			t.Errorf("%s shows %d of one answer", kind, s.Done)
		}
	}
	of := map[string]int{}
	for _, c := range cases[1:] {
		submit(c)
	}
	for _, kind := range []string{"f", "m"} {
		of[kind] = number(t, f, `select count(*) from response where split_part(stratum, '#', 2) = $1`, kind)
	}
	if of["f"] < p.CrossTab || of["m"] < p.CrossTab {
		t.Fatalf("the cases of one evaluator are too few: %v", of)
	}
	if by, _ = read(); by["f"].Hidden || by["f"].Done != of["f"] || by["m"].Hidden || by["m"].Done != of["m"] {
		t.Errorf("%+v, answered %v", by, of)
	}
}
