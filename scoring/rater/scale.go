package rater

import (
	"math"

	"gongping/scoring/shrink/gram"
)

// Consistency is the internal consistency of a scale of k items.
type Consistency struct {
	Persons, Items int
	// Alpha is Cronbach's alpha k/(k-1) (1 - sum of item variances / variance
	// of the sum), Standardised the one from correlations.
	Alpha, Standardised float64
	// ASE is the asymptotic error of Alpha (Duhachek & Iacobucci 2004).
	ASE float64
	// Guttman6 is Guttman's lambda 6; it is nil when the items are linearly
	// dependent.
	Guttman6 *float64
	AverageR float64
	// IfDropped is Alpha without each item, ItemRest the correlation of each
	// item with the sum of the others.
	IfDropped, ItemRest []float64
}

// Covariance returns the covariance matrix of the columns. With pairwise true
// each entry uses every row that has both items; otherwise only complete rows
// count.
//
// Faults: two items answered together by fewer than two persons, an item that everybody
// answers alike.
//
// Source: pairwise entries are an available-case analysis, Little and Rubin (2002), chapter 3.
func Covariance(m Matrix, pairwise bool) ([][]float64, error) {
	_, k, err := m.check()
	if err != nil {
		return nil, err
	}
	if !pairwise {
		m = m.Complete()
	}
	out := make([][]float64, k)
	for a := range out {
		out[a] = make([]float64, k)
		for b := range a + 1 {
			n, sa, sb := 0.0, 0.0, 0.0
			for i, row := range m.Value {
				if !m.missing(i, a) && !m.missing(i, b) {
					n++
					sa += row[a]
					sb += row[b]
				}
			}
			if n < 2 {
				return nil, fault("too_few", "collect more complete answers", "items %d and %d are answered together by %g persons", a+1, b+1, n)
			}
			s := 0.0
			for i, row := range m.Value {
				if !m.missing(i, a) && !m.missing(i, b) {
					s += float64((row[a] - sa/n) * (row[b] - sb/n))
				}
			}
			out[a][b], out[b][a] = s/(n-1), s/(n-1)
		}
	}
	for a := range out {
		if out[a][a] <= 0 {
			return nil, fault("constant", "leave the item out", "item %d is answered alike by everybody", a+1)
		}
	}
	return out, nil
}

// CorrelationOf turns a covariance into a correlation matrix.
func CorrelationOf(cov [][]float64) [][]float64 {
	out := make([][]float64, len(cov))
	for a := range cov {
		out[a] = make([]float64, len(cov))
		for b := range cov {
			out[a][b] = cov[a][b] / math.Sqrt(cov[a][a]*cov[b][b])
		}
		out[a][a] = 1
	}
	return out
}

// AlphaOf is Cronbach's alpha of a covariance (or correlation) matrix; items
// in skip are left out.
//
// Source: Cronbach (1951).
func AlphaOf(cov [][]float64, skip int) float64 {
	k, trace, sum := 0.0, 0.0, 0.0
	for a := range cov {
		if a == skip {
			continue
		}
		k++
		trace += cov[a][a]
		for b := range cov {
			if b != skip {
				sum += cov[a][b]
			}
		}
	}
	return k / (k - 1) * (1 - trace/sum)
}

// MeasureConsistency computes the consistency over complete rows.
//
// Faults: fewer than two items, fewer than two complete rows, an item that
// everybody answers alike, items that cancel out.
//
// Source: Cronbach (1951); lambda 6 Guttman (1945); error Duhachek and Iacobucci
// (2004).
func MeasureConsistency(m Matrix) (*Consistency, error) {
	_, k, err := m.check()
	if err != nil {
		return nil, err
	}
	if k < 2 {
		return nil, fault("too_few", "a scale needs two items at least", "there is %d item", k)
	}
	cov, err := Covariance(m, false)
	if err != nil {
		return nil, err
	}
	sum := 0.0
	for _, row := range cov {
		for _, v := range row {
			sum += v
		}
	}
	if sum <= 1e-12*cov[0][0] {
		return nil, fault("constant", "turn reversed items round", "the sum of the items does not vary")
	}
	cor := CorrelationOf(cov)
	c := &Consistency{Persons: len(m.Complete().Value), Items: k}
	c.Alpha, c.Standardised = AlphaOf(cov, -1), AlphaOf(cor, -1)
	for a := range k {
		for b := range a {
			c.AverageR += cor[a][b] / float64(k*(k-1)/2)
		}
		rest, restSum := 0.0, sum
		for b := range k {
			rest += cov[a][b]
		}
		restSum -= float64(2*rest) - cov[a][a]
		item := 0.0
		if restSum > 0 {
			item = (rest - cov[a][a]) / math.Sqrt(cov[a][a]*restSum)
		}
		c.ItemRest = append(c.ItemRest, item)
		if k > 2 {
			c.IfDropped = append(c.IfDropped, AlphaOf(cov, a))
		}
	}
	c.ASE = alphaError(cov, sum, float64(c.Persons))
	c.Guttman6 = guttman6(cor)
	return c, nil
}

func alphaError(cov [][]float64, sum, n float64) float64 {
	k := float64(len(cov))
	trace, trace2, sum2 := 0.0, 0.0, 0.0
	for a, row := range cov {
		trace += row[a] / sum
		rowSum := 0.0
		for _, v := range row {
			v /= sum                 // the result does not depend on the unit of the answers
			trace2 += float64(v * v) // tr(CC), C symmetric
			rowSum += v
		}
		sum2 += float64(rowSum * rowSum) // 1'CC1
	}
	q := 2 * k * k / ((k - 1) * (k - 1)) * (trace2 + float64(trace*trace) - float64(2*trace*sum2))
	return math.Sqrt(math.Max(0, q) / n)
}

func guttman6(cor [][]float64) *float64 {
	k := len(cor)
	flat := make([]float64, 0, k*k)
	sum := 0.0
	for _, row := range cor {
		flat = append(flat, row...)
		for _, v := range row {
			sum += v
		}
	}
	f := gram.Decompose(flat, k, k, nil, 1e-10)
	if f.Rank() < k {
		return nil
	}
	inv := f.Inverse()
	unique := 0.0
	for a := range k {
		unique += 1 / inv[a*k+a]
	}
	g := 1 - unique/sum
	return &g
}
