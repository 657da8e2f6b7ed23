// Package instrument defines questionnaires: items, scales, skip rules, and
// the check of an answer against its definition. A questionnaire is versioned
// and never edited: a change is a new version.
package instrument

import (
	"encoding/json"
	"maps"
	"slices"

	"gongping/internal/errs"
)

// Lang is text by language tag ("zh", "en", "ja" …).
type Lang map[string]string

// In returns the text in a language; where that is missing the Chinese, then
// the English, then the first there is.
func (l Lang) In(tag string) string {
	for _, t := range []string{tag, "zh", "en"} {
		if s := l[t]; s != "" {
			return s
		}
	}
	for _, t := range slices.Sorted(maps.Keys(l)) {
		if l[t] != "" {
			return l[t]
		}
	}
	return ""
}

// Item is one question.
type Item struct {
	ID        string   `json:"id"`
	Kind      Kind     `json:"kind"`
	Text      Lang     `json:"text"`
	Hint      Lang     `json:"hint,omitempty"`
	Dimension string   `json:"dimension,omitempty"` // what it is scored under; "" = not scored
	Required  bool     `json:"required"`
	DontKnow  bool     `json:"dont_know"`         // offers 不清楚, kept apart from missing
	Decline   bool     `json:"decline,omitempty"` // offers 不愿回答, kept apart from both
	ShowIf    *Cond    `json:"show_if,omitempty"` // asked only when it holds
	Options   []Option `json:"options,omitempty"` // of a choice
	Range     *Range   `json:"range,omitempty"`
	Section   string   `json:"section,omitempty"` // the page it stands on
	Matrix    string   `json:"matrix,omitempty"`  // the matrix it is a row of
	Short     bool     `json:"short,omitempty"`   // a text of one line
}

// Dimension groups items for scoring.
type Dimension struct {
	ID   string `json:"id"`
	Text Lang   `json:"text"`
}

// Questionnaire is one version of an instrument.
type Questionnaire struct {
	Title      Lang        `json:"title"`
	Intro      Lang        `json:"intro"`
	Thanks     Lang        `json:"thanks"`
	Dimensions []Dimension `json:"dimensions"`
	Items      []Item      `json:"items"`
	Sections   []Section   `json:"sections,omitempty"`
	Matrices   []Matrix    `json:"matrices,omitempty"`
	// Languages are the languages the texts are written in, the main one first;
	// none means Chinese and English.
	Languages []string `json:"languages,omitempty"`
}

// Tags are the languages of the questionnaire, the main one first.
func (q *Questionnaire) Tags() []string {
	if len(q.Languages) == 0 {
		return []string{"zh", "en"}
	}
	return q.Languages
}

// Item returns the item with an id, nil where there is none.
func (q *Questionnaire) Item(id string) *Item {
	for i := range q.Items {
		if q.Items[i].ID == id {
			return &q.Items[i]
		}
	}
	return nil
}

// DontKnow is the stored answer for 不清楚. Grades are stored "1" (非常不满意)
// to "5" (非常满意), yes/no as "yes" and "no".
const DontKnow = "dk"

// Declined is the stored answer for 不愿回答: the person would rather not answer
// this one question. It is a reason why there is no answer, and neither a view
// nor the lack of one; a question that was passed over is missing.
const Declined = "declined"

// Reason tells whether a stored answer is one of the reasons for having none.
func Reason(answer string) bool { return answer == DontKnow || answer == Declined }

// MaxText is the longest open answer, in characters; MaxOther that of the line
// beside "other, please say".
const (
	MaxText  = 1000
	MaxOther = 200
)

// Answers are the given answers by item id, in the encoding of Kind, and what
// was written beside options by OtherKey. An item that is not there was not
// answered: missing, which is not the same as DontKnow or Declined.
type Answers map[string]string

// Score maps a stored grade to the 0–100 scale: 1→0, 2→25, 3→50, 4→75, 5→100.
// ok is false for DontKnow, Declined, missing and non-grades.
func Score(answer string) (score float64, ok bool) {
	if len(answer) != 1 || answer[0] < '1' || answer[0] > '5' {
		return 0, false
	}
	return 25 * float64(answer[0]-'1'), true
}

// Decode reads a questionnaire from JSON and checks it.
func Decode(data []byte) (*Questionnaire, error) {
	var q Questionnaire
	if err := json.Unmarshal(data, &q); err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "instrument.json", "the questionnaire is not valid JSON")
	}
	return &q, q.Check()
}
