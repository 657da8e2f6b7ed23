package exchange

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Code makes an item's id or an option's code of a name: letters, digits, _ .
// and -, at most 60 characters.
func Code(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '_' && r != '-' && r != '.' {
			return '_'
		}
		return r
	}, strings.TrimSpace(s))
	s = strings.TrimSuffix(Clip(s, 60), "…")
	if s == "" {
		return "q"
	}
	return s
}

// Clip shortens a text to n characters.
func Clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// hidden are characters that change the direction of what follows or that
// nobody sees.
func hidden(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff || r == 0x200b || r == utf8.RuneError ||
		r < 0x20 && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0
}

// Visible takes away characters that would make a text look other than it is.
func Visible(s string) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if hidden(r) {
			return -1
		}
		return r
	}, s)
}

// maxText is the longest text taken over.
const maxText = 8000

// Text cleans a text that is to be shown as it stands: line ends, hidden
// characters, outer spaces. What it took away is reported.
func (r *Report) Text(s string, at Place) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	if v := Visible(s); v != s {
		r.Add(Changed, at, "hidden_characters", s)
		s = v
	}
	if utf8.RuneCountInString(s) > maxText {
		r.Add(Lost, at, "text_cut", s)
		s = Clip(s, maxText)
	}
	return strings.TrimSpace(s)
}

// Plain is Text for a source that writes HTML: tags go, entities are read,
// paragraphs become lines, scripts and styles are left out. Markup that
// mattered (pictures, links, scripts) is reported.
func (r *Report) Plain(s string, at Place) string {
	if !strings.ContainsAny(s, "<&") {
		return r.Text(s, at)
	}
	var b strings.Builder
	skip := ""
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			i = len(s)
		}
		if skip == "" {
			b.WriteString(s[:i])
		}
		if s = s[i:]; s == "" {
			break
		}
		end := strings.IndexByte(s, '>')
		if end < 0 || len(s) < 2 || !(s[1] == '/' || s[1] == '!' || s[1] >= 'a' && s[1] <= 'z' || s[1] >= 'A' && s[1] <= 'Z') {
			// No tag: a sign such as "< 20 years".
			if skip == "" {
				b.WriteByte('<')
			}
			s = s[1:]
			continue
		}
		tag := s[1:end]
		s = s[end+1:]
		name := strings.ToLower(strings.TrimLeft(strings.FieldsFunc(tag+" ", func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' })[0], "/"))
		name = strings.TrimSuffix(name, "/")
		switch {
		case skip != "":
			if strings.HasPrefix(tag, "/") && name == skip {
				skip = ""
			}
		case name == "script" || name == "style":
			if !strings.HasPrefix(tag, "/") {
				skip = name
				r.Add(Lost, at, "script", "<"+tag+">")
			}
		case name == "img" || name == "video" || name == "audio" || name == "iframe" || name == "object" || name == "embed":
			r.Add(Lost, at, "media", "<"+tag+">")
		case name == "a" && !strings.HasPrefix(tag, "/"):
			r.Add(Changed, at, "link", "<"+tag+">")
		case name == "br" || name == "p" || name == "div" || name == "li" || name == "tr" || len(name) == 2 && name[0] == 'h':
			b.WriteByte('\n')
		}
	}
	lines := strings.Split(html.UnescapeString(b.String()), "\n")
	var out []string
	for _, l := range lines {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			out = append(out, l)
		}
	}
	return r.Text(strings.Join(out, "\n"), at)
}

// Han tells whether a text is Chinese.
func Han(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0
}

// OtherTag makes a tag of the model of another program's name for a language, in
// small letters, that is neither Chinese nor English by that program's rules.
func OtherTag(low string) string {
	low = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, low)
	if len(low) < 2 {
		return "en"
	}
	return low[:min(len(low), 20)]
}
