package weight

import (
	"fmt"
	"math"

	"gongping/internal/errs"
)

// Margin is one raking margin: a factor and the population totals of its
// levels, in their order.
type Margin struct {
	Factor Factor
	Totals []float64
}

// RakeRule is the stopping rule of Rake. The zero value means full convergence:
// Epsilon 1e-12 (relative), 5000 sweeps.
type RakeRule struct {
	// Epsilon: stop when no cell of the cross table of all margins changed by
	// Epsilon or more over one sweep; below 1 it is relative to the sum of the
	// base weights, from 1 on it is in units of weight.
	Epsilon   float64
	MaxSweeps int
	// AcceptUnconverged returns the weights reached after MaxSweeps with a
	// warning instead of an error.
	AcceptUnconverged bool
	// KeepSteps fills Adjustment.Steps.
	KeepSteps bool
}

// marginsAgree is how far the sums of two margins may differ, relative to the
// first, before raking is refused: published tables are rounded to persons.
const marginsAgree = 1e-3

// Rake adjusts weights to several margins in turn until all of them hold
// (iterative proportional fitting; Deming & Stephan 1940; it is calibration
// with the multiplicative distance, Deville & Särndal 1992).
//
// Rows are first collapsed to the cells of the cross table that occur, so a
// sweep costs one pass over the cells and not over the rows: time is linear in
// the rows with two passes in all. The last margin holds exactly, the others
// to within Misfit.
//
// Faults: negative weights or totals, margins that disagree by more than 0.1%, a total
// without a row, no convergence.
func Rake(base []float64, margins []Margin, rule RakeRule) (*Adjustment, error) {
	if err := checkWeights(base); err != nil {
		return nil, err
	}
	if rule.Epsilon == 0 {
		rule.Epsilon = 1e-12
	}
	if rule.MaxSweeps == 0 {
		rule.MaxSweeps = 5000
	}
	warnings, err := checkMargins(base, margins)
	if err != nil {
		return nil, err
	}
	t := collapse(base, margins)
	if err := t.checkLevels(margins); err != nil {
		return nil, err
	}
	sweeps, converged := t.sweep(margins, rule)
	var steps [][]float64
	if rule.KeepSteps {
		steps = t.steps(base, margins)
	}
	misfit, worst := t.misfit(margins)
	if !converged {
		if !rule.AcceptUnconverged {
			return nil, errs.New(errs.Invalid, "weight.rake_not_converged",
				"raking did not converge in %d sweeps; %s is still off by %.3g of its total", sweeps, worst, misfit).
				At("margins", worst, "margins that some positive weights can meet together",
					"check that the margins come from the same population, and merge thin categories")
		}
		warnings = append(warnings, fmt.Sprintf("raking stopped after %d sweeps before it converged", sweeps))
	}
	out := t.expand(base)
	out.Iterations, out.Misfit, out.Warnings, out.Steps = sweeps, misfit, warnings, steps
	return out, nil
}

func checkMargins(base []float64, margins []Margin) ([]string, error) {
	if len(margins) == 0 {
		return nil, errs.New(errs.Invalid, "weight.no_margin", "raking needs at least one margin")
	}
	var warnings []string
	first := 0.0
	for k, m := range margins {
		mustMatch("margin "+m.Factor.Name, len(m.Factor.Codes), len(base))
		mustMatch("totals of "+m.Factor.Name, len(m.Totals), len(m.Factor.Levels))
		if err := checkTotals(m.Factor, m.Totals); err != nil {
			return nil, err
		}
		sum := 0.0
		for _, t := range m.Totals {
			sum += t
		}
		if sum == 0 {
			return nil, errs.New(errs.Invalid, "weight.empty_margin", "the totals of margin %s are all zero", m.Factor.Name)
		}
		if k == 0 {
			first = sum
		}
		diff := math.Abs(sum-first) / first
		if diff > marginsAgree {
			return nil, errs.New(errs.Invalid, "weight.margins_disagree",
				"margin %s adds up to %g and margin %s to %g", margins[0].Factor.Name, first, m.Factor.Name, sum).
				At("margin "+m.Factor.Name, fmt.Sprint(sum), fmt.Sprint(first),
					"use tables of the same population and date, or scale them to one sum")
		}
		if diff > 1e-9 {
			warnings = append(warnings, fmt.Sprintf("margin %s adds up to %g, margin %s to %g: the last margin decides",
				margins[0].Factor.Name, first, m.Factor.Name, sum))
		}
	}
	return warnings, nil
}

// cellTable is the cross table of all margins, cells that occur only.
type cellTable struct {
	row  []int32   // cell of each row
	base []float64 // Σ base weight of each cell
	w    []float64 // current weight of each cell
	code [][]int32 // code[m][cell] is the level of margin m
	sums []float64 // scratch, one margin's sums

	before []float64 // w at the start of the last sweep
}

// denseLimit is the largest cross table kept as a plain array.
const denseLimit = 1 << 20

