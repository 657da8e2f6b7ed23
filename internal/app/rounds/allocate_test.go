package rounds

import (
	"testing"

	"gongping/survey"
	"gongping/survey/design"
)

const (
	big   = "310104003001"
	small = "310104003002"
)

func city() counts {
	return counts{
		big:   {big + "#f#18-29": 300, big + "#f#75-": 20, big + "#m#18-29": 280, big + "#m#75-": 4},
		small: {small + "#f#18-29": 12, small + "#m#18-29": 9},
	}
}

func base() survey.Plan {
	return survey.Plan{StrataBy: []string{"sex", "age_band"}, Allocation: "proportional", Size: 60, ReserveRatio: 0.5}
}

func TestTheOfferedRulesAreThoseOfTheDesign(t *testing.T) {
	t.Parallel()
	if len(survey.Allocations) != len(design.Rules) {
		t.Fatalf("%v, %v", survey.Allocations, design.Rules)
	}
	for _, a := range survey.Allocations {
		p := base()
		p.Allocation, p.Power = a, 0.5
		list, err := city().allocate(p)
		if err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		sum := 0
		for _, s := range list {
			if int64(s.Planned+s.Reserve) > s.Population || s.Planned < 1 {
				t.Errorf("%s: %+v", a, s)
			}
			if s.Committee == big {
				sum += s.Planned
			} else if s.Method != "census" || s.Reserve != 0 {
				t.Errorf("%s: a committee of 21 is not taken whole: %+v", a, s)
			}
		}
		if sum != 60 {
			t.Errorf("%s: %d drawn of 60", a, sum)
		}
	}
}

func planned(t *testing.T, c counts, p survey.Plan) map[string]int {
	t.Helper()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	list, err := c.allocate(p)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, s := range list {
		out[s.Stratum] = s.Planned
		out[s.Committee] += s.Planned
	}
	return out
}

func TestNeymanFollowsThePriors(t *testing.T) {
	t.Parallel()
	p := base()
	p.Allocation = "neyman"
	p.Prior = survey.Prior{SD: 10}
	p.Priors = map[string]survey.Prior{"sex:f": {SD: 30}}
	n := planned(t, city(), p)
	if f, m := n[big+"#f#18-29"], n[big+"#m#18-29"]; f < 2*m {
		t.Errorf("women with three times the spread get %d, men %d", f, m)
	}
}

func TestTakeAllMinimumAndMaximum(t *testing.T) {
	t.Parallel()
	p := base()
	p.TakeAll, p.Minimum, p.Maximum = []string{"age_band:75-"}, 2, 25
	n := planned(t, city(), p)
	if n[big+"#f#75-"] != 20 || n[big+"#m#75-"] != 4 {
		t.Errorf("the oldest are not taken whole: %v", n)
	}
	if n[big+"#f#18-29"] > 25 || n[big+"#m#18-29"] > 25 || n[big] != 60 {
		t.Errorf("the maximum does not hold: %v", n)
	}
}

func TestSizesByTotalPrecisionAndList(t *testing.T) {
	t.Parallel()
	p := base()
	p.Sizing, p.Total = survey.SharedTotal, 100
	if n := planned(t, city(), p); n[big]+n[small] != 100 || n[small] < 2 {
		t.Errorf("total: %v", n)
	}
	p = base()
	p.Sizing, p.HalfWidth, p.ResponseRate = survey.ForPrecision, 5, 0.5
	if n := planned(t, city(), p); n[small] != 21 || n[big] < 80 {
		t.Errorf("precision: %v", n)
	}
	p = base()
	p.Size, p.Sizes = 0, map[string]int{big: 40}
	if n := planned(t, city(), p); n[big] != 40 || n[small] != 0 {
		t.Errorf("list: %v", n)
	}
	p.CensusUpTo, p.Size = 700, 5
	if n := planned(t, city(), p); n[big] != 604 || n[small] != 21 {
		t.Errorf("census: %v", n)
	}
}

func TestThinCellsJoinANeighbour(t *testing.T) {
	t.Parallel()
	c := city()
	joined := c.collapse(30)
	// m#75- (4) joins m#18-29; f#75- (20) joins its smaller neighbour, m#18-29 being 284, f#18-29 300.
	if joined[big+"#m#75-"] != big+"#m#18-29" || joined[big+"#f#75-"] == "" {
		t.Errorf("joined: %v", joined)
	}
	for code := range c {
		for name, n := range c[code] {
			if n < 30 && len(c[code]) > 1 {
				t.Errorf("%s still holds %d", name, n)
			}
			if joined[name] != "" {
				t.Errorf("%s was joined and is still there", name)
			}
		}
	}
	if c.total(big) != 604 || c.total(small) != 21 {
		t.Error("people were lost")
	}
}

func TestTooFineAPlanSaysWhere(t *testing.T) {
	t.Parallel()
	p := base()
	p.Size = 3
	if _, err := city().allocate(p); err == nil {
		t.Error("three residents stand for four strata")
	}
}
