package records

import (
	"cmp"
	"math"
	"slices"
)

// Row is a month of an indicator of an area of any level. The code of an area
// begins with the code of every area that holds it.
type Row struct {
	Area, Indicator, Month string
	Count                  Count
}

// Contradiction is a row of a street, or of the district, that cannot be true
// together with the rows below it. Nothing is repaired: an office has to say
// which of the two is wrong.
type Contradiction struct {
	Area, Indicator, Month string
	What                   string // "received" or "done"
	Own, Sum               float64
	Rows, Of               int // areas below with a row of that month, and all of their level
}

// Contradictions compares every row with the sum of the rows of the same
// indicator and month of each level below it. units are the codes of all areas.
// A sum above the area's own figure contradicts it always; one below it only
// where every area of the level has a row, because else the rest may lie with
// those that have none. Repeats and open cases are not compared: one person may
// complain to two committees, and a case may be open at the street alone.
func Contradictions(rows []Row, units []string) (out []Contradiction) {
	type key struct {
		area             string
		level            int // length of the codes below
		indicator, month string
	}
	type sum struct {
		Count
		rows int
	}
	lengths := map[int]bool{}
	for _, r := range rows {
		lengths[len(r.Area)] = true
	}
	sums, of := map[key]sum{}, map[key]int{}
	below := func(area string, each func(key)) {
		for n := range lengths {
			if n < len(area) {
				each(key{area: area[:n], level: len(area)})
			}
		}
	}
	for _, u := range units {
		below(u, func(k key) { of[k]++ })
	}
	for _, r := range rows {
		below(r.Area, func(k key) {
			k.indicator, k.month = r.Indicator, r.Month
			s := sums[k]
			sums[k] = sum{s.Add(r.Count), s.rows + 1}
		})
	}
	for _, r := range rows {
		for level := range lengths {
			s := sums[key{r.Area, level, r.Indicator, r.Month}]
			if s.rows == 0 {
				continue
			}
			all := of[key{area: r.Area, level: level}]
			for what, x := range map[string][2]float64{"received": {r.Count.Received, s.Received}, "done": {r.Count.Done, s.Done}} {
				differ := math.Abs(x[1]-x[0]) > 1e-9*(1+math.Abs(x[0]))
				if differ && (x[1] > x[0] || s.rows >= all) {
					out = append(out, Contradiction{r.Area, r.Indicator, r.Month, what, x[0], x[1], s.rows, all})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Contradiction) int {
		return cmp.Or(cmp.Compare(a.Area, b.Area), cmp.Compare(a.Indicator, b.Indicator), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Of, b.Of), -cmp.Compare(a.What, b.What))
	})
	return out
}
