package quality

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// trimmedSquare is E[Z² | |Z| < 1.645] of a standard normal Z: the mean of the
// smaller nine tenths of squared deviations where nobody deviates.
const trimmedSquare = 0.6229

// dispersion estimates by how much the squared deviations exceed those of the
// null model from their smaller nine tenths, so that a few guilty do not hide
// behind themselves. It is at least 1.
func dispersion(z2 []float64) float64 {
	if len(z2) < 5 {
		return 1.5
	}
	s := slices.Clone(z2)
	slices.Sort(s)
	s = s[:max(len(s)*9/10, 1)]
	sum := 0.0
	for _, v := range s {
		sum += v
	}
	return math.Max(1, sum/float64(len(s))/trimmedSquare)
}

// binomialTail is P(X ≥ x) of a beta-binomial variable of n trials, mean p and
// correlation rho between two trials; rho = 0 is the binomial (Prentice 1986,
// JASA 81:321-327).
func binomialTail(x, n int, p, rho float64) float64 {
	switch {
	case x <= 0:
		return 1
	case p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	sum := 0.0
	for k := n; k >= x; k-- { // from the far end: small terms first
		sum += math.Exp(logBinomial(k, n, p, rho))
	}
	return math.Min(1, sum)
}

func logBinomial(k, n int, p, rho float64) float64 {
	choose := lg(float64(n+1)) - lg(float64(k+1)) - lg(float64(n-k+1))
	if rho <= 0 {
		return choose + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p)
	}
	s := (1 - rho) / rho
	a, b := p*s, (1-p)*s
	return choose + lg(float64(k)+a) + lg(float64(n-k)+b) - lg(float64(n)+s) + lg(s) - lg(a) - lg(b)
}

// hypergeometricTail is P(X ≥ x) of the number of marked ones among drawn of a
// population: the one-sided exact test of a two-by-two table (Fisher 1934,
// Statistical Methods for Research Workers, 5th edition, section 21.02).
func hypergeometricTail(x, population, marked, drawn int) float64 {
	if x <= max(0, drawn+marked-population) {
		return 1
	}
	sum := 0.0
	for k := min(marked, drawn); k >= x; k-- { // from the far end: small terms first
		sum += math.Exp(logChoose(marked, k) + logChoose(population-marked, drawn-k) - logChoose(population, drawn))
	}
	return math.Min(1, sum)
}

func logChoose(n, k int) float64 { return lg(float64(n+1)) - lg(float64(k+1)) - lg(float64(n-k+1)) }

// mostRankWork bounds the steps of the exact distribution of a rank sum; larger
// groups take the normal distribution, which is close there.
const mostRankWork = 20_000_000

// rankSum is the two-sided p-value of Wilcoxon's rank-sum test: twice the
// smaller tail of the sum of midranks of a over all choices of as many from both
// (Wilcoxon 1945, Biometrics Bulletin 1:80-83). Ties keep their midranks, so the
// distribution is that of these very values. Where the groups are large it is
// the normal one, corrected for ties and continuity (Lehmann 1975, section 1.4).
func rankSum(a, b []float64) float64 {
	if len(a) > len(b) {
		a, b = b, a
	}
	k, n := len(a), len(a)+len(b)
	ranks, observed := doubledMidranks(a, b)
	if work := 2 * k * k * n * n; work <= mostRankWork {
		return exactRankSum(ranks, k, observed)
	}
	mu, ss := float64(n+1), 0.0
	for _, r := range ranks {
		ss += (float64(r) - mu) * (float64(r) - mu)
	}
	v := float64(k) * float64(n-k) / float64(n) / float64(n-1) * ss
	if v == 0 {
		return 1
	}
	z := math.Max(0, math.Abs(float64(observed)-float64(k)*mu)-1) / math.Sqrt(v)
	return math.Min(1, 2*distuv.UnitNormal.CDF(-z))
}

// exactRankSum counts the choices of k ranks by their sum.
func exactRankSum(ranks []int, k, observed int) float64 {
	most := 2 * len(ranks) * k
	ways := make([][]float64, k+1)
	for j := range ways {
		ways[j] = make([]float64, most+1)
	}
	ways[0][0] = 1
	for _, r := range ranks { // ascending: j of them sum to j·r at the most
		for j := k; j > 0; j-- {
			for s := j * r; s >= r; s-- {
				ways[j][s] += ways[j-1][s-r]
			}
		}
	}
	below, above, all := 0.0, 0.0, 0.0
	for s, w := range ways[k] {
		all += w
		if s <= observed {
			below += w
		}
		if s >= observed {
			above += w
		}
	}
	return math.Min(1, 2*math.Min(below, above)/all)
}

