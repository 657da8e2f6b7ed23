// Package zhtext reads the text format in which Chinese survey sites take
// questionnaires: numbered questions that end in their type in brackets
// ([单选题], [多选题], [矩阵量表题] …), options on the lines below, a blank line
// at the end. Files of this kind are written by hand; the faults that hands
// make are found and reported line by line.
package zhtext

import (
	"regexp"
	"strconv"
	"strings"

	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
)

// block is one question as it stands in the file.
type block struct {
	line     int
	number   int
	inner    int // a second number inside the text, 0 for none
	text     string
	mark     string
	required bool
	options  []option
	section  string
}

type option struct {
	line int
	text string
}

type reader struct {
	rep    exchange.Report
	q      *instrument.Questionnaire
	ids    exchange.Names
	at     map[int]string // item by number in the file
	inner  map[int]string // item by its second number
	jumps  []jump
	texts  map[string]int
	blocks []block
}

// jump is "go to question N" written beside an option.
type jump struct {
	place exchange.Place
	item  string
	code  string // "" where it stands in the question itself
	to    int
	found string
}

var (
	question = regexp.MustCompile(`^\s*(?:[Qq第])?(\d{1,4})\s*(?:题)?\s*[.、．:：)）]\s*(.*)$`)
	inner    = regexp.MustCompile(`^(\d{1,3})\s*[、.．)）]\s*(\D.*)$`)
	mark     = regexp.MustCompile(`[\[【［]\s*([^\[\]【】［］]{1,20}?(?:题|说明|分页|上传))\s*[\]】］]`)
	page     = regexp.MustCompile(`^\s*=*\s*[\[【]?\s*分页\s*[\]】]?\s*=*\s*$`)
	part     = regexp.MustCompile(`^\s*[（(]?第[一二三四五六七八九十\d]+部分[)）]?\s*[：:、.]?\s*(.*)$`)
)

// maxBytes is the largest text that is read.
const maxBytes = 4 << 20

// Read turns a text into a questionnaire and a report.
func Read(text string) (*instrument.Questionnaire, *exchange.Report, error) {
	if len(text) > maxBytes {
		return nil, nil, errs.New(errs.TooLarge, "exchange.too_large", "the file is too large for a questionnaire").At("", strconv.Itoa(len(text)), "at most 4 MB", "split it")
	}
	r := &reader{q: &instrument.Questionnaire{Title: instrument.Lang{}, Intro: instrument.Lang{}, Thanks: instrument.Lang{}}, ids: exchange.Names{},
		at: map[int]string{}, inner: map[int]string{}, texts: map[string]int{}}
	r.rep.Format = "text"
	r.split(text)
	if len(r.blocks) == 0 {
		return nil, nil, errs.New(errs.Invalid, "exchange.no_questions", "no numbered question is found in the text").
			At("", "", "lines such as 1. 您的年龄是？[单选题]", "number the questions and put the type in brackets")
	}
	any := false
	for i := range r.blocks {
		any = any || r.blocks[i].required
		r.block(&r.blocks[i])
	}
	if !any && len(r.q.Items) > 0 {
		r.rep.Add(exchange.Note, exchange.Place{}, "none_required", "")
	}
	r.applyJumps()
	exchange.Finish(r.q, &r.rep, "zh")
	r.rep.Sort()
	return r.q, &r.rep, nil
}

// split parts the lines into title, preamble and blocks.
func (r *reader) split(text string) {
	text = strings.TrimPrefix(text, "\ufeff")
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	var head []string
	var now *block
	section, blank := "", true
	for i, raw := range lines {
		at := exchange.Place{Line: i + 1}
		line := r.rep.Text(raw, at)
		switch {
		case line == "":
			blank = true
			continue
		case strings.HasPrefix(line, "#") && len(r.blocks) == 0:
			head = append(head, strings.TrimSpace(strings.TrimLeft(line, "#")))
			continue
		case page.MatchString(line):
			section = r.section("")
			now, blank = nil, true
			continue
		}
		if m := part.FindStringSubmatch(line); m != nil && (blank || now == nil) && !mark.MatchString(line) {
			section = r.section(line)
			now, blank = nil, true
			continue
		}
		m := question.FindStringSubmatch(line)
		isQuestion := m != nil && (m[2] != "" && !startsDigit(m[2]) || mark.MatchString(line)) && (mark.MatchString(line) || blank)
		switch {
		case isQuestion:
			n, _ := strconv.Atoi(m[1])
			r.blocks = append(r.blocks, block{line: i + 1, number: n, text: m[2], section: section})
			now = &r.blocks[len(r.blocks)-1]
			r.head(now)
		case now == nil && len(r.blocks) == 0:
			head = append(head, line)
		case now != nil && !blank:
			now.options = append(now.options, option{i + 1, line})
		default:
			r.rep.Add(exchange.Fault, at, "stray_line", line)
		}
		blank = false
	}
	if len(head) > 0 {
		r.q.Title["zh"] = exchange.Clip(head[0], 200)
		if rest := strings.Join(head[1:], "\n"); rest != "" {
			r.q.Intro["zh"] = rest
		}
	}
}

func startsDigit(s string) bool {
	return s != "" && s[0] >= '0' && s[0] <= '9' && !inner.MatchString(s)
}

func (r *reader) section(title string) string {
	id := "s" + strconv.Itoa(len(r.q.Sections)+1)
	if len(r.q.Sections) == 0 && len(r.blocks) > 0 { // what came before is a section too
		r.q.Sections = append(r.q.Sections, instrument.Section{ID: "s0", Title: instrument.Lang{}})
		for i := range r.blocks {
			r.blocks[i].section = "s0"
		}
	}
	l := instrument.Lang{}
	if title != "" {
		l["zh"] = title
	}
	r.q.Sections = append(r.q.Sections, instrument.Section{ID: id, Title: l})
	return id
}

// head reads number, type and star of a question.
func (r *reader) head(b *block) {
	at := exchange.Place{Line: b.line, Item: "q" + strconv.Itoa(b.number)}
	marks := mark.FindAllStringSubmatch(b.text, -1)
	for i, m := range marks {
		name := strings.ReplaceAll(m[1], " ", "")
		switch {
		case i == 0:
			b.mark = name
		case name == b.mark:
			r.rep.Add(exchange.Changed, at, "mark_twice", m[0])
		default:
			r.rep.Add(exchange.Fault, at, "marks_differ", m[0], "Mark", name)
			b.mark = name
		}
	}
	text := mark.ReplaceAllString(b.text, "")
	if strings.ContainsAny(text, "*＊") {
		trimmed := strings.TrimRight(strings.TrimSpace(text), "*＊ ")
		if trimmed = strings.TrimLeft(trimmed, "*＊ "); trimmed != strings.TrimSpace(text) {
			b.required, text = true, trimmed
		}
	}
	if m := inner.FindStringSubmatch(strings.TrimSpace(text)); m != nil {
		b.inner, _ = strconv.Atoi(m[1])
		r.rep.Add(exchange.Changed, at, "number_twice", m[1], "Number", strconv.Itoa(b.number))
		text = m[2]
	}
	b.text = strings.TrimSpace(text)
}
