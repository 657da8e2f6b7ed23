package tabular

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"gongping/internal/errs"
)

// book makes a workbook and lets a test change its parts.
func book(t *testing.T, change func(name string, body []byte) []byte, more ...string) []byte {
	t.Helper()
	f := excelize.NewFile()
	_ = f.SetSheetName("Sheet1", "survey")
	_ = f.SetCellStr("survey", "A1", "type")
	_ = f.SetCellStr("survey", "B3", "=SUM(1)") // a text, whatever it looks like
	if err := f.SetCellFormula("survey", "C3", `HYPERLINK("http://x")`); err != nil {
		t.Fatal(err)
	}
	var plain bytes.Buffer
	if err := f.Write(&plain); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(plain.Bytes()), int64(plain.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	put := func(name string, body []byte) {
		p, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = p.Write(body)
	}
	for _, part := range r.File {
		rc, _ := part.Open()
		var b bytes.Buffer
		_, _ = b.ReadFrom(rc)
		rc.Close()
		body := b.Bytes()
		if change != nil {
			body = change(part.Name, body)
		}
		put(part.Name, body)
	}
	for _, name := range more {
		put(name, []byte("x"))
	}
	_ = w.Close()
	return out.Bytes()
}

func read(data []byte) ([]Sheet, error) {
	return Workbook(bytes.NewReader(data), int64(len(data)), WorkbookLimits)
}

func TestWorkbookIsReadAsText(t *testing.T) {
	sheets, err := read(book(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	s := sheets[0]
	if s.Name != "survey" || len(s.Rows) != 2 || s.Rows[1].Number != 3 || s.Rows[1].Cells[1] != "=SUM(1)" {
		t.Errorf("%+v", s)
	}
	if len(s.Formulas) != 0 && s.Formulas[0].Name != "C3" {
		t.Errorf("%+v", s.Formulas)
	}
	// A formula with a remembered value is read as that value, and named.
	with := book(t, func(name string, body []byte) []byte {
		return bytes.ReplaceAll(body, []byte("</f></c>"), []byte("</f><v>7</v></c>"))
	})
	sheets, err = read(with)
	if err != nil || len(sheets[0].Formulas) != 1 || sheets[0].Formulas[0].Name != "C3" || sheets[0].Rows[1].Cells[2] != "7" {
		t.Errorf("%+v %v", sheets, err)
	}
}

func TestDangerousWorkbooksAreRefused(t *testing.T) {
	bomb := func(name string, body []byte) []byte {
		if name == "xl/worksheets/sheet1.xml" {
			return append(body, bytes.Repeat([]byte(" "), 100<<20)...)
		}
		return body
	}
	entity := func(name string, body []byte) []byte {
		if strings.HasSuffix(name, "sheet1.xml") {
			s := strings.Replace(string(body), "<worksheet", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><worksheet`, 1)
			return []byte(strings.ReplaceAll(s, "type", "&b;"))
		}
		return body
	}
	for name, c := range map[string]struct {
		data []byte
		code errs.Code
		key  string
	}{
		"macros":        {book(t, nil, "xl/vbaProject.bin"), errs.Invalid, "import.macro"},
		"old macros":    {book(t, nil, "xl/macrosheets/sheet1.xml"), errs.Invalid, "import.macro"},
		"a bomb":        {book(t, bomb), errs.TooLarge, "import.xlsx_bomb"},
		"a lying bomb":  {lying(t, book(t, bomb)), errs.Invalid, "import.xlsx"},
		"no workbook":   {[]byte("PK\x03\x04 rubbish"), errs.Invalid, "import.xlsx"},
		"above 8 MB":    {append([]byte("PK\x03\x04"), make([]byte, 100<<20)...), errs.TooLarge, "import.xlsx_large"},
		"other archive": {zipOf(t), errs.Invalid, "import.xlsx"},
	} {
		_, err := read(c.data)
		e, ok := err.(*errs.Error)
		if !ok || e.Code != c.code || e.Key != c.key {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Entities are never expanded: the file is refused or the name stays.
	sheets, err := read(book(t, entity))
	if err == nil {
		for _, r := range sheets[0].Rows {
			if strings.Contains(strings.Join(r.Cells, ""), "aaaa") {
				t.Errorf("an entity was expanded: %v", r.Cells)
			}
		}
	}
}

func zipOf(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	p, _ := w.Create("hello.txt")
	_, _ = p.Write([]byte("hello"))
	_ = w.Close()
	return b.Bytes()
}

// lying makes the directory of an archive claim that every part is small.
func lying(t *testing.T, data []byte) []byte {
	t.Helper()
	out := bytes.Clone(data)
	for i := 0; i+46 < len(out); i++ {
		if bytes.Equal(out[i:i+4], []byte("PK\x01\x02")) { // the size once unpacked stands at 24
			copy(out[i+24:i+28], []byte{0xff, 0x00, 0x00, 0x00})
		}
	}
	return out
}
