package tabular

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"gongping/internal/errs"
)

// Sheet is a sheet of a small workbook, as text.
type Sheet struct {
	Name     string
	Rows     []SheetRow
	Formulas []FormulaCell
}

// SheetRow is a row that is not empty; Number is the one a spreadsheet shows.
type SheetRow struct {
	Number int
	Cells  []string
}

// FormulaCell is a cell that holds a formula. Rows has the value that the
// workbook remembers for it; nothing is ever calculated here.
type FormulaCell struct {
	Number        int
	Name, Formula string
}

// WorkbookLimits are the limits of a workbook that is read whole.
var WorkbookLimits = Limits{Field: 32 << 10, Cells: 256, Rows: 20_000, XLSX: 8 << 20, Unzipped: 64 << 20, Faults: 100}

// maxSheets bounds the sheets of a workbook that is read whole.
const maxSheets = 40

// Workbook reads all sheets of an XLSX workbook. Workbooks with macros, bombs
// and those over the limits are refused before anything is unpacked.
func Workbook(r io.ReaderAt, size int64, limits Limits) ([]Sheet, error) {
	limits = limits.filled()
	if err := inspect(r, size, limits); err != nil {
		return nil, err
	}
	book, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{
		UnzipSizeLimit: limits.Unzipped, UnzipXMLSizeLimit: limits.Unzipped, RawCellValue: true,
	})
	if err != nil {
		return nil, damaged(err)
	}
	defer book.Close()
	names := book.GetSheetList()
	if len(names) > maxSheets {
		return nil, errs.New(errs.TooLarge, "import.sheets", "the workbook has too many sheets").
			At("", fmt.Sprint(len(names)), fmt.Sprintf("at most %d", maxSheets), "delete the sheets that are not needed")
	}
	var out []Sheet
	total := 0
	for _, name := range names {
		s, err := sheetOf(book, name, limits)
		if err != nil {
			return nil, err
		}
		if total += len(s.Rows); total > limits.Rows {
			return nil, errs.New(errs.TooLarge, "import.too_many_rows", "the workbook has too many rows").
				At(name, fmt.Sprint(total), fmt.Sprintf("at most %d", limits.Rows), "delete the rows that are not needed")
		}
		out = append(out, s)
	}
	return out, nil
}

func damaged(err error) error {
	return errs.Wrap(err, errs.Invalid, "import.xlsx", "the workbook cannot be read").
		At("", "", "an XLSX workbook without a password", "open it in a spreadsheet program and save it again")
}

// inspect looks at the directory of the archive.
func inspect(r io.ReaderAt, size int64, limits Limits) error {
	if size > limits.XLSX {
		return errs.New(errs.TooLarge, "import.xlsx_large", "the workbook is too large").
			At("", bytesText(size), "at most "+bytesText(limits.XLSX), "save only the sheets that are needed")
	}
	dir, err := zip.NewReader(r, size)
	if err != nil {
		return damaged(err)
	}
	var unpacked uint64
	for _, f := range dir.File {
		if unpacked += f.UncompressedSize64; unpacked > uint64(limits.Unzipped) || len(dir.File) > 2000 {
			return errs.New(errs.TooLarge, "import.xlsx_bomb", "the workbook grows too large when unpacked").
				At("", "", "at most "+bytesText(limits.Unzipped), "save only the sheets that are needed")
		}
		low := strings.ToLower(f.Name)
		if strings.HasSuffix(low, "vbaproject.bin") || strings.Contains(low, "/activex/") || strings.HasPrefix(low, "xl/macrosheets/") {
			return errs.New(errs.Invalid, "import.macro", "the workbook holds macros").
				At("", f.Name, "a workbook without macros", "save it as XLSX (not XLSM) and import that")
		}
	}
	return measured(dir, limits)
}

// measured unpacks every part to see that the directory did not lie about its
// size; a bomb is left as soon as the limit is passed.
func measured(dir *zip.Reader, limits Limits) error {
	left := limits.Unzipped
	for _, f := range dir.File {
		part, err := f.Open()
		if err != nil {
			return damaged(err)
		}
		n, err := io.CopyN(io.Discard, part, left+1)
		part.Close()
		if left -= n; left < 0 {
			return errs.New(errs.TooLarge, "import.xlsx_bomb", "the workbook grows too large when unpacked").
				At("", "", "at most "+bytesText(limits.Unzipped), "save only the sheets that are needed")
		}
		if err != nil && err != io.EOF {
			return damaged(err)
		}
	}
	return nil
}

func sheetOf(book *excelize.File, name string, limits Limits) (Sheet, error) {
	s := Sheet{Name: name}
	rows, err := book.Rows(name)
	if err != nil {
		// A sheet that is no table, such as a chart, has nothing to read.
		return s, nil
	}
	defer rows.Close()
	for number := 1; rows.Next(); number++ {
		cells, err := rows.Columns()
		if err != nil {
			return s, damaged(err)
		}
		at := fmt.Sprintf("%s %d", Visible(name), number)
		for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		if len(cells) == 0 {
			continue
		}
		if len(cells) > limits.Cells {
			return s, errs.New(errs.TooLarge, "import.too_many_columns", "a row has too many columns").At(at, "", "fewer columns", "delete the unused columns")
		}
		for i, c := range cells {
			if len(c) > limits.Field {
				return s, errs.New(errs.TooLarge, "import.field_too_long", "a cell is too long").At(at, Visible(c), "a shorter text", "")
			}
			cell, err := excelize.CoordinatesToCellName(i+1, number)
			if err != nil {
				return s, damaged(err)
			}
			if f, err := book.GetCellFormula(name, cell); err == nil && f != "" {
				s.Formulas = append(s.Formulas, FormulaCell{number, cell, f})
			}
		}
		s.Rows = append(s.Rows, SheetRow{number, cells})
		if len(s.Rows) > limits.Rows {
			break
		}
	}
	if err := rows.Error(); err != nil {
		return s, damaged(err)
	}
	return s, nil
}

// WriteWorkbook writes sheets as an XLSX workbook. Every cell is a text, so no
// spreadsheet takes one for a formula.
func WriteWorkbook(w io.Writer, sheets []Sheet) error {
	book := excelize.NewFile()
	defer book.Close()
	head, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E6EEF7"}}})
	if err != nil {
		return err
	}
	for i, s := range sheets {
		if i == 0 {
			if err := book.SetSheetName(book.GetSheetName(0), s.Name); err != nil {
				return err
			}
		} else if _, err := book.NewSheet(s.Name); err != nil {
			return err
		}
		for _, r := range s.Rows {
			for j, c := range r.Cells {
				if c == "" {
					continue
				}
				cell, err := excelize.CoordinatesToCellName(j+1, r.Number)
				if err != nil {
					return err
				}
				if err := book.SetCellStr(s.Name, cell, c); err != nil {
					return err
				}
			}
		}
		if len(s.Rows) > 0 {
			if err := book.SetRowStyle(s.Name, 1, 1, head); err != nil {
				return err
			}
			if err := book.SetPanes(s.Name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
				return err
			}
			if err := book.SetColWidth(s.Name, "A", "H", 24); err != nil {
				return err
			}
		}
	}
	return book.Write(w)
}
