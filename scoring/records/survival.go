package records

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// Open marks a date that has not come.
const Open = -1

// Ticket is one complaint: days count from any fixed day, Closed is Open while
// it is in work. Key joins complaints of one person about one matter; an empty
// key joins nothing.
type Ticket struct {
	Key            string
	Opened, Closed int
}

// Case is what counts: a matter in work for Days, closed then or still open
// (censored), with the weight of the rule for repeats.
type Case struct {
	Days   int
	Closed bool
	Weight float64
}

// Cases turns tickets into cases at a cut-off day. A chain is all complaints of
// one key within window days after its first; a later one begins a new chain.
// Closings after the cut-off are not known yet; tickets opened after it are
// left out. repeats is the number of complaints that were not the first of
// their chain.
func Cases(list []Ticket, rule RepeatRule, window, cutoff int) (cases []Case, repeats int) {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Ticket) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Opened, b.Opened), cmp.Compare(uint(a.Closed), uint(b.Closed)))
	})
	first, k, at := 0, 0, -1
	key := ""
	for _, t := range list {
		if t.Opened > cutoff {
			continue
		}
		if t.Key == "" || t.Key != key || k == 0 || t.Opened > first+window {
			key, first, k = t.Key, t.Opened, 1
		} else {
			k++
			repeats++
		}
		c := Case{Days: cutoff - t.Opened, Weight: 1}
		if t.Closed >= 0 && t.Closed <= cutoff {
			c.Days, c.Closed = max(0, t.Closed-t.Opened), true
		}
		switch {
		case k == 1 || rule == Every:
			cases = append(cases, c)
			at = len(cases) - 1
		case rule == Harmonic:
			c.Weight = 1 / float64(k)
			cases = append(cases, c)
		default: // Once: the matter lasts from the first complaint to the last closing
			m := &cases[at]
			if !c.Closed || !m.Closed {
				m.Closed, m.Days = false, cutoff-first
			} else {
				m.Days = max(m.Days, t.Closed-first)
			}
		}
	}
	return cases, repeats
}

// Within is the share of matters closed within the limit.
type Within struct {
	OK     bool
	Status string // "" or why there is no figure: "none", "cut_off_too_early"
	// Share is 1 − Ŝ(limit), SE its Greenwood standard error, Lo and Hi the
	// interval on the complementary log-log scale.
	Share, SE, Lo, Hi float64
	// Least and Most bound the share whatever becomes of the open matters.
	Least, Most      float64
	N                int     // cases
	Weight           float64 // of all cases after the rule for repeats
	Closed, Censored int     // within the limit; open and not yet at it
}

