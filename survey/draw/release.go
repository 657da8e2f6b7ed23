package draw

import (
	"fmt"
	"time"

	"gongping/internal/errs"
)

// Attempt is one try to reach a drawn person. Its time carries the zone in
// which days and hours are counted.
type Attempt struct {
	At      time.Time
	Channel string
}

// Rule is the rule book's rule for giving up a case. Zero fields ask nothing.
type Rule struct {
	Attempts int           // tries in all
	Days     int           // different calendar days
	Parts    int           // different parts of the day: until 12, 12–18, from 18 o'clock
	Weekend  int           // tries on a Saturday or Sunday
	Span     time.Duration // from the first try to the last
	Channels int           // different channels
}

// Lacking says what the rule still demands: one error per unmet condition, none
// when the case may be closed and its reserve released.
func (r Rule) Lacking(attempts []Attempt) []*errs.Error {
	days, parts, channels := map[string]bool{}, map[int]bool{}, map[string]bool{}
	weekend := 0
	var first, last time.Time
	for i, a := range attempts {
		days[a.At.Format(time.DateOnly)] = true
		switch h := a.At.Hour(); {
		case h < 12:
			parts[0] = true
		case h < 18:
			parts[1] = true
		default:
			parts[2] = true
		}
		if d := a.At.Weekday(); d == time.Saturday || d == time.Sunday {
			weekend++
		}
		channels[a.Channel] = true
		if i == 0 || a.At.Before(first) {
			first = a.At
		}
		if i == 0 || a.At.After(last) {
			last = a.At
		}
	}
	var out []*errs.Error
	need := func(key string, have, want int, what string) {
		if have < want {
			out = append(out, errs.New(errs.NotNow, "release."+key, "more tries are needed before a reserve is released").
				With(map[string]any{"have": have, "want": want}).At(what, fmt.Sprint(have), fmt.Sprintf("at least %d", want), ""))
		}
	}
	need("attempts", len(attempts), r.Attempts, "tries")
	need("days", len(days), r.Days, "different days")
	need("parts", len(parts), r.Parts, "parts of the day")
	need("weekend", weekend, r.Weekend, "tries at a weekend")
	need("channels", len(channels), r.Channels, "channels")
	need("span", int(last.Sub(first)/time.Hour), int(r.Span/time.Hour), "hours between first and last try")
	return out
}

// Release puts a reserve in the place of a case that was given up.
type Release struct{ Case, Reserve string } // frame ids

// NextReserve returns the only reserve that may replace the case: the next in
// drawing order of its stratum (two-stage: of its cluster). selected is the
// whole draw, released what was released before, in order. It returns Conflict
// when the case is not a drawn one in the field, was replaced already, or when
// the earlier releases skipped somebody; Gone when no reserve is left, which
// calls for a top-up draw.
func NextReserve(selected []Selected, released []Release, forCase string) (Selected, error) {
	place := map[string]string{}
	queue := map[string][]Selected{}
	active := map[string]bool{}
	for _, s := range selected {
		at := s.Stratum + "," + s.Cluster
		place[s.FrameID] = at
		if s.Reserve {
			queue[at] = append(queue[at], s)
		} else {
			active[s.FrameID] = true
		}
	}
	for i, r := range released {
		at := place[r.Case]
		if !active[r.Case] || len(queue[at]) == 0 || queue[at][0].FrameID != r.Reserve {
			return Selected{}, errs.New(errs.Differs, "release.history", "release %d did not follow the drawing order", i+1)
		}
		active[r.Case], active[r.Reserve] = false, true
		queue[at] = queue[at][1:]
	}
	if !active[forCase] {
		return Selected{}, errs.New(errs.Barred, "release.case", "this case cannot be replaced").
			At("case", forCase, "a drawn case that was not replaced yet", "")
	}
	left := queue[place[forCase]]
	if len(left) == 0 {
		return Selected{}, errs.New(errs.Gone, "release.none_left", "no reserve is left in this stratum").
			At("case", forCase, "", "commit a top-up draw with new randomness")
	}
	return left[0], nil
}

// CheckRelease reports whether exactly the wished reserve is the next; a wish
// for another one is a Conflict with key "release.skipped", which callers log.
func CheckRelease(selected []Selected, released []Release, wish Release) error {
	next, err := NextReserve(selected, released, wish.Case)
	if err != nil {
		return err
	}
	if next.FrameID != wish.Reserve {
		return errs.New(errs.Barred, "release.skipped", "reserves are released in drawing order only").
			At("reserve", wish.Reserve, next.FrameID, "the next reserve is the only choice")
	}
	return nil
}

// Released is the inclusion probability of every unit in the field of a stratum
// of method Simple once the given number of reserves was released: the sample
// and the released reserves together are the n+released smallest tickets.
func (p StratumPlan) Released(released int) Ratio {
	n := uint64(p.Sample + released)
	if p.Method == Census || n >= p.Population {
		return Ratio{1, 1}
	}
	return newRatio(n, p.Population)
}

// Combined is the probability of being in either of two simple draws of a
// stratum, the second of which excluded the sample and the reserves of the
// first: all orders being equally likely, together they are a simple random
// sample of n1+n2 of N.
func Combined(population uint64, n1, n2 int) Ratio {
	return newRatio(uint64(n1+n2), population)
}
