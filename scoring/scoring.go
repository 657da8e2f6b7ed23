// Package scoring holds what a scoring run takes in and gives out. The rooms
// below compute: estimate, robust, shrink, adjust, fair, composite; package
// assess joins them into a run. Everything here is plain data: a run's Input is
// frozen as canonical JSON, and the same Input gives the same Output to the
// last digit on any machine.
package scoring

import (
	"gongping/scoring/composite"
	"gongping/survey/instrument"
)

// InputFormat names the layout of Input; it changes when the meaning of a
// field does.
const InputFormat = "gongping/run-input/v1"

// Input is everything that a run's figures are made from.
type Input struct {
	Format        string                   `json:"format"`
	District      string                   `json:"district"`
	RoundID       string                   `json:"round_id"`
	RoundTitle    string                   `json:"round_title"`
	RuleBook      composite.RuleBook       `json:"rule_book"`
	Questionnaire instrument.Questionnaire `json:"questionnaire"`
	Units         []Unit                   `json:"units"`      // committees, by code
	Strata        []Stratum                `json:"strata"`     // by name; none for an imported survey
	Margins       []Margin                 `json:"margins"`    // population by committee, sex and age band
	Outcomes      []Outcome                `json:"outcomes"`   // final dispositions by committee
	Answers       []Answer                 `json:"answers"`    // by id
	Exclusions    []Exclusion              `json:"exclusions"` // by answer id
	Indicators    []Indicator              `json:"indicators"`
	Ratings       []Rating                 `json:"ratings"`
	Previous      []Previous               `json:"previous"` // the round before, by unit

	// Attributions, by answer, with the share of a unit's answers of one sign that
	// they may touch, and the coding that they rest on.
	Attributions      []Attribution `json:"attributions,omitempty"`
	AttributionBudget float64       `json:"attribution_budget,omitempty"`
	Coding            *Coding       `json:"coding,omitempty"`

	// UnitDegrees: intervals take their degrees of freedom from the first-stage
	// units where a stratum was drawn in two stages, and an area with one unit has
	// none. Inputs frozen before 29 November 2026 lack it and rebuild as they were,
	// with n − 1.
	UnitDegrees bool `json:"unit_degrees,omitempty"`
}

// Unit is a committee being assessed.
type Unit struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Stratum is a stratum with what was drawn and put into the field.
type Stratum struct {
	Stratum    string `json:"stratum"`
	Committee  string `json:"committee"`
	Method     string `json:"method"`
	Population int64  `json:"population"`
	Sample     int    `json:"sample"`   // drawn
	Released   int    `json:"released"` // reserves put in place of exhausted cases
}

// Margin is a cell of the target population.
type Margin struct {
	Committee string `json:"committee"`
	Sex       string `json:"sex"`
	AgeBand   string `json:"age_band"`
	Persons   int64  `json:"persons"`
}

// Outcome counts the final disposition of the cases of a committee (AAPOR
// codes, see survey/fieldwork).
type Outcome struct {
	Committee   string `json:"committee"`
	Disposition string `json:"disposition"`
	Cases       int    `json:"cases"`
}

// Answer is one response; Values are in the order of the questionnaire's
// items, "" where missing, "dk" for don't know, "declined" for prefer not to say. Open texts are left out.
type Answer struct {
	ID           string   `json:"id"`
	Committee    string   `json:"committee"`
	Stratum      string   `json:"stratum"`
	Cluster      string   `json:"cluster,omitempty"`
	DesignWeight float64  `json:"design_weight"`
	Sex          string   `json:"sex"`
	AgeBand      string   `json:"age_band"`
	Tenure       string   `json:"tenure"`
	Building     string   `json:"building,omitempty"`  // pseudonym
	Household    string   `json:"household,omitempty"` // pseudonym
	Mode         string   `json:"mode"`
	Evaluator    string   `json:"evaluator,omitempty"` // pseudonym
	Day          string   `json:"day"`
	Values       []string `json:"values"`
}

// Exclusion sets an answer aside, with its reason.
type Exclusion struct {
	AnswerID string `json:"answer_id"`
	Ground   string `json:"ground"`
	Reason   string `json:"reason"`
}

// Indicator is an imported objective figure of a committee.
type Indicator struct {
	Committee   string  `json:"committee"`
	Indicator   string  `json:"indicator"`
	Numerator   float64 `json:"numerator"`
	Denominator float64 `json:"denominator"`
	// The rest is set where the figure was made of records by scoring/records:
	// Method "months" keeps the ratio (after its rules), "tickets" carries a
	// share of its own with its standard error.
	Method string  `json:"method,omitempty"`
	Value  float64 `json:"value,omitempty"`
	SE     float64 `json:"se,omitempty"`
	// Held are the recording practices that nobody has decided on yet: as long
	// as there are any the figure is not scored. HeldSmall alone stands for a
	// figure that may not be shown; its numbers are not in the input.
	Held []string `json:"held,omitempty"`
}

// HeldSmall says that fewer people answered than may be shown.
const HeldSmall = "small"

// Rating is one panel rating.
type Rating struct {
	Committee string  `json:"committee"`
	Reviewer  string  `json:"reviewer"` // pseudonym
	Criterion string  `json:"criterion"`
	Score     float64 `json:"score"`
}

// Previous is what the round before said of a unit.
type Previous struct {
	Committee   string  `json:"committee"`
	Official    float64 `json:"official"`
	Reliability float64 `json:"reliability"`
}

// Output is the result of a run.
type Output struct {
	Units    []UnitResult   `json:"units"` // committees, streets and the district, by code
	Answers  []AnswerResult `json:"answers"`
	Summary  Summary        `json:"summary"`
	Warnings []Note         `json:"warnings"`
}

