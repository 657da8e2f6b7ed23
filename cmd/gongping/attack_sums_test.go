package main

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strings"

	"gongping/internal/pg/scoredb"
	"gongping/scoring"
)

// vectors are the counts by grade of one committee's question that fit what is
// shown of it: the shown counts, their number and their mean.
type vectors struct {
	unit   string
	truth  [5]int
	list   [][5]int
	seen   [5]int
	lo, hi [5]int
}

// fitting lists them. The pages show weighted means, by which no counts fit
// exactly; the attacker is given the plain mean to one decimal, as if all weights
// were equal.
func fitting(u, truth scoring.UnitResult, k int) (v vectors) {
	it := u.Items[k]
	v.unit, v.seen, v.truth = u.Unit, it.Counts, truth.Items[k].Counts
	n, sum := it.Figure.N, 0
	for g, c := range v.truth {
		sum += g * c
	}
	mean := math.Round(250*float64(sum)/float64(n)) / 250
	low, high := int(math.Ceil((mean-0.002)*float64(n)-1e-6)), int(math.Floor((mean+0.002)*float64(n)+1e-6))
	left, rest := n, 0
	var hidden []int
	for g, c := range it.Counts {
		if c < 0 {
			hidden = append(hidden, g)
		} else {
			left, rest = left-c, rest+g*c
		}
	}
	var x [5]int
	copy(x[:], it.Counts[:])
	var fill func(at, left, sum int)
	fill = func(at, left, sum int) {
		if at == len(hidden)-1 {
			g := hidden[at]
			if s := sum + g*left; s >= low && s <= high {
				x[g] = left
				v.list = append(v.list, x)
			}
			return
		}
		for c := range left + 1 {
			g := hidden[at]
			if x[g] = c; sum+g*c <= high {
				fill(at+1, left-c, sum+g*c)
			}
		}
	}
	if len(hidden) > 0 {
		fill(0, left, rest)
	} else {
		v.list = [][5]int{it.Counts}
	}
	v.bound()
	return v
}

// bound is how low and how high each grade may be.
func (v *vectors) bound() {
	for g := range v.lo {
		v.lo[g], v.hi[g] = math.MaxInt, 0
		for _, x := range v.list {
			v.lo[g], v.hi[g] = min(v.lo[g], x[g]), max(v.hi[g], x[g])
		}
	}
}

// within drops what does not lie in a range; it tells whether anything went.
func (v *vectors) within(g, lo, hi int) bool {
	if lo <= v.lo[g] && hi >= v.hi[g] {
		return false
	}
	kept := v.list[:0]
	for _, x := range v.list {
		if x[g] >= lo && x[g] <= hi {
			kept = append(kept, x)
		}
	}
	v.list = kept
	v.bound()
	return true
}

// narrow uses what an area above shows of a grade: the sum over its committees.
// It repeats until nothing moves any more.
func narrow(list []vectors, totals [5]int) {
	for moved := true; moved; {
		moved = false
		for g, total := range totals {
			if total < 0 {
				continue
			}
			lo, hi := 0, 0
			for i := range list {
				lo, hi = lo+list[i].lo[g], hi+list[i].hi[g]
			}
			for i := range list {
				v := &list[i]
				l, h := v.lo[g], v.hi[g]
				if len(v.list) > 0 && v.within(g, total-(hi-h), total-(lo-l)) && len(v.list) > 0 {
					moved, lo, hi = true, lo-l+v.lo[g], hi-h+v.hi[g]
				}
			}
		}
	}
}

// together puts all equations of a question side by side: the number, the mean
// and the shown grades of every committee, and the grades that the street, and
// for a reviewer the district, shows of them all. No hidden count of answers may
// be known to within two.
func (c *curious) together() {
	run := c.runs[0]
	for _, login := range []string{"leader-003", "panel-1"} {
		v := c.visit(c.Round.Actor(login), login)
		read := func(unit string) (u scoring.UnitResult, ok bool) {
			status, body := v.get("/api/v1/runs/" + run + "/units/" + unit)
			if status == http.StatusOK && json.Unmarshal([]byte(body), &u) != nil {
				c.t.Fatalf("%s: %.200s", unit, body)
			}
			return u, status == http.StatusOK
		}
		units := map[string][]scoring.UnitResult{}
		var streets []scoring.UnitResult
		for _, unit := range c.Round.Committees() {
			if u, ok := read(unit); ok && u.N > 0 {
				if units[unit[:9]] == nil {
					s, _ := read(unit[:9])
					streets = append(streets, s)
				}
				units[unit[:9]] = append(units[unit[:9]], u)
			}
		}
		district, whole := read(c.worker.District)
		truth := map[string]scoring.UnitResult{}
		for _, list := range units {
			for _, u := range list {
				x, err := scoredb.UnitOf(context.Background(), c.Round.Pool, c.worker.District, run, u.Unit)
				if err != nil {
					c.t.Fatal(err)
				}
				truth[u.Unit] = x.UnitResult
			}
		}
		cells, fits, found, narrowest := 0, 0, 0, math.MaxInt
		for k := range units[c.worker.Area[:9]][0].Items {
			var all []vectors
			for _, s := range streets {
				var list []vectors
				for _, u := range units[s.Unit] {
					if u.Items[k].Figure.OK && len(u.Items) > k {
						list = append(list, fitting(u, truth[u.Unit], k))
					}
				}
				if len(list) == len(units[s.Unit]) && len(s.Items) > k {
					narrow(list, s.Items[k].Counts)
				}
				all = append(all, list...)
			}
			if whole && len(district.Items) > k {
				narrow(all, district.Items[k].Counts)
			}
			for _, x := range all {
				fits += len(x.list)
				for g, seen := range x.seen {
					// A zero is no answer: it may be shown, and known.
					if seen >= 0 || len(x.list) == 0 || x.truth[g] == 0 {
						continue
					}
					cells++
					width, is := x.hi[g]-x.lo[g], x.truth[g]
					narrowest = min(narrowest, width)
					if width <= 2 && is >= x.lo[g] && is <= x.hi[g] {
						found++
						c.t.Errorf("%s: grade %d of %s in %s, shown as %v, lies in %d–%d; in truth %d", login, g+1, units[c.worker.Area[:9]][0].Items[k].Item, x.unit, x.seen, x.lo[g], x.hi[g], is)
					}
				}
			}
		}
		c.try("%s: all equations of %s at once: %d hidden grades, %d counts still fit, the narrowest range is %d, %d found", login, strings.Join([]string{"streets", "committees and district"}, ", "), cells, fits, narrowest, found)
		if cells == 0 {
			c.t.Errorf("%s: no grade is hidden", login)
		}
	}
}
