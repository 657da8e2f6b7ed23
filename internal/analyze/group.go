package analyze

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gongping/analytics/fairness"
)

// groups is a division of the rows of a domain by one or more columns.
type groups struct {
	by    []string
	names []string
	codes []int32 // -1 = outside the domain, or no value
	// place of a group in the table that suppression looks at: combinations of
	// all columns but the last, by the last.
	row, col   []int
	rows, cols int
	lost       int // rows of the domain without a value
}

// split divides a domain by columns; by nothing it gives one group.
func (a *analysis) split(by []string, domain []bool) *groups {
	g := &groups{by: by, codes: make([]int32, a.frame.rows)}
	if len(by) == 0 {
		g.names, g.row, g.col, g.rows, g.cols = []string{"all"}, []int{0}, []int{0}, 1, 1
		for i := range g.codes {
			if domain != nil && !domain[i] {
				g.codes[i] = -1
			}
		}
		return g
	}
	keys := make([]int64, a.frame.rows)
	seen := map[int64]bool{}
	for i := range keys {
		if keys[i] = -1; domain == nil || domain[i] {
			if keys[i] = a.key(by, i); keys[i] < 0 {
				g.lost++
			} else {
				seen[keys[i]] = true
			}
		}
	}
	order := make([]int64, 0, len(seen))
	for k := range seen {
		order = append(order, k)
	}
	slices.Sort(order)
	index := make(map[int64]int32, len(order))
	last := int64(len(a.frame.columns[by[len(by)-1]].levels))
	rowOf := map[int64]int{}
	for c, k := range order {
		index[k] = int32(c)
		g.names = append(g.names, a.keyName(by, k))
		r, ok := rowOf[k/last]
		if !ok {
			r = len(rowOf)
			rowOf[k/last] = r
		}
		g.row, g.col = append(g.row, r), append(g.col, int(k%last))
	}
	g.rows, g.cols = len(rowOf), int(last)
	for i, k := range keys {
		if g.codes[i] = -1; k >= 0 {
			g.codes[i] = index[k]
		}
	}
	return g
}

// key numbers the combination of values of a row, -1 where one is absent.
func (a *analysis) key(by []string, i int) int64 {
	k := int64(0)
	for _, name := range by {
		col := a.frame.columns[name]
		l := col.codes[i]
		if l < 0 || a.spec.item(name).absent(col.levels[l]) {
			return -1
		}
		k = k*int64(len(col.levels)) + int64(l)
	}
	return k
}

func (a *analysis) keyName(by []string, k int64) string {
	parts := make([]string, len(by))
	for j := len(by) - 1; j >= 0; j-- {
		levels := a.frame.columns[by[j]].levels
		parts[j] = levels[k%int64(len(levels))]
		k /= int64(len(levels))
	}
	return strings.Join(parts, " / ")
}

// mask is the domain of one group, or of all groups that keep says.
func (g *groups) mask(keep func(c int) bool) []bool {
	out := make([]bool, len(g.codes))
	for i, c := range g.codes {
		out[i] = c >= 0 && keep(int(c))
	}
	return out
}

// counts is the number of rows with an answer and a positive weight by group.
func (g *groups) counts(missing []bool, w []float64) []int {
	out := make([]int, len(g.names))
	for i, c := range g.codes {
		if c >= 0 && w[i] > 0 && (missing == nil || !missing[i]) {
			out[c]++
		}
	}
	return out
}

// suppress says which groups are hidden. total says that the figure over all
// groups is published too; of a division by several columns the margins are
// taken to be published.
func (a *analysis) suppress(g *groups, counts []int, total bool) []fairness.Cell {
	out := make([]fairness.Cell, len(counts))
	small := slices.ContainsFunc(counts, func(n int) bool { return n > 0 && n < a.spec.MinCell })
	if !small {
		return out
	}
	if len(g.by) <= 1 && !total {
		for c, n := range counts {
			if n > 0 && n < a.spec.MinCell {
				out[c] = fairness.Primary
			}
		}
		return out
	}
	t := fairness.Table{Count: make([][]int, g.rows), Minimum: a.spec.MinCell, RowTotals: true, ColumnTotals: len(g.by) > 1}
	for r := range t.Count {
		t.Count[r] = make([]int, g.cols)
	}
	for c, n := range counts {
		t.Count[g.row[c]][g.col[c]] = n
	}
	s := fairness.Suppress(t)
	for c := range counts {
		out[c] = s.Cell[g.row[c]][g.col[c]]
	}
	return out
}

// suppressionNote explains hidden cells.
func (a *analysis) suppressionNote(cells []fairness.Cell) []string {
	primary, secondary := 0, 0
	for _, c := range cells {
		switch c {
		case fairness.Primary:
			primary++
		case fairness.Secondary:
			secondary++
		}
	}
	var out []string
	if primary > 0 {
		out = append(out, a.T("analysis.note.hidden", "N", a.spec.MinCell))
	}
	if secondary > 0 {
		out = append(out, a.T("analysis.note.hidden_too"))
	}
	return out
}

// totalPublished says whether the figure of a variable over all groups is in the
// report, here or as a statistic without groups.
func (a *analysis) totalPublished(q *Statistic, name string) bool {
	if q.Total == "all" {
		return true
	}
	return slices.ContainsFunc(a.spec.Statistics, func(o Statistic) bool {
		return len(o.By) == 0 && o.Unit == "" && slices.Contains(o.Of, name) && o.Stat != "compare" &&
			slices.EqualFunc(o.Where, q.Where, func(x, y Condition) bool { return x.text == y.text })
	})
}

// absences is a note on who gave no answer among the rows of the groups shown.
func (a *analysis) absences(v *variable, domain []bool) string {
	asked, dk, missing := 0, 0, 0
	for i := range v.Values {
		if domain != nil && !domain[i] {
			continue
		}
		asked++
		if v.dontKnow != nil && v.dontKnow[i] {
			dk++
		} else if v.Missing[i] {
			missing++
		}
	}
	few := func(n int) string {
		if n > 0 && n < a.spec.MinCell {
			return fmt.Sprintf("<%d", a.spec.MinCell)
		}
		return fmt.Sprint(n)
	}
	return a.T("analysis.note.absent", "Variable", v.name, "N", asked, "DontKnow", few(dk), "Missing", few(missing))
}

// byValue orders by falling value.
func byValue(order []int, value []float64) {
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(value[b], value[a]), cmp.Compare(a, b)) })
}
