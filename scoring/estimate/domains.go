package estimate

import (
	"fmt"
	"math"
)

// Domains is a division of the rows of a design into domains, prepared so that
// means of all domains with their errors take one pass over a column. It is
// immutable and serves any number of columns.
//
// Rows fall into cells: (domain, sampling unit of the last stage that counts),
// or (domain, stratum of that stage) where its units are single rows. All
// variance terms follow from a few sums per cell, so the work is proportional
// to the rows, not to rows × domains.
type Domains struct {
	d     *Design
	count int
	plan

	cells   int     // number of cells
	cell    []int32 // row -> cell, -1 outside all domains
	key     []int32 // cell -> unit or stratum of the last stage; nil: the same number
	order   []int32 // place -> cell, by domain and key; nil: the same number
	first   []int32 // domain -> its first place; one more entry at the end
	maxRows int     // no cell has more rows
	df      []int32 // domain -> degrees of freedom
	// ascending: the cell never falls from one row to the next, and no row is
	// outside.
	ascending bool
	// start is the first row of each cell where ascending cells stand in the order
	// of domains; nil elsewhere. widest is then the most cells of a domain.
	start  []int32
	widest int
}

// NewDomains prepares domains: code[i] is the domain 0…count-1 of row i, -1
// for none.
//
// Faults: a code outside -1…count-1.
//
// Source: Särndal, Swensson and Wretman (1992), section 5.8.
func NewDomains(d *Design, code []int32, count int) (*Domains, error) {
	mustLen("domain codes", len(code), d.n)
	p := &Domains{d: d, count: count, plan: d.plan}
	if lo, hi := p.nested(code); lo < -1 || hi >= int32(count) {
		for i, g := range code {
			if g < -1 || int(g) >= count {
				return nil, fault("domain_code", "a domain code is out of range").
					At(fmt.Sprintf("row %d", i+1), fmt.Sprint(g), fmt.Sprintf("-1 to %d", count-1), "")
			}
		}
	}
	if p.cell == nil {
		p.setCells(code)
	}
	p.setDF()
	return p, nil
}

// setDF counts, per domain, first-stage units less strata with a row of
// positive weight.
func (p *Domains) setDF() {
	p.df = make([]int32, p.count)
	live := p.positiveRows()
	if live == nil && (p.unitCells() || p.peopleCells()) {
		stratumOf := p.d.stages[0].stratumOf
		for g := range p.df {
			if from, to := p.first[g], p.first[g+1]; from < to {
				p.df[g] = to - from - changes(stratumOf[from:to]) - 1
			}
		}
		return
	}
	p.byDomain(p.d.workers(), func(_, from, to int) {
		for g := from; g < to; g++ {
			unit, stratum := int32(-1), int32(-1)
			for c := p.first[g]; c < p.first[g+1]; c++ {
				cell := at(p.order, c)
				if live != nil && live[cell] == 0 {
					continue
				}
				u, h := p.ancestors(at(p.key, cell))
				switch {
				case u < 0: // single rows at the first stage
					p.df[g] += live[cell]
				case u != unit:
					p.df[g]++
					unit = u
				}
				if h != stratum {
					p.df[g]--
					stratum = h
				}
			}
		}
	})
}

// unitCells reports whether cells are the units of the first and only stage that
// counts, in the order of domains: those of domain g are first[g]…first[g+1]-1.
func (p *Domains) unitCells() bool { return p.last == 0 && !p.rows && p.key == nil && p.order == nil }

// peopleCells reports whether cells are the units of the first stage, in the order
// of domains, with single rows drawn within each as the second and last stage.
func (p *Domains) peopleCells() bool {
	return p.last == 1 && p.rows && p.key == nil && p.order == nil && len(p.d.stages[1].sampled) == len(p.d.stages[0].stratumOf)
}

// changes counts how often a list that never falls rises.
func changes(x []int32) int32 {
	n := int32(0)
	if x[0] == x[len(x)-1] {
		return 0
	}
	for i := 1; i < len(x); i++ {
		if x[i] != x[i-1] {
			n++
		}
	}
	return n
}

// positiveRows counts the rows of positive weight of every cell; nil means that
// every cell has one, where no more than that matters.
func (p *Domains) positiveRows() []int32 {
	if p.d.positive && !(p.rows && p.last == 0) {
		return nil
	}
	live := make([]int32, p.cells)
	for i, c := range p.cell {
		if c >= 0 && p.d.weight[i] > 0 {
			live[c]++
		}
	}
	return live
}

// ancestors gives the first-stage unit and stratum of a cell's key; unit is -1
// where the first stage has single rows.
func (p *Domains) ancestors(key int32) (unit, stratum int32) {
	k := p.last
	if p.rows {
		if k == 0 {
			return -1, key
		}
		key = p.d.stages[k].parentOf[key]
		k--
	}
	for ; k > 0; k-- {
		st := &p.d.stages[k]
		key = st.parentOf[st.stratumOf[key]]
	}
	return key, p.d.stages[0].stratumOf[key]
}

// Cell is what a sampling unit holds of a domain.
type Cell struct {
	Domain, Unit    int32
	SumDesignWeight float64 // Σw
	Total           float64 // Σwy
}

// UltimateCluster is the design of the first-stage units alone, as if drawn
// with replacement within strata.
//
// Source: Hansen, Hurwitz and Madow (1953).
func (d *Design) UltimateCluster() *Design {
	c := *d
	st := d.stages[0]
	st.population = make([]float64, len(st.sampled))
	for h := range st.population {
		st.population[h] = math.Inf(1)
	}
	st.setGains()
	c.stages, c.hasFPC = []stage{st}, false
	c.setPlan()
	return &c
}

// Cells are the totals of a column by domain and unit of the last stage, in
// that order, without rows that are missing; they do not depend on the order
// of the rows. A design whose last stage has single rows has no cells.
//
// Faults: single rows as sampling units, answers that are not finite.
func (p *Domains) Cells(y Column) ([]Cell, error) {
	if p.rows {
		return nil, fault("cells", "the sampling units are single rows")
	}
	sc, err := p.scalesFor(y, 1)
	if err != nil {
		return nil, err
	}
	cells := make([]Cell, 0, p.cells)
	sums, _ := p.accumulate(y, sc)
	for g := range p.count {
		for i := p.first[g]; i < p.first[g+1]; i++ {
			c := at(p.order, i)
			if s := &sums[c]; s.n > 0 {
				w := float64(s.w) / sc.w
				cells = append(cells, Cell{int32(g), at(p.key, c), w, float64(s.wy)/sc.wy + float64(sc.centre*w)})
			}
		}
	}
	return cells, nil
}

// SingleRows reports whether every row is its own first-stage unit.
func (d *Design) SingleRows() bool { return len(d.stages[0].stratumOf) == d.n }
