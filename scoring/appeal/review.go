package appeal

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// Side is the side on which a reviewed answer lies. The panel never learns it.
type Side string

// The sides.
const (
	Low  Side = "low"
	High Side = "high"
)

// The bounds of what is reviewed, on the 0–100 scale: at or below LowUpTo an
// answer pulls down on most questions, at or above HighFrom it pulls up.
const (
	LowUpTo   = 40.0
	HighFrom  = 75.0
	MaxReview = 5 // low answers under review; as many high ones join them
)

// Answer is what choosing needs to know of an answer of the unit.
type Answer struct {
	ID         string
	Score      float64
	Collective bool // one of a collective complaint, as the run found it
	Theme      bool // it shares low questions with unrelated households (see Themes)
}

// Item is an answer under review under its label.
type Item struct {
	Label  string
	ID     string
	Side   Side
	Ticket []byte
}

// ticket is SHA-256 over length-prefixed fields: it cannot be chosen, and
// anybody who knows appeal and answers can repeat the draw.
func ticket(purpose, appealID, id string) []byte {
	h := sha256.New()
	for _, s := range []string{"gongping/appeal/v1", purpose, appealID, id} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	return h.Sum(nil)
}

// Review chooses what the panel reviews: the most extreme low answers of the
// unit, and for each of them a high answer drawn by ticket, all in ticket
// order under letters, so that neither side nor order tells what is what. Where
// fewer answers of the unit are high than are needed, the best of those between
// the bounds take the places, so that each low answer has one beside it.
//
// Where the run found a collective complaint (collectiveUnit), a ground that
// speaks of single grievances reaches no low answer at all; under other
// grounds the answers of the collective itself stay out. Where unrelated
// households gave the same questions low grades (Theme), their answers are out
// of reach of such grounds too: on both sides, because who complains of one
// thing and is content with the rest lies on the high one.
func Review(appealID string, g Ground, answers []Answer, collectiveUnit bool) []Item {
	if !g.Reviews() {
		return nil
	}
	var lows, highs, between []Item
	score := map[string]float64{}
	for _, a := range answers {
		score[a.ID] = a.Score
		it := Item{ID: a.ID, Ticket: ticket("review", appealID, a.ID)}
		switch {
		case a.Collective || g.Grievance && a.Theme: // out of reach, however content it is with the rest
		case a.Score <= LowUpTo:
			if g.Grievance && collectiveUnit {
				continue
			}
			it.Side = Low
			lows = append(lows, it)
		case a.Score >= HighFrom:
			it.Side = High
			highs = append(highs, it)
		case a.Score > LowUpTo:
			it.Side = High
			between = append(between, it)
		}
	}
	byTicket := func(a, b Item) int { return bytes.Compare(a.Ticket, b.Ticket) }
	slices.SortFunc(lows, func(a, b Item) int { return cmp.Or(cmp.Compare(score[a.ID], score[b.ID]), byTicket(a, b)) })
	slices.SortFunc(highs, byTicket)
	slices.SortFunc(between, func(a, b Item) int { return cmp.Or(cmp.Compare(score[b.ID], score[a.ID]), byTicket(a, b)) })
	highs = append(highs, between...)
	lows = lows[:min(len(lows), MaxReview)]
	highs = highs[:min(len(highs), len(lows))]
	all := append(lows, highs...)
	slices.SortFunc(all, byTicket)
	for i := range all {
		all[i].Label = string(rune('A' + i))
	}
	return all
}

// Member is a possible member of a panel with the cases sat on so far.
type Member struct {
	ID   string
	Load int
}

// Choose picks n members without a conflict, those with the fewest cases
// first, ties broken by ticket. ok is false where too few are free.
func Choose(appealID string, members []Member, conflicts map[string]bool, sitting []string, n int) (chosen []string, ok bool) {
	var free []Member
	for _, m := range members {
		if m.ID != "" && !conflicts[m.ID] && !slices.Contains(sitting, m.ID) {
			free = append(free, m)
		}
	}
	slices.SortFunc(free, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Load, b.Load), bytes.Compare(ticket("panel", appealID, a.ID), ticket("panel", appealID, b.ID)))
	})
	if len(free) < n {
		return nil, false
	}
	for _, m := range free[:n] {
		chosen = append(chosen, m.ID)
	}
	return chosen, true
}
