package qualitative

import (
	"slices"
	"unicode"
)

// narrow maps full-width forms to the plain ones, one rune to one rune.
func narrow(r rune) rune {
	switch {
	case r == '\u3000':
		return ' '
	case r >= '\uff01' && r <= '\uff5e':
		return r - 0xfee0
	}
	return r
}

// han tells whether a rune is written without spaces between words.
func han(r rune) bool {
	return r >= 0x3400 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff || r >= 0x20000 && r <= 0x3ffff
}

// Fold leaves of a text what its meaning hangs on: letters and digits, narrow
// and small. Words of alphabets keep one space between them; Chinese keeps
// none. Two texts with the same fold are the same text.
func Fold(text string) string { return string(fold(nil, text)) }

func fold(dst []rune, text string) []rune {
	gap := false
	for _, r := range text {
		r = unicode.ToLower(narrow(r))
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		if n := len(dst); gap && n > 0 && !han(r) && !han(dst[n-1]) {
			dst = append(dst, ' ')
		}
		gap = false
		dst = append(dst, r)
	}
	return dst
}

// Terms lists what a text is found by, distinct and in order: every Chinese
// character and every pair of neighbouring ones, and every word or number of
// other scripts. A phrase of Chinese occurs in a text only where all its terms
// do, so an index of terms narrows a search to few texts, which are then
// looked at themselves.
func Terms(text string) []string {
	runes := fold(nil, text)
	var out []string
	word := -1
	for i, r := range runes {
		switch {
		case han(r):
			out = append(out, string(r))
			if i > 0 && han(runes[i-1]) {
				out = append(out, string(runes[i-1:i+1]))
			}
			fallthrough
		case r == ' ':
			if word >= 0 {
				out = append(out, string(runes[word:i]))
			}
			word = -1
		case word < 0:
			word = i
		}
	}
	if word >= 0 {
		out = append(out, string(runes[word:]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Query is a search taken apart: the terms that a text must have and the
// phrases that its fold must contain.
type Query struct {
	Terms   []string
	Phrases []string
}

// ParseQuery takes a search apart at its spaces; every part must occur. A part
// of nothing but signs is left out.
func ParseQuery(text string) Query {
	var q Query
	start := -1
	runes := []rune(text)
	add := func(part []rune) {
		if f := Fold(string(part)); f != "" {
			q.Phrases = append(q.Phrases, f)
			q.Terms = append(q.Terms, Terms(string(part))...)
		}
	}
	for i, r := range runes {
		if unicode.IsSpace(r) {
			if start >= 0 {
				add(runes[start:i])
			}
			start = -1
		} else if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		add(runes[start:])
	}
	slices.Sort(q.Terms)
	q.Terms = slices.Compact(q.Terms)
	return q
}
