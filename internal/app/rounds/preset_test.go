package rounds

import (
	"math"
	"testing"

	"gongping/scoring/composite"
)

// TestPresetsSumToOne: every preset can be used as it is, and the weights of
// its indicators make up the whole, also where one of them has no value.
func TestPresetsSumToOne(t *testing.T) {
	t.Parallel()
	for _, name := range Presets {
		b := Preset(name)
		if err := b.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, without := range []string{"", "resident", "panel", "street_rating"} {
			total, parts := b.Join(func(n composite.Node) composite.Value { return composite.Value{OK: n.ID != without, Score: 50, SE: 1} })
			planned, used := 0.0, 0.0
			for _, p := range parts {
				if p.ID != "records" { // the group, whose children are counted
					planned, used = planned+p.PlannedWeight/100, used+p.IndicatorWeight/100
				}
			}
			if math.Abs(planned-1) > 1e-12 || math.Abs(used-1) > 1e-12 || math.Abs(total.Score-50) > 1e-9 {
				t.Errorf("%s without %q: planned weights add up to %v, used ones to %v", name, without, planned, used)
			}
		}
	}
	broken := Preset(Presets[1])
	broken.Tree[0].IndicatorWeight--
	if broken.Check() == nil {
		t.Error("weights of 99 in all were taken")
	}
}
