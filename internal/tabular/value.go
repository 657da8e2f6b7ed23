package tabular

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"gongping/internal/errs"
)

// Visible returns s with every character that could mislead a reader written
// out: controls, direction marks and other invisible characters become ‹U+202E›,
// and long values are cut. It is for showing what was found, in errors and
// previews; markup is not touched, since templates escape it.
func Visible(s string) string {
	const limit = 80
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > limit {
			b.WriteString("…")
			break
		}
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			fmt.Fprintf(&b, "‹U+%04X›", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// found describes a value in an error, hiding it in private columns.
func (c *Column) found(s string) string {
	if c.Private {
		return fmt.Sprintf("(%d characters)", utf8.RuneCountInString(s))
	}
	return Visible(s)
}

// check validates one cell and returns its canonical text. serial allows dates
// as workbooks store them, in days.
func (c *Column) check(raw string, serial bool) (string, *errs.Error) {
	fault := func(key, msg, want, hint string) (string, *errs.Error) {
		return "", errs.New(errs.Invalid, "import."+key, "%s", msg).With(c.args()).At("", c.found(raw), want, hint)
	}
	s := strings.TrimSpace(norm.NFC.String(raw))
	for _, r := range s {
		if r == 0 {
			return fault("nul", "a cell holds a NUL character", "text", "export the file again as UTF-8 CSV or XLSX")
		}
		if unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return fault("control", "a cell holds a control character", "text", "remove the character shown")
		}
		if r == utf8.RuneError {
			return fault("encoding", "a cell holds bytes that are no text in the file's encoding", "UTF-8 or GB18030 text", "save the file as UTF-8 and import it again")
		}
	}
	limit := c.MaxLen
	if limit == 0 {
		limit = 200
	}
	if utf8.RuneCountInString(s) > limit {
		return fault("too_long", "a cell is too long", fmt.Sprintf("at most %d characters", limit), "shorten it")
	}
	if s == "" {
		if c.Required {
			return fault("cell_empty", "a required cell is empty", c.want(), "fill it in")
		}
		if c.Type == Flag {
			return "no", nil
		}
		return "", nil
	}
	v, ok := c.convert(s)
	if !ok && serial && c.Type == Date {
		v, ok = serialDate(s)
	}
	if !ok {
		return fault("value", "a cell does not hold what its column needs", c.want(), c.hint())
	}
	return v, nil
}

// convert returns the canonical text of a non-empty value, false if it has none.
func (c *Column) convert(s string) (string, bool) {
	switch c.Type {
	case Int:
		v, err := strconv.ParseInt(narrow(s), 10, 64)
		return strconv.FormatInt(v, 10), err == nil && (c.Min == 0 && c.Max == 0 || v >= c.Min && v <= c.Max)
	case Enum:
		return c.choose(s)
	case Flag:
		switch fold(s) {
		case "是", "有", "yes", "y", "true", "1", "√":
			return "yes", true
		case "否", "无", "no", "n", "false", "0":
			return "no", true
		}
		return "", false
	case Date:
		return date(narrow(s))
	case Code:
		if c.Named && strings.IndexFunc(narrow(s), notNumeric) >= 0 {
			return s, true
		}
		return c.code(narrow(s))
	case Phone:
		return phone(narrow(s))
	case Number:
		return c.number(narrow(s))
	}
	return s, true
}

// number accepts plain decimal notation, also with an exponent, and
// never infinity or "not a number".
func (c *Column) number(s string) (string, bool) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.IndexFunc(s, notNumeric) >= 0 {
		return "", false
	}
	return strconv.FormatFloat(v, 'g', -1, 64), c.Min == 0 && c.Max == 0 || v >= float64(c.Min) && v <= float64(c.Max)
}

// choose finds an allowed value, first as written, then folded.
func (c *Column) choose(s string) (string, bool) {
	for i := range c.Allowed {
		if a := &c.Allowed[i]; a.Value == s || slices.Contains(a.Aliases, s) {
			return a.Value, true
		}
	}
	f := fold(s)
	for i := range c.Allowed {
		a := &c.Allowed[i]
		if fold(a.Value) == f || slices.ContainsFunc(a.Aliases, func(alias string) bool { return fold(alias) == f }) {
			return a.Value, true
		}
	}
	return "", false
}

// narrow turns full-width letters and digits into ASCII.
func narrow(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return width.Narrow.String(s)
		}
	}
	return s
}

