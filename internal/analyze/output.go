package analyze

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"gongping/analytics/fairness"
	"gongping/internal/tabular"
)

// JSON writes the report with the full digits of every figure; each row is an
// object by column.
func JSON(w io.Writer, r *Report) error {
	type table struct {
		Title   string           `json:"title"`
		Stat    string           `json:"stat"`
		Columns []string         `json:"columns"`
		Rows    []map[string]any `json:"rows"`
		Notes   []string         `json:"notes"`
	}
	doc := struct {
		Title  string   `json:"title"`
		Rows   int      `json:"rows"`
		Notes  []string `json:"notes"`
		Tables []table  `json:"tables"`
	}{r.Title, r.Rows, r.Notes, []table{}}
	for _, t := range r.Tables {
		out := table{Title: t.Title, Stat: t.Stat, Rows: []map[string]any{}, Notes: t.Notes}
		for _, h := range t.Heads {
			out.Columns = append(out.Columns, h.Key)
		}
		for _, row := range t.Cells {
			m := map[string]any{}
			for j, c := range row {
				m[t.Heads[j].Key] = c
			}
			out.Rows = append(out.Rows, m)
		}
		doc.Tables = append(doc.Tables, out)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(doc)
}

// CSV writes one table whose columns are those of all tables, with the table's
// title and statistic in front.
func CSV(w io.Writer, r *Report) error {
	out, err := tabular.NewWriter(w)
	if err != nil {
		return err
	}
	head := []string{"table", "stat"}
	at := map[string]int{}
	for _, t := range r.Tables {
		for _, h := range t.Heads {
			if _, ok := at[h.Key]; !ok {
				at[h.Key] = len(head)
				head = append(head, h.Key)
			}
		}
	}
	if err := out.Write(head...); err != nil {
		return err
	}
	for _, t := range r.Tables {
		for _, row := range t.Cells {
			line := make([]string, len(head))
			line[0], line[1] = t.Title, t.Stat
			for j, c := range row {
				line[at[t.Heads[j].Key]] = c.full()
			}
			if err := out.Write(line...); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// XLSX writes a workbook with a sheet of notes and one for every table.
func XLSX(w io.Writer, r *Report) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", "notes"); err != nil {
		return err
	}
	line := 1
	note := func(s string) error {
		cell, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return err
		}
		line++
		return f.SetCellStr("notes", cell, s)
	}
	for _, n := range append([]string{r.Title, r.RowsText}, r.Notes...) {
		if err := note(n); err != nil {
			return err
		}
	}
	for k, t := range r.Tables {
		sheet := fmt.Sprintf("%d %s", k+1, t.Stat)
		sheet = strings.NewReplacer("/", " ", ":", " ").Replace(sheet)
		if len(sheet) > 31 {
			sheet = sheet[:31]
		}
		if err := note(sheet + ": " + t.Title); err != nil {
			return err
		}
		for _, n := range t.Notes {
			if err := note("    " + n); err != nil {
				return err
			}
		}
		if err := t.sheet(f, sheet); err != nil {
			return err
		}
	}
	return f.Write(w)
}

func (t *Table) sheet(f *excelize.File, sheet string) error {
	if _, err := f.NewSheet(sheet); err != nil {
		return err
	}
	s, err := f.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	row := make([]any, len(t.Heads))
	for j, h := range t.Heads {
		row[j] = h.Label
	}
	if err := s.SetRow("A1", row); err != nil {
		return err
	}
	for i, cells := range t.Cells {
		for j, c := range cells {
			row[j] = nil
			if c.Number != nil {
				row[j] = *c.Number
			} else if c.Label != "" && c.Hidden == fairness.Shown {
				row[j] = c.Label
			} else if v := c.full(); v != "" {
				row[j] = v
			}
		}
		if err := s.SetRow(fmt.Sprintf("A%d", i+2), row); err != nil {
			return err
		}
	}
	return s.Flush()
}
