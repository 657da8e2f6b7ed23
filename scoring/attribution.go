package scoring

// The signs of marks that may be attributed.
const (
	Low  = "low"  // grades 1 and 2
	High = "high" // grades 4 and 5
)

// Attribution says that the cause of an answer's low (or high) marks on some
// items lies outside the committee's remit, as two coders blind to each other
// placed it from the answer's own comment.
type Attribution struct {
	AnswerID string   `json:"answer_id"`
	Sign     string   `json:"sign"`    // Low or High
	Items    []string `json:"items"`   // the items that the cause bears on
	Matters  []string `json:"matters"` // whose matter: "property", "department/housing", …
}

// Coding is what the attributions of a run rest on: comments of the round that
// two coders coded, counted by where the first and the second place the cause
// of what is blamed (none, committee, outside).
type Coding struct {
	Table [][]int `json:"table"`
}

// AttributionSide counts the answers of one sign.
type AttributionSide struct {
	Placed   int            `json:"placed"`   // placed outside the remit by two coders
	Credited int            `json:"credited"` // of those, credited away: at most the budget
	Matters  map[string]int `json:"matters,omitempty"`
}

// UnitAttribution is what attributions did to a unit's result.
type UnitAttribution struct {
	Low    AttributionSide `json:"low"`
	High   AttributionSide `json:"high"`
	Budget int             `json:"budget"` // the most answers of one sign that can be credited away
	// Without is the official score, and WithoutBand the band, as if nothing had
	// been credited away; Effect is the official score less that. Committees only.
	Without     Figure  `json:"without"`
	WithoutBand string  `json:"without_band"`
	Effect      float64 `json:"effect"`
}

// AttributionSummary is the same for the run.
type AttributionSummary struct {
	Low    AttributionSide `json:"low"`
	High   AttributionSide `json:"high"`
	Share  float64         `json:"share"`  // the budget, as a share of a unit's answers
	Coded  int             `json:"coded"`  // comments that two coders coded
	Agreed float64         `json:"agreed"` // share of them on whose cause the two agree
	// Kappa is Cohen's, of two coders on the cause, with its 95% interval; OK is
	// false where it is not defined.
	OK         bool    `json:"ok"`
	Kappa      float64 `json:"kappa"`
	KappaLo    float64 `json:"kappa_lo"`
	KappaHi    float64 `json:"kappa_hi"`
	MeanEffect float64 `json:"mean_effect"` // over the committees with a score
	BandsMoved int     `json:"bands_moved"`
}