func date(s string) (string, bool) {
	for _, layout := range []string{"2006-01-02", "2006/1/2", "2006-1-2", "2006.1.2", "20060102", "2006年1月2日"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1800 && t.Year() < 2200 {
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}

// serialDate reads a day as a workbook stores it: days since 30 December 1899.
func serialDate(s string) (string, bool) {
	days, err := strconv.ParseFloat(s, 64)
	if err != nil || days < 61 || days > 109_574 { // before March 1900 the count is ambiguous; 2199 ends it
		return "", false
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(days)).Format(time.DateOnly), true
}

func (c *Column) code(s string) (string, bool) {
	digits := true
	for _, r := range s {
		if r >= '0' && r <= '9' {
			continue
		}
		digits = false
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_' || r == '.') {
			return "", false
		}
	}
	if len(c.Digits) == 0 {
		return s, true
	}
	for _, n := range c.Digits {
		if digits && len(s) == n {
			return s, true
		}
	}
	return "", false
}

// phone accepts the forms in use and drops the separators.
func phone(s string) (string, bool) {
	if strings.ContainsAny(s, " -()") {
		s = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(s)
	}
	digits := strings.TrimPrefix(s, "+")
	for _, r := range digits {
		if r < '0' || r > '9' {
			return "", false
		}
	}
	if strings.HasPrefix(digits, "86") && len(digits) == 13 {
		digits = digits[2:]
	} else if digits != s {
		return s, len(digits) >= 8 && len(digits) <= 15
	}
	mobile := len(digits) == 11 && digits[0] == '1' && digits[1] >= '3'
	landline := len(digits) >= 7 && len(digits) <= 12 && digits[0] != '1'
	return digits, mobile || landline
}

// kind names what the column expects, as the keys of the catalogues do.
func (c *Column) kind() string {
	switch {
	case c.Type == Code && c.Named:
		return "named"
	case c.Type == Code && len(c.Digits) > 0:
		return "digits"
	case (c.Type == Int || c.Type == Number) && (c.Min != 0 || c.Max != 0):
		return "range"
	}
	return [...]string{"text", "int", "enum", "flag", "date", "code", "phone", "number"}[c.Type]
}

// args fill the sentences of the catalogues.
func (c *Column) args() map[string]any {
	var values []string
	for _, a := range c.Allowed {
		v := a.Value
		if len(a.Aliases) > 0 {
			v = a.Aliases[0]
		}
		values = append(values, v)
	}
	limit := c.MaxLen
	if limit == 0 {
		limit = 200
	}
	return map[string]any{"Type": c.kind(), "Min": c.Min, "Max": c.Max, "Limit": limit, "Values": strings.Join(values, "、"),
		"Digits": strings.ReplaceAll(strings.Trim(fmt.Sprint(c.Digits), "[]"), " ", "、")}
}

// want says in words what the column expects.
func (c *Column) want() string {
	switch c.Type {
	case Int:
		if c.Min == 0 && c.Max == 0 {
			return "a whole number"
		}
		return fmt.Sprintf("a whole number from %d to %d", c.Min, c.Max)
	case Enum:
		var v []string
		for _, a := range c.Allowed {
			v = append(v, strings.Join(append([]string{a.Value}, a.Aliases...), "/"))
		}
		return "one of " + strings.Join(v, ", ")
	case Flag:
		return "yes or no (是/否)"
	case Date:
		return "a date such as 2026-11-20"
	case Code:
		if len(c.Digits) > 0 {
			want := fmt.Sprintf("a code of %s digits", strings.Trim(strings.ReplaceAll(fmt.Sprint(c.Digits), " ", " or "), "[]"))
			if c.Named {
				want += ", or a name"
			}
			return want
		}
		return "a code of letters, digits, -, _ and ."
	case Phone:
		return "a phone number"
	case Number:
		if c.Min == 0 && c.Max == 0 {
			return "a number"
		}
		return fmt.Sprintf("a number from %d to %d", c.Min, c.Max)
	}
	return "text"
}

func (c *Column) hint() string {
	switch c.Type {
	case Code:
		if len(c.Digits) > 0 {
			return "format the column as text, so that the spreadsheet keeps every digit"
		}
		return "remove other characters"
	case Date:
		return "write the date as year-month-day"
	case Enum:
		return "use one of the listed words"
	}
	return "correct the cell"
}
