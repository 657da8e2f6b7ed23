// Package xlsform reads and writes questionnaires as XLSForm (xlsform.org):
// the sheets survey, choices and settings of a workbook. It works on cells;
// the workbook itself is opened by internal/tabular.
package xlsform

import (
	"strings"

	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
)

// table is a sheet with a head row.
type table struct {
	name    string
	rows    []exchange.Row
	column  map[string]int // plain columns by name
	texts   map[string][]textColumn
	unknown []string
	head    int
}

// textColumn is a column in one language, such as label::English (en).
type textColumn struct {
	at  int
	tag string // "" where the head names no language
}

// record is one row of a table.
type record struct {
	*table
	exchange.Row
}

func (r record) get(column string) string {
	if i, ok := r.column[column]; ok && i < len(r.Cells) {
		return strings.TrimSpace(r.Cells[i])
	}
	return ""
}

// lang gives a text in all its languages; plain is the language of a head
// without one, "" to guess by the script.
func (r record) lang(column, plain string, rep *exchange.Report, at exchange.Place) instrument.Lang {
	l := instrument.Lang{}
	for _, c := range r.texts[column] {
		if c.at >= len(r.Cells) {
			continue
		}
		s := rep.Text(r.Cells[c.at], at)
		if s == "" {
			continue
		}
		tag := c.tag
		if tag == "" {
			tag = plain
		}
		if l[tag] == "" {
			l[tag] = s
		}
	}
	return l
}

// translated are the columns that may name a language.
var translated = map[string]bool{"label": true, "hint": true, "constraint_message": true, "required_message": true, "guidance_hint": true,
	"gongping_title": true, "gongping_intro": true, "gongping_thanks": true, "media::image": true, "media::audio": true, "media::video": true,
	"image": true, "audio": true, "video": true, "big-image": true}

// alias are other names of columns.
var alias = map[string]string{"name": "name", "value": "name", "list name": "list_name", "bind::relevant": "relevant", "relevance": "relevant",
	"bind::required": "required", "bind::constraint": "constraint", "bind::calculate": "calculation", "calculate": "calculation",
	"constraint message": "constraint_message", "required message": "required_message", "bind::jr:constraintmsg": "constraint_message",
	"read_only": "readonly", "bind::readonly": "readonly", "control::appearance": "appearance", "body::appearance": "appearance",
	"caption": "label", "command": "type", "tag": "name"}

func newTable(s exchange.Sheet, head int, known map[string]bool) *table {
	t := &table{name: s.Name, column: map[string]int{}, texts: map[string][]textColumn{}, rows: s.Rows[head+1:], head: s.Rows[head].Line}
	for i, cell := range s.Rows[head].Cells {
		h := strings.TrimSpace(cell)
		if h == "" {
			continue
		}
		low := strings.ToLower(h)
		if a := alias[low]; a != "" {
			low = a
		}
		base, tag := splitHead(low, h)
		switch {
		case translated[base]:
			t.texts[base] = append(t.texts[base], textColumn{i, tag})
		case known[low]:
			if _, twice := t.column[low]; !twice {
				t.column[low] = i
			}
		default:
			t.unknown = append(t.unknown, h)
			if _, twice := t.column[low]; !twice {
				t.column[low] = i
			}
		}
	}
	return t
}

// splitHead parts "label::English (en)" and the older "label:English".
func splitHead(low, head string) (base, tag string) {
	for _, sep := range []string{"::", ":"} {
		if i := strings.LastIndex(low, sep); i > 0 {
			if b := strings.TrimSpace(low[:i]); translated[b] {
				return b, languageTag(head[strings.LastIndex(head, sep)+len(sep):])
			}
		}
	}
	return low, ""
}

// known language names, for heads without a tag in brackets.
var languages = map[string]string{"english": "en", "chinese": "zh", "中文": "zh", "汉语": "zh", "简体中文": "zh", "mandarin": "zh", "英文": "en", "英语": "en",
	"french": "fr", "français": "fr", "francais": "fr", "spanish": "es", "español": "es", "german": "de", "deutsch": "de", "arabic": "ar", "russian": "ru",
	"japanese": "ja", "日本語": "ja", "日文": "ja", "korean": "ko", "韩文": "ko", "uyghur": "ug", "维吾尔语": "ug", "tibetan": "bo", "藏语": "bo"}

// languageTag reads "English (en)", "中文", "zh-CN".
func languageTag(s string) string {
	s = strings.TrimSpace(s)
	if i, j := strings.LastIndexByte(s, '('), strings.LastIndexByte(s, ')'); i >= 0 && j > i {
		if tag := strings.TrimSpace(s[i+1 : j]); len(tag) >= 2 {
			return normalTag(tag)
		}
	}
	if t := languages[strings.ToLower(s)]; t != "" {
		return t
	}
	return normalTag(s)
}

// normalTag makes a language tag of what stands there; zh-CN and the like are
// the system's zh.
func normalTag(s string) string {
	low := strings.ToLower(strings.ReplaceAll(s, "_", "-"))
	switch low {
	case "zh-cn", "zh-hans", "zh-hans-cn", "zh-sg", "cmn":
		return "zh"
	case "en-us", "en-gb":
		return "en"
	}
	tag := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, low)
	if len(tag) < 2 {
		return "x-" + tag + "x"
	}
	return tag[:min(len(tag), 20)] // as long as a tag may be
}

var surveyColumns = set("type", "name", "required", "relevant", "appearance", "default", "constraint", "calculation", "choice_filter", "parameters",
	"repeat_count", "readonly", "trigger", "note", "gongping_dimension", "gongping_dont_know", "gongping_decline", "gongping_decimals", "gongping_step", "gongping_words", "gongping_kind")

var choiceColumns = set("list_name", "name", "gongping_exclusive", "gongping_other", "gongping_relevant")

var settingColumns = set("form_title", "form_id", "version", "default_language", "instance_name", "style", "public_key", "submission_url", "allow_choice_duplicates",
	"title", "id_string", "sms_keyword", "auto_send", "auto_delete")

func set(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

// find returns the sheet with a name and its head row, which may stand below
// empty or explaining rows.
func find(sheets []exchange.Sheet, name, must string) (s exchange.Sheet, head int, ok bool) {
	for _, s := range sheets {
		if strings.EqualFold(strings.TrimSpace(s.Name), name) {
			for i, row := range s.Rows {
				for _, c := range row.Cells {
					c = strings.ToLower(strings.TrimSpace(c))
					if c == must || alias[c] == must {
						return s, i, true
					}
				}
				if i > 20 {
					break
				}
			}
			return s, 0, len(s.Rows) > 0 && must == ""
		}
	}
	return s, 0, false
}
