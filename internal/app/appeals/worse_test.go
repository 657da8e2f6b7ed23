package appeals

import (
	"testing"

	"gongping/scoring"
	"gongping/scoring/composite"
)

func TestWorseLooksAtTheDirection(t *testing.T) {
	bands := composite.Default().Bands
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
		if got := worse(c.old, c.now, bands); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
