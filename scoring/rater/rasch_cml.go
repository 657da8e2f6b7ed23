package rater

import (
	"math"
	"slices"
)

// maxDifficulty is how far apart (in logits) items may lie before the estimates
// count as running away.
const maxDifficulty = 60

// FitRasch fits by conditional maximum likelihood: the likelihood given every
// person's raw score, which holds item parameters only (Andersen 1973; Fischer
// & Molenaar 1995, Rasch Models, ch. 15). Missing answers are allowed: persons
// are grouped by the items that they answered. The elementary symmetric
// functions come from sums of positive terms, slopes and curvature are exact.
//
// Rows of m are persons, columns are items. Faults: fewer than two items,
// answers that are not categories, nobody with an informative score, an item
// that everybody answers alike, items that no person links, estimates that do
// not exist.
func FitRasch(m Matrix, model RaschModel) (*Rasch, error) {
	_, k, err := m.check()
	if err != nil {
		return nil, err
	}
	if k < 2 {
		return nil, fault("too_few", "a scale needs two items at least", "there is %d item", k)
	}
	a, err := categorise(m, model)
	if err != nil {
		return nil, err
	}
	used, keep, extreme, err := a.reduce(model)
	if err != nil {
		return nil, err
	}
	c := newConditional(a, used, keep, model)
	f := &Rasch{Model: model, Parameters: len(c.design[0]), Extreme: extreme}
	for _, p := range c.patterns {
		for _, n := range p.scores {
			f.Persons += int(n)
		}
	}
	cov, err := c.fit(f)
	if err != nil {
		return nil, err
	}
	f.items(a, c, cov)
	return f, nil
}

// conditional is the conditional likelihood. Parameters are the cumulative
// difficulties b[index[j][c]] of all categories in use, b = design × eta.
type conditional struct {
	used     [][]bool
	index    [][]int // -1 for a category that is not in use
	first    []int   // lowest category in use of every item
	design   [][]float64
	count    []float64 // how often every category was answered
	patterns []pattern
	solved   []float64 // b at the maximum
}

// pattern is the persons who answered the same items.
type pattern struct {
	items  []int
	scores map[int]float64 // how many persons have each raw score
	order  []int           // the scores, ascending
}

func newConditional(a *answers, used [][]bool, keep []bool, model RaschModel) *conditional {
	c := &conditional{used: used}
	n := 0
	for j := range used {
		lo, _ := bounds(used[j])
		c.first = append(c.first, lo)
		at := make([]int, len(used[j]))
		for k, u := range used[j] {
			at[k] = -1
			if u {
				at[k] = n
				n++
			}
		}
		c.index = append(c.index, at)
	}
	c.count = make([]float64, n)
	byMask := map[string]*pattern{}
	for i, row := range a.cat {
		if !keep[i] {
			continue
		}
		score, items, key := summary(row)
		for _, j := range items {
			c.count[c.index[j][row[j]]]++
		}
		if byMask[key] == nil {
			byMask[key] = &pattern{items: items, scores: map[int]float64{}}
		}
		byMask[key].scores[score]++
	}
	c.sortPatterns(byMask)
	if model == RatingScale {
		c.ratingScale(n)
	} else {
		c.partialCredit(n)
	}
	return c
}

// sortPatterns fixes the order of all sums, so that the order of the rows does
// not matter to the last digit.
func (c *conditional) sortPatterns(byMask map[string]*pattern) {
	keys := make([]string, 0, len(byMask))
	for k := range byMask {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		p := byMask[k]
		for s := range p.scores {
			p.order = append(p.order, s)
		}
		slices.Sort(p.order)
		c.patterns = append(c.patterns, *p)
	}
}

