package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// The shares of a committee's adults who join the collective complaint and who
// are coached (where two buildings hold that many).
const (
	collectiveShare = 0.125
	coachedShare    = 0.16
)

// makeStories gives people their parts: lone grievances at the base rate
// everywhere, and the three planted stories in three committees.
func (w *World) makeStories() {
	r := stream(w.Seed, stageStories, 0)
	n := len(w.committees)
	collective := w.find(n*2/5, 1.10, 1.35)
	coached := w.find(n*2/3, 1.10, 1.35, collective)
	lone := w.find(n/8, 0.45, 0.65, collective, coached)
	for i := range w.People {
		p := &w.People[i]
		if !p.Moved && p.committee != lone && chance(r, grievanceRate) {
			p.Part = Grievance
		}
	}
	w.Truth.Collective = w.tell(collective, Collective, w.twoBuildings(r, collective), collectiveShare, r,
		"加装电梯长期停运，物业与居委会互相推诿", "retrofitted lifts out of order for months, property firm and committee pass the buck")
	w.Truth.Coached = w.tell(coached, Coached, w.twoBuildings(r, coached), coachedShare, r,
		"有人在两栋楼里教居民全部勾选“非常满意”", "residents of two buildings were told to tick the top grade throughout")
	w.Truth.Lone = w.tellLone(r, lone)
}

// find returns the first committee from a position on whose size lies between
// two multiples of the mean, whose own effect is small (so that the story
// stands out) and whose name is that of a housing estate (村), never of a firm;
// other than the given ones. Where there is none, it takes the first other one.
func (w *World) find(from int, lo, hi float64, not ...int) int {
	n := len(w.committees)
	mean := float64(len(w.People)) / float64(n)
	fallback := -1
	for k := range n {
		i := (from + k) % n
		if slices.Contains(not, i) {
			continue
		}
		if fallback < 0 {
			fallback = i
		}
		c := &w.committees[i]
		size := float64(c.population) / mean
		if size >= lo && size <= hi && math.Abs(c.effect) < 2 && strings.Contains(c.name, "村") {
			return i
		}
	}
	return max(fallback, 0)
}

// twoBuildings are two neighbouring buildings of a committee.
func (w *World) twoBuildings(r *rand.Rand, i int) []string {
	b := 1 + r.IntN(max(w.committees[i].buildings-1, 1))
	return []string{fmt.Sprintf("%d号楼", b), fmt.Sprintf("%d号楼", b+1)}
}

// tell gives a part to people of some buildings, household by household, until
// share of the committee's adults has it or the buildings have no more.
func (w *World) tell(i int, part Part, buildings []string, share float64, r *rand.Rand, zh, en string) Story {
	c := &w.committees[i]
	s := Story{Committee: c.code, Name: c.name, Part: part, Buildings: buildings, Theme: map[string]string{"zh": zh, "en": en}}
	households := map[string][]int{}
	var order []string
	for k := c.first; k < c.first+c.population; k++ {
		p := &w.People[k]
		if p.Moved || (p.Building != buildings[0] && p.Building != buildings[1]) {
			continue
		}
		if households[p.HouseholdID] == nil {
			order = append(order, p.HouseholdID)
		}
		households[p.HouseholdID] = append(households[p.HouseholdID], k)
	}
	r.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
	want := int(float64(share*float64(c.population)) + 0.5)
	for _, h := range order {
		for _, k := range households[h] {
			if len(s.People) < want {
				w.People[k].Part = part
				s.People = append(s.People, w.People[k].ID)
			}
		}
	}
	s.Share = float64(len(s.People)) / float64(c.population)
	return s
}

// tellLone puts six unconnected grievances into a small committee: at most one
// in a building while there are enough buildings.
func (w *World) tellLone(r *rand.Rand, i int) Story {
	c := &w.committees[i]
	s := Story{Committee: c.code, Name: c.name, Part: Grievance, Theme: map[string]string{
		"zh": "互不相干的个别矛盾（纠纷、误会、职责以外的事）", "en": "unconnected single disputes, misunderstandings and matters outside the committee's remit"}}
	seen := map[string]bool{}
	for tries := 0; len(s.People) < 6 && tries < 1000; tries++ {
		p := &w.People[c.first+r.IntN(c.population)]
		if p.Moved || p.Part != Plain || (seen[p.Building] && len(seen) < min(6, c.buildings)) {
			continue
		}
		seen[p.Building] = true
		p.Part = Grievance
		s.People = append(s.People, p.ID)
		s.Buildings = append(s.Buildings, p.Building)
	}
	s.Share = float64(len(s.People)) / float64(c.population)
	return s
}
