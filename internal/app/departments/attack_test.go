package departments

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"gongping/internal/pg/scoredb"
	"gongping/scoring"
)

// TestEffectNamesNoCommittee plays a leader who knows the official score of every
// committee and reads, on a department's card, what causes of the department did to
// the mean of three of them: told with two decimals, the mean says which three they
// are, and that each has such an answer. What is told fits many threes.
func TestEffectNamesNoCommittee(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	unique, told, fewest := 0, 0, math.MaxInt
	for range 200 {
		const committees = 8
		var units []scoredb.UnitRow
		var score, effect [committees]float64
		for k := range committees {
			score[k], effect[k] = 70+15*rng.Float64(), 2*rng.Float64()
			u := scoring.UnitResult{Unit: "31010400300" + string(rune('1'+k)), Level: 3, Official: scoring.Figure{OK: true, Value: score[k]}}
			if k < 3 {
				u.Attribution = &scoring.UnitAttribution{Low: scoring.AttributionSide{Placed: 4, Credited: 4, Matters: map[string]int{"department/housing": 4}},
					Without: scoring.Figure{OK: true, Value: score[k] - effect[k]}, Effect: effect[k]}
			}
			units = append(units, scoredb.UnitRow{UnitResult: u})
		}
		var s Split
		s.fill(units, "310104003", "housing", scoring.AttributionSide{})
		if s.Committees != 3 {
			t.Fatalf("%+v", s)
		}
		if s.Effect*2 != math.Round(s.Effect*2) {
			t.Fatalf("the effect is told as %v", s.Effect)
		}
		// The leader reads scores to one decimal, and the means as they were once told.
		exact, fits := 0, 0
		mean := math.Round(100*(score[0]+score[1]+score[2])/3) / 100
		for a := range committees {
			for b := range a {
				for c := range b {
					sum := 0.0
					for _, k := range []int{a, b, c} {
						sum += math.Round(10*score[k]) / 10
					}
					if math.Abs(sum/3-mean) <= 0.0551 {
						exact++
					}
					if e := (effect[a] + effect[b] + effect[c]) / 3; math.Abs(e-s.Effect) <= 0.2501 {
						fits++
					}
				}
			}
		}
		if exact == 1 {
			unique++
		}
		told++
		fewest = min(fewest, fits)
	}
	t.Logf("%d cards: a mean score to two decimals would have named the three committees in %d; the effect in half points fits at least %d threes", told, unique, fewest)
	if unique == 0 {
		t.Error("nothing was attacked")
	}
}

// TestHiddenCausesMakeACell: whatever is hidden of a sum that is shown makes the
// fewest together, or it is known nearly.
func TestHiddenCausesMakeACell(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Period{}
		var exact []Cause
		for range rapid.IntRange(1, 6).Draw(t, "topics") {
			c := Cause{Low: rapid.IntRange(0, 12).Draw(t, "low"), High: rapid.IntRange(0, 12).Draw(t, "high")}
			exact, p.Causes = append(exact, c), append(p.Causes, c)
			p.Low, p.High = p.Low+c.Low, p.High+c.High
		}
		sums := [2]int{p.Low, p.High}
		p.hide(nil)
		for side, of := range []func(Cause) int{func(c Cause) int { return c.Low }, func(c Cause) int { return c.High }} {
			hidden, shown, n := 0, 0, 0
			for i, c := range p.Causes {
				if of(c) < 0 {
					hidden, n = hidden+of(exact[i]), n+1
				} else if shown++; of(c) > 0 && of(c) < MinCause {
					t.Fatalf("%+v", p)
				}
			}
			total := []int{p.Low, p.High}[side]
			if total >= 0 && n > 0 && (n == 1 && sums[side] > hidden || hidden < MinCause) {
				t.Fatalf("of %d, %d hidden parts make %d: %+v of %+v", total, n, hidden, p, exact)
			}
		}
		var s Split
		u := scoring.UnitResult{Unit: "310104", Level: 1, Attribution: &scoring.UnitAttribution{Low: scoring.AttributionSide{Placed: sums[0], Credited: sums[0], Matters: map[string]int{}}}}
		for i, c := range exact {
			if c.Low > 0 {
				u.Attribution.Low.Matters["department/"+string(rune('a'+i))] = c.Low
			}
		}
		s.fill([]scoredb.UnitRow{{UnitResult: u}}, "310104", "a", u.Attribution.Low)
		hidden, n := 0, 0
		for _, x := range s.Parts {
			if x.N < 0 {
				hidden, n = hidden+u.Attribution.Low.Matters[x.Matter], n+1
			}
		}
		if s.Placed >= 0 && n > 0 && hidden < MinCause {
			t.Fatalf("of %d, %d hidden parts make %d", s.Placed, n, hidden)
		}
	})
}

// TestAStreetFromTheDistrict: a leader's card counts the street, everybody else's
// the district; where the rest of the district is a few, the street's count is
// hidden, because it would be their number.
func TestAStreetFromTheDistrict(t *testing.T) {
	t.Parallel()
	street := Period{ID: "a", Low: 16, High: 7, All: 23, Causes: []Cause{{Topic: "x", Low: 10}, {Topic: "y", Low: 6, High: 7}}}
	district := Period{ID: "a", Low: 40, High: 9, All: 49, Causes: []Cause{{Topic: "x", Low: 32}, {Topic: "y", Low: 8, High: 9}}}
	street.hide(&district)
	x, y := street.Causes[0], street.Causes[1]
	if y.Low != -1 || y.High != -1 || street.High != -1 || street.All != -1 {
		t.Errorf("the rest of the district is two: %+v", street)
	}
	if x.Low >= 0 && street.Low >= 0 { // the sum would give the other away
		t.Errorf("%+v", street)
	}
	// A rest of none says nothing of anybody.
	same := Period{ID: "a", Low: 16, All: 16, Causes: []Cause{{Topic: "x", Low: 10}, {Topic: "y", Low: 6}}}
	whole := Period{ID: "a", Low: 16, All: 16, Causes: []Cause{{Topic: "x", Low: 10}, {Topic: "y", Low: 6}}}
	if same.hide(&whole); same.Low != 16 || same.Causes[1].Low != 6 || same.All != 16 {
		t.Errorf("%+v", same)
	}
}

// TestSplitOfAStreetFromTheDistrict: so are the parts of the split.
func TestSplitOfAStreetFromTheDistrict(t *testing.T) {
	t.Parallel()
	u := scoring.UnitResult{Unit: "310104003", Level: 2, Attribution: &scoring.UnitAttribution{Low: scoring.AttributionSide{Placed: 20, Credited: 20, Matters: map[string]int{"property": 12, "market": 8}}}}
	var s Split
	s.fill([]scoredb.UnitRow{{UnitResult: u}}, "310104003", "housing", scoring.AttributionSide{Placed: 22, Credited: 22, Matters: map[string]int{"property": 12, "market": 10}})
	if s.Placed != -1 || s.Credited != -1 || s.Parts[0].N != -1 || s.Parts[1].N != -1 {
		t.Errorf("the rest of the district is two: %+v", s)
	}
}
