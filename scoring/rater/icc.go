package rater

import (
	"gongping/scoring/shrink"
)

// MeanSquares are the mean squares of subjects by raters: of subjects (n-1
// df), raters (k-1), residual ((n-1)(k-1)) and within subjects (n(k-1)).
type MeanSquares struct {
	Subjects, Raters                   int
	Subject, Rater, Residual, WithinMS float64
}

// Correlation is one intraclass correlation with its F test and 95% interval.
// Ratings that agree completely give 1 with the interval [1, 1], F 0 (it would
// be infinite) and P 0; where the form has no value Defined is false.
type Correlation struct {
	Defined      bool
	Value        float64
	F, DF1, DF2  float64
	P            float64
	Lower, Upper float64
}

// ICC are the six intraclass correlations of Shrout & Fleiss (1979,
// Psychological Bulletin 86:420-428): one-way, two-way random with absolute
// agreement, two-way mixed with consistency, each for a single rating and for
// the mean of k ratings.
type ICC struct {
	OneWay, Agreement, Consistency             Correlation // ICC(1,1), ICC(2,1), ICC(3,1)
	OneWayMean, AgreementMean, ConsistencyMean Correlation // the same for the mean of k raters
	MeanSquares                                MeanSquares
}

// ICCFromMeanSquares computes the six forms from complete ratings.
//
// Faults: missing ratings (see ICCFromREML), fewer than two subjects or
// raters, constant ratings.
//
// Source: Shrout and Fleiss (1979).
func ICCFromMeanSquares(m Matrix) (*ICC, error) {
	n, k, err := m.check()
	if err != nil {
		return nil, err
	}
	if len(m.Complete().Value) < n {
		return nil, fault("incomplete", "use the form from variance components, or leave out incomplete rows",
			"mean squares need every rater to rate every subject")
	}
	if n < 2 || k < 2 {
		return nil, fault("one_rater", "agreement needs two subjects and two raters at least",
			"there are %d subjects and %d raters", n, k)
	}
	grand := 0.0
	row, col := make([]float64, n), make([]float64, k)
	for i, r := range m.Value {
		for j, v := range r {
			row[i] += v / float64(k)
			col[j] += v / float64(n)
		}
		grand += row[i] / float64(n)
	}
	var ssRow, ssCol, ssRes, ssWithin float64
	for i, r := range m.Value {
		ssRow += float64(float64(k) * (row[i] - grand) * (row[i] - grand))
		for j, v := range r {
			e := v - row[i] - col[j] + grand
			ssRes += float64(e * e)
			ssWithin += float64((v - row[i]) * (v - row[i]))
		}
	}
	for _, c := range col {
		ssCol += float64(float64(n) * (c - grand) * (c - grand))
	}
	// What is left of equal ratings is rounding error, not disagreement.
	floor := 1e-24 * (ssRow + ssWithin)
	for _, ss := range []*float64{&ssRow, &ssCol, &ssRes, &ssWithin} {
		if *ss < floor {
			*ss = 0
		}
	}
	if ssRow+ssWithin == 0 {
		return nil, fault("constant", "ratings that never differ show neither agreement nor its lack", "all ratings are equal")
	}
	fn, fk := float64(n), float64(k)
	return iccForms(MeanSquares{n, k, ssRow / (fn - 1), ssCol / (fk - 1),
		ssRes / ((fn - 1) * (fk - 1)), ssWithin / (fn * (fk - 1))}), nil
}

// Components are variance components of ratings.
type Components struct {
	Subject, Rater, Residual float64
	Status                   shrink.Status
	Note                     string
}

