package plant

import (
	"testing"

	"gongping/survey/quality"
)

// The stated rates on a small round, with fixed seeds: where nobody cheats, any
// finding comes up in at most 5 of 100 rounds; plain fraud is found. The larger
// table stands in docs/methods/field-quality.md.
func TestStatedRates(t *testing.T) {
	t.Parallel()
	shape := Shape{Committees: 8, PerStreet: 4, Interviewers: 4, Each: 40, Alone: 25, Buildings: 8, Items: 10}
	const rounds = 40
	for _, row := range Measure(shape, quality.DefaultRules(), 20261128, rounds, "nobody", "honest-fast", "careless-all", "coached-building", "campaign-low") {
		if row.Honest && row.AnyFalse > 6 { // P(X > 6 | 40, 0.05) = 0.003
			t.Errorf("%s: %d of %d rounds accuse somebody", row.Name, row.AnyFalse, rounds)
		}
		if !row.Honest && row.AnyHit < rounds*9/10 {
			t.Errorf("%s: found in %d of %d rounds", row.Name, row.AnyHit, rounds)
		}
	}
}

func TestTheSameSeedGivesTheSameRound(t *testing.T) {
	t.Parallel()
	s := DefaultShape()
	a, b, c := Honest(s, 1, 2), Honest(s, 1, 2), Honest(s, 1, 3)
	if a.Responses[7].ID != b.Responses[7].ID || a.Responses[7].ID == c.Responses[7].ID || len(a.Attempts) != len(b.Attempts) {
		t.Error("the seed does not decide")
	}
}
