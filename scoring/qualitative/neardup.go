package qualitative

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
)

// The parameters of the search for near-duplicates. With 16 bands of 4 rows a
// pair of Jaccard similarity s is compared with probability 1 − (1 − s⁴)¹⁶:
// 0.999 at 0.8, 0.988 at 0.7, and 0.0001 at 0.05, where chance puts most pairs.
const (
	shingle = 3 // characters of a shingle
	bands   = 16
	perBand = 4
	hashes  = bands * perBand
	// MinRunes is the fewest characters that a text must have to be compared:
	// many people say "very good" without having agreed on it.
	MinRunes = 8
	// Similar is the Jaccard similarity of shingles from which two texts are
	// one (Broder 1997).
	Similar = 0.7
	// lookBack is how many members of a bucket a text is compared with.
	lookBack = 32
)

// NearDuplicates groups texts that say the same in nearly the same words. The
// result gives every text the number of its group; groups are numbered by
// their first text. Texts shorter than MinRunes and texts that resemble no
// other stand alone.
//
// Texts with equal folds are one; of the others, MinHash signatures (Broder
// 1997) of character 3-grams are banded (Leskovec, Rajaraman & Ullman, Mining
// of Massive Datasets, section 3.4), and every pair that shares a band is
// compared exactly, so that nothing is joined by the accident of a hash. What
// is joined with what does not depend on the order of the texts.
func NearDuplicates(texts []string) []int32 {
	folds := make([]string, len(texts))
	parallel(len(texts), func(i int) { folds[i] = Fold(texts[i]) })
	group := make([]int32, len(texts))
	first := make(map[string]int32, len(texts)) // fold → place among the distinct
	var distinct []string
	at := make([]int32, len(texts))
	for i, f := range folds {
		if len(f) < 2*MinRunes { // surely too short: do not keep it
			at[i] = -1
			continue
		}
		k, ok := first[f]
		if !ok {
			k = int32(len(distinct))
			first[f] = k
			distinct = append(distinct, f)
		}
		at[i] = k
	}
	root := joinSimilar(distinct)
	of := map[int32]int32{} // root → group
	for i := range group {
		k := at[i]
		if k < 0 || tooShort(distinct[k]) {
			group[i] = int32(i)
			continue
		}
		r := root[k]
		g, ok := of[r]
		if !ok {
			g = int32(i)
			of[r] = g
		}
		group[i] = g
	}
	return group
}

func tooShort(fold string) bool {
	n := 0
	for range fold {
		if n++; n >= MinRunes {
			return false
		}
	}
	return true
}

// joinSimilar returns the root of the component of every distinct fold.
func joinSimilar(folds []string) []int32 {
	n := len(folds)
	// Everything below depends on the texts alone: they are looked at in their
	// own order, whatever the order in which they came.
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(folds[a], folds[b]) })
	sets := make([][]uint32, n)
	keys := make([]uint64, n*bands)
	parallel(n, func(i int) {
		f := folds[order[i]]
		if tooShort(f) {
			return
		}
		sets[i] = shingles(f)
		signature(sets[i], keys[i*bands:(i+1)*bands])
	})
	u := newUnion(n)
	type entry struct {
		key uint64
		at  int32
	}
	list := make([]entry, 0, n)
	for b := range bands {
		list = list[:0]
		for i := range n {
			if sets[i] != nil {
				list = append(list, entry{keys[i*bands+b], int32(i)})
			}
		}
		slices.SortFunc(list, func(x, y entry) int { return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.at, y.at)) })
		for from := 0; from < len(list); {
			to := from + 1
			for to < len(list) && list[to].key == list[from].key {
				to++
			}
			for k := from + 1; k < to; k++ {
				for j := k - 1; j >= max(from, k-lookBack); j-- {
					x, y := list[j].at, list[k].at
					if u.find(x) != u.find(y) && jaccardAtLeast(sets[x], sets[y], Similar) {
						u.join(x, y)
					}
				}
			}
			from = to
		}
	}
	root := make([]int32, n)
	for i := range n {
		root[order[i]] = u.find(int32(i))
	}
	return root
}

// mix is the finalizer of SplitMix64 (Steele, Lea & Flood 2014).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// shingles are the distinct 3-grams of a fold, hashed, in order.
func shingles(fold string) []uint32 {
	var window [shingle]rune
	set := make([]uint32, 0, len(fold)/2)
	n := 0
	for _, r := range fold {
		window[n%shingle] = r
		if n++; n >= shingle {
			h := uint64(window[(n-3)%shingle])<<42 ^ uint64(window[(n-2)%shingle])<<21 ^ uint64(window[(n-1)%shingle])
			set = append(set, uint32(mix(h)>>32))
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// seeds are those of the 64 hash functions, odd multipliers from SplitMix64.
var seeds = func() (s [hashes]uint64) {
	x := uint64(310104)
	for i := range s {
		x += 0x9e3779b97f4a7c15
		s[i] = mix(x) | 1
	}
	return s
}()

// signature writes the key of every band of a set.
func signature(set []uint32, keys []uint64) {
	var least [hashes]uint32
	for i := range least {
		least[i] = ^uint32(0)
	}
	for _, x := range set {
		v := uint64(x) + 1
		for i, s := range &seeds {
			if h := uint32((v * s) >> 32); h < least[i] {
				least[i] = h
			}
		}
	}
	for b := range keys {
		h := uint64(b)
		for _, m := range least[b*perBand : (b+1)*perBand] {
			h = mix(h ^ uint64(m))
		}
		keys[b] = h
	}
}

// jaccardAtLeast tells whether two ordered sets overlap by s or more.
func jaccardAtLeast(a, b []uint32, s float64) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if float64(len(a)) < s*float64(len(b)) {
		return false
	}
	both, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			both++
			i++
			j++
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return float64(both) >= s*float64(len(a)+len(b)-both)
}

// union is a forest of disjoint sets with path halving; the least member of a
// set is its root, so that roots do not depend on the order of joining.
type union struct{ up []int32 }

func newUnion(n int) *union {
	u := &union{make([]int32, n)}
	for i := range u.up {
		u.up[i] = int32(i)
	}
	return u
}

func (u *union) find(x int32) int32 {
	for u.up[x] != x {
		u.up[x] = u.up[u.up[x]]
		x = u.up[x]
	}
	return x
}

func (u *union) join(x, y int32) {
	x, y = u.find(x), u.find(y)
	if x < y {
		u.up[y] = x
	} else {
		u.up[x] = y
	}
}

// parallel calls f for 0..n−1 on all cores; f writes only what is its own.
func parallel(n int, f func(i int)) {
	workers := max(1, min(runtime.GOMAXPROCS(0), n/256))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				f(i)
			}
		})
	}
	wg.Wait()
}

// AllPairs lists the pairs of texts that are near-duplicates by comparing every
// two of them: the yardstick for NearDuplicates, in quadratic time.
func AllPairs(texts []string) [][2]int {
	sets := make([][]uint32, len(texts))
	for i, t := range texts {
		if f := Fold(t); !tooShort(f) {
			sets[i] = shingles(f)
		}
	}
	var out [][2]int
	for i := range sets {
		for j := range i {
			if sets[i] != nil && sets[j] != nil && jaccardAtLeast(sets[i], sets[j], Similar) {
				out = append(out, [2]int{j, i})
			}
		}
	}
	return out
}
