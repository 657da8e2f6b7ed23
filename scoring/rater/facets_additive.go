package rater

import "math"

// Additive is the plain two-way model  mean = grand + unit + rater + error  of
// the mean over items that each rater gave each unit: the many-facet model's
// cross-check on the scale of the ratings. Effects sum to zero.
type Additive struct {
	GrandMean float64
	// RaterEffect is positive for a lenient rater.
	RaterEffect []float64
	// UnitMean is what a unit would get from an average rater.
	UnitMean   []float64
	ResidualSD float64
	RSquared   float64
	// DF are the residual degrees of freedom; with 0, ResidualSD is 0.
	DF int
}

// CellMean is the mean over items of what a rater gave a unit.
type CellMean struct {
	Unit, Rater int32
	Mean        float64
	Items       int
}

// CellMeans averages over items, in the order of unit and rater.
func CellMeans(d Panel) []CellMean {
	nr := len(d.RaterName)
	sum, n := make([]int, len(d.UnitName)*nr), make([]int, len(d.UnitName)*nr)
	for i, x := range d.Rating {
		at := int(d.Unit[i])*nr + int(d.Rater[i])
		sum[at] += x
		n[at]++
	}
	var out []CellMean
	for at, k := range n {
		if k > 0 {
			out = append(out, CellMean{int32(at / nr), int32(at % nr), float64(sum[at]) / float64(k), k})
		}
	}
	return out
}

// FitAdditive fits by least squares with every cell counting alike.
//
// Faults: those of the panel, raters who share no units directly or through
// others, a single unit or rater, constant ratings.
//
// Source: Braun (1988).
func FitAdditive(d Panel) (*Additive, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	keep := make([]bool, len(d.Rating))
	for i := range keep {
		keep[i] = true
	}
	cells := CellMeans(d)
	nu, nr := present(d.Unit, len(d.UnitName)), present(d.Rater, len(d.RaterName))
	if nu < len(d.UnitName) || nr < len(d.RaterName) || nu < 2 || nr < 2 {
		return nil, fault("one_rater", "leave out units and raters without ratings; two of each are needed", "there are ratings of %d units by %d raters", nu, nr)
	}
	if sets := raterSets(d, keep); len(sets) > 1 {
		return nil, connected(d, keep)
	}
	unit, rater := twoWay(cells, nu, nr)
	a := &Additive{RaterEffect: make([]float64, nr), UnitMean: make([]float64, nu), DF: len(cells) - nu - nr + 1}
	shift := 0.0
	for _, v := range rater {
		shift += v / float64(nr)
	}
	for r, v := range rater {
		a.RaterEffect[r] = v - shift
	}
	for u, v := range unit {
		a.UnitMean[u] = v + shift
		a.GrandMean += a.UnitMean[u] / float64(nu)
	}
	return a, a.spread(cells)
}

func present(code []int32, levels int) int {
	seen, n := make([]bool, levels), 0
	for _, c := range code {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n
}

// twoWay solves the normal equations; the first rater has effect zero.
func twoWay(cells []CellMean, nu, nr int) (unit, rater []float64) {
	count, sum := zeros(nu, nr), make([]float64, nu)
	size := make([]float64, nu)
	a, g := zeros(nr-1, nr-1), make([]float64, nr-1)
	for _, c := range cells {
		count[c.Unit][c.Rater]++
		size[c.Unit]++
		sum[c.Unit] += c.Mean
	}
	for _, c := range cells {
		if c.Rater > 0 {
			a[c.Rater-1][c.Rater-1]++
			g[c.Rater-1] += c.Mean - sum[c.Unit]/size[c.Unit]
		}
	}
	for u, row := range count {
		for i := 1; i < nr; i++ {
			for j := 1; row[i] > 0 && j < nr; j++ {
				a[i-1][j-1] -= row[j] / size[u]
			}
		}
	}
	rater = make([]float64, nr)
	if l, ok := factorise(a); ok {
		copy(rater[1:], l.solve(g))
	}
	unit = make([]float64, nu)
	for _, c := range cells {
		unit[c.Unit] += (c.Mean - rater[c.Rater]) / size[c.Unit]
	}
	return unit, rater
}

func (a *Additive) spread(cells []CellMean) error {
	mean, rss, tss := 0.0, 0.0, 0.0
	for _, c := range cells {
		mean += c.Mean / float64(len(cells))
	}
	for _, c := range cells {
		e, t := c.Mean-a.UnitMean[c.Unit]-a.RaterEffect[c.Rater], c.Mean-mean
		rss += float64(e * e)
		tss += float64(t * t)
	}
	if tss <= 0 {
		return fault("constant", "ratings that never differ cannot be explained", "all mean ratings are equal")
	}
	a.RSquared = 1 - rss/tss
	if a.DF > 0 {
		a.ResidualSD = math.Sqrt(rss / float64(a.DF))
	}
	return nil
}
