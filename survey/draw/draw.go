package draw

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"gongping/internal/errs"
	"gongping/survey/frame/canon"
)

// collector gathers what a stratum needs while the frame streams past.
type collector struct {
	plan          StratumPlan
	count, total  uint64
	order         bounded     // simple: tickets; Poisson: shares
	largest       bounded     // Poisson: largest sizes
	all           []candidate // census and systematic
	clusters      map[string]*cluster
	wantedCluster map[string]*cluster
}

// roomSize is how many candidates share one piece of memory: thousands of small
// pieces cost more than the drawing, and a single one could not be given back
// stratum by stratum.
const roomSize = 1 << 12

// set prepares c for the stratum. room is for the candidates of simple random
// samples; set returns what is left of it, or of a new one.
func (c *collector) set(p StratumPlan, room []candidate) []candidate {
	c.plan = p
	most := int(min(p.Population, maxSample))
	switch p.Method {
	case Simple:
		c.order = bounded{limit: p.Sample + p.Reserve, most: most, less: byTicket}
		k := min(c.order.limit, most)
		if k > roomSize/8 {
			break // takes its own when the first candidate comes
		}
		if k > len(room) {
			room = make([]candidate, roomSize)
		}
		c.order.items, room = room[:0:k], room[k:]
	case Poisson:
		c.order = bounded{limit: p.Sample + p.Reserve, most: most, less: byShare}
		c.largest = bounded{limit: p.Sample, most: most, less: bySizeDown}
	case TwoStage, TwoStageSimple:
		c.clusters = map[string]*cluster{}
	}
	return room
}

// add takes one unit. ticket is computed by the caller, who reuses a buffer.
func (c *collector) add(cand *candidate) {
	c.count++
	switch c.plan.Method {
	case Simple:
		c.order.offer(cand)
	case Census:
		c.all = append(c.all, *cand)
	case Systematic:
		c.total += cand.size
		if cand.size > 0 {
			c.all = append(c.all, *cand)
		}
	case Poisson:
		c.total += cand.size
		if cand.size > 0 {
			c.order.offer(cand)
			c.largest.offer(cand)
		}
	}
}

// check compares the frame with the committed plan.
func (c *collector) check() error {
	if c.count == c.plan.Population && c.total == c.plan.Total {
		return nil
	}
	return errs.New(errs.Conflict, "draw.frame_changed", "the frame is not the one that the plan was made for").
		At("stratum "+c.plan.Stratum, fmt.Sprintf("%d units, sizes %d", c.count, c.total),
			fmt.Sprintf("%d units, sizes %d", c.plan.Population, c.plan.Total),
			"draw from the frozen frame named in the commitment")
}

// Draw selects the sample of every stratum of the plan. It returns the selected
// persons ordered by stratum (two-stage: then by cluster), sample before
// reserves, each in drawing order. Faults in the plan are Invalid, a frame that
// differs from the plan is a Conflict; an error of the source is returned as it
// is. Memory grows with the sample (and, for Systematic and Census, with those
// strata), not with the frame.
func Draw(plan []StratumPlan, seed, purpose string, source Source) ([]Selected, error) {
	strata, err := collectors(plan, seed, purpose)
	if err != nil {
		return nil, err
	}
	if err := collect(strata, seed, purpose, source); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(strata))
	for name, c := range strata {
		if err := c.check(); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	if err := secondStage(strata, seed, purpose, source); err != nil {
		return nil, err
	}
	out := make([]Selected, 0, expected(strata))
	for _, name := range names {
		if out, err = strata[name].finish(out, seed, purpose); err != nil {
			return nil, err
		}
		*strata[name] = collector{} // what it held may go
	}
	return out, nil
}

// expected is how many persons one-stage strata will give.
func expected(strata map[string]*collector) int {
	n := 0
	for _, c := range strata {
		switch {
		case c.plan.Method == Census:
			n += len(c.all)
		case !c.plan.Method.twoStage():
			n += int(min(uint64(c.plan.Sample+c.plan.Reserve), c.count))
		}
	}
	return n
}

