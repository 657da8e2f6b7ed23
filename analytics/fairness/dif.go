package fairness

import (
	"math"
	"slices"
)

// OrdinalDIF tests whether an item works differently for a group: residents of
// the same total who belong to different groups answer it differently
// (Zumbo 1999; Swaminathan & Rogers 1990, J. Educ. Meas. 27:361-370).
type OrdinalDIF struct {
	Status Status
	Note   string
	// LogLik and McFadden are those of three models: total; total and group;
	// total, group and their product. McFadden = 1 - loglik/loglik of the cut
	// points alone.
	LogLik, McFadden [3]float64
	// Likelihood-ratio tests: Uniform (one model further, 1 df), NonUniform (1
	// df), Total (2 df).
	Uniform, NonUniform, Total    float64
	UniformP, NonUniformP, TotalP float64
	// GroupCoef and TotalCoef are those of the second model; TotalOnlyCoef and
	// Cut those of the first.
	GroupCoef, TotalCoef, TotalOnlyCoef float64
	Cut, CutWithGroup                   []float64
}

// MeasureOrdinalDIF fits the three models. answer is the item, total the
// matching score, second is true for rows of the second group, whose effect
// GroupCoef is.
//
// Faults: all answers equal, one group empty, all totals equal.
//
// Source: Zumbo (1999).
func MeasureOrdinalDIF(answer, total []float64, second []bool) (*OrdinalDIF, error) {
	checkLength("total", len(total), len(answer))
	checkLength("second", len(second), len(answer))
	if err := checkFinite("the item", answer); err != nil {
		return nil, err
	}
	if err := checkFinite("the total", total); err != nil {
		return nil, err
	}
	if !slices.Contains(second, true) || !slices.Contains(second, false) {
		return nil, fault("one_group", "compare two groups", "one of the groups has no answers")
	}
	if slices.Min(total) == slices.Max(total) {
		return nil, fault("constant", "match on a score that varies", "all totals are equal")
	}
	category, categories := categorise(answer)
	group, product := make([]float64, len(total)), make([]float64, len(total))
	for i, s := range second {
		if s {
			group[i], product[i] = 1, total[i]
		}
	}
	null, err := FitOrdinal(category, categories, nil)
	if err != nil {
		return nil, err
	}
	d := &OrdinalDIF{Status: OK}
	columns := [][]float64{total, group, product}
	for k := range 3 {
		fit, err := FitOrdinal(category, categories, columns[:k+1])
		if err != nil {
			return nil, err
		}
		if fit.Status != OK {
			d.Status = NotConverged
			d.Note = "An ordinal model did not converge: the total or the group separates the answers. Join rare categories."
		}
		d.LogLik[k] = fit.LogLik
		d.McFadden[k] = 1 - fit.LogLik/null.LogLik
		switch k {
		case 0:
			d.TotalOnlyCoef, d.Cut = fit.Coef[0], fit.Cut
		case 1:
			d.TotalCoef, d.GroupCoef, d.CutWithGroup = fit.Coef[0], fit.Coef[1], fit.Cut
		}
	}
	d.Uniform = math.Max(0, 2*(d.LogLik[1]-d.LogLik[0]))
	d.NonUniform = math.Max(0, 2*(d.LogLik[2]-d.LogLik[1]))
	d.Total = math.Max(0, 2*(d.LogLik[2]-d.LogLik[0]))
	d.UniformP, d.NonUniformP = chiSquareTail(d.Uniform, 1), chiSquareTail(d.NonUniform, 1)
	d.TotalP = chiSquareTail(d.Total, 2)
	return d, nil
}

func categorise(answer []float64) ([]int32, int) {
	levels := slices.Clone(answer)
	slices.Sort(levels)
	levels = slices.Compact(levels)
	out := make([]int32, len(answer))
	for i, v := range answer {
		k, _ := slices.BinarySearch(levels, v)
		out[i] = int32(k)
	}
	return out, len(levels)
}

