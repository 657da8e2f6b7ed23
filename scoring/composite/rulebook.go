// Package composite holds the rule book (which indicators count how much,
// which gates a result must pass, which deadlines hold) and joins the parts of
// an assessment into one score with its own interval.
package composite

import (
	"encoding/json"

	"gongping/internal/errs"
	"gongping/scoring/records"
)

// Source says where an indicator's value comes from.
type Source string

// The sources of an indicator.
const (
	ResidentRating Source = "resident"  // the official score of the survey (quantitative)
	Records        Source = "records"   // imported objective indicators
	PanelRating    Source = "panel"     // reviewers' ratings (qualitative)
	Group          Source = "dimension" // the weighted mean of its children
)

// Node is a node of the indicator tree. IndicatorWeights of the children of
// one node add up to 100.
type Node struct {
	ID              string            `json:"id"`
	Text            map[string]string `json:"text"`
	Source          Source            `json:"source"`
	IndicatorWeight float64           `json:"weight"`
	// Lowest and Highest are the values that map to 0 and 100 (Records and
	// PanelRating leaves); Lowest > Highest means that less is better.
	Lowest  float64 `json:"lowest,omitempty"`
	Highest float64 `json:"highest,omitempty"`
	// WeightRange is by how many points this weight alone may reasonably be
	// chosen otherwise: nil is what the book says for all, 0 that nobody would
	// choose it otherwise (a law fixes it, say).
	WeightRange *float64 `json:"weight_range,omitempty"`
	Children    []Node   `json:"children,omitempty"`
}

// Missing is what happens to a composite where an indicator has no value.
type Missing string

// The rules for missing indicators.
const (
	Reweight Missing = "reweight" // the others carry it, and the page says so
	NoScore  Missing = "no_score" // no composite for that unit
)

// Gates decide what a result may be used for.
type Gates struct {
	UnitMin                int     `json:"unit_min"`                // fewer completes: no unit score
	LowReliabilityBelow    int     `json:"low_reliability_below"`   // fewer: band marked "low reliability"
	PublishN               int     `json:"publish_n"`               // publication from so many completes
	PublishReliability     float64 `json:"publish_reliability"`     // or from this reliability
	ConsequenceReliability float64 `json:"consequence_reliability"` // consequences only from here,
	ConsequenceRounds      int     `json:"consequence_rounds"`      // in so many rounds in a row
	FragileUpTo            int     `json:"fragile_up_to"`           // a band resting on so few answers goes to the panel
}

// Band is a grade band; a score belongs to the band with the greatest From not above it.
type Band struct {
	ID   string            `json:"id"`
	Text map[string]string `json:"text"`
	From float64           `json:"from"`
}

// Suppression are the smallest cells that may be shown.
type Suppression struct {
	Cell     int `json:"cell"`      // answers behind any shown figure
	CrossTab int `json:"cross_tab"` // answers in a cell of a cross table
}

// Fieldwork are the rules before a case may be given to a reserve.
type Fieldwork struct {
	Attempts int `json:"attempts"`          // at least so many attempts
	Days     int `json:"days"`              // on so many different days
	DayParts int `json:"day_parts"`         // in so many parts of the day (morning, afternoon, evening)
	Weekend  int `json:"weekend,omitempty"` // of them at a weekend
	LinkDays int `json:"link_days"`         // a personal link lives so long
}

// Deadlines are in working days.
type Deadlines struct {
	FileDays   int `json:"file_days"`   // to file an appeal after publication
	AcceptDays int `json:"accept_days"` // to accept or refuse it
	DecideDays int `json:"decide_days"` // to decide it
	NoticeDays int `json:"notice_days"` // public notice
	// Holidays and Workdays (YYYY-MM-DD) complete the built-in calendar: days
	// off, and weekend days that are worked instead.
	Holidays []string `json:"holidays,omitempty"`
	Workdays []string `json:"workdays,omitempty"`
}

