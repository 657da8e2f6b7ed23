package panel

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// Pair is a committee and a reviewer who rates it.
type Pair struct{ Committee, Reviewer string }

// Wish is what a plan of ratings is made from.
type Wish struct {
	Committees, Reviewers []string
	Per                   int           // reviewers a committee
	Barred                map[Pair]bool // conflicts of interest
	Seed                  string        // public: the same seed gives the same plan
}

// Plan says who rates whom.
type Plan struct {
	Pairs []Pair // by committee and reviewer
	Load  map[string]int
	// Short are the committees that get fewer than Per reviewers, because too
	// few are without a conflict.
	Short []string
	// Sets are the sets of reviewers connected by shared committees. One set
	// makes all severities comparable.
	Sets [][]string
}

// Comparable tells whether the severities of all reviewers with work can be
// compared.
func (p *Plan) Comparable() bool { return len(p.Sets) <= 1 }

// Spread is the difference between the greatest and the least load.
func (p *Plan) Spread() int {
	lo, hi := -1, 0
	for _, n := range p.Load {
		hi = max(hi, n)
		if lo < 0 || n < lo {
			lo = n
		}
	}
	return hi - max(lo, 0)
}

// Assign plans an incomplete design: every committee gets Per reviewers without
// a conflict, loads are as equal as the conflicts allow, and the reviewers hang
// together through shared committees where that is possible at all. Ties are
// broken by tickets, SHA-256 over the seed and both names, so that nobody
// chooses whom a reviewer rates and everybody can repeat it.
func Assign(w Wish) Plan {
	a := &assigner{wish: w, has: map[Pair]bool{}, load: map[string]int{}, met: map[[2]string]int{}, of: map[string][]string{}}
	a.committees, a.reviewers = unique(w.Committees), unique(w.Reviewers)
	slices.SortFunc(a.committees, func(x, y string) int { return cmp.Or(cmp.Compare(a.ticket(x, ""), a.ticket(y, "")), cmp.Compare(x, y)) })
	for _, r := range a.reviewers {
		a.load[r] = 0
	}
	// Committees with few to choose from go first, or the others use them up.
	slices.SortStableFunc(a.committees, func(x, y string) int { return cmp.Compare(len(a.free(x)), len(a.free(y))) })
	for _, c := range a.committees {
		a.fill(c)
	}
	a.balance()
	a.connect()
	return a.plan()
}