// MantelHaenszel is the common odds ratio of a yes-or-no answer for two groups
// over strata of equal standing (Mantel & Haenszel 1959; interval of Robins,
// Breslow & Greenland 1986).
type MantelHaenszel struct {
	Strata int // strata with two answers or more
	// OddsRatio is (first no × second yes)/(first yes × second no): above 1
	// when the second group says yes more often. Nil when it is 0 (see Never),
	// 0/0 or infinite.
	OddsRatio *float64
	// Never says that the odds ratio is 0: no stratum holds a yes of the second
	// group beside a no of the first. Its logarithm and interval have no value.
	Never        bool
	Lower, Upper *float64 // 95% interval
	// ChiSquare is without, ChiSquareCorrected with continuity correction, 1
	// df; nil when no stratum holds both groups and both answers.
	ChiSquare, ChiSquareCorrected, P, PCorrected *float64
	// DeltaDIF = -2.35 ln OddsRatio is the ETS delta: below -1.5 large, within
	// ±1 negligible (Dorans & Holland 1993).
	DeltaDIF *float64
}

// MeasureMantelHaenszel computes the common odds ratio. Rows with a negative
// stratum are left out.
//
// Source: Mantel and Haenszel (1959); Holland and Thayer (1988); error Robins,
// Breslow and Greenland (1986).
func MeasureMantelHaenszel(yes, second []bool, stratum []int32, strata int) (*MantelHaenszel, error) {
	checkLength("second", len(second), len(yes))
	checkLength("stratum", len(stratum), len(yes))
	cells := make([][4]float64, strata) // first no, first yes, second no, second yes
	for i, s := range stratum {
		if s < 0 {
			continue
		}
		k := 0
		if second[i] {
			k += 2
		}
		if yes[i] {
			k++
		}
		cells[s][k]++
	}
	m := &MantelHaenszel{}
	var num, den, delta, variance, pr, ps, qs float64
	for _, c := range cells {
		n := c[0] + c[1] + c[2] + c[3]
		if n < 2 {
			continue
		}
		m.Strata++
		r, s := c[0]*c[3]/n, c[1]*c[2]/n
		p, q := (c[0]+c[3])/n, (c[1]+c[2])/n
		num += r
		den += s
		pr += float64(p * r)
		ps += float64(p*s) + float64(q*r)
		qs += float64(q * s)
		row, col := c[0]+c[1], c[0]+c[2]
		delta += c[0] - row*col/n
		variance += row * (n - row) * col * (n - col) / (n * n * (n - 1))
	}
	if m.Strata == 0 {
		return nil, fault("too_few", "use fewer strata", "no stratum has two answers")
	}
	m.fill(num, den, delta, variance, pr, ps, qs)
	return m, nil
}

func (m *MantelHaenszel) fill(num, den, delta, variance, pr, ps, qs float64) {
	keep := func(v float64) *float64 { return &v }
	if num > 0 && den > 0 {
		or := num / den
		sd := math.Sqrt(pr/(2*num*num) + ps/(2*num*den) + qs/(2*den*den))
		half := normalQuantile(0.975) * sd
		m.OddsRatio = &or
		m.Lower, m.Upper = keep(or*math.Exp(-half)), keep(or*math.Exp(half))
		m.DeltaDIF = keep(-2.35 * math.Log(or))
	}
	m.Never = num == 0 && den > 0
	if variance > 0 {
		yates := 0.0
		if math.Abs(delta) >= 0.5 {
			yates = 0.5
		}
		c := math.Abs(delta) - yates
		m.ChiSquare, m.ChiSquareCorrected = keep(delta*delta/variance), keep(c*c/variance)
		m.P, m.PCorrected = keep(chiSquareTail(*m.ChiSquare, 1)), keep(chiSquareTail(*m.ChiSquareCorrected, 1))
	}
}

// Strata sorts scores into the intervals of breaks, closed on the right, the
// lowest break included (as R's cut with include.lowest); -1 outside.
func Strata(score, breaks []float64) []int32 {
	out := make([]int32, len(score))
	for i, v := range score {
		k, exact := slices.BinarySearch(breaks, v)
		switch {
		case exact && k == 0:
			out[i] = 0
		case k == 0 || k == len(breaks):
			out[i] = -1
		default:
			out[i] = int32(k - 1)
		}
	}
	return out
}
