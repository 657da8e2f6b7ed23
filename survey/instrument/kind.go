package instrument

// Kind is the kind of an item. It decides how an answer is written in Answers;
// docs/questionnaires.md has the table.
type Kind string

// The kinds of items.
const (
	Grade5   Kind = "grade5"   // 非常满意 … 非常不满意: "5" … "1"
	YesNo    Kind = "yesno"    // "yes", "no"
	Text     Kind = "text"     // what was written, sealed as a comment
	Single   Kind = "single"   // the code of one option
	Multiple Kind = "multiple" // codes in the order of the definition, joined by one space
	Number   Kind = "number"   // canonical decimal, such as "-2.5"
	Date     Kind = "date"     // "2026-03-05"
	Note     Kind = "note"     // a text to read; it has no answer
)

// Kinds are all kinds in the order in which the editor offers them.
var Kinds = []Kind{Grade5, YesNo, Single, Multiple, Number, Date, Text, Note}

// Choice tells whether an item of the kind is answered with its own options.
func (k Kind) Choice() bool { return k == Single || k == Multiple }

// Frozen tells whether answers of the kind go into the frozen input of a run.
// Open texts stay sealed, and exact numbers and dates could single a person
// out, so neither does; no figure is computed from them.
func (k Kind) Frozen() bool {
	return k == Grade5 || k == YesNo || k == Single || k == Multiple
}

func (k Kind) known() bool {
	for _, x := range Kinds {
		if k == x {
			return true
		}
	}
	return false
}

// Option is one choice of a single or multiple choice. A five-grade item may
// have the five options "5" to "1" to give the grades other words.
type Option struct {
	Code      string `json:"code"`
	Text      Lang   `json:"text"`
	Exclusive bool   `json:"exclusive,omitempty"` // cannot be chosen beside others ("none of these")
	Other     bool   `json:"other,omitempty"`     // "other, please say": offers a line of text, kept under OtherKey
	ShowIf    *Cond  `json:"show_if,omitempty"`   // offered only when it holds (cascading lists)
}

// Range bounds an answer. Which fields count depends on the kind: Min, Max,
// Step and Decimals for a number, Min and Max for a date, MinLength and
// MaxLength for a text, MinChoices and MaxChoices for a multiple choice.
type Range struct {
	Min        string `json:"min,omitempty"` // in the encoding of the kind, included
	Max        string `json:"max,omitempty"`
	Step       string `json:"step,omitempty"`     // from Min, or from 0 where there is none
	Decimals   int    `json:"decimals,omitempty"` // most places after the point; 0 means whole numbers
	MinLength  int    `json:"min_length,omitempty"`
	MaxLength  int    `json:"max_length,omitempty"`
	MinChoices int    `json:"min_choices,omitempty"`
	MaxChoices int    `json:"max_choices,omitempty"`
}

// Section is a page of a questionnaire: items name it.
type Section struct {
	ID    string `json:"id"`
	Title Lang   `json:"title"`
	Text  Lang   `json:"text,omitempty"`
}

// Matrix is the question above several rows. Its rows are neighbouring items
// of one kind with the same options, which name it.
type Matrix struct {
	ID   string `json:"id"`
	Text Lang   `json:"text"`
	Hint Lang   `json:"hint,omitempty"`
}

// OtherKey is the key in Answers of what was written beside an option that
// asks for words.
func OtherKey(item, code string) string { return item + ":" + code }

// Option returns the option with a code, nil where there is none.
func (it *Item) Option(code string) *Option {
	for i := range it.Options {
		if it.Options[i].Code == code {
			return &it.Options[i]
		}
	}
	return nil
}
