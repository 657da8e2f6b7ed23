package tabular

import (
	"bufio"
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"gongping/internal/errs"
)

// Limits bound what a file may cost. The zero value of a field means the
// default given in DefaultLimits.
type Limits struct {
	Field    int   // bytes in one CSV field
	Cells    int   // columns in a row
	Rows     int   // rows in the table
	XLSX     int64 // bytes of an XLSX file
	Unzipped int64 // bytes of an XLSX file once unpacked
	Faults   int   // faults described in full; all are counted
}

// DefaultLimits are the limits of the service.
var DefaultLimits = Limits{
	Field: 64 << 10, Cells: 256, Rows: 50_000_000,
	XLSX: 64 << 20, Unzipped: 1 << 30, Faults: 100,
}

func (l Limits) filled() Limits {
	d := DefaultLimits
	pick := func(v *int, def int) {
		if *v == 0 {
			*v = def
		}
	}
	pick(&l.Field, d.Field)
	pick(&l.Cells, d.Cells)
	pick(&l.Rows, d.Rows)
	pick(&l.Faults, d.Faults)
	if l.XLSX == 0 {
		l.XLSX = d.XLSX
	}
	if l.Unzipped == 0 {
		l.Unzipped = d.Unzipped
	}
	return l
}

// rows is a table being read, row by row. The slice is valid until the next
// call; number is the row as a spreadsheet shows it. io.EOF ends the table.
type rows interface {
	next() (cells []string, number int, err error)
	close() error
}

// File is an opened table. Close it.
type File struct {
	// Format is "csv" or "xlsx"; Encoding the text encoding found in a CSV.
	Format, Encoding string
	rows             rows
	limits           Limits
}

// Close releases what the reading holds.
func (f *File) Close() error { return f.rows.close() }

// Open looks at the content, not at a file name, to tell XLSX from CSV, the
// encoding (UTF-8 with or without mark, UTF-16 with mark, GB18030) and the
// separator (comma, semicolon, tab). A CSV is read through once to settle the
// encoding, in constant memory. Errors are Invalid or TooLarge.
func Open(r io.ReaderAt, size int64, limits Limits) (*File, error) {
	limits = limits.filled()
	head := make([]byte, min(size, 64<<10))
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	head = head[:n]
	if n == 0 {
		return nil, errs.New(errs.Invalid, "import.empty", "the file is empty")
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return openXLSX(r, size, limits)
	}
	if bytes.HasPrefix(head, []byte{0xd0, 0xcf, 0x11, 0xe0}) {
		return nil, errs.New(errs.Invalid, "import.xls", "this is the old XLS format or a protected workbook").
			At("", "XLS", "XLSX or CSV", "open it and save it as XLSX without a password")
	}
	var all io.Reader = io.NewSectionReader(r, 0, size)
	name, decoded, err := decode(head, all, io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(decoded, 64<<10)
	first, err := in.Peek(in.Size())
	if err != nil && err != io.EOF {
		return nil, err
	}
	csv := &csvReader{in: in, comma: separator(string(first)), maxField: limits.Field, maxCells: limits.Cells}
	return &File{Format: "csv", Encoding: name, rows: csvRows{csv}, limits: limits}, nil
}

// decode settles the encoding. A second reader of the same bytes lets it look
// at the whole file first.
func decode(head []byte, r, look io.Reader) (string, io.Reader, error) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, err := io.CopyN(io.Discard, r, 3)
		return "UTF-8", r, err
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		d := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
		return "UTF-16", transform.NewReader(r, d), nil
	}
	ok, err := isUTF8(look)
	if err != nil {
		return "", nil, err
	}
	if ok {
		return "UTF-8", r, nil
	}
	return "GB18030", transform.NewReader(r, simplifiedchinese.GB18030.NewDecoder()), nil
}

// isUTF8 reads to the end or the first byte that is not UTF-8.
func isUTF8(r io.Reader) (bool, error) {
	buf := make([]byte, 256<<10)
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		b := buf[:kept+n]
		// A character may be cut at the end of the buffer: keep its start.
		cut := len(b)
		for i := 1; i <= min(utf8.UTFMax-1, len(b)); i++ {
			if utf8.RuneStart(b[len(b)-i]) {
				if !utf8.FullRune(b[len(b)-i:]) {
					cut = len(b) - i
				}
				break
			}
		}
		if !utf8.Valid(b[:cut]) {
			return false, nil
		}
		kept = copy(buf, b[cut:])
		if err == io.EOF {
			return kept == 0, nil
		}
		if err != nil {
			return false, err
		}
	}
}

type csvRows struct{ r *csvReader }

func (c csvRows) next() ([]string, int, error) {
	cells, err := c.r.next()
	return cells, c.r.record, err
}

func (csvRows) close() error { return nil }
