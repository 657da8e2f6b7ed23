package draw

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"gongping/internal/errs"
	"gongping/survey/frame"
	"gongping/survey/frame/canon"
)

// Person is a row of the frozen frame of persons as the publisher knows it:
// Cluster and Household are the frame's own codes, which stay unpublished. Near
// says where the cluster lies.
type Person struct {
	Row
	Near string
}

// People yields the frame of persons in ascending byte order of frame id, which
// begins with the area; each call starts from the beginning.
type People func() iter.Seq2[Person, error]

// Homes publishes the persons of two-stage strata as households, so that nobody
// recognises a household by how many live in it (docs/spec/draw-v1.md, section
// 3a). All other persons keep a row of their own.
type Homes struct {
	People People
	Secret *frame.Secret
	Scope  string // names the round: ids of two rounds cannot be joined
	// Least is, for each stratum whose units are households, how many of them a
	// published cluster holds at least; smaller clusters are joined (JoinSmall).
	Least map[string]int

	persons frame.Digest
}

// home is a unit: the members of one household in one stratum.
type home struct {
	row     Row
	salt    canon.Sum
	members []int // places in the block, in order of frame id
	code    string
}

// block is one area of the frame.
type block struct {
	people []Person
	homes  []home
	home   []int // of each person; -1 has a row of its own
}

// Persons is the digest of the frame of persons, once Rows was read to its end.
func (h *Homes) Persons() frame.Digest { return h.persons }

// blocks reads the frame area by area; memory holds one of them.
func (h *Homes) blocks(each func(*block) error) error {
	var b block
	var f frame.Freezer
	flush := func() error {
		if len(b.people) == 0 {
			return nil
		}
		if err := h.group(&b); err != nil {
			return err
		}
		if err := each(&b); err != nil {
			return err
		}
		b = block{people: b.people[:0], homes: b.homes[:0], home: b.home[:0]}
		return nil
	}
	for p, err := range h.People() {
		if err != nil {
			return err
		}
		if len(b.people) > 0 && b.people[0].Area != p.Area {
			if err := flush(); err != nil {
				return err
			}
		}
		if err := f.Add(p.Entry); err != nil {
			return err
		}
		b.people = append(b.people, p)
	}
	if err := flush(); err != nil {
		return err
	}
	h.persons = f.Digest()
	return nil
}

// group makes the units of an area, without their commitments.
func (h *Homes) group(b *block) error {
	type key struct{ stratum, household string }
	at := map[key]int{}
	for i := range b.people {
		p := &b.people[i]
		if _, grouped := h.Least[p.Stratum]; !grouped {
			b.home = append(b.home, -1)
			continue
		}
		k := key{p.Stratum, p.Household}
		if k.household == "" {
			k.household = p.FrameID
		}
		n, known := at[k]
		if !known {
			n = len(b.homes)
			at[k] = n
			id := h.Secret.HomeID(h.Scope, p.Area, p.Stratum, k.household)
			b.homes = append(b.homes, home{code: p.Cluster, row: Row{Entry: frame.Entry{FrameID: id, Area: p.Area}, Stratum: p.Stratum, Household: id, Size: 1}})
		}
		b.homes[n].members = append(b.homes[n].members, i)
		b.home = append(b.home, n)
	}
	return h.join(b)
}

// join names the published cluster of each unit. A household whose members are
// listed in two buildings counts where the first of them is.
func (h *Homes) join(b *block) error {
	sizes := map[string]map[string]*ClusterSize{}
	for _, u := range b.homes {
		s := sizes[u.row.Stratum]
		if s == nil {
			s = map[string]*ClusterSize{}
			sizes[u.row.Stratum] = s
		}
		c := s[u.code]
		if c == nil {
			c = &ClusterSize{ID: u.code, Near: b.people[u.members[0]].Near}
			s[u.code] = c
		}
		c.Households++
		c.Near = min(c.Near, b.people[u.members[0]].Near)
	}
	groups := map[string]map[string]string{}
	for stratum, s := range sizes {
		var list []ClusterSize
		for _, c := range s {
			list = append(list, *c)
		}
		group, joined := JoinSmall(list, h.Least[stratum])
		for _, n := range joined {
			if n < h.Least[stratum] {
				return errs.New(errs.Barred, "draw.small_cluster", "stratum %s has too few households to be published in two stages", stratum).
					With(map[string]any{"Least": h.Least[stratum], "Have": n}).
					At("stratum "+stratum, fmt.Sprint(n), fmt.Sprintf("at least %d households in each cluster", h.Least[stratum]), "draw fewer households there, or the committee as a whole")
			}
		}
		groups[stratum] = group
		for code, name := range group {
			group[code] = h.Secret.ClusterID(h.Scope, stratum, name)
		}
	}
	for i := range b.homes {
		u := &b.homes[i]
		u.row.Cluster = groups[u.row.Stratum][u.code]
	}
	return nil
}

