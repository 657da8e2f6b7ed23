package grade_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gongping/scoring/composite"
	"gongping/scoring/grade"
)

func good(unit string, value, half float64) grade.Result {
	return grade.Result{Unit: unit, OK: true, Value: value, Lo: value - half, Hi: value + half, N: 150, Reliability: 0.85}
}

// TestEachRefusalHasItsReason: a grade that the data cannot carry is not given.
func TestEachRefusalHasItsReason(t *testing.T) {
	t.Parallel()
	rules, gates := composite.DefaultGrades(), composite.Default().Gates
	rules.TopShare = 0
	for why, change := range map[string]func(*grade.Result){
		grade.NoScore:    func(r *grade.Result) { r.OK = false },
		grade.FewAnswers: func(r *grade.Result) { r.N = 29 },
		grade.Unreliable: func(r *grade.Result) { r.Reliability = 0.79 },
		grade.AppealOpen: func(r *grade.Result) { r.Appealed = true },
	} {
		r := good("a", 78, 2)
		change(&r)
		if p := grade.Propose(rules, gates, []grade.Result{r})[0]; p.State != grade.Refused || p.Why != why || p.Grade != "" {
			t.Errorf("%s: %+v", why, p)
		}
	}
	for _, c := range []struct {
		value, half float64
		state       grade.State
		grades      string
	}{
		{90, 4, grade.Proposed, "excellent"}, {78, 2, grade.Proposed, "competent"}, {65, 4, grade.Proposed, "basic"}, {40, 10, grade.Proposed, "incompetent"},
		{85, 2, grade.Tied, "[excellent competent]"}, {72, 14, grade.Tied, "[excellent competent basic incompetent]"}, {70, 0, grade.Proposed, "competent"},
	} {
		p := grade.Propose(rules, gates, []grade.Result{good("a", c.value, c.half)})[0]
		got := p.Grade
		if p.State == grade.Tied {
			got = fmt.Sprint(p.Grades)
		}
		if p.State != c.state || got != c.grades {
			t.Errorf("%v ± %v: %s %s, want %s %s", c.value, c.half, p.State, got, c.state, c.grades)
		}
	}
}

// TestAForcedShareIsATieOnItsBorder: ten committees, three places. One stands
// out above, one below; the eight between cannot be separated and are tied.
func TestAForcedShareIsATieOnItsBorder(t *testing.T) {
	t.Parallel()
	rules, gates := composite.DefaultGrades(), composite.Default().Gates
	list := []grade.Result{good("best", 97, 1)}
	for i := range 8 {
		list = append(list, good(fmt.Sprint("m", i), 90+0.1*float64(i), 2))
	}
	list = append(list, good("last", 86, 0.5))
	out := grade.Propose(rules, gates, list)
	if out[0].State != grade.Proposed || out[0].Grade != "excellent" {
		t.Errorf("the best: %+v", out[0])
	}
	for _, p := range out[1:9] {
		if p.State != grade.Tied || p.Why != grade.ShareBorder || !slices.Equal(p.Grades, []string{"excellent", "competent"}) {
			t.Errorf("%s: %+v", p.Unit, p)
		}
	}
	if p := out[9]; p.State != grade.Proposed || p.Grade != "competent" || p.Why != grade.OverShare {
		t.Errorf("the last: %+v", p)
	}
}

