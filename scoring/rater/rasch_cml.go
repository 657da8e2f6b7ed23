package rater

import "slices"

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
