package main

import (
	"errors"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"gongping/internal/analyze"
	"gongping/internal/errs"
	"gongping/web/locale"
	"gongping/web/problem"
)

// speaker is who tells the operator what went wrong: in Chinese where the flag
// --lang of the command or else the environment says so, otherwise in English.
// Help and the names of flags are in English only.
func speaker(c *cobra.Command) *locale.Printer {
	flag := ""
	if f := c.Flags().Lookup("lang"); f != nil && f.Changed {
		flag = f.Value.String()
	}
	lang, err := analyze.Language(flag, os.Getenv)
	if err != nil {
		lang = locale.English
	}
	return locale.Embedded().For(lang)
}

// explained are the lines that explain err in the language of p: its own, or, where
// several faults were joined, each of them, and the details of each.
func explained(err error, p *locale.Printer) []string {
	if p.Lang() == locale.English {
		return sentences(err)
	}
	var lines []string
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range j.Unwrap() {
			lines = append(lines, explained(e, p)...)
		}
		return lines
	}
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return []string{usage(err.Error(), p)}
	}
	before, _ := strings.CutSuffix(err.Error(), e.Error())
	if before == err.Error() {
		before = ""
	}
	lines = append(lines, before+fault(e, p))
	for _, d := range e.Details {
		lines = append(lines, "  "+fault(d, p))
	}
	return lines
}

// fault is one error in one line; where the catalogues have no sentence for it,
// the error's own words.
func fault(e *errs.Error, p *locale.Printer) string {
	if !p.Has(e.Key) {
		return e.Error()
	}
	d := problem.DetailOf(e, p)
	said := strings.TrimRight(d.Message, "。")
	if d.Where != "" {
		said = p.T("cli.where", "Where", problem.Place(d.Where, p), "Said", said)
	}
	if d.Found != "" {
		said += p.T("cli.found", "Found", d.Found)
	}
	if d.Want != "" {
		said += p.T("cli.want", "Want", strings.TrimRight(d.Want, "。"))
	}
	if d.Hint != "" {
		said += p.T("cli.hint", "Hint", strings.TrimRight(d.Hint, "。."))
	}
	// What the operating system or the database said helps whoever mends it.
	if cause := errors.Unwrap(e); cause != nil {
		said += p.T("cli.cause", "Cause", cause.Error())
	}
	return said
}

// uses are the sentences of wrong use, those of the command library and our own.
var uses = []struct {
	key  string
	says *regexp.Regexp
}{
	{"cli.unknown_flag", regexp.MustCompile(`^unknown (?:shorthand )?flag: (.+?)$`)},
	{"cli.required", regexp.MustCompile(`^required flag\(s\) (.+?) not set$`)},
	{"cli.needs_value", regexp.MustCompile(`^flag needs an argument: (.+?)$`)},
	{"cli.invalid_value", regexp.MustCompile(`^invalid argument (".*?") for "(.+?)" flag: .*$`)},
	{"cli.choose_command", regexp.MustCompile(`^unknown command (".*?") for ".+?": choose (.+)$`)},
	{"cli.unknown_command", regexp.MustCompile(`^(?:unknown|there is no) command (".*?")`)},
	{"cli.count", regexp.MustCompile(`^(?:accepts|requires at (?:least|most)) (.+?) arg\(s\), (?:only )?received (\d+)$`)},
}

// help is the end of a sentence of wrong use, which says where to read on.
var help = regexp.MustCompile(`(?:; usage: (.+?))? ?\(see: (.+?)\)$`)

// usage says in the language of p how a command was used wrongly; what it does
// not know it leaves as it is.
func usage(s string, p *locale.Printer) string {
	end := ""
	if m := help.FindStringSubmatch(s); m != nil {
		s = strings.TrimSuffix(s, m[0])
		if m[1] != "" {
			end = p.T("cli.usage", "Usage", m[1])
		}
		end += p.T("cli.see", "See", m[2])
	}
	for _, u := range uses {
		if m := u.says.FindStringSubmatch(s); m != nil {
			return p.T(u.key, "A", strings.ReplaceAll(m[1], ", ", p.T("common.list_mark")), "B", strings.ReplaceAll(m[len(m)-1], ", ", p.T("common.list_mark"))) + end
		}
	}
	return s + end
}
