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
	last  int  // the last stage that contributes to variances
	rows  bool // its units are single rows

	cell    []int32 // row -> cell, -1 outside all domains
	key     []int32 // cell -> unit or stratum of the last stage
	first   []int32 // domain -> its first cell; one more entry at the end
	maxRows int     // rows of the largest cell
	df      []int32 // domain -> degrees of freedom
	// maxWeight is the largest design weight in any domain.
	maxWeight float64
	factor    [][]float64
}

// denseCells bounds the size of a table domain × unit, relative to the rows.
const denseCells = 4

// NewDomains prepares domains: code[i] is the domain 0…count-1 of row i, -1
// for none.
func NewDomains(d *Design, code []int32, count int) (*Domains, error) {
	mustLen("domain codes", len(code), d.n)
	for i, g := range code {
		if g < -1 || int(g) >= count {
			return nil, fault("domain_code", "a domain code is out of range").
				At(fmt.Sprintf("row %d", i+1), fmt.Sprint(g), fmt.Sprintf("-1 to %d", count-1), "")
		}
	}
	p := &Domains{d: d, count: count}
	p.setStages()
	st := &d.stages[p.last]
	key := st.unit
	keys := len(st.stratumOf)
	if p.rows {
		keys = len(st.sampled)
		key = make([]int32, d.n)
		for i, u := range st.unit {
			key[i] = st.stratumOf[u]
		}
	}
	p.setCells(code, key, keys)
	p.setDF(code)
	return p, nil
}

// setStages finds the last stage that adds variance and the product of the
// sampling fractions before each stratum.
func (p *Domains) setStages() {
	d := p.d
	var outer []float64
	for k := range d.stages {
		st := &d.stages[k]
		factor := make([]float64, len(st.sampled))
		live := false
		for h := range factor {
			factor[h] = 1
			if k > 0 {
				factor[h] = outer[st.parentOf[h]]
			}
			live = live || factor[h] > 0
		}
		if !live {
			break
		}
		p.last, p.factor = k, append(p.factor, factor)
		outer = make([]float64, len(st.stratumOf))
		for u, h := range st.stratumOf {
			outer[u] = factor[h] * (float64(st.sampled[h]) / st.population[h])
		}
	}
	p.rows = len(d.stages[p.last].stratumOf) == d.n
}

// setCells numbers the pairs (domain, key) that occur, in that order.
func (p *Domains) setCells(code, key []int32, keys int) {
	if int64(p.count)*int64(keys) > int64(denseCells*p.d.n)+1<<16 {
		p.sparseCells(code, key)
	} else {
		p.denseCells(code, key, keys)
	}
	size := make([]int32, len(p.key))
	for _, c := range p.cell {
		if c >= 0 {
			size[c]++
			p.maxRows = max(p.maxRows, int(size[c]))
		}
	}
}

func (p *Domains) denseCells(code, key []int32, keys int) {
	table := make([]int32, p.count*keys)
	for i, g := range code {
		if g >= 0 {
			table[int(g)*keys+int(key[i])] = 1
		}
	}
	p.first = make([]int32, 1, p.count+1)
	for g := range p.count {
		for k := range keys {
			if at := g*keys + k; table[at] != 0 {
				table[at] = int32(len(p.key))
				p.key = append(p.key, int32(k))
			}
		}
		p.first = append(p.first, int32(len(p.key)))
	}
	p.cell = make([]int32, len(code))
	for i, g := range code {
		p.cell[i] = -1
		if g >= 0 {
			p.cell[i] = table[int(g)*keys+int(key[i])]
		}
	}
}

// sparseCells does the same by sorting the pairs of each domain's rows.
func (p *Domains) sparseCells(code, key []int32) {
	order := sortBy(sortBy(identity(len(code)), key), code)
	p.cell = make([]int32, len(code))
	p.first = make([]int32, 1, p.count+1)
	domain, before := int32(0), int32(-1)
	for _, i := range order {
		g := code[i]
		if g < 0 {
			p.cell[i] = -1
			continue
		}
		for ; domain < g; domain++ {
			p.first = append(p.first, int32(len(p.key)))
			before = -1
		}
		if key[i] != before {
			before = key[i]
			p.key = append(p.key, before)
		}
		p.cell[i] = int32(len(p.key) - 1)
	}
	for ; int(domain) < p.count; domain++ {
		p.first = append(p.first, int32(len(p.key)))
	}
}

// setDF counts, per domain, first-stage units less strata with a row of
// positive weight.
func (p *Domains) setDF(code []int32) {
	p.df = make([]int32, p.count)
	live := make([]int32, len(p.key)) // rows of positive weight
	for i, c := range p.cell {
		if c >= 0 && p.d.weight[i] > 0 {
			live[c]++
			p.maxWeight = max(p.maxWeight, p.d.weight[i])
		}
	}
	for g := range p.count {
		unit, stratum := int32(-1), int32(-1)
		for c := p.first[g]; c < p.first[g+1]; c++ {
			if live[c] == 0 {
				continue
			}
			u, h, n := p.ancestors(p.key[c])
			if u < 0 { // single rows at the first stage
				p.df[g] += live[c]
			} else if u != unit {
				p.df[g] += n
				unit = u
			}
			if h != stratum {
				p.df[g]--
				stratum = h
			}
		}
	}
}

// ancestors gives the first-stage unit and stratum of a cell's key; unit is -1
// where the first stage has single rows.
func (p *Domains) ancestors(key int32) (unit, stratum, count int32) {
	k := p.last
	if p.rows {
		if k == 0 {
			return -1, key, 0
		}
		key = p.d.stages[k].parentOf[key]
		k--
	}
	for ; k > 0; k-- {
		st := &p.d.stages[k]
		key = st.parentOf[st.stratumOf[key]]
	}
	return key, p.d.stages[0].stratumOf[key], 1
}

// Count is the number of domains.
func (p *Domains) Count() int { return p.count }

// Cell is what a sampling unit holds of a domain.
type Cell struct {
	Domain, Unit    int32
	SumDesignWeight float64 // Σw
	Total           float64 // Σwy
}

// UltimateCluster is the design of the first-stage units alone, as if drawn
// with replacement within strata.
func (d *Design) UltimateCluster() *Design {
	c := *d
	st := d.stages[0]
	st.population = make([]float64, len(st.sampled))
	for h := range st.population {
		st.population[h] = math.Inf(1)
	}
	c.stages, c.hasFPC = []stage{st}, false
	return &c
}

// Cells are the totals of a column by domain and unit of the last stage, in
// that order, without rows that are missing; they do not depend on the order
// of the rows. A design whose last stage has single rows has no cells.
func (p *Domains) Cells(y Column) ([]Cell, error) {
	if p.rows {
		return nil, fault("cells", "the sampling units are single rows")
	}
	sc, err := p.scalesFor(y, 1)
	if err != nil {
		return nil, err
	}
	cells := make([]Cell, 0, len(p.key))
	sums := p.accumulate(y, sc, 1)
	for g := range p.count {
		for c := p.first[g]; c < p.first[g+1]; c++ {
			if s := &sums[c]; s.n > 0 {
				w := float64(s.w) / sc.w
				cells = append(cells, Cell{int32(g), p.key[c], w, float64(s.wy)/sc.wy + float64(sc.centre*w)})
			}
		}
	}
	return cells, nil
}

// SingleRows reports whether every row is its own first-stage unit.
func (d *Design) SingleRows() bool { return len(d.stages[0].stratumOf) == d.n }
