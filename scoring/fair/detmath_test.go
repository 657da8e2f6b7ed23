package fair

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The own elementary functions agree with package math to a few units in the
// last place; normalCDF with erfc to 1e-14; the binomial tail with its sum.
func TestElementaryFunctions(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		x := 60 * rng.NormFloat64()
		near(t, "exp", detExp(x), math.Exp(x), 4e-16*math.Exp(x))
		y := math.Exp(10 * rng.NormFloat64())
		near(t, "log", detLog(y), math.Log(y), 4e-16*math.Max(1, math.Abs(math.Log(y))))
		near(t, "softplus", softplus(-math.Abs(x)), math.Log1p(math.Exp(-math.Abs(x))), 1e-15*math.Log1p(math.Exp(-math.Abs(x))))
		z := 3 * rng.NormFloat64()
		near(t, "cdf", normalCDF(z), 0.5*math.Erfc(-z/math.Sqrt2), 1e-14)
	}
	near(t, "exp(-inf)", detExp(-1000), 0, 0)
	// P(X >= 3), X ~ Bin(10, 0.1) = 1 - (0.9^10 + 10*.1*.9^9 + 45*.01*.9^8).
	near(t, "tail", binomialTail(10, 3, 0.1), 0.0701908264, 1e-12)
	near(t, "tail of all", binomialTail(10, 0, 0.1), 1, 0)
	near(t, "tail, certain", binomialTail(10, 10, 1), 1, 0)
	near(t, "small tail", binomialTail(20, 20, 0.01), 1e-40, 1e-52)
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %v, want %v within %v", what, got, want, tol)
	}
}
