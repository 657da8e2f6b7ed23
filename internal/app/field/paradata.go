package field

import (
	"encoding/json"
	"math"

	"gongping/survey/instrument"
)

// Device is what a phone adds to an interview besides the answers. All of it is
// for checks of quality; none of it enters a figure. See docs/spec/paradata.md.
type Device struct {
	PerItem     map[string]float64 // seconds that each question was on the screen
	DistanceM   *float64           // metres to the building, with consent only
	AccuracyM   *float64           // radius of the error of the distance
	Offline     bool               // begun or ended without a connection
	Consent     bool               // the person was told what it is about and agreed
	ClockOffset *float64           // seconds by which the phone's clock was ahead of the server's
}

// Bounds of what is believed of a device.
const (
	maxSeconds  = 24 * 3600
	maxTaps     = 10000
	maxDistance = 100_000 // metres
	maxOffset   = 20 * 365 * 24 * 3600
	distanceTo  = 10 // metres to which a distance is rounded
)

// paradata is the stored document of response.paradata.
type paradata struct {
	Seconds     int                `json:"seconds,omitempty"`
	Hour        *int               `json:"hour,omitempty"`
	Taps        int                `json:"taps,omitempty"`
	PerItem     map[string]float64 `json:"per_item,omitempty"`
	DistanceM   *float64           `json:"distance_m,omitempty"`
	AccuracyM   *float64           `json:"accuracy_m,omitempty"`
	Offline     bool               `json:"offline,omitempty"`
	Consent     bool               `json:"consent,omitempty"`
	ClockOffset *float64           `json:"clock_offset_s,omitempty"`
}

// paradataOf bounds and rounds what a device says. Seconds of questions that
// the questionnaire does not have are dropped.
func paradataOf(sub Submission, q *instrument.Questionnaire) []byte {
	d := paradata{Seconds: min(max(sub.Seconds, 0), maxSeconds), Hour: hour(sub.Hour), Taps: min(max(sub.Taps, 0), maxTaps),
		Offline: sub.Device.Offline, Consent: sub.Device.Consent}
	if len(sub.Device.PerItem) > 0 && q != nil {
		d.PerItem = map[string]float64{}
		for _, it := range q.Items {
			if s, ok := sub.Device.PerItem[it.ID]; ok && finite(s) {
				d.PerItem[it.ID] = math.Round(min(max(s, 0), maxSeconds)*10) / 10
			}
		}
	}
	r := Reading{sub.Device.DistanceM, sub.Device.AccuracyM}.bounded()
	d.DistanceM, d.AccuracyM = r.DistanceM, r.AccuracyM
	if s := sub.Device.ClockOffset; s != nil && finite(*s) {
		v := math.Round(min(max(*s, -maxOffset), maxOffset))
		d.ClockOffset = &v
	}
	b, _ := json.Marshal(d) // bounded numbers and strings always encode
	return b
}

// finite leaves out numbers that JSON cannot hold.
func (d Device) finite() Device {
	out := d
	out.PerItem = map[string]float64{}
	for id, s := range d.PerItem {
		if finite(s) {
			out.PerItem[id] = s
		}
	}
	if d.DistanceM != nil && !finite(*d.DistanceM) {
		out.DistanceM = nil
	}
	if d.AccuracyM != nil && !finite(*d.AccuracyM) {
		out.AccuracyM = nil
	}
	if d.ClockOffset != nil && !finite(*d.ClockOffset) {
		out.ClockOffset = nil
	}
	return out
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
