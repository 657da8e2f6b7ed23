package assess_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"gongping/internal/demo"
	"gongping/scoring"
	"gongping/scoring/assess"
	"gongping/scoring/composite"
)

// world makes an input from a small demonstration: every living adult asked.
func world(t testing.TB) *scoring.Input {
	t.Helper()
	w := demo.Generate(demo.DefaultSeed, demo.Small())
	in := &scoring.Input{Format: scoring.InputFormat, District: "310104", RoundTitle: "test", RuleBook: composite.Default(), Questionnaire: w.Questionnaire}
	for _, a := range w.Areas {
		if a.Level == 3 {
			in.Units = append(in.Units, scoring.Unit{Code: a.Code, Name: a.Name})
		}
	}
	var drawn []demo.Drawn
	pop, sample := map[string]int64{}, map[string]int{}
	for i, p := range w.People {
		c := p.Committee
		pop[c]++
		if i%3 != 0 {
			continue
		}
		sample[c]++
		drawn = append(drawn, demo.Drawn{PersonID: p.ID})
	}
	for _, u := range in.Units {
		in.Strata = append(in.Strata, scoring.Stratum{Stratum: u.Code, Committee: u.Code, Method: "simple", Population: pop[u.Code], Sample: sample[u.Code]})
	}
	for i, v := range w.Simulate(w.Finished, drawn, 7) {
		p := w.Person(v.PersonID)
		if v.Outcome != "1.1" {
			continue
		}
		a := scoring.Answer{ID: fmt.Sprintf("%06d", i), Committee: p.Committee, Stratum: p.Committee, DesignWeight: 3, Sex: p.Sex,
			Tenure: p.Tenure, Mode: v.Mode, Day: "2026-09-01", Building: p.Committee + p.Building}
		for _, it := range w.Questionnaire.Items {
			a.Values = append(a.Values, v.Answers[it.ID])
		}
		in.Answers = append(in.Answers, a)
	}
	return in
}

func encode(t testing.TB, in *scoring.Input) string {
	t.Helper()
	out, err := assess.Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err) // NaN and infinities do not encode: none may come out
	}
	return string(b)
}

func TestRunDoesNotDependOnOrderOrCores(t *testing.T) {
	in := world(t)
	want := encode(t, in)
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(in.Answers), func(i, j int) { in.Answers[i], in.Answers[j] = in.Answers[j], in.Answers[i] })
	rng.Shuffle(len(in.Units), func(i, j int) { in.Units[i], in.Units[j] = in.Units[j], in.Units[i] })
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	if got := encode(t, in); got != want {
		t.Fatal("the result changed with the order of the answers or the number of processors")
	}
}

func TestRunExcludesWithReason(t *testing.T) {
	in := world(t)
	before, err := assess.Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	in.Exclusions = []scoring.Exclusion{{AnswerID: in.Answers[0].ID, Ground: "wrong_object", Reason: "test"}}
	after, err := assess.Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if after.Summary.N != before.Summary.N-1 || after.Summary.Excluded != 1 {
		t.Fatalf("n %d → %d, excluded %d", before.Summary.N, after.Summary.N, after.Summary.Excluded)
	}
	for _, u := range after.Units {
		if u.Unit == in.Answers[0].Committee && u.Excluded["wrong_object"] != 1 {
			t.Fatalf("unit %s does not show the exclusion", u.Unit)
		}
	}
}

func TestRunGatesSmallUnits(t *testing.T) {
	in := world(t)
	out, err := assess.Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, u := range out.Units {
		seen[u.Status]++
		if u.Level == 3 && u.N < 30 && (u.Official.OK || u.Band != "") {
			t.Errorf("%s has %d answers and a score", u.Unit, u.N)
		}
		if u.Official.OK && !(u.Official.Lo <= u.Official.Value && u.Official.Value <= u.Official.Hi) {
			t.Errorf("%s: %+v", u.Unit, u.Official)
		}
	}
	if seen["area"] == 0 {
		t.Errorf("no street or district: %v", seen)
	}
	t.Log(seen, fmt.Sprintf("%+v", out.Summary))
}

func TestRunRefusesForeignAnswers(t *testing.T) {
	in := world(t)
	in.Answers[3].Committee = "999999999999"
	if _, err := assess.Run(in, nil); err == nil {
		t.Fatal("an answer of an unknown unit was scored")
	}
}

