package estimate

import "math"

// Table is a weighted two-way table with tests of independence.
type Table struct {
	Weighted [][]float64 // Σw by row and column level
	Share    [][]float64 // of the table total
	ShareSE  [][]float64
	// F is the second-order Rao–Scott test (1984) with F reference (Thomas &
	// Rao 1987): Pearson's X² over the trace of the generalised design effects,
	// on d₀ and d₀ν degrees of freedom. Pearson is the first-order correction:
	// Statistic is X², P refers X² over the mean design effect to chi-square.
	// Beside an error the table stands where it is not nil (ShareSE where the
	// variance is known), and X² where Pearson.DF1 > 0, without a P.
	F, Pearson Test
	// Wald is the Wald test (Koch et al. 1975), AdjustedWald its form for few
	// clusters (Thomas & Rao 1987). nil where the covariance is singular or
	// no degrees of freedom are left.
	Wald, AdjustedWald *Test
}

// CrossTable tabulates two factors (codes 0…levels-1, -1 = missing) over a
// domain and tests independence. X² is scaled to the number of rows of the
// domain, rows with a missing factor included, as R's survey package does.
//
// Faults: fewer than two levels, an empty row or column, no degree of freedom, a
// refused variance. What stands is in the table.
//
// Source: Rao and Scott (1981, 1984); Wald form Koch, Freeman and Freeman (1975).
func CrossTable(d *Design, row, col []int32, rows, cols int, domain []bool) (Table, error) {
	mustLen("row", len(row), d.n)
	mustLen("col", len(col), d.n)
	in := make([]bool, d.n)
	n := 0
	for i := range in {
		inside := domain == nil || domain[i]
		if inside {
			n++
		}
		in[i] = inside && row[i] >= 0 && col[i] >= 0
	}
	cells := make([]Column, rows*cols) // rows fastest
	for c := range cells {
		cells[c] = Of(make([]float64, d.n))
	}
	for i, ok := range in {
		if ok {
			cells[int(col[i])*rows+int(row[i])].Values[i] = 1
		}
	}
	mean, refused := Means(d, cells, in)
	if len(mean.Estimates) == 0 {
		return Table{}, refused
	}
	t := newTable(rows, cols, mean)
	pr, pc, err := t.margins()
	if err != nil {
		return t, err
	}
	t.Pearson = Test{Statistic: t.pearson(pr, pc, float64(n)), DF1: float64((rows - 1) * (cols - 1)), P: math.NaN()}
	if refused != nil {
		t.ShareSE = nil
		return t, refused
	}
	nu := float64(d.unitsMinusStrata(domain))
	if !(nu > 0) {
		return t, fault("no_df", "no degrees of freedom are left for a test").
			At("design", show(nu), "more first-stage units than strata", "")
	}
	if err := t.raoScott(mean, pr, pc, float64(n), nu); err != nil {
		return t, err
	}
	t.wald(d, row, col, in, pr, pc, nu)
	return t, nil
}

func newTable(rows, cols int, mean Vector) Table {
	t := Table{Weighted: rect(rows, cols), Share: rect(rows, cols), ShareSE: rect(rows, cols)}
	for j := range cols {
		for i := range rows {
			e := mean.Estimates[j*rows+i]
			t.Share[i][j], t.ShareSE[i][j] = e.Value, e.SE
			t.Weighted[i][j] = e.Value * e.SumDesignWeight
		}
	}
	return t
}

// margins are the row and column shares; an empty level or a single one makes
// a test impossible.
func (t *Table) margins() (pr, pc []float64, err error) {
	pr, pc = make([]float64, len(t.Share)), make([]float64, len(t.Share[0]))
	for i := range pr {
		for j := range pc {
			pr[i] += t.Share[i][j]
			pc[j] += t.Share[i][j]
		}
	}
	if len(pr) < 2 || len(pc) < 2 {
		return pr, pc, fault("table_small", "a test of independence needs two levels of each variable")
	}
	for _, p := range append(append([]float64(nil), pr...), pc...) {
		if p == 0 {
			return pr, pc, fault("table_empty", "a row or column of the table is empty").
				At("table", "a level without answers", "", "join levels")
		}
	}
	return pr, pc, nil
}

// pearson is X² of the weighted shares with n answers.
func (t *Table) pearson(pr, pc []float64, n float64) (x2 float64) {
	for i := range pr {
		for j := range pc {
			e := float64(pr[i] * pc[j])
			x2 += n * (t.Share[i][j] - e) * (t.Share[i][j] - e) / e
		}
	}
	return x2
}

