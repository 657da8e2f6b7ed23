package fairness

import "math"

// KGroups tests whether several groups answer alike.
type KGroups struct {
	N, Groups int
	// Kruskal–Wallis with tie correction (Kruskal & Wallis 1952).
	KruskalH, KruskalDF, KruskalP float64
	// EpsilonSquared = H/(n-1), the rank share of variance between groups.
	EpsilonSquared float64
	// Welch's F for unequal variances (Welch 1951); HasWelch is false when a
	// group has fewer than two answers or no variation.
	HasWelch                           bool
	WelchF, WelchDF1, WelchDF2, WelchP float64
	// Jonckheere–Terpstra test of a trend in the order of the groups, ties one
	// half, variance with tie correction (Hollander & Wolfe 1999, sec. 6.2).
	JonckheereJ, JonckheereMean, JonckheereVar, JonckheereZ, JonckheereP float64
}

// CompareKGroups compares y over groups 0..groups-1, whose order matters for
// the trend test only. Groups without answers are left out.
//
// Faults: fewer than two groups with answers, all answers equal.
//
// Source: Kruskal and Wallis (1952); Welch (1951); Jonckheere (1954).
func CompareKGroups(y []float64, group []int32, groups int) (*KGroups, error) {
	checkLength("group", len(group), len(y))
	if err := checkFinite("the outcome", y); err != nil {
		return nil, err
	}
	parts := make([][]float64, groups)
	for i, g := range group {
		parts[g] = append(parts[g], y[i])
	}
	kept := parts[:0:0]
	for _, p := range parts {
		if len(p) > 0 {
			kept = append(kept, p)
		}
	}
	if len(kept) < 2 {
		return nil, fault("one_group", "compare at least two groups", "there are answers from %d group", len(kept))
	}
	k := &KGroups{N: len(y), Groups: len(kept)}
	var all []float64
	for _, p := range kept {
		all = append(all, p...)
	}
	rank, ties := midranks(all)
	n := float64(k.N)
	if ties == float64(n*n*n)-n {
		return nil, fault("constant", "report the value", "all answers are equal")
	}
	k.kruskal(kept, rank, ties)
	k.welch(kept)
	k.jonckheere(kept, all)
	return k, nil
}

func (k *KGroups) kruskal(parts [][]float64, rank []float64, ties float64) {
	n := float64(k.N)
	at, sum := 0, 0.0
	for _, p := range parts {
		r := 0.0
		for range p {
			r += rank[at] - float64((n+1)/2) // about the mean rank, to keep digits
			at++
		}
		sum += float64(r*r) / float64(len(p))
	}
	k.KruskalH = 12 * sum / float64(n*(n+1)) / (1 - ties/(float64(n*n*n)-n))
	k.KruskalDF = float64(k.Groups - 1)
	k.KruskalP = chiSquareTail(k.KruskalH, k.KruskalDF)
	k.EpsilonSquared = k.KruskalH / (n - 1)
}

func (k *KGroups) welch(parts [][]float64) {
	g := float64(k.Groups)
	w, m := make([]float64, len(parts)), make([]float64, len(parts))
	sum, mean := 0.0, 0.0
	for i, p := range parts {
		if len(p) < 2 {
			return
		}
		var v float64
		m[i], v = meanVariance(p)
		if v == 0 {
			return
		}
		w[i] = float64(len(p)) / v
		sum += w[i]
		mean += float64(w[i] * m[i])
	}
	mean /= sum
	spread, between := 0.0, 0.0
	for i, p := range parts {
		d := 1 - w[i]/sum
		spread += float64(d*d) / float64(len(p)-1)
		between += float64(w[i] * float64((m[i]-mean)*(m[i]-mean)))
	}
	t := spread / (float64(g*g) - 1)
	k.HasWelch = true
	k.WelchF = between / (g - 1) / (1 + float64(2*(g-2)*t))
	k.WelchDF1, k.WelchDF2 = g-1, 1/(3*t)
	k.WelchP = fTail(k.WelchF, k.WelchDF1, k.WelchDF2)
}

func (k *KGroups) jonckheere(parts [][]float64, all []float64) {
	for i := range parts {
		for j := i + 1; j < len(parts); j++ {
			for _, a := range parts[i] {
				for _, b := range parts[j] {
					switch {
					case a < b:
						k.JonckheereJ++
					case a == b:
						k.JonckheereJ += 0.5
					}
				}
			}
		}
	}
	n := float64(k.N)
	sizes := make([]float64, len(parts))
	s2 := 0.0
	for i, p := range parts {
		sizes[i] = float64(len(p))
		s2 += float64(sizes[i] * sizes[i])
	}
	k.JonckheereMean = (float64(n*n) - s2) / 4
	ties := tieSizes(all)
	a := func(v float64) float64 { return float64(v * (v - 1) * (float64(2*v) + 5)) }
	b := func(v float64) float64 { return float64(v * (v - 1) * (v - 2)) }
	c := func(v float64) float64 { return float64(v * (v - 1)) }
	total := func(f func(float64) float64, x []float64) float64 {
		s := 0.0
		for _, v := range x {
			s += f(v)
		}
		return s
	}
	v := (a(n) - total(a, sizes) - total(a, ties)) / 72
	if n > 2 {
		v += total(b, sizes) * total(b, ties) / (36 * b(n))
	}
	v += total(c, sizes) * total(c, ties) / (8 * c(n))
	k.JonckheereVar = v
	k.JonckheereZ = (k.JonckheereJ - k.JonckheereMean) / math.Sqrt(v)
	k.JonckheereP = math.Min(1, 2*normalTail(math.Abs(k.JonckheereZ)))
}

func tieSizes(x []float64) []float64 {
	order := sortedOrder(x)
	var out []float64
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		out = append(out, float64(j-i))
		i = j
	}
	return out
}
