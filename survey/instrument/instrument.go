// Package instrument defines questionnaires: items, scales, skip rules, and
// the check of an answer against its definition. A questionnaire is versioned
// and never edited: a change is a new version.
package instrument

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"gongping/internal/errs"
)

// Kind is the kind of an item.
type Kind string

// The kinds of items.
const (
	Grade5 Kind = "grade5" // 非常满意 … 非常不满意
	YesNo  Kind = "yesno"
	Text   Kind = "text"
)

// Lang is text by language tag; "zh" and "en" are always there.
type Lang map[string]string

// In returns the text in a language, Chinese where that is missing.
func (l Lang) In(tag string) string {
	if s := l[tag]; s != "" {
		return s
	}
	return l["zh"]
}

// Item is one question.
type Item struct {
	ID        string `json:"id"`
	Kind      Kind   `json:"kind"`
	Text      Lang   `json:"text"`
	Hint      Lang   `json:"hint,omitempty"`
	Dimension string `json:"dimension,omitempty"` // what it is scored under; "" = not scored
	Required  bool   `json:"required"`
	DontKnow  bool   `json:"dont_know"`         // offers 不清楚, kept apart from missing
	ShowIf    *Cond  `json:"show_if,omitempty"` // asked only when it holds
}

// Cond holds when the answer to Item is one of In.
type Cond struct {
	Item string   `json:"item"`
	In   []string `json:"in"`
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
}

// DontKnow is the stored answer for 不清楚. Grades are stored "1" (非常不满意)
// to "5" (非常满意), yes/no as "yes" and "no".
const DontKnow = "dk"

// MaxText is the longest open answer, in characters.
const MaxText = 1000

// Answers are the given answers by item id. An item that is not there was not
// answered: missing, which is not the same as DontKnow.
type Answers map[string]string

// Score maps a stored grade to the 0–100 scale: 1→0, 2→25, 3→50, 4→75, 5→100.
// ok is false for DontKnow, missing and non-grades.
func Score(answer string) (score float64, ok bool) {
	if len(answer) != 1 || answer[0] < '1' || answer[0] > '5' {
		return 0, false
	}
	return 25 * float64(answer[0]-'1'), true
}

// Check returns an error unless the questionnaire is complete and coherent.
func (q *Questionnaire) Check() error {
	bad := func(where, found, want, hint string) error {
		return errs.New(errs.Invalid, "instrument.invalid", "the questionnaire is not usable").At(where, found, want, hint)
	}
	if q.Title.In("zh") == "" {
		return bad("title.zh", "", "a title", "give the questionnaire a Chinese title")
	}
	if len(q.Items) == 0 {
		return bad("items", "none", "at least one item", "add an item")
	}
	dims := map[string]bool{"": true}
	for i, d := range q.Dimensions {
		if d.ID == "" || dims[d.ID] {
			return bad(fmt.Sprintf("dimensions[%d].id", i), d.ID, "a unique id", "rename the dimension")
		}
		dims[d.ID] = true
	}
	seen := map[string]Item{}
	for i, it := range q.Items {
		where := fmt.Sprintf("items[%d]", i)
		if _, dup := seen[it.ID]; it.ID == "" || dup || strings.ContainsAny(it.ID, " \t\n,;\"'<>") {
			return bad(where+".id", it.ID, "a unique id of letters, digits, _ and -", "rename the item")
		}
		switch it.Kind {
		case Grade5, YesNo, Text:
		default:
			return bad(where+".kind", string(it.Kind), "grade5, yesno or text", "choose one of them")
		}
		if strings.TrimSpace(it.Text.In("zh")) == "" {
			return bad(where+".text.zh", "", "the question", "write the question in Chinese")
		}
		if !dims[it.Dimension] {
			return bad(where+".dimension", it.Dimension, "an id from dimensions", "add the dimension or leave it empty")
		}
		if it.Dimension != "" && it.Kind != Grade5 {
			return bad(where+".dimension", it.Dimension, "none, because only five-grade items are scored", "leave it empty")
		}
		if c := it.ShowIf; c != nil {
			if _, ok := seen[c.Item]; !ok {
				return bad(where+".show_if.item", c.Item, "the id of an earlier item", "move the item down or change the rule")
			}
		}
		seen[it.ID] = it
	}
	return nil
}

// Shown tells whether an item is asked, given the answers so far.
func (it Item) Shown(a Answers) bool {
	if it.ShowIf == nil {
		return true
	}
	for _, v := range it.ShowIf.In {
		if a[it.ShowIf.Item] == v {
			return true
		}
	}
	return false
}

// CheckAnswers checks answers against the definition. It reports every fault,
// one detail an item, and changes nothing.
func (q *Questionnaire) CheckAnswers(a Answers) error {
	var faults []*errs.Error
	bad := func(id, found, want, hint string) {
		faults = append(faults, errs.New(errs.Invalid, "answer.invalid", "the answer does not fit the question").At(id, found, want, hint))
	}
	known := make(map[string]bool, len(q.Items))
	for _, it := range q.Items {
		known[it.ID] = true
		v, given := a[it.ID]
		if !it.Shown(a) {
			if given {
				bad(it.ID, v, "no answer, because the question is skipped", "leave it out")
			}
			continue
		}
		if !given {
			if it.Required {
				bad(it.ID, "", "an answer", "answer the question")
			}
			continue
		}
		if v == DontKnow && it.DontKnow {
			continue
		}
		switch it.Kind {
		case Grade5:
			if _, ok := Score(v); !ok {
				bad(it.ID, v, "1 to 5"+dkHint(it), "choose a grade")
			}
		case YesNo:
			if v != "yes" && v != "no" {
				bad(it.ID, v, "yes or no"+dkHint(it), "choose one")
			}
		case Text:
			if n := utf8.RuneCountInString(v); n > MaxText {
				bad(it.ID, strconv.Itoa(n)+" characters", "at most "+strconv.Itoa(MaxText), "shorten the text")
			}
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				bad(it.ID, "bytes that are no text", "UTF-8 text", "send UTF-8")
			}
		}
	}
	for id, v := range a {
		if !known[id] {
			bad(id, v, "an item of this questionnaire", "check the questionnaire's version")
		}
	}
	if len(faults) == 0 {
		return nil
	}
	e := errs.New(errs.Invalid, "answers.invalid", "%d answers do not fit the questionnaire", len(faults)).
		With(map[string]any{"N": len(faults)})
	e.Details = faults
	return e
}

func dkHint(it Item) string {
	if it.DontKnow {
		return " or dk"
	}
	return ""
}

// Decode reads a questionnaire from JSON and checks it.
func Decode(data []byte) (*Questionnaire, error) {
	var q Questionnaire
	if err := json.Unmarshal(data, &q); err != nil {
		return nil, errs.Wrap(err, errs.Invalid, "instrument.json", "the questionnaire is not valid JSON")
	}
	return &q, q.Check()
}
