package repeatable

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The functions agree with package math to a few units in the last place, the
// normal distribution with erfc to 1e-14.
func TestElementaryFunctions(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		x := 60 * rng.NormFloat64()
		near(t, "exp", Exp(x), math.Exp(x), 4e-16*math.Exp(x))
		y := math.Exp(10 * rng.NormFloat64())
		near(t, "log", Log(y), math.Log(y), 4e-16*math.Max(1, math.Abs(math.Log(y))))
		near(t, "log1p", Log1p(y), math.Log1p(y), 1e-15*math.Max(math.Abs(math.Log1p(y)), 1e-3))
		near(t, "atan", atan(y), math.Atan(y), 1e-15)
		z := 3 * rng.NormFloat64()
		near(t, "cdf", NormalCDF(z), 0.5*math.Erfc(-z/math.Sqrt2), 1e-14)
	}
	near(t, "exp(-inf)", Exp(-1000), 0, 0)
}

// Quantiles of Student's t and of the normal distribution from R 4.2.2, qt(p, df)
// and qnorm(p), to 15 digits.
func TestQuantiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ p, df, want float64 }{
		{0.975, 1, 12.7062047361747}, {0.975, 2, 4.30265272974946}, {0.975, 3, 3.18244630528371}, {0.975, 29, 2.04522964213270},
		{0.975, 30, 2.04227245630124}, {0.995, 7, 3.49948329735049}, {0.9, 12, 1.35621733402321}, {0.95, 399, 1.64868153355542},
		{0.975, 400, 1.96591234322946}, {0.975, 401, 1.96589746533652}, {0.975, 999, 1.96234146113345}, {0.975, 100000, 1.95998770753461},
	} {
		near(t, "t quantile", TQuantile(c.p, int(c.df)), c.want, 2e-13*c.want)
		near(t, "t quantile below", TQuantile(1-c.p, int(c.df)), -c.want, 2e-13*c.want)
	}
	for _, c := range []struct{ p, want float64 }{{0.975, 1.95996398454005}, {0.95, 1.64485362695147}, {0.995, 2.57582930354890}, {0.6, 0.253347103135800}, {0.9999, 3.71901648545571}} {
		near(t, "normal quantile", NormalQuantile(c.p), c.want, 1e-12*c.want)
		near(t, "normal quantile below", NormalQuantile(1-c.p), -c.want, 1e-10*c.want)
	}
	if TQuantile(0.5, 5) != 0 || NormalQuantile(0.5) != 0 {
		t.Error("the median is not 0")
	}
	near(t, "where the series takes over", TQuantile(0.975, seriesFrom), TQuantile(0.975, seriesFrom-1), 1e-4)
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %v, want %v within %v", what, got, want, tol)
	}
}