// ICCFromREML computes the six forms from the variances of a crossed random
// model, which allows for missing ratings. Intervals and tests are those of a
// complete design of the same size, and are too narrow when many are missing.
//
// Faults: fewer than two subjects or raters; those of shrink.FitMixed.
//
// Source: McGraw and Wong (1996); REML Patterson and Thompson (1971).
func ICCFromREML(m Matrix) (*ICC, *Components, error) {
	n, k, err := m.check()
	if err != nil {
		return nil, nil, err
	}
	if n < 2 || k < 2 {
		return nil, nil, fault("one_rater", "agreement needs two subjects and two raters at least",
			"there are %d subjects and %d raters", n, k)
	}
	var d shrink.Mixed
	subject, rater := shrink.Grouping{Name: "subject", Levels: n}, shrink.Grouping{Name: "rater", Levels: k}
	var one []float64
	for i, r := range m.Value {
		for j, v := range r {
			if m.missing(i, j) {
				continue
			}
			d.Y, one = append(d.Y, v), append(one, 1)
			subject.Codes, rater.Codes = append(subject.Codes, int32(i)), append(rater.Codes, int32(j))
		}
	}
	d.X, d.Groups = [][]float64{one}, []shrink.Grouping{subject, rater}
	fit, err := shrink.FitMixed(d, shrink.REML)
	if err != nil {
		return nil, nil, err
	}
	c := &Components{Subject: fit.Variance[0], Rater: fit.Variance[1], Residual: fit.Residual,
		Status: fit.Status, Note: fit.Note}
	fn, fk := float64(n), float64(k)
	return iccForms(MeanSquares{n, k, float64(fk*c.Subject) + c.Residual, float64(fn*c.Rater) + c.Residual,
		c.Residual, c.Residual + c.Rater}), c, nil
}

func iccForms(s MeanSquares) *ICC {
	n, k := float64(s.Subjects), float64(s.Raters)
	r := &ICC{MeanSquares: s}
	b, j, e, w := s.Subject, s.Rater, s.Residual, s.WithinMS
	r.OneWay, r.OneWayMean = byRatio(b, w, n-1, n*(k-1), k)
	r.Consistency, r.ConsistencyMean = byRatio(b, e, n-1, (n-1)*(k-1), k)
	r.Agreement, r.AgreementMean = r.Consistency, r.ConsistencyMean
	r.Agreement.Defined, r.AgreementMean.Defined = false, false
	single := b + float64((k-1)*e) + k*(j-e)/n
	mean := b + (j-e)/n
	if e <= 0 && j <= 0 && b > 0 {
		r.Agreement.Defined, r.AgreementMean.Defined = true, true
		return r
	}
	if single <= 0 || e <= 0 {
		return r
	}
	a := &r.Agreement
	a.Defined, a.Value = true, (b-e)/single
	// The mean of the raters has no variance to speak of where theirs is smaller
	// than the residual's by more than the subjects show.
	if mean > 1e-12*single {
		r.AgreementMean.Defined, r.AgreementMean.Value = true, (b-e)/mean
	}
	fj := j / e
	u := float64(n*(1+float64((k-1)*a.Value))) - float64(k*a.Value) // Satterthwaite's degrees of freedom
	top := float64(k*a.Value*fj) + u
	df := (k - 1) * (n - 1) * top * top / (float64((n-1)*k*k*a.Value*a.Value*fj*fj) + float64(u*u))
	up, down := fQuantile(0.975, n-1, df), fQuantile(0.975, df, n-1)
	rest := float64(k*j) + float64((float64(k*n)-k-n)*e)
	a.Lower = n * (b - float64(up*e)) / (float64(up*rest) + float64(n*b))
	a.Upper = n * (float64(down*b) - e) / (rest + float64(n*down*b))
	r.AgreementMean.Lower = a.Lower * k / (1 + float64(a.Lower*(k-1)))
	r.AgreementMean.Upper = a.Upper * k / (1 + float64(a.Upper*(k-1)))
	return r
}

// byRatio gives the forms that depend on one F ratio.
func byRatio(b, e, df1, df2, k float64) (single, mean Correlation) {
	if e <= 0 {
		if b > 0 {
			single = Correlation{Defined: true, Value: 1, DF1: df1, DF2: df2, Lower: 1, Upper: 1}
		}
		return single, single
	}
	f := b / e
	single = Correlation{Defined: true, F: f, DF1: df1, DF2: df2, P: fTail(f, df1, df2)}
	mean = single
	lo, up := f/fQuantile(0.975, df1, df2), float64(f*fQuantile(0.975, df2, df1))
	at := func(x float64) float64 { return (x - 1) / (x + k - 1) }
	single.Value, single.Lower, single.Upper = at(f), at(lo), at(up)
	if f <= 0 || lo <= 0 {
		mean.Defined = false
		return single, mean
	}
	mean.Value, mean.Lower, mean.Upper = 1-1/f, 1-1/lo, 1-1/up
	return single, mean
}
