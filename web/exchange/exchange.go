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
	"gongping/web/locale"
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
