package assess_test

import (
	"math"
	"testing"

	"gongping/scoring"
	"gongping/scoring/assess"
	"gongping/scoring/composite"
)

// Every valid answer of a run is recorded with how far it moved the score, its
// robustness weight and why; every unit with raw, robust and official score side by
// side, interval, n, effective n, response rate and reliability.
func TestEveryAnswerAndUnitIsRecorded(t *testing.T) {
	t.Parallel()
	in := world(t)
	valid := map[string]int{}
	for _, a := range in.Answers {
		valid[a.Committee]++
	}
	for _, u := range in.Units {
		in.Outcomes = append(in.Outcomes, scoring.Outcome{Committee: u.Code, Disposition: "1.1", Cases: valid[u.Code]},
			scoring.Outcome{Committee: u.Code, Disposition: "2.11", Cases: valid[u.Code]})
	}
	out, err := assess.Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	recorded, reasons, moved := map[string]int{}, map[string]map[string]int{}, 0
	for _, a := range out.Answers {
		recorded[a.Unit]++
		if reasons[a.Unit] == nil {
			reasons[a.Unit] = map[string]int{}
		}
		reasons[a.Unit][a.Reason]++
		if a.Influence != 0 {
			moved++
		}
		if a.ID == "" || a.Reason == "" || !(a.RobustWeight >= 0 && a.RobustWeight <= 1) || math.IsInf(a.Influence, 0) || !(a.FinalWeight > 0) {
			t.Fatalf("answer %+v", a)
		}
	}
	if moved < len(out.Answers)/2 {
		t.Errorf("%d of %d answers have an influence", moved, len(out.Answers))
	}
	seen := 0
	for _, u := range out.Units {
		if u.Level != 3 {
			continue
		}
		seen++
		if recorded[u.Unit] != valid[u.Unit] || u.N != valid[u.Unit] {
			t.Errorf("%s: %d answers given, %d scored, %d recorded", u.Unit, valid[u.Unit], u.N, recorded[u.Unit])
		}
		for reason, n := range reasons[u.Unit] {
			if u.Reasons[reason] != n {
				t.Errorf("%s: %d answers with reason %s, the unit says %d", u.Unit, n, reason, u.Reasons[reason])
			}
		}
		if u.N < 30 {
			continue
		}
		for name, f := range map[string]scoring.Figure{"raw": u.Raw, "robust": u.Robust, "official": u.Official} {
			if !(f.Value > 0 && f.Value <= 100) {
				t.Errorf("%s: %s score %+v", u.Unit, name, f)
			}
		}
		if f := u.Official; !(f.Lo < f.Value && f.Value < f.Hi && f.SE > 0) {
			t.Errorf("%s: official score without an interval: %+v", u.Unit, f)
		}
		if !(u.EffectiveN > 0 && u.EffectiveN <= float64(u.N)+1e-9) || u.ResponseRate != 0.5 || !(u.Reliability > 0 && u.Reliability <= 1) {
			t.Errorf("%s: effective n %v of %d, response rate %v, reliability %v", u.Unit, u.EffectiveN, u.N, u.ResponseRate, u.Reliability)
		}
	}
	if seen != len(in.Units) {
		t.Errorf("%d of %d committees", seen, len(in.Units))
	}
}

// The gates are those of the round's rule book, which is frozen with it, not built in.
func TestGatesAreThoseOfTheRuleBook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set  func(*composite.Gates)
		want string
	}{
		{func(g *composite.Gates) { g.UnitMin, g.LowReliabilityBelow, g.PublishN = 1<<20, 1<<20, 1<<20 }, "not_enough"},
		{func(g *composite.Gates) {
			g.UnitMin, g.LowReliabilityBelow, g.PublishN, g.PublishReliability = 10, 1<<20, 1<<20, 0.9999
		}, "low_reliability"},
		{func(g *composite.Gates) {
			g.UnitMin, g.LowReliabilityBelow, g.PublishN, g.ConsequenceReliability = 10, 10, 10, 0.9999
		}, "publishable"},
	} {
		in := world(t)
		c.set(&in.RuleBook.Gates)
		out, err := assess.Run(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range out.Units {
			if u.Level == 3 && u.N >= 10 && u.Status != c.want {
				t.Errorf("%s with %d answers: %s, want %s", u.Unit, u.N, u.Status, c.want)
			}
		}
	}
}
