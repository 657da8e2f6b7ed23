package fairness

import (
	"fmt"
)

// Cell says how a cell of a published table is shown.
type Cell int8

// The ways a cell is shown.
const (
	Shown     Cell = iota
	Primary        // hidden because it counts too few people
	Secondary      // hidden because another hidden cell could be worked out from it
)

// Table is a table of counts of people that may be published. A list with a
// published total is a table of one row with RowTotals.
type Table struct {
	Count [][]int
	// Minimum is the smallest count that may be shown; 0 is shown unless
	// HideZero, because an empty cell says what nobody answered.
	Minimum  int
	HideZero bool
	// RowTotals and ColumnTotals say which margins are published with it.
	RowTotals, ColumnTotals bool
}

// Suppression says how every cell and margin is shown. Margins that are not
// published are Secondary.
type Suppression struct {
	Cell        [][]Cell
	RowTotal    []Cell
	ColumnTotal []Cell
	Total       Cell
}

// Suppress marks the cells and margins to hide: first those with too few
// people, then as many more as are needed so that nobody who knows everything
// shown can narrow a hidden count down to a range shorter than Minimum
// (Fischetti & Salazar 2000, JASA 95:916-928, with each range computed exactly
// as a flow). Cells go before margins, small ones before large ones, ties in
// the order of the table.
//
// It panics when the rows differ in length or a count is negative.
func Suppress(t Table) Suppression {
	s := newSuppressor(t)
	for {
		i, j, found := s.exposed()
		if !found || !s.hideMore(i, j) {
			break
		}
	}
	var out Suppression
	for _, row := range s.mark[:s.rows] {
		out.Cell = append(out.Cell, row[:s.cols])
		out.RowTotal = append(out.RowTotal, row[s.cols])
	}
	out.ColumnTotal = s.mark[s.rows][:s.cols]
	out.Total = s.mark[s.rows][s.cols]
	return out
}

// suppressor works on the table with its margins as one more row and column.
type suppressor struct {
	minimum    int
	count      [][]int
	mark       [][]Cell
	rows, cols int // without the margins
}

func newSuppressor(t Table) *suppressor {
	s := &suppressor{minimum: t.Minimum, rows: len(t.Count)}
	if s.rows > 0 {
		s.cols = len(t.Count[0])
	}
	s.count, s.mark = make([][]int, s.rows+1), make([][]Cell, s.rows+1)
	for i := range s.count {
		s.count[i], s.mark[i] = make([]int, s.cols+1), make([]Cell, s.cols+1)
	}
	for i, row := range t.Count {
		if len(row) != s.cols {
			panic(fmt.Sprintf("fairness: row %d has %d cells, want %d", i, len(row), s.cols))
		}
		for j, c := range row {
			if c < 0 {
				panic(fmt.Sprintf("fairness: cell %d,%d counts %d people", i, j, c))
			}
			for _, at := range [][2]int{{i, j}, {i, s.cols}, {s.rows, j}, {s.rows, s.cols}} {
				s.count[at[0]][at[1]] += c
			}
		}
	}
	for i, row := range s.count {
		for j, c := range row {
			rowTotal, colTotal := j == s.cols, i == s.rows
			switch {
			case rowTotal && colTotal && !t.RowTotals && !t.ColumnTotals,
				rowTotal && !colTotal && !t.RowTotals, colTotal && !rowTotal && !t.ColumnTotals:
				s.mark[i][j] = Secondary
			case c < t.Minimum && (c > 0 || t.HideZero):
				s.mark[i][j] = Primary
			}
		}
	}
	return s
}

// exposed finds the first primary cell whose range is too short.
func (s *suppressor) exposed() (int, int, bool) {
	for i := range s.mark {
		for j := range s.mark[i] {
			if s.mark[i][j] == Primary && s.flow(i, j, true)+s.flow(i, j, false) < s.minimum {
				return i, j, true
			}
		}
	}
	return 0, 0, false
}

// unlimited stands for a change that nothing bounds.
const unlimited = 1 << 40

// room is how far a hidden cell can rise and fall in the equations "the cells
// of a line add up to nothing", in which the margins stand with a minus sign.
func (s *suppressor) room(i, j int) (rise, fall int) {
	if (i == s.rows) != (j == s.cols) {
		return s.count[i][j], unlimited
	}
	return unlimited, s.count[i][j]
}

