package draws

import (
	"context"
	"iter"

	"gongping/internal/app/rounds"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/survey"
	"gongping/survey/draw"
)

// Rows yields the frame of a round for publication and drawing, in the order in
// which it was frozen. Only two-stage plans name buildings and households: who
// knows the houses would recognise most of them by how many live together, and
// see from the published file who was drawn.
func Rows(ctx context.Context, db pg.Querier, district string, r survey.Round) draw.Rows {
	return rows(ctx, db, district, r, true)
}

// rows is Rows; commitments made before places were left out (not sparing) name
// them in one-stage plans too, and must go on giving the same file.
func rows(ctx context.Context, db pg.Querier, district string, r survey.Round, sparing bool) draw.Rows {
	return func() iter.Seq2[draw.Row, error] {
		return func(yield func(draw.Row, error) bool) {
			stratum := strataOf(r)
			for p, err := range drawdb.Stream(ctx, db, district, r.FrameID) {
				row := draw.Row{Entry: p.Entry}
				if err == nil {
					if row.Stratum = stratum(p); row.Stratum != "" {
						row.Size = rounds.SizeOf(r, p)
						switch {
						case r.Plan.Method.TwoStage():
							row.Cluster, row.Household = r.Plan.Cluster(p.Traits), p.Household
						case !sparing:
							row.Cluster, row.Household = p.Building, p.Household
						}
					}
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// fewStrata is how many cells of a committee are remembered: more than that are
// put together again as fast as they are found.
const fewStrata = 12

// strataOf is rounds.StratumOf with a memory of the committee's strata: a frame
// comes committee by committee, and a name need not be put together again for
// every neighbour. Persons are told apart by what the plan looks at and by
// nothing else, so that a small committee has few names too.
func strataOf(r survey.Round) func(drawdb.Person) string {
	type cell struct {
		grid, building, sex, tenure, status string
		age                                 int
	}
	type named struct {
		cell cell
		name string
	}
	committee, names := "", []named(nil)
	by := map[string]bool{}
	for _, c := range r.Plan.StrataBy {
		by[c] = true
	}
	bySex, byAge, byTenure, byGrid, byBuilding := by["sex"], by["age_band"], by["tenure"], by["grid"], by["building"]
	adult := r.OpensOn.Year() - 18 // the last year of birth of those old enough
	return func(p drawdb.Person) string {
		if p.Committee != committee {
			committee, names = p.Committee, names[:0]
		}
		k := cell{status: p.Status}
		if bySex {
			k.sex = p.Sex
		}
		if byAge {
			k.age = p.BirthYear
		} else if p.BirthYear > adult {
			k.age = 1
		}
		if byTenure {
			k.tenure = p.Tenure
		}
		if byGrid {
			k.grid = p.Grid
		}
		if byBuilding {
			k.building = p.Building
		}
		for i := range names {
			if names[i].cell == k {
				return names[i].name
			}
		}
		name := rounds.StratumOf(r, p)
		if len(names) < fewStrata {
			names = append(names, named{k, name})
		}
		return name
	}
}
