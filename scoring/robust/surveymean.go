package robust

import (
	"fmt"
	"math"
)

// SurveyMean is a robust mean of a finite population.
type SurveyMean struct {
	Location
	// Scores: the design variance of their total is the variance of the mean.
	Scores []float64
	SumW   float64
}

// SurveyHajek is the weighted M-estimate of the mean (Hájek type): Estimate
// with the scores w u (x − μ)/Σw for its design variance (Hulliger 1995).
//
// Faults: those of Estimate.
func SurveyHajek(x, w []float64, rule Rule) (*SurveyMean, error) {
	l, err := Estimate(x, w, rule)
	if err != nil {
		return nil, err
	}
	w = ones(w, len(x))
	m := &SurveyMean{Location: l, Scores: make([]float64, len(x))}
	for _, v := range w {
		m.SumW += v
	}
	for i, v := range x {
		m.Scores[i] = l.RobustWeights[i] * (v - l.Value) * w[i] / m.SumW
	}
	return m, nil
}

// SurveyHorvitzThompson is the robustified Horvitz–Thompson estimate of the
// mean (Hulliger 1995, 1999): the M-regression through the origin of y on
// x = w̄/w with error variance proportional to x, whose least squares version
// is the weighted mean. An answer is judged by y and its weight together: a
// large answer with a large weight is the one that can swing a total. The
// scale is the weighted MAD of the standardised residuals about their weighted
// median, estimated again at every step.
func SurveyHorvitzThompson(y, w []float64, rule Rule) (*SurveyMean, error) {
	if err := check(y, w); err != nil {
		return nil, err
	}
	w = ones(w, len(y))
	rule = rule.defaults()
	n, m := 0.0, &SurveyMean{Scores: make([]float64, len(y))}
	for _, v := range w {
		m.SumW += v
		if v > 0 {
			n++
		}
	}
	average := m.SumW / n
	m.Median, m.Value = Sort(y, w).Median(), weightedMean(y, w)
	m.RobustWeights = make([]float64, len(y))
	r := make([]float64, len(y))
	m.Status, m.Kind = NotConverged, ScaleMAD
	for m.Iterations < rule.MaxIterations {
		m.Iterations++
		for i, v := range y {
			if w[i] > 0 {
				x := average / w[i]
				r[i] = (v - float64(m.Value*x)) / math.Sqrt(x)
			}
		}
		s := Sort(r, w)
		if m.Scale = s.MAD(s.Median(), rule.MADConstant); m.Scale == 0 {
			m.Scale, m.Kind = s.IQR(rule.MADConstant/2), ScaleIQR
		}
		if m.Scale == 0 {
			m.Status, m.Kind = ZeroScale, ScaleNone
			break
		}
		a, b := 0.0, 0.0
		for i, v := range y {
			u := rule.Psi.Weight(r[i] / m.Scale)
			m.RobustWeights[i] = u
			a += float64(w[i] * float64(u*v))
			if w[i] > 0 {
				b += float64(u * average)
			}
		}
		if b == 0 {
			return nil, fault("lost", "answers", "", "a ψ that keeps some answers", "use Huber's ψ", "every answer lost its weight")
		}
		next := a / b
		done := math.Abs(next-m.Value) <= rule.Tolerance*m.Scale
		m.Value = next
		if done {
			m.Status = OK
			break
		}
	}
	m.hulligerScores(y, w, n)
	return m, nil
}

// hulligerScores linearises μ = Σ w u y / (ū Σ w), ū the mean of u, with the u
// taken as given: w (u y − μ ū)/(ū Σ w). They add up to zero, and at k = ∞
// they are those of the weighted mean.
func (m *SurveyMean) hulligerScores(y, w []float64, n float64) {
	if m.Status == ZeroScale {
		for i := range m.RobustWeights {
			m.RobustWeights[i] = 1
		}
	}
	mean := 0.0
	for i, u := range m.RobustWeights {
		if w[i] > 0 {
			mean += u
		}
	}
	mean /= n
	for i, v := range y {
		m.Scores[i] = w[i] * (float64(m.RobustWeights[i]*v) - float64(m.Value*mean)) / (mean * m.SumW)
	}
}

// Censored is a total with large weighted answers cut (Dalén 1987).
type Censored struct {
	Total  float64 // Σ min(w y, c): the excess is dropped (estimator Z2)
	Excess float64 // Z3: the excess counts with weight 1
	// RobustWeights is min(1, c/(w y)).
	RobustWeights []float64
	Cut           int
}

// DalenTotal estimates a total with weighted answers w y above the constant c
// cut to it (Dalén 1987); y must not be negative.
//
// Faults: those of Estimate; a constant that is not above 0.
func DalenTotal(y, w []float64, c float64) (*Censored, error) {
	if err := check(y, w); err != nil {
		return nil, err
	}
	if !(c > 0) {
		return nil, fault("censoring", "constant", fmt.Sprint(c), "a number above zero", "", "the censoring constant is not above zero")
	}
	w = ones(w, len(y))
	out := &Censored{RobustWeights: make([]float64, len(y))}
	for i, v := range y {
		out.RobustWeights[i] = 1
		wy := float64(w[i] * v)
		if wy <= c {
			out.Total += wy
			out.Excess += wy
			continue
		}
		out.Cut++
		out.RobustWeights[i] = c / wy
		out.Total += c
		out.Excess += c + (wy-c)/w[i]
	}
	return out, nil
}
