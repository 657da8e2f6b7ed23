package estimate

import (
	"math"
	"slices"
	"sort"
	"strings"
)

// QuantileRule says which value a weighted sample has as its p-quantile.
type QuantileRule string

// The rules. Math is the smallest value whose weighted share reaches p (type 1
// of Hyndman & Fan 1996); School takes the midpoint to the next value when the
// share equals p (type 2). HF3 to HF9 are weighted forms of types 3 to 9.
// ShahVaish follows Shah & Vaish (2006) in the form of R's survey package,
// which depends on the scale of the weights: it is here to compare, not to
// publish. Where the product shows a median it uses School.
const (
	QuantileMath      QuantileRule = "math"
	QuantileSchool    QuantileRule = "school"
	QuantileShahVaish QuantileRule = "shahvaish"
	QuantileHF1       QuantileRule = "hf1"
	QuantileHF2       QuantileRule = "hf2"
	QuantileHF3       QuantileRule = "hf3"
	QuantileHF4       QuantileRule = "hf4"
	QuantileHF5       QuantileRule = "hf5"
	QuantileHF6       QuantileRule = "hf6"
	QuantileHF7       QuantileRule = "hf7"
	QuantileHF8       QuantileRule = "hf8"
	QuantileHF9       QuantileRule = "hf9"
)

// QuantileRules lists all rules.
var QuantileRules = []QuantileRule{QuantileMath, QuantileSchool, QuantileShahVaish, QuantileHF1, QuantileHF2,
	QuantileHF3, QuantileHF4, QuantileHF5, QuantileHF6, QuantileHF7, QuantileHF8, QuantileHF9}

// peerMark begins the name of a rule in the peer's form.
const peerMark = "r:"

// Peer is the rule as R's survey package (4.1) computes it, for comparison
// only. It differs from the rule at two places. Shares are compared with p
// without any tolerance. And where the first value alone holds more than p,
// rules math, school and 1 to 4 go on to the second value, since the peer's
// search falls back to the first position and then moves one up.
func (r QuantileRule) Peer() QuantileRule {
	if strings.HasPrefix(string(r), peerMark) {
		return r
	}
	return peerMark + r
}

// shareTie is how close a weighted share must be to p to count as equal. Equal
// fractional weights (0.1, 1/3) do not add up exactly.
const shareTie = 1e-12

// Sorted is a weighted sample in order, ready for many quantiles.
type Sorted struct {
	x, w, cum []float64 // cum: running sum of w
}

// Sort orders the rows of a mask (nil = all) that have a positive weight. Ties
// keep the order of the rows.
func Sort(x, weight []float64, in []bool) Sorted {
	order := make([]int, 0, len(x))
	for i := range x {
		if (in == nil || in[i]) && weight[i] > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return 0
	})
	s := Sorted{make([]float64, len(order)), make([]float64, len(order)), make([]float64, len(order))}
	sum := 0.0
	for k, i := range order {
		sum += weight[i]
		s.x[k], s.w[k], s.cum[k] = x[i], weight[i], sum
	}
	return s
}

// Quantile is the p-quantile, 0 ≤ p ≤ 1; ok is false for an empty sample or p
// outside [0, 1].
//
// Source: Hyndman and Fan (1996), with weights in place of counts.
func (s Sorted) Quantile(p float64, rule QuantileRule) (q float64, ok bool) {
	n := len(s.x)
	if n == 0 || !(p >= 0 && p <= 1) {
		return 0, false
	}
	if n == 1 {
		return s.x[0], true
	}
	if plain, peer := strings.CutPrefix(string(rule), peerMark); peer {
		if q, ok := s.peerQuantile(p, QuantileRule(plain)); ok {
			return q, true
		}
		rule = QuantileRule(plain) // the other rules are the same in both
	}
	switch rule {
	case QuantileMath, QuantileHF1:
		lo, _ := s.reach(p)
		return s.x[lo], true
	case QuantileSchool, QuantileHF2:
		lo, hi := s.reach(p)
		return (s.x[lo] + s.x[hi]) / 2, true
	case QuantileHF3:
		return s.nearestEven(p), true
	case QuantileHF4:
		return s.interpolate(p), true
	}
	pos := make([]float64, n)
	total := s.cum[n-1]
	for k := range pos {
		before := 0.0
		if k > 0 {
			before = s.cum[k-1]
		}
		switch rule {
		case QuantileHF5:
			pos[k] = (s.cum[k] - s.w[k]/2) / total
		case QuantileHF6:
			pos[k] = s.cum[k] / (total + s.w[n-1])
		case QuantileHF7:
			pos[k] = before / s.cum[n-2]
		case QuantileHF8:
			pos[k] = (before/3 + float64(s.cum[k]*2/3)) / (total + s.w[n-1]/3)
		case QuantileHF9:
			pos[k] = (before*3/8 + float64(s.cum[k]*5/8)) / (total + s.w[n-1]/4)
		case QuantileShahVaish:
			pos[k] = (s.cum[k]/(total/float64(n)) + 0.5 - s.w[k]/2) / float64(n+1)
		default:
			return 0, false
		}
	}
	if rule == QuantileShahVaish {
		return stepAt(pos, s.x, p), true
	}
	return linearAt(pos, s.x, p), true
}

