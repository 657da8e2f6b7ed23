package panel_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gongping/scoring/panel"
)

func wish(committees, reviewers, per int, seed string) panel.Wish {
	w := panel.Wish{Per: per, Seed: seed, Barred: map[panel.Pair]bool{}}
	for i := range committees {
		w.Committees = append(w.Committees, fmt.Sprintf("c%03d", i))
	}
	for i := range reviewers {
		w.Reviewers = append(w.Reviewers, fmt.Sprintf("r%02d", i))
	}
	return w
}

// Whatever the conflicts: nobody rates where they have one, no pair stands
// twice, nobody is missing who could be there, and the load can be levelled no
// further. Without conflicts loads differ by one at most and all hang together.
func TestAssignProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := wish(rapid.IntRange(1, 30).Draw(t, "committees"), rapid.IntRange(2, 9).Draw(t, "reviewers"), rapid.IntRange(2, 4).Draw(t, "per"), rapid.String().Draw(t, "seed"))
		share := rapid.SampledFrom([]int{0, 0, 10, 30, 60}).Draw(t, "conflicts")
		for _, c := range w.Committees {
			for _, r := range w.Reviewers {
				if rapid.IntRange(0, 99).Draw(t, "barred") < share {
					w.Barred[panel.Pair{Committee: c, Reviewer: r}] = true
				}
			}
		}
		p := panel.Assign(w)
		of, seen := map[string]int{}, map[panel.Pair]bool{}
		for _, x := range p.Pairs {
			if w.Barred[x] || seen[x] {
				t.Fatalf("%v is barred or there twice", x)
			}
			seen[x] = true
			of[x.Committee]++
		}
		for _, c := range w.Committees {
			free := 0
			for _, r := range w.Reviewers {
				if !w.Barred[panel.Pair{Committee: c, Reviewer: r}] {
					free++
				}
			}
			if want := min(w.Per, free); of[c] != want {
				t.Fatalf("%s has %d reviewers, want %d", c, of[c], want)
			}
			if (of[c] < w.Per) != slices.Contains(p.Short, c) {
				t.Fatalf("%s: %d of %d, listed as short %v", c, of[c], w.Per, p.Short)
			}
		}
		if share == 0 {
			if p.Spread() > 1 {
				t.Fatalf("loads %v", p.Load)
			}
			if len(w.Committees)*min(w.Per, len(w.Reviewers)) >= len(w.Reviewers)+len(w.Committees)-1 && !p.Comparable() {
				t.Fatalf("sets %v", p.Sets)
			}
		}
		for from, n := range p.Load { // one step cannot level any two
			for to, m := range p.Load {
				for _, x := range p.Pairs {
					if x.Reviewer == from && m <= n-2 && !w.Barred[panel.Pair{Committee: x.Committee, Reviewer: to}] && !seen[panel.Pair{Committee: x.Committee, Reviewer: to}] {
						t.Fatalf("%s (%d) could give %s to %s (%d)", from, n, x.Committee, to, m)
					}
				}
			}
		}
		slices.Reverse(w.Committees)
		slices.Reverse(w.Reviewers)
		if again := panel.Assign(w); !reflect.DeepEqual(p, again) {
			t.Fatal("the order of the lists changes the plan")
		}
	})
}

// The plan that greedy choice alone would leave in two halves is joined.
func TestAssignConnects(t *testing.T) {
	t.Parallel()
	w := wish(8, 4, 2, "x")
	// Reviewers 0 and 1 may rate only the first half and committee 4, the others
	// only the second half and committee 3: one exchange joins them.
	for i, c := range w.Committees {
		for j, r := range w.Reviewers {
			first := j < 2
			if first && i > 4 || !first && i < 3 {
				w.Barred[panel.Pair{Committee: c, Reviewer: r}] = true
			}
		}
	}
	p := panel.Assign(w)
	if !p.Comparable() || p.Spread() > 1 {
		t.Errorf("sets %v, loads %v", p.Sets, p.Load)
	}
	// With a wall between them nothing can.
	for j, r := range w.Reviewers {
		w.Barred[panel.Pair{Committee: w.Committees[map[bool]int{true: 4, false: 3}[j < 2]], Reviewer: r}] = true
	}
	if p := panel.Assign(w); len(p.Sets) != 2 {
		t.Errorf("sets %v", p.Sets)
	}
}

func TestAnotherSeedAnotherPlan(t *testing.T) {
	t.Parallel()
	if reflect.DeepEqual(panel.Assign(wish(20, 6, 2, "a")).Pairs, panel.Assign(wish(20, 6, 2, "b")).Pairs) {
		t.Error("the seed changes nothing")
	}
}
