package appeals

import (
	"testing"

	"gongping/scoring"
	"gongping/scoring/composite"
)

func TestWorseLooksAtTheDirection(t *testing.T) {
	book := composite.Default()
	u := func(score float64, band, lo, hi string) *scoring.UnitResult {
		return &scoring.UnitResult{Official: scoring.Figure{OK: true, Value: score}, Band: band, BandLo: lo, BandHi: hi}
	}
	for name, c := range map[string]struct {
		old, now *scoring.UnitResult
		want     bool
	}{
		"lower score":                      {u(70, "fair", "fair", "fair"), u(69.9, "fair", "fair", "fair"), true},
		"higher score, same band":          {u(70, "fair", "fair", "fair"), u(71, "fair", "fair", "fair"), false},
		"sure fair becomes fair or good":   {u(73, "fair", "fair", "fair"), u(75, "", "fair", "good"), false},
		"sure good becomes fair or good":   {u(76, "good", "good", "good"), u(76, "", "fair", "good"), true},
		"no score any more":                {u(70, "fair", "fair", "fair"), &scoring.UnitResult{}, true},
		"never had a band":                 {u(70, "", "fair", "good"), u(71, "", "fair", "good"), false},
		"sure good becomes sure excellent": {u(80, "good", "good", "good"), u(86, "excellent", "excellent", "excellent"), false},
	} {
		if got := worse(c.old, c.now, &book); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestWorseLooksAtCompositeAndGrade: the grade is read from the composite, so a
// run that leaves the residents' score and lowers the composite, or loses a sure
// grade, harms the appellant all the same.
func TestWorseLooksAtCompositeAndGrade(t *testing.T) {
	t.Parallel()
	book := composite.Default()
	u := func(value, half float64) *scoring.UnitResult {
		return &scoring.UnitResult{Official: scoring.Figure{OK: true, Value: 70}, Band: "fair", BandLo: "fair", BandHi: "fair",
			Composite: scoring.Figure{OK: true, Value: value, Lo: value - half, Hi: value + half}}
	}
	rules := composite.DefaultGrades()
	from := rules.Scale[0].From // of the best grade
	for name, c := range map[string]struct {
		old, now *scoring.UnitResult
		want     bool
	}{
		"the same":                            {u(from+2, 1), u(from+2, 1), false},
		"a lower composite":                   {u(from+2, 1), u(from+1.9, 0.5), true},
		"a higher one, the same grade":        {u(from+2, 1), u(from+3, 1), false},
		"a sure grade becomes a tie below it": {u(from+2, 1), u(from+2, 2.5), true},
		"a tie stays one":                     {u(from+2, 2.5), u(from+2.1, 2.6), false},
		"a sure grade may become a better":    {u(from-2, 1), u(from-1, 1.5), false},
		"no composite any more":               {u(from+2, 1), &scoring.UnitResult{Official: scoring.Figure{OK: true, Value: 70}, Band: "fair", BandLo: "fair", BandHi: "fair"}, true},
		"there never was one":                 {&scoring.UnitResult{Official: scoring.Figure{OK: true, Value: 70}}, u(from-9, 1), false},
	} {
		if got := worse(c.old, c.now, &book); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
