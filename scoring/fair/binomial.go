package fair

import (
	"math"

	"gongping/scoring/repeatable"
)

// binomialTail returns P(X >= c) for X ~ Binomial(k, r), from the definition,
// terms upwards from c so that small tails keep their relative precision.
func binomialTail(k, c int, r float64) float64 {
	if c <= 0 {
		return 1
	}
	if c > k || r <= 0 {
		return 0
	}
	if r >= 1 {
		return 1
	}
	lt := float64(float64(k-c) * repeatable.Log(1-r))
	for i := 1; i <= c; i++ {
		lt += repeatable.Log(float64(float64(k-c+i)/float64(i)) * r)
	}
	term := repeatable.Exp(lt)
	odds := r / (1 - r)
	sum := term
	for i := c; i < k; i++ {
		term = float64(term * float64(float64(k-i)/float64(i+1)*odds))
		sum += term
	}
	return math.Min(1, sum)
}
