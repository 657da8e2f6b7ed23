package assess_test

import (
	"math"
	"slices"
	"testing"

	"gongping/internal/errs"
	"gongping/scoring"
	"gongping/scoring/assess"
)

// markOf returns the value of an item of an answer.
func markOf(in *scoring.Input, a *scoring.Answer, item string) string {
	for k, it := range in.Questionnaire.Items {
		if it.ID == item {
			return a.Values[k]
		}
	}
	return ""
}

// attributed places the marks of a sign on the overall item of k answers of a unit outside.
func attributed(in *scoring.Input, unit, sign string, k int, marks ...string) (out []scoring.Attribution) {
	for i := range in.Answers {
		a := &in.Answers[i]
		if len(out) < k && a.Committee == unit && slices.Contains(marks, markOf(in, a, "overall")) {
			out = append(out, scoring.Attribution{AnswerID: a.ID, Sign: sign, Items: []string{"overall", "env_property"}, Matters: []string{"property"}})
		}
	}
	return out
}

// largest is the unit with most answers.
func largest(in *scoring.Input) (unit string, n int) {
	count := map[string]int{}
	for _, a := range in.Answers {
		if count[a.Committee]++; count[a.Committee] > n || count[a.Committee] == n && a.Committee < unit {
			unit, n = a.Committee, count[a.Committee]
		}
	}
	return unit, n
}

func unitNamed(t *testing.T, out *scoring.Output, code string) *scoring.UnitResult {
	t.Helper()
	for i := range out.Units {
		if out.Units[i].Unit == code {
			return &out.Units[i]
		}
	}
	t.Fatalf("no unit %s", code)
	return nil
}

func run(t *testing.T, in *scoring.Input) *scoring.Output {
	t.Helper()
	out, err := assess.Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Blame credited away raises a score, praise credited away lowers it; the score
// without is that of a run without, to the last digit.
func TestAttributionMovesBothWaysAndSaysByHowMuch(t *testing.T) {
	t.Parallel()
	in := world(t)
	unit, n := largest(in)
	plain := run(t, in)
	in.AttributionBudget = 0.1
	in.Coding = &scoring.Coding{Table: [][]int{{15, 0, 5}, {0, 0, 0}, {10, 0, 20}}}
	budget := n / 10
	for _, c := range []struct {
		sign  string
		marks []string
		up    bool
	}{{scoring.Low, []string{"1", "2"}, true}, {scoring.High, []string{"4", "5"}, false}} {
		in.Attributions = attributed(in, unit, c.sign, 1000, c.marks...)
		if len(in.Attributions) == 0 {
			t.Fatalf("the unit has no %s mark", c.sign)
		}
		out := run(t, in)
		u, old := unitNamed(t, out, unit), unitNamed(t, plain, unit)
		a := u.Attribution
		side, other := a.Low, a.High
		if c.sign == scoring.High {
			side, other = a.High, a.Low
		}
		if side.Placed != len(in.Attributions) || side.Credited != min(budget, side.Placed) || other.Placed != 0 || a.Budget != budget || side.Matters["property"] != side.Placed {
			t.Errorf("%s: %+v of %d, budget %d", c.sign, a, len(in.Attributions), budget)
		}
		if a.Without != old.Official || a.WithoutBand != old.Band || math.Abs(a.Effect-(u.Official.Value-old.Official.Value)) > 1e-12 {
			t.Errorf("%s: without %+v, a run without %+v, effect %v", c.sign, a.Without, old.Official, a.Effect)
		}
		if (a.Effect > 0) != c.up || a.Effect == 0 {
			t.Errorf("%s: effect %v", c.sign, a.Effect)
		}
		for _, it := range u.Items {
			if it.Item == "overall" && it.Outside != side.Credited {
				t.Errorf("%d marks taken, %d credited", it.Outside, side.Credited)
			}
		}
		s := out.Summary.Attribution
		if s.Coded != 50 || s.Agreed != 0.7 || !s.OK || s.Kappa != 0.4 || s.Low.Placed+s.High.Placed != side.Placed {
			t.Errorf("%+v", s)
		}
	}
}

// The budget bounds both signs, whoever hands in how many, and which answers it
// takes does not depend on the order in which they were handed in.
func TestAttributionIsBounded(t *testing.T) {
	t.Parallel()
	in := world(t)
	unit, n := largest(in)
	in.AttributionBudget = 0.1
	in.Attributions = append(attributed(in, unit, scoring.High, n, "4", "5"), attributed(in, unit, scoring.Low, n, "1", "2")...)
	want := encode(t, in)
	slices.Reverse(in.Attributions)
	if encode(t, in) != want {
		t.Error("the result depends on the order of the attributions")
	}
	u := unitNamed(t, run(t, in), unit)
	if u.Attribution.High.Placed <= n/10 || u.Attribution.High.Credited != n/10 {
		t.Errorf("%+v of %d answers", u.Attribution, n)
	}
}

// Attributions of marks that are not there, and of answers that are set aside,
// change nothing; an input without any gives what it always gave.
func TestAttributionOfNothing(t *testing.T) {
	t.Parallel()
	in := world(t)
	unit, _ := largest(in)
	plain := run(t, in)
	if plain.Summary.Attribution != nil || unitNamed(t, plain, unit).Attribution != nil {
		t.Error("an input without attributions speaks of them")
	}
	in.AttributionBudget = 0.1
	in.Attributions = attributed(in, unit, scoring.Low, 2, "5") // low marks of content people
	for i := range in.Attributions {
		in.Attributions[i].Items = []string{"overall", "no_such_item"}
	}
	out := run(t, in)
	if u := unitNamed(t, out, unit); u.Attribution.Low.Placed != 0 || u.Attribution.Effect != 0 || u.Official != unitNamed(t, plain, unit).Official {
		t.Errorf("%+v", u.Attribution)
	}
	in.Attributions = append(in.Attributions, in.Attributions[0])
	if _, err := assess.Run(in, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("one answer twice: %v", err)
	}
	in.Attributions, in.AttributionBudget = in.Attributions[:1], 0
	if _, err := assess.Run(in, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("no budget: %v", err)
	}
}
