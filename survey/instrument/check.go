package instrument

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gongping/internal/errs"
)

// The largest questionnaire.
const (
	MaxItems   = 1000
	MaxOptions = 500
	maxLabel   = 10_000 // characters of one text
)

// checker walks through a questionnaire and keeps the first fault.
type checker struct {
	q    *Questionnaire
	dims map[string]bool
	secs map[string]bool
	mats map[string]bool
	seen map[string]*Item
	err  error
}

func (k *checker) bad(where, found, want, hint string) {
	if k.err == nil {
		k.err = errs.New(errs.Invalid, "instrument.invalid", "the questionnaire is not usable").At(where, found, want, hint)
	}
}

// Check returns an error unless the questionnaire is complete and coherent.
func (q *Questionnaire) Check() error {
	k := &checker{q: q, seen: map[string]*Item{}}
	main := q.Tags()[0]
	k.languages()
	if strings.TrimSpace(q.Title[main]) == "" {
		k.bad("title."+main, "", "a title", "give the questionnaire a title in its main language")
	}
	k.texts("title", q.Title)
	k.texts("intro", q.Intro)
	k.texts("thanks", q.Thanks)
	if len(q.Items) == 0 {
		k.bad("items", "none", "at least one item", "add an item")
	}
	if len(q.Items) > MaxItems {
		k.bad("items", strconv.Itoa(len(q.Items)), "at most "+strconv.Itoa(MaxItems)+" items", "split the questionnaire")
	}
	k.dims = k.unique("dimensions", "dimension", len(q.Dimensions), func(i int) (string, Lang) { return q.Dimensions[i].ID, q.Dimensions[i].Text })
	k.secs = k.unique("sections", "section", len(q.Sections), func(i int) (string, Lang) { return q.Sections[i].ID, q.Sections[i].Title })
	k.mats = k.unique("matrices", "matrix", len(q.Matrices), func(i int) (string, Lang) { return q.Matrices[i].ID, q.Matrices[i].Text })
	for i := range q.Items {
		if k.err != nil {
			return k.err
		}
		k.item(fmt.Sprintf("items[%d]", i), i)
		k.seen[q.Items[i].ID] = &q.Items[i]
	}
	k.collisions()
	return k.err
}

func (k *checker) languages() {
	for i, tag := range k.q.Languages {
		if !isTag(tag) || slices.Contains(k.q.Languages[:i], tag) {
			k.bad(fmt.Sprintf("languages[%d]", i), tag, "a language tag such as zh, en or ja, once", "mend or remove it")
		}
	}
}

