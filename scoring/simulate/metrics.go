package simulate

import (
	"cmp"
	"math"
	"slices"
)

// Estimators side by side, in the order of the columns.
var Estimators = []string{"raw", "trimmed", "huber", "eb", "official", "oracle"}

const (
	eRaw = iota
	eTrimmed
	eHuber
	eEB
	eOfficial
	eOracle
	nEstimators
)

// MaxWorst is how many added hostile or coached answers are measured.
const MaxWorst = 5

// Measure is one estimator in one cell of the simulation. Values that do not
// exist there (no complaint, no interval, no oracle) are nil.
type Measure struct {
	Estimator string   `json:"estimator"`
	RMSE      float64  `json:"rmse"`
	RMSEError float64  `json:"rmse_error"` // simulation standard error
	Bias      float64  `json:"bias"`
	Coverage  *float64 `json:"coverage,omitempty"`
	WrongBand float64  `json:"wrong_band"`
	Bottom    float64  `json:"bottom_tenth"`
	// ShiftLow[k-1] is the mean move by k hostile answers, ShiftHigh by k
	// coached ones, other answers and the prior held fixed.
	ShiftLow  []float64 `json:"shift_low"`
	ShiftHigh []float64 `json:"shift_high"`
	// Kept is the share of the collective complaint that reaches the score.
	Kept *float64 `json:"kept,omitempty"`
	// CoachBias is the mean error in coached units.
	CoachBias *float64 `json:"coach_bias,omitempty"`
}

// tally collects one estimator over the replicates of a cell.
type tally struct {
	rmse, wrong, bottom         []float64 // by replicate
	coverage                    []float64
	bias, n                     float64
	covered, intervals          float64
	shiftLow, shiftHigh         [MaxWorst]float64
	shifts                      float64
	information                 float64 // of the oracle: sum of bottomInformation over the shifted units
	keptNum, keptDen            float64
	keptNums, keptDens          []float64 // by replicate
	coachErr, coachN            float64
	bandsGiven, bandsGivenWrong float64
}

func mean(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s / float64(len(x))
}

// meanError is the standard error of the mean of x.
func meanError(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	m, s := mean(x), 0.0
	for _, v := range x {
		s += (v - m) * (v - m)
	}
	return math.Sqrt(s / float64(len(x)-1) / float64(len(x)))
}

// rankLowest returns the indices of the k smallest, ties by index.
func rankLowest(x []float64, k int) map[int]bool {
	idx := make([]int, len(x))
	for i := range idx {
		idx[i] = i
	}
	slices.SortFunc(idx, func(a, b int) int { return cmp.Or(cmp.Compare(x[a], x[b]), cmp.Compare(a, b)) })
	out := make(map[int]bool, k)
	for _, i := range idx[:k] {
		out[i] = true
	}
	return out
}

// quantiles returns the values at the probabilities (type 1).
func quantiles(x, probs []float64) []float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	out := make([]float64, len(probs))
	for i, p := range probs {
		out[i] = s[min(len(s)-1, int(p*float64(len(s))))]
	}
	return out
}

func (t *tally) measure(name string) Measure {
	m := Measure{Estimator: name, RMSE: mean(t.rmse), RMSEError: meanError(t.rmse), Bias: t.bias / t.n,
		WrongBand: mean(t.wrong), Bottom: mean(t.bottom)}
	for k := range MaxWorst {
		m.ShiftLow = append(m.ShiftLow, t.shiftLow[k]/t.shifts)
		m.ShiftHigh = append(m.ShiftHigh, t.shiftHigh[k]/t.shifts)
	}
	m.Coverage = ratio(t.covered, t.intervals)
	m.Kept = ratio(t.keptNum, t.keptDen)
	m.CoachBias = ratio(t.coachErr, t.coachN)
	return m
}

// closeReplicate ends a replicate for the figures that are ratios of sums.
func (t *tally) closeReplicate() {
	num, den := t.keptNum, t.keptDen
	for i := range t.keptNums {
		num -= t.keptNums[i]
		den -= t.keptDens[i]
	}
	t.keptNums, t.keptDens = append(t.keptNums, num), append(t.keptDens, den)
}

// keptError is the standard error of the share kept less that of another
// estimator (nil = none), from the residuals by replicate.
func (t *tally) keptError(other *tally) float64 {
	if len(t.keptNums) < 2 || t.keptDen == 0 {
		return 0
	}
	kept := func(x *tally, i int) float64 { return x.keptNums[i] - x.keptNum/x.keptDen*x.keptDens[i] }
	ss, r := 0.0, float64(len(t.keptNums))
	for i := range t.keptNums {
		d := kept(t, i)
		if other != nil {
			d -= kept(other, i)
		}
		ss += d * d
	}
	return math.Sqrt(ss*r/(r-1)) / t.keptDen
}

func ratio(a, b float64) *float64 {
	if b == 0 {
		return nil
	}
	v := a / b
	return &v
}