// collapse numbers the occurring cells in order of first appearance and adds
// up the base weights in row order.
func collapse(base []float64, margins []Margin) *cellTable {
	t := &cellTable{row: make([]int32, len(base)), code: make([][]int32, len(margins))}
	size, widest := 1, 0
	for _, m := range margins {
		l := len(m.Factor.Levels)
		widest = max(widest, l)
		if size <= denseLimit {
			size *= l
		}
	}
	t.sums = make([]float64, widest)
	if size <= denseLimit {
		t.collapseDense(base, margins, size)
	} else {
		t.collapseSparse(base, margins)
	}
	t.w = append([]float64(nil), t.base...)
	return t
}

func (t *cellTable) collapseDense(base []float64, margins []Margin, size int) {
	for m, mg := range margins {
		codes, l := mg.Factor.Codes, int32(len(mg.Factor.Levels))
		row := t.row[:len(codes)]
		if m == 0 {
			copy(row, codes)
			continue
		}
		for i, c := range codes {
			row[i] = row[i]*l + c
		}
	}
	sum := make([]float64, size)
	seen := make([]bool, size)
	for i, w := range base {
		c := t.row[i]
		sum[c] += w
		seen[c] = true
	}
	number := make([]int32, size)
	for c, s := range seen {
		if !s {
			continue
		}
		number[c] = int32(len(t.base))
		t.base = append(t.base, sum[c])
		rest := int32(c)
		for m := len(margins) - 1; m >= 0; m-- {
			l := int32(len(margins[m].Factor.Levels))
			t.code[m] = append(t.code[m], rest%l)
			rest /= l
		}
	}
	for i, c := range t.row {
		t.row[i] = number[c]
	}
}

func (t *cellTable) collapseSparse(base []float64, margins []Margin) {
	type step struct{ parent, code int32 }
	parent := make([]int32, len(base))
	for m, mg := range margins {
		ids := make(map[step]int32)
		for i, c := range mg.Factor.Codes {
			k := step{parent[i], c}
			id, ok := ids[k]
			if !ok {
				id = int32(len(ids))
				ids[k] = id
			}
			parent[i] = id
		}
		if m == len(margins)-1 {
			t.base = make([]float64, len(ids))
		}
	}
	copy(t.row, parent)
	for m, mg := range margins {
		t.code[m] = make([]int32, len(t.base))
		for i, c := range mg.Factor.Codes {
			t.code[m][t.row[i]] = c
		}
	}
	for i, w := range base {
		t.base[t.row[i]] += w
	}
}

// checkLevels finds levels that have a total but no weight to carry it.
func (t *cellTable) checkLevels(margins []Margin) error {
	for m, mg := range margins {
		sums := t.marginSums(m, mg)
		for l, s := range sums {
			if s == 0 && mg.Totals[l] > 0 {
				return emptyLevel(mg.Factor, l)
			}
		}
	}
	return nil
}

func (t *cellTable) marginSums(m int, mg Margin) []float64 {
	sums := t.sums[:len(mg.Totals)]
	clear(sums)
	for c, l := range t.code[m] {
		sums[l] += t.w[c]
	}
	return sums
}

// sweep runs the fitting to the stopping rule.
func (t *cellTable) sweep(margins []Margin, rule RakeRule) (sweeps int, converged bool) {
	eps := rule.Epsilon
	if eps < 1 {
		sum := 0.0
		for _, w := range t.base {
			sum += w
		}
		eps *= sum
	}
	before := make([]float64, len(t.w))
	t.before = before
	for sweeps < rule.MaxSweeps {
		copy(before, t.w)
		for m, mg := range margins {
			t.fit(m, mg)
		}
		sweeps++
		change := 0.0
		for c, w := range t.w {
			change = max(change, math.Abs(w-before[c]))
		}
		if change < eps {
			return sweeps, true
		}
	}
	return sweeps, false
}

// fit scales the cells to one margin.
func (t *cellTable) fit(m int, mg Margin) {
	factor := t.marginSums(m, mg)
	for l, s := range factor {
		if s > 0 {
			factor[l] = mg.Totals[l] / s
		}
	}
	for c, l := range t.code[m] {
		t.w[c] *= factor[l]
	}
}

// steps repeats the last sweep and returns the row weights after each margin.
func (t *cellTable) steps(base []float64, margins []Margin) [][]float64 {
	copy(t.w, t.before)
	out := make([][]float64, len(margins))
	for m, mg := range margins {
		t.fit(m, mg)
		out[m] = t.expand(base).Weights
	}
	return out
}

// misfit returns the largest relative distance of a margin from its total.
func (t *cellTable) misfit(margins []Margin) (float64, string) {
	worst, where := 0.0, ""
	for m, mg := range margins {
		for l, s := range t.marginSums(m, mg) {
			if d := math.Abs(s-mg.Totals[l]) / (1 + mg.Totals[l]); d > worst {
				worst, where = d, mg.Factor.Name+" = "+mg.Factor.Levels[l]
			}
		}
	}
	return worst, where
}

// expand carries the cells' factors back to the rows.
func (t *cellTable) expand(base []float64) *Adjustment {
	g := make([]float64, len(t.w))
	for c, w := range t.w {
		g[c] = 1
		if t.base[c] > 0 {
			g[c] = w / t.base[c]
		}
	}
	out := &Adjustment{Weights: make([]float64, len(base)), G: make([]float64, len(base))}
	for i, w := range base {
		f := g[t.row[i]]
		out.G[i] = f
		out.Weights[i] = w * f
	}
	return out
}
