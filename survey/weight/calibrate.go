package weight

import (
	"fmt"
	"math"

	"gongping/internal/errs"
)

// Distance is the calibration function F of Deville & Särndal (1992):
// g = F(x'λ).
type Distance int

// The distances.
const (
	// Linear is the general regression estimator, g = 1 + x'λ; with bounds it
	// is truncated there (case 7 of Deville & Särndal).
	Linear Distance = iota
	// Raking is the multiplicative method, g = exp(x'λ), truncated at bounds.
	Raking
	// Logit stays strictly between its bounds Lower < 1 < Upper (case 6).
	Logit
)

// String names the distance.
func (d Distance) String() string { return [...]string{"linear", "raking", "logit"}[d] }

// CalibrationRule chooses the distance, the bounds on g and the stopping rule.
type CalibrationRule struct {
	Distance Distance
	// Lower and Upper bound g; both zero means no bounds.
	Lower, Upper float64
	// Epsilon bounds |achieved − target|/(1+|target|); zero means 1e-10, after
	// which one more Newton step is made.
	Epsilon float64
	// MaxIterations of Newton's method; zero means 200.
	MaxIterations int
	// Cluster, when given, makes g constant within each of its levels: the
	// whole household or building gets one factor (Särndal, Swensson &
	// Wretman 1992, section 8.4; Lemaître & Dufour 1987).
	Cluster *Factor
}

// Column is one calibration variable with its population total.
type Column struct {
	Name  string
	X     []float64
	Total float64
}

// Dummies returns the columns of a factor's levels, without the first level
// when drop is set, with the given totals.
func (m Margin) Dummies(drop bool) []Column {
	var out []Column
	for l, name := range m.Factor.Levels {
		if l == 0 && drop {
			continue
		}
		c := Column{Name: m.Factor.Name + name, X: make([]float64, len(m.Factor.Codes)), Total: m.Totals[l]}
		for i, code := range m.Factor.Codes {
			if int(code) == l {
				c.X[i] = 1
			}
		}
		out = append(out, c)
	}
	return out
}

// Calibrate finds weights close to base, in the sense of the distance, that
// reproduce the total of every column:
//
//	Σ base_i F(x_i'λ) x_i = T
//
// by Newton's method with step halving. Redundant columns are harmless when
// their totals agree with the others. Totals that cannot be reached within the
// bounds are an error that names the column furthest away.
func Calibrate(base []float64, columns []Column, rule CalibrationRule) (*Adjustment, error) {
	if err := checkWeights(base); err != nil {
		return nil, err
	}
	if err := checkColumns(base, columns); err != nil {
		return nil, err
	}
	f, err := rule.function()
	if err != nil {
		return nil, err
	}
	if rule.Epsilon == 0 {
		rule.Epsilon = 1e-10
	}
	if rule.MaxIterations == 0 {
		rule.MaxIterations = 200
	}
	p := newCalibration(base, columns, rule.Cluster, f)
	if err := p.reachable(columns); err != nil {
		return nil, err
	}
	iterations, misfit, converged := p.newton(rule)
	if !converged {
		return nil, p.infeasible(columns, iterations)
	}
	out := &Adjustment{Weights: make([]float64, len(base)), G: make([]float64, len(base)), Iterations: iterations, Misfit: misfit}
	negative := 0
	for i, w := range base {
		g := p.g[p.unit(i)]
		out.G[i] = g
		out.Weights[i] = w * g
		if out.Weights[i] < 0 {
			negative++
		}
	}
	if negative > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("%d weights are negative: set bounds or use another distance", negative))
	}
	return out, nil
}

func checkColumns(base []float64, columns []Column) error {
	if len(columns) == 0 {
		return errs.New(errs.Invalid, "weight.no_column", "calibration needs at least one column")
	}
	for _, c := range columns {
		mustMatch("column "+c.Name, len(c.X), len(base))
		if math.IsNaN(c.Total) || math.IsInf(c.Total, 0) {
			return errs.New(errs.Invalid, "weight.bad_total", "the population total of %s is not a number", c.Name).
				At(c.Name, fmt.Sprint(c.Total), "a finite total", "correct the total")
		}
		for i, v := range c.X {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return errs.New(errs.Invalid, "weight.missing_covariate", "a calibration variable has no value").
					At(fmt.Sprintf("%s, row %d", c.Name, i+1), fmt.Sprint(v), "a finite number",
						"fill the value, or give missing values a category of their own")
			}
		}
	}
	return nil
}

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
		slack := 1e-12 * (1 + math.Abs(p.total[j]))
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
