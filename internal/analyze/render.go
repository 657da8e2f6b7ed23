package analyze

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

func quoteJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(b)
}

// cellWidth is the number of terminal columns of a text: wide characters take
// two, combining marks none.
func cellWidth(s string) int {
	n := 0
	for _, r := range s {
		switch k := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case k == width.EastAsianWide || k == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// Text writes the report for people.
func Text(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w)
	if r.Title != "" {
		fmt.Fprintf(out, "%s\n\n", r.Title)
	}
	fmt.Fprintln(out, r.RowsText)
	for _, n := range r.Notes {
		fmt.Fprintln(out, n)
	}
	for _, t := range r.Tables {
		fmt.Fprintf(out, "\n%s\n", t.Title)
		t.text(out)
		for _, n := range t.Notes {
			fmt.Fprintf(out, "  %s\n", n)
		}
	}
	return out.Flush()
}

func (t *Table) text(out *bufio.Writer) {
	keep := t.filled()
	shown := make([][]string, len(t.Cells)+1)
	widths := make([]int, len(t.Heads))
	for j, h := range t.Heads {
		shown[0] = append(shown[0], h.Label)
		widths[j] = cellWidth(h.Label)
	}
	for i, row := range t.Cells {
		for j, c := range row {
			s := c.show(t.Heads[j])
			shown[i+1] = append(shown[i+1], s)
			widths[j] = max(widths[j], cellWidth(s))
		}
	}
	for i, row := range shown {
		var b strings.Builder
		for j, s := range row {
			if !keep[j] {
				continue
			}
			pad := strings.Repeat(" ", widths[j]-cellWidth(s))
			if t.Heads[j].Text {
				b.WriteString(s + pad + "  ")
			} else {
				b.WriteString(pad + s + "  ")
			}
		}
		fmt.Fprintln(out, strings.TrimRight(b.String(), " "))
		if i == 0 {
			fmt.Fprintln(out, strings.Repeat("─", cellWidth(strings.TrimRight(b.String(), " "))))
		}
	}
}

// filled says which columns hold anything: empty ones are not printed.
func (t *Table) filled() []bool {
	keep := make([]bool, len(t.Heads))
	for _, row := range t.Cells {
		for j, c := range row {
			keep[j] = keep[j] || c.Number != nil || c.Text != ""
		}
	}
	return keep
}
