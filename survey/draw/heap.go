package draw

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"

	"gongping/survey/frame/canon"
)

// candidate is a unit with its ticket. word is the ticket's first eight bytes:
// a uniform whole number below 2^64.
type candidate struct {
	word   uint64
	size   uint64
	ticket canon.Sum
	id     string
}

func newCandidate(id string, ticket canon.Sum, size uint64) candidate {
	return candidate{word: binary.BigEndian.Uint64(ticket[:8]), size: size, ticket: ticket, id: id}
}

// byTicket orders by ticket, equal tickets by id.
func byTicket(a, b *candidate) bool {
	if a.word != b.word {
		return a.word < b.word
	}
	if c := bytes.Compare(a.ticket[:], b.ticket[:]); c != 0 {
		return c < 0
	}
	return a.id < b.id
}

// byShare orders by word/size, the key of sequential Poisson sampling, compared
// without division; ties as byTicket. Sizes must be positive.
func byShare(a, b *candidate) bool {
	h1, l1 := bits.Mul64(a.word, b.size)
	h2, l2 := bits.Mul64(b.word, a.size)
	if h1 != h2 {
		return h1 < h2
	}
	if l1 != l2 {
		return l1 < l2
	}
	return byTicket(a, b)
}

// bySizeDown orders by size, largest first; ties as byTicket.
func bySizeDown(a, b *candidate) bool {
	if a.size != b.size {
		return a.size > b.size
	}
	return byTicket(a, b)
}

// bounded keeps the limit smallest candidates seen, in a max-heap: memory
// depends on the sample, not on the population.
type bounded struct {
	limit int
	most  int // units there can be
	less  func(a, b *candidate) bool
	items []candidate
}

// offer takes c if it is among the smallest so far. The id is copied only then,
// so that it does not hold on to the reader's buffer.
func (h *bounded) offer(c *candidate) {
	if len(h.items) < h.limit {
		if h.items == nil { // no room was made beforehand
			h.items = make([]candidate, 0, min(h.limit, h.most))
		}
		h.items = append(h.items, *c)
		last := len(h.items) - 1
		h.items[last].id = strings.Clone(c.id)
		h.up(last)
		return
	}
	if h.limit == 0 || !h.less(c, &h.items[0]) {
		return
	}
	h.items[0] = *c
	h.items[0].id = strings.Clone(c.id)
	h.down(len(h.items))
}

func (h *bounded) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !h.less(&h.items[parent], &h.items[i]) {
			return
		}
		h.items[parent], h.items[i] = h.items[i], h.items[parent]
		i = parent
	}
}

// down lets the first of the n first items sink to its place.
func (h *bounded) down(n int) {
	for i := 0; ; {
		child := 2*i + 1
		if child >= n {
			return
		}
		if r := child + 1; r < n && h.less(&h.items[child], &h.items[r]) {
			child = r
		}
		if !h.less(&h.items[i], &h.items[child]) {
			return
		}
		h.items[i], h.items[child] = h.items[child], h.items[i]
		i = child
	}
}

// sorted returns the kept candidates in order: it takes the heap apart, largest
// first, and leaves it unusable.
func (h *bounded) sorted() []candidate {
	for n := len(h.items) - 1; n > 0; n-- {
		h.items[0], h.items[n] = h.items[n], h.items[0]
		h.down(n)
	}
	return h.items
}

func sortBy(c []candidate, less func(a, b *candidate) bool) {
	slices.SortFunc(c, func(a, b candidate) int {
		switch {
		case less(&a, &b):
			return -1
		case less(&b, &a):
			return 1
		}
		return 0
	})
}
