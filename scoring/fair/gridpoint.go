package fair

import (
	"math"

	"gongping/scoring/repeatable"
)

// gridPoint is the binomial likelihood of a unit at one grid point, integrated
// over the ordinary mean m ~ N(m, v) and over the width of the grid point, which
// stands for a ~ N(Grid[j], width[j]) so that a mixture of points is smooth. Both
// enter through the logit x, whose prior variance is o = width + slope^2 v.
// The log likelihood k x - n softplus(x) is quadratic in x to second order with
// gradient g = k - n q and curvature h = n q (1-q), so that
//
//	log integral = k x - n softplus(x) - log(1+o h)/2 + o g^2 / (2 (1+o h))
//
// and x given the grid point moves by gain = o g/(1+o h), of which m takes the
// part slope v / o; r = o h/(1+o h). The gain is held within maxLogit: beyond
// it the expansion, which the concave likelihood lies below, would favour
// absurd grid points.
type gridPoint struct{ logLik, q, gain, inv, r float64 } // inv is 1/o

func (p *SharePrior) at(j int, s *shareStat) gridPoint {
	pt, _ := p.expand(j, s)
	return pt
}

// expansion is what the likelihood at a grid point is made of, for reuse when
// m and the numbers move a little: softplus(x), q, o h, log(1+o h) and
// 1/(1+o h).
type expansion struct{ softplus, q, oh, log, f float64 }

func (p *SharePrior) expand(j int, s *shareStat) (gridPoint, expansion) {
	x := p.Grid[j] + float64(p.Slope*(s.m-p.Centre))
	e := repeatable.Exp(-x)
	q := 1 / (1 + e)
	o := p.width[j] + float64(float64(p.Slope*p.Slope)*s.v)
	oh := float64(o * float64(s.n*float64(q*(1-q))))
	ex := expansion{x + repeatable.Log1p(e), q, oh, repeatable.Log1p(oh), 1 / (1 + oh)}
	return finish(s, x, o, &ex), ex
}

// finish works out the grid point from its expansion.
func finish(s *shareStat, x, o float64, ex *expansion) gridPoint {
	g := s.k - float64(s.n*ex.q)
	gain := float64(float64(o*g) * ex.f)
	heard := float64(0.5 * float64(gain*g))
	if gain > maxLogit || gain < -maxLogit {
		gain = math.Copysign(maxLogit, gain)
		heard = float64(gain*g) - float64(float64(0.5*float64(gain*gain))*((ex.oh+1)/o))
	}
	ll := float64(s.k*x) - float64(s.n*ex.softplus) + heard - float64(0.5*ex.log)
	return gridPoint{ll, ex.q, gain, 1 / o, float64(ex.oh * ex.f)}
}

// near is the grid point for a unit close to the one that ex was made for, d
// away in logit: Taylor series of softplus and its derivative to third order,
// and of log(1+oh) to third order. For |d| < 0.05 the log likelihood is good to
// 1e-7 per answer's worth of d.
func (p *SharePrior) near(j int, s *shareStat, d float64, ex *expansion) gridPoint {
	x := p.Grid[j] + float64(p.Slope*(s.m-p.Centre))
	q := ex.q
	b := float64(q * (1 - q))
	b2 := float64(b * (1 - float64(2*q)))
	b3 := float64(b * (1 - float64(6*b)))
	n := expansion{
		softplus: ex.softplus + float64(d*(q+float64(d*(float64(0.5*b)+float64(float64(d*b2)*(1.0/6)))))),
		q:        q + float64(d*(b+float64(d*(float64(0.5*b2)+float64(float64(d*b3)*(1.0/6)))))),
	}
	o := p.width[j] + float64(float64(p.Slope*p.Slope)*s.v)
	n.oh = float64(o * float64(s.n*float64(n.q*(1-n.q))))
	t := float64((n.oh - ex.oh) * ex.f)
	n.f = 1 / (1 + n.oh)
	n.log = ex.log + float64(t*(1-float64(t*(0.5-float64(t*(1.0/3))))))
	return finish(s, x, o, &n)
}

// shifted is the share at the grid point once its logit has moved by the
// fraction f of the gain (second order).
func shifted(pt *gridPoint, f float64) float64 {
	d := float64(pt.gain * f)
	b := float64(pt.q * (1 - pt.q))
	return clampShare(pt.q + float64(float64(b*d)*(1+float64(0.5*float64((1-2*pt.q)*d)))))
}