// flow is how far the cell (i, j) can fall (or rise) while everything shown
// stays the same: a maximum flow from its row to its column through the other
// hidden cells.
func (s *suppressor) flow(i, j int, fall bool) int {
	n := len(s.mark)
	capacity := make([][]int, n+s.cols+1)
	for a := range capacity {
		capacity[a] = make([]int, len(capacity))
	}
	for r := range s.mark {
		for c, m := range s.mark[r] {
			if m == Shown || (r == i && c == j) {
				continue
			}
			forward, back := s.room(r, c)
			if !fall {
				forward, back = back, forward
			}
			capacity[r][n+c] += forward
			capacity[n+c][r] += back
		}
	}
	limit, own := s.room(i, j)
	if fall {
		limit = own
	}
	limit = min(limit, s.minimum) // more is never asked for
	total := 0
	for total < limit {
		step := augment(capacity, i, n+j)
		if step == 0 {
			break
		}
		total += step
	}
	return min(total, limit)
}

// augment pushes one shortest path and returns its width.
func augment(capacity [][]int, from, to int) int {
	prev := make([]int, len(capacity))
	for k := range prev {
		prev[k] = -1
	}
	prev[from] = from
	queue := []int{from}
	for len(queue) > 0 && prev[to] < 0 {
		a := queue[0]
		queue = queue[1:]
		for b, c := range capacity[a] {
			if c > 0 && prev[b] < 0 {
				prev[b] = a
				queue = append(queue, b)
			}
		}
	}
	if prev[to] < 0 {
		return 0
	}
	width := unlimited
	for b := to; b != from; b = prev[b] {
		width = min(width, capacity[prev[b]][b])
	}
	for b := to; b != from; b = prev[b] {
		capacity[prev[b]][b] -= width
		capacity[b][prev[b]] += width
	}
	return width
}

// hideMore hides one more cell near the exposed one: in the line of it that has
// fewer hidden cells, else in the other, else where a row and a column with
// hidden cells cross, else anywhere; margins only when no cell is left.
func (s *suppressor) hideMore(i, j int) bool {
	inRow, inCol := 0, 0
	for c := range s.mark[i] {
		if s.mark[i][c] != Shown {
			inRow++
		}
	}
	for r := range s.mark {
		if s.mark[r][j] != Shown {
			inCol++
		}
	}
	inside := func(r, c int) bool { return r < s.rows && c < s.cols }
	row := func(r, c int) bool { return inside(r, c) && r == i }
	col := func(r, c int) bool { return inside(r, c) && c == j }
	corner := func(r, c int) bool { return inside(r, c) && s.mark[i][c] != Shown && s.mark[r][j] != Shown }
	crossing := func(r, c int) bool { return inside(r, c) && s.crosses(r, c) }
	order := []func(r, c int) bool{row, col, corner, crossing}
	switch {
	case inRow > 1 && inCol > 1:
		order = []func(r, c int) bool{corner, crossing, row, col}
	case inRow > 1:
		order = []func(r, c int) bool{col, corner, crossing, row}
	}
	order = append(order, inside,
		func(r, c int) bool { return r == i || c == j },
		func(r, c int) bool { return true })
	for _, in := range order {
		if s.hideSmallest(in) {
			return true
		}
	}
	return false
}

// crosses reports whether the row and the column of a cell both hold a hidden
// cell, so that hiding it closes a cycle.
func (s *suppressor) crosses(r, c int) bool {
	row, col := false, false
	for k := range s.cols {
		row = row || s.mark[r][k] != Shown
	}
	for k := range s.rows {
		col = col || s.mark[k][c] != Shown
	}
	return row && col
}

// hideSmallest hides the smallest shown cell of those wanted, people before
// empty cells.
func (s *suppressor) hideSmallest(want func(r, c int) bool) bool {
	br, bc := -1, -1
	for r := range s.mark {
		for c, m := range s.mark[r] {
			if m != Shown || !want(r, c) {
				continue
			}
			if br < 0 || better(s.count[r][c], s.count[br][bc]) {
				br, bc = r, c
			}
		}
	}
	if br < 0 {
		return false
	}
	s.mark[br][bc] = Secondary
	return true
}

func better(a, b int) bool {
	if (a == 0) != (b == 0) {
		return a != 0
	}
	return a < b
}