// reach finds the first value whose share reaches p, and, where the share
// equals p, the value after it (else the same).
func (s Sorted) reach(p float64) (lo, hi int) {
	n := len(s.x)
	total := s.cum[n-1]
	lo = sort.Search(n, func(k int) bool { return s.cum[k]/total >= p-shareTie })
	lo = min(lo, n-1)
	hi = lo
	if math.Abs(s.cum[lo]/total-p) <= shareTie && lo+1 < n {
		hi = lo + 1
	}
	return lo, hi
}

// nearestEven is type 3: like Math on the distinct values, but where the share
// equals p the value with an odd position moves to the next one.
func (s Sorted) nearestEven(p float64) float64 {
	m := s.distinct()
	lo, hi := m.reach(p)
	if hi != lo && (lo+1)%2 == 0 {
		return m.x[lo]
	}
	return m.x[hi]
}

// distinct joins equal values; only x and cum are filled.
func (s Sorted) distinct() Sorted {
	var m Sorted
	for k := range s.x {
		if l := len(m.x); l > 0 && m.x[l-1] == s.x[k] {
			m.cum[l-1] = s.cum[k]
			continue
		}
		m.x, m.cum = append(m.x, s.x[k]), append(m.cum, s.cum[k])
	}
	return m
}

// peerQuantile serves the rules that the peer computes otherwise; see Peer.
// ok is false for the rest.
func (s Sorted) peerQuantile(p float64, rule QuantileRule) (q float64, ok bool) {
	if rule == QuantileHF3 {
		s = s.distinct()
	}
	n := len(s.x)
	total := s.cum[n-1]
	lo := max(0, sort.Search(n, func(k int) bool { return s.cum[k] > p*total })-1)
	hi := min(lo+1, n-1)
	below, above := p-s.cum[lo]/total, s.cum[hi]/total-p
	switch rule {
	case QuantileMath, QuantileHF1:
		if below == 0 {
			return s.x[lo], true
		}
		return s.x[hi], true
	case QuantileSchool, QuantileHF2:
		if below == 0 {
			return (s.x[lo] + s.x[hi]) / 2, true
		}
		return s.x[hi], true
	case QuantileHF3:
		if below == 0 && (lo+1)%2 == 0 {
			return s.x[lo], true
		}
		return s.x[hi], true
	case QuantileHF4:
		if lo == hi {
			return s.x[lo], true
		}
		g := below / (above + below)
		return float64(s.x[lo]*(1-g)) + float64(s.x[hi]*g), true
	}
	return 0, false
}

// interpolate is type 4: linear between the values whose shares enclose p.
func (s Sorted) interpolate(p float64) float64 {
	n := len(s.x)
	share := make([]float64, n)
	for k := range share {
		share[k] = s.cum[k] / s.cum[n-1]
	}
	k := sort.Search(n, func(k int) bool { return share[k] > p }) - 1
	switch {
	case k < 0:
		return s.x[0]
	case k == n-1:
		return s.x[n-1]
	}
	g := (p - share[k]) / (share[k+1] - share[k])
	return float64(s.x[k]*(1-g)) + float64(s.x[k+1]*g)
}

// linearAt interpolates (pos, x) at p, constant beyond the ends.
func linearAt(pos, x []float64, p float64) float64 {
	n := len(pos)
	if p <= pos[0] {
		return x[0]
	}
	if p >= pos[n-1] {
		return x[n-1]
	}
	k := sort.Search(n, func(k int) bool { return pos[k] > p }) - 1
	if pos[k] == p {
		return x[k]
	}
	return x[k] + float64((x[k+1]-x[k])*((p-pos[k])/(pos[k+1]-pos[k])))
}

// stepAt is the x of the largest position not above p, after ordering the
// positions; equal positions share the mean of their x.
func stepAt(pos, x []float64, p float64) float64 {
	order := make([]int, len(pos))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case pos[a] < pos[b]:
			return -1
		case pos[a] > pos[b]:
			return 1
		}
		return 0
	})
	best := 0.0
	for k := 0; k < len(order); {
		sum, m := x[order[k]], k+1
		for ; m < len(order) && pos[order[m]] == pos[order[k]]; m++ {
			sum += x[order[m]]
		}
		if k > 0 && pos[order[k]] > p {
			break
		}
		best = sum / float64(m-k)
		k = m
	}
	return best
}
