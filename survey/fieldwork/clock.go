package fieldwork

import "time"

// ClockSlack is how far a phone's clock may run ahead before it is corrected.
const ClockSlack = 2 * time.Minute

// DeviceTime is what a phone knows of the time of something that it recorded
// while nobody else was looking.
type DeviceTime struct {
	At       time.Time      // by the phone's clock
	Measured *time.Duration // phone's clock minus server's, as last measured before; nil if never
	After    time.Time      // server's time of the contact at which that was measured
	Sent     time.Time      // phone's clock when it sends; zero if it does not say
}

// TrueTime estimates when something happened by the server's clock. The phone's
// clock may be wrong, and may have been changed in between, so the offset
// measured before is tried, then the one seen at sending, then none; the first
// that gives a time between the last contact (or the earliest day possible) and
// the receipt holds. ok is false where none does: the time is then that of the
// receipt.
func TrueTime(d DeviceTime, earliest, received time.Time) (at time.Time, ok bool) {
	if d.After.After(earliest) && !d.After.After(received) {
		earliest = d.After
	}
	var offsets []time.Duration
	if d.Measured != nil {
		offsets = append(offsets, *d.Measured)
	}
	if !d.Sent.IsZero() {
		offsets = append(offsets, d.Sent.Sub(received))
	}
	for _, o := range append(offsets, 0) {
		t := d.At.Add(-o)
		if !t.Before(earliest.Add(-ClockSlack)) && !t.After(received.Add(ClockSlack)) {
			if t.After(received) {
				t = received
			}
			return t, true
		}
	}
	return received, false
}
