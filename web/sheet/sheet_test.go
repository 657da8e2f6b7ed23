package sheet

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"gongping/internal/errs"
)

func TestTablesHoldNoFormula(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{"=1+1", "+1+1", "-1+1", "@SUM(A1)", " =1", "＝1", "\t=1"} {
		table := Table{Name: "结果", About: []string{hostile}, Head: []string{"居委会", hostile}, Rows: [][]any{{hostile, -4.25}, {"安宁居委会", 3}}}
		csv, err := table.Write("csv")
		if err != nil || !strings.Contains(string(csv.Body), "'"+hostile) || !strings.Contains(string(csv.Body), ",-4.25") {
			t.Errorf("%q: %v %q", hostile, err, csv.Body)
		}
		x, err := table.Write("xlsx")
		if err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(x.Body))
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{"A1", "B2", "A3"} {
			text, _ := f.GetCellValue("结果", at)
			formula, err := f.GetCellFormula("结果", at)
			if err != nil || formula != "" || strings.TrimSpace(text) != strings.TrimSpace(hostile) {
				t.Errorf("%s of %q: %q, formula %q, %v", at, hostile, text, formula, err)
			}
		}
		if kind, err := f.GetCellType("结果", "B3"); err != nil || kind == excelize.CellTypeInlineString || kind == excelize.CellTypeSharedString {
			t.Errorf("a number became a text: %v %v", kind, err)
		}
	}
	if _, err := (&Table{}).Write("pdf"); !errs.Is(err, errs.NotFound) {
		t.Errorf("pdf: %v", err)
	}
}