// unitsMinusStrata counts over all rows of a domain, zero weights included.
func (d *Design) unitsMinusStrata(domain []bool) int {
	c := *d
	c.weight = make([]float64, d.n)
	for i := range c.weight {
		c.weight[i] = 1
	}
	return c.DegreesOfFreedom(domain)
}

// raoScott fills F and Pearson. With C the interaction contrasts of the cells,
// Δ = (CᵀD⁻¹C/n)⁻¹ CᵀD⁻¹VD⁻¹C are the generalised design effects (Rao & Scott
// 1984, eq. 2.4).
func (t *Table) raoScott(mean Vector, pr, pc []float64, n, nu float64) error {
	rows, cols := len(pr), len(pc)
	k := (rows - 1) * (cols - 1)
	contrast := make([][]float64, 0, k) // each over the cells, divided by the share
	raw := make([][]float64, 0, k)
	x2 := t.Pearson.Statistic
	for j := 1; j < cols; j++ {
		for i := 1; i < rows; i++ {
			c, r := make([]float64, rows*cols), make([]float64, rows*cols)
			for _, e := range []struct {
				i, j int
				v    float64
			}{{i, j, 1}, {0, 0, 1}, {i, 0, -1}, {0, j, -1}} {
				at := e.j*rows + e.i
				r[at] = e.v
				if p := t.Share[e.i][e.j]; p > 0 {
					c[at] = e.v / p
				}
			}
			contrast, raw = append(contrast, c), append(raw, r)
		}
	}
	den, num := square(k), square(k)
	for a := range k {
		for b := range k {
			for u := range contrast[a] {
				den[a][b] += float64(raw[a][u]*contrast[b][u]) / n
				for v := range contrast[b] {
					num[a][b] += float64(float64(contrast[a][u]*mean.Covariance[u][v]) * contrast[b][v])
				}
			}
		}
	}
	delta, ok := solveLinear(den, num)
	if !ok {
		return fault("table_sparse", "too many cells of the table are empty for a test of independence")
	}
	trace, squares := 0.0, 0.0
	for a := range k {
		trace += delta[a][a]
		for b := range k {
			squares += float64(delta[a][b] * delta[b][a])
		}
	}
	if !(trace > 0) {
		return fault("no_variance", "the table shows no variance between sampling units, so the test has no value")
	}
	d0 := trace * trace / squares
	t.F = Test{Statistic: x2 / trace, DF1: d0, DF2: d0 * nu}
	t.F.P = FTail(t.F.Statistic, t.F.DF1, t.F.DF2)
	t.Pearson.P = ChiSquareTail(x2/(trace/float64(k)), float64(k))
	return nil
}

// wald fills the Wald tests from Y_ij = N_ij - N_i N_j / N, linearised as
// w(1_ij - 1_i N_j/N - 1_j N_i/N + N_i N_j/N²).
func (t *Table) wald(d *Design, row, col []int32, in []bool, pr, pc []float64, nu float64) {
	rows, cols := len(pr), len(pc)
	k := (rows - 1) * (cols - 1)
	total := 0.0
	for i := range t.Weighted {
		for _, v := range t.Weighted[i] {
			total += v
		}
	}
	scores, y := make([][]float64, 0, k), make([][]float64, 0, k)
	for j := 1; j < cols; j++ {
		for i := 1; i < rows; i++ {
			s := make([]float64, d.n)
			for m, ok := range in {
				if !ok {
					continue
				}
				a, b := 0.0, 0.0
				if int(row[m]) == i {
					a = 1
				}
				if int(col[m]) == j {
					b = 1
				}
				s[m] = d.weight[m] * (a - pr[i]) * (b - pc[j])
			}
			scores = append(scores, s)
			y = append(y, []float64{total * (t.Share[i][j] - float64(pr[i]*pc[j]))})
		}
	}
	v, err := d.Variance(scores, in)
	if err != nil {
		return
	}
	x, ok := solveLinear(v, y)
	if !ok {
		return
	}
	w := 0.0
	for a := range y {
		w += float64(y[a][0] * x[a][0])
	}
	f := float64(k)
	wd := Test{Statistic: w / f, DF1: f, DF2: nu}
	wd.P = FTail(wd.Statistic, f, nu)
	t.Wald = &wd
	if left := nu - f + 1; left > 0 {
		adj := Test{Statistic: w * left / (f * nu), DF1: f, DF2: left}
		adj.P = FTail(adj.Statistic, f, left)
		t.AdjustedWald = &adj
	}
}

func rect(rows, cols int) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = make([]float64, cols)
	}
	return m
}
