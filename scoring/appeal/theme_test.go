package appeal_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gongping/scoring/appeal"
)

// voices makes n content answers from as many households, with the first k of
// them dissatisfied with one of ten questions.
func voices(n, k, question int) []appeal.Voice {
	out := make([]appeal.Voice, n)
	for i := range out {
		out[i] = appeal.Voice{ID: fmt.Sprint(i), Household: fmt.Sprint("h", i), Low: make([]bool, 10)}
		out[i].Low[question] = i < k
	}
	return out
}

func rare() []float64 { return slices.Repeat([]float64{0.05}, 10) }

// TestThemes: what protects a collective complaint, and what does not.
func TestThemes(t *testing.T) {
	t.Parallel()
	rules := appeal.DefaultThemeRules()
	lone := voices(60, 0, 0)
	for q := range lone[7].Low {
		lone[7].Low[q] = true // one household angry about everything
	}
	family := voices(60, 12, 3)
	for i := range 12 {
		family[i].Household = "h1"
	}
	batch := voices(60, 12, 3)
	for i := range 12 {
		batch[i].Batch = "b1/2026-09-05"
	}
	for _, c := range []struct {
		name    string
		voices  []appeal.Voice
		members int
	}{
		{"twelve households, one question", voices(60, 12, 3), 12},
		{"a lone grievance", lone, 0},
		{"three of sixty at 5 %", voices(60, 3, 3), 0},
		{"one family many times", family, 0},
		{"links of one building and day", batch, 0},
		{"two households of ten", voices(10, 2, 3), 0},
	} {
		themes, members := appeal.Themes(c.voices, rare(), rules)
		if len(members) != c.members || c.members > 0 && !slices.Equal(themes, []int{3}) {
			t.Errorf("%s: themes %v, %d members, want %d", c.name, themes, len(members), c.members)
		}
	}
}

// TestThemesDoNotDependOnOrder, and one content answer more protects nobody new.
func TestThemesProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		list := make([]appeal.Voice, n)
		for i := range list {
			list[i] = appeal.Voice{ID: fmt.Sprint(i), Household: rapid.SampledFrom([]string{"", "a", "b", "c", fmt.Sprint(i)}).Draw(t, "household"),
				Batch: rapid.SampledFrom([]string{"", "", "x"}).Draw(t, "batch"), Low: []bool{rapid.Bool().Draw(t, "low"), rapid.IntRange(0, 9).Draw(t, "low2") == 0}}
		}
		base := []float64{0.1, 0.05}
		_, want := appeal.Themes(list, base, appeal.DefaultThemeRules())
		back := slices.Clone(list)
		slices.Reverse(back)
		if _, got := appeal.Themes(back, base, appeal.DefaultThemeRules()); len(got) != len(want) {
			t.Fatalf("%d members one way, %d the other", len(want), len(got))
		}
		more := append(slices.Clone(list), appeal.Voice{ID: "content", Household: "new", Low: []bool{false, false}})
		if _, got := appeal.Themes(more, base, appeal.DefaultThemeRules()); len(got) > len(want) {
			t.Fatalf("a content answer protects %d instead of %d", len(got), len(want))
		}
	})
}

// Reference: R 4.3, pbinom(k-1, n, p, lower.tail = FALSE).
func TestBinomialTail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, k int
		p    float64
		want float64
	}{{10, 3, 0.5, 0.9453125}, {4, 2, 0.25, 0.26171875}, {5, 5, 0.1, 1e-5}, {7, 0, 0.3, 1}, {7, 8, 0.3, 0}, {3, 1, 0, 0}, {3, 2, 1, 1}} {
		if got := appeal.BinomialTail(c.n, c.k, c.p); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("P(X ≥ %d), n %d, p %v: %v, want %v", c.k, c.n, c.p, got, c.want)
		}
	}
}

// TestThemeIsOutOfReach: on a ground that speaks of a grievance, the panel is
// not even asked about answers that share a theme; on others it is.
func TestThemeIsOutOfReach(t *testing.T) {
	t.Parallel()
	var answers []appeal.Answer
	for i := range 8 {
		answers = append(answers, appeal.Answer{ID: fmt.Sprint("low", i), Score: 20, Theme: i < 6}, appeal.Answer{ID: fmt.Sprint("high", i), Score: 90})
	}
	count := func(ground string) (low int) {
		g, _ := appeal.GroundOf(ground)
		for _, it := range appeal.Review("a", g, answers, false) {
			if it.Side == appeal.Low {
				low++
			}
		}
		return low
	}
	if n := count("misunderstanding"); n != 2 {
		t.Errorf("%d low answers under review as a misunderstanding, want the 2 outside the theme", n)
	}
	if n := count("interview_fault"); n != appeal.MaxReview {
		t.Errorf("%d low answers under review for a fault of the interview", n)
	}
	if n := count(appeal.RegisteredConflict); n != 0 {
		t.Errorf("the panel reviews %d answers for an entry of the register", n)
	}
}
