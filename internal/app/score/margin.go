package score

import (
	"maps"

	"gongping/analytics/fairness"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/survey"
)

// before are the counts by grade of a unit's questions and dimensions before any
// were hidden.
type before struct {
	items, dimensions [][5]int
	silent            [][3]int // of questions: don't know, would rather not answer, no answer
	reasons           map[string]int
}

func countsOf(list []scoring.ItemResult) [][5]int {
	out := make([][5]int, len(list))
	for i := range list {
		out[i] = list[i].Counts
	}
	return out
}

func (v *veil) keep(u *scoring.UnitResult) {
	if v.before == nil {
		v.before = map[string]before{}
	}
	b := before{items: countsOf(u.Items), dimensions: countsOf(u.Dimensions), reasons: maps.Clone(u.Reasons)}
	for i := range u.Items {
		b.silent = append(b.silent, silent(&u.Items[i]))
	}
	v.before[u.Unit] = b
}

func silent(it *scoring.ItemResult) [3]int { return [3]int{it.DontKnow, it.Declined, it.Missing} }

// veiled hides all counts by grade of an area that only stands beside a unit for
// comparison.
func veiled(u *scoring.UnitResult) {
	for _, list := range [][]scoring.ItemResult{u.Items, u.Dimensions} {
		for i := range list {
			for g := range list[i].Counts {
				list[i].Counts[g], list[i].Shares[g] = Masked, Masked
			}
		}
	}
}

// margins hides grades of streets and of the district that would give away what
// their committees hide: whoever reads all of them subtracts the shown ones. A
// grade of an area stays where, for every committee that hides it, the others
// that do count at least a cell together.
func (v *veil) margins(units []scoredb.UnitRow) {
	streets, committees, within := map[string]*scoring.UnitResult{}, []*scoring.UnitResult{}, map[string][]*scoring.UnitResult{}
	var district *scoring.UnitResult
	for i := range units {
		switch u := &units[i].UnitResult; survey.LevelOf(u.Unit) {
		case survey.Committee:
			committees, within[u.Unit[:9]] = append(committees, u), append(within[u.Unit[:9]], u)
		case survey.Street:
			streets[u.Unit] = u
		case survey.District:
			district = u
		}
	}
	for code, s := range streets {
		v.margin(s, within[code], func(string, place) bool { return true })
	}
	if district != nil {
		// Where a street shows the grade, the sum of what its committees hide is
		// known and drops out; what the others hide is one sum.
		v.margin(district, committees, func(c string, p place) bool {
			s := streets[c[:9]]
			return s == nil || p.of(s) == Masked
		})
	}
}

// place is a grade of a question or, below, of a dimension.
type place struct {
	dimension bool
	item, g   int
}

// of is the count of a unit there, Masked where it is hidden or there is none.
func (p place) of(u *scoring.UnitResult) int {
	list := u.Items
	if p.dimension {
		list = u.Dimensions
	}
	if p.item < 0 || p.item >= len(list) {
		return Masked
	}
	return list[p.item].Counts[p.g]
}

// exact is the count before anything was hidden.
func (p place) exact(b before) int {
	list := b.items
	if p.dimension {
		list = b.dimensions
	}
	if p.item >= len(list) {
		return 0
	}
	return list[p.item][p.g]
}

// margin hides grades of an area; among tells which committees are left over
// when what is shown is subtracted there.
func (v *veil) margin(area *scoring.UnitResult, committees []*scoring.UnitResult, among func(string, place) bool) {
	changed := false
	for _, dimension := range []bool{false, true} {
		list, was := area.Items, v.before[area.Unit].items
		if dimension {
			list, was = area.Dimensions, v.before[area.Unit].dimensions
		}
		for i := range list {
			marks, more := make([]fairness.Cell, len(list[i].Counts)), false
			for g, k := range list[i].Counts {
				p := place{dimension, i, g}
				switch {
				case k == Masked:
					marks[g] = fairness.Secondary
				case v.leaves(p, committees, among):
					marks[g], more = fairness.Primary, true
				}
			}
			if !more {
				continue
			}
			changed = true
			for g, m := range fairness.HideMore(was[i][:], marks, v.cell) {
				if m != fairness.Shown {
					list[i].Counts[g], list[i].Shares[g] = Masked, Masked
				}
			}
		}
	}
	if changed && Judges(v.role) {
		spreads(area, v.usual)
	}
	v.others(area, committees, among)
}

// others does the same for the answers that are no grade, and for the reasons of
// weights. They are hidden together, as in the committees.
func (v *veil) others(area *scoring.UnitResult, committees []*scoring.UnitResult, among func(string, place) bool) {
	for i := range area.Items {
		var sum, most [3]int
		for _, c := range committees {
			b := v.before[c.Unit].silent
			if i >= len(c.Items) || i >= len(b) || c.Items[i].DontKnow != Masked || !among(c.Unit, place{item: i}) {
				continue
			}
			for k, n := range b[i] {
				sum[k], most[k] = sum[k]+n, max(most[k], n)
			}
		}
		for k := range sum {
			if it := &area.Items[i]; most[k] > 0 && sum[k]-most[k] < v.cell {
				it.DontKnow, it.Declined, it.Missing = Masked, Masked, Masked
			}
		}
	}
	for key, n := range area.Reasons {
		sum, most := 0, 0
		for _, c := range committees {
			if x, ok := c.Reasons[key]; ok && x == Masked && among(c.Unit, place{item: -1}) {
				k := v.before[c.Unit].reasons[key]
				sum, most = sum+k, max(most, k)
			}
		}
		if n != Masked && most > 0 && sum-most < v.cell {
			for k := range area.Reasons { // the total would give one away
				area.Reasons[k] = Masked
			}
			break
		}
	}
}

// leaves tells whether the count of an area at a place, less what is shown of its
// committees, leaves one committee's hidden count with too little beside it.
func (v *veil) leaves(p place, committees []*scoring.UnitResult, among func(string, place) bool) bool {
	sum, most := 0, 0
	for _, c := range committees {
		if among(c.Unit, p) && p.of(c) == Masked {
			k := p.exact(v.before[c.Unit])
			sum, most = sum+k, max(most, k)
		}
	}
	return most > 0 && sum-most < v.cell
}