// TestGradesAreFair: order does not matter; nobody is proposed the best grade
// above somebody whose result is better in every respect and who is denied it.
func TestGradesAreFair(t *testing.T) {
	t.Parallel()
	rules, gates := composite.DefaultGrades(), composite.Default().Gates
	rapid.Check(t, func(t *rapid.T) {
		rules := rules
		rules.TopShare = rapid.Float64Range(0, 1).Draw(t, "share")
		n := rapid.IntRange(1, 20).Draw(t, "n")
		list := make([]grade.Result, n)
		for i := range list {
			list[i] = good(fmt.Sprint(i), rapid.Float64Range(10, 95).Draw(t, "value"), rapid.Float64Range(0.1, 8).Draw(t, "half"))
			list[i].Reliability = rapid.Float64Range(0.7, 0.95).Draw(t, "reliability")
		}
		out := grade.Propose(rules, gates, list)
		by := map[string]grade.Proposal{}
		for _, p := range out {
			by[p.Unit] = p
		}
		top := 0
		for _, p := range out {
			if (p.State == grade.Proposed) != (p.Grade != "") || (p.State == grade.Tied) != (len(p.Grades) > 1) {
				t.Fatalf("%+v", p)
			}
			if p.Grade == "excellent" {
				top++
			}
			for _, q := range out {
				if p.Grade == "excellent" && q.State == grade.Proposed && q.Grade != "excellent" && q.Result.Lo > p.Result.Hi {
					t.Fatalf("%+v is best, %+v above it is not", p, q)
				}
			}
		}
		if open := len(slices.DeleteFunc(slices.Clone(out), func(p grade.Proposal) bool { return p.State == grade.Refused })); rules.TopShare > 0 && top > int(rules.TopShare*float64(open)+1e-9) {
			t.Fatalf("%d of %d are best, the share is %v", top, open, rules.TopShare)
		}
		for _, q := range grade.Propose(rules, gates, rapid.Permutation(list).Draw(t, "order")) {
			if p := by[q.Unit]; p.State != q.State || p.Grade != q.Grade || p.Why != q.Why || !slices.Equal(p.Grades, q.Grades) {
				t.Fatalf("%+v in another order: %+v", p, q)
			}
		}
	})
}

func TestWhatFollowsNeedsRepeatedReliableResults(t *testing.T) {
	t.Parallel()
	rules, gates := composite.DefaultGrades(), composite.Default().Gates
	r := func(g string, rel float64) grade.Round { return grade.Round{Grade: g, Reliability: rel} }
	apart := func(g string, how func(*grade.Round)) grade.Round {
		x := r(g, 0.9)
		how(&x)
		return x
	}
	scale, measure, overlaps := func(x *grade.Round) { x.OtherScale = true }, func(x *grade.Round) { x.OtherMeasure = true }, func(x *grade.Round) { x.Overlaps = true }
	excused := r("incompetent", 0.9)
	excused.Excused = true
	for name, c := range map[string]struct {
		rounds []grade.Round
		want   grade.Consequence
	}{
		"one excellent round":     {[]grade.Round{r("excellent", 0.9)}, grade.None},
		"two in a row":            {[]grade.Round{r("excellent", 0.9), r("excellent", 0.81)}, grade.Level},
		"one of them unreliable":  {[]grade.Round{r("excellent", 0.9), r("excellent", 0.79)}, grade.None},
		"another in between":      {[]grade.Round{r("excellent", 0.9), r("competent", 0.9), r("excellent", 0.9)}, grade.None},
		"an unsigned one between": {[]grade.Round{r("excellent", 0.9), r("", 0.9), r("excellent", 0.9)}, grade.None},
		"two of the worst":        {[]grade.Round{r("incompetent", 0.9), r("incompetent", 0.9)}, grade.Exit},
		"one of them excused":     {[]grade.Round{r("incompetent", 0.9), excused}, grade.None},
		"two basically competent": {[]grade.Round{r("basic", 0.9), r("basic", 0.9)}, grade.None},
		"nothing":                 {nil, grade.None},

		"excellent on another scale":       {[]grade.Round{r("excellent", 0.9), apart("excellent", scale)}, grade.None},
		"excellent by other questions":     {[]grade.Round{r("excellent", 0.9), apart("excellent", measure)}, grade.Level},
		"excellent twice in the same week": {[]grade.Round{r("excellent", 0.9), apart("excellent", overlaps)}, grade.None},
		"the worst by other questions":     {[]grade.Round{r("incompetent", 0.9), apart("incompetent", measure)}, grade.None},
		"the worst on another scale":       {[]grade.Round{r("incompetent", 0.9), apart("incompetent", scale)}, grade.None},
		"the change lies further back":     {[]grade.Round{r("incompetent", 0.9), r("incompetent", 0.9), apart("incompetent", measure)}, grade.Exit},
	} {
		if got := grade.Follow(rules, gates, c.rounds); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if s := (grade.Step{Post: 2, Level: 18}).Up(); s.Level != 18 || s.Check() != nil || (grade.Step{Post: 4, Level: 1}).Check() == nil || (grade.Step{Post: 1}).Check() == nil {
		t.Error("the ladder has other steps")
	}
}
