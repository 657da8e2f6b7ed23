package draw

import (
	"fmt"
	"slices"
	"strings"

	"gongping/internal/errs"
	"gongping/survey/frame/canon"
)

// cluster is a building or grid. persons is counted in the first reading;
// households are gathered in the second, only where the cluster was drawn.
type cluster struct {
	id         string
	persons    uint64
	seen       uint64
	prob       Ratio
	households map[string]*household
}

// household keeps the person with the smallest ticket and the number of them.
type household struct {
	persons uint64
	first   candidate
}

// countPerson counts a person in the first reading.
func (c *collector) countPerson(u Unit) error {
	if !canon.ValidID(u.Cluster) {
		return badID("cluster", u.Cluster)
	}
	if !canon.ValidID(u.Household) {
		return badID("household", u.Household)
	}
	c.count++
	cl := c.clusters[u.Cluster]
	if cl == nil {
		cl = &cluster{id: strings.Clone(u.Cluster)}
		c.clusters[cl.id] = cl
	}
	cl.persons++
	return nil
}

// chooseClusters draws the first stage.
func (c *collector) chooseClusters(seed, purpose string) {
	p := c.plan
	all := make([]candidate, 0, len(c.clusters))
	for id, cl := range c.clusters {
		all = append(all, newCandidate(id, canon.ClusterTicket(seed, purpose, p.Stratum, id), cl.persons))
	}
	var d drawn
	if p.Method == TwoStage {
		d = systematic(all, p.Clusters, 0, c.count, canon.Start(seed, purpose, p.Stratum))
	} else {
		sortBy(all, byTicket)
		d = simple(all, uint64(len(all)), p.Clusters)
	}
	c.wantedCluster = make(map[string]*cluster, len(d.sample))
	for i, s := range d.sample {
		cl := c.clusters[s.id]
		cl.prob, cl.households = d.probability(i), map[string]*household{}
		c.wantedCluster[s.id] = cl
	}
	c.clusters = nil
}

// secondStage reads the frame again if any stratum has two stages, and gathers
// the households of the clusters drawn.
func secondStage(strata map[string]*collector, seed, purpose string, source Source) error {
	any := false
	for _, c := range strata {
		if c.plan.Method.twoStage() {
			c.chooseClusters(seed, purpose)
			any = true
		}
	}
	if !any {
		return nil
	}
	for u, err := range source() {
		if err != nil {
			return err
		}
		c := strata[u.Stratum]
		if c == nil || c.wantedCluster == nil {
			continue
		}
		if cl := c.wantedCluster[u.Cluster]; cl != nil {
			cl.gather(u, canon.Ticket(seed, purpose, u.FrameID))
		}
	}
	return nil
}

func (cl *cluster) gather(u Unit, ticket canon.Sum) {
	cl.seen++
	cand := newCandidate(strings.Clone(u.FrameID), ticket, 0)
	h := cl.households[u.Household]
	if h == nil {
		cl.households[strings.Clone(u.Household)] = &household{persons: 1, first: cand}
		return
	}
	h.persons++
	if byTicket(&cand, &h.first) {
		h.first = cand
	}
}

// finishTwoStage draws households and persons. The probability is that of the
// cluster, times households drawn over households there, times one over the
// persons of the household; its inverse is the person weight.
func (c *collector) finishTwoStage(out []Selected, seed, purpose string) ([]Selected, error) {
	p := c.plan
	ids := make([]string, 0, len(c.wantedCluster))
	for id := range c.wantedCluster {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		cl := c.wantedCluster[id]
		if cl.seen != cl.persons {
			return nil, errs.New(errs.Conflict, "draw.frame_changed", "the frame changed while it was read").
				At("cluster "+id, fmt.Sprint(cl.seen), fmt.Sprint(cl.persons), "draw again from the frozen frame")
		}
		order := make([]candidate, 0, len(cl.households))
		for h := range cl.households {
			order = append(order, newCandidate(h, canon.HouseholdTicket(seed, purpose, p.Stratum, id, h), 0))
		}
		sortBy(order, byTicket)
		d := simple(order[:min(len(order), p.Sample+p.Reserve)], uint64(len(order)), p.Sample)
		for i, hh := range append(slices.Clone(d.sample), d.reserve...) {
			sel := Selected{Stratum: p.Stratum, Cluster: id, Household: hh.id, Order: i + 1}
			h := cl.households[hh.id]
			sel.FrameID, sel.Ticket = h.first.id, h.first.ticket
			if i >= len(d.sample) {
				sel.Reserve, sel.Order = true, i+1-len(d.sample)
			} else if pr, ok := cl.prob.times(d.probability(i)); !ok {
				return nil, tooFine(sel)
			} else if sel.Probability, ok = pr.times(newRatio(1, h.persons)); !ok {
				return nil, tooFine(sel)
			}
			out = append(out, sel)
		}
	}
	return out, nil
}

func tooFine(s Selected) error {
	return errs.New(errs.Invalid, "draw.probability", "the inclusion probability of %s does not fit in 64 bits", s.FrameID)
}
