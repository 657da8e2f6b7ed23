package composite_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"gongping/scoring/composite"
)

// tree draws a tree of at most two levels below the root whose weights add up
// to 100 on every level, by whole points, so that Check takes it.
func tree(t *rapid.T, prefix string, depth int) []composite.Node {
	n := rapid.IntRange(1, 4).Draw(t, "children")
	nodes, left := make([]composite.Node, n), 100
	for i := range nodes {
		w := left
		if i < n-1 {
			w = rapid.IntRange(1, left-(n-1-i)).Draw(t, "weight")
		}
		left -= w
		id := fmt.Sprintf("%s%d", prefix, i)
		nodes[i] = composite.Node{ID: id, Source: composite.ResidentRating, IndicatorWeight: float64(w)}
		if depth > 0 && rapid.IntRange(0, 2).Draw(t, "group") == 0 {
			nodes[i].Source, nodes[i].Children = composite.Group, tree(t, id+".", depth-1)
		}
		if rapid.Bool().Draw(t, "own") {
			v := float64(rapid.IntRange(0, 30).Draw(t, "range"))
			nodes[i].WeightRange = &v
		}
	}
	return nodes
}

func leavesOf(nodes []composite.Node) (out []string) {
	for _, n := range nodes {
		if n.Source == composite.Group {
			out = append(out, leavesOf(n.Children)...)
		} else {
			out = append(out, n.ID)
		}
	}
	return out
}

// TestPropagationMatchesSimulation holds the standard error of a composite
// against what repeating it gives: every leaf normal with its own standard
// error, some leaves missing, over random trees.
func TestPropagationMatchesSimulation(t *testing.T) {
	t.Parallel()
	const draws = 1500
	rapid.Check(t, func(t *rapid.T) {
		b := composite.Default()
		b.Tree = tree(t, "n", 2)
		if err := b.Check(); err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		mean := map[string]composite.Value{}
		for i, id := range leavesOf(b.Tree) {
			if i == 0 || rapid.IntRange(0, 4).Draw(t, "have") > 0 {
				mean[id] = composite.Value{OK: true, Score: rapid.Float64Range(0, 100).Draw(t, "score"), SE: rapid.Float64Range(0.5, 8).Draw(t, "se"), N: 30}
			}
		}
		total, _ := b.Join(func(n composite.Node) composite.Value { return mean[n.ID] })
		var sum, squares float64
		for range draws {
			v, _ := b.Join(func(n composite.Node) composite.Value {
				x := mean[n.ID]
				x.Score += x.SE * rng.NormFloat64()
				return x
			})
			d := v.Score - total.Score
			sum, squares = sum+d, squares+d*d
		}
		m := sum / draws
		sd := math.Sqrt(squares/draws - m*m)
		// 6 standard errors of the mean and of the standard deviation.
		if math.Abs(m) > 6*total.SE/math.Sqrt(draws) || math.Abs(sd/total.SE-1) > 6/math.Sqrt(2*draws) {
			t.Fatalf("propagated %v ± %v, simulated %+v off by %v and ± %v", total.Score, total.SE, mean, m, sd)
		}
	})
}

// TestWeightsSumToOne: the planned shares of the leaves are the whole, so are
// those that are used where leaves are missing, and so is every set that the
// weights are tried with; a weight of range 0 in a node of such keeps its share.
func TestWeightsSumToOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := composite.Default()
		b.Tree = tree(t, "n", 2)
		leaf := map[string]bool{}
		for _, id := range leavesOf(b.Tree) {
			leaf[id] = true
		}
		planned, used := 0.0, 0.0
		_, parts := b.Join(func(n composite.Node) composite.Value {
			return composite.Value{OK: n.ID == leavesOf(b.Tree)[0] || rapid.Bool().Draw(t, "have"), Score: 50, SE: 1}
		})
		for _, p := range parts {
			if leaf[p.ID] {
				planned, used = planned+p.PlannedWeight, used+p.IndicatorWeight
			}
		}
		if math.Abs(planned-100) > 1e-9 || math.Abs(used-100) > 1e-9 {
			t.Fatalf("planned %v, used %v", planned, used)
		}
		w := b.Weightings()
		if w == nil {
			return
		}
		for _, set := range w.Sets()[:50] {
			sum := 0.0
			for _, share := range set {
				if share < 0 {
					t.Fatalf("a share of %v", share)
				}
				sum += share
			}
			if math.Abs(sum-1) > 1e-12 {
				t.Fatalf("a set adds up to %v", sum)
			}
		}
	})
}

// TestRangesOfSingleWeights: a node's own range takes the place of the book's;
// books without them give the figures that they gave before there were any
// (worked out with the program of before), and ranges of 0 everywhere ask
// nothing.
func TestRangesOfSingleWeights(t *testing.T) {
	t.Parallel()
	v := values(map[string]float64{"resident": 81.25, "hotline_on_time": 64, "visit_coverage": 90, "council_meetings": 30, "panel": 71})
	old := composite.Stability{Range: 10, Lo: 73.64418593277348, Hi: 77.52145154969583, Band: "good", Share: 0.7425, Depend: true}
	b := composite.Default()
	if s := b.Weightings().Of(v); *s != old {
		t.Errorf("a book without ranges of its own gives %+v, before %+v", *s, old)
	}
	zero, wide, same := 0.0, 40.0, 10.0
	all := func(nodes []composite.Node, r *float64) []composite.Node {
		out := append([]composite.Node(nil), nodes...)
		for i := range out {
			out[i].WeightRange = r
			for k := range out[i].Children {
				out[i].Children = append([]composite.Node(nil), out[i].Children...)
				out[i].Children[k].WeightRange = r
			}
		}
		return out
	}
	b.Tree = all(composite.Default().Tree, &same)
	if s := b.Weightings().Of(v); *s != old {
		t.Errorf("the book's range said once a node gives %+v", *s)
	}
	b.Tree = all(composite.Default().Tree, &zero)
	if b.Weightings() != nil {
		t.Error("weights that nobody would choose otherwise are tried")
	}
	b.Tree[0].WeightRange = &wide // one weight alone in question
	s := b.Weightings().Of(v)
	// Residents at 20 to 100 of (w+40) points with the others at 57.0...: the
	// composite is (w·81.25 + 40·r)/(w+40), r that of the others.
	r := (25*(0.5*64+0.3*90+0.2*30) + 15*71) / 40
	lo, hi := (20*81.25+40*r)/60, (100*81.25+40*r)/140
	if s.Range != 40 || s.Lo < lo || s.Hi > hi || s.Lo-lo > 0.7 || hi-s.Hi > 0.7 {
		t.Errorf("%+v, exact bounds %v to %v", s, lo, hi)
	}
	over := 50.5
	b.Tree[0].WeightRange = &over
	if b.Check() == nil {
		t.Error("a range of 50.5 points was taken")
	}
}
