package field

import (
	"math"
	"testing"

	"gongping/survey/instrument"
)

func TestParadataIsBoundedAndRounded(t *testing.T) {
	t.Parallel()
	q := &instrument.Questionnaire{Items: []instrument.Item{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	p := func(x float64) *float64 { return &x }
	for name, c := range map[string]struct {
		in   Submission
		want string
	}{
		"nothing known": {Submission{Hour: -1}, `{}`},
		"a usual one": {Submission{Seconds: 128, Hour: 18, Taps: 2, Device: Device{PerItem: map[string]float64{"a": 4.249, "x": 3},
			DistanceM: p(37), AccuracyM: p(21), Offline: true, Consent: true, ClockOffset: p(-86400.4)}},
			`{"seconds":128,"hour":18,"taps":2,"per_item":{"a":4.2},"distance_m":40,"accuracy_m":30,"offline":true,"consent":true,"clock_offset_s":-86400}`},
		"what cannot be": {Submission{Seconds: -5, Hour: 24, Taps: 1e9, Device: Device{PerItem: map[string]float64{"a": math.NaN(), "b": -1, "c": 1e12},
			DistanceM: p(math.Inf(1)), ClockOffset: p(math.NaN())}},
			`{"taps":10000,"per_item":{"b":0,"c":86400}}`},
		"a distance without its error": {Submission{Hour: -1, Device: Device{DistanceM: p(37)}}, `{}`},
		"far beyond all":               {Submission{Hour: -1, Device: Device{DistanceM: p(1e300), AccuracyM: p(0)}}, `{"distance_m":100000,"accuracy_m":0}`},
	} {
		if got := string(paradataOf(c.in, q)); got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
}
