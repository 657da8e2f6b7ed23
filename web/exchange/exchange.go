// Package exchange puts reports of imported questionnaires into words, and
// writes questionnaires as files: XLSForm, codebook, JSON. Pages, API and
// command line share it.
package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"gongping/internal/app/rounds"
	"gongping/internal/errs"
	"gongping/internal/tabular"
	"gongping/survey/instrument"
	"gongping/survey/instrument/exchange"
	"gongping/survey/instrument/formula"
	"gongping/web/locale"
	"gongping/web/page/question"
)

// Line is a finding in words.
type Line struct {
	Level string `json:"level"`
	Where string `json:"where,omitempty"`
	Item  string `json:"item,omitempty"`
	Key   string `json:"key"`
	Found string `json:"found,omitempty"`
	Made  string `json:"made"`         // what was made of it
	Do    string `json:"do,omitempty"` // what to do
}

// Lines puts a report into words.
func Lines(rep *exchange.Report, p *locale.Printer) []Line {
	out := make([]Line, 0, len(rep.Findings))
	for _, f := range rep.Findings {
		args := map[string]any{"Found": f.Found}
		for k, v := range f.Args {
			args[k] = v
		}
		if why := f.Args["Why"]; why != "" {
			args["Because"] = p.Map("exchange.why."+why, map[string]any{"What": f.Args["What"]})
		}
		l := Line{Level: string(f.Level), Item: f.Item, Key: f.Key, Found: f.Found, Made: p.Map("exchange."+f.Key, args)}
		switch {
		case f.Sheet != "" && f.Line > 0:
			l.Where = p.T("exchange.at.row", "Sheet", f.Sheet, "Line", f.Line)
		case f.Line > 0:
			l.Where = p.T("exchange.at.line", "Line", f.Line)
		case f.Sheet != "":
			l.Where = p.T("exchange.at.sheet", "Sheet", f.Sheet)
		}
		if do := "exchange." + f.Key + ".do"; p.Has(do) {
			l.Do = p.Map(do, args)
		}
		out = append(out, l)
	}
	return out
}

// File is a questionnaire as a file to download.
type File struct {
	Name, Type string
	Body       []byte
}

// Formats are the formats of Write.
var Formats = []string{"xlsform", "codebook.xlsx", "codebook.csv", "codebook.md", "json"}

// Write writes a version of a questionnaire in one of Formats.
func Write(q *instrument.Questionnaire, id string, version int, format string, p *locale.Printer) (File, error) {
	name := "questionnaire-" + strings.SplitN(id, "-", 2)[0] + "-v" + strconv.Itoa(version)
	var b bytes.Buffer
	switch format {
	case "xlsform":
		err := rounds.WriteXLSForm(&b, q, "q_"+strings.ReplaceAll(id, "-", "_"), strconv.Itoa(version))
		return File{name + ".xlsx", xlsx, b.Bytes()}, err
	case "codebook.xlsx":
		err := rounds.WriteTable(&b, p.T("qbook.title"), Codebook(q, p))
		return File{name + "-codebook.xlsx", xlsx, b.Bytes()}, err
	case "codebook.csv":
		w, err := tabular.NewWriter(&b)
		if err != nil {
			return File{}, err
		}
		for _, row := range Codebook(q, p) {
			if err := w.Write(row...); err != nil {
				return File{}, err
			}
		}
		err = w.Flush()
		return File{name + "-codebook.csv", "text/csv; charset=utf-8", b.Bytes()}, err
	case "codebook.md":
		return File{name + "-codebook.md", "text/markdown; charset=utf-8", markdown(q, p)}, nil
	case "json":
		body, err := json.MarshalIndent(q, "", "  ")
		return File{name + ".json", "application/json", append(body, '\n')}, err
	}
	return File{}, errs.New(errs.Invalid, "exchange.format", "the format of the file is not known").At("as", format, strings.Join(Formats, ", "), "choose one of them")
}

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// Codebook is a table with a row for each variable: each item, and the words
// beside options. The first row holds the heads.
func Codebook(q *instrument.Questionnaire, p *locale.Printer) [][]string {
	tags := q.Tags()
	head := []string{p.T("qbook.no"), p.T("qbook.variable"), p.T("qbook.section"), p.T("qbook.kind")}
	for _, t := range tags {
		head = append(head, p.T("qbook.question", "Language", question.LanguageName(t)))
	}
	for _, t := range tags {
		head = append(head, p.T("qbook.codes", "Language", question.LanguageName(t)))
	}
	head = append(head, p.T("qbook.required"), p.T("qbook.dont_know"), p.T("qbook.decline"), p.T("qbook.range"), p.T("qbook.show_if"), p.T("qbook.formula"), p.T("qbook.dimension"))
	rows := [][]string{head}
	n := 0
	for i := range q.Items {
		it := &q.Items[i]
		no := ""
		if it.Kind != instrument.Note {
			n++
			no = strconv.Itoa(n)
		}
		row := []string{no, it.ID, sectionName(q, it, p), p.T("questionnaire.kind." + string(it.Kind))}
		for _, t := range tags {
			row = append(row, textOf(q, it, t))
		}
		for _, t := range tags {
			row = append(row, codes(it, t, p))
		}
		rows = append(rows, append(row, mark(it.Required, p), mark(it.DontKnow, p), mark(it.Decline, p), limits(it), question.Words(q, it.ShowIf, p, string(p.Lang())),
			formula.Write(it.ShowIf, kindOf(q)), dimension(q, it, p)))
		for _, o := range it.Options {
			if !o.Other {
				continue
			}
			row := []string{"", instrument.OtherKey(it.ID, o.Code), sectionName(q, it, p), p.T("qbook.words")}
			for _, t := range tags {
				row = append(row, o.Text.In(t))
			}
			for range tags {
				row = append(row, "")
			}
			rows = append(rows, append(row, "", "", "", fmt.Sprintf("≤ %d", instrument.MaxOther), "", "", ""))
		}
	}
	return rows
}

