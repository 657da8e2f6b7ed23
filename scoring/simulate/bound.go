package simulate

import "math"

// bottomInformation is I of one unit: the information that the number of its
// bottom answers carries about a shift of that number,
//
//	I = Σ_c p(c) (p(c-1)/p(c) - 1)² = Σ_c p(c-1)²/p(c) - 1,
//
// p(c) being the oracle's probabilities given the unit's other answers, with the
// number of answers as a Poisson number about that of the unit. For one Poisson
// law with mean mu it is 1/mu.
func (o *oracle) bottomInformation(counts []float64) float64 {
	n := 0.0
	for _, c := range counts {
		n += c
	}
	weight := make([]float64, len(o.logW))
	best := math.Inf(-1)
	for s, p := range o.logP {
		v := o.logW[s] + n*math.Exp(p[0]) // the other answers are Poisson with mean n (1 - p0)
		for i, c := range counts[1:] {
			v += c * p[i+1]
		}
		weight[s] = v
		best = math.Max(best, v)
	}
	total := 0.0
	for s, v := range weight {
		weight[s] = math.Exp(v - best)
		total += weight[s]
	}
	before, sum := 0.0, 0.0
	for c := 0; c < 400; c++ {
		p := 0.0
		for s, w := range weight {
			if w > 1e-12*total {
				p += w / total * poisson(c, n*math.Exp(o.logP[s][0]))
			}
		}
		if c > 0 && p > 0 {
			sum += before * before / p
		}
		if c > 0 && before > p && p < 1e-13 {
			break
		}
		before = p
	}
	return sum - 1
}

func poisson(c int, mu float64) float64 {
	if mu <= 0 {
		if c == 0 {
			return 1
		}
		return 0
	}
	l, _ := math.Lgamma(float64(c) + 1)
	return math.Exp(float64(c)*math.Log(mu) - mu - l)
}

// limitedError is the smallest root mean squared error of an estimator that one
// more bottom answer moves by at most a share limit of its raw pull, on average.
// Among all T = theta* + g(c) that keep the move, the mean squared error is least
// for g = eta (p(c-1)/p(c) - 1), and exceeds the oracle's by excess²/I
// (docs/methods/fair-score.md, section 4). t is the oracle's tally.
func limitedError(oracle, raw *tally, limit float64) float64 {
	mse := 0.0
	for _, r := range oracle.rmse {
		mse += r * r / float64(len(oracle.rmse))
	}
	excess := math.Abs(oracle.shiftLow[0]/oracle.shifts) - limit*math.Abs(raw.shiftLow[0]/raw.shifts)
	if excess > 0 && oracle.information > 0 {
		mse += excess * excess / (oracle.information / oracle.shifts)
	}
	return math.Sqrt(mse)
}
