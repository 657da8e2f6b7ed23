package archtest

import (
	"regexp"
	"slices"
	"testing"
)

// csvWriters are the files that may import encoding/csv: those that read, those
// whose output people never open in a spreadsheet, and the one writer of the
// house, which makes formulas harmless (tabular.Escape).
var csvWriters = map[string]string{
	"internal/tabular/write.go":           "the writer",
	"internal/demo/csv.go":                "the demonstration's own files, read back by the imports",
	"internal/demo/data.go":               "reads",
	"internal/conformance/frame.go":       "reads",
	"internal/wordmeasure/wordmeasure.go": "reads",
}

// workbookWriters are the files that may import excelize. They store texts as
// texts; a test beside each looks for formulas in what it wrote.
var workbookWriters = map[string]string{
	"internal/tabular/workbook.go": "TestWorkbook: every cell a text",
	"internal/tabular/xlsx.go":     "reads",
	"internal/analyze/output.go":   "analyze_test.go",
	"web/sheet/sheet.go":           "TestTablesHoldNoFormula",
}

var formulas = regexp.MustCompile(`SetCellFormula|Formula:|SetCellValue\(|SetSheetRow\(|AddTable\(`)

// sheetTypes are the ways to say that an answer is a table.
var sheetTypes = regexp.MustCompile(`text/csv|spreadsheetml`)

// answering are the files that give tables to people, and where they come from.
var answering = map[string]string{
	"web/sheet/sheet.go":             "tabular.Writer, excelize with texts",
	"web/page/grades/grades.go":      "grades.Service.Export: tabular.Writer",
	"web/api/gradesapi/gradesapi.go": "grades.Service.Export: tabular.Writer",
	"web/page/results/questions.go":  "tabular.Writer",
	"web/page/intake/intake.go":      "templates: layout.WriteTemplate, tabular.Writer",
	"web/exchange/exchange.go":       "tabular.Writer, tabular.WriteWorkbook",
	"web/api/intakeapi/intakeapi.go": "takes tables, gives none",
	"internal/app/appeals/media.go":  "what may be attached",
}

// TestTablesAreSafeAgainstFormulas lists whatever writes CSV or XLSX: a new
// writer has to pass through the safe ones, and through this list.
func TestTablesAreSafeAgainstFormulas(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		if slices.Contains(s.imports, "encoding/csv") {
			if seen[s.file] = true; csvWriters[s.file] == "" {
				t.Errorf("%s uses encoding/csv: write through tabular.NewWriter, which escapes formulas", s.file)
			}
		}
		if slices.Contains(s.imports, "github.com/xuri/excelize/v2") {
			if seen[s.file] = true; workbookWriters[s.file] == "" {
				t.Errorf("%s uses excelize: write through tabular.WriteWorkbook, or add it to the list with its test", s.file)
			}
			if m := formulas.FindString(s.text); m != "" {
				t.Errorf("%s calls %s, which can store a formula", s.file, m)
			}
		}
		if sheetTypes.MatchString(s.text) && s.pkg != "internal/archtest" {
			if seen[s.file] = true; answering[s.file] == "" {
				t.Errorf("%s answers with a table that this list does not know", s.file)
			}
		}
	}
	for _, list := range []map[string]string{csvWriters, workbookWriters, answering} {
		for file := range list {
			if !seen[file] {
				t.Errorf("%s is listed and writes no table any more", file)
			}
		}
	}
}
