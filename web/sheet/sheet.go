// Package sheet writes the tables that people take away, as CSV or XLSX, for
// pages and the API alike. Texts are never run as formulas; numbers stay
// numbers.
package sheet

import (
	"bytes"
	"fmt"

	"github.com/xuri/excelize/v2"

	"gongping/internal/errs"
	"gongping/internal/tabular"
)

// Table is a table to take away.
type Table struct {
	Name  string // of the sheet
	About []string
	Head  []string
	Rows  [][]any // texts and numbers
}

// File is a written table.
type File struct {
	Type string
	Body []byte
}

// Known tells whether a format can be written; the error names the others.
func Known(format string) error {
	if format == "csv" || format == "xlsx" {
		return nil
	}
	return errs.New(errs.NotFound, "results.format", "tables are exported as xlsx or csv")
}

// Write writes the table as "csv" or "xlsx". What it is about stands above the
// head in a workbook and not in CSV, which programs read.
func (t *Table) Write(format string) (File, error) {
	if err := Known(format); err != nil {
		return File{}, err
	}
	if format == "csv" {
		b, err := t.csv()
		return File{"text/csv; charset=utf-8", b}, err
	}
	b, err := t.xlsx()
	return File{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b}, err
}

func (t *Table) csv() ([]byte, error) {
	var b bytes.Buffer
	w, err := tabular.NewWriter(&b)
	if err != nil {
		return nil, err
	}
	if err := w.Write(t.Head...); err != nil {
		return nil, err
	}
	for _, row := range t.Rows {
		cells := make([]string, len(row))
		for i, x := range row {
			cells[i] = fmt.Sprint(x)
		}
		if err := w.Write(cells...); err != nil {
			return nil, err
		}
	}
	err = w.Flush()
	return b.Bytes(), err
}

// xlsx streams the sheet. Texts are stored as texts.
func (t *Table) xlsx() ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", t.Name); err != nil {
		return nil, err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	w, err := f.NewStreamWriter(t.Name)
	if err != nil {
		return nil, err
	}
	if err := w.SetColWidth(1, 2, 18); err != nil {
		return nil, err
	}
	line := 0
	put := func(cells []any) error {
		line++
		at, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return err
		}
		return w.SetRow(at, cells)
	}
	for _, s := range t.About {
		if err := put([]any{s}); err != nil {
			return nil, err
		}
	}
	head := make([]any, len(t.Head))
	for i, s := range t.Head {
		head[i] = excelize.Cell{StyleID: bold, Value: s}
	}
	if err := put(head); err != nil {
		return nil, err
	}
	for _, row := range t.Rows {
		if err := put(row); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = f.Write(&b)
	return b.Bytes(), err
}
