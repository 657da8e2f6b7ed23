// Package records makes figures of what work records say: the share of matters
// closed within the limit with open ones as censored, repeat complaints
// discounted by a stated rule, differences of recording practice flagged, and
// the workload that stands beside every score. Method page:
// docs/methods/records.md.
package records

import (
	"fmt"
	"math"

	"gongping/internal/errs"
)

// RepeatRule says how the second and later complaints of one person about one
// matter count.
type RepeatRule string

// The rules for repeats.
const (
	// Every complaint counts like the first.
	Every RepeatRule = "every"
	// Harmonic: the k-th complaint of a chain counts 1/k.
	Harmonic RepeatRule = "harmonic"
	// Once: a chain counts as one matter, opened with the first complaint and
	// closed when the last one is.
	Once RepeatRule = "once"
)

// Rules are the stated rules of an assessment for records. They stand in its
// rule book, frozen before fieldwork.
type Rules struct {
	LimitDays    int        `json:"limit_days"`    // a matter should be closed within so many days
	RepeatRule   RepeatRule `json:"repeat_rule"`   // for tickets, which know who and what
	RepeatWindow int        `json:"repeat_window"` // days after a chain's first complaint in which another one is a repeat
	// CountRepeat is what a repeat counts where only their number is known.
	CountRepeat float64 `json:"count_repeat"`
	// HouseholdsLow and HouseholdsHigh are the staffing standard: households a worker.
	HouseholdsLow  int `json:"households_low"`
	HouseholdsHigh int `json:"households_high"`
	// FrameShare is the share of all households that the frame holds, where it is
	// known to hold a part of them only; 0 or 1 = all. Workload counts by it.
	FrameShare float64 `json:"frame_share,omitempty"`
	// Flags.
	IdenticalMonths int     `json:"identical_months"` // so many equal months in a row are strange
	MissingShare    float64 `json:"missing_share"`    // of months, above which a series is too patchy
	OutlierZ        float64 `json:"outlier_z"`        // distance from the other units, in overdispersed standard errors
	HeapShare       float64 `json:"heap_share"`       // of closings on the last three days of a month
}

// DefaultRules: seven days to close, a repeat within thirty days counts 1/k (or
// a half where only the number is known), 300 to 500 households a worker; three
// equal months, a quarter missing, 3.5 standard errors and 45% of closings at
// the end of a month are flagged.
func DefaultRules() Rules {
	return Rules{LimitDays: 7, RepeatRule: Harmonic, RepeatWindow: 30, CountRepeat: 0.5, HouseholdsLow: 300, HouseholdsHigh: 500,
		IdenticalMonths: 3, MissingShare: 0.25, OutlierZ: 3.5, HeapShare: 0.45}
}

// Check returns an error that names the first rule that cannot be used.
func (r Rules) Check() error {
	bad := func(field string, found any, want string) error {
		return errs.New(errs.Invalid, "rule_book.invalid", "the rule book is not usable").At("record_rules."+field, fmt.Sprint(found), want, "change it")
	}
	share := func(x float64) bool { return x >= 0 && x <= 1 }
	switch {
	case r.LimitDays < 1 || r.LimitDays > 366:
		return bad("limit_days", r.LimitDays, "1 to 366 days")
	case r.RepeatRule != Every && r.RepeatRule != Harmonic && r.RepeatRule != Once:
		return bad("repeat_rule", r.RepeatRule, "every, harmonic or once")
	case r.RepeatWindow < 1 || r.RepeatWindow > 366:
		return bad("repeat_window", r.RepeatWindow, "1 to 366 days")
	case !share(r.CountRepeat):
		return bad("count_repeat", r.CountRepeat, "0 to 1")
	case r.HouseholdsLow < 1 || r.HouseholdsHigh < r.HouseholdsLow:
		return bad("households_high", r.HouseholdsHigh, "at least households_low")
	case !share(r.FrameShare):
		return bad("frame_share", r.FrameShare, "0 to 1; 0 or 1 where the frame holds all households")
	case r.IdenticalMonths < 2:
		return bad("identical_months", r.IdenticalMonths, "at least 2")
	case !share(r.MissingShare):
		return bad("missing_share", r.MissingShare, "0 to 1")
	case !(r.OutlierZ > 0):
		return bad("outlier_z", r.OutlierZ, "more than 0, for example 3.5")
	case !share(r.HeapShare):
		return bad("heap_share", r.HeapShare, "0 to 1")
	}
	return nil
}

// Workload compares households with workers.
type Workload struct {
	OK                  bool
	Households, Workers int
	Per                 float64 // households a worker
	Standard            string  // "below", "within", "above" the staffing standard
}

// WorkloadOf is the households a worker of a unit, from the households of the
// frame over the share of all that it holds; not OK where one of the numbers is
// not known.
func (r Rules) WorkloadOf(households, workers int) Workload {
	if r.FrameShare > 0 && r.FrameShare < 1 {
		households = int(math.Round(float64(households) / r.FrameShare))
	}
	w := Workload{Households: households, Workers: workers}
	if households <= 0 || workers <= 0 {
		return w
	}
	w.OK, w.Per, w.Standard = true, float64(households)/float64(workers), "within"
	switch {
	case w.Per < float64(r.HouseholdsLow):
		w.Standard = "below"
	case w.Per > float64(r.HouseholdsHigh):
		w.Standard = "above"
	}
	return w
}
