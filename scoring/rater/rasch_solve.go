package rater

import "math"

// maxDifficulty is how far apart (in logits) items may lie before the estimates
// count as running away.
const maxDifficulty = 60

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
