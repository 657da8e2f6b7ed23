package analyze

import (
	"strings"
	"sync"

	"gongping/web/locale"
)

// catalog is read once: most commands never need it.
var catalog = sync.OnceValue(locale.Embedded)

// Language is the language of a report by a flag, or else by the environment
// (LC_ALL, LC_MESSAGES, LANG, the first that is set): Chinese where that says so,
// English otherwise.
func Language(flag string, env func(string) string) (locale.Lang, error) {
	switch flag {
	case "":
	case string(locale.Chinese), string(locale.English):
		return locale.Lang(flag), nil
	default:
		return "", fieldFault("lang", flag, "zh or en", "")
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return locale.Chinese, nil
			}
			break
		}
	}
	return locale.English, nil
}

func (s *Spec) language() locale.Lang {
	if s.Lang == "" {
		return locale.English
	}
	return s.Lang
}

// T is a sentence in the language of the report.
func (a *analysis) T(key string, pairs ...any) string { return a.say.T(key, pairs...) }

// join puts one sentence after another.
func (a *analysis) join(first, second string) string {
	switch {
	case second == "":
		return first
	case a.say.Lang() == locale.Chinese:
		return first + second
	}
	return first + " " + second
}

// name gives the columns of a table their headings. A column of the data keeps its
// name; a key that ends in a number k is worded once for all k.
func (a *analysis) name(t *Table) {
	for i := range t.Heads {
		h := &t.Heads[i]
		key := "analysis.head." + strings.ToLower(strings.ReplaceAll(h.Key, ".", "_"))
		h.Label = h.Key
		if a.say.Has(key) {
			h.Label = a.T(key)
		} else if at := strings.LastIndexByte(key, '_'); at > 0 && a.say.Has(key[:at]) {
			h.Label = a.T(key[:at], "K", key[at+1:])
		}
	}
}