// isTag is a language tag of letters, digits and hyphens.
func isTag(s string) bool {
	return len(s) >= 2 && len(s) <= 20 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// texts refuses what is no text; what is written there is never run, only shown.
func (k *checker) texts(where string, l Lang) {
	for tag, s := range l {
		switch {
		case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
			k.bad(where+"."+tag, "bytes that are no text", "UTF-8 text", "write the text again")
		case utf8.RuneCountInString(s) > maxLabel:
			k.bad(where+"."+tag, strconv.Itoa(utf8.RuneCountInString(s))+" characters", "at most "+strconv.Itoa(maxLabel), "shorten the text")
		}
	}
}

func (k *checker) unique(list, what string, n int, at func(int) (string, Lang)) map[string]bool {
	ids := map[string]bool{"": true}
	for i := range n {
		id, text := at(i)
		if id == "" || ids[id] {
			k.bad(fmt.Sprintf("%s[%d].id", list, i), id, "a unique id", "rename the "+what)
		}
		ids[id] = true
		k.texts(fmt.Sprintf("%s[%d]", list, i), text)
	}
	return ids
}

func (k *checker) item(where string, i int) {
	it := &k.q.Items[i]
	main := k.q.Tags()[0]
	if _, dup := k.seen[it.ID]; it.ID == "" || dup || strings.ContainsAny(it.ID, " \t\n,;\"'<>") {
		k.bad(where+".id", it.ID, "a unique id of letters, digits, _ and -", "rename the item")
	}
	if !it.Kind.known() {
		k.bad(where+".kind", string(it.Kind), "one of "+kindList(), "choose one of them")
	}
	if strings.TrimSpace(it.Text[main]) == "" {
		k.bad(where+".text."+main, "", "the question", "write the question in the main language of the questionnaire")
	}
	k.texts(where+".text", it.Text)
	k.texts(where+".hint", it.Hint)
	if !k.dims[it.Dimension] {
		k.bad(where+".dimension", it.Dimension, "an id from dimensions", "add the dimension or leave it empty")
	}
	if it.Dimension != "" && it.Kind != Grade5 {
		k.bad(where+".dimension", it.Dimension, "none, because only five-grade items are scored", "leave it empty")
	}
	if !k.secs[it.Section] {
		k.bad(where+".section", it.Section, "an id from sections", "add the section or leave it empty")
	}
	if it.Kind == Note && (it.Required || it.DontKnow || it.Decline) {
		k.bad(where+".required", "an answer", "none, because a note is only read", "make it a question or switch it off")
	}
	k.cond(where+".show_if", it.ShowIf)
	k.options(where+".options", it)
	k.limits(where+".range", it)
	k.matrix(where+".matrix", i)
}

func kindList() string {
	s := make([]string, len(Kinds))
	for i, x := range Kinds {
		s[i] = string(x)
	}
	return strings.Join(s, ", ")
}

func (k *checker) cond(where string, c *Cond) {
	if c == nil {
		return
	}
	parts := 0
	if w, found, want := c.check(k.seen, 0, &parts); want != "" {
		k.bad(where+w, found, want, "move the item down or change the rule")
	}
}

// gradeCodes are the options of a five-grade item with words of its own.
var gradeCodes = []string{"5", "4", "3", "2", "1"}

func (k *checker) options(where string, it *Item) {
	codes := make([]string, len(it.Options))
	for i := range it.Options {
		codes[i] = it.Options[i].Code
	}
	switch {
	case it.Kind == Grade5 && len(codes) > 0 && !slices.Equal(codes, gradeCodes):
		k.bad(where, strings.Join(codes, " "), "the grades 5 4 3 2 1, or none for the usual words", "use a single choice for other codes")
	case it.Kind.Choice() && len(codes) == 0:
		k.bad(where, "none", "at least one option", "add the options")
	case !it.Kind.Choice() && it.Kind != Grade5 && len(codes) > 0:
		k.bad(where, strconv.Itoa(len(codes)), "none for this kind", "make it a single or multiple choice")
	case len(codes) > MaxOptions:
		k.bad(where, strconv.Itoa(len(codes)), "at most "+strconv.Itoa(MaxOptions), "shorten the list")
	}
	main := k.q.Tags()[0]
	for i := range it.Options {
		o, at := &it.Options[i], fmt.Sprintf("%s[%d]", where, i)
		if !validCode(o.Code) || slices.Contains(codes[:i], o.Code) || it.Decline && o.Code == Declined {
			k.bad(at+".code", o.Code, "a unique code of letters, digits, _ . and -, not dk, nor declined where that is offered", "rename the code")
		}
		if strings.TrimSpace(o.Text[main]) == "" {
			k.bad(at+".text."+main, "", "the words of the option", "write them in the main language of the questionnaire")
		}
		k.texts(at+".text", o.Text)
		if o.Exclusive && it.Kind != Multiple {
			k.bad(at+".exclusive", "true", "false, because only one option is chosen anyway", "switch it off")
		}
		if (o.Other || o.ShowIf != nil) && !it.Kind.Choice() {
			k.bad(at, "other words or a rule", "neither for a grade", "make it a single choice")
		}
		k.cond(at+".show_if", o.ShowIf)
	}
}

// validCode is a code that can be joined with others by spaces.
func validCode(s string) bool {
	if s == "" || s == DontKnow || utf8.RuneCountInString(s) > 64 || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '_' && r != '-' && r != '.' {
			return false
		}
	}
	return true
}

