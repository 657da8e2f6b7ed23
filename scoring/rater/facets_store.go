package rater

import (
	"fmt"
	"math"
)

// extremeShift is how far, in points of the total, an extreme total is moved
// inwards to be placed (the usual value in Rasch software).
const extremeShift = 0.3

// store copies the solution into the result.
func (j *joint) store() {
	f, cov := j.f, zeros(len(j.shared), len(j.shared))
	if len(j.inverse) > 0 {
		cov = sandwich(j.inverse, transpose(j.constraints))
	}
	for u, v := range j.unitInfo {
		if v > 0 {
			f.Unit[u].Defined, f.Unit[u].Value, f.Unit[u].SE = true, j.unit[u], math.Sqrt(j.unitVariance(u))
		}
	}
	place := func(to []Placed, at []int, from int) {
		for i, r := range at {
			if r >= 0 {
				r += from
				to[i].Defined, to[i].Value, to[i].SE = true, j.shared[r], math.Sqrt(math.Max(0, cov[r][r]))
			}
		}
	}
	place(f.Rater, j.at.rater, 0)
	place(f.Item, j.at.item, j.at.raters)
	base := j.at.raters + j.at.items
	for k := 1; k < j.d.Categories; k++ {
		t := Threshold{}
		if r, q := base+k, base+k-1; f.used[k] && f.used[k-1] {
			t = Threshold{true, j.shared[r] - j.shared[q], math.Sqrt(math.Max(0, cov[r][r]+cov[q][q]-float64(2*cov[r][q])))}
		} else {
			f.Note = fmt.Sprintf("category %d or %d is never used by those who can be placed; the step between them has no threshold", k-1, k)
		}
		f.Threshold = append(f.Threshold, t)
	}
}

// unitVariance is the entry of unit u in the inverse of the whole information:
// 1/v, plus what is lost by estimating the shared parameters.
func (j *joint) unitVariance(u int) float64 {
	v, b := j.unitInfo[u], apply(j.constraints, j.cross[u])
	s := 1 / v
	for i, x := range b {
		for k, y := range b {
			s += x * y * j.inverse[i][k] / (v * v)
		}
	}
	return s
}

// placeExtremes gives extreme units, raters and items a value, in this order.
func (f *Facets) placeExtremes(d Panel) {
	lo, hi := bounds(f.used)
	for _, facet := range []struct {
		at   []Placed
		code []int32
		sign float64
	}{{f.Unit, d.Unit, 1}, {f.Rater, d.Rater, -1}, {f.Item, d.Item, -1}} {
		rest, total := make([][]float64, len(facet.at)), make([]float64, len(facet.at))
		for i, c := range facet.code {
			if !facet.at[c].Extreme || facet.at[c].Defined {
				continue
			}
			eta, ok := f.others(d, i, facet.sign > 0, &facet.at[c])
			if ok {
				rest[c] = append(rest[c], eta)
				total[c] += float64(d.Rating[i])
			}
		}
		for c := range facet.at {
			if rest[c] != nil {
				f.placeExtreme(&facet.at[c], rest[c], total[c], facet.sign, lo, hi)
			}
		}
	}
}

// others is the linear predictor of rating i without the facet element at.
func (f *Facets) others(d Panel, i int, unit bool, at *Placed) (eta float64, ok bool) {
	for k, p := range []*Placed{&f.Unit[d.Unit[i]], &f.Rater[d.Rater[i]], &f.Item[d.Item[i]]} {
		switch {
		case p == at:
		case !p.Defined:
			return 0, false
		case k == 0:
			eta += p.Value
		default:
			eta -= p.Value
		}
	}
	return eta, true
}

func (f *Facets) placeExtreme(at *Placed, rest []float64, total, sign float64, lo, hi int) {
	n := float64(len(rest))
	total = math.Min(math.Max(total, float64(n*float64(lo))+extremeShift), float64(n*float64(hi))-extremeShift)
	p := make([]float64, f.categories)
	at.Value = falling(func(x float64) float64 {
		s := 0.0
		for _, r := range rest {
			e, _ := f.probabilities(r+x, p)
			s += e
		}
		return total - s
	})
	info := 0.0
	for _, r := range rest {
		_, v := f.probabilities(r+at.Value, p)
		info += v
	}
	at.Value *= sign
	at.Defined, at.SE = true, 1/math.Sqrt(info)
}

// fitStatistics fills the fit of everything that took part.
func (f *Facets) fitStatistics(d Panel, keep []bool) {
	p := make([]float64, f.categories)
	for i, x := range d.Rating {
		if !keep[i] {
			continue
		}
		u, r, m := &f.Unit[d.Unit[i]], &f.Rater[d.Rater[i]], &f.Item[d.Item[i]]
		e, v := f.probabilities(u.Value-r.Value-m.Value, p)
		c4 := fourth(p, e)
		for _, at := range []*Placed{u, r, m} {
			at.Fit.add(float64(x)-e, v, c4)
		}
	}
	for _, list := range [][]Placed{f.Unit, f.Rater, f.Item} {
		for i := range list {
			list[i].Fit.finish()
		}
	}
}
