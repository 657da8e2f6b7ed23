// Package repeatable has the elementary functions and quantiles that published
// figures are made with: they give the same digits on every processor. Those of
// the standard library use assembly on some and fused multiply-add on others.
package repeatable

import "math"

// The functions below replace math.Exp, math.Log and the normal distribution
// function, which use assembly or fused operations on some processors. Each
// product that feeds an addition is rounded explicitly.

const (
	ln2Hi = 6.93147180369123816490e-01
	ln2Lo = 1.90821492927058770002e-10
	log2e = 1.44269504088896338700e+00
)

// Exp returns e**x to about 1e-16 relative; 0 below -708, +Inf above 709.
// Reduction x = k ln2 + r, then the rational approximation of fdlibm e_exp.c.
//
// Source: fdlibm (Sun Microsystems 1993).
func Exp(x float64) float64 {
	switch {
	case x < -708:
		return 0
	case x > 709:
		return math.Inf(1)
	}
	k := math.Floor(float64(x*log2e) + 0.5)
	hi := x - float64(k*ln2Hi)
	lo := float64(k * ln2Lo)
	r := hi - lo
	t := float64(r * r)
	c := 4.13813679705723846039e-08
	c = float64(t*c) - 1.65339022054652515390e-06
	c = float64(t*c) + 6.61375632143793436117e-05
	c = float64(t*c) - 2.77777777770155933842e-03
	c = float64(t*c) + 1.66666666666666019037e-01
	c = r - float64(t*c)
	y := 1 - ((lo - float64(r*c)/(2-c)) - hi)
	return float64(y * math.Float64frombits(uint64(int64(k)+1023)<<52))
}

// Log returns the natural logarithm of x > 0 (fdlibm e_log.c).
//
// Source: fdlibm (Sun Microsystems 1993).
func Log(x float64) float64 {
	bits := math.Float64bits(x)
	k := int64(bits>>52) - 1023
	m := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
	if m > math.Sqrt2 {
		m *= 0.5
		k++
	}
	f := m - 1
	s := f / (2 + f)
	s2 := float64(s * s)
	s4 := float64(s2 * s2)
	t1 := float64(s4*1.479819860511658591e-01) + 1.818357216161805012e-01
	t1 = float64(s4*t1) + 2.857142874366239149e-01
	t1 = float64(s2 * (float64(s4*t1) + 6.666666666666735130e-01))
	t2 := float64(s4*1.531383769920937332e-01) + 2.222219843214978396e-01
	t2 = float64(s4 * (float64(s4*t2) + 3.999999999940941908e-01))
	r := t1 + t2
	h := float64(0.5 * float64(f*f))
	kf := float64(k)
	return float64(kf*ln2Hi) - ((h - (float64(s*(h+r)) + float64(kf*ln2Lo))) - f)
}

// log1pSmall returns log(1+e) for 0 <= e <= 1, exact to rounding also for
// small e (Kahan's correction).
func log1pSmall(e float64) float64 {
	u := 1 + e
	if u == 1 {
		return e
	}
	return float64(Log(u)*e) / (u - 1)
}

// NormalCDF is the standard normal distribution function (West 2009, after
// Hart 1968; about 1e-15 absolute).
func NormalCDF(x float64) float64 {
	p, _ := Normal(x)
	return p
}

// Normal is the distribution function and exp(-x²/2).
//
// Source: Hart et al. (1968) in the form of West (2009).
func Normal(x float64) (p, e float64) {
	z := math.Abs(x)
	if z > 37 {
		if x > 0 {
			return 1, 0
		}
		return 0, 0
	}
	e = Exp(float64(-0.5 * float64(z*z)))
	c := 0.0
	if z < 7.07106781186547 {
		n := float64(z*3.52624965998911e-02) + 0.700383064443688
		n = float64(n*z) + 6.37396220353165
		n = float64(n*z) + 33.912866078383
		n = float64(n*z) + 112.079291497871
		n = float64(n*z) + 221.213596169931
		n = float64(n*z) + 220.206867912376
		d := float64(z*8.83883476483184e-02) + 1.75566716318264
		d = float64(d*z) + 16.064177579207
		d = float64(d*z) + 86.7807322029461
		d = float64(d*z) + 296.564248779674
		d = float64(d*z) + 637.333633378831
		d = float64(d*z) + 793.826512519948
		d = float64(d*z) + 440.413735824752
		c = float64(e*n) / d
	} else {
		b := z + 0.65
		b = z + 4/b
		b = z + 3/b
		b = z + 2/b
		b = z + 1/b
		c = e / b / 2.506628274631
	}
	if x > 0 {
		return 1 - c, e
	}
	return c, e
}

// Log1p is log(1+e) for any e >= 0.
func Log1p(e float64) float64 {
	if e <= 1 {
		return log1pSmall(e)
	}
	return Log(1 + e)
}
