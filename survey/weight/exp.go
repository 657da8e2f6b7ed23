package weight

import "math"

// exp is e**x by a fixed sequence of roundings, because math.Exp is written in
// assembly on some processors and the last bit of a weight must not depend on
// where it was computed: reduction to |r| ≤ ln2/2 in two parts, then the
// rational approximation of Remez type used by the C library msun (error below
// one unit in the last place). 0 below −708, +Inf above 709.
func exp(x float64) float64 {
	const (
		ln2High = 6.93147180369123816490e-01
		ln2Low  = 1.90821492927058770002e-10
		perLn2  = 1.44269504088896338700e+00
	)
	switch {
	case math.IsNaN(x):
		return x
	case x < -708:
		return 0
	case x > 709:
		return math.Inf(1)
	}
	k := math.Floor(float64(perLn2*x) + 0.5)
	high, low := x-float64(k*ln2High), float64(k*ln2Low)
	r := high - low
	t := float64(r * r)
	p := 0.0
	for _, c := range [...]float64{4.13813679705723846039e-08, -1.65339022054652515390e-06, 6.61375632143793436117e-05,
		-2.77777777770155933842e-03, 1.66666666666666019037e-01} {
		p = float64(p*t) + c
	}
	c := r - float64(t*p)
	y := 1 - ((low - float64(r*c)/(2-c)) - high)
	return float64(math.Ldexp(y, int(k)))
}
