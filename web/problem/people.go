package problem

import (
	"regexp"
	"strings"

	"gongping/web/locale"
)

// english is prose of the code that no catalogue translates; field is a name
// that only programs know; place is where a table is at fault.
var (
	english = regexp.MustCompile(`[a-z]{2,}[^a-zA-Z]* [^a-zA-Z]*[a-z]{2,}|^[a-z]{4,}$`)
	chinese = regexp.MustCompile(`\p{Han}`)
	field   = regexp.MustCompile(`^[a-z][a-zA-Z0-9_.\[\]]*$`)
	place   = regexp.MustCompile(`^row (\d+)(?:, column (.+))?$|^column (.+)$`)
	number  = regexp.MustCompile(`\d+(?:\.\d+)?%?`)
	word    = regexp.MustCompile(`[^a-z]+`)
)

// People makes the problem of err for a page: as From, without what does not
// help a person who reads it.
func People(err error, p *locale.Printer) *Problem {
	out := From(err, p)
	forPeople(out, p)
	return out
}

// forPeople takes from a problem what does not help a person who reads its page:
// English in another language, names of fields of the API that no catalogue has
// a word for, and what is said twice where there is one fault only.
func forPeople(p *Problem, pr *locale.Printer) {
	foreign := func(s string) string {
		if pr.Lang() != locale.English && english.MatchString(s) && !chinese.MatchString(s) {
			return ""
		}
		return s
	}
	p.Hint = foreign(p.Hint)
	for i := range p.Errors {
		d := &p.Errors[i]
		d.Want, d.Hint, d.Where = foreign(d.Want), foreign(d.Hint), where(d.Where, pr)
		if d.Hint == p.Hint {
			d.Hint = ""
		}
		if len(p.Errors) == 1 && d.Message == p.Detail {
			d.Message, d.Hint = "", ""
		}
		if field.MatchString(d.Where) {
			d.Where = ""
		}
	}
}

// Place is where a fault is, in the reader's words: a cell of a table, or the
// label of a field; anything else as it is.
func Place(s string, pr *locale.Printer) string { return where(s, pr) }

// where is a place in the reader's words: a cell of a table, or the label of a
// field.
func where(s string, pr *locale.Printer) string {
	if m := place.FindStringSubmatch(s); m != nil {
		column := m[2] + m[3]
		if key := "column." + column; pr.Has(key) {
			column = pr.T(key)
		}
		switch {
		case m[1] == "":
			return pr.T("intake.at.column", "Column", column)
		case column == "":
			return pr.T("intake.at.row", "Row", m[1])
		}
		return pr.T("intake.at.cell", "Row", m[1], "Column", column)
	}
	if field.MatchString(s) {
		// The form of rule books names its fields by their place in the document.
		for _, key := range []string{"rulebook." + s, "problem.field." + s[strings.LastIndexByte(s, '.')+1:]} {
			if pr.Has(key) {
				return pr.T(key)
			}
		}
	}
	return s
}

// phrase is what a short English expectation is in the reader's language, where
// the catalogues have it: "1 to 60 characters" is looked up as
// "problem.phrase.n_to_n_characters" and filled with A and B.
func phrase(s string, p *locale.Printer) (string, bool) {
	args := map[string]any{}
	for i, n := range number.FindAllString(s, 2) {
		args[string(rune('A'+i))] = n
	}
	key := strings.Trim(word.ReplaceAllString(strings.ToLower(number.ReplaceAllString(s, "n")), "_"), "_")
	if key = "problem.phrase." + key; !p.Has(key) {
		return choices(s, p)
	}
	return p.Map(key, args), true
}

// item is what a list of choices may name: a code, a number, a word of Chinese.
var item = regexp.MustCompile(`^[\p{L}\p{N}_.+-]+$`)

// choices says a list that the code puts together, "score or leave" or "one of:
// csv, xlsx", in the reader's language: what has a phrase is translated, codes
// stay as they are written.
func choices(s string, p *locale.Printer) (string, bool) {
	list := strings.TrimPrefix(strings.TrimPrefix(s, "one of: "), "one of ")
	list = strings.ReplaceAll(list, " or ", ", ")
	items := strings.Split(list, ", ")
	if len(items) < 2 {
		return s, false
	}
	for i, x := range items {
		if !item.MatchString(x) {
			return s, false
		}
		if key := "problem.phrase." + x; p.Has(key) {
			items[i] = p.T(key)
		}
	}
	last := len(items) - 1
	return strings.Join(items[:last], p.T("common.list_mark")) + p.T("problem.or") + items[last], true
}