// ratingScale: b_jk = (k - k0) d_j + w_k with sum of d zero and w zero for the
// two lowest categories.
func (c *conditional) ratingScale(n int) {
	items := len(c.index)
	column := make([]int, len(c.index[0]))
	p, seen := items-1, 0
	for k, u := range c.used[0] {
		column[k] = -1
		if u {
			if seen > 1 {
				column[k] = p
				p++
			}
			seen++
		}
	}
	c.design = make([][]float64, n)
	for j, at := range c.index {
		for k, r := range at {
			if r < 0 {
				continue
			}
			row := make([]float64, p)
			step := float64(k - c.first[j])
			if j > 0 {
				row[j-1] = step
			} else {
				for q := range items - 1 {
					row[q] = -step
				}
			}
			if column[k] >= 0 {
				row[column[k]] = 1
			}
			c.design[r] = row
		}
	}
}

// partialCredit: the lowest category of every item has 0, all others sum to
// zero.
func (c *conditional) partialCredit(n int) {
	c.design = make([][]float64, n)
	p, eliminated := n-len(c.index)-1, -1
	at := 0
	for j, ix := range c.index {
		for k, r := range ix {
			if r < 0 {
				continue
			}
			c.design[r] = make([]float64, p)
			switch {
			case k == c.first[j]:
			case eliminated < 0:
				eliminated = r
				for q := range p {
					c.design[r][q] = -1
				}
			default:
				c.design[r][at] = 1
				at++
			}
		}
	}
}

// fit maximises by Newton's method with step halving; the likelihood is
// concave. It returns the covariance of the cumulative difficulties.
func (c *conditional) fit(f *Rasch) ([][]float64, error) {
	p := len(c.design[0])
	eta := make([]float64, p)
	away := fault("no_estimate", "collect more answers, or join categories or leave out items that are rarely used",
		"the item parameters have no finite estimate: persons who differ in one item never differ the other way round")
	b := expand(c.design, eta)
	value := c.logLik(b)
	limit := 1e-10 * math.Max(1, float64(f.Persons))
	for f.Iterations = 1; f.Iterations <= 200; f.Iterations++ {
		slope, info := c.derivatives(b)
		g := apply(c.design, slope)
		l, ok := factorise(sandwich(info, c.design))
		if !ok || largest(b) > maxDifficulty*float64(len(c.used[0])) {
			return nil, away
		}
		f.Slope = largest(g)
		if f.Slope <= limit {
			f.ConditionalLogLik, c.solved = value, b
			return sandwich(l.inverse(), transpose(c.design)), nil
		}
		step := l.solve(g)
		next, nb, nv := eta, b, value
		for h := 1.0; h > 1e-9; h /= 2 {
			next = make([]float64, p)
			for q := range next {
				next[q] = eta[q] + float64(h*step[q])
			}
			nb = expand(c.design, next)
			nv = c.logLik(nb)
			if nv >= value-float64(1e-12*math.Abs(value)) {
				break
			}
		}
		eta, b, value = next, nb, nv
	}
	return nil, away
}

func transpose(a [][]float64) [][]float64 {
	out := make([][]float64, len(a[0]))
	for j := range out {
		out[j] = make([]float64, len(a))
		for i := range a {
			out[j][i] = a[i][j]
		}
	}
	return out
}

// items turns the solution into thresholds with errors.
func (f *Rasch) items(a *answers, c *conditional, cov [][]float64) {
	for j, at := range c.index {
		it := RaschItem{Lowest: a.lowest[j], Used: c.used[j], Cumulative: make([]float64, len(at))}
		for k, r := range at {
			if r >= 0 {
				it.Cumulative[k] = c.solved[r]
			}
		}
		for k := 1; k < len(at); k++ {
			t := Threshold{}
			if r, q := at[k], at[k-1]; r >= 0 && q >= 0 {
				t = Threshold{true, c.solved[r] - c.solved[q], math.Sqrt(math.Max(0, cov[r][r]+cov[q][q]-float64(2*cov[r][q])))}
			}
			it.Thresholds = append(it.Thresholds, t)
		}
		top := len(at) - 1
		if at[0] >= 0 && at[top] >= 0 {
			it.Located, it.Location = true, (c.solved[at[top]]-c.solved[at[0]])/float64(top)
		}
		f.Items = append(f.Items, it)
	}
}
