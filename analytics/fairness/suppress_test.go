package fairness

import (
	"testing"

	"pgregory.net/rapid"
)

func table(minimum int, rows ...[]int) Table {
	return Table{Count: rows, Minimum: minimum, RowTotals: true, ColumnTotals: true}
}

// With all margins published a single small cell needs a rectangle of hidden
// cells: its row, its column and the crossing.
func TestSuppressClosesRectangle(t *testing.T) {
	t.Parallel()
	s := Suppress(table(5, []int{20, 3, 15}, []int{30, 40, 12}, []int{25, 60, 70}))
	hidden := 0
	for _, row := range s.Cell {
		for _, c := range row {
			if c != Shown {
				hidden++
			}
		}
	}
	if s.Cell[0][1] != Primary || hidden != 4 {
		t.Fatalf("marks %v, want the small cell and three others hidden", s.Cell)
	}
	for _, m := range append(s.RowTotal, s.ColumnTotal...) {
		if m != Shown {
			t.Fatalf("a margin is hidden: %+v", s)
		}
	}
}

// A margin below the minimum is hidden like any cell, and so is another one,
// because the total would give it away.
func TestSuppressSmallMargin(t *testing.T) {
	t.Parallel()
	s := Suppress(table(5, []int{1, 2}, []int{30, 40}, []int{50, 60}))
	other := 0
	for _, m := range s.RowTotal[1:] {
		if m != Shown {
			other++
		}
	}
	if s.RowTotal[0] != Primary || other+int(s.Total) == 0 {
		t.Fatalf("row totals %v, total %v: the hidden one can be subtracted", s.RowTotal, s.Total)
	}
}

// Without margins nothing needs to be hidden besides the small cells.
func TestSuppressWithoutMargins(t *testing.T) {
	t.Parallel()
	s := Suppress(Table{Count: [][]int{{3, 20}, {20, 20}}, Minimum: 5})
	if s.Cell[0][0] != Primary || s.Cell[0][1] != Shown || s.Cell[1][0] != Shown {
		t.Fatalf("marks %v", s.Cell)
	}
}

// A list with a published total hides the next smallest entry as well.
func TestSuppressListHidesNextSmallest(t *testing.T) {
	t.Parallel()
	s := Suppress(Table{Count: [][]int{{2, 40, 9, 12}}, Minimum: 5, RowTotals: true})
	want := []Cell{Primary, Shown, Secondary, Shown}
	for j, c := range s.Cell[0] {
		if c != want[j] {
			t.Fatalf("marks %v, want %v", s.Cell[0], want)
		}
	}
}

// brute finds the range of a hidden cell of a 2×3 table by trying every table
// that shows the same.
func brute(t Table, s Suppression, i, j, top int) (low, high int) {
	low, high = top, 0
	cells := make([]int, 6)
	var try func(k int)
	try = func(k int) {
		if k == 6 {
			if sameMargins(t, s, cells) {
				low, high = min(low, cells[i*3+j]), max(high, cells[i*3+j])
			}
			return
		}
		if s.Cell[k/3][k%3] == Shown {
			cells[k] = t.Count[k/3][k%3]
			try(k + 1)
			return
		}
		for v := range top {
			cells[k] = v
			try(k + 1)
		}
	}
	try(0)
	return low, high
}

func sameMargins(t Table, s Suppression, cells []int) bool {
	total, want := 0, 0
	for r := range 2 {
		a, b := 0, 0
		for c := range 3 {
			a += cells[r*3+c]
			b += t.Count[r][c]
		}
		if s.RowTotal[r] == Shown && a != b {
			return false
		}
		total += a
		want += b
	}
	for c := range 3 {
		if s.ColumnTotal[c] == Shown && cells[c]+cells[3+c] != t.Count[0][c]+t.Count[1][c] {
			return false
		}
	}
	return s.Total != Shown || total == want
}

// Nobody can narrow a primary cell down to a range shorter than the minimum,
// checked against every table that shows the same.
func TestSuppressWithstandsAttack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tab := table(3, rapid.SliceOfN(rapid.IntRange(0, 4), 3, 3).Draw(t, "a"), rapid.SliceOfN(rapid.IntRange(0, 4), 3, 3).Draw(t, "b"))
		tab.RowTotals, tab.ColumnTotals = rapid.Bool().Draw(t, "rows"), rapid.Bool().Draw(t, "cols")
		s := Suppress(tab)
		for i := range 2 {
			for j := range 3 {
				if s.Cell[i][j] != Primary {
					continue
				}
				if low, high := brute(tab, s, i, j, 7); high-low < 3 {
					t.Fatalf("%v with %+v: cell %d,%d is known to lie in [%d, %d]", tab.Count, s, i, j, low, high)
				}
			}
		}
	})
}
