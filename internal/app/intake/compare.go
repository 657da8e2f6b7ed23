package intake

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"gongping/internal/errs"
	"gongping/internal/pg/intakedb"
	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
	"gongping/survey/frame"
)

// maxListed bounds a list from another source, which is sorted in memory.
const maxListed = 3_000_000

// listing is a list of persons from another source, as their published ids
// would be in the frame. Those ids depend on the committee, so a person who
// stands under another one in the frame is looked for by elsewhere.
type listing struct {
	Origin
	ids    []frame.Listed
	codes  map[string]string // register code by id
	secret *frame.Secret
}

// Origin says which file a comparison was made with.
type Origin struct {
	File   string `json:"file"`
	Digest string `json:"digest"`
	Rows   int    `json:"rows"`
}

// readListing reads a list of persons for a frame; nil for none.
func (s *Service) readListing(ctx context.Context, src *Source, f intakedb.Frame) (*listing, error) {
	if src == nil {
		return nil, nil
	}
	secret, err := s.secretOf(f)
	if err != nil {
		return nil, err
	}
	l := &listing{Origin: Origin{File: src.Name, Digest: src.Hex()}, codes: map[string]string{}, secret: &secret}
	p := &Preview{Request: Request{Kind: listed}, File: src.Name}
	_, err = scan(ctx, *src, &layout.Listing, tabular.Limits{Rows: maxListed}, p, nil, func(r *tabular.Row) {
		area := r.Get("area")
		if len(area) < 12 {
			return
		}
		id := secret.FrameID(area[:12], r.Get("person"))
		l.ids = append(l.ids, frame.Listed{Key: id, Committee: strings.Clone(area[:12])})
		l.codes[id] = strings.Clone(r.Get("person"))
	})
	if err != nil {
		return nil, err
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(l.ids, func(a, b frame.Listed) int { return strings.Compare(a.Key, b.Key) })
	for i := 1; i < len(l.ids); i++ {
		if l.ids[i].Key == l.ids[i-1].Key {
			return nil, errs.New(errs.Invalid, "intake.listed_twice", "a person stands in the list twice").
				At(src.Name, fmt.Sprintf("a person of %s", l.ids[i].Committee), "each person once", "remove the repeated row")
		}
	}
	l.Rows = len(l.ids)
	return l, nil
}

// compare adds to an audit what a second source and planted checks tell.
func compare(ctx context.Context, q querier, district string, f intakedb.Frame, second, planted *listing, a *Audit, found *frame.Findings) error {
	people := func(yield func(frame.Listed, error) bool) {
		for p, err := range intakedb.People(ctx, q, district, f.ID) {
			if err != nil {
				yield(frame.Listed{}, err)
				return
			}
			if !yield(frame.Listed{Key: p.FrameID, Committee: p.Area}, nil) {
				return
			}
		}
	}
	if second != nil {
		frameOnly, missing := map[string]bool{}, []frame.Listed{}
		c, err := frame.TwoSources(iter.Seq2[frame.Listed, error](people), each(second.ids), func(inFrame bool, l frame.Listed) {
			if !inFrame {
				missing = append(missing, l)
			} else if len(frameOnly) <= maxListed {
				frameOnly[l.Key] = true
			}
		})
		if err != nil {
			return err
		}
		if len(frameOnly) <= maxListed {
			c.Elsewhere = second.elsewhere(missing, frameOnly, c.ByCommittee)
		}
		a.Second, a.SecondFrom, found.Second = c, &second.Origin, c
	}
	if planted != nil {
		keys := make([]string, len(planted.ids))
		for i, l := range planted.ids {
			keys[i] = l.Key
		}
		there, err := intakedb.Present(ctx, q, district, f.ID, keys)
		if err != nil {
			return err
		}
		p := frame.CheckPlanted(keys, func(k string) bool { return there[k] })
		a.Planted, a.PlantedFrom, found.Planted = p, &planted.Origin, p
	}
	return nil
}

// maxTried bounds the ids that are derived to find people under another
// committee: some twenty seconds of one processor.
const maxTried = 20_000_000

// elsewhere counts the missing whom the frame has under another committee: of
// the whole frame where that can be tried, else of the same street. It opens no
// record: it derives the ids that they would have there.
func (l *listing) elsewhere(missing []frame.Listed, frameOnly map[string]bool, committees map[string]*frame.Compare) int {
	codes := slices.Sorted(maps.Keys(committees))
	within := 0 // of the code that has to agree
	if len(missing)*len(codes) > maxTried {
		within = 9
	}
	n := 0
	for _, m := range missing {
		for _, c := range codes {
			if c == m.Committee || c[:within] != m.Committee[:within] {
				continue
			}
			if id := l.secret.FrameID(c, l.codes[m.Key]); frameOnly[id] {
				delete(frameOnly, id)
				n++
				break
			}
		}
	}
	return n
}