// Note is a remark whose sentence stands in the catalogues under Key.
type Note struct {
	Key  string            `json:"key"`
	Args map[string]string `json:"args,omitempty"`
}

// Summary holds the district-wide figures of a run.
type Summary struct {
	N             int     `json:"n"`
	Invited       int     `json:"invited"`
	ResponseRate  float64 `json:"response_rate"` // AAPOR RR1
	Mean          float64 `json:"mean"`
	BetweenSD     float64 `json:"between_sd"` // of true unit scores
	WithinSD      float64 `json:"within_sd"`
	Rankable      float64 `json:"rankable"` // share of the variance of official scores that is signal
	Units         int     `json:"units"`
	UnitsScored   int     `json:"units_scored"`
	UnitsBanded   int     `json:"units_banded"`
	Excluded      int     `json:"excluded"`
	WeightedDown  int     `json:"weighted_down"` // answers with a robustness weight below 1
	CaseMixSlopes []Slope `json:"case_mix,omitempty"`

	Attribution *AttributionSummary `json:"attribution,omitempty"`
}

// Slope is the effect of a case-mix covariate, in points.
type Slope struct {
	Covariate string  `json:"covariate"`
	Points    float64 `json:"points"`
}

// Figure is an estimate with all that must stand beside it. Where OK is false
// there is no figure, and Status says why.
type Figure struct {
	OK     bool    `json:"ok"`
	Status string  `json:"status,omitempty"` // catalogue key below "status."
	Value  float64 `json:"value"`
	SE     float64 `json:"se"`
	Lo     float64 `json:"lo"`
	Hi     float64 `json:"hi"`
	N      int     `json:"n"`
}

// Step is one stop on the way from the raw mean to the official score.
type Step struct {
	Key   string  `json:"key"` // raw, weighted, adjusted, official
	Value float64 `json:"value"`
}

// ItemResult is a question's result in a unit.
type ItemResult struct {
	Item     string     `json:"item"`
	Figure   Figure     `json:"figure"`
	Shares   [5]float64 `json:"shares"` // weighted, grade 1 to 5
	Counts   [5]int     `json:"counts"`
	DontKnow int        `json:"dont_know"`
	Declined int        `json:"declined,omitempty"` // would rather not answer
	Missing  int        `json:"missing"`
	Outside  int        `json:"outside,omitempty"` // credited away: the cause lies outside the remit
}

// Part is an indicator's share in a composite.
type Part struct {
	ID              string  `json:"id"`
	Parent          string  `json:"parent,omitempty"`
	Figure          Figure  `json:"figure"` // on 0–100
	IndicatorWeight float64 `json:"weight"` // as used, after reweighting
	PlannedWeight   float64 `json:"planned_weight"`
}

// UnitResult is everything a run says about a committee, a street or the
// district. Streets and the district have no band: bands are for committees.
type UnitResult struct {
	Unit         string  `json:"unit"`
	Level        int     `json:"level"`
	Population   int64   `json:"population"`
	Invited      int     `json:"invited"`
	N            int     `json:"n"`
	EffectiveN   float64 `json:"effective_n"`
	ResponseRate float64 `json:"response_rate"` // AAPOR RR1, 0 where Invited is 0
	Raw          Figure  `json:"raw"`           // plain mean of the answers
	Weighted     Figure  `json:"weighted"`      // design weights, nonresponse, calibration
	Adjusted     Figure  `json:"adjusted"`      // and case mix
	Robust       Figure  `json:"robust"`        // Huber, a diagnostic
	EB           Figure  `json:"eb"`            // plain empirical Bayes, a diagnostic
	Official     Figure  `json:"official"`
	Reliability  float64 `json:"reliability"`
	Status       string  `json:"status"` // not_enough, low_reliability, publishable, consequential
	Band         string  `json:"band"`   // "" where the data cannot tell
	BandLo       string  `json:"band_lo"`
	BandHi       string  `json:"band_hi"`
	Fragility    int     `json:"fragility"` // fewest answers whose removal changes the band; 0 = more than tried
	FragileUp    bool    `json:"fragile_up"`
	// WithoutLowest[k-1] is the change of the official score without the k
	// answers that pull it down most, WithoutHighest the other way.
	WithoutLowest  []float64      `json:"without_lowest"`
	WithoutHighest []float64      `json:"without_highest"`
	RawWithoutLow  []float64      `json:"raw_without_lowest"`
	RawWithoutHigh []float64      `json:"raw_without_highest"`
	CollectiveLow  bool           `json:"collective_low"`
	CollectiveHigh bool           `json:"collective_high"`
	Reasons        map[string]int `json:"reasons"` // answers by reason of their weight
	Excluded       map[string]int `json:"excluded"`
	Steps          []Step         `json:"steps"`
	Items          []ItemResult   `json:"items"`
	Dimensions     []ItemResult   `json:"dimensions"` // Item is the dimension; no shares
	Composite      Figure         `json:"composite"`
	CompositeBand  string         `json:"composite_band"`
	// Weights says how the composite depends on the choice of weights; none where
	// the rule book states no range.
	Weights *composite.Stability `json:"weights,omitempty"`
	Parts   []Part               `json:"parts"`
	Notes   []Note               `json:"notes,omitempty"`

	Attribution *UnitAttribution `json:"attribution,omitempty"`
}

// AnswerResult is how an answer counted.
type AnswerResult struct {
	ID           string  `json:"id"`
	Unit         string  `json:"unit"`
	Score        float64 `json:"score"`
	DesignWeight float64 `json:"design_weight"`
	FinalWeight  float64 `json:"final_weight"`
	RobustWeight float64 `json:"robust_weight"`
	Influence    float64 `json:"influence"`
	Reason       string  `json:"reason"`
}
