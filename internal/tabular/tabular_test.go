package tabular

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"gongping/internal/errs"
)

var people = Spec{Name: "people", Columns: []Column{
	{Name: "code", Aliases: []string{"居委会代码"}, Required: true, Type: Code, Digits: []int{12}},
	{Name: "name", Aliases: []string{"姓名"}, Required: true, Private: true},
	{Name: "born", Aliases: []string{"出生日期"}, Type: Date},
	{Name: "n", Aliases: []string{"人数"}, Type: Int, Min: 1, Max: 9},
	{Name: "note", Aliases: []string{"备注"}, MaxLen: 20},
	{Name: "phone", Aliases: []string{"电话"}, Type: Phone},
}}

type got struct {
	number int
	values []string
	faults []*errs.Error
}

func readAll(t testing.TB, b []byte, limits Limits) ([]got, *Summary, error) {
	t.Helper()
	f, err := Open(bytes.NewReader(b), int64(len(b)), limits)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	sum, rows, err := f.Read(&people)
	if err != nil {
		return nil, sum, err
	}
	var out []got
	for r, err := range rows {
		if err != nil {
			return out, sum, err
		}
		out = append(out, got{r.Number, append([]string(nil), r.values...), r.Faults})
	}
	return out, sum, nil
}

const table = "居委会代码,姓名,出生日期,人数,备注\n310104003001,张三,1950年1月2日,３,\"a,\"\"b\"\"\n第二行\"\n"

func TestEncodings(t *testing.T) {
	t.Parallel()
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String(table)
	u16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(table)
	for name, in := range map[string]string{
		"UTF-8": table, "UTF-8 bom": "\ufeff" + table, "GB18030": gb, "UTF-16": u16,
		"UTF-8 crlf": strings.ReplaceAll(table, "\n", "\r\n"), "UTF-8 cr": strings.ReplaceAll(table, "\n", "\r"),
		"UTF-8 semicolon": strings.ReplaceAll(strings.ReplaceAll(table, ",", ";"), `"a;`, `"a,`),
		"UTF-8 tab":       strings.ReplaceAll(strings.ReplaceAll(table, ",", "\t"), "\"a\t", `"a,`),
	} {
		rows, sum, err := readAll(t, []byte(in), Limits{})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%s: %v, rows %v", name, err, rows)
		}
		v := strings.ReplaceAll(strings.ReplaceAll(fmt.Sprintf("%q", rows[0].values), `\r\n`, `\n`), `\r`, `\n`)
		if want := `["310104003001" "张三" "1950-01-02" "3" "a,\"b\"\n第二行" ""]`; v != want || sum.Faults != 0 {
			t.Errorf("%s: got %s %v", name, v, sum.Details)
		}
		if !strings.HasPrefix(name, sum.Encoding) {
			t.Errorf("%s: encoding %s", name, sum.Encoding)
		}
	}
}

// TestLateEncoding puts the first Chinese character behind what a look at the
// beginning would see.
func TestLateEncoding(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("code,name\n")
	for range 20000 {
		b.WriteString("310104003001,abc\n")
	}
	b.WriteString("310104003001,张三\n")
	gb, _ := simplifiedchinese.GB18030.NewEncoder().String(b.String())
	rows, sum, err := readAll(t, []byte(gb), Limits{})
	if err != nil || sum.Encoding != "GB18030" || rows[len(rows)-1].values[1] != "张三" {
		t.Fatalf("late GB18030 text: %v %s", err, sum.Encoding)
	}
}

