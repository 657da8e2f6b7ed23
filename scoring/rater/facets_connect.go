package rater

import (
	"fmt"
	"strings"
)

// connected refuses a design in which raters (or items) cannot be compared:
// the main effects of raters and items, with units taken out, must have full
// rank. It names the separate sets where whole groups of units and raters never
// meet.
func connected(d Panel, keep []bool) error {
	if sets := raterSets(d, keep); len(sets) > 1 {
		return fault("disconnected",
			"report the sets apart, or let some raters rate units of both; severities of raters who share no units, directly or through others, cannot be compared",
			"the ratings fall into %d separate sets: raters %s never meet raters %s", len(sets), named(d.RaterName, sets[0]), named(d.RaterName, sets[1]))
	}
	at := positions(d, keep)
	a := eliminated(d, keep, at)
	if rank(a) < at.raters+at.items-2 {
		return fault("disconnected",
			"let every rater rate several items, and several raters rate the same item",
			"raters and items cannot be told apart: who rated what decides on which items the ratings are")
	}
	return nil
}

// raterSets lists the sets of raters that units connect.
func raterSets(d Panel, keep []bool) [][]int {
	nu := len(d.UnitName)
	l := newLinks(nu + len(d.RaterName))
	seen := make([]bool, len(l))
	for i := range d.Rating {
		if keep[i] {
			l.join(int(d.Unit[i]), nu+int(d.Rater[i]))
			seen[nu+int(d.Rater[i])] = true
		}
	}
	var out [][]int
	for _, s := range l.sets() {
		var raters []int
		for _, v := range s {
			if v >= nu && seen[v] {
				raters = append(raters, v-nu)
			}
		}
		if raters != nil {
			out = append(out, raters)
		}
	}
	return out
}

func named(names []string, at []int) string {
	var s []string
	for i, j := range at {
		if i == 5 {
			s = append(s, fmt.Sprintf("and %d more", len(at)-5))
			break
		}
		s = append(s, names[j])
	}
	return strings.Join(s, ", ")
}

// places numbers the raters and items that take part, -1 = none.
type places struct {
	rater, item   []int
	raters, items int
}

func positions(d Panel, keep []bool) (p places) {
	p.rater, p.raters = number(d.Rater, keep, len(d.RaterName))
	p.item, p.items = number(d.Item, keep, len(d.ItemName))
	return p
}

func number(code []int32, keep []bool, levels int) (at []int, n int) {
	at = make([]int, levels)
	for i := range at {
		at[i] = -1
	}
	for i, c := range code {
		if keep[i] {
			at[c] = 0
		}
	}
	for c := range at {
		if at[c] == 0 {
			at[c] = n
			n++
		}
	}
	return at, n
}

// eliminated is the cross-product matrix of the raters' and items' indicators
// with the units' means taken out.
func eliminated(d Panel, keep []bool, at places) [][]float64 {
	p := at.raters + at.items
	a, b, size := make([][]float64, p), make([][]float64, len(d.UnitName)), make([]float64, len(d.UnitName))
	for i := range a {
		a[i] = make([]float64, p)
	}
	for i := range d.Rating {
		if !keep[i] {
			continue
		}
		u, r, m := d.Unit[i], at.rater[d.Rater[i]], at.raters+at.item[d.Item[i]]
		if b[u] == nil {
			b[u] = make([]float64, p)
		}
		size[u]++
		b[u][r]++
		b[u][m]++
		a[r][r]++
		a[m][m]++
		a[r][m]++
		a[m][r]++
	}
	for u, row := range b {
		for i, v := range row {
			if v == 0 {
				continue
			}
			for j, w := range row {
				a[i][j] -= float64(v * w / size[u])
			}
		}
	}
	return a
}

// rank of a positive semidefinite matrix, which is overwritten.
func rank(a [][]float64) int {
	top := 0.0
	for i := range a {
		top = max(top, a[i][i])
	}
	done := make([]bool, len(a))
	for r := 0; ; r++ {
		best := -1
		for i := range a {
			if !done[i] && (best < 0 || a[i][i] > a[best][best]) {
				best = i
			}
		}
		if best < 0 || a[best][best] <= 1e-9*top {
			return r
		}
		done[best] = true
		for i := range a {
			if done[i] {
				continue
			}
			q := a[i][best] / a[best][best]
			for j := range a {
				if !done[j] {
					a[i][j] -= float64(q * a[best][j])
				}
			}
		}
	}
}
