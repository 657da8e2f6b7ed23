package score

import (
	"context"
	"math"
	"slices"

	"gongping/analytics/fairness"
	"gongping/internal/pg"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/estimate"
)

// usual is how far the answers to a question spread over the whole district: the
// standard deviation in grades, of n answers.
type usual struct {
	sd float64
	n  int
}

// apart is how many times the answers of a unit the district must have for its
// spread to say nothing of the unit's.
const apart = 5

// usualSpread gives the spread of every question and dimension in the district.
func usualSpread(ctx context.Context, db pg.Querier, district, run string) (map[string]usual, error) {
	out := map[string]usual{}
	all, err := scoredb.UnitOf(ctx, db, district, run, district)
	if pg.NoRows(err) {
		return out, nil
	}
	for _, it := range append(all.Items, all.Dimensions...) {
		n, sum, squares := 0, 0, 0
		for g, k := range it.Counts {
			n, sum, squares = n+k, sum+g*k, squares+g*g*k
		}
		if n > 1 {
			m := float64(sum) / float64(n)
			out[it.Item] = usual{math.Sqrt(max(0, float64(squares)-float64(n)*m*m) / float64(n-1)), n}
		}
	}
	return out, err
}

// spreads replaces the precision of questions whose grades are partly hidden,
// because number, mean and spread of the answers are three equations by which
// hidden grades are solved. What takes its place is computed from what does not
// depend on the hidden grades: the spread of the whole district's answers, or,
// where the unit is too large a part of the district, the widest that fits what
// is shown. A dimension of one question is that question.
func spreads(u *scoring.UnitResult, usual map[string]usual) {
	design := 1.0 // what unequal weights (Kish) and a small population do to a standard error
	if n := math.Round(u.EffectiveN); n > 0 {
		design = math.Sqrt(max(1, float64(u.N)/n))
	}
	if u.Population > int64(u.N) { // finite population correction
		design *= math.Sqrt(1 - float64(u.N)/float64(u.Population))
	}
	twins := map[scoring.Figure]scoring.Figure{}
	for _, list := range [][]scoring.ItemResult{u.Items, u.Dimensions} {
		for i := range list {
			it := &list[i]
			exact := it.Figure
			if twin, ok := twins[exact]; ok {
				it.Figure = twin
				continue
			}
			if !exact.OK || exact.N < 2 || !slices.Contains(it.Counts[:], Masked) {
				continue
			}
			tenth(&it.Figure)
			instead(&it.Figure, it.Counts[:], design, usual[it.Item])
			twins[exact] = it.Figure
		}
	}
}

// instead gives a figure the precision that shown numbers say it has.
func instead(f *scoring.Figure, counts []int, design float64, all usual) {
	se := fairness.WidestSE(counts, f.N, f.Value/25)
	if all.n >= apart*f.N {
		se = min(se, all.sd/math.Sqrt(float64(f.N)))
	}
	f.SE = math.Ceil(250*design*se-1e-9) / 10
	half := estimate.TQuantile(0.975, float64(f.N-1)) * f.SE
	f.Lo, f.Hi = max(0, math.Floor(10*(f.Value-half))/10), min(100, math.Ceil(10*(f.Value+half))/10)
}