func (k *checker) limits(where string, it *Item) {
	r := it.Range
	if r == nil {
		return
	}
	of := func(field string, set, may bool) {
		if set && !may {
			k.bad(where+"."+field, "a limit", "none for this kind", "leave it empty")
		}
	}
	value := func(field, v string) {
		if v == "" {
			return
		}
		if it.Kind == Date && !isDate(v) {
			k.bad(where+"."+field, v, "a date such as 2026-03-05", "mend it")
		}
		if it.Kind == Number && !canonicalNumber(v) {
			k.bad(where+"."+field, v, "a plain number such as 12 or 0.5", "mend it")
		}
	}
	of("min", r.Min != "" || r.Max != "", it.Kind == Number || it.Kind == Date)
	of("step", r.Step != "" || r.Decimals != 0, it.Kind == Number)
	of("min_length", r.MinLength != 0 || r.MaxLength != 0, it.Kind == Text)
	of("min_choices", r.MinChoices != 0 || r.MaxChoices != 0, it.Kind == Multiple)
	value("min", r.Min)
	value("max", r.Max)
	value("step", r.Step)
	if n, err := parseNumber(r.Step); r.Step != "" && (err != nil || n <= 0 || places(r.Step) > r.Decimals) {
		k.bad(where+".step", r.Step, "a number above zero with no more places than decimals", "mend it")
	}
	if r.Decimals < 0 || r.Decimals > maxPlaces {
		k.bad(where+".decimals", strconv.Itoa(r.Decimals), "0 to "+strconv.Itoa(maxPlaces), "mend it")
	}
	if n, ok := compare(r.Min, r.Max); r.Min != "" && r.Max != "" && ok && n > 0 {
		k.bad(where+".max", r.Max, "not below "+r.Min, "swap them")
	}
	pair := func(field string, low, high, most int) {
		if low < 0 || high < 0 || low > most || high > most || high > 0 && low > high {
			k.bad(where+"."+field, fmt.Sprintf("%d to %d", low, high), "0 to "+strconv.Itoa(most)+", the smaller first", "mend it")
		}
	}
	pair("max_length", r.MinLength, r.MaxLength, MaxText)
	pair("max_choices", r.MinChoices, r.MaxChoices, len(it.Options))
}

// matrix checks that the rows of a matrix stand together and are alike.
func (k *checker) matrix(where string, i int) {
	it := &k.q.Items[i]
	if !k.mats[it.Matrix] {
		k.bad(where, it.Matrix, "an id from matrices", "add the matrix or leave it empty")
	}
	if it.Matrix == "" {
		return
	}
	if it.Kind != Grade5 && it.Kind != YesNo && it.Kind != Single && it.Kind != Multiple {
		k.bad(where, string(it.Kind), "rows that are grades or choices", "take the item out of the matrix")
	}
	for j := i - 1; j >= 0; j-- {
		if k.q.Items[j].Matrix != it.Matrix {
			continue
		}
		before := &k.q.Items[j]
		same := before.Kind == it.Kind && before.DontKnow == it.DontKnow && before.Decline == it.Decline && before.Section == it.Section && len(before.Options) == len(it.Options)
		for o := 0; same && o < len(it.Options); o++ {
			same = before.Options[o].Code == it.Options[o].Code
		}
		if j != i-1 {
			k.bad(where, it.Matrix, "rows that follow each other", "move the item to the other rows")
		} else if !same {
			k.bad(where, it.Matrix, "rows of one kind with the same options and section", "make the rows alike")
		}
		return
	}
}

// collisions keeps the keys of other-texts apart from those of items.
func (k *checker) collisions() {
	for i := range k.q.Items {
		for _, o := range k.q.Items[i].Options {
			if key := OtherKey(k.q.Items[i].ID, o.Code); o.Other && k.seen[key] != nil {
				k.bad(fmt.Sprintf("items[%d].id", i), key, "an id that no option's text has as its key", "rename the item")
			}
		}
	}
}
