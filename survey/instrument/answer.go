package instrument

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gongping/internal/errs"
)

// Shown tells whether an item is asked, given the answers so far.
func (it Item) Shown(a Answers) bool { return it.ShowIf.Holds(a) }

// Offered lists the options that are offered, given the answers so far.
func (it *Item) Offered(a Answers) []Option {
	var list []Option
	for _, o := range it.Options {
		if o.ShowIf.Holds(a) {
			list = append(list, o)
		}
	}
	return list
}

// Normal returns the answers in their canonical encoding: codes of a multiple
// choice in the order of the definition, each once; numbers without needless
// zeros. What it cannot read it leaves for CheckAnswers to name. Answers that are
// canonical are returned themselves; others are never changed in place.
func (q *Questionnaire) Normal(a Answers) Answers {
	out, copied := a, false
	if a == nil {
		out = Answers{}
	}
	for i := range q.Items {
		it := &q.Items[i]
		if it.Kind != Multiple && it.Kind != Number {
			continue
		}
		v, given := a[it.ID]
		if !given || Reason(v) {
			continue
		}
		n := v
		if it.Kind == Multiple {
			n = it.ordered(v)
		} else if c, ok := CanonicalNumber(v); ok {
			n = c
		}
		if n == v {
			continue
		}
		if !copied {
			out, copied = maps.Clone(a), true
		}
		out[it.ID] = n
	}
	return out
}

// ordered puts the codes of a multiple choice in the order of the definition;
// codes it does not know stay at the end.
func (it *Item) ordered(v string) string {
	given := strings.Fields(v)
	var out []string
	for _, o := range it.Options {
		if slices.Contains(given, o.Code) {
			out = append(out, o.Code)
		}
	}
	for _, code := range given {
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return strings.Join(out, " ")
}

// Coded tells whether there is no open text among the answers: whether Split
// would leave them as they are.
func (q *Questionnaire) Coded(a Answers) bool {
	n := 0
	for i := range q.Items {
		if _, given := a[q.Items[i].ID]; given && q.Items[i].Kind != Text {
			n++
		}
	}
	return n == len(a)
}

// Split parts answers into those that are codes, numbers and dates, and the
// open texts (texts and the words beside options), which are kept sealed.
func (q *Questionnaire) Split(a Answers) (coded, open Answers) {
	coded, open = make(Answers, len(a)), Answers{}
	for i := range q.Items {
		if v, given := a[q.Items[i].ID]; given && q.Items[i].Kind != Text {
			coded[q.Items[i].ID] = v
		}
	}
	for key, v := range a {
		if _, is := coded[key]; !is {
			open[key] = v
		}
	}
	return coded, open
}

// A fault of one answer: what was found, what is expected, how to mend it, and
// the key and numbers of the sentence for the person who answers.
type fault struct {
	key               string
	args              map[string]any
	found, want, hint string
}

// CheckAnswers checks answers against the definition. It reports every fault,
// one detail an item, and changes nothing.
func (q *Questionnaire) CheckAnswers(a Answers) error {
	var faults []*errs.Error
	bad := func(id string, f *fault) {
		if f != nil {
			faults = append(faults, errs.New(errs.Invalid, f.key, "the answer does not fit the question").With(f.args).At(id, f.found, f.want, f.hint))
		}
	}
	n := 0 // answers that belong to an item
	for i := range q.Items {
		it := &q.Items[i]
		v, given := a[it.ID]
		if given {
			n++
		}
		shown := it.ShowIf.Holds(a)
		for j := range it.Options {
			if o := &it.Options[j]; o.Other {
				key := OtherKey(it.ID, o.Code)
				if _, given := a[key]; given {
					n++
				}
				bad(key, checkOther(a[key], shown && slices.Contains(strings.Fields(v), o.Code)))
			}
		}
		bad(it.ID, it.check(v, given, shown, a))
	}
	if n < len(a) {
		q.unknown(a, bad)
	}
	if len(faults) == 0 {
		return nil
	}
	e := errs.New(errs.Invalid, "answers.invalid", "%d answers do not fit the questionnaire", len(faults)).
		With(map[string]any{"N": len(faults)})
	e.Details = faults
	return e
}

// unknown names the answers that belong to no item.
func (q *Questionnaire) unknown(a Answers, bad func(string, *fault)) {
	known := make(map[string]bool, len(q.Items))
	for i := range q.Items {
		known[q.Items[i].ID] = true
		for _, o := range q.Items[i].Options {
			if o.Other {
				known[OtherKey(q.Items[i].ID, o.Code)] = true
			}
		}
	}
	for id, v := range a {
		if !known[id] {
			bad(id, &fault{"answer.invalid", nil, v, "an item of this questionnaire", "check the questionnaire's version"})
		}
	}
}

// check finds what is wrong with the answer to one item.
func (it *Item) check(v string, given, shown bool, a Answers) *fault {
	switch {
	case !shown && given:
		return &fault{"answer.invalid", nil, v, "no answer, because the question is skipped", "leave it out"}
	case it.Kind == Note && given:
		return &fault{"answer.invalid", nil, v, "no answer, because it is only a text to read", "leave it out"}
	case !shown || !given && !it.Required:
		return nil
	case !given:
		return &fault{"answer.required", nil, "", "an answer", "answer the question"}
	case v == DontKnow && it.DontKnow, v == Declined && it.Decline:
		return nil
	}
	switch it.Kind {
	case Grade5:
		if _, ok := Score(v); !ok {
			return it.wrong(v, "1 to 5", "choose a grade")
		}
	case YesNo:
		if v != "yes" && v != "no" {
			return it.wrong(v, "yes or no", "choose one")
		}
	case Text:
		return it.checkText(v)
	case Single:
		if o := it.Option(v); o == nil || !o.ShowIf.Holds(a) {
			return it.wrong(v, "one of the options", "choose an option")
		}
	case Multiple:
		return it.checkMultiple(v, a)
	case Number:
		return it.checkNumber(v)
	case Date:
		return it.checkDate(v)
	}
	return nil
}

func (it *Item) wrong(found, want, hint string) *fault {
	if it.DontKnow {
		want += " or dk"
	}
	if it.Decline {
		want += " or declined"
	}
	return &fault{"answer.invalid", nil, found, want, hint}
}

func notText(v string) *fault {
	if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
		return &fault{"answer.invalid", nil, "bytes that are no text", "UTF-8 text", "send UTF-8"}
	}
	return nil
}

