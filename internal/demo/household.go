package demo

import (
	"math/rand/v2"
	"sort"

	"gongping/survey/frame"
)

// sizeShares are the shares of households with one to five persons. The first
// is the census share of one-person households (26.1 %); the others are chosen
// so that the mean is the census mean (2.36).
var sizeShares = [...]float64{0.2614, 0.3496, 0.2250, 0.1000, 0.0640}

// household is a household while the frame is made.
type household struct {
	committee, size, adults, children int
	members                           []Person
	renter                            float64 // score of renting
}

// drawHouseholds gives every committee whole households until its number of
// adults is reached, and returns them in random order: what is left of the
// population at the end then falls on households anywhere.
func (w *World) drawHouseholds() []*household {
	r := stream(w.Seed, stageHouseholds, 0)
	var all []*household
	for i := range w.committees {
		for n := 0; n < w.committees[i].population; {
			h := drawHousehold(r)
			h.committee = i
			n += h.adults
			all = append(all, h)
		}
	}
	r.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	return all
}

func drawHousehold(r *rand.Rand) *household {
	h := &household{size: 1}
	for u := r.Float64(); h.size < len(sizeShares) && u >= sizeShares[h.size-1]; h.size++ {
		u -= sizeShares[h.size-1]
	}
	switch {
	case h.size == 3 && chance(r, 0.45):
		h.children = 1
	case h.size == 4:
		if u := r.Float64(); u < 0.25 {
			h.children = 2
		} else if u < 0.75 {
			h.children = 1
		}
	case h.size == 5:
		h.children = 1
	}
	h.adults = h.size - h.children
	return h
}

const oldest = 99

// pool holds the adults still to be placed, by sex (0 men, 1 women) and year.
type pool struct {
	n     [2][oldest + 1]int
	total int
}

// newPool makes exactly n adults in the proportions of the census by sex and
// age band (largest remainders), spread evenly over the years of a band; the
// open band thins out towards 99.
func newPool(c census, n int) *pool {
	var weights []float64
	for _, sex := range [][]band{c.men, c.women} {
		for _, b := range sex {
			weights = append(weights, b.adults())
		}
	}
	counts := apportion(n, weights)
	p := &pool{total: n}
	for s, bands := range [][]band{c.men, c.women} {
		for i, b := range bands {
			from := max(b.from, 18)
			if b.to < from {
				continue
			}
			years := make([]float64, b.to-from+1)
			for y := range years {
				years[y] = 1
				if b.from >= 85 {
					years[y] = float64((oldest + 1 - from - y) * (oldest + 1 - from - y))
				}
			}
			for y, k := range apportion(counts[s*len(bands)+i], years) {
				p.n[s][from+y] += k
			}
		}
	}
	return p
}

// any takes one of the remaining adults, each with the same chance.
func (p *pool) any(r *rand.Rand) (sex, age int) {
	k := r.IntN(p.total)
	for s := range p.n {
		for a := 18; a <= oldest; a++ {
			if k -= p.n[s][a]; k < 0 {
				return s, a
			}
		}
	}
	panic("demo: the pool's total is wrong")
}

// near takes the remaining adult nearest in age, of that sex if there is any.
func (p *pool) near(sex, age int) (int, int) {
	for _, s := range []int{sex, 1 - sex} {
		for d := 0; d <= oldest; d++ {
			if a := age - d; a >= 18 && a <= oldest && p.n[s][a] > 0 {
				return s, a
			}
			if a := age + d; a >= 18 && a <= oldest && p.n[s][a] > 0 {
				return s, a
			}
		}
	}
	panic("demo: the pool is empty")
}

func (p *pool) take(h *household, sex, age int) {
	p.n[sex][age]--
	p.total--
	h.members = append(h.members, Person{Sex: [2]string{string(frame.Male), string(frame.Female)}[sex], age: age, size: h.size})
}

// fill places adults in a household: a head, a partner of near age, then grown
// children or parents a generation away.
func (p *pool) fill(r *rand.Rand, h *household, tilt float64) {
	sex, age := p.any(r)
	if s2, a2 := p.any(r); (a2 > age) == chance(r, 0.5+0.5*tilt) {
		sex, age = s2, a2
	}
	if h.children > 0 {
		sex, age = p.near(sex, 28+r.IntN(20))
	}
	p.take(h, sex, age)
	for k := 1; k < h.adults; k++ {
		gap := 24 + r.IntN(8)
		switch {
		case k == 1:
			p.take2(h, 1-sex, age-3+r.IntN(7))
		case age >= 46 && k == 2:
			p.take2(h, r.IntN(2), age-gap)
		default:
			p.take2(h, k%2, min(age+gap, 90))
		}
	}
}

func (p *pool) take2(h *household, sex, age int) {
	s, a := p.near(sex, max(age, 18))
	p.take(h, s, a)
}

// makePeople fills the households, decides tenure and writes the frame.
func (w *World) makePeople() {
	all := w.drawHouseholds()
	n := 0
	for _, h := range all {
		n += h.adults
	}
	p, r := newPool(w.census, n), stream(w.Seed, stageHouseholds, 1)
	for _, h := range all {
		p.fill(r, h, w.committees[h.committee].elder)
	}
	w.setTenure(r, all)
	sort.SliceStable(all, func(a, b int) bool { return all[a].committee < all[b].committee })
	w.writeFrame(all, n)
}

// setTenure makes exactly the census share of homes rented, first those with
// the highest score: young heads and committees where much is let. A small
// share is neither rented nor owned (with employers, relatives).
func (w *World) setTenure(r *rand.Rand, all []*household) {
	for _, h := range all {
		h.renter = w.committees[h.committee].renting + float64(0.9*r.NormFloat64())
		switch age := h.members[0].age; {
		case age < 30:
			h.renter += 1.6
		case age < 40:
			h.renter += 0.8
		case age >= 60:
			h.renter -= 0.9
		}
	}
	order := append([]*household(nil), all...)
	sort.SliceStable(order, func(a, b int) bool { return order[a].renter > order[b].renter })
	rented := int(float64(w.census.rented*float64(len(all))) + 0.5)
	for i, h := range order {
		tenure := string(frame.Owner)
		if i < rented {
			tenure = string(frame.Tenant)
		} else if chance(r, w.census.otherHome/(1-w.census.rented)) {
			tenure = string(frame.OtherTenure)
		}
		for m := range h.members {
			h.members[m].Tenure = tenure
		}
	}
}
