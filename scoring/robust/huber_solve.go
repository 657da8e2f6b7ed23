package robust

import (
	"slices"
)

// solveHuber solves Huber's equation on a sorted sample: the equation is
// piecewise linear and falls in μ, so Newton's method with a bracket ends
// after finitely many steps, each a binary search in prefix sums.
func (s Sample) solveHuber(l *Location, rule Rule, scratch *Sample) {
	n := len(s.X)
	if s.X[0] == s.X[n-1] {
		l.Value, l.Status = s.X[0], Constant
		return
	}
	// Prefix sums of w and of w (x − median): centring keeps their differences
	// free of cancellation.
	pw, px := append(scratch.W[:0], 0), append(scratch.X[:0], 0)
	for k, x := range s.X {
		pw = append(pw, pw[k]+s.W[k])
		px = append(px, px[k]+float64(s.W[k]*(x-l.Median)))
	}
	scratch.W, scratch.X = pw, px
	reach := float64(rule.Psi.c * l.Scale)
	mu, low, high := 0.0, s.X[0]-l.Median, s.X[n-1]-l.Median
	lastA, lastB := -1, -1
	for l.Iterations < rule.MaxIterations {
		l.Iterations++
		a, _ := slices.BinarySearch(s.X, l.Median+mu-reach)
		b, found := slices.BinarySearch(s.X, l.Median+mu+reach)
		for found && b < n && s.X[b] == l.Median+mu+reach {
			b++
		}
		middle := pw[b] - pw[a]
		pull := px[b] - px[a] + float64(reach*(pw[n]-pw[b]-pw[a]))
		if middle <= 0 {
			break
		}
		if a == lastA && b == lastB {
			l.Value, l.Status = min(max(l.Median+mu, s.X[0]), s.X[n-1]), OK
			return
		}
		lastA, lastB = a, b
		if pull-float64(mu*middle) > 0 {
			low = mu
		} else {
			high = mu
		}
		mu = pull / middle
		if mu < low || mu > high {
			mu, lastA = low+(high-low)/2, -1
		}
	}
	l.Iterations = 0
	s.solve(l, rule)
}