func tooLong(n, most int) *fault {
	return &fault{"answer.long", map[string]any{"Max": most, "N": n}, strconv.Itoa(n) + " characters", "at most " + strconv.Itoa(most), "shorten the text"}
}

func (it *Item) checkText(v string) *fault {
	n, least, most := utf8.RuneCountInString(v), 0, MaxText
	if r := it.Range; r != nil {
		least = r.MinLength
		if r.MaxLength > 0 {
			most = r.MaxLength
		}
	}
	switch f := notText(v); {
	case f != nil:
		return f
	case n > most:
		return tooLong(n, most)
	case n < least:
		return &fault{"answer.short", map[string]any{"Min": least, "N": n}, strconv.Itoa(n) + " characters", "at least " + strconv.Itoa(least), "write a little more"}
	}
	return nil
}

// checkOther checks the words beside an option; they may be missing.
func checkOther(v string, chosen bool) *fault {
	switch n := utf8.RuneCountInString(v); {
	case v == "":
		return nil
	case !chosen:
		return &fault{"answer.invalid", nil, v, "no words, because the option is not chosen", "leave them out"}
	case n > MaxOther:
		return tooLong(n, MaxOther)
	}
	return notText(v)
}

func (it *Item) checkMultiple(v string, a Answers) *fault {
	codes := strings.Split(v, " ")
	for _, code := range codes {
		o := it.Option(code)
		if o == nil || !o.ShowIf.Holds(a) {
			return it.wrong(v, "codes of the options, joined by one space", "choose from the options")
		}
		if o.Exclusive && len(codes) > 1 {
			return &fault{"answer.exclusive", nil, v, code + " alone", "leave out the other options"}
		}
	}
	if it.ordered(v) != v {
		return it.wrong(v, "each code once, in the order of the definition", "put them in order")
	}
	if r := it.Range; r != nil && !it.Option(codes[0]).Exclusive {
		if len(codes) < r.MinChoices {
			return &fault{"answer.few", map[string]any{"Min": r.MinChoices}, v, fmt.Sprintf("at least %d options", r.MinChoices), "choose more"}
		}
		if r.MaxChoices > 0 && len(codes) > r.MaxChoices {
			return &fault{"answer.many", map[string]any{"Max": r.MaxChoices}, v, fmt.Sprintf("at most %d options", r.MaxChoices), "choose fewer"}
		}
	}
	return nil
}

func (it *Item) checkNumber(v string) *fault {
	n, err := parseNumber(v)
	if err != nil || !canonicalNumber(v) {
		f := it.wrong(v, "a number in its shortest form", "write digits only")
		f.key = "answer.number"
		return f
	}
	r := it.Range
	if r == nil {
		r = &Range{}
	}
	if places(v) > r.Decimals {
		if r.Decimals == 0 {
			return &fault{"answer.whole", nil, v, "a whole number", "round it"}
		}
		return &fault{"answer.places", map[string]any{"N": r.Decimals}, v, fmt.Sprintf("at most %d places after the point", r.Decimals), "round it"}
	}
	if f := between(v, r); f != nil {
		return f
	}
	if r.Step != "" {
		step, _ := parseNumber(r.Step)
		from := int64(0)
		if r.Min != "" {
			from, _ = parseNumber(r.Min)
		}
		if step > 0 && (n-from)%step != 0 {
			return &fault{"answer.step", map[string]any{"Step": r.Step}, v, "steps of " + r.Step, "choose a value on the scale"}
		}
	}
	return nil
}

func (it *Item) checkDate(v string) *fault {
	if !isDate(v) {
		f := it.wrong(v, "a date such as 2026-03-05", "write year, month and day")
		f.key = "answer.date"
		return f
	}
	if it.Range == nil {
		return nil
	}
	return between(v, it.Range)
}

func between(v string, r *Range) *fault {
	if n, ok := compare(v, r.Min); r.Min != "" && ok && n < 0 {
		return &fault{"answer.low", map[string]any{"Min": r.Min}, v, "at least " + r.Min, "check the value"}
	}
	if n, ok := compare(v, r.Max); r.Max != "" && ok && n > 0 {
		return &fault{"answer.high", map[string]any{"Max": r.Max}, v, "at most " + r.Max, "check the value"}
	}
	return nil
}