// WithinLimit estimates the share of matters closed within limit days by Kaplan
// & Meier (1958): matters that are still open count as long as they were
// watched and no longer, neither as closed nor as failed. A matter closed on day
// d was still open on every day before; one censored on day d was at risk on it.
//
//	Ŝ(t) = Π (1 − d_i/n_i),   Var Ŝ = Ŝ² Σ d_i/(n_i (n_i − d_i))   (Greenwood 1926)
//
// with d and n summed by weight; weights of at most 1 make the variance that of
// fewer cases, which errs on the wide side. The interval is that of log(−log Ŝ)
// (Kalbfleisch & Prentice 2002, section 1.4.1); where all or none were closed it
// is Wilson's (1927) of the effective number of cases, those at risk at the last
// event within the limit over Ŝ before it (Dorey & Korn 1987): all cases where none
// was censored before. Confidence is for example 0.95. Where nobody was watched up
// to the limit the share at it is not known: Status says so, and the bounds hold.
func WithinLimit(cases []Case, limit int, confidence float64) Within {
	w := Within{N: len(cases)}
	if len(cases) == 0 {
		w.Status = "none"
		return w
	}
	list := slices.Clone(cases)
	slices.SortFunc(list, func(a, b Case) int { return cmp.Compare(a.Days, b.Days) })
	atRisk := 0.0
	for _, c := range list {
		atRisk += c.Weight
	}
	w.Weight = atRisk
	closed, pending := 0.0, 0.0
	s, green := 1.0, 0.0
	effective := atRisk
	for i := 0; i < len(list) && list[i].Days <= limit; {
		day, d, out := list[i].Days, 0.0, 0.0
		for ; i < len(list) && list[i].Days == day; i++ {
			out += list[i].Weight
			switch {
			case list[i].Closed:
				d += list[i].Weight
				closed += list[i].Weight
				w.Closed++
			case day < limit:
				pending += list[i].Weight
				w.Censored++
			}
		}
		// A sample without censoring would have Ŝ × its size at risk on this day.
		effective = atRisk / s
		if d > 0 {
			s *= 1 - d/atRisk
			if left := atRisk - d; left > 0 {
				green += d / float64(atRisk*left)
			}
		}
		atRisk -= out
	}
	w.Least, w.Most = closed/w.Weight, (closed+pending)/w.Weight
	// Not all are closed, and nobody was watched up to the limit.
	if s > 1e-12 && list[len(list)-1].Days < limit {
		w.Status = "cut_off_too_early"
		return w
	}
	w.OK, w.Share = true, 1-math.Max(0, s)
	w.SE = float64(s * math.Sqrt(green))
	w.interval(s, green, math.Max(1, effective), mathext.NormalQuantile(0.5+confidence/2))
	return w
}

func (w *Within) interval(s, green, n, z float64) {
	if s <= 1e-12 || s >= 1-1e-12 || green == 0 {
		p, zz := w.Share, float64(z*z)
		mid, half := (p+zz/(2*n))/(1+zz/n), float64(z/(1+zz/n)*math.Sqrt(p*(1-p)/n+zz/float64(4*n*n)))
		w.Lo, w.Hi = math.Max(0, mid-half), math.Min(1, mid+half)
		// A share of exactly 0 or 1 is not certain either: the prior of one closed
		// and one open case (Agresti & Coull 1998) gives it an error.
		q := (float64(p*n) + 1) / (n + 2)
		w.SE = math.Sqrt(q * (1 - q) / (n + 2))
		return
	}
	e := float64(z*math.Sqrt(green)) / math.Abs(math.Log(s))
	w.Lo, w.Hi = 1-math.Pow(s, math.Exp(-e)), 1-math.Pow(s, math.Exp(e))
}

// Count is a figure from numbers alone: of Received matters Done were done in
// time, Pending are open with their time not run out, Repeats are repeats.
type Count struct{ Done, Received, Pending, Repeats float64 }

// Add adds another month.
func (c Count) Add(o Count) Count {
	return Count{c.Done + o.Done, c.Received + o.Received, c.Pending + o.Pending, c.Repeats + o.Repeats}
}

// Counted is a share from counts.
type Counted struct {
	OK                     bool
	Numerator, Denominator float64 // after the rules
	Share, Least, Most     float64
}

// ShareOf is the share of counts by two stated rules: what is pending counts
// neither way (the share is of the decided), and a repeat counts countRepeat of
// a matter, closed as often as the others. Least and Most are what the share
// would be if nothing, or all, of the pending were done in time.
//
// Source: Least and Most are worst-case bounds, Manski (1989).
func ShareOf(c Count, countRepeat float64) (out Counted) {
	decided := c.Received - c.Pending
	if decided <= 0 || c.Done < 0 {
		return out
	}
	scale := 1.0
	if c.Repeats > 0 && c.Received > 0 {
		scale = (c.Received - float64((1-countRepeat)*math.Min(c.Repeats, c.Received))) / c.Received
	}
	if scale <= 0 {
		return out
	}
	out = Counted{OK: true, Numerator: float64(c.Done * scale), Denominator: float64(decided * scale), Share: c.Done / decided}
	out.Least, out.Most = c.Done/c.Received, (c.Done+c.Pending)/c.Received
	return out
}
