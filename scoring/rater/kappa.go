package rater

import (
	"math"
)

// Kappa is a chance-corrected agreement with its large-sample errors.
type Kappa struct {
	// Value = (Observed - Expected)/(1 - Expected).
	Value, Observed, Expected float64
	// SE is that of Fleiss, Cohen & Everitt (1969), SENull the one without
	// agreement; Lower and Upper are Value -+ 1.96 SE.
	SE, SENull, Lower, Upper float64
}

// Scheme gives partial credit to ratings that nearly agree.
type Scheme int

// The schemes.
const (
	Unweighted Scheme = iota
	Linear            // 1 - |i-j|/(k-1)
	Quadratic         // 1 - (i-j)^2/(k-1)^2
)

// CohenKappa computes (weighted) kappa from a square table of counts, first
// rater by second rater (Cohen 1960, 1968).
//
// Faults: fewer than two categories, an empty table, expected agreement 1
// (both raters use one category only).
func CohenKappa(count [][]float64, scheme Scheme) (*Kappa, error) {
	k := len(count)
	if k < 2 {
		return nil, fault("constant", "kappa needs two categories at least", "there is %d category", k)
	}
	n := 0.0
	row, col := make([]float64, k), make([]float64, k)
	for i, r := range count {
		if len(r) != k {
			panic("rater: the table of a kappa must be square")
		}
		for j, c := range r {
			if !(c >= 0) || math.IsInf(c, 0) {
				return nil, fault("bad_count", "give counts of at least zero", "cell %d,%d counts %g", i+1, j+1, c)
			}
			n += c
			row[i] += c
			col[j] += c
		}
	}
	if n == 0 {
		return nil, fault("too_few", "give at least one pair of ratings", "the table is empty")
	}
	weight := func(i, j int) float64 { return agreement(scheme, i, j, k) }
	out := &Kappa{}
	barRow, barCol := make([]float64, k), make([]float64, k)
	for i := range k {
		for j := range k {
			w := weight(i, j)
			out.Observed += w * count[i][j] / n
			out.Expected += float64(w * (row[i] / n) * (col[j] / n))
			barRow[i] += w * col[j] / n
			barCol[j] += w * row[i] / n
		}
	}
	if 1-out.Expected <= 1e-14 {
		return nil, fault("constant", "kappa is undefined when both raters use one category only",
			"the agreement expected by chance is complete")
	}
	out.Value = (out.Observed - out.Expected) / (1 - out.Expected)
	out.errors(count, row, col, barRow, barCol, n, weight)
	return out, nil
}

func agreement(scheme Scheme, i, j, k int) float64 {
	d := math.Abs(float64(i-j)) / float64(k-1)
	switch {
	case scheme == Linear:
		return 1 - d
	case scheme == Quadratic:
		return 1 - float64(d*d)
	case i == j:
		return 1
	}
	return 0
}

func (r *Kappa) errors(count [][]float64, row, col, barRow, barCol []float64, n float64, weight func(i, j int) float64) {
	v, v0 := 0.0, 0.0
	rest := 1 - r.Value
	for i := range row {
		for j := range col {
			bar := barRow[i] + barCol[j]
			a, b := weight(i, j)-float64(bar*rest), weight(i, j)-bar
			v += float64(count[i][j] / n * a * a)
			v0 += float64(row[i] / n * (col[j] / n) * b * b)
		}
	}
	t := r.Value - float64(r.Expected*rest)
	scale := math.Sqrt(n) * (1 - r.Expected)
	r.SE = math.Sqrt(math.Max(0, v-float64(t*t))) / scale
	r.SENull = math.Sqrt(math.Max(0, v0-float64(r.Expected*r.Expected))) / scale
	r.Lower, r.Upper = r.Value-float64(z95*r.SE), r.Value+float64(z95*r.SE)
}

// Fleiss is the agreement of several raters on categories (Fleiss 1971).
type Fleiss struct {
	Subjects, Raters int
	Kappa            float64
	Observed         float64
	Expected         float64
	// SENull is the error without agreement (Fleiss, Nee & Landis 1979), Z =
	// Kappa/SENull.
	SENull, Z float64
	// Category holds the categories in order, ByCategory the kappa of each
	// against the others.
	Category   []float64
	ByCategory []float64
	// Conger allows for raters with different habits (Conger 1980).
	Conger float64
}

// FleissKappa computes Fleiss' kappa over the complete rows of m.
//
// Faults: fewer than one complete subject or two raters, a single category.
//
// Source: Fleiss (1971); error Fleiss, Nee and Landis (1979); exact form Conger
// (1980).
func FleissKappa(m Matrix) (*Fleiss, error) {
	if _, _, err := m.check(); err != nil {
		return nil, err
	}
	m = m.Complete()
	n := len(m.Value)
	if n == 0 || len(m.Value[0]) < 2 {
		return nil, fault("one_rater", "agreement needs two raters and a subject that all of them rated",
			"there are %d complete subjects", n)
	}
	k := len(m.Value[0])
	cats := levels(m)
	if len(cats) < 2 {
		return nil, fault("constant", "kappa is undefined when only one category is used", "all ratings are equal")
	}
	f := &Fleiss{Subjects: n, Raters: k, Category: cats}
	counts, share, byRater := tally(m, cats)
	fn, fk := float64(n), float64(k)
	chance, pq, third := 0.0, 0.0, 0.0
	for c, p := range share {
		disagree := 0.0
		for _, row := range counts {
			disagree += float64(row[c] * (fk - row[c]))
			f.Observed += row[c] * (row[c] - 1) / (fn * fk * (fk - 1))
		}
		f.ByCategory = append(f.ByCategory, 1-disagree/(fn*fk*(fk-1)*p*(1-p)))
		chance += float64(p * p)
		pq += float64(p * (1 - p))
		third += float64(p * (1 - p) * (1 - 2*p))
	}
	f.Expected = chance
	f.Kappa = (f.Observed - chance) / (1 - chance)
	f.SENull = math.Sqrt(2/(fn*fk*(fk-1))) * math.Sqrt(math.Max(0, float64(pq*pq)-third)) / pq
	if f.SENull > 0 {
		f.Z = f.Kappa / f.SENull
	}
	spread := 0.0
	for c := range cats {
		for r := range k {
			d := byRater[r][c] - share[c]
			spread += d * d / fk
		}
	}
	exact := chance - spread/(fk-1)
	f.Conger = (f.Observed - exact) / (1 - exact)
	return f, nil
}

// tally counts categories per subject, overall shares and shares per rater.
func tally(m Matrix, cats []float64) (counts [][]float64, share []float64, byRater [][]float64) {
	n, k := len(m.Value), len(m.Value[0])
	share = make([]float64, len(cats))
	byRater = make([][]float64, k)
	for r := range byRater {
		byRater[r] = make([]float64, len(cats))
	}
	for _, row := range m.Value {
		line := make([]float64, len(cats))
		for r, v := range row {
			c := at(cats, v)
			line[c]++
			share[c] += 1 / float64(n*k)
			byRater[r][c] += 1 / float64(n)
		}
		counts = append(counts, line)
	}
	return counts, share, byRater
}