// TestUnequalChancesAreWeighedBack: where residents of a stratum were drawn with
// unequal probabilities, the weights follow the design weights up to a factor;
// answers of one cluster are not taken for independent.
func TestUnequalChancesAreWeighedBack(t *testing.T) {
	in := world(t)
	in.Margins = nil
	unit := in.Units[0].Code
	sum, weighted, n := 0.0, 0.0, 0
	for i := range in.Answers {
		a := &in.Answers[i]
		if a.Committee != unit {
			continue
		}
		n++
		a.DesignWeight = float64(1 + n%4)
		a.Cluster = fmt.Sprint("b", n/8)
		sum += a.DesignWeight
	}
	first := unitOf(t, in, unit)
	for i := range in.Strata {
		if in.Strata[i].Committee == unit {
			in.Strata[i].Method = "sequential-poisson"
		}
	}
	pps := unitOf(t, in, unit)
	out, err := assess.Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range out.Answers {
		if r.Unit == unit {
			weighted += r.Score * r.FinalWeight
		}
	}
	for i := range in.Answers {
		in.Answers[i].DesignWeight *= 7 // the factor that a top-up could bring
	}
	scaled := unitOf(t, in, unit)
	for i := range in.Strata {
		if in.Strata[i].Committee == unit {
			in.Strata[i].Method = "two-stage-pps"
		}
	}
	staged := unitOf(t, in, unit)
	total := float64(0)
	for _, s := range in.Strata {
		if s.Committee == unit {
			total += float64(s.Population)
		}
	}
	switch {
	case first.Weighted.Value == pps.Weighted.Value:
		t.Error("unequal chances leave the weighted mean as it was")
	case math.Abs(pps.Weighted.Value-weighted/total) > 1e-9:
		t.Errorf("weighted mean %v, from the answers' weights %v", pps.Weighted.Value, weighted/total)
	case math.Abs(scaled.Weighted.Value-pps.Weighted.Value) > 1e-9:
		t.Errorf("a common factor moves the mean from %v to %v", pps.Weighted.Value, scaled.Weighted.Value)
	case staged.Weighted.Value != scaled.Weighted.Value || staged.Weighted.SE == scaled.Weighted.SE:
		t.Errorf("clusters: %+v, without %+v", staged.Weighted, scaled.Weighted)
	}
}

func unitOf(t *testing.T, in *scoring.Input, code string) scoring.UnitResult {
	t.Helper()
	out, err := assess.Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range out.Units {
		if u.Unit == code {
			return u
		}
	}
	t.Fatalf("no unit %s", code)
	return scoring.UnitResult{}
}

// In a unit of which everybody answered there is no sampling error: the official
// score is the weighted mean and its interval a point. The other units keep
// theirs, and a sample of a third has a shorter interval than the same answers
// out of a large population.
func TestRunTakesFinitePopulationIntoAccount(t *testing.T) {
	in := big(2000, 20)
	in.Margins = nil
	count := map[string]int64{}
	for _, a := range in.Answers {
		count[a.Committee]++
	}
	var census, third string
	for i := range in.Strata {
		s := &in.Strata[i]
		s.Population = 1_000_000
		switch {
		case census == "":
			census, s.Population, s.Method = s.Committee, count[s.Committee], "census"
		case third == "":
			third, s.Population = s.Committee, 3*count[s.Committee]
		}
	}
	unit := func(in *scoring.Input, code string) scoring.UnitResult {
		out, err := assess.Run(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range out.Units {
			if u.Unit == code {
				return u
			}
		}
		t.Fatalf("no unit %s", code)
		return scoring.UnitResult{}
	}
	u := unit(in, census)
	if o := u.Official; !o.OK || o.SE != 0 || o.Lo != o.Value || o.Hi != o.Value || u.Weighted.SE != 0 || u.Adjusted.SE != 0 {
		t.Errorf("census: official %+v, weighted %+v, adjusted %+v", o, u.Weighted, u.Adjusted)
	}
	if math.Abs(u.Official.Value-u.Adjusted.Value) > 1e-9 {
		t.Errorf("census: official %v, adjusted mean %v", u.Official.Value, u.Adjusted.Value)
	}
	small := unit(in, third)
	for i := range in.Strata {
		if in.Strata[i].Committee == third {
			in.Strata[i].Population = 1_000_000
		}
	}
	large := unit(in, third)
	if a, b := small.Official.SE, large.Official.SE; a <= 0 || a > 0.95*b {
		t.Errorf("standard error %v of a third of the people, %v out of many", a, b)
	}
	if a, b := small.Weighted.SE, large.Weighted.SE; math.Abs(a/b-math.Sqrt(2.0/3)) > 1e-3 {
		t.Errorf("weighted mean: %v and %v", a, b)
	}
}
