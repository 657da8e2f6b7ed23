package simulate

// Scenario says how the answers of a round come about, and which part of them
// is the truth that the score is meant to measure.
type Scenario struct {
	Name, Title string
	// LoneLow and LoneHigh: every answer is, independently, a lone hostile
	// (all lowest) or coached (all highest) one with this probability. At the
	// common rate they belong to the truth: they lift or lower all units alike.
	LoneLow, LoneHigh float64
	// ComplaintUnits is the share of units with a real collective complaint,
	// ComplaintRate the share of their residents who then give the lowest mark.
	// It is part of the truth.
	ComplaintUnits, ComplaintRate float64
	// Tied: the residents of a complaint share a theme and mostly a building.
	Tied bool
	// CoachUnits and CoachRate: the same for coached answers, which are not
	// part of the truth.
	CoachUnits, CoachRate float64
	// Uneven: the rates of lone answers differ between units (gamma with this
	// coefficient of variation) without being part of the truth beyond their mean.
	Uneven float64
	// FakeInterviewers is the share of interviewers who invent interviews, nine
	// in ten of them with the highest mark. Not part of the truth.
	FakeInterviewers float64
	// GroupShare is the mean share of a second group of residents whose latent
	// satisfaction is shifted by GroupShift; GroupSpread its standard deviation
	// between units; GroupResponse its response rate relative to the first.
	GroupShare, GroupSpread, GroupShift, GroupResponse float64
	// Adjust: the group is a difficulty the unit cannot control; the truth is
	// the unit's mean at the average share, and the group is a covariate.
	Adjust bool
	// UnequalN draws n per unit between a fifth of and three times N.
	UnequalN bool
	// Shares of the five grades of an ordinary answer in an average unit.
	Shares [5]float64
	// Latent spread of the units; 0.162 gives a between-unit SD of 3 points.
	Spread float64
	// PrevCorrelation: last round's official scores are given; the correlation
	// of the true unit effects between the rounds.
	PrevCorrelation float64
	// Unidentified: the answers cannot tell truth and attack apart; the
	// scenario shows what no estimator from marks can do.
	Unidentified bool
}

const defaultSpread = 0.162

// Scenarios are the named ones, in the order of the report.
func Scenarios() []Scenario {
	list := []Scenario{
		{Name: "none", Title: "None of these: ordinary answers only"},
		{Name: "lone-grievances", Title: "Lone grievances: 2% hostile answers everywhere", LoneLow: 0.02},
		{Name: "collective-complaint", Title: "Collective complaint: 5% of units with a real 10%, 2% lone", LoneLow: 0.02, ComplaintUnits: 0.05, ComplaintRate: 0.10},
		{Name: "collective-tied", Title: "The same, comments and building tie the answers together", LoneLow: 0.02, ComplaintUnits: 0.05, ComplaintRate: 0.10, Tied: true},
		{Name: "coached", Title: "Coached answers: 5% of units with 10%, 2% lone either way", LoneLow: 0.02, LoneHigh: 0.02, CoachUnits: 0.05, CoachRate: 0.10},
		{Name: "strict-marks", Title: "Strict marks with a rare top grade: 2% hostile and 4% coached answers everywhere", LoneLow: 0.02, LoneHigh: 0.04, Shares: strict},
		{Name: "organised-coaching", Title: "Organised coaching: strict marks, 5% of units with 10% coached that look like praise", LoneLow: 0.02, LoneHigh: 0.02, CoachUnits: 0.05, CoachRate: 0.10, Shares: strict, Unidentified: true},
		{Name: "interviewer-faking", Title: "Interviewer faking: 5% of interviewers invent", LoneLow: 0.02, FakeInterviewers: 0.05},
		{Name: "unequal-nonresponse", Title: "Unequal nonresponse: a less satisfied third answers half as often, weighted", LoneLow: 0.02, GroupShare: 0.33, GroupSpread: 0.10, GroupShift: -0.5, GroupResponse: 0.5},
		{Name: "mixed-difficulty", Title: "Mixed difficulty: share of a harder group differs, case-mix adjusted", LoneLow: 0.02, GroupShare: 0.40, GroupSpread: 0.20, GroupShift: -0.6, GroupResponse: 1, Adjust: true},
		{Name: "small-unequal-n", Title: "Small and unequal n: a fifth to three times n", LoneLow: 0.02, ComplaintUnits: 0.05, ComplaintRate: 0.10, UnequalN: true},
		{Name: "heavy-contamination", Title: "Heavy contamination: 8% hostile and 4% coached answers everywhere", LoneLow: 0.08, LoneHigh: 0.04},
		{Name: "targeted-attack", Title: "Targeted attack: 8% hostile, 4% coached on average, rates differ between units and are not the truth", LoneLow: 0.08, LoneHigh: 0.04, Uneven: 0.5, Unidentified: true},
		{Name: "earlier-round", Title: "Lone grievances and complaint, last round's scores known", LoneLow: 0.02, ComplaintUnits: 0.05, ComplaintRate: 0.10, PrevCorrelation: 0.8},
	}
	for i := range list {
		list[i].Spread = defaultSpread
		if list[i].Shares[0] == 0 {
			list[i].Shares = shares
		}
	}
	return list
}
