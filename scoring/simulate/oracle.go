package simulate

import (
	"math"
	"math/rand/v2"
)

// oracle is the Bayes estimator that knows how the answers come about: the
// shift distribution, every rate and the form of the answer distribution. It
// sees the marks only. No estimator has a smaller mean squared error, so its
// row is the bound that information sets. It exists for scenarios whose answers
// are exchangeable within a unit and not weighted.
type oracle struct {
	logP  [][]float64 // by state, log probability of each value
	logW  []float64
	truth []float64
}

const shiftNodes = 41

func oracleFor(sc *Scenario) bool {
	return sc.GroupShare == 0 && sc.FakeInterviewers == 0 && sc.PrevCorrelation == 0
}

func newOracle(sc *Scenario, ins *instrument) *oracle {
	o := &oracle{}
	type rate struct{ r, w float64 }
	two := func(share, r float64) []rate {
		if share == 0 {
			return []rate{{0, 1}}
		}
		return []rate{{0, 1 - share}, {r, share}}
	}
	lone := func(r float64) []rate {
		if sc.Uneven == 0 || r == 0 {
			return []rate{{r, 1}}
		}
		shape := 1 / (sc.Uneven * sc.Uneven)
		var out []rate
		total := 0.0
		for j := range 12 {
			x := 0.1 + 0.3*float64(j)
			w := math.Pow(x, shape-1) * math.Exp(-shape*x)
			out = append(out, rate{r * x, w})
			total += w
		}
		for j := range out {
			out[j].w /= total
		}
		return out
	}
	for j := range shiftNodes {
		z := -4 + 8*float64(j)/(shiftNodes-1)
		dist := ins.distribution(sc.Spread * z)
		m := ins.mean(dist)
		for _, c := range two(sc.ComplaintUnits, sc.ComplaintRate) {
			for _, t := range two(sc.CoachUnits, sc.CoachRate) {
				for _, low := range lone(sc.LoneLow) {
					for _, high := range lone(sc.LoneHigh) {
						p := mixed(dist, c.r, t.r, low.r, high.r)
						o.logP = append(o.logP, p)
						o.logW = append(o.logW, -0.5*z*z+math.Log(c.w*t.w*low.w*high.w))
						o.truth = append(o.truth, (1-sc.LoneLow-sc.LoneHigh)*(1-c.r)*m+sc.LoneHigh*100)
					}
				}
			}
		}
	}
	return o
}

// mixed is the log distribution of an answer after complaint, coaching and lone
// extremes, applied in the order in which the generator applies them.
func mixed(dist []float64, complaint, coach, low, high float64) []float64 {
	out := make([]float64, len(dist))
	last := len(dist) - 1
	for i, p := range dist {
		x := (1 - complaint) * p
		if i == 0 {
			x += complaint
		}
		x *= 1 - coach
		if i == last {
			x += coach
		}
		x *= 1 - low - high
		if i == 0 {
			x += low
		}
		if i == last {
			x += high
		}
		out[i] = math.Log(math.Max(x, 1e-300))
	}
	return out
}

// estimate returns posterior mean for counts by value.
func (o *oracle) estimate(counts []float64) float64 {
	ll := make([]float64, len(o.logW))
	best := math.Inf(-1)
	for s, p := range o.logP {
		v := o.logW[s]
		for i, c := range counts {
			if c != 0 {
				v += c * p[i]
			}
		}
		ll[s] = v
		best = math.Max(best, v)
	}
	sum, mean := 0.0, 0.0
	for s, v := range ll {
		w := math.Exp(v - best)
		sum += w
		mean += w * o.truth[s]
	}
	return mean / sum
}

// reference is the share of the raw shift that the oracle gives one hostile and
// one coached answer in the scenario stripped of what keeps it from having an
// oracle (groups, faked interviews, earlier rounds): the nearest bound there is.
func reference(sc *Scenario, ins *instrument, n int, rng *rand.Rand) (low, high float64) {
	plain := *sc
	plain.GroupShare, plain.FakeInterviewers, plain.PrevCorrelation, plain.Adjust = 0, 0, 0, false
	o, r := newOracle(&plain, ins), generate(&plain, ins, 100, n, rng)
	var raw [2]float64
	for _, c := range r.counts {
		mean, total := 0.0, 0.0
		for i, x := range c {
			mean += x * ins.values[i]
			total += x
		}
		mean /= total
		base := o.estimate(c)
		for k, i := range []int{0, len(c) - 1} {
			c[i]++
			d := o.estimate(c) - base
			c[i]--
			raw[k] += (ins.values[i] - mean) / (total + 1)
			if k == 0 {
				low += d
			} else {
				high += d
			}
		}
	}
	return low / raw[0], high / raw[1]
}
