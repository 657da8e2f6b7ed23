package fieldwork

import (
	"math"
	"math/rand/v2"
	"testing"
)

// One variable: the propensities are the groups' shares, so all figures follow
// by hand. 100 drawn of whom 60 answer, 300 of whom 120: ρ̄ = 0.45, S² =
// (100·0.15² + 300·0.05²)/399, bias = (0.6·0.4 + 0.4·0.6)/400.
func TestBalanceByHand(t *testing.T) {
	t.Parallel()
	v := []Variable{{Name: "sex", Levels: []string{"f", "m"}}}
	b := MeasureBalance(v, []TraitCell{{[]int{0}, 100, 60}, {[]int{1}, 300, 120}}, 40000, 1.96)
	s2 := (100*0.15*0.15 + 300*0.05*0.05) / 399
	adjusted := (1+1.0/400-1.0/40000)*s2 - (0.24+0.24)/400
	if !b.OK || math.Abs(b.Raw-(1-2*math.Sqrt(s2))) > 1e-5 || math.Abs(b.Adjusted-(1-2*math.Sqrt(adjusted))) > 1e-4 {
		t.Fatalf("%+v, want %.5f and %.5f", b, 1-2*math.Sqrt(s2), 1-2*math.Sqrt(adjusted))
	}
	p := b.Partials[0]
	if math.Abs(p.Levels[0].Partial-0.5*0.15) > 1e-5 || math.Abs(p.Levels[1].Partial+math.Sqrt(0.75)*0.05) > 1e-5 {
		t.Errorf("partial %+v", p)
	}
	if math.Abs(p.Unconditional-math.Sqrt(0.25*0.0225+0.75*0.0025)) > 1e-5 || math.Abs(p.Conditional-math.Sqrt(s2)) > 1e-5 {
		t.Errorf("partial %+v", p)
	}
	if !(b.Low < b.Adjusted && b.Adjusted < b.High && b.High <= 1) {
		t.Errorf("interval %v to %v around %v", b.Low, b.High, b.Adjusted)
	}
}

// A variable that plays no part has a conditional partial indicator near zero,
// also where it goes with one that does.
func TestPartialsTellTheCause(t *testing.T) {
	t.Parallel()
	v := []Variable{{"tenure", []string{"owner", "tenant"}}, {"age", []string{"old", "young"}}}
	// Tenants answer half as often; the young are mostly tenants; age itself does nothing.
	b := MeasureBalance(v, []TraitCell{{[]int{0, 0}, 800, 480}, {[]int{0, 1}, 200, 120}, {[]int{1, 0}, 200, 60}, {[]int{1, 1}, 800, 240}}, 1e6, 1.96)
	tenure, age := b.Partials[0], b.Partials[1]
	if tenure.Conditional < 0.1 || age.Unconditional < 0.05 || age.Conditional > 1e-3 {
		t.Errorf("tenure %+v, age %+v", tenure, age)
	}
}

func TestBalanceSaysNo(t *testing.T) {
	t.Parallel()
	v := []Variable{{"sex", []string{"f", "m"}}}
	for _, c := range [][]TraitCell{nil, {{[]int{0}, 10, 0}, {[]int{1}, 10, 0}}, {{[]int{0}, 10, 10}, {[]int{1}, 5, 5}}, {{[]int{0}, 1, 1}}} {
		if b := MeasureBalance(v, c, 100, 1.96); b.OK {
			t.Errorf("%v: %+v", c, b)
		}
	}
	// All of one level answered: the model stays finite, and an indicator within 0 to 1
	// where the other level was silent.
	for _, silent := range []int{20, 0} {
		for _, n := range []int{3, 50} {
			b := MeasureBalance(v, []TraitCell{{[]int{0}, n, n}, {[]int{1}, n, min(silent, n-1)}}, 2*n, 1.96)
			for _, r := range []float64{b.Raw, b.Low, b.Adjusted, b.High} {
				if !b.OK || !(r >= 0 && r <= 1) {
					t.Errorf("%d and %d: %+v", n, silent, b)
				}
			}
		}
	}
}

// Equal chances for all have R = 1. The raw indicator falls short of it by
// chance alone, the adjusted one does not; where chances differ, the interval
// holds the true R as often as stated.
func TestBalanceInSimulation(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(2012, 142))
	v := []Variable{{"a", []string{"1", "2", "3", "4", "5"}}, {"b", []string{"1", "2", "3"}}, {"c", []string{"1", "2"}}}
	play := func(chance func(level []int) float64) Balance {
		var cells []TraitCell
		for a := range 5 {
			for b := range 3 {
				for c := range 2 {
					cell := TraitCell{Level: []int{a, b, c}, Drawn: 20}
					for range cell.Drawn {
						if r.Float64() < chance(cell.Level) {
							cell.Answered++
						}
					}
					cells = append(cells, cell)
				}
			}
		}
		return MeasureBalance(v, cells, 100000, 1.96)
	}
	const reps = 300
	raw, adjusted := 0.0, 0.0
	for range reps {
		b := play(func([]int) float64 { return 0.5 })
		raw, adjusted = raw+b.Raw/reps, adjusted+b.Adjusted/reps
	}
	if raw > 0.92 || adjusted < 0.945 {
		t.Errorf("equal chances: raw %.3f, adjusted %.3f", raw, adjusted)
	}
	chance := func(l []int) float64 { return 1 / (1 + math.Exp(-(-0.8 + 0.4*float64(l[0]) - 0.3*float64(l[1])))) }
	mean, s2 := 0.0, 0.0
	for a := range 5 {
		for b := range 3 {
			mean += chance([]int{a, b, 0}) / 15
		}
	}
	for a := range 5 {
		for b := range 3 {
			d := chance([]int{a, b, 0}) - mean
			s2 += d * d / 15
		}
	}
	truth, held, sum := 1-2*math.Sqrt(s2), 0, 0.0
	for range reps {
		b := play(chance)
		sum += b.Adjusted / reps
		if b.Low <= truth && truth <= b.High {
			held++
		}
	}
	t.Logf("true R %.3f, mean adjusted %.3f, interval held in %d of %d", truth, sum, held, reps)
	if math.Abs(sum-truth) > 0.02 || float64(held) < 0.9*reps {
		t.Errorf("true R %.3f, mean %.3f, held %d", truth, sum, held)
	}
}
