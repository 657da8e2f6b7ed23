package tabular

import (
	"archive/zip"
	"io"

	"github.com/xuri/excelize/v2"

	"gongping/internal/errs"
)

// xlsxRows streams the first sheet of a workbook.
type xlsxRows struct {
	book   *excelize.File
	rows   *excelize.Rows
	number int
	limits Limits
}

// openXLSX opens a workbook after its directory shows that it is no bomb.
func openXLSX(r io.ReaderAt, size int64, limits Limits) (*File, error) {
	if size > limits.XLSX {
		return nil, errs.New(errs.TooLarge, "import.xlsx_large", "the workbook is too large").
			At("", bytesText(size), "at most "+bytesText(limits.XLSX), "save the table as CSV (UTF-8) and import that")
	}
	invalid := func(err error) error {
		return errs.Wrap(err, errs.Invalid, "import.xlsx", "the workbook cannot be read").
			At("", "", "an XLSX workbook without a password", "open it in a spreadsheet program and save it again")
	}
	dir, err := zip.NewReader(r, size)
	if err != nil {
		return nil, invalid(err)
	}
	var unpacked uint64
	for _, f := range dir.File {
		if unpacked += f.UncompressedSize64; unpacked > uint64(limits.Unzipped) || len(dir.File) > 10_000 {
			return nil, errs.New(errs.TooLarge, "import.xlsx_bomb", "the workbook grows too large when unpacked").
				At("", "", "at most "+bytesText(limits.Unzipped), "save the table as CSV (UTF-8) and import that")
		}
	}
	book, err := excelize.OpenReader(io.NewSectionReader(r, 0, size), excelize.Options{
		UnzipSizeLimit: limits.Unzipped, UnzipXMLSizeLimit: 16 << 20, RawCellValue: true,
	})
	if err != nil {
		return nil, invalid(err)
	}
	sheets := book.GetSheetList()
	if len(sheets) == 0 {
		book.Close()
		return nil, invalid(io.ErrUnexpectedEOF)
	}
	rows, err := book.Rows(sheets[0])
	if err != nil {
		book.Close()
		return nil, invalid(err)
	}
	return &File{Format: "xlsx", rows: &xlsxRows{book: book, rows: rows, limits: limits}, limits: limits}, nil
}

func (x *xlsxRows) next() ([]string, int, error) {
	for x.rows.Next() {
		x.number++
		cells, err := x.rows.Columns()
		if err != nil {
			return nil, x.number, errs.Wrap(err, errs.Invalid, "import.xlsx", "the workbook is damaged").At(place(x.number, ""), "", "", "save it again")
		}
		if len(cells) > x.limits.Cells {
			return nil, x.number, errs.New(errs.TooLarge, "import.too_many_columns", "a row has too many columns").At(place(x.number, ""), "", "fewer columns", "delete the unused columns")
		}
		for i, c := range cells {
			if len(c) > x.limits.Field {
				return nil, x.number, errs.New(errs.TooLarge, "import.field_too_long", "a cell is too long").At(place(x.number, ""), Visible(cells[i]), "a shorter text", "")
			}
		}
		for _, c := range cells {
			if c != "" {
				return cells, x.number, nil
			}
		}
	}
	if err := x.rows.Error(); err != nil {
		return nil, x.number, errs.Wrap(err, errs.Invalid, "import.xlsx", "the workbook is damaged").At(place(x.number, ""), "", "", "save it again")
	}
	return nil, x.number, io.EOF
}

func (x *xlsxRows) close() error {
	x.rows.Close()
	return x.book.Close()
}
