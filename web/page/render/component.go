package render

// The data of the components in web/page/component. A template may also pass
// (dict "Name" value …) with the same names; a struct is for handlers that
// prepare larger parts. Every text is already in the reader's language.

// Table is a data table: sortable in the browser, cards on a phone.
type Table struct {
	ID, Caption string
	Sortable    bool
	Columns     []Column
	Rows        []Row
	Empty       Empty // shown when there are no rows
}

// Column is a column's head. Numeric columns are aligned right.
type Column struct {
	Text, Unit string
	Numeric    bool
	NoSort     bool
}

// Row is one line; Tone may be "warning", "danger" or "muted".
type Row struct {
	Tone  string
	Cells []Cell
}

// Cell is one value: a text, a link, a badge or a button. Sort is the value to
// sort by where it is not the text.
type Cell struct {
	Text, Href, Note, Sort string
	Code                   string // stands after the note and is never broken
	Badge                  *Badge
	Action                 *Action
}

// Badge is a short mark; Tone is "success", "info", "warning", "danger" or
// "neutral". The text always says what the colour means.
type Badge struct{ Tone, Text, Icon, Title string }

// Empty says why there is nothing and what to do next.
type Empty struct {
	Icon, Title, Text string
	Action            *Action
}

// Stat is a figure with what is needed to judge it: its n and its interval.
// Suppressed, if not 0, hides the figure because fewer answers than that stand
// behind it.
type Stat struct {
	Label, Value, Unit string
	N                  int
	Interval, Note     string
	Badge              *Badge
	Suppressed         int
}

// Alert is a message on a page.
type Alert struct {
	Tone, Title, Text, Hint string
	Details                 []string
	Close                   bool
}

// Option is one choice of a field.
type Option struct{ Value, Text, Help string }

// Field is one input with its label, help and error.
type Field struct {
	Name, Label, Type, Value, Help, Error string
	Placeholder, Autocomplete, CheckValue string
	Min, Max, Step                        string
	Rows, MaxLength                       int
	Required                              bool
	Options                               []Option
}

// Pagination leads through a long list; the page number is added to Href, and
// Hash, the id of the place that the link jumps to, behind it.
type Pagination struct {
	Page, Last, Total int
	Href, Hash        string
}

// Tab is one of the pages behind a row of tabs.
type Tab struct {
	Text, Href string
	Active     bool
	Count      int
}

// Step is one of a stepper; State is "done", "now" or "later".
type Step struct{ Text, State string }

// Event is one entry of a timeline. At is a time.Time.
type Event struct {
	At                     any
	Who, Title, Text, Tone string
	Icon                   string
}

// Progress is a bar. With Poll, an address that answers this component again,
// it renews itself every second until an answer has no Poll.
type Progress struct {
	Label, Text, Poll string
	Done, Total       int
}
