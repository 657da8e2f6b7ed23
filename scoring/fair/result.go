package fair

// Status says what may be done with a unit's score. The higher ones include
// the lower.
type Status uint8

// The statuses, in the order of the gates.
const (
	// NotEnough: too few completes; no unit score may be shown.
	NotEnough Status = iota
	// LowReliability: shown with that mark, inside the administration only.
	LowReliability
	// Publishable: enough completes or reliability for publication.
	Publishable
	// Consequential: reliability for consequences in this and the last round.
	Consequential
)

// String gives the catalogue key of the status.
func (s Status) String() string {
	return [...]string{"not_enough", "low_reliability", "publishable", "consequential"}[s]
}

// NoBand says that no single band is given; BandLo and BandHi say which remain.
const NoBand = -1

// UnitResult is everything the run records about a unit.
type UnitResult struct {
	N          int     // completes
	EffectiveN float64 // Kish
	// SamplingFraction is the share of the sampling variance that the finite
	// population takes away: the share of the residents who answered, 1 in a
	// census.
	SamplingFraction float64

	// Raw is the design-weighted mean with its linearised standard error,
	// Adjusted the same after case-mix adjustment, Huber the robust and EB the
	// plain empirical-Bayes mean: diagnostics beside the official score.
	Raw, RawSE, Adjusted, Huber, EB float64

	// Official is the score; SE its posterior standard deviation, Lo and Hi the
	// interval at Params.Level.
	Official, SE, Lo, Hi float64
	// EBSE is the posterior standard deviation of EB.
	EBSE float64
	// Reliability of a raw mean with this effective n: tau2/(tau2+sigma2/n).
	Reliability float64

	Status Status
	// Band is the band the posterior is sure enough of, or NoBand. PointBand is
	// the band of Official itself, BandLo..BandHi those the interval touches.
	Band, PointBand, BandLo, BandHi int
	// BandProbability is the posterior probability of PointBand.
	BandProbability float64

	// Fragility is the fewest answers whose removal moves Official into another
	// band; 0 where more than Params.MaxFragility would be needed.
	Fragility int
	// FragileUp is true if those are low answers (their removal lifts the unit).
	FragileUp bool

	// LowShare and HighShare are the shrunk shares of extreme answers, LowRaw
	// and HighRaw the observed ones.
	LowShare, HighShare, LowRaw, HighRaw float64
	OrdinaryMean                         float64

	// WithoutLowest[k-1] is how far Official moves when the k answers that pull
	// it down most are removed; WithoutHighest likewise upwards pull. The Raw
	// pair gives the same for the plain mean.
	WithoutLowest, WithoutHighest       []float64
	RawWithoutLowest, RawWithoutHighest []float64

	CollectiveLow, CollectiveHigh Collective
}

// Reason says why an answer counts as it does.
type Reason uint8

// The reasons.
const (
	// Ordinary: counted like every other answer.
	Ordinary Reason = iota
	// IsolatedLow: an extreme low answer without company, counted less.
	IsolatedLow
	// IsolatedHigh: an extreme high answer without company (possibly coached),
	// counted less.
	IsolatedHigh
	// CollectiveLow: one of several low answers of unrelated households that
	// share a theme, building or week; must not be treated as isolated.
	CollectiveLow
	// CollectiveHigh: the same for praise.
	CollectiveHigh
	// FrequentLow: extreme low, and so frequent in the unit that it counts.
	FrequentLow
	// FrequentHigh: extreme high, and so frequent in the unit that it counts.
	FrequentHigh
	// BatchLow: the answer comes from a fieldwork batch in which low answers
	// pile up; all answers of the batch count less until it is checked.
	BatchLow
	// BatchHigh: the same with high answers.
	BatchHigh
)

// Reasons is how many there are.
const Reasons = int(BatchHigh) + 1

// String gives the catalogue key of the reason.
func (r Reason) String() string {
	return [...]string{"ordinary", "isolated_low", "isolated_high", "collective_low", "collective_high",
		"frequent_low", "frequent_high", "batch_low", "batch_high"}[r]
}

// Answers are the per-answer columns of a run, in the order of the input.
type Answers struct {
	// Influence is how far the answer moves the official score of its unit:
	// the score with it less the score without it, other answers and the prior
	// held fixed. RawInfluence is the same for the plain weighted mean.
	Influence, RawInfluence []float64
	// RobustWeight is the answer's influence per unit of raw influence, over
	// that of an ordinary answer of the unit, between 0 and 1: 1 = in full.
	RobustWeight []float64
	// HuberWeight is its weight in the diagnostic Huber mean.
	HuberWeight []float64
	Reason      []Reason
}

// Warning is the catalogue key of a remark about a run as a whole.
type Warning string

// The warnings.
const (
	// FewUnits: too few to borrow strength from each other; means are not shrunk.
	FewUnits Warning = "few_units"
	// FewUnitsForCovariates: the unit covariates were left out.
	FewUnitsForCovariates Warning = "few_units_for_covariates"
	// NoSpread: the ordinary answers show no differences between units beyond chance.
	NoSpread Warning = "no_spread"
)

// Result is a scoring run.
type Result struct {
	Units   []UnitResult
	Answers Answers
	Prior   *Prior
	// CaseMix are the slopes of the covariates.
	CaseMix []float64
	// Warnings are remarks about the data as a whole, such as too few units.
	Warnings []Warning
	sums     []Sums
}
