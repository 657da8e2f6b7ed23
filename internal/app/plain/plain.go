// Package plain decides from which published run the plain figures of a unit
// are shown: means, counts by grade, the split by contact. It is one rule for
// all of them, because any that broke it would give away what the others hide.
package plain

import (
	"context"
	"slices"
	"strings"
	"sync"

	"gongping/internal/pg"
	"gongping/internal/pg/scoredb"
	"gongping/survey"
)

// Runs guards the difference between published runs of one round. Where a later
// run counts a few answers less than an earlier one, or a few others, plain
// figures of both would give those answers away by subtraction. So a committee's
// plain figures stay those of an earlier published run until at least a cell of
// its answers has changed, and those of a street or of the district until those
// of all its committees have: else what moved above, less what moved below, would
// be what a committee still keeps back.
type Runs struct {
	Numbers map[string]int    // run id → number
	Ref     map[string]string // unit → the run whose plain figures are shown, where it is another one
	// Before are the earlier runs from which a unit's plain figures were shown,
	// each of answers that differ by at least a cell.
	Before map[string][]string
}

// Compare compares the answers of the published runs up to one.
func Compare(ctx context.Context, db pg.Querier, district string, run scoredb.Run, cell int) (*Runs, error) {
	v := &Runs{Numbers: map[string]int{}, Ref: map[string]string{}, Before: map[string][]string{}}
	if run.Number == 1 {
		return v, nil
	}
	all, err := scoredb.OfRound(ctx, db, district, run.RoundID)
	if err != nil {
		return nil, err
	}
	for _, r := range slices.Backward(all) {
		if r.Number > run.Number || r.State != "done" || r.PublishedAt == nil && r.ID != run.ID {
			continue
		}
		v.Numbers[r.ID] = r.Number
		units, err := scoredb.AreasOf(ctx, db, district, r.ID)
		if err != nil {
			return nil, err
		}
		if err := v.take(ctx, db, district, r.ID, units, cell); err != nil {
			return nil, err
		}
	}
	for unit, id := range v.Ref {
		if id == run.ID {
			delete(v.Ref, unit)
		}
	}
	return v, nil
}

// take lets the figures move on to a run where they may.
func (v *Runs) take(ctx context.Context, db pg.Querier, district, run string, units []string, cell int) error {
	since := map[string]map[string]scoredb.Moved{} // earlier run → committee → what has moved
	moved := func(from string) (map[string]scoredb.Moved, error) {
		if since[from] == nil {
			list, err := movedBetween(ctx, db, district, from, run)
			if err != nil {
				return nil, err
			}
			since[from] = make(map[string]scoredb.Moved, len(list))
			for _, m := range list {
				since[from][m.Unit] = m
			}
		}
		return since[from], nil
	}
	var waiting []string // committees that keep something back
	for _, level := range []survey.Level{survey.Committee, survey.Street, survey.District} {
		for _, unit := range units {
			if survey.LevelOf(unit) != level {
				continue
			}
			from, seen := v.Ref[unit]
			if !seen {
				v.Ref[unit] = run
				continue
			}
			list, err := moved(from)
			if err != nil {
				return err
			}
			sure, most := 0, 0
			for committee, m := range list {
				if strings.HasPrefix(committee, unit) {
					sure, most = sure+m.Sure, most+m.Most
				}
			}
			keeps := slices.ContainsFunc(waiting, func(w string) bool { return strings.HasPrefix(w, unit) })
			switch {
			case !keeps && (most == 0 || sure >= cell):
				if v.Ref[unit] = run; most > 0 {
					v.Before[unit] = append(v.Before[unit], from)
				}
			case level == survey.Committee:
				waiting = append(waiting, unit)
			}
		}
	}
	return nil
}

// pairs keeps what has moved between two finished runs: they never change, and a
// pair costs 70 ms at 90,000 answers. There are as many as published runs.
var pairs sync.Map // pair → []scoredb.Moved

type pair struct{ district, before, after string }

func movedBetween(ctx context.Context, db pg.Querier, district, before, after string) ([]scoredb.Moved, error) {
	key := pair{district, before, after}
	if list, ok := pairs.Load(key); ok {
		return list.([]scoredb.Moved), nil
	}
	list, err := scoredb.MovedBetween(ctx, db, district, before, after)
	if err == nil {
		pairs.Store(key, list)
	}
	return list, err
}

// Of is the run that a unit's plain figures are shown from.
func (v *Runs) Of(unit, run string) string {
	if id := v.Ref[unit]; id != "" {
		return id
	}
	return run
}