// doubledMidranks ranks both lists together; ranks are doubled, so that those of
// ties are whole. sum is that of the first list.
func doubledMidranks(a, b []float64) (ranks []int, sum int) {
	all := slices.Concat(a, b)
	slices.Sort(all)
	rank := map[float64]int{}
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j] == all[i] {
			j++
		}
		for range j - i {
			ranks = append(ranks, i+j+1)
		}
		rank[all[i]] = i + j + 1
		i = j
	}
	for _, v := range a {
		sum += rank[v]
	}
	return ranks, sum
}

func lg(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

// countTail is P(X ≥ x) of a count with mean mu and variance phi·mu: Poisson at
// phi = 1, negative binomial above (McCullagh & Nelder 1989, section 6.2.3).
func countTail(x int, mu, phi float64) float64 {
	if x <= 0 {
		return 1
	}
	if mu <= 0 {
		return 0
	}
	below := 0.0
	term := 0.0 // log of P(X = k)
	if phi <= 1 {
		term = -mu
	} else {
		term = -mu / (phi - 1) * math.Log(phi)
	}
	for k := range x {
		below += math.Exp(term)
		if phi <= 1 {
			term += math.Log(mu) - math.Log(float64(k+1))
		} else {
			size := mu / (phi - 1)
			term += math.Log(float64(k)+size) - math.Log(float64(k+1)) + math.Log(1-1/phi)
		}
	}
	if below < 1-1e-9 {
		return 1 - below
	}
	// The far tail: sum upwards from x until the terms vanish.
	sum := 0.0
	for k := x; k < x+10000; k++ {
		t := math.Exp(term)
		sum += t
		if t <= sum*1e-16 {
			break
		}
		if phi <= 1 {
			term += math.Log(mu) - math.Log(float64(k+1))
		} else {
			size := mu / (phi - 1)
			term += math.Log(float64(k)+size) - math.Log(float64(k+1)) + math.Log(1-1/phi)
		}
	}
	return sum
}

// studentTail is P(T ≥ z) of Student's t. Where the spread was estimated from
// few units, the normal distribution would accuse too often.
func studentTail(z float64, units int) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: math.Max(float64(units-1), 2)}.CDF(-z)
}

// share is one unit's hits of trials with the share expected by the null model.
type share struct {
	test  Test
	hits  int
	n     int
	p     float64
	floor float64 // least share that counts as innocent
}

// excess turns shares into tests of "more than expected", overdispersed by what
// the units show among themselves.
func excess(list []share) []Test {
	if len(list) == 0 {
		return nil
	}
	z2 := make([]float64, 0, len(list))
	trials := 0.0
	for i := range list {
		s := &list[i]
		// The spread is that around what the units really show, not around the
		// allowance, which lies above.
		if v := float64(s.n) * s.p * (1 - s.p); v > 0 {
			d := float64(s.hits) - float64(s.n)*s.p
			z2 = append(z2, d*d/v)
		} else {
			z2 = append(z2, 0)
		}
		s.p = math.Max(s.p, s.floor)
		trials += float64(s.n)
	}
	mean := trials / float64(len(list))
	rho := 0.0
	if phi := dispersion(z2); mean > 1 {
		rho = min(max((phi-1)/(mean-1), 0.005), 0.2)
	}
	out := make([]Test, len(list))
	for i, s := range list {
		t := s.test
		t.N, t.Hits, t.Expected = s.n, float64(s.hits), float64(s.n)*s.p
		t.P = binomialTail(s.hits, s.n, s.p, rho)
		out[i] = t
	}
	return out
}

// pooled sets the expected share of all units to that of the units without the
// tenth (one at least, of five or more) that shows the greatest, so that the
// guilty do not raise what is expected of the others.
func pooled(list []share) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(list[a].hits*list[b].n, list[b].hits*list[a].n)
	})
	keep := len(order)
	if keep >= 5 {
		keep -= max(1, keep/10)
	}
	hits, n := 0, 0
	for _, i := range order[:keep] {
		hits, n = hits+list[i].hits, n+list[i].n
	}
	for i := range list {
		if n > 0 {
			list[i].p = float64(hits) / float64(n)
		}
	}
}

// without is the pooled share of the others, drawn a little towards the pool of
// all by prior trials, so that a handful of others does not decide.
func without(hits, n, allHits, allN int, prior float64) float64 {
	all := 0.0
	if allN > 0 {
		all = float64(allHits) / float64(allN)
	}
	return (float64(allHits-hits) + prior*all) / (float64(allN-n) + prior)
}