func unique(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

type assigner struct {
	wish                  Wish
	committees, reviewers []string
	has                   map[Pair]bool
	of                    map[string][]string // reviewers of a committee
	load                  map[string]int
	met                   map[[2]string]int // how often two reviewers share a committee
}

// ticket orders by chance. Fields carry their length, so that no two pairs of
// names can give the same bytes.
func (a *assigner) ticket(x, y string) uint64 {
	h := sha256.New()
	for _, s := range []string{"gongping panel v1", a.wish.Seed, x, y} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	return binary.BigEndian.Uint64(h.Sum(nil))
}

// free lists who may rate a committee.
func (a *assigner) free(c string) (out []string) {
	for _, r := range a.reviewers {
		if !a.wish.Barred[Pair{c, r}] {
			out = append(out, r)
		}
	}
	return out
}

func meeting(x, y string) [2]string {
	if x > y {
		x, y = y, x
	}
	return [2]string{x, y}
}

// fill gives a committee the reviewers with the least load, then those who have
// met the others of it least, then by ticket.
func (a *assigner) fill(c string) {
	for range a.wish.Per {
		best, found := "", false
		var key [3]uint64
		for _, r := range a.free(c) {
			if a.has[Pair{c, r}] {
				continue
			}
			together := 0
			for _, o := range a.of[c] {
				together += a.met[meeting(r, o)]
			}
			k := [3]uint64{uint64(a.load[r]), uint64(together), a.ticket(c, r)}
			if !found || slices.Compare(k[:], key[:]) < 0 {
				best, key, found = r, k, true
			}
		}
		if !found {
			return
		}
		a.give(c, best)
	}
}

func (a *assigner) give(c, r string) {
	for _, o := range a.of[c] {
		a.met[meeting(r, o)]++
	}
	a.has[Pair{c, r}] = true
	a.of[c] = append(a.of[c], r)
	a.load[r]++
}

func (a *assigner) take(c, r string) {
	delete(a.has, Pair{c, r})
	a.of[c] = slices.DeleteFunc(a.of[c], func(o string) bool { return o == r })
	a.load[r]--
	for _, o := range a.of[c] {
		a.met[meeting(r, o)]--
	}
}

// balance moves work along chains of reviewers, each taking one committee from
// the one before, until no chain leads from somebody to another with two less:
// then the loads are as equal as the conflicts allow.
func (a *assigner) balance() {
	for a.shift() {
	}
}

func (a *assigner) shift() bool {
	order := slices.Clone(a.reviewers)
	slices.SortStableFunc(order, func(x, y string) int { return cmp.Compare(a.load[y], a.load[x]) })
	for _, from := range order {
		if a.chain(from) {
			return true
		}
	}
	return false
}

// step is how a search came to a reviewer: by taking a committee from another.
type step struct{ from, committee string }

func (a *assigner) chain(from string) bool {
	came, queue := map[string]step{from: {}}, []string{from}
	for len(queue) > 0 {
		r := queue[0]
		queue = queue[1:]
		for _, c := range a.committees {
			if !a.has[Pair{c, r}] {
				continue
			}
			for _, to := range a.free(c) {
				if _, seen := came[to]; seen || a.has[Pair{c, to}] {
					continue
				}
				came[to] = step{r, c}
				if a.load[to] <= a.load[from]-2 {
					a.move(came, from, to)
					return true
				}
				queue = append(queue, to)
			}
		}
	}
	return false
}

func (a *assigner) move(came map[string]step, from, to string) {
	for r := to; r != from; r = came[r].from {
		s := came[r]
		a.take(s.committee, s.from)
		a.give(s.committee, r)
	}
}

// connect exchanges two assignments of separate sets of reviewers, which keeps
// all loads, as long as that leaves fewer sets.
func (a *assigner) connect() {
	for sets := a.sets(); len(sets) > 1; {
		next := a.bridge(sets)
		if next == nil {
			return
		}
		sets = next
	}
}

func (a *assigner) bridge(sets [][]string) [][]string {
	in := map[string]int{}
	for i, s := range sets {
		for _, r := range s {
			in[r] = i
		}
	}
	for _, c := range a.committees {
		for _, r := range slices.Clone(a.of[c]) {
			for _, d := range a.committees {
				for _, o := range slices.Clone(a.of[d]) {
					if in[r] == in[o] || a.wish.Barred[Pair{c, o}] || a.wish.Barred[Pair{d, r}] {
						continue
					}
					a.swap(c, r, d, o)
					if next := a.sets(); len(next) < len(sets) {
						return next
					}
					a.swap(c, o, d, r)
				}
			}
		}
	}
	return nil
}

func (a *assigner) swap(c, r, d, o string) {
	a.take(c, r)
	a.take(d, o)
	a.give(c, o)
	a.give(d, r)
}

func (a *assigner) sets() [][]string { return Connected(a.pairs()) }

func (a *assigner) pairs() []Pair {
	out := make([]Pair, 0, len(a.has))
	for p := range a.has {
		out = append(out, p)
	}
	slices.SortFunc(out, func(x, y Pair) int {
		return cmp.Or(cmp.Compare(x.Committee, y.Committee), cmp.Compare(x.Reviewer, y.Reviewer))
	})
	return out
}

func (a *assigner) plan() Plan {
	p := Plan{Pairs: a.pairs(), Load: a.load, Sets: a.sets()}
	for _, c := range a.committees {
		if len(a.of[c]) < a.wish.Per {
			p.Short = append(p.Short, c)
		}
	}
	slices.Sort(p.Short)
	return p
}

// Connected lists the sets of reviewers that shared committees connect, the
// largest first; reviewers and sets of one size by name.
func Connected(pairs []Pair) [][]string {
	up := map[string]string{}
	root := func(x string) string {
		for up[x] != x {
			up[x] = up[up[x]]
			x = up[x]
		}
		return x
	}
	node := func(kind, name string) string {
		k := kind + name
		if _, ok := up[k]; !ok {
			up[k] = k
		}
		return k
	}
	reviewers := map[string]bool{}
	for _, p := range pairs {
		reviewers[p.Reviewer] = true
		x, y := root(node("c", p.Committee)), root(node("r", p.Reviewer))
		up[x] = y
	}
	by := map[string][]string{}
	for r := range reviewers {
		k := root("r" + r)
		by[k] = append(by[k], r)
	}
	out := make([][]string, 0, len(by))
	for _, s := range by {
		slices.Sort(s)
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b []string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a[0], b[0])) })
	return out
}
