package composite

import (
	"math"
	"math/rand/v2"
	"slices"
)

// WeightDraws is how many sets of weights Stability tries.
const WeightDraws = 2000

// stable is the share of weight sets that must give one band, for it not to be
// said to depend on the choice of weights.
const stable = 0.95

// Weightings are sets of indicator weights within the stated range of a rule
// book, the same for all units of a run.
type Weightings struct {
	book   *RuleBook
	widest float64
	leaves []string
	sets   [][]float64 // by draw, then by leaf: share of the whole, 0–1
}

// Stability says how a composite depends on the choice of weights: all else
// being as it is, over sets of weights within the stated range.
type Stability struct {
	Range  float64 `json:"range"`  // most points by which a weight was moved, either way
	Lo     float64 `json:"lo"`     // 2.5% point of the composite
	Hi     float64 `json:"hi"`     // 97.5% point
	Band   string  `json:"band"`   // the band most sets give
	Share  float64 `json:"share"`  // of the sets that give it
	Depend bool    `json:"depend"` // fewer than 95% give one band
}

// Weightings draws WeightDraws sets of weights: among the children of every node
// each weight is uniform within the range of its own (see RangeOf; never below
// 0), then they are scaled to 100 again (Saisana, Saltelli and Tarantola 2005,
// J. R. Stat. Soc. A 168, 307). The draws come from a fixed seed, so that a run
// rebuilds; nil where no weight has a range. A book without ranges of single
// nodes gives the sets that it gave before there were any.
func (r *RuleBook) Weightings() *Weightings {
	widest := r.widest(r.Tree)
	if widest <= 0 {
		return nil
	}
	w := &Weightings{book: r, widest: widest, sets: make([][]float64, WeightDraws)}
	w.leaves = leafIDs(r.Tree, nil)
	rng := rand.New(rand.NewPCG(0x676f6e6770696e67, WeightDraws))
	for i := range w.sets {
		w.sets[i] = r.draw(rng, r.Tree, 1, make([]float64, 0, len(w.leaves)))
	}
	return w
}

// RangeOf is by how many points the weight of a node may be chosen otherwise:
// its own range, or else the book's.
func (r *RuleBook) RangeOf(n Node) float64 {
	if n.WeightRange != nil {
		return *n.WeightRange
	}
	return r.WeightRange
}

// widest is the widest range of any node.
func (r *RuleBook) widest(nodes []Node) (most float64) {
	for _, n := range nodes {
		most = max(most, r.RangeOf(n), r.widest(n.Children))
	}
	return most
}

func leafIDs(nodes []Node, out []string) []string {
	for _, n := range nodes {
		if n.Source == Group {
			out = leafIDs(n.Children, out)
		} else {
			out = append(out, n.ID)
		}
	}
	return out
}

func (r *RuleBook) draw(rng *rand.Rand, nodes []Node, share float64, out []float64) []float64 {
	moved, sum := make([]float64, len(nodes)), 0.0
	for i, n := range nodes {
		moved[i] = n.IndicatorWeight
		if len(nodes) > 1 { // an only child has all of it, whatever the range
			moved[i] = max(0, n.IndicatorWeight+float64(r.RangeOf(n)*(2*rng.Float64()-1)))
		}
		sum += moved[i]
	}
	for i, n := range nodes {
		part := share * n.IndicatorWeight / 100
		if sum > 0 {
			part = share * moved[i] / sum
		}
		if n.Source == Group {
			out = r.draw(rng, n.Children, part, out)
		} else {
			out = append(out, part)
		}
	}
	return out
}

// Of says how the composite of a unit depends on the weights. Leaves without a
// value are left out and the others carry their weight, as in Join; it is nil
// where no leaf has a value.
func (w *Weightings) Of(leaf func(id string) (score float64, ok bool)) *Stability {
	value, have := make([]float64, len(w.leaves)), make([]bool, len(w.leaves))
	any := false
	for i, id := range w.leaves {
		value[i], have[i] = leaf(id)
		any = any || have[i]
	}
	if !any {
		return nil
	}
	scores, bands := make([]float64, 0, len(w.sets)), map[string]int{}
	for _, set := range w.sets {
		sum, weight := 0.0, 0.0
		for i, share := range set {
			if have[i] {
				sum += float64(share * value[i])
				weight += share
			}
		}
		if weight > 0 {
			scores = append(scores, sum/weight)
			bands[w.book.BandOf(sum/weight).ID]++
		}
	}
	if len(scores) == 0 {
		return nil
	}
	slices.Sort(scores)
	s := &Stability{Range: w.widest, Lo: at(scores, 0.025), Hi: at(scores, 0.975)}
	for _, b := range w.book.Bands { // in their order, so that a tie goes to the better
		if share := float64(bands[b.ID]) / float64(len(scores)); share > s.Share {
			s.Band, s.Share = b.ID, share
		}
	}
	s.Depend = s.Share < stable
	return s
}

// at is the p-quantile of ascending values: the smallest that at least a share p
// of them do not exceed (type 1 of Hyndman & Fan 1996).
func at(sorted []float64, p float64) float64 {
	k := int(math.Ceil(p*float64(len(sorted)))) - 1
	return sorted[min(max(k, 0), len(sorted)-1)]
}
