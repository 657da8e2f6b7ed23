package fair

import (
	"cmp"
	"math"
	"slices"

	"gongping/scoring/repeatable"
)

// EvidenceKind names what ties answers together.
type EvidenceKind uint8

// The kinds of evidence.
const (
	EvidenceNone EvidenceKind = iota
	EvidenceTheme
	EvidenceBuilding
	EvidenceWeek
)

// Collective is the result of the collective-signal test on one side of a unit.
type Collective struct {
	Found      bool
	Kind       EvidenceKind
	Code       int32 // the theme, building or week
	Answers    int   // extreme answers that share it
	Households int   // unrelated households among them
	P          float64
	// BayesFactor is the weight of the evidence for a real problem:
	// 1/(-e P ln P) for P < 1/e (Sellke, Bayarri and Berger 2001), at most
	// maxBayesFactor; 1 where the test found nothing.
	BayesFactor float64
}

const maxBayesFactor = 1e4

// tester holds the pooled theme frequencies among extreme answers, by side.
type tester struct {
	in    *Input
	l     *layout
	par   *Params
	theme [2]map[int32]float64
	total [2]float64
}

func newTester(in *Input, l *layout, par *Params) *tester {
	t := &tester{in: in, l: l, par: par}
	if in.Theme == nil && in.Building == nil && in.Week == nil {
		return nil
	}
	for k := range t.theme {
		t.theme[k] = map[int32]float64{}
	}
	if in.Theme != nil {
		for i, c := range in.Theme {
			for k := range t.theme {
				if c >= 0 && t.extreme(int32(i), k) {
					t.theme[k][c]++
					t.total[k]++
				}
			}
		}
	}
	return t
}

// extreme reports whether answer i is extreme on side k (0 low, 1 high).
func (t *tester) extreme(i int32, k int) bool {
	if k == 0 {
		return t.in.Score[i] <= t.par.LowAt
	}
	return t.in.Score[i] >= t.par.HighAt
}

// test runs the collective-signal test: among the k extreme answers of the
// unit, do more share a theme, building or week than chance gives? Exact
// binomial tail for the largest clusters, Bonferroni over codes and kinds; a
// cluster counts with its unrelated households only, and needs MinHouseholds.
func (t *tester) test(u, k int) Collective {
	best := Collective{P: 1, BayesFactor: 1}
	answers := t.l.order[t.l.start[u]:t.l.start[u+1]]
	var ext []int32
	for _, i := range answers {
		if t.extreme(i, k) {
			ext = append(ext, i)
		}
	}
	if len(ext) < t.par.MinHouseholds {
		return best
	}
	kinds := 0
	for kind, col := range t.columns() {
		if col == nil {
			continue
		}
		kinds++
		t.testKind(EvidenceKind(kind+1), col, k, ext, answers, &best)
	}
	best.P = math.Min(1, best.P*float64(kinds))
	best.Found = best.Kind != EvidenceNone && best.P < t.par.CollectiveAlpha
	if best.P < 1/math.E && best.Kind != EvidenceNone {
		p := math.Max(best.P, 1e-12)
		best.BayesFactor = math.Min(maxBayesFactor, 1/float64(-math.E*float64(p*repeatable.Log(p))))
	}
	return best
}

func (t *tester) columns() [3][]int32 { return [3][]int32{t.in.Theme, t.in.Building, t.in.Week} }

func (t *tester) testKind(kind EvidenceKind, col []int32, k int, ext, answers []int32, best *Collective) {
	codes := clusters(col, ext, t.in.Household)
	unrelated := t.unrelated(ext)
	known := 0
	for _, c := range codes {
		known += c.answers
	}
	for _, c := range codes {
		if c.households < t.par.MinHouseholds {
			continue
		}
		var r float64
		if kind == EvidenceTheme {
			// The theme's share among the extreme answers of all other units.
			r = (t.theme[k][c.code] - float64(c.answers) + 0.5) / (t.total[k] - float64(known) + float64(0.5*float64(max(len(t.theme[k]), 2))))
		} else {
			n := 0
			for _, i := range answers {
				if col[i] == c.code {
					n++
				}
			}
			r = float64(n) / float64(len(answers))
		}
		p := binomialTail(unrelated, c.households, r) * float64(len(codes))
		if p < best.P {
			*best = Collective{Kind: kind, Code: c.code, Answers: c.answers, Households: c.households, P: p, BayesFactor: 1}
		}
	}
}

type cluster struct {
	code                int32
	answers, households int
}

// clusters counts answers and unrelated households per known code, by code.
func clusters(col, ext, household []int32) []cluster {
	type row struct{ code, house int32 }
	rows := make([]row, 0, len(ext))
	for _, i := range ext {
		if col[i] >= 0 {
			h := int32(-1)
			if household != nil {
				h = household[i]
			}
			rows = append(rows, row{col[i], h})
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.house, b.house))
	})
	var out []cluster
	for j, r := range rows {
		if j == 0 || rows[j-1].code != r.code {
			out = append(out, cluster{code: r.code})
		}
		c := &out[len(out)-1]
		c.answers++
		if j == 0 || rows[j-1] != r || r.house < 0 {
			c.households++
		}
	}
	return out
}

// unrelated counts the unrelated households among answers.
func (t *tester) unrelated(ext []int32) int {
	if t.in.Household == nil {
		return len(ext)
	}
	h := make([]int32, len(ext))
	for j, i := range ext {
		h[j] = t.in.Household[i]
	}
	slices.Sort(h)
	n := 0
	for j, x := range h {
		if j == 0 || x < 0 || x != h[j-1] {
			n++
		}
	}
	return n
}
