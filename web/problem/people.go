package problem

import (
	"regexp"

	"gongping/web/locale"
)

// english is prose of the code that no catalogue translates; field is a name
// that only programs know.
var (
	english = regexp.MustCompile(`[a-z]{2,},? [a-z(]`)
	field   = regexp.MustCompile(`^[a-z][a-zA-Z0-9_.\[\]]*$`)
)

// forPeople takes from a problem what does not help a person who reads its page:
// English in another language, names of fields of the API, and what is said
// twice where there is one fault only.
func forPeople(p *Problem, lang locale.Lang) {
	foreign := func(s string) string {
		if lang != locale.English && english.MatchString(s) {
			return ""
		}
		return s
	}
	p.Hint = foreign(p.Hint)
	for i := range p.Errors {
		d := &p.Errors[i]
		d.Want, d.Hint = foreign(d.Want), foreign(d.Hint)
		if field.MatchString(d.Where) {
			d.Where = ""
		}
		if len(p.Errors) == 1 && d.Message == p.Detail {
			d.Message, d.Hint = "", ""
		}
	}
}
