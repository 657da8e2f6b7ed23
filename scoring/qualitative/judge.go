package qualitative

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gongping/internal/errs"
)

// The polarities of a code.
const (
	Negative = -1
	Neutral  = 0
	Positive = 1
)

// Code says that a comment speaks of a topic, how, and whose matter it is.
type Code struct {
	Topic      string `json:"topic"`
	Polarity   int    `json:"polarity"` // Negative, Neutral or Positive
	Matter     Matter `json:"matter"`
	Department string `json:"department,omitempty"` // with the matter Department
}

// maxCodes is the most codes that a comment may have.
const maxCodes = 8

// CheckCodes returns the codes in order of topic, or what is wrong with them.
// No code at all is a judgement too: the comment says nothing that can be coded.
func (b *Codebook) CheckCodes(codes []Code, departments []string) ([]Code, error) {
	bad := func(i int, field, found, want string) error {
		return errs.New(errs.Invalid, "comment.code_invalid", "the codes cannot be saved").At(fmt.Sprintf("codes[%d].%s", i, field), found, want, "change it and try again")
	}
	out := slices.Clone(codes)
	if len(out) > maxCodes {
		return nil, bad(maxCodes, "topic", fmt.Sprint(len(out)), "at most 8 codes")
	}
	for i, c := range out {
		switch {
		case b.Topic(c.Topic) == nil:
			return nil, bad(i, "topic", c.Topic, "a topic of the codebook")
		case c.Polarity < Negative || c.Polarity > Positive:
			return nil, bad(i, "polarity", fmt.Sprint(c.Polarity), "-1, 0 or 1")
		case !slices.Contains(Matters, c.Matter):
			return nil, bad(i, "matter", string(c.Matter), "whose matter it is")
		case (c.Matter == Department) != (c.Department != ""), c.Department != "" && !slices.Contains(departments, c.Department):
			return nil, bad(i, "department", c.Department, "a department of the list where it is a department's matter, and none elsewhere")
		}
	}
	slices.SortFunc(out, func(x, y Code) int { return strings.Compare(x.Topic, y.Topic) })
	for i := 1; i < len(out); i++ {
		if out[i].Topic == out[i-1].Topic {
			return nil, bad(i, "topic", out[i].Topic, "each topic once")
		}
	}
	return out, nil
}

// State is how far the judgement of a comment is.
type State string

// The states.
const (
	Waiting State = "waiting" // fewer than two coders
	Split   State = "split"   // two differ: a third is wanted
	Agreed  State = "agreed"  // two said the same
	Settled State = "settled" // three: what two of them share
)

// Decision is what coders decided together.
type Decision struct {
	State State
	Codes []Code // what at least two coders said; a code without Matter has no two for any matter
}

// Decide joins the judgements of up to three coders, each blind to the others.
// Two that are equal decide. Where two differ a third is asked, and what two of
// the three share is decided, topic by topic: the topic, its polarity and whose
// matter it is need two coders each. A topic without two for a polarity is left
// out; one without two for a matter stays, and counts as nobody's.
func Decide(judgements [][]Code) Decision {
	switch len(judgements) {
	case 0, 1:
		return Decision{State: Waiting}
	case 2:
		if slices.Equal(judgements[0], judgements[1]) {
			return Decision{State: Agreed, Codes: judgements[0]}
		}
		return Decision{State: Split}
	}
	byTopic := map[string][]Code{}
	for _, j := range judgements[:3] {
		for _, c := range j {
			byTopic[c.Topic] = append(byTopic[c.Topic], c)
		}
	}
	d := Decision{State: Settled}
	for topic, votes := range byTopic {
		if p, ok := shared(votes, func(c Code) int { return c.Polarity }); ok {
			code := Code{Topic: topic, Polarity: p}
			if m, ok := shared(votes, func(c Code) [2]string { return [2]string{string(c.Matter), c.Department} }); ok {
				code.Matter, code.Department = Matter(m[0]), m[1]
			}
			d.Codes = append(d.Codes, code)
		}
	}
	slices.SortFunc(d.Codes, func(x, y Code) int { return cmp.Compare(x.Topic, y.Topic) })
	return d
}

// shared is the value that two votes have in common.
func shared[K comparable](votes []Code, of func(Code) K) (K, bool) {
	n := map[K]int{}
	for _, v := range votes {
		k := of(v)
		if n[k]++; n[k] == 2 {
			return k, true
		}
	}
	var none K
	return none, false
}

// Cause says where the cause of marks of a sign lies.
type Cause string

// The causes.
const (
	NoCause      Cause = "none"      // nothing of that sign was said
	WithinRemit  Cause = "committee" // the committee's matter, at least in part, or nobody's agreed matter
	OutsideRemit Cause = "outside"   // wholly outside the committee's remit
)

// CauseOf places the cause of what was said with a polarity: outside only where
// every code of that polarity is placed with somebody other than the committee.
// It returns those codes. The same rule holds for blame and for praise.
func CauseOf(codes []Code, polarity int) (Cause, []Code) {
	var list []Code
	where := NoCause
	for _, c := range codes {
		if c.Polarity != polarity {
			continue
		}
		list = append(list, c)
		switch {
		case c.Matter == Committee || c.Matter == "":
			where = WithinRemit
		case where == NoCause:
			where = OutsideRemit
		}
	}
	return where, list
}
