// Package plain decides from which published run the plain figures of a unit
// are shown: means, counts by grade, the split by contact. It is one rule for
// all of them, because any that broke it would give away what the others hide.
package plain

import (
	"context"

	"gongping/internal/pg"
	"gongping/internal/pg/scoredb"
)

// Runs guards the difference between published runs of one round. Where a
// later run counts a few answers less than an earlier one, plain figures of
// both would give those answers away by subtraction. So a unit's plain figures
// stay those of an earlier published run until at least a cell of its answers
// has changed.
type Runs struct {
	Numbers map[string]int    // run id → number
	Ref     map[string]string // unit → the run whose plain figures are shown, where it is another one
}

// Compare compares the numbers of answers of the published runs up to one.
func Compare(ctx context.Context, db pg.Querier, district string, run scoredb.Run, cell int) (*Runs, error) {
	v := &Runs{Numbers: map[string]int{}, Ref: map[string]string{}}
	if run.Number == 1 {
		return v, nil
	}
	all, err := scoredb.OfRound(ctx, db, district, run.RoundID)
	if err != nil {
		return nil, err
	}
	shown := map[string]int{} // answers in the run whose plain figures are shown
	for i := len(all) - 1; i >= 0; i-- {
		r := all[i]
		if r.Number > run.Number || r.State != "done" || r.PublishedAt == nil && r.ID != run.ID {
			continue
		}
		v.Numbers[r.ID] = r.Number
		counts, err := scoredb.AreaCounts(ctx, db, district, r.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range counts {
			n, seen := shown[c.Unit]
			if d := n - c.N; !seen || d == 0 || d >= cell || d <= -cell {
				shown[c.Unit], v.Ref[c.Unit] = c.N, r.ID
			}
		}
	}
	for unit, id := range v.Ref {
		if id == run.ID || shown[unit] == 0 {
			delete(v.Ref, unit)
		}
	}
	return v, nil
}

// Of is the run that a unit's plain figures are shown from.
func (v *Runs) Of(unit, run string) string {
	if id := v.Ref[unit]; id != "" {
		return id
	}
	return run
}
