package records

import (
	"cmp"
	"context"
	"slices"

	"gongping/internal/pg"
	"gongping/internal/pg/recorddb"
	"gongping/scoring"
	"gongping/scoring/composite"
	"gongping/survey"
)

// Indicators puts the figures of records in place of the plain indicators that
// were imported before them, for a run's input. Only a committee's own records
// are scored; those of a street or the district are shown and nothing else.
func Indicators(ctx context.Context, db pg.Querier, district string, r survey.Round, book *composite.RuleBook, plain []scoring.Indicator) ([]scoring.Indicator, error) {
	list, err := figures(ctx, db, district, r, book)
	if err != nil {
		return nil, err
	}
	cell := float64(book.Suppression.Cell)
	if len(list) == 0 {
		return unscored(plain, cell), nil
	}
	small := map[string]bool{}
	for i := range list {
		if f := &list[i]; f.Indicator == Satisfied && f.OK && f.decided() < cell {
			small[f.Area] = true
		}
	}
	times, err := recorddb.PlainTimes(ctx, db, district, r.ID)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, p := range plain {
		at[p.Committee+"/"+p.Indicator] = i
	}
	for _, f := range list {
		if f.Upper() {
			continue
		}
		key := f.Area + "/" + f.Indicator
		if times[key].After(f.At) {
			continue
		}
		v := scoring.Indicator{Committee: f.Area, Indicator: f.Indicator, Numerator: f.Numerator, Denominator: f.N, Method: f.Method}
		if f.Method == "tickets" {
			v.Value, v.SE = f.Share, f.SE
		}
		if f.Held() {
			v.Held = f.FlagKeys()
		}
		if f.Indicator == Satisfied && small[f.Area] {
			v = tooFew(v)
		}
		i, there := at[key]
		switch {
		case !f.OK && there:
			continue // what is known stays
		case !f.OK:
		case there:
			plain[i] = v
		default:
			plain = append(plain, v)
		}
	}
	slices.SortFunc(plain, func(a, b scoring.Indicator) int {
		return cmp.Or(cmp.Compare(a.Committee, b.Committee), cmp.Compare(a.Indicator, b.Indicator))
	})
	return unscored(plain, cell), nil
}

// unscored takes the satisfaction of fewer callers than a cell out of a run's
// input, wherever it was imported. It is hidden on the pages of records, and a
// part of a composite would give it away: the part itself, or the composite less
// the other parts.
func unscored(list []scoring.Indicator, cell float64) []scoring.Indicator {
	for i, v := range list {
		if v.Indicator == Satisfied && len(v.Held) == 0 && v.Denominator < cell {
			list[i] = tooFew(v)
		}
	}
	return list
}

// tooFew is an indicator without its figures.
func tooFew(v scoring.Indicator) scoring.Indicator {
	return scoring.Indicator{Committee: v.Committee, Indicator: v.Indicator, Method: v.Method, Held: []string{scoring.HeldSmall}}
}
