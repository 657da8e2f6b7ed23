package estimate

// Column is a variable over the rows of a sample. Missing marks the rows
// without an answer; nil means there are none. Values of missing rows are
// ignored.
type Column struct {
	Values  []float64
	Missing []bool
}

// Of is a column without missing values.
func Of(x []float64) Column { return Column{Values: x} }

// Complete is the part of a domain (nil = all rows) where every column has a
// value: the rows that an estimate over several variables uses.
func Complete(d *Design, domain []bool, cols ...Column) []bool {
	if domain != nil {
		mustLen("domain", len(domain), d.n)
	}
	in := make([]bool, d.n)
	for i := range in {
		in[i] = domain == nil || domain[i]
	}
	for _, c := range cols {
		mustLen("column", len(c.Values), d.n)
		if c.Missing == nil {
			continue
		}
		mustLen("missing", len(c.Missing), d.n)
		for i, m := range c.Missing {
			in[i] = in[i] && !m
		}
	}
	return in
}

// weighted sums up the rows of a mask: rows with a positive weight and the sum
// of their weights. An empty mask is an error that says which thing is empty.
func (d *Design) weighted(in []bool) (n int, sum float64, err error) {
	for i, ok := range in {
		if ok && d.weight[i] > 0 {
			n++
			sum += d.weight[i]
		}
	}
	if n == 0 {
		return 0, 0, fault("empty_domain", "no row with an answer and a positive weight is in the domain")
	}
	return n, sum, nil
}

// DegreesOfFreedom is the number of first-stage units minus the number of
// first-stage strata among the rows of a domain (nil = all) that have a
// positive weight. It can be 0: then no t interval exists.
//
// Source: Korn and Graubard (1999), section 5.2.
func (d *Design) DegreesOfFreedom(domain []bool) int {
	st := &d.stages[0]
	unit := make([]bool, len(st.stratumOf))
	for i, u := range st.unit {
		if (domain == nil || domain[i]) && d.weight[i] > 0 {
			unit[u] = true
		}
	}
	stratum := make([]bool, len(st.sampled))
	df := 0
	for u, seen := range unit {
		if !seen {
			continue
		}
		df++
		if h := st.stratumOf[u]; !stratum[h] {
			stratum[h] = true
			df--
		}
	}
	return df
}
