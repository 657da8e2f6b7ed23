package canon

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
)

// Tags of the hash tree.
const (
	TagNode  = "gongping/merkle/node/v1"
	TagEmpty = "gongping/merkle/empty/v1"
)

// Node joins two subtrees.
func Node(left, right Sum) Sum {
	var buf [4 + len(TagNode) + 2*(4+Size)]byte
	b := AppendField(buf[:0], TagNode)
	b = append(binary.BigEndian.AppendUint32(b, Size), left[:]...)
	b = append(binary.BigEndian.AppendUint32(b, Size), right[:]...)
	return sha256.Sum256(b)
}

// Tree computes the root of a binary hash tree over leaves added one by one,
// keeping only one node per level: 25 million leaves need 25 nodes. The shape
// is that of RFC 6962, section 2.1: the left subtree holds the largest power of
// two below the number of leaves. The zero value is an empty tree.
type Tree struct {
	count uint64
	stack []Sum // roots of the complete subtrees, one per set bit of count
}

// Add appends a leaf.
func (t *Tree) Add(leaf Sum) {
	for c := t.count; c&1 == 1; c >>= 1 {
		last := len(t.stack) - 1
		leaf = Node(t.stack[last], leaf)
		t.stack = t.stack[:last]
	}
	t.stack = append(t.stack, leaf)
	t.count++
}

// Count returns the number of leaves added.
func (t *Tree) Count() uint64 { return t.count }

// Root returns the root over the leaves added so far.
func (t *Tree) Root() Sum {
	if len(t.stack) == 0 {
		return Hash(TagEmpty)
	}
	root := t.stack[len(t.stack)-1]
	for i := len(t.stack) - 2; i >= 0; i-- {
		root = Node(t.stack[i], root)
	}
	return root
}

// Prove reads count leaves from next, in order and once, and returns the
// inclusion proofs of the wanted leaves (indices below count, ascending, no
// repeats), together with the root. Proof k lists the sibling nodes on the way
// from leaf wanted[k] to the root, nearest first. Memory is bounded by the
// proofs, not by count. It panics when wanted breaks its contract.
func Prove(count uint64, next func() (Sum, error), wanted []uint64) ([][]Sum, Sum, error) {
	for i, w := range wanted {
		if w >= count || (i > 0 && w <= wanted[i-1]) {
			panic("canon: wanted indices must ascend and lie below count")
		}
	}
	proofs := make([][]Sum, len(wanted))
	if count == 0 {
		return proofs, Hash(TagEmpty), nil
	}
	var walk func(size uint64, at uint64, from, to int) (Sum, error)
	walk = func(size, at uint64, from, to int) (Sum, error) {
		if size == 1 {
			return next()
		}
		half := uint64(1) << (bits.Len64(size-1) - 1)
		mid := from
		for mid < to && wanted[mid] < at+half {
			mid++
		}
		left, err := walk(half, at, from, mid)
		if err != nil {
			return Sum{}, err
		}
		right, err := walk(size-half, at+half, mid, to)
		if err != nil {
			return Sum{}, err
		}
		for k := from; k < mid; k++ {
			proofs[k] = append(proofs[k], right)
		}
		for k := mid; k < to; k++ {
			proofs[k] = append(proofs[k], left)
		}
		return Node(left, right), nil
	}
	root, err := walk(count, 0, 0, len(wanted))
	return proofs, root, err
}

// RootFromProof recomputes the root from a leaf, its index, the number of
// leaves and the proof. It reports false when the proof has the wrong length
// for that place; the caller compares the root.
func RootFromProof(leaf Sum, index, count uint64, proof []Sum) (Sum, bool) {
	if index >= count {
		return Sum{}, false
	}
	// sides[d] tells at depth d, root first, whether the leaf is on the right.
	var sides []bool
	for size, at := count, index; size > 1; {
		half := uint64(1) << (bits.Len64(size-1) - 1)
		if at < half {
			sides, size = append(sides, false), half
		} else {
			sides, size, at = append(sides, true), size-half, at-half
		}
	}
	if len(sides) != len(proof) {
		return Sum{}, false
	}
	for k, sibling := range proof {
		if sides[len(sides)-1-k] {
			leaf = Node(sibling, leaf)
		} else {
			leaf = Node(leaf, sibling)
		}
	}
	return leaf, true
}
