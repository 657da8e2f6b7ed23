package verify

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/big"
	"sort"

	"gongping/survey/frame/canon"
)

// unit is a person, cluster or household with its ticket.
type unit struct {
	id      string
	ticket  canon.Sum
	size    uint64
	cluster string
	house   string
}

// word is the first eight bytes of the ticket as a whole number.
func (u unit) word() *big.Int { return new(big.Int).SetUint64(binary.BigEndian.Uint64(u.ticket[:8])) }

// line is one expected line of the sample file.
type line struct {
	cluster, role, id, prob string
	order                   int
	ticket                  canon.Sum
}

func byTicket(u []unit) {
	sort.Slice(u, func(i, j int) bool {
		if c := bytes.Compare(u[i].ticket[:], u[j].ticket[:]); c != 0 {
			return c < 0
		}
		return u[i].id < u[j].id
	})
}

// share compares word/size of two units exactly.
func share(a, b unit) int {
	x := new(big.Int).Mul(a.word(), new(big.Int).SetUint64(b.size))
	y := new(big.Int).Mul(b.word(), new(big.Int).SetUint64(a.size))
	return x.Cmp(y)
}

func byShare(u []unit) {
	byTicket(u)
	sort.SliceStable(u, func(i, j int) bool { return share(u[i], u[j]) < 0 })
}

// chosen is a selection: sample and reserves in order, and the probability of
// each of the sample.
type chosen struct {
	sample, reserve []unit
	prob            []*big.Rat
}

// simple takes the first n of units in ticket order.
func simple(u []unit, n int, population uint64) chosen {
	byTicket(u)
	n = min(n, len(u))
	c := chosen{sample: u[:n], reserve: u[n:]}
	for range n {
		c.prob = append(c.prob, ratio(uint64(n), population))
	}
	return c
}

// certain takes the units that a sample of n proportional to size always
// contains, and returns the others with what remains of n and the total.
func certain(u []unit, n int) (c chosen, others []unit, left int, total *big.Int) {
	total = new(big.Int)
	for _, x := range u {
		if x.size > 0 {
			others = append(others, x)
			total.Add(total, new(big.Int).SetUint64(x.size))
		}
	}
	byTicket(others)
	sort.SliceStable(others, func(i, j int) bool { return others[i].size > others[j].size })
	left = n
	for len(others) > 0 && left > 0 {
		size := new(big.Int).SetUint64(others[0].size)
		if new(big.Int).Mul(big.NewInt(int64(left)), size).Cmp(total) < 0 {
			break
		}
		c.sample = append(c.sample, others[0])
		total.Sub(total, size)
		others, left = others[1:], left-1
	}
	byTicket(c.sample)
	for range c.sample {
		c.prob = append(c.prob, big.NewRat(1, 1))
	}
	return c, others, left, total
}

// poisson is sequential Poisson sampling.
func poisson(u []unit, n, reserves int) chosen {
	c, others, left, total := certain(u, n)
	byShare(others)
	for i, x := range others {
		switch {
		case i < left:
			c.take(x, left, total)
		case i < left+reserves:
			c.reserve = append(c.reserve, x)
		}
	}
	return c
}

func (c *chosen) take(x unit, left int, total *big.Int) {
	num := new(big.Int).Mul(big.NewInt(int64(left)), new(big.Int).SetUint64(x.size))
	c.sample, c.prob = append(c.sample, x), append(c.prob, new(big.Rat).SetFrac(num, total))
}

// systematic is randomised systematic sampling. Point j is
// (start + j·2^64)·total/(left·2^64); it selects the first unit in ticket order
// whose cumulated size exceeds it.
func systematic(u []unit, n, reserves int, start canon.Sum) chosen {
	c, others, left, total := certain(u, n)
	byTicket(others)
	two64 := new(big.Int).Lsh(big.NewInt(1), 64)
	at := new(big.Int).SetUint64(binary.BigEndian.Uint64(start[:8]))
	den := new(big.Int).Mul(big.NewInt(int64(left)), two64)
	end, taken := new(big.Int), 0
	var rest []unit
	for _, x := range others {
		end.Add(end, new(big.Int).SetUint64(x.size))
		// The point lies below end when at·total < end·left·2^64.
		if taken < left && new(big.Int).Mul(at, total).Cmp(new(big.Int).Mul(end, den)) < 0 {
			c.take(x, left, total)
			at.Add(at, two64)
			taken++
			continue
		}
		rest = append(rest, x)
	}
	byShare(rest)
	c.reserve = rest[:min(reserves, len(rest))]
	return c
}

func ratio(num, den uint64) *big.Rat {
	return new(big.Rat).SetFrac(new(big.Int).SetUint64(num), new(big.Int).SetUint64(den))
}

func ratioText(r *big.Rat) string { return fmt.Sprintf("%s/%s", r.Num(), r.Denom()) }

// lines turns a selection into lines of the sample file.
func (c chosen) lines() []line {
	var out []line
	for i, u := range c.sample {
		out = append(out, line{role: "sample", order: i + 1, id: u.id, ticket: u.ticket, prob: ratioText(c.prob[i])})
	}
	for i, u := range c.reserve {
		out = append(out, line{role: "reserve", order: i + 1, id: u.id, ticket: u.ticket})
	}
	return out
}

// twoStage draws clusters, households and persons.
func twoStage(s *stratum, seed, purpose string, proportional bool) []line {
	persons := map[string][]unit{}
	for _, u := range s.units {
		persons[u.cluster] = append(persons[u.cluster], u)
	}
	var clusters []unit
	for id, p := range persons {
		clusters = append(clusters, unit{id: id, size: uint64(len(p)), ticket: canon.ClusterTicket(seed, purpose, s.name, id)})
	}
	var first chosen
	if proportional {
		first = systematic(clusters, s.clusters, 0, canon.Start(seed, purpose, s.name))
	} else {
		first = simple(clusters, s.clusters, uint64(len(clusters)))
	}
	probability := map[string]*big.Rat{}
	var ids []string
	for i, c := range first.sample {
		probability[c.id], ids = first.prob[i], append(ids, c.id)
	}
	sort.Strings(ids)
	var out []line
	for _, id := range ids {
		out = append(out, households(s, persons[id], id, probability[id], seed, purpose)...)
	}
	return out
}

func households(s *stratum, persons []unit, cluster string, prob *big.Rat, seed, purpose string) []line {
	members := map[string][]unit{}
	for _, p := range persons {
		members[p.house] = append(members[p.house], p)
	}
	var homes []unit
	for h := range members {
		homes = append(homes, unit{id: h, ticket: canon.HouseholdTicket(seed, purpose, s.name, cluster, h)})
	}
	c := simple(homes, s.sample, uint64(len(homes)))
	c.reserve = c.reserve[:min(s.reserve, len(c.reserve))]
	out := c.lines()
	for i := range out {
		m := members[out[i].id]
		byTicket(m)
		if out[i].role == "sample" {
			p := new(big.Rat).Mul(prob, c.prob[i])
			out[i].prob = ratioText(p.Mul(p, ratio(1, uint64(len(m)))))
		}
		out[i].cluster, out[i].id, out[i].ticket = cluster, m[0].id, m[0].ticket
	}
	return out
}
