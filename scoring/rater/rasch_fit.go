package rater

import "math"

// Fit compares answers with what the model expects of them.
//
//	Outfit = mean of z², z = (x - E)/sqrt(V)       sensitive to single surprises
//	Infit  = sum of (x - E)² / sum of V            sensitive to the pattern
//
// Both are 1 where the model holds; below 0.7 answers are too regular, above
// 1.3 (1.5 for single persons or raters) too erratic. T is the cube-root
// transform to a standard normal (Wright & Masters 1982, Rating Scale Analysis,
// p. 100).
type Fit struct {
	N                int
	Infit, Outfit    float64
	InfitT, OutfitT  float64
	Defined          bool // false with no answer to judge by
	sumZ2, sumR2     float64
	sumV             float64
	outfitQ, sumV2C4 float64
}

// add counts an answer with residual r, variance v and fourth central moment c4.
func (s *Fit) add(r, v, c4 float64) {
	if v <= 0 {
		return
	}
	s.N++
	s.sumZ2 += r * r / v
	s.sumR2 += float64(r * r)
	s.sumV += v
	s.outfitQ += c4 / (v * v)
	s.sumV2C4 += c4 - float64(v*v)
}

func (s *Fit) finish() {
	if s.N == 0 {
		return
	}
	n := float64(s.N)
	s.Defined = true
	s.Outfit, s.Infit = s.sumZ2/n, s.sumR2/s.sumV
	s.OutfitT = cubeRootT(s.Outfit, math.Max(0, s.outfitQ/(n*n)-1/n))
	s.InfitT = cubeRootT(s.Infit, math.Max(0, s.sumV2C4/(s.sumV*s.sumV)))
}

// cubeRootT is (ms^(1/3) - 1) 3/q + q/3 for a mean square with variance q²; 0
// where it has no variance.
func cubeRootT(ms, variance float64) float64 {
	q := math.Sqrt(variance)
	if q <= 1e-12 {
		return 0
	}
	return float64((math.Cbrt(ms)-1)*(3/q)) + q/3
}

// fourth is the fourth central moment of a category distribution.
func fourth(p []float64, mean float64) float64 {
	s := 0.0
	for k, v := range p {
		d := float64(k) - mean
		s += float64(v * d * d * d * d)
	}
	return s
}

// FitStatistics gives the fit of every item and person. Expectations are those
// given the person's raw score (Müller 2020, Journal of Statistical Distributions
// and Applications 7:5), so that both are 1 on average also for short scales,
// where plugging in estimated persons gives about (k-1)/k with k items. Extreme
// persons are left out (their Fit is not Defined).
//
// Faults: those of FitRasch for the data; panics for another matrix than the fitted
// one.
func (f *Rasch) FitStatistics(m Matrix) (items, persons []Fit, err error) {
	a, err := categorise(m, f.Model)
	if err != nil {
		return nil, nil, err
	}
	used, keep, _, err := a.reduce(f.Model)
	if err != nil {
		return nil, nil, err
	}
	if len(used) != len(f.Items) {
		panic("rater: FitStatistics needs the matrix that the model was fitted to")
	}
	c := newConditional(a, used, keep, f.Model)
	b := f.difficulties(c)
	type known struct{ before, after, w [][]float64 }
	cache := map[string]known{}
	items, persons = make([]Fit, len(f.Items)), make([]Fit, len(a.cat))
	for i, row := range a.cat {
		if !keep[i] {
			continue
		}
		score, answered, key := summary(row)
		g, ok := cache[key]
		if !ok {
			g.w, _ = c.weights(answered, b)
			g.before, g.after = ends(g.w)
			cache[key] = g
		}
		for q, j := range answered {
			p := given(g.w, g.before, g.after, q, score)
			e, v := 0.0, 0.0
			for k, x := range p {
				e += float64(float64(k) * x)
			}
			for k, x := range p {
				v += float64(x * (float64(k) - e) * (float64(k) - e))
			}
			c4 := fourth(p, e)
			items[j].add(float64(row[j])-e, v, c4)
			persons[i].add(float64(row[j])-e, v, c4)
		}
		persons[i].finish()
	}
	for j := range items {
		items[j].finish()
	}
	return items, persons, nil
}

// summary is the raw score, the items answered, and a key for them.
func summary(row []int) (score int, items []int, key string) {
	mask := make([]byte, len(row))
	for j, c := range row {
		mask[j] = '0'
		if c >= 0 {
			mask[j] = '1'
			score += c
			items = append(items, j)
		}
	}
	return score, items, string(mask)
}

// difficulties puts the cumulative difficulties into the order of c.
func (f *Rasch) difficulties(c *conditional) []float64 {
	b := make([]float64, len(c.count))
	for j, at := range c.index {
		for k, r := range at {
			if r >= 0 {
				b[r] = f.Items[j].Cumulative[k]
			}
		}
	}
	return b
}
