package frame

import (
	"fmt"
	"iter"

	"gongping/internal/errs"
	"gongping/survey/frame/canon"
)

// Proof is a person's place in a frozen frame and the path to its root.
type Proof struct {
	Index uint64
	Path  []canon.Sum
}

// Prove reads the frame twice, in the order of Freeze, and returns the proofs of
// the given frame ids with the frame's digest: many receipts cost no more than
// one. Memory grows with the ids asked for. An id that is not in the frame is
// NotFound.
func Prove(entries func() iter.Seq2[Entry, error], ids []string) (map[string]Proof, Digest, error) {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	var f Freezer
	var at []uint64
	var order []string
	for e, err := range entries() {
		if err != nil {
			return nil, Digest{}, err
		}
		if wanted[e.FrameID] {
			at, order = append(at, f.tree.Count()), append(order, e.FrameID)
		}
		if err := f.Add(e); err != nil {
			return nil, Digest{}, err
		}
	}
	if len(order) != len(wanted) {
		return nil, Digest{}, errs.New(errs.NotFound, "frame.not_listed", "%d of %d frame ids are not in this frame", len(wanted)-len(order), len(wanted))
	}
	d := f.Digest()
	next, stop := iter.Pull2(entries())
	defer stop()
	paths, root, err := canon.Prove(d.Count, func() (canon.Sum, error) {
		e, err, ok := next()
		if err == nil && !ok {
			err = fmt.Errorf("the frame ended after fewer than %d entries", d.Count)
		}
		return e.Leaf(), err
	}, at)
	if err == nil && root != d.Root {
		err = errs.New(errs.Conflict, "frame.changed", "the frame changed while it was read")
	}
	if err != nil {
		return nil, Digest{}, err
	}
	out := make(map[string]Proof, len(order))
	for i, id := range order {
		out[id] = Proof{at[i], paths[i]}
	}
	return out, d, nil
}
