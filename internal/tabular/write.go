package tabular

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// Writer writes CSV for people: UTF-8 with a byte order mark, so that
// spreadsheets show Chinese, and with every text that a spreadsheet could take
// for a formula made harmless by a leading apostrophe.
type Writer struct{ w *csv.Writer }

// NewWriter writes the byte order mark and returns a Writer.
func NewWriter(w io.Writer) (*Writer, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	return &Writer{csv.NewWriter(w)}, nil
}

// Write writes one row.
func (w *Writer) Write(cells ...string) error {
	safe := make([]string, len(cells))
	for i, c := range cells {
		safe[i] = Escape(c)
	}
	return w.w.Write(safe)
}

// Flush writes what is buffered and returns the first error met.
func (w *Writer) Flush() error {
	w.w.Flush()
	return w.w.Error()
}

// Escape puts an apostrophe before a text that a spreadsheet would run: one
// that begins with = + - @ tab or carriage return, also in full width or after
// spaces. Plain numbers such as -4.0 stay as they are.
func Escape(s string) string {
	t := strings.TrimLeft(s, " \u3000\u00a0")
	if t == "" {
		return s
	}
	for _, p := range []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"} {
		if strings.HasPrefix(t, p) {
			if _, err := strconv.ParseFloat(s, 64); err == nil && strings.IndexFunc(s, notNumeric) < 0 {
				return s
			}
			return "'" + s
		}
	}
	return s
}

// notNumeric keeps words such as Inf and NaN from passing as numbers.
func notNumeric(r rune) bool { return (r < '0' || r > '9') && !strings.ContainsRune("+-.eE", r) }
