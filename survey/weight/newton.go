package weight

import (
	"fmt"
	"math"

	"gongping/internal/errs"
)

// calibration is the problem in columnar form, one entry per unit: a row, or
// a cluster when g is constant within clusters.
type calibration struct {
	f       function
	w       []float64   // base weight per unit
	x       [][]float64 // x[j][unit]
	total   []float64
	cluster []int32 // unit of each row, nil when units are rows
	lambda  []float64
	u, g, d []float64 // x'λ, F, F'
	matrix  []float64
	off     []float64 // total − achieved
	step    []float64
}

func newCalibration(base []float64, columns []Column, cluster *Factor, f function) *calibration {
	p := &calibration{f: f, w: base}
	for _, c := range columns {
		p.x = append(p.x, c.X)
		p.total = append(p.total, c.Total)
	}
	if cluster != nil {
		mustMatch("cluster", len(cluster.Codes), len(base))
		p.aggregate(*cluster)
	}
	n, k := len(p.w), len(columns)
	p.u, p.g, p.d = make([]float64, n), make([]float64, n), make([]float64, n)
	p.lambda, p.off, p.step = make([]float64, k), make([]float64, k), make([]float64, k)
	p.matrix = make([]float64, k*k)
	return p
}

// aggregate replaces rows by clusters: the weight is Σw and x the weighted
// mean, so that Σ w g x is the same sum.
func (p *calibration) aggregate(cluster Factor) {
	p.cluster = cluster.Codes
	w := make([]float64, len(cluster.Levels))
	for i, v := range p.w {
		w[cluster.Codes[i]] += v
	}
	for j, col := range p.x {
		m := make([]float64, len(w))
		for i, v := range col {
			m[cluster.Codes[i]] += float64(p.w[i] * v)
		}
		for c := range m {
			if w[c] > 0 {
				m[c] /= w[c]
			}
		}
		p.x[j] = m
	}
	p.w = w
}

// ClusterMeans replaces every value of the columns by the weighted mean of its
// cluster: the calibration variables that a rule with Cluster works with, and
// that Residuals needs for the variance.
//
// Source: Lemaître and Dufour (1987).
func ClusterMeans(base []float64, columns []Column, cluster Factor) []Column {
	p := &calibration{w: base}
	for _, c := range columns {
		p.x = append(p.x, c.X)
	}
	p.aggregate(cluster)
	out := make([]Column, len(columns))
	for j, c := range columns {
		x := make([]float64, len(base))
		for i, k := range cluster.Codes {
			x[i] = p.x[j][k]
		}
		out[j] = Column{Name: c.Name, X: x, Total: c.Total}
	}
	return out
}

func (p *calibration) unit(row int) int {
	if p.cluster == nil {
		return row
	}
	return int(p.cluster[row])
}

// evaluate computes u, g, F' and the misfit at lambda, and returns the largest
// scaled misfit; +Inf when F overflowed.
func (p *calibration) evaluate() float64 {
	for i := range p.u {
		p.u[i] = 0
	}
	for j, col := range p.x {
		l := p.lambda[j]
		if l == 0 {
			continue
		}
		for i, v := range col {
			p.u[i] += float64(l * v)
		}
	}
	p.f.apply(p.u, p.g, p.d)
	worst := 0.0
	for j, col := range p.x {
		s := 0.0
		for i, v := range col {
			s += float64(float64(p.w[i]*p.g[i]) * v)
		}
		p.off[j] = p.total[j] - s
		if math.IsNaN(p.off[j]) || math.IsInf(p.off[j], 0) {
			return math.Inf(1)
		}
		worst = max(worst, math.Abs(p.off[j])/(1+math.Abs(p.total[j])))
	}
	return worst
}

// information fills the matrix Σ w F' x x'.
func (p *calibration) information() {
	k := len(p.x)
	wd := p.u // evaluate recomputes u, so it is free as scratch here
	for i, w := range p.w {
		wd[i] = w * p.d[i]
	}
	for a, ca := range p.x {
		for b := 0; b <= a; b++ {
			s := 0.0
			for i, v := range p.x[b] {
				s += float64(float64(wd[i]*ca[i]) * v)
			}
			p.matrix[a*k+b], p.matrix[b*k+a] = s, s
		}
	}
}