// seal makes the commitment of a unit.
func (h *Homes) seal(b *block, u *home) {
	u.salt = h.Secret.HomeSalt(u.row.FrameID)
	u.row.Private = canon.Home(u.salt, h.hashes(b, u))
}

func (h *Homes) hashes(b *block, u *home) []canon.Sum {
	out := make([]canon.Sum, len(u.members))
	for i, m := range u.members {
		p := &b.people[m]
		out[i] = canon.Member(h.Secret.MemberSalt(u.row.FrameID, p.FrameID), p.Leaf())
	}
	return out
}

// errEnough ends a reading whose reader has what it wanted.
var errEnough = fmt.Errorf("draw: enough")

// Rows yields the published units: households, and the persons who keep a row of
// their own, without cluster and household.
func (h *Homes) Rows() Rows {
	return func() iter.Seq2[Row, error] {
		return func(yield func(Row, error) bool) {
			var rows []Row
			err := h.blocks(func(b *block) error {
				rows = rows[:0]
				for i := range b.homes {
					h.seal(b, &b.homes[i])
					rows = append(rows, b.homes[i].row)
				}
				for i, p := range b.people {
					if b.home[i] < 0 {
						p.Cluster, p.Household = "", ""
						rows = append(rows, p.Row)
					}
				}
				slices.SortFunc(rows, func(x, y Row) int { return strings.Compare(x.FrameID, y.FrameID) })
				for _, r := range rows {
					if !yield(r, nil) {
						return errEnough
					}
				}
				return nil
			})
			if err != nil && err != errEnough {
				yield(Row{}, err)
			}
		}
	}
}

// Draw draws the person of every household of a published selection: the
// smallest ticket over the members' places. The probability is that of the
// household over the number of its members. Selected persons who keep a row of
// their own stay as they are. It reads the frame once.
func (h *Homes) Draw(sel []Selected, seed, purpose string) ([]Selected, error) {
	out := slices.Clone(sel)
	wanted := map[string]int{}
	for i, s := range out {
		if s.Household != "" {
			wanted[s.Household] = i
		}
	}
	err := h.blocks(func(b *block) error {
		for i := range b.homes {
			u := &b.homes[i]
			k, ok := wanted[u.row.FrameID]
			if !ok {
				continue
			}
			delete(wanted, u.row.FrameID)
			place, ticket := choose(seed, purpose, u.row.FrameID, len(u.members))
			s := &out[k]
			s.FrameID, s.Ticket = b.people[u.members[place-1]].FrameID, ticket
			if s.Reserve {
				continue
			}
			if s.Probability, ok = s.Probability.times(newRatio(1, uint64(len(u.members)))); !ok {
				return tooFine(*s)
			}
		}
		return nil
	})
	if err == nil && len(wanted) > 0 {
		err = errs.New(errs.Conflict, "draw.frame_changed", "%d drawn households are not in the frame", len(wanted))
	}
	return out, err
}

// choose returns the place with the smallest ticket.
func choose(seed, purpose, home string, members int) (place int, ticket canon.Sum) {
	for i := 1; i <= members; i++ {
		t := canon.PlaceTicket(seed, purpose, home, i)
		if i == 1 || string(t[:]) < string(ticket[:]) {
			place, ticket = i, t
		}
	}
	return place, ticket
}
