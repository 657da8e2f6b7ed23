// Package tally counts the answers to questions that are not scored: choices,
// yes and no, numbers, dates, texts. Small counts are hidden, and where one
// hidden count could be worked out from the others the next smallest is hidden
// too; shares are whole percents, so that one answer more or less does not show.
package tally

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"gongping/survey/instrument"
)

// Value is how many answers have a stored value.
type Value struct {
	Text string
	N    int
}

// Row is an option, or a range of numbers or months from From to To (both
// included). From is empty in the first range and To in the last where fewer than
// a cell gave the least or the greatest value: 95 may be one person's.
type Row struct {
	Code     string `json:"code,omitempty"`
	From     string `json:"from,omitempty"`
	To       string `json:"to,omitempty"`
	N        int    `json:"n"` // 0 where hidden
	SharePct int    `json:"share_pct"`
	Hidden   bool   `json:"hidden,omitempty"`
}

// Table is what was answered to one question. N answered it; DontKnow, Declined
// and Missing are −1 where one of them is too small to be shown. Mean is that of a number, nil where
// there is none to show.
type Table struct {
	Item     string          `json:"item"`
	Kind     instrument.Kind `json:"kind"`
	N        int             `json:"n"`
	DontKnow int             `json:"dont_know"`
	Declined int             `json:"declined"` // would rather not answer
	Missing  int             `json:"missing"`
	Mean     *float64        `json:"mean,omitempty"`
	Rows     []Row           `json:"rows,omitempty"`
	Hidden   bool            `json:"hidden,omitempty"` // fewer than cell answered
}

// mostBins is how many ranges numbers and months are shown in at the most.
const mostBins = 6

// Of counts the values of a question among total questionnaires; cell is the
// smallest count that is shown.
func Of(it *instrument.Item, values []Value, total, cell int) Table {
	t := Table{Item: it.ID, Kind: it.Kind}
	var given []Value
	for _, v := range values {
		if v.Text == instrument.DontKnow {
			t.DontKnow += v.N
			continue
		}
		if v.Text == instrument.Declined && it.Option(instrument.Declined) == nil {
			t.Declined += v.N
			continue
		}
		t.N += v.N
		given = append(given, v)
	}
	t.Missing = total - t.N - t.DontKnow - t.Declined
	switch {
	case t.N < cell:
		t.N, t.Hidden = 0, true
	case it.Kind == instrument.Number:
		t.number(given, cell)
	case it.Kind == instrument.Date:
		t.date(given, cell)
	case it.Kind != instrument.Text:
		t.choice(it, given, cell)
	}
	if t.Hidden || small(t.DontKnow, cell) || small(t.Declined, cell) || small(t.Missing, cell) {
		// They and N add up to what everybody knows.
		t.DontKnow, t.Declined, t.Missing = -1, -1, -1
	}
	return t
}

func small(n, cell int) bool { return n > 0 && n < cell }

// choice counts options. Those of a single choice add up to N; of a multiple one
// each option also tells how many did not choose it.
func (t *Table) choice(it *instrument.Item, values []Value, cell int) {
	codes := []string{"yes", "no"}
	if it.Kind != instrument.YesNo {
		codes = nil
		for _, o := range it.Options {
			codes = append(codes, o.Code)
		}
	}
	n := map[string]int{}
	for _, v := range values {
		if it.Kind != instrument.Multiple {
			n[v.Text] += v.N
			continue
		}
		for _, code := range strings.Fields(v.Text) {
			n[code] += v.N
		}
	}
	for _, code := range codes {
		r := Row{Code: code, N: n[code], Hidden: small(n[code], cell)}
		if it.Kind == instrument.Multiple && small(t.N-r.N, cell) {
			r.Hidden = true
		}
		t.Rows = append(t.Rows, r)
	}
	if it.Kind != instrument.Multiple {
		t.secondary(cell)
	}
	t.finish()
}

// secondary hides the next smallest counts while one is hidden alone, or those
// that are make less than a cell together: of two that sum to two, each is one.
func (t *Table) secondary(cell int) {
	for {
		hidden, sum, next := 0, 0, -1
		for i, r := range t.Rows {
			switch {
			case r.Hidden:
				hidden, sum = hidden+1, sum+r.N
			case r.N > 0 && (next < 0 || r.N < t.Rows[next].N):
				next = i
			}
		}
		if hidden == 0 || hidden > 1 && sum >= cell || next < 0 {
			return
		}
		t.Rows[next].Hidden = true
	}
}

// finish gives whole percents and forgets what is hidden.
func (t *Table) finish() {
	for i := range t.Rows {
		r := &t.Rows[i]
		r.SharePct = int(math.Round(100 * float64(r.N) / float64(t.N)))
		if r.Hidden {
			r.N, r.SharePct = 0, 0
		}
	}
}

func (t *Table) number(values []Value, cell int) {
	type point struct {
		x float64
		v Value
	}
	var list []point
	sum := 0.0
	for _, v := range values {
		if x, err := strconv.ParseFloat(v.Text, 64); err == nil {
			list = append(list, point{x, v})
			sum += x * float64(v.N)
		}
	}
	slices.SortFunc(list, func(a, b point) int { return cmp.Compare(a.x, b.x) })
	mean := math.Round(10*sum/float64(t.N)) / 10
	t.Mean = &mean
	sorted := make([]Value, len(list))
	for i, p := range list {
		sorted[i] = p.v
	}
	t.bins(sorted, cell)
}

func (t *Table) date(values []Value, cell int) {
	months := map[string]int{}
	for _, v := range values {
		if len(v.Text) >= 7 {
			months[v.Text[:7]] += v.N
		}
	}
	var list []Value
	for m, n := range months {
		list = append(list, Value{m, n})
	}
	slices.SortFunc(list, func(a, b Value) int { return cmp.Compare(a.Text, b.Text) })
	t.bins(list, cell)
}

// bins puts sorted values into ranges of about equal counts, none below the cell:
// a value alone in the tail joins its neighbours.
func (t *Table) bins(sorted []Value, cell int) {
	want := max(cell, (t.N+mostBins-1)/mostBins)
	for _, v := range sorted {
		if k := len(t.Rows); k > 0 && t.Rows[k-1].N < want {
			t.Rows[k-1].To, t.Rows[k-1].N = v.Text, t.Rows[k-1].N+v.N
			continue
		}
		t.Rows = append(t.Rows, Row{From: v.Text, To: v.Text, N: v.N})
	}
	if k := len(t.Rows); k > 1 && t.Rows[k-1].N < cell {
		t.Rows[k-2].To, t.Rows[k-2].N = t.Rows[k-1].To, t.Rows[k-2].N+t.Rows[k-1].N
		t.Rows = t.Rows[:k-1]
	}
	if k := len(t.Rows); k > 0 {
		if sorted[0].N < cell {
			t.Rows[0].From = ""
		}
		if sorted[len(sorted)-1].N < cell {
			t.Rows[k-1].To = ""
		}
	}
	t.finish()
}
