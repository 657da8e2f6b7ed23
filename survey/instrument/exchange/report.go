// Package exchange has what the importers of questionnaires share: the report
// of what was understood and what was not, and the cleaning of texts and names.
// An importer drops nothing silently: what the model cannot hold is a finding
// with its place, what was made of it, and what to do.
package exchange

import (
	"slices"
	"strconv"
)

// Level says how much a finding matters.
type Level string

// The levels, the gravest first.
const (
	Lost    Level = "lost"    // the file asks for something that the questionnaire now has not
	Fault   Level = "fault"   // the file itself is wrong here
	Changed Level = "changed" // it is there in another form
	Note    Level = "note"    // good to know; nothing to do
)

// Levels are all levels, the gravest first.
var Levels = []Level{Lost, Fault, Changed, Note}

// Finding is one line of a report. Key names two sentences of the catalogues:
// "exchange.<key>" says what was made of it, "exchange.<key>.do" what to do;
// Args fill them.
type Finding struct {
	Level Level             `json:"level"`
	Sheet string            `json:"sheet,omitempty"` // of a workbook
	Line  int               `json:"line,omitempty"`  // row of the sheet, line of the text; 0 where the format has none
	Item  string            `json:"item,omitempty"`  // the question it is about, by the name it has in the file
	Key   string            `json:"key"`
	Found string            `json:"found,omitempty"` // what stands in the file
	Args  map[string]string `json:"args,omitempty"`
}

// maxFindings bounds a report; all are counted.
const maxFindings = 3000

// Report is what an import did and did not understand.
type Report struct {
	Format   string        `json:"format"`
	Items    int           `json:"items"`
	Options  int           `json:"options"`
	Counts   map[Level]int `json:"counts"`
	Findings []Finding     `json:"findings"`
}

// Add adds a finding; pairs are the names and values of its arguments.
func (r *Report) Add(level Level, at Place, key, found string, pairs ...string) {
	if r.Counts == nil {
		r.Counts = map[Level]int{}
	}
	if r.Counts[level]++; len(r.Findings) >= maxFindings {
		return
	}
	f := Finding{Level: level, Sheet: at.Sheet, Line: at.Line, Item: Clip(Visible(at.Item), 80), Key: key, Found: Clip(Visible(found), 200)}
	for i := 0; i+1 < len(pairs); i += 2 {
		if f.Args == nil {
			f.Args = map[string]string{}
		}
		f.Args[pairs[i]] = Clip(Visible(pairs[i+1]), 200)
	}
	r.Findings = append(r.Findings, f)
}

// Sort puts the findings in the order of the file.
func (r *Report) Sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return a.Line - b.Line })
}

// Place is where in a file something stands.
type Place struct {
	Sheet string
	Line  int
	Item  string
}

// Names gives unique ids.
type Names map[string]bool

// Unique returns want, made an id: what may not stand in one becomes "_", and
// one that is taken gets a number.
func (n Names) Unique(want string) string {
	id := Code(want)
	for i, base := 2, id; n[id]; i++ {
		id = base + "_" + strconv.Itoa(i)
	}
	n[id] = true
	return id
}