func kindOf(q *instrument.Questionnaire) func(string) instrument.Kind {
	return func(id string) instrument.Kind {
		if it := q.Item(id); it != nil {
			return it.Kind
		}
		return ""
	}
}

func sectionName(q *instrument.Questionnaire, it *instrument.Item, p *locale.Printer) string {
	for _, s := range q.Sections {
		if s.ID == it.Section {
			return s.Title.In(string(p.Lang()))
		}
	}
	return ""
}

func dimension(q *instrument.Questionnaire, it *instrument.Item, p *locale.Printer) string {
	for _, d := range q.Dimensions {
		if d.ID == it.Dimension {
			return d.ID + " " + d.Text.In(string(p.Lang()))
		}
	}
	return ""
}

// textOf is the question, below the one of its matrix.
func textOf(q *instrument.Questionnaire, it *instrument.Item, tag string) string {
	for _, m := range q.Matrices {
		if m.ID == it.Matrix {
			return m.Text.In(tag) + " — " + it.Text.In(tag)
		}
	}
	return it.Text.In(tag)
}

func mark(is bool, p *locale.Printer) string {
	if is {
		return p.T("common.yes")
	}
	return ""
}

// codes lists the stored values and what they mean.
func codes(it *instrument.Item, tag string, p *locale.Printer) string {
	var parts []string
	switch it.Kind {
	case instrument.Grade5:
		for _, g := range []string{"5", "4", "3", "2", "1"} {
			text := p.T("question.grade." + g)
			if o := it.Option(g); o != nil {
				text = o.Text.In(tag)
			}
			parts = append(parts, g+" = "+text)
		}
	case instrument.YesNo:
		parts = []string{"yes = " + p.T("common.yes"), "no = " + p.T("common.no")}
	}
	if it.Kind.Choice() {
		for _, o := range it.Options {
			s := o.Code + " = " + o.Text.In(tag)
			if o.Exclusive {
				s += " " + p.T("qbook.alone")
			}
			parts = append(parts, s)
		}
	}
	if it.DontKnow {
		parts = append(parts, instrument.DontKnow+" = "+p.T("question.dont_know"))
	}
	if it.Decline {
		parts = append(parts, instrument.Declined+" = "+p.T("question.declined"))
	}
	return strings.Join(parts, "\n")
}

func limits(it *instrument.Item) string {
	r := it.Range
	if r == nil {
		if it.Kind == instrument.Text {
			return fmt.Sprintf("≤ %d", instrument.MaxText)
		}
		return ""
	}
	var parts []string
	if r.Min != "" {
		parts = append(parts, "≥ "+r.Min)
	}
	if r.Max != "" {
		parts = append(parts, "≤ "+r.Max)
	}
	if r.Step != "" {
		parts = append(parts, "step "+r.Step)
	}
	if r.Decimals > 0 {
		parts = append(parts, fmt.Sprintf("0.%s", strings.Repeat("0", r.Decimals-1)+"1"))
	}
	for _, x := range []struct {
		sign string
		n    int
	}{{"≥", r.MinLength + r.MinChoices}, {"≤", r.MaxLength + r.MaxChoices}} {
		if x.n > 0 {
			parts = append(parts, x.sign+" "+strconv.Itoa(x.n))
		}
	}
	return strings.Join(parts, ", ")
}

// markdown writes the codebook for reading.
func markdown(q *instrument.Questionnaire, p *locale.Printer) []byte {
	var b bytes.Buffer
	lang := string(p.Lang())
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", plain(q.Title.In(lang)), p.T("qbook.title"))
	table := Codebook(q, p)
	for i, row := range table {
		cells := make([]string, len(row))
		for j, c := range row {
			cells[j] = plain(c)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			fmt.Fprintf(&b, "|%s\n", strings.Repeat(" --- |", len(row)))
		}
	}
	return b.Bytes()
}

// plain keeps a text from being taken for markup.
func plain(s string) string {
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "\n", "<br>", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[").Replace(s)
}
