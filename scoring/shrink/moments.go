package shrink

import (
	"math"
)

// Moments are the sufficient statistics of a one-factor random-intercept
// model: the weight and mean of every group and the pooled cross-products
// within groups. Fitting from them costs time in the number of groups only.
type Moments struct {
	name string
	n, p int
	// weight is the sum of precision weights of every group, mean the means of
	// the centred columns [X y], groups × (p+1).
	weight, mean []float64
	// within is the pooled (p+1)×(p+1) cross-product about the group means.
	within []float64
	// logWeight is the sum of log precision weights.
	logWeight float64
	centre    centring
	groups    int // groups with rows
	kept      []int
	columns   int
}

// CollectMoments reads the rows of d, which has one grouping, twice: once for
// the means, once for the squares about them.
//
// Faults: those of FitMixed.
//
// Source: Searle, Casella and McCulloch (1992), chapter 3.
func CollectMoments(d Mixed) (*Moments, error) {
	g := d.Groups[0]
	p := len(d.X)
	m := &Moments{name: g.Name, n: len(d.Y), p: p, columns: p, centre: centre(d)}
	m.groupMeans(d, g)
	m.withinSquares(d, g)
	if err := m.checkGroups(); err != nil {
		return nil, err
	}
	m.drop()
	return m, nil
}

func (m *Moments) groupMeans(d Mixed, g Grouping) {
	q := m.p + 1
	m.weight = make([]float64, g.Levels)
	m.mean = make([]float64, g.Levels*q)
	if w := d.PriorWeight; w != nil {
		for i, c := range g.Codes {
			m.weight[c] += w[i]
			m.logWeight += math.Log(w[i])
		}
	} else {
		for _, c := range g.Codes {
			m.weight[c]++
		}
	}
	sum := make([]float64, g.Levels)
	for k := range q {
		if k == m.centre.constant {
			for j, w := range m.weight {
				if w > 0 {
					m.mean[j*q+k] = m.centre.value
				}
			}
			continue
		}
		clear(sum)
		shift := m.centre.shift[k]
		if w := d.PriorWeight; w != nil {
			for i, v := range column(d, k) {
				sum[g.Codes[i]] += float64(w[i] * (v - shift))
			}
		} else {
			for i, v := range column(d, k) {
				sum[g.Codes[i]] += v - shift
			}
		}
		for j, w := range m.weight {
			if w > 0 {
				m.mean[j*q+k] = sum[j] / w
			}
		}
	}
	for _, w := range m.weight {
		if w > 0 {
			m.groups++
		}
	}
}

func column(d Mixed, k int) []float64 {
	if k < len(d.X) {
		return d.X[k]
	}
	return d.Y
}

func (m *Moments) withinSquares(d Mixed, g Grouping) {
	q := m.p + 1
	m.within = make([]float64, q*q)
	var vary [][]float64
	var at []int
	for k := range q {
		if k != m.centre.constant {
			vary = append(vary, column(d, k))
			at = append(at, k)
		}
	}
	if len(vary) == 1 && d.PriorWeight == nil {
		m.within[q*q-1] = m.withinOne(d.Y, g.Codes)
		return
	}
	dev := make([]float64, len(vary))
	for i, c := range g.Codes {
		w := 1.0
		if d.PriorWeight != nil {
			w = d.PriorWeight[i]
		}
		base := int(c) * q
		for a, x := range vary {
			k := at[a]
			dev[a] = x[i] - m.centre.shift[k] - m.mean[base+k]
			wd := w * dev[a]
			row := m.within[k*q : k*q+q]
			for b := 0; b <= a; b++ {
				row[at[b]] += float64(wd * dev[b])
			}
		}
	}
	for a := range q {
		for b := range a {
			m.within[b*q+a] = m.within[a*q+b]
		}
	}
}

// withinOne is withinSquares for the outcome alone, the hot path of a run.
func (m *Moments) withinOne(y []float64, codes []int32) float64 {
	q := m.p + 1
	full := make([]float64, len(m.weight))
	for j := range full {
		full[j] = m.mean[j*q+q-1] + m.centre.shift[q-1]
	}
	s := 0.0
	for i, c := range codes {
		dev := y[i] - full[c]
		s += float64(dev * dev)
	}
	return s
}

func (m *Moments) checkGroups() error {
	if m.groups == 0 {
		for _, w := range m.weight {
			if w > 0 {
				m.groups++
			}
		}
	}
	if m.groups < 2 {
		return fault("one_group", "compare at least two groups, or report the mean with its design-based error",
			"the grouping %s has answers in %d group, so nothing varies between groups", m.name, m.groups)
	}
	if m.groups >= m.n {
		return fault("no_replication", "collect more answers per group, or use the Fay–Herriot model with known errors",
			"every group of %s has a single answer, so that between and within cannot be told apart", m.name)
	}
	return nil
}

// total returns the cross-products of the centred columns over all rows.
func (m *Moments) total() []float64 {
	q := m.p + 1
	t := append([]float64(nil), m.within...)
	for j, w := range m.weight {
		row := m.mean[j*q : j*q+q]
		for a := range q {
			wa := w * row[a]
			for b := range q {
				t[a*q+b] += float64(wa * row[b])
			}
		}
	}
	return t
}

// drop leaves out the columns that are combinations of earlier ones.
func (m *Moments) drop() {
	sum := 0.0
	for _, w := range m.weight {
		sum += w
	}
	m.kept = m.centre.keptColumns(m.total(), m.p, sum)
	if len(m.kept) == m.p {
		return
	}
	q, k := m.p+1, len(m.kept)+1
	pick := append(append([]int(nil), m.kept...), m.p)
	mean := make([]float64, len(m.weight)*k)
	within := make([]float64, k*k)
	for a, ca := range pick {
		for j := range m.weight {
			mean[j*k+a] = m.mean[j*q+ca]
		}
		for b, cb := range pick {
			within[a*k+b] = m.within[ca*q+cb]
		}
	}
	m.mean, m.within, m.p = mean, within, k-1
}
