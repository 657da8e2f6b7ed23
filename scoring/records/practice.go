package records

import (
	"math"
	"slices"
)

// Month is one month of an indicator of a unit.
type Month struct {
	Month    string // 2026-09
	Count    Count
	Exposure float64 // what it is set against: households, staff months; 0 where not given
}

// Series is all months of an indicator of a unit, in order.
type Series struct {
	Unit   string
	Months []Month
}

// Flag is a difference of recording practice: a reason to look before anything
// is scored. Key is a catalogue key below "record.flag.".
type Flag struct {
	Key string
	N   float64 // months, a share or the distance, by key
}

// The flags.
const (
	FlagZero      = "zero"      // months with a denominator of 0
	FlagAbove     = "above"     // more done than received
	FlagIdentical = "identical" // equal figures month after month
	FlagMissing   = "missing"   // months without a row that others have
	FlagPending   = "pending"   // far more, or fewer, open than elsewhere
	FlagShare     = "share"     // a share far from all others
	FlagHeap      = "heap"      // closings heaped at the end of months
	FlagSameDay   = "same_day"  // closings on the day of opening, far more than elsewhere
)

// fewest is the least number of matters, and of units, that an outlier is
// judged on.
const (
	fewest      = 20
	fewestUnits = 5
)

// Practices flags every unit of one indicator. What is compared with others is
// judged by a funnel: the arcsine of the share with variance 1/(4n), widened by
// the spread between units, so that an indicator on which all differ does not
// flag everybody (Spiegelhalter 2005). Flags never
// change a figure; whether it is scored is for a named person to decide.
func (r Rules) Practices(list []Series) map[string][]Flag {
	out := map[string][]Flag{}
	add := func(unit, key string, n float64) { out[unit] = append(out[unit], Flag{Key: key, N: n}) }
	months := map[string]bool{}
	for _, s := range list {
		for _, m := range s.Months {
			months[m.Month] = true
		}
	}
	shares, pendings := make([]ratio, len(list)), make([]ratio, len(list))
	for i, s := range list {
		var sum Count
		zero, above := 0.0, 0.0
		for _, m := range s.Months {
			sum = sum.Add(m.Count)
			if m.Count.Received == 0 {
				zero++
			}
			if m.Count.Done+m.Count.Pending > m.Count.Received {
				above++
			}
		}
		if zero > 0 {
			add(s.Unit, FlagZero, zero)
		}
		if above > 0 {
			add(s.Unit, FlagAbove, above)
		}
		if n := equalRun(s.Months); n >= r.IdenticalMonths {
			add(s.Unit, FlagIdentical, float64(n))
		}
		if missing := len(months) - len(s.Months); len(months) > 1 && float64(missing) > float64(r.MissingShare*float64(len(months))) {
			add(s.Unit, FlagMissing, float64(missing))
		}
		shares[i] = ratio{sum.Done, sum.Received - sum.Pending}
		pendings[i] = ratio{sum.Pending, sum.Received}
	}
	for i, z := range outlying(shares) {
		if math.Abs(z) > r.OutlierZ {
			add(list[i].Unit, FlagShare, z)
		}
	}
	for i, z := range outlying(pendings) {
		if math.Abs(z) > r.OutlierZ {
			add(list[i].Unit, FlagPending, z)
		}
	}
	return out
}

// equalRun is the longest run of months with as many received and done as the
// month before.
func equalRun(list []Month) int {
	best, run := 0, 0
	for i, m := range list {
		if i > 0 && m.Count.Received > 0 && m.Count.Received == list[i-1].Count.Received && m.Count.Done == list[i-1].Count.Done {
			run++
		} else {
			run = 1
		}
		best = max(best, run)
	}
	return best
}

type ratio struct{ x, n float64 }

// outlying is the distance of every ratio from the median of all, in standard
// errors that hold the sampling error and the spread between units:
//
//	z = (y − median y) / √(1/(4n) + τ²),  τ² = (1.4826 MAD)² − median 1/(4n), at least 0
//
// with y = asin √(x/n) (additive overdispersion as in Spiegelhalter 2005, with a
// robust spread). 0 where too little is known.
func outlying(list []ratio) []float64 {
	z := make([]float64, len(list))
	var y, v []float64
	for _, r := range list {
		if r.n >= fewest {
			y, v = append(y, arcsine(r)), append(v, 1/(4*r.n))
		}
	}
	if len(y) < fewestUnits {
		return z
	}
	centre := median(y)
	dev := make([]float64, len(y))
	for i := range y {
		dev[i] = math.Abs(y[i] - centre)
	}
	// 1.4826 makes the median deviation the standard deviation of a normal.
	spread := 1.4826 * median(dev)
	between := math.Max(0, float64(spread*spread)-median(v))
	for i, r := range list {
		if r.n >= fewest {
			z[i] = (arcsine(r) - centre) / math.Sqrt(1/(4*r.n)+between)
		}
	}
	return z
}

func arcsine(r ratio) float64 { return math.Asin(math.Sqrt(math.Min(1, math.Max(0, r.x/r.n)))) }

func median(x []float64) float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	if n := len(x); n%2 == 0 {
		return (x[n/2-1] + x[n/2]) / 2
	}
	return x[len(x)/2]
}

// Closings is how a unit closes its tickets, as counts.
type Closings struct {
	Unit               string
	Tickets, Closed    int
	SameDay, LastThree int // closed on the day of opening; on the last three days of a month
	Open               int
}

// ClosingPractices flags units by how they close tickets: heaps on the last
// three days of a month (a tenth of all days) above HeapShare, and shares of
// same-day closings or open tickets far from the others'.
func (r Rules) ClosingPractices(list []Closings) map[string][]Flag {
	out := map[string][]Flag{}
	same, open := make([]ratio, len(list)), make([]ratio, len(list))
	for i, c := range list {
		if c.Closed >= fewest && float64(c.LastThree) > float64(r.HeapShare*float64(c.Closed)) {
			out[c.Unit] = append(out[c.Unit], Flag{Key: FlagHeap, N: float64(c.LastThree) / float64(c.Closed)})
		}
		same[i], open[i] = ratio{float64(c.SameDay), float64(c.Closed)}, ratio{float64(c.Open), float64(c.Tickets)}
	}
	for i, z := range outlying(same) {
		if math.Abs(z) > r.OutlierZ {
			out[list[i].Unit] = append(out[list[i].Unit], Flag{Key: FlagSameDay, N: z})
		}
	}
	for i, z := range outlying(open) {
		if math.Abs(z) > r.OutlierZ {
			out[list[i].Unit] = append(out[list[i].Unit], Flag{Key: FlagPending, N: z})
		}
	}
	return out
}