func collectors(plan []StratumPlan, seed, purpose string) (map[string]*collector, error) {
	if err := CheckPurpose(purpose); err != nil {
		return nil, err
	}
	if seed == "" {
		return nil, errs.New(errs.Invalid, "draw.seed_missing", "a draw needs a seed")
	}
	all, strata := make([]collector, len(plan)), make(map[string]*collector, len(plan))
	var room []candidate
	for i, p := range plan {
		if err := p.check(); err != nil {
			return nil, err
		}
		if strata[p.Stratum] != nil {
			return nil, errs.New(errs.Invalid, "draw.plan_twice", "stratum %s is planned twice", p.Stratum)
		}
		strata[p.Stratum] = &all[i]
		room = all[i].set(p, room)
	}
	return strata, nil
}

// collect reads the frame once.
func collect(strata map[string]*collector, seed, purpose string, source Source) error {
	buf := canon.AppendField(nil, canon.TagTicket)
	buf = canon.AppendField(buf, seed)
	buf = canon.AppendField(buf, purpose)
	prefix := len(buf)
	var cand candidate
	for u, err := range source() {
		if err != nil {
			return err
		}
		if u.Stratum == "" {
			continue
		}
		c := strata[u.Stratum]
		if c == nil {
			return unplanned(u)
		}
		if !canon.ValidID(u.FrameID) {
			return badID("frame id", u.FrameID)
		}
		if c.plan.Method.twoStage() {
			if err := c.countPerson(u); err != nil {
				return err
			}
			continue
		}
		if u.Size > maxTotal {
			return badSize(u.FrameID, u.Size)
		}
		buf = canon.AppendField(buf[:prefix], u.FrameID)
		cand = newCandidate(u.FrameID, sha256.Sum256(buf), u.Size)
		c.add(&cand)
	}
	return nil
}

// finish turns what was collected into selected persons.
func (c *collector) finish(out []Selected, seed, purpose string) ([]Selected, error) {
	p := c.plan
	var d drawn
	switch p.Method {
	case Simple:
		d = simple(c.order.sorted(), c.count, p.Sample)
	case Census:
		sortBy(c.all, byTicket)
		d = simple(c.all, c.count, len(c.all))
	case Systematic:
		d = systematic(c.all, p.Sample, p.Reserve, c.total, canon.Start(seed, purpose, p.Stratum))
	case Poisson:
		d = poisson(c.order.sorted(), c.largest.sorted(), p.Sample, p.Reserve, c.total)
	default:
		return c.finishTwoStage(out, seed, purpose)
	}
	for i, s := range d.sample {
		out = append(out, Selected{FrameID: s.id, Stratum: p.Stratum, Order: i + 1, Ticket: s.ticket, Probability: d.probability(i)})
	}
	for i, s := range d.reserve {
		out = append(out, Selected{FrameID: s.id, Stratum: p.Stratum, Order: i + 1, Ticket: s.ticket, Reserve: true})
	}
	return out, repeated(out[len(out)-len(d.sample)-len(d.reserve):])
}

// repeated finds a frame id drawn twice: equal ids have equal tickets and stand
// side by side.
func repeated(sel []Selected) error {
	for i := 1; i < len(sel); i++ {
		if sel[i].FrameID == sel[i-1].FrameID {
			return errs.New(errs.Differs, "draw.duplicate", "frame id %s stands twice in the frame", sel[i].FrameID)
		}
	}
	return nil
}

func unplanned(u Unit) error {
	return errs.New(errs.Differs, "draw.unplanned", "the frame holds a stratum that the plan does not know").
		At("unit "+u.FrameID, u.Stratum, "a planned stratum or none", "draw from the frozen frame named in the commitment")
}

func badID(what, found string) error {
	return errs.New(errs.Invalid, "draw.id", "a %s is not usable", what).
		At(what, found, "1 to 64 letters, digits and ._#-", "use the published ids of the frame, not names or codes of persons")
}

func badSize(id string, size uint64) error {
	return errs.New(errs.Invalid, "draw.size", "a size is too large").
		At("unit "+id, fmt.Sprint(size), fmt.Sprintf("at most %d", int64(maxTotal)), "")
}

// CheckPurpose reports whether purpose may name a draw: 1 to 64 letters, digits
// and ._#-, such as "2026q4-main".
func CheckPurpose(purpose string) error {
	if !canon.ValidID(purpose) {
		return badID("purpose", purpose)
	}
	return nil
}
