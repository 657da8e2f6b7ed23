package estimate

import "slices"

// plan is what the variance of any domain needs of a design, whatever the domains:
// it is made once, with the design.
type plan struct {
	last   int         // the last stage that contributes to variances
	rows   bool        // its units are single rows
	factor [][]float64 // stage, stratum -> product of the sampling fractions before
	keys   keys
}

// keys says what cells are made of, besides the domain: the unit of every row at
// the last stage, or its stratum where the units are single rows.
type keys struct {
	of        []int32 // row -> key
	row       []int32 // key -> one of its rows, the first where keys are ascending
	largest   int     // rows of the largest key
	ascending bool    // of never falls
}

// setPlan finds the last stage that adds variance and the product of the
// sampling fractions before each stratum.
func (d *Design) setPlan() {
	d.plan = plan{}
	var outer []float64
	for k := range d.stages {
		st := &d.stages[k]
		factor := make([]float64, len(st.sampled))
		live := make([]bool, d.workers())
		split(len(live), len(factor), func(w, from, to int) {
			any := false
			for h := from; h < to; h++ {
				factor[h] = 1
				if k > 0 {
					factor[h] = outer[st.parentOf[h]]
				}
				any = any || factor[h] > 0
			}
			live[w] = any
		})
		if !slices.Contains(live, true) {
			break
		}
		d.last, d.factor = k, append(d.factor, factor)
		if k+1 < len(d.stages) {
			outer = make([]float64, len(st.stratumOf))
			split(d.workers(), len(outer), func(_, from, to int) {
				before, f := int32(-1), 0.0
				for u := from; u < to; u++ {
					if h := st.stratumOf[u]; h != before {
						before, f = h, factor[h]*(float64(st.sampled[h])/st.population[h])
					}
					outer[u] = f
				}
			})
		}
	}
	d.rows = len(d.stages[d.last].stratumOf) == d.n
	d.setKeys()
}

// setKeys takes the keys of the last stage.
func (d *Design) setKeys() {
	st := &d.stages[d.last]
	d.keys = keys{of: st.unit, row: st.row, largest: st.largest, ascending: st.ascending}
	if !d.rows {
		return
	}
	row := make([]int32, len(st.sampled))
	largest := make([]int32, d.workers())
	split(len(largest), len(row), func(w, from, to int) {
		most := int32(0)
		for h := from; h < to; h++ {
			row[h], most = st.row[st.firstUnit[h]], max(most, st.sampled[h])
		}
		largest[w] = most
	})
	d.keys.row, d.keys.largest = row, int(slices.Max(largest))
	if d.last > 0 && len(st.sampled) == len(d.stages[d.last-1].stratumOf) {
		d.keys.of = d.stages[d.last-1].unit // one stratum in every unit of the stage before
		return
	}
	of := make([]int32, d.n)
	for i, u := range st.unit {
		of[i] = st.stratumOf[u]
	}
	d.keys.of = of
}
