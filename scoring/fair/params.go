package fair

// Params is what the rule book fixes before fieldwork.
type Params struct {
	// LowAt and HighAt: a score <= LowAt is a low extreme, >= HighAt a high one.
	LowAt, HighAt float64
	// MaxExtremeShare: a side whose extremes are more common than this over all
	// units is ordinary there; from marks alone a lone extreme cannot be told
	// from an ordinary answer (two fifths of a five-point item are "very
	// satisfied").
	MaxExtremeShare float64
	// MinGap: a side more common than GuardShare is a part of its own only where
	// its mean lies this many standard deviations of all other answers away.
	MinGap float64
	// MaxPull is the largest share of its raw pull that one more extreme answer
	// may have on average. Within it, what the extremes say about the ordinary
	// mean is listened to; beyond it, not.
	MaxPull float64
	// GuardShare is the pooled share of extremes on a side up to which the limit
	// applies; where one answer in ten is extreme, one more is no surprise.
	GuardShare float64
	// Cuts are the lower bounds of bands 1, 2, ...; below the first is band 0.
	Cuts []float64
	// BandConfidence is the posterior probability from which one band is given.
	BandConfidence float64
	// MinScore, MinPlain, MinReliability, ConsequenceReliability are the gates:
	// completes for any unit score, completes for publication without the
	// reliability rule, reliability for publication, reliability for
	// consequences (in this and the last round).
	MinScore, MinPlain                     int
	MinReliability, ConsequenceReliability float64
	// HuberK is the tuning constant of the diagnostic Huber mean.
	HuberK float64
	// Worst is how many worst answers on either side the influence statement
	// removes; MaxFragility the largest number of removals tried.
	Worst, MaxFragility int
	// CollectiveAlpha is the level of the collective-signal test and
	// MinHouseholds the least number of unrelated households in a cluster.
	CollectiveAlpha float64
	MinHouseholds   int
	// MinBatch is the smallest fieldwork batch that is tested.
	MinBatch int
	// Level is the coverage of the intervals.
	Level float64
}

// DefaultParams are the defaults of the rule book.
func DefaultParams() Params {
	return Params{
		LowAt: 20, HighAt: 95, MaxExtremeShare: 0.25, MinGap: 3, MaxPull: 0.30, GuardShare: 0.10,
		Cuts: []float64{60, 70, 80, 90}, BandConfidence: 0.80,
		MinScore: 30, MinPlain: 100, MinReliability: 0.70, ConsequenceReliability: 0.80,
		HuberK: 1.345, Worst: 5, MaxFragility: 50,
		CollectiveAlpha: 0.01, MinHouseholds: 3,
		MinBatch: 5, Level: 0.95,
	}
}
