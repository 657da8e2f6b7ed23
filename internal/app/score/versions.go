package score

import (
	"context"
	"math"
	"slices"
	"strconv"

	"gongping/internal/app/plain"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/composite"
)

// versions shows a unit's plain figures from the run that the rule of package
// plain names; only the official score, which is shrunk and robust, moves at
// once.
type versions struct{ *plain.Runs }

// plain replaces the plain figures of a unit by those of the run that they are
// shown from.
func (v *versions) plain(ctx context.Context, db pg.Querier, district string, u *scoring.UnitResult) error {
	id := v.Ref[u.Unit]
	if id == "" {
		return nil
	}
	old, err := scoredb.UnitOf(ctx, db, district, id, u.Unit)
	if err != nil {
		return err
	}
	u.Raw, u.Weighted, u.Adjusted, u.Robust, u.EB, u.EffectiveN = old.Raw, old.Weighted, old.Adjusted, old.Robust, old.EB, old.EffectiveN
	u.Items, u.Dimensions, u.Reasons = old.Items, old.Dimensions, old.Reasons
	steps := old.Steps
	for i := range steps {
		if steps[i].Key == "official" && u.Official.OK {
			steps[i].Value = u.Official.Value
		}
	}
	if u.Steps != nil {
		u.Steps = steps
	}
	u.Notes = append(u.Notes, scoring.Note{Key: NoteEarlier, Args: map[string]string{"N": strconv.Itoa(v.Numbers[id])}})
	return nil
}

// NoteEarlier is the key of the note that plain figures are those of an
// earlier run.
const NoteEarlier = "unit.earlier_figures"

// Judges tells whether a role is judged by results or judges by them, and so must
// not learn who said what; managers run the survey, auditors read the ledger.
func Judges(role authz.Role) bool {
	return role == authz.Worker || role == authz.Leader || role == authz.Panel || role == authz.Department
}

// coarsen rounds what would give single answers away to somebody who is judged
// by them. The influence of the most extreme answers is told in half points
// and for the official score only: of a plain mean, the exact influence of one
// answer is that answer.
func coarsen(u *scoring.UnitResult, role authz.Role, usual map[string]usual) {
	if !Judges(role) {
		return
	}
	if oneQuestion(u) {
		hideScoreOf(u)
	}
	for _, list := range [][]float64{u.WithoutLowest, u.WithoutHighest} {
		for i := range list {
			list[i] = round(list[i], 2)
		}
	}
	if w := u.Weights; w != nil {
		// Composites under other weights are sums of the official score: with all
		// their digits they would give all of its digits.
		w = &composite.Stability{Range: w.Range, Lo: round(w.Lo, 10), Hi: round(w.Hi, 10), Band: w.Band, Share: round(w.Share, 100), Depend: w.Depend}
		u.Weights = w
	}
	u.RawWithoutLow, u.RawWithoutHigh = nil, nil
	spreads(u, usual)
	for _, f := range []*scoring.Figure{&u.Raw, &u.Weighted, &u.Adjusted, &u.Robust, &u.EB, &u.Official, &u.Composite} {
		tenth(f)
	}
	for i := range u.Steps {
		u.Steps[i].Value = round(u.Steps[i].Value, 10)
	}
	u.EffectiveN, u.Reliability, u.ResponseRate = math.Round(u.EffectiveN), round(u.Reliability, 100), round(u.ResponseRate, 100)
	for _, list := range [][]scoring.ItemResult{u.Items, u.Dimensions} {
		for i := range list {
			tenth(&list[i].Figure)
			for g := range list[i].Shares {
				list[i].Shares[g] = round(list[i].Shares[g], 100)
			}
		}
	}
	for i := range u.Parts {
		tenth(&u.Parts[i].Figure)
	}
	if a := u.Attribution; a != nil {
		tenth(&a.Without)
		a.Effect = round(a.Effect, 2)
	}
}

// NoteOneQuestion is the key of the note that a score of one question is shown
// without what would solve the question's hidden grades.
const NoteOneQuestion = "unit.one_question"

// oneQuestion tells whether a unit's score is that of a single question some of
// whose grades are hidden.
func oneQuestion(u *scoring.UnitResult) bool {
	return len(u.Items) == 1 && u.Official.OK && slices.Contains(u.Items[0].Counts[:], Masked)
}

// hideScoreOf leaves of the score of a single question the official one. The
// spread of the other means is that of the question's answers, and the influence
// of the lowest of thirty answers, even in half points, is its grade.
func hideScoreOf(u *scoring.UnitResult) {
	none := scoring.Figure{Status: "suppressed", N: u.Raw.N}
	u.Raw, u.Weighted, u.Adjusted, u.Robust, u.EB, u.Steps = none, none, none, none, none, nil
	u.WithoutLowest, u.WithoutHighest = nil, nil
	for _, list := range [][]scoring.ItemResult{u.Items, u.Dimensions} {
		for i := range list {
			for g := range list[i].Counts {
				list[i].Counts[g], list[i].Shares[g] = Masked, Masked
			}
		}
	}
	u.Notes = append(u.Notes, scoring.Note{Key: NoteOneQuestion})
}

// coarse rounds the district's figures for everybody but those who may read the
// ledger: with all their digits, two versions would give the answers between
// them away even here.
func coarse(s *scoring.Summary) {
	s.Mean, s.BetweenSD, s.WithinSD, s.Rankable, s.ResponseRate = round(s.Mean, 10), round(s.BetweenSD, 10), round(s.WithinSD, 10), round(s.Rankable, 100), round(s.ResponseRate, 1000)
	for i := range s.CaseMixSlopes {
		s.CaseMixSlopes[i].Points = round(s.CaseMixSlopes[i].Points, 10)
	}
}

// tenth rounds a figure as the pages show it, to one decimal.
func tenth(f *scoring.Figure) {
	f.Value, f.SE, f.Lo, f.Hi = round(f.Value, 10), round(f.SE, 10), round(f.Lo, 10), round(f.Hi, 10)
}

// round never gives a negative zero, whose sign would be one more thing told.
func round(x, by float64) float64 { return math.Round(x*by)/by + 0 }