// RuleBook is one version of the rules of an assessment, frozen before fieldwork.
type RuleBook struct {
	Title       map[string]string `json:"title"`
	Tree        []Node            `json:"tree"`
	Missing     Missing           `json:"missing"`
	Bands       []Band            `json:"bands"`
	Confidence  float64           `json:"confidence"` // of intervals, 0.95
	Gates       Gates             `json:"gates"`
	Suppression Suppression       `json:"suppression"`
	Fieldwork   Fieldwork         `json:"fieldwork"`
	Appeal      Deadlines         `json:"appeal"`
	// Criteria are what the panel rates; none means DefaultCriteria.
	Criteria []Criterion `json:"criteria,omitempty"`
	// PanelMethod is how ratings become a committee's value: "facets" (fair
	// averages, see scoring/panel) or "deviation", which is also what books
	// without it mean, because they were frozen before there was another.
	PanelMethod string `json:"panel_method,omitempty"`
	// WeightRange is by how many points each weight may reasonably be chosen
	// otherwise, where its node says nothing else; a run says which bands depend
	// on that. 0 here and in all nodes asks nothing.
	WeightRange float64 `json:"weight_range,omitempty"`
	// Grades are the rules for grades and consequences; none means DefaultGrades.
	Grades *Grades `json:"grades,omitempty"`
	// Frame are the limits for a frame; none means DefaultFrame.
	Frame *Frame `json:"frame,omitempty"`
	// Disputes are the rules of disputes besides; none means DefaultDisputes.
	Disputes *Disputes `json:"disputes,omitempty"`
	// RecordRules are the rules for open cases, repeats and recording practice;
	// none means records.DefaultRules.
	RecordRules *records.Rules `json:"record_rules,omitempty"`
	// Quality are the rules by which the fieldwork is watched; none means DefaultQuality.
	Quality *Quality `json:"quality,omitempty"`
	// Calls are the rules of the telephone; none means DefaultCalls.
	Calls *Calls `json:"calls,omitempty"`
}

// Default is the rule book that a new round starts with: residents 60, records
// 25, panel 15, and the gates proposed in docs/methods/fair-score.md.
func Default() RuleBook {
	recordRules := records.DefaultRules()
	zh := func(z, e string) map[string]string { return map[string]string{"zh": z, "en": e} }
	return RuleBook{
		Title: zh("居民区工作评价规则", "Rule book for committee assessment"),
		Tree: []Node{
			{ID: "resident", Text: zh("居民评价", "Residents' ratings"), Source: ResidentRating, IndicatorWeight: 60},
			{ID: "records", Text: zh("工作记录", "Work records"), Source: Group, IndicatorWeight: 25, Children: []Node{
				{ID: "hotline_on_time", Text: zh("12345工单按时办结率", "12345 tickets closed in time"), Source: Records, IndicatorWeight: 50, Lowest: 0.6, Highest: 1},
				{ID: "visit_coverage", Text: zh("走访覆盖率", "Households visited"), Source: Records, IndicatorWeight: 30, Lowest: 0, Highest: 1},
				{ID: "council_meetings", Text: zh("议事会召开率", "Deliberation meetings held"), Source: Records, IndicatorWeight: 20, Lowest: 0, Highest: 1},
			}},
			{ID: "panel", Text: zh("评议组评价", "Panel's ratings"), Source: PanelRating, IndicatorWeight: 15, Lowest: 0, Highest: 10},
		},
		Missing:     Reweight,
		WeightRange: 10,
		PanelMethod: "facets",
		RecordRules: &recordRules,
		Bands: []Band{
			{ID: "excellent", Text: zh("优秀", "Excellent"), From: 85},
			{ID: "good", Text: zh("良好", "Good"), From: 75},
			{ID: "fair", Text: zh("合格", "Fair"), From: 60},
			{ID: "poor", Text: zh("待改进", "Needs improvement"), From: 0},
		},
		Confidence: 0.95,
		Gates: Gates{UnitMin: 30, LowReliabilityBelow: 100, PublishN: 100, PublishReliability: 0.70,
			ConsequenceReliability: 0.80, ConsequenceRounds: 2, FragileUpTo: 2},
		Suppression: Suppression{Cell: 10, CrossTab: 5},
		Fieldwork:   Fieldwork{Attempts: 4, Days: 2, DayParts: 2, Weekend: 1, LinkDays: 14},
		Appeal:      Deadlines{FileDays: 10, AcceptDays: 5, DecideDays: 30, NoticeDays: 5},
	}
}

// DecodeRuleBook reads a rule book from JSON and checks it.
func DecodeRuleBook(data []byte) (*RuleBook, error) {
	var r RuleBook
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "rule_book.json", "the rule book is not valid JSON")
	}
	return &r, r.Check()
}

// BandOf returns the band of a score by the book's thresholds.
func (r *RuleBook) BandOf(score float64) Band {
	for _, b := range r.Bands {
		if score >= b.From {
			return b
		}
	}
	return r.Bands[len(r.Bands)-1]
}

// RulesOfRecords are the rules for records of this book.
func (r *RuleBook) RulesOfRecords() records.Rules {
	if r.RecordRules != nil {
		return *r.RecordRules
	}
	return records.DefaultRules()
}
