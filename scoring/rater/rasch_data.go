package rater

import (
	"fmt"
	"math"
)

// answers holds categories: -1 = missing, otherwise 0..top of the item.
type answers struct {
	cat    [][]int
	lowest []int
	top    []int
}

// categorise reads a matrix of whole numbers. The lowest answer of all items
// is category 0 of every item in a rating scale; in a partial-credit model each
// item starts at its own lowest answer. An item that starts at 0 or 1 on the
// common scale is the normal case and the same in both.
func categorise(m Matrix, model RaschModel) (*answers, error) {
	n, k, err := m.check()
	if err != nil {
		return nil, err
	}
	a := &answers{cat: make([][]int, n), lowest: make([]int, k), top: make([]int, k)}
	seen := make([]bool, k)
	high := make([]int, k)
	for i, row := range m.Value {
		a.cat[i] = make([]int, k)
		for j, v := range row {
			if m.missing(i, j) {
				a.cat[i][j] = -1
				continue
			}
			if v != math.Trunc(v) || v < 0 || v > 1000 {
				return nil, fault("not_a_category", "code answers as 0, 1, 2, …; mark missing answers as missing",
					"the answer of row %d to item %d is %g, which is not a category", i+1, j+1, v)
			}
			c := int(v)
			if !seen[j] || c < a.lowest[j] {
				a.lowest[j] = c
			}
			high[j] = max(high[j], c)
			seen[j] = true
		}
	}
	for j := range seen {
		if !seen[j] {
			return nil, fault("too_few", "leave the item out", "nobody answered item %d", j+1)
		}
		if high[j] == a.lowest[j] && model == PartialCredit {
			return nil, constantItem(j)
		}
	}
	a.shift(model, high)
	for i, row := range m.Value {
		for j, v := range row {
			if !m.missing(i, j) {
				a.cat[i][j] = int(v) - a.lowest[j]
			}
		}
	}
	return a, nil
}

// shift settles the lowest and highest category of every item.
func (a *answers) shift(model RaschModel, high []int) {
	if model == RatingScale {
		lo, hi := a.lowest[0], high[0]
		for j := range high {
			lo, hi = min(lo, a.lowest[j]), max(hi, high[j])
		}
		for j := range high {
			a.lowest[j], a.top[j] = lo, hi-lo
		}
		return
	}
	for j := range high {
		a.top[j] = high[j] - a.lowest[j]
	}
}

func constantItem(j int) error {
	return fault("constant", "leave the item out: it cannot be placed on the scale",
		"item %d gets the same lowest or highest answer from everybody who carries information", j+1)
}

// informative marks the persons whose score says something about the items,
// and counts the extreme ones.
func (a *answers) informative(used [][]bool) (keep []bool, extreme int) {
	keep = make([]bool, len(a.cat))
	for i, row := range a.cat {
		n, low, high, outside := 0, true, true, false
		for j, c := range row {
			if c < 0 {
				continue
			}
			n++
			lo, hi := bounds(used[j])
			low, high = low && c <= lo, high && c >= hi
			if !used[j][c] {
				outside = true // only extreme persons use this category
			}
		}
		switch {
		case n < 2:
		case low || high || outside:
			extreme++
		default:
			keep[i] = true
		}
	}
	return keep, extreme
}

// bounds are the lowest and highest category in use, or 0, -1.
func bounds(used []bool) (lo, hi int) {
	lo, hi = -1, -1
	for c, u := range used {
		if u {
			if lo < 0 {
				lo = c
			}
			hi = c
		}
	}
	return max(lo, 0), hi
}

// reduce drops extreme persons, and the categories that only they use, until
// nothing changes.
func (a *answers) reduce(model RaschModel) (used [][]bool, keep []bool, extreme int, err error) {
	used = make([][]bool, len(a.top))
	for j, t := range a.top {
		used[j] = make([]bool, t+1)
		for c := range used[j] {
			used[j][c] = true
		}
	}
	for {
		keep, extreme = a.informative(used)
		now := make([][]bool, len(used))
		for j := range now {
			now[j] = make([]bool, len(used[j]))
		}
		for i, row := range a.cat {
			for j, c := range row {
				if keep[i] && c >= 0 {
					now[j][c] = true
				}
			}
		}
		if model == RatingScale {
			share(now)
		}
		same := true
		for j := range now {
			lo, hi := bounds(now[j])
			if lo >= hi {
				return nil, nil, 0, constantItem(j)
			}
			for c := range now[j] {
				same = same && now[j][c] == used[j][c]
			}
		}
		used = now
		if same {
			return used, keep, extreme, a.placed(used, keep)
		}
	}
}

// share lets all items of a rating scale have the same categories.
func share(used [][]bool) {
	for c := range used[0] {
		any := false
		for j := range used {
			any = any || used[j][c]
		}
		for j := range used {
			used[j][c] = any
		}
	}
}

// placed checks that every item can be placed beside the others: nobody
// answers alike at the end of the scale, and persons link all items.
func (a *answers) placed(used [][]bool, keep []bool) error {
	k := len(a.top)
	link := newLinks(k)
	for j := range k {
		lo, hi := bounds(used[j])
		low, high, n := true, true, 0
		for i, row := range a.cat {
			if keep[i] && row[j] >= 0 {
				n++
				low, high = low && row[j] == lo, high && row[j] == hi
			}
		}
		if n == 0 {
			return fault("too_few", "leave the item out, or collect more answers", "no informative person answered item %d", j+1)
		}
		if low || high {
			return constantItem(j)
		}
	}
	for i, row := range a.cat {
		first := -1
		for j, c := range row {
			if !keep[i] || c < 0 {
				continue
			}
			if first >= 0 {
				link.join(first, j)
			}
			first = j
		}
	}
	if sets := link.sets(); len(sets) > 1 {
		return fault("disconnected", "fit the sets of items apart, or have some persons answer items of both",
			"no person links the items %s with the items %s", list(sets[0]), list(sets[1]))
	}
	return nil
}

// list names positions, counted from one.
func list(at []int) string {
	s := ""
	for i, j := range at {
		if i == 6 {
			return fmt.Sprintf("%s and %d more", s, len(at)-6)
		}
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprint(j + 1)
	}
	return s
}
