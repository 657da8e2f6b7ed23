package exchange

// Sheet is a sheet of a workbook as text.
type Sheet struct {
	Name string
	Rows []Row
	// Formulas are cells that hold a formula; Rows has what they showed.
	Formulas []Cell
}

// Row is a row that is not empty; Line is its number as a spreadsheet shows it.
type Row struct {
	Line  int
	Cells []string
}

// Cell is a place in a sheet.
type Cell struct {
	Line int
	Name string // such as "C7"
	Text string // the formula
}
