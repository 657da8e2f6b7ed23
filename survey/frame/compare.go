package frame

import (
	"fmt"
	"iter"
	"slices"

	"gongping/internal/errs"
)

// Listed is a person in a comparison of two lists: the register's code and the
// committee, in ascending byte order of Key. By says who removed the person, as
// far as known.
type Listed struct{ Key, Committee, By string }

// Change is the difference between the last frame and this one.
type Change struct {
	Before, After          int
	Added, Removed, Moved  int // Moved: same person, another committee
	RemovedList            []Listed
	RemovedByCommittee     map[string]int
	RemovedListIsTruncated bool
}

// Share is the part of the last frame that was added or removed.
func (c *Change) Share() float64 {
	if c.Before == 0 {
		return 0
	}
	return float64(c.Added+c.Removed) / float64(c.Before)
}

// Changes merges the last frame with this one, both in ascending order of Key,
// in one pass. It keeps the first limit removed persons by name of their key
// and counts all. by, when not nil, tells who removed a person.
//
// Parts of two frames that hold the same keys may be compared one after the
// other and added up with Join.
func Changes(before, after iter.Seq2[Listed, error], limit int, by func(key string) string) (*Change, error) {
	c := &Change{RemovedByCommittee: map[string]int{}}
	err := merge(before, after, func(a, b *Listed) {
		if a != nil {
			c.Before++
		}
		if b != nil {
			c.After++
		}
		switch {
		case a == nil:
			c.Added++
		case b == nil:
			c.Removed++
			c.RemovedByCommittee[a.Committee]++
			if len(c.RemovedList) >= limit {
				c.RemovedListIsTruncated = true
				return
			}
			gone := *a
			if by != nil {
				gone.By = by(gone.Key)
			}
			c.RemovedList = append(c.RemovedList, gone)
		case a.Committee != b.Committee:
			c.Moved++
		}
	})
	return c, err
}

// Join adds the change of another part of the same two frames.
func (c *Change) Join(o *Change, limit int) {
	c.Before += o.Before
	c.After += o.After
	c.Added += o.Added
	c.Removed += o.Removed
	c.Moved += o.Moved
	for k, n := range o.RemovedByCommittee {
		c.RemovedByCommittee[k] += n
	}
	c.RemovedList = append(c.RemovedList, o.RemovedList...)
	c.RemovedListIsTruncated = c.RemovedListIsTruncated || o.RemovedListIsTruncated || len(c.RemovedList) > limit
	c.RemovedList = c.RemovedList[:min(len(c.RemovedList), limit)]
}

// Compare is the comparison of the frame with a second, independent source.
type Compare struct {
	Both, OnlyFrame, OnlySecond int
	// Elsewhere are those of OnlySecond whom the frame has under another
	// committee than the second source; they count as one of OnlyFrame too.
	Elsewhere   int                 `json:",omitempty"`
	ByCommittee map[string]*Compare // of the frame, or of the second source where only that has the person
	// Estimate is the number of persons that both lists together suggest,
	// Chapman's estimate (n1+1)(n2+1)/(m+1) - 1 (Chapman 1951); it presumes
	// that the sources err independently.
	Estimate float64
}

func (c *Compare) add(a, b bool) {
	switch {
	case a && b:
		c.Both++
	case a:
		c.OnlyFrame++
	default:
		c.OnlySecond++
	}
}

func (c *Compare) estimate() {
	n1, n2 := float64(c.Both+c.OnlyFrame+1), float64(c.Both+c.OnlySecond+1)
	c.Estimate = float64(n1*n2)/float64(c.Both+1) - 1
}

// Missing are those of the second source who are not in the frame.
func (c *Compare) Missing() int { return c.OnlySecond - c.Elsewhere }

// TwoSources compares the frame with a second source, both in ascending order
// of Key, in one pass. alone, when not nil, is told of those who are in one of
// them only.
func TwoSources(frame, second iter.Seq2[Listed, error], alone func(inFrame bool, l Listed)) (*Compare, error) {
	c := &Compare{ByCommittee: map[string]*Compare{}}
	err := merge(frame, second, func(a, b *Listed) {
		c.add(a != nil, b != nil)
		if alone != nil && (a == nil) != (b == nil) {
			if a != nil {
				alone(true, *a)
			} else {
				alone(false, *b)
			}
		}
		at := b
		if a != nil {
			at = a
		}
		part := c.ByCommittee[at.Committee]
		if part == nil {
			part = &Compare{}
			c.ByCommittee[at.Committee] = part
		}
		part.add(a != nil, b != nil)
	})
	c.estimate()
	for _, p := range c.ByCommittee {
		p.estimate()
	}
	return c, err
}

// merge walks two ascending sequences side by side. Order and repetition are
// checked.
func merge(left, right iter.Seq2[Listed, error], visit func(a, b *Listed)) error {
	nextL, stopL := iter.Pull2(left)
	defer stopL()
	nextR, stopR := iter.Pull2(right)
	defer stopR()
	var lastL, lastR string
	read := func(next func() (Listed, error, bool), last *string) (*Listed, error) {
		v, err, ok := next()
		if err != nil || !ok {
			return nil, err
		}
		if v.Key == "" || v.Key <= *last {
			return nil, errs.New(errs.Invalid, "frame.order", "a list is not in ascending order, or holds a person twice").
				At("person", fmt.Sprintf("(%d characters)", len(v.Key)), "each key once, in byte order", `sort by bytes (COLLATE "C")`)
		}
		*last = v.Key
		return &v, nil
	}
	a, err := read(nextL, &lastL)
	if err != nil {
		return err
	}
	b, err := read(nextR, &lastR)
	if err != nil {
		return err
	}
	for a != nil || b != nil {
		takeL := b == nil || a != nil && a.Key <= b.Key
		takeR := a == nil || b != nil && b.Key <= a.Key
		switch {
		case takeL && takeR:
			visit(a, b)
		case takeL:
			visit(a, nil)
		default:
			visit(nil, b)
		}
		if takeL {
			if a, err = read(nextL, &lastL); err != nil {
				return err
			}
		}
		if takeR {
			if b, err = read(nextR, &lastR); err != nil {
				return err
			}
		}
	}
	return nil
}

// Planted is the outcome of planted checks: persons known to live in the area,
// chosen beforehand by the auditor, that a complete frame must contain.
type Planted struct {
	Found  int
	Missed []string // keys, ascending
}

// CheckPlanted looks for the planted persons; has tells whether a key is in the
// frame.
func CheckPlanted(keys []string, has func(key string) bool) *Planted {
	p := &Planted{}
	for _, k := range keys {
		if has(k) {
			p.Found++
		} else {
			p.Missed = append(p.Missed, k)
		}
	}
	slices.Sort(p.Missed)
	return p
}