// newton minimises the convex dual Σ w ∫F − λ'T, whose gradient is −off, to
// the stopping rule, then polishes with one more step.
func (p *calibration) newton(rule CalibrationRule) (iterations int, misfit float64, converged bool) {
	misfit = p.evaluate()
	k := len(p.x)
	old, first := make([]float64, k), make([]float64, k*k)
	fullRank := 0
	for iterations < rule.MaxIterations {
		iterations++
		p.information()
		if iterations == 1 {
			copy(first, p.matrix)
		}
		rank := p.direction(first, fullRank)
		if iterations == 1 {
			fullRank = rank
		}
		copy(old, p.lambda)
		if misfit < rule.Epsilon {
			return iterations, p.polish(old, misfit), true
		}
		next, moved := p.search(old)
		if !moved {
			break
		}
		misfit = next
	}
	return iterations, misfit, misfit < rule.Epsilon
}

// direction solves for the Newton step. Where units at their bounds have made
// the matrix singular, a little of the first matrix is added, so that the
// search can leave the flat region.
func (p *calibration) direction(first []float64, fullRank int) int {
	k := len(p.x)
	keep := append([]float64(nil), p.matrix...)
	rank := solveSymmetric(p.matrix, p.off, p.step, k, 1e-12)
	if rank < fullRank {
		for i := range keep {
			p.matrix[i] = keep[i] + float64(1e-4*first[i])
		}
		return solveSymmetric(p.matrix, p.off, p.step, k, 1e-12)
	}
	return rank
}

// search moves along the step, halving while the slope of the dual has turned
// up by more than half of what it was. The dual is convex, so a point where
// it still falls is always progress.
func (p *calibration) search(old []float64) (misfit float64, moved bool) {
	slope := 0.0
	for j, s := range p.step {
		slope += float64(s * p.off[j])
	}
	if !(slope > 0) || math.IsInf(slope, 0) {
		return 0, false
	}
	for h, scale := 0, 1.0; h < 60; h, scale = h+1, scale/2 {
		for j := range p.lambda {
			p.lambda[j] = old[j] + float64(scale*p.step[j])
		}
		misfit = p.evaluate()
		if math.IsInf(misfit, 1) {
			continue
		}
		now := 0.0
		for j, s := range p.step {
			now += float64(s * p.off[j])
		}
		if now >= -0.5*slope {
			return misfit, true
		}
	}
	return misfit, false
}

// polish makes one full step and keeps it when it is no worse.
func (p *calibration) polish(old []float64, misfit float64) float64 {
	for j := range p.lambda {
		p.lambda[j] = old[j] + p.step[j]
	}
	if next := p.evaluate(); next <= misfit {
		return next
	}
	copy(p.lambda, old)
	return p.evaluate()
}

// reachable refuses totals outside the range that the bounds allow column by
// column; totals that pass may still contradict each other.
func (p *calibration) reachable(columns []Column) error {
	lo, hi := p.f.lower, p.f.upper
	if math.IsInf(lo, -1) && math.IsInf(hi, 1) {
		return nil
	}
	for j, col := range p.x {
		least, most := 0.0, 0.0
		for i, v := range col {
			if wx := p.w[i] * v; wx > 0 {
				least += float64(lo * wx)
				most += float64(hi * wx)
			} else if wx < 0 {
				least += float64(hi * wx)
				most += float64(lo * wx)
			}
		}
		slack := float64(1e-12 * (1 + math.Abs(p.total[j])))
		if p.total[j] < least-slack || p.total[j] > most+slack {
			return errs.New(errs.Invalid, "weight.calibration_infeasible",
				"the total %g of %s cannot be reached: with factors between %g and %g it lies between %g and %g",
				p.total[j], columns[j].Name, lo, hi, least, most).
				At("total of "+columns[j].Name, fmt.Sprint(p.total[j]), fmt.Sprintf("%g to %g", least, most),
					"widen the bounds, or check the total")
		}
	}
	return nil
}

// infeasible is the error after Newton's method has failed.
func (p *calibration) infeasible(columns []Column, iterations int) error {
	worst, at := 0.0, 0
	for j, o := range p.off {
		d := math.Abs(o) / (1 + math.Abs(p.total[j]))
		if math.IsNaN(d) || d > worst {
			worst, at = d, j
		}
	}
	return errs.New(errs.Invalid, "weight.calibration_infeasible",
		"no weights were found that meet all totals (%d iterations); %s is still off by %.3g of its total",
		iterations, columns[at].Name, worst).
		At("total of "+columns[at].Name, fmt.Sprint(p.total[at]-p.off[at]), fmt.Sprint(p.total[at]),
			"widen the bounds, drop or merge a column, or check that the totals belong to one population")
}