func TestFaultsPointAtCells(t *testing.T) {
	t.Parallel()
	rows, sum, err := readAll(t, []byte("code,name,n,phone,备注\n"+
		"310104003001,张三,12,138,ok\n"+ // n, phone
		"31010400300,,3,13800000000,ok\n"+ // code, name
		"\n"+
		"310104003001,李四,3,021-54321234,x,extra\n"+ // extra cell
		"310104003001,\"李\"四,3,,\n"+ // quote
		"310104003001,李\x00四,3,,\n"+ // NUL
		"310104003001,李四,3,,"+strings.Repeat("长", 21)+"\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range sum.Details {
		lines = append(lines, e.Where+"|"+e.Key+"|"+e.Found)
	}
	want := []string{"row 2, column n|import.value|12", "row 2, column phone|import.value|138",
		"row 3, column code|import.value|31010400300", "row 3, column name|import.cell_empty|(0 characters)",
		"row 5|import.too_many_cells|6", `row 6|import.quote|"`,
		"row 7, column name|import.nul|(3 characters)", "row 8, column note|import.too_long|" + strings.Repeat("长", 21)}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	if len(rows) != 6 || sum.Bad != 6 || sum.Faults != 8 || errs.CodeOf(sum.Err()) != errs.Invalid {
		t.Errorf("rows %d bad %d faults %d", len(rows), sum.Bad, sum.Faults)
	}
	for _, e := range sum.Details {
		if e.Want == "" && e.Hint == "" {
			t.Errorf("%s says neither what is expected nor how to mend it", e)
		}
	}
}

func TestHeaderFaults(t *testing.T) {
	t.Parallel()
	_, sum, err := readAll(t, []byte("居委会代码,code,什么\n"), Limits{})
	e, ok := err.(*errs.Error)
	if !ok || len(e.Details) != 2 || e.Details[0].Key != "import.header_twice" || e.Details[1].Key != "import.header_missing" {
		t.Fatalf("err %v", err)
	}
	if sum.Mapping.Columns[0] != "code" || sum.Mapping.Columns[2] != "" {
		t.Errorf("mapping %v", sum.Mapping.Columns)
	}
}

func TestAllFaultsAreCounted(t *testing.T) {
	t.Parallel()
	in := "code,name\n" + strings.Repeat("bad,x\n", 500)
	_, sum, err := readAll(t, []byte(in), Limits{Faults: 7})
	if err != nil || sum.Faults != 500 || len(sum.Details) != 7 || sum.Rows != 500 || sum.Bad != 500 {
		t.Fatalf("%v: faults %d, details %d", err, sum.Faults, len(sum.Details))
	}
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	in := "code,name,备注\n310104003001,<script>alert(1)</script>,\u202etxt.exe\n310104003001,=1+1,@x\n"
	f, err := Open(strings.NewReader(in), int64(len(in)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	_, rows, err := f.Read(&people)
	if err != nil {
		t.Fatal(err)
	}
	var note, name []string
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		note, name = append(note, Visible(row.values[4])), append(name, people.Columns[1].found(row.values[1]))
	}
	if note[0] != "‹U+202E›txt.exe" || note[1] != "@x" || name[0] != "(25 characters)" {
		t.Fatalf("%q %q", note, name)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"open quote": "code,name\n310104003001,\"" + strings.Repeat("x\n", 5000),
		"columns":    "code,name\n" + strings.Repeat(",", 300) + "\n",
		"rows":       "code,name\n" + strings.Repeat("310104003001,a\n", 12),
	} {
		if _, _, err := readAll(t, []byte(in), Limits{Field: 1000, Rows: 10}); errs.CodeOf(err) != errs.TooLarge {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, in := range map[string]string{"empty": "", "blank": "\n\n", "xls": "\xd0\xcf\x11\xe0 old", "zip": "PK\x03\x04 broken"} {
		if _, _, err := readAll(t, []byte(in), Limits{}); errs.CodeOf(err) != errs.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func workbook(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, r := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &r); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestXLSX(t *testing.T) {
	t.Parallel()
	b := workbook(t, []any{"居委会代码", "姓名", "人数", "备注", "出生日期"}, []any{"310104003001", "张三", 3, "=1+1", 18264}, []any{}, []any{"310104003001", "", 3})
	rows, sum, err := readAll(t, b, Limits{})
	if err != nil || len(rows) != 2 || sum.Format != "xlsx" {
		t.Fatalf("%v %v", err, rows)
	}
	if rows[0].values[4] != "=1+1" || rows[0].values[3] != "3" || rows[0].values[2] != "1950-01-01" || rows[1].number != 4 || sum.Faults != 1 {
		t.Errorf("rows %+v faults %v", rows, sum.Details)
	}
	if _, _, err := readAll(t, b, Limits{Unzipped: 1000}); errs.CodeOf(err) != errs.TooLarge {
		t.Errorf("bomb: %v", err)
	}
	if _, _, err := readAll(t, b, Limits{XLSX: 1000}); errs.CodeOf(err) != errs.TooLarge {
		t.Errorf("large: %v", err)
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+a": "'+a", "-a": "'-a", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "＝x": "'＝x", " =x": "' =x",
		"-4.0": "-4.0", "+1e3": "+1e3", "-Inf": "'-Inf", "": "", "公评": "公评", "a=b": "a=b", "-2+3": "'-2+3",
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
	var b bytes.Buffer
	w, _ := NewWriter(&b)
	w.Write("a", "=cmd|' /C calc'!A0", "x,y")
	if w.Flush() != nil || b.String() != "\ufeffa,'=cmd|' /C calc'!A0,\"x,y\"\n" {
		t.Errorf("wrote %q", b.String())
	}
}

// FuzzCSV compares with encoding/csv on what both accept, and looks for panics.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{table, "a,b\n\"x\"\"y\",z\r\n", "\"", "a\"b,c\n", ",\n", "\"a\n\nb\"\r\rc"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if rows, sum, err := readAll(t, []byte(in), Limits{Rows: 1000}); err == nil && sum.Rows != len(rows) {
			t.Fatalf("%d rows counted, %d given", sum.Rows, len(rows))
		}
		if strings.Contains(in, "\r") {
			return // encoding/csv knows no lone carriage return
		}
		r := csv.NewReader(strings.NewReader(in))
		r.FieldsPerRecord = -1
		want, err := r.ReadAll()
		if err != nil {
			return
		}
		mine := &csvReader{in: bufio.NewReader(strings.NewReader(in)), comma: ',', maxField: 1 << 20, maxCells: 1 << 20}
		for _, w := range want {
			if len(w) == 1 && w[0] == "" {
				continue // a line holding only "", which is blank to us
			}
			cells, err := mine.next()
			if err != nil || fmt.Sprintf("%q", cells) != fmt.Sprintf("%q", w) {
				t.Fatalf("got %q %v, want %q", cells, err, w)
			}
		}
	})
}

// FuzzXLSX looks for panics and for reading past the limits.
func FuzzXLSX(f *testing.F) {
	f.Add(workbook(f, []any{"code", "name"}, []any{"310104003001", "张三"}))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if !bytes.HasPrefix(in, []byte("PK\x03\x04")) {
			return
		}
		readAll(t, in, Limits{Rows: 100, Unzipped: 1 << 20})
	})
}

func BenchmarkRead(b *testing.B) {
	row := "310104003001,张三,1950-01-02,3,备注,13800000000\n"
	in := []byte("code,name,born,n,note,phone\n" + strings.Repeat(row, 100_000))
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		f, _ := Open(bytes.NewReader(in), int64(len(in)), Limits{})
		_, rows, err := f.Read(&people)
		if err != nil {
			b.Fatal(err)
		}
		for range rows {
		}
	}
}
