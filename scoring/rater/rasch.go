package rater

// RaschModel says how the thresholds of the items relate.
type RaschModel int

const (
	// RatingScale gives all items the same distances between thresholds
	// (Andrich 1978, Psychometrika 43:561-573).
	RatingScale RaschModel = iota
	// PartialCredit gives every item its own thresholds (Masters 1982,
	// Psychometrika 47:149-174).
	PartialCredit
)

// Threshold is the place on the latent scale where two neighbouring answers
// are equally likely. Defined is false where one of them never occurs among
// the persons that carry information.
type Threshold struct {
	Defined   bool
	Value, SE float64
}

// RaschItem is one item. Lowest is the answer that counts as category 0.
// Location is the mean of the thresholds, higher = harder to endorse; it has no
// value (Located false) where the lowest or highest answer does not occur.
type RaschItem struct {
	Lowest     int
	Located    bool
	Location   float64
	Thresholds []Threshold
	// Cumulative holds the cumulative difficulty of every category (0 for the
	// lowest that occurs), Used which categories occur.
	Cumulative []float64
	Used       []bool
}

// Rasch is a fitted rating-scale or partial-credit model.
//
//	P(x = k) ~ exp(k theta - b_k),   b_k = sum of the first k thresholds
//
// Identification: partial credit, the cumulative difficulties of all items sum
// to zero; rating scale, the first thresholds of all items sum to zero.
type Rasch struct {
	Model RaschModel
	Items []RaschItem
	// ConditionalLogLik is the log-likelihood given the persons' raw scores.
	ConditionalLogLik float64
	Parameters        int
	// Persons answered two items at least and have neither the lowest nor the
	// highest possible score; the others say nothing about the items. Extreme
	// counts those with such a score.
	Persons, Extreme int
	// Iterations of Newton's method, and the largest slope left.
	Iterations int
	Slope      float64
}
