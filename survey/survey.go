// Package survey holds what the whole survey side speaks about: the round and
// its states, the sampling plan and the units being assessed. The rooms below
// it deepen one step each: frame, design, draw, instrument, fieldwork, weight.
package survey

import (
	"strings"
	"time"

	"gongping/internal/errs"
)

// Level is the level of an area in the tree.
type Level int

// The four levels of the area tree.
const (
	District  Level = 1
	Street    Level = 2
	Committee Level = 3
	Grid      Level = 4
)

// LevelOf tells the level of an area from the length of its code: 6, 9, 12 or
// 15 digits, as in the national list of statistical divisions. It returns 0
// for any other length.
func LevelOf(code string) Level {
	switch len(code) {
	case 6:
		return District
	case 9:
		return Street
	case 12:
		return Committee
	case 15:
		return Grid
	}
	return 0
}

// ParentOf returns the code one level up, and "" for a district.
func ParentOf(code string) string {
	if l := LevelOf(code); l < Street {
		return ""
	}
	return code[:len(code)-3]
}

// Within tells whether area lies in scope or is scope itself.
func Within(area, scope string) bool {
	return scope != "" && strings.HasPrefix(area, scope)
}

// Area is a node of the area tree.
type Area struct {
	Code   string `json:"code"`
	Parent string `json:"parent,omitempty"`
	Level  Level  `json:"level"`
	Name   string `json:"name"`
	Kind   string `json:"kind,omitempty"`
}

// State is where a round stands.
type State string

// The states of a round, in order. Draft is the absence of any event.
const (
	Draft      State = "draft"
	Frozen     State = "frozen"
	Drawn      State = "drawn"
	Collecting State = "collecting"
	Closed     State = "closed"
	Cancelled  State = "cancelled"
)

var next = map[State][]State{
	Draft:      {Frozen, Cancelled},
	Frozen:     {Drawn, Cancelled},
	Drawn:      {Collecting, Cancelled},
	Collecting: {Closed, Cancelled},
}

// CheckStep returns an error unless a round may go from one state to the other.
func CheckStep(from, to State) error {
	for _, s := range next[from] {
		if s == to {
			return nil
		}
	}
	return errs.New(errs.Barred, "round.step", "a round that is %s cannot become %s", from, to).
		With(map[string]any{"From": string(from), "To": string(to)})
}

// AgeBands are the bands in which age is used and shown: never a birth year.
var AgeBands = []string{"18-29", "30-44", "45-59", "60-74", "75+"}

// AgeBand puts a birth year into its band as of a year, "" when unknown or
// under 18.
func AgeBand(birthYear, year int) string {
	switch a := year - birthYear; {
	case birthYear == 0 || a < 18:
		return ""
	case a < 30:
		return AgeBands[0]
	case a < 45:
		return AgeBands[1]
	case a < 60:
		return AgeBands[2]
	case a < 75:
		return AgeBands[3]
	default:
		return AgeBands[4]
	}
}

// Traits are what a stratum may be made of.
type Traits struct {
	Committee, Grid, Building, Sex, Tenure string
	BirthYear                              int
}

// Round is one assessment round in one version.
type Round struct {
	ID                   string    `json:"id"`
	Series               string    `json:"series"`
	Version              int       `json:"version"`
	Supersedes           string    `json:"supersedes,omitempty"`
	Kind                 string    `json:"kind"` // drawn or imported
	Title                string    `json:"title"`
	AreaCode             string    `json:"area_code"`
	FrameID              string    `json:"frame_id,omitempty"`
	QuestionnaireID      string    `json:"questionnaire_id"`
	QuestionnaireVersion int       `json:"questionnaire_version"`
	RuleBookID           string    `json:"rule_book_id"`
	RuleBookVersion      int       `json:"rule_book_version"`
	Plan                 Plan      `json:"plan"`
	OpensOn              time.Time `json:"opens_on"`
	ClosesOn             time.Time `json:"closes_on"`
	State                State     `json:"state"`
	CreatedAt            time.Time `json:"created_at"`
}
