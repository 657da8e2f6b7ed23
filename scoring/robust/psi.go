package robust

import "math"

// Psi is a score function ψ with its weight function u(r) = ψ(r)/r.
type Psi struct {
	family  family
	a, b, c float64
}

type family uint8

const (
	huber family = iota
	bisquare
	hampel
)

// HuberPsi is ψ(r) = max(−k, min(k, r)) (Huber 1964); k = ∞ gives the mean.
// k = 1.345 has 95% efficiency at the normal distribution.
func HuberPsi(k float64) Psi { return Psi{family: huber, c: k} }

// TukeyPsi is ψ(r) = r (1 − (r/k)²)² for |r| < k, 0 beyond (Beaton & Tukey
// 1974); k = 4.685 has 95% efficiency. It redescends: the result depends on
// the start, and gross errors get weight 0.
func TukeyPsi(k float64) Psi { return Psi{family: bisquare, c: k} }

// HampelPsi is the three-part ψ: linear to a, constant to b, down to zero at c
// (Hampel et al. 1986, section 2.6). Usual: 2, 4, 8.
func HampelPsi(a, b, c float64) Psi { return Psi{family: hampel, a: a, b: b, c: c} }

// Weight is u(r) = ψ(r)/r, in [0,1]; u(0) = 1.
//
// Source: Huber (1964); Beaton and Tukey (1974); Hampel et al. (1986).
func (p Psi) Weight(r float64) float64 {
	r = math.Abs(r)
	switch p.family {
	case huber:
		if r <= p.c {
			return 1
		}
		return p.c / r
	case bisquare:
		if r >= p.c {
			return 0
		}
		t := r / p.c
		t = 1 - float64(t*t)
		return t * t
	default:
		switch {
		case r <= p.a:
			return 1
		case r <= p.b:
			return p.a / r
		case r < p.c:
			return p.a * (p.c - r) / (p.c - p.b) / r
		}
		return 0
	}
}

// Score is ψ(r).
//
// Source: Huber (1964); Beaton and Tukey (1974).
func (p Psi) Score(r float64) float64 {
	if p.family == huber {
		return math.Max(-p.c, math.Min(p.c, r))
	}
	return r * p.Weight(r)
}

// Slope is ψ′(r), by the left where ψ has a corner.
//
// Source: Huber (1964); Beaton and Tukey (1974).
func (p Psi) Slope(r float64) float64 {
	r = math.Abs(r)
	switch p.family {
	case huber:
		if r <= p.c {
			return 1
		}
		return 0
	case bisquare:
		t := r / p.c
		t = float64(t * t)
		if t >= 1 {
			return 0
		}
		return (1 - t) * (1 - float64(5*t))
	default:
		switch {
		case r <= p.a:
			return 1
		case r <= p.b:
			return 0
		case r <= p.c:
			return -p.a / (p.c - p.b)
		}
		return 0
	}
}

// proposal2 is E[min(Z², k²)] for a standard normal Z, the consistency factor
// of Huber's Proposal 2: θ + k²(1−θ) − 2kφ(k), θ = 2Φ(k) − 1.
func proposal2(k float64) float64 {
	if math.IsInf(k, 1) {
		return 1
	}
	theta := math.Erf(k / math.Sqrt2)
	return theta + float64(k*k*(1-theta)) - float64(2*k*math.Exp(-k*k/2)/math.Sqrt(2*math.Pi))
}
