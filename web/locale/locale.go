// Package locale holds the catalogues: every sentence a person reads, in
// Chinese and English, one JSON file per feature and language.
//
// A file is a flat object from the full key ("round.frozen") to the sentence,
// or to plural forms ({"one": …, "other": …}). Placeholders are those of
// go-i18n: {{.Name}}.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Lang is an interface language.
type Lang string

// The interface languages.
const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// Langs lists the interface languages, the default first.
var Langs = []Lang{Chinese, English}

// Cookie is the name of the cookie that overrides the browser's language.
const Cookie = "gp_lang"

//go:embed zh/*.json en/*.json
var embedded embed.FS

// Catalog is all sentences of all languages. It is safe for concurrent use.
type Catalog struct {
	printers map[Lang]*Printer
}

// Printer gives sentences in one language.
type Printer struct {
	lang Lang
	loc  *i18n.Localizer
	keys map[string]bool
}

// Embedded returns the catalogues built into the binary. A file that cannot
// be read is a fault of the build, so it panics.
func Embedded() *Catalog {
	c, err := New(embedded)
	if err != nil {
		panic(err)
	}
	return c
}

// New reads <lang>/<feature>.json for every language. A key that stands in two
// files of a language is an error: one sentence would silently win.
func New(fsys fs.FS) (*Catalog, error) {
	bundle := i18n.NewBundle(language.Chinese)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	c := &Catalog{printers: map[Lang]*Printer{}}
	for _, lang := range Langs {
		keys := map[string]bool{}
		names, err := fs.Glob(fsys, path.Join(string(lang), "*.json"))
		if err != nil {
			return nil, err
		}
		slices.Sort(names)
		for _, name := range names {
			if err := load(bundle, fsys, lang, name, keys); err != nil {
				return nil, err
			}
		}
		c.printers[lang] = &Printer{lang: lang, loc: i18n.NewLocalizer(bundle, string(lang)), keys: keys}
	}
	return c, nil
}

// load adds the sentences of one file.
func load(bundle *i18n.Bundle, fsys fs.FS, lang Lang, name string, keys map[string]bool) error {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(data, &entries); err != nil {
		return fmt.Errorf("locale: %s: %w", name, err)
	}
	for key, raw := range entries {
		if keys[key] {
			return fmt.Errorf("locale: %s: key %q also stands in another file of this language", name, key)
		}
		m := &i18n.Message{ID: key}
		if err := json.Unmarshal(raw, &m.Other); err != nil {
			var forms struct{ Zero, One, Two, Few, Many, Other string }
			if err := json.Unmarshal(raw, &forms); err != nil {
				return fmt.Errorf("locale: %s: key %q: want a sentence or plural forms: %w", name, key, err)
			}
			m.One, m.Other = forms.One, forms.Other
		}
		if err := bundle.AddMessages(language.Make(string(lang)), m); err != nil {
			return fmt.Errorf("locale: %s: key %q: %w", name, key, err)
		}
		keys[key] = true
	}
	return nil
}

// For returns the printer of a language, Chinese for one that is not known.
func (c *Catalog) For(lang Lang) *Printer {
	if p, ok := c.printers[lang]; ok {
		return p
	}
	return c.printers[Chinese]
}

// Lang returns the printer's language.
func (p *Printer) Lang() Lang { return p.lang }

// Has reports whether the key exists.
func (p *Printer) Has(key string) bool { return p.keys[key] }

// Keys returns all keys, sorted.
func (p *Printer) Keys() []string {
	keys := make([]string, 0, len(p.keys))
	for k := range p.keys {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// T returns the sentence of key, filled from name, value pairs. A key that
// does not exist is returned as it is, so that the fault is seen; the test of
// this package keeps it from happening for keys written in code.
func (p *Printer) T(key string, pairs ...any) string { return p.Map(key, args(pairs)) }

// N returns the plural form of key for n, which also fills {{.N}}.
func (p *Printer) N(key string, n int, pairs ...any) string {
	data := args(pairs)
	if _, ok := data["N"]; !ok {
		data["N"] = n
	}
	return p.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: n})
}

// Map is T with the values in a map.
func (p *Printer) Map(key string, data map[string]any) string {
	return p.localize(&i18n.LocalizeConfig{MessageID: key, TemplateData: data})
}

func (p *Printer) localize(lc *i18n.LocalizeConfig) string {
	if !p.keys[lc.MessageID] {
		return lc.MessageID
	}
	s, err := p.loc.Localize(lc)
	if err != nil && s == "" {
		return lc.MessageID
	}
	return s
}

// args makes a map of pairs. An odd number or a name that is no string is a
// mistake of the caller.
func args(pairs []any) map[string]any {
	if len(pairs)%2 != 0 {
		panic(fmt.Sprintf("locale: odd number of name, value pairs: %v", pairs))
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

var matcher = language.NewMatcher([]language.Tag{language.Chinese, language.English})

// FromRequest returns the language of a request: the cookie's, else the
// browser's best, else Chinese.
func FromRequest(r *http.Request) Lang {
	if c, err := r.Cookie(Cookie); err == nil && slices.Contains(Langs, Lang(c.Value)) {
		return Lang(c.Value)
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return Chinese
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return Chinese
	}
	return Langs[i]
}
