package assess_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gongping/scoring"
)

// few keeps the answers of k committees, so that a run is quick.
func few(in *scoring.Input, k int) *scoring.Input {
	out := *in
	out.Units = slices.Clone(in.Units[:k])
	within := func(c string) bool {
		return slices.ContainsFunc(out.Units, func(u scoring.Unit) bool { return u.Code == c })
	}
	out.Strata, out.Answers = nil, nil
	for _, s := range in.Strata {
		if within(s.Committee) {
			out.Strata = append(out.Strata, s)
		}
	}
	for _, a := range in.Answers {
		if within(a.Committee) {
			out.Answers = append(out.Answers, a)
		}
	}
	return &out
}

// TestExcludingNothingChangesNothing: over random answers already set aside, a
// decision that adds nothing gives the same run to the last digit: no exclusion
// (nil or empty), and the same ones in another order. An exclusion does change
// it, so the comparison can fail.
func TestExcludingNothingChangesNothing(t *testing.T) {
	t.Parallel()
	base := few(world(t), 2)
	none := encode(t, base)
	changed := 0
	rapid.Check(t, func(r *rapid.T) {
		in := *base
		if rapid.IntRange(0, 9).Draw(r, "none") == 0 {
			in.Exclusions = []scoring.Exclusion{}
			if encode(t, &in) != none {
				r.Fatal("an empty list of exclusions changes the run")
			}
			return
		}
		ids := rapid.SliceOfNDistinct(rapid.IntRange(0, len(in.Answers)-1), 1, 6, rapid.ID[int]).Draw(r, "answers")
		for _, i := range ids {
			in.Exclusions = append(in.Exclusions, scoring.Exclusion{AnswerID: in.Answers[i].ID, Ground: "wrong_object"})
		}
		want := encode(t, &in)
		if want != none {
			changed++
		}
		again := in
		again.Exclusions = slices.Clone(in.Exclusions)
		slices.Reverse(again.Exclusions)
		if encode(t, &again) != want {
			r.Fatal("the order of exclusions changes the run")
		}
	})
	if changed == 0 {
		t.Error("no exclusion ever changed a run: the comparison proves nothing")
	}
}
