package repeatable

import "math"

// NormalQuantile is the p-quantile of the standard normal distribution, 0 < p < 1:
// Newton steps on the lower tail from the start of Abramowitz and Stegun (1964,
// 26.2.23).
func NormalQuantile(p float64) float64 {
	switch {
	case p == 0.5:
		return 0
	case p > 0.5:
		return -NormalQuantile(1 - p)
	}
	t := math.Sqrt(float64(-2 * Log(p)))
	num := float64(t*(float64(t*0.010328)+0.802853)) + 2.515517
	den := float64(t*(float64(t*(float64(t*0.001308)+0.189269))+1.432788)) + 1
	x := num/den - t
	for range 4 {
		f, e := Normal(x)
		x -= (f - p) / float64(e*0.3989422804014327)
	}
	return x
}

// seriesFrom is the number of degrees of freedom from which the expansion around
// the normal quantile is good to 1e-13.
const seriesFrom = 400

// TQuantile is the p-quantile of Student's t with df degrees of freedom, 0 < p < 1:
// Newton steps on the finite series for whole degrees of freedom (Abramowitz and
// Stegun 1964, 26.7.3 and 26.7.4), from the expansion of Fisher and Cornish (1960)
// around the normal quantile, which is the answer itself where df is large.
func TQuantile(p float64, df int) float64 {
	switch {
	case df < 1 || !(p > 0 && p < 1):
		panic("repeatable: t quantile needs df >= 1 and 0 < p < 1")
	case p == 0.5:
		return 0
	case p < 0.5:
		return -TQuantile(1-p, df)
	}
	x := expansion(NormalQuantile(p), float64(df))
	if df >= seriesFrom {
		return x
	}
	central := float64(2*p) - 1
	switch df {
	case 1:
		x = math.Max(x, 1/float64(math.Pi*(1-p))) // the tail of the Cauchy
	case 2:
		x = central / math.Sqrt(float64(2*float64(p*(1-p))))
	}
	lo, hi := 0.0, math.Inf(1)
	for range 100 {
		f := within(x, df)
		if f < central {
			lo = x
		} else {
			hi = x
		}
		next := x - (f-central)/float64(2*density(x, df))
		if !(next > lo && next < hi) {
			if next = float64(0.5 * (lo + hi)); math.IsInf(hi, 1) {
				next = float64(2 * x)
			}
		}
		if step := next - x; math.Abs(step) <= float64(1e-15*x) {
			return next
		}
		x = next
	}
	return x
}

// expansion is the t quantile from the normal one, to the fifth order in 1/df.
func expansion(z, df float64) float64 {
	z2 := float64(z * z)
	g1 := float64(z*(z2+1)) / 4
	g2 := float64(z*(float64(z2*(float64(5*z2)+16))+3)) / 96
	g3 := float64(z*(float64(z2*(float64(z2*(float64(3*z2)+19))+17))-15)) / 384
	g4 := float64(z*(float64(z2*(float64(z2*(float64(z2*(float64(79*z2)+776))+1482))-1920))-945)) / 92160
	g5 := float64(z*(float64(z2*(float64(z2*(float64(z2*(float64(z2*(float64(27*z2)+339))+930))-1782))-765))+17955)) / 368640
	return z + (g1+(g2+(g3+(g4+g5/df)/df)/df)/df)/df
}

// within is P(|T| < x) for whole df.
func within(x float64, df int) float64 {
	n := float64(df)
	r := math.Sqrt(n + float64(x*x))
	sin, cos := x/r, math.Sqrt(n)/r
	cos2 := float64(cos * cos)
	sum, term := 0.0, 1.0
	if df%2 == 1 {
		theta := atan(x / math.Sqrt(n))
		if df > 1 {
			term = cos
			sum = term
			for k := 3; k < df-1; k += 2 {
				term = float64(term*float64(cos2*float64(k-1))) / float64(k)
				sum += term
			}
		}
		return float64((theta + float64(sin*sum)) * (2 / math.Pi))
	}
	sum = term
	for k := 2; k < df-1; k += 2 {
		term = float64(term*float64(cos2*float64(k-1))) / float64(k)
		sum += term
	}
	return float64(sin * sum)
}

// density is that of t for whole df: by the recursion of the constant
// Gamma((n+1)/2) / (sqrt(n pi) Gamma(n/2)).
func density(x float64, df int) float64 {
	n := float64(df)
	c, from := 1/math.Pi, 1 // times the root of df
	if df%2 == 0 {
		c, from = 0.5, 2
	}
	for k := from; k < df; k += 2 {
		c = float64(c*float64(k+1)) / float64(k)
	}
	c /= math.Sqrt(n)
	return float64(c * Exp(float64(-0.5*float64((n+1)*Log1p(float64(x*x)/n)))))
}

// atan is the arc tangent: the angle is halved five times, then Taylor's series.
func atan(x float64) float64 {
	if x < 0 {
		return -atan(-x)
	}
	if x > 1 {
		return math.Pi/2 - atan(1/x)
	}
	for range 5 {
		x /= 1 + math.Sqrt(1+float64(x*x))
	}
	x2, s := float64(x*x), 0.0
	for k := 15; k >= 1; k -= 2 {
		s = 1/float64(k) - float64(x2*s)
	}
	return float64(32 * float64(x*s))
}
