package fieldwork

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTrueTime(t *testing.T) {
	t.Parallel()
	opens := time.Date(2026, 11, 20, 0, 0, 0, 0, Zone)
	packed := time.Date(2026, 11, 21, 9, 0, 0, 0, Zone)
	truth := packed.Add(3 * time.Hour)
	received := packed.Add(9 * time.Hour)
	day := 24 * time.Hour
	d := func(x time.Duration) *time.Duration { return &x }
	for name, c := range map[string]struct {
		in   DeviceTime
		want time.Time
		ok   bool
	}{
		"a clock that is right":                   {DeviceTime{truth, d(0), packed, received}, truth, true},
		"three days ahead all the time":           {DeviceTime{truth.Add(3 * day), d(3 * day), packed, received.Add(3 * day)}, truth, true},
		"put ahead after the pack":                {DeviceTime{truth.Add(3 * day), d(0), packed, received.Add(3 * day)}, truth, true},
		"put back after the pack":                 {DeviceTime{truth.Add(-3 * day), d(0), packed, received.Add(-3 * day)}, truth, true},
		"ahead, mended before the sending":        {DeviceTime{truth.Add(3 * day), d(3 * day), packed, received}, truth, true},
		"put ahead after the pack, mended again":  {DeviceTime{truth.Add(3 * day), d(0), packed, received}, received, false},
		"before the first contact ever":           {DeviceTime{truth, nil, time.Time{}, time.Time{}}, truth, true},
		"the year 1970":                           {DeviceTime{time.Unix(0, 0), nil, time.Time{}, time.Time{}}, received, false},
		"a last contact that lies in the future":  {DeviceTime{truth, d(0), received.Add(day), received}, truth, true},
		"a minute ahead is never after the event": {DeviceTime{received.Add(time.Minute), nil, packed, time.Time{}}, received, true},
	} {
		got, ok := TrueTime(c.in, opens, received)
		if !got.Equal(c.want) || ok != c.ok {
			t.Errorf("%s: %s %v, want %s %v", name, got, ok, c.want, c.ok)
		}
	}
}

// Whatever a phone says, the time lies between the earliest and the receipt.
func TestTrueTimeIsPossible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time { return time.Unix(rapid.Int64Range(-1e10, 1e11).Draw(t, name), 0) }
		in := DeviceTime{At: at("at"), After: at("after"), Sent: at("sent")}
		if rapid.Bool().Draw(t, "measured") {
			m := time.Duration(rapid.Int64().Draw(t, "offset"))
			in.Measured = &m
		}
		earliest := at("earliest")
		received := earliest.Add(time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "later")) * time.Second)
		got, _ := TrueTime(in, earliest, received)
		if got.Before(earliest.Add(-ClockSlack)) || got.After(received) {
			t.Fatalf("%s is not between %s and %s", got, earliest, received)
		}
	})
}
