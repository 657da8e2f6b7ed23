package score

import (
	"context"
	"maps"
	"slices"

	"gongping/analytics/fairness"
	"gongping/internal/app/plain"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/composite"
)

// Masked stands for a count or a share that is not shown: some answers, fewer
// than the rule book's cell (or another count that would give it away).
const Masked = -1

// veil hides what nobody may see, before a result leaves the use case: the same
// for pages, exports and programs. Auditors see exact counts of reasons, since
// they may read the ledger of answers anyway.
type veil struct {
	cell     int
	cross    int // answers behind a count of attributed answers
	exact    bool
	role     authz.Role
	versions *versions // nil where exact
	usual    map[string]usual
	before   map[string]before // unit → its counts, hidden ones too
	moved    map[string]moved  // unit → what an earlier version would give away
	// secondary are committees whose plain figures are left out because another
	// committee of the street is hidden and could be worked out from them.
	secondary map[string]bool
}

func newVeil(ctx context.Context, db pg.Querier, who authz.Actor, run scoredb.Run, book *composite.RuleBook) (*veil, error) {
	v := &veil{cell: book.Suppression.Cell, cross: book.Suppression.CrossTab, exact: who.Role == authz.Auditor || who.Role == authz.System, role: who.Role, secondary: map[string]bool{}}
	if !v.exact {
		runs, err := plain.Compare(ctx, db, who.District, run, v.cell)
		if err != nil {
			return nil, err
		}
		v.versions = &versions{runs}
	}
	if Judges(who.Role) {
		var err error
		if v.usual, err = usualSpread(ctx, db, who.District, run.ID); err != nil {
			return nil, err
		}
	}
	counts, err := scoredb.CommitteeCounts(ctx, db, who.District, run.ID)
	if err != nil {
		return nil, err
	}
	for from := 0; from < len(counts); {
		to := from
		for to < len(counts) && counts[to].Unit[:9] == counts[from].Unit[:9] {
			to++
		}
		v.street(counts[from:to])
		from = to
	}
	return v, nil
}

// street marks the committees to leave out in one street, whose total is shown.
func (v *veil) street(list []scoredb.UnitCount) {
	row := make([]int, len(list))
	for i, c := range list {
		row[i] = c.N
	}
	marks := fairness.Suppress(fairness.Table{Count: [][]int{row}, Minimum: v.cell, RowTotals: true})
	for i, c := range list {
		if marks.Cell[0][i] == fairness.Secondary {
			v.secondary[c.Unit] = true
		}
	}
}

// show makes a unit's result what the reader may see.
func (v *veil) show(ctx context.Context, db pg.Querier, district string, u *scoring.UnitResult) error {
	if v.versions != nil {
		if err := v.versions.plain(ctx, db, district, u); err != nil {
			return err
		}
		if err := v.since(ctx, db, district, u); err != nil {
			return err
		}
	}
	if !v.exact {
		v.keep(u)
	}
	v.hide(u)
	coarsen(u, v.role, v.usual)
	return nil
}

// hide takes out of a unit's result what may not be shown.
func (v *veil) hide(u *scoring.UnitResult) {
	none := scoring.Figure{Status: "not_enough", N: u.N}
	switch {
	case u.N < v.cell:
		none.Status = "suppressed"
		v.blank(u, none)
	case u.Status == "not_enough":
		v.blank(u, none)
	case u.Raw.N < v.cell: // of an earlier run
		none.Status = "suppressed"
		u.Raw, u.Weighted, u.Adjusted, u.Robust, u.EB, u.Steps = none, none, none, none, none, nil
		v.items(u, none)
	case v.secondary[u.Unit]:
		none.Status = "suppressed"
		u.Raw, u.Weighted, u.Steps = none, none, nil
		v.items(u, none)
	default:
		since := v.moved[u.Unit]
		for i := range u.Items {
			v.item(&u.Items[i], since.of(since.items, i))
		}
		for i := range u.Dimensions {
			v.item(&u.Dimensions[i], since.of(since.dimensions, i))
		}
	}
	if !v.exact {
		v.parts(u.Reasons)
		if v.moved[u.Unit].reasons {
			for k := range u.Reasons {
				u.Reasons[k] = Masked
			}
		}
	}
	if !v.exact {
		// By ground it would tell whether an entry of the sealed register met
		// an answer.
		total := 0
		for _, n := range u.Excluded {
			total += n
		}
		if u.Excluded = nil; total > 0 {
			u.Excluded = map[string]int{asideAny: total}
		}
	}
	v.counts(u.Excluded)
	v.attribution(u)
}

// asideAny stands for all grounds on which a panel set answers aside.
const asideAny = "panel"

// blank leaves of a unit's answers no more than their number.
func (v *veil) blank(u *scoring.UnitResult, none scoring.Figure) {
	u.Raw, u.Weighted, u.Adjusted, u.Robust, u.EB, u.Official, u.Composite = none, none, none, none, none, none, none
	u.Band, u.BandLo, u.BandHi, u.CompositeBand, u.Fragility, u.FragileUp = "", "", "", "", 0, false
	u.WithoutLowest, u.WithoutHighest, u.RawWithoutLow, u.RawWithoutHigh, u.Steps = nil, nil, nil, nil, nil
	u.CollectiveLow, u.CollectiveHigh = false, false
	for i, p := range u.Parts {
		if p.ID == "resident" {
			u.Parts[i].Figure = none
		}
	}
	v.items(u, none)
}

func (v *veil) items(u *scoring.UnitResult, none scoring.Figure) {
	for _, list := range [][]scoring.ItemResult{u.Items, u.Dimensions} {
		for i := range list {
			list[i] = scoring.ItemResult{Item: list[i].Item, Figure: none, DontKnow: Masked, Declined: Masked, Missing: Masked}
			for g := range list[i].Counts {
				list[i].Counts[g], list[i].Shares[g] = Masked, Masked
			}
		}
	}
}

// item hides the grades with too few answers, those by which a few less or more
// of an earlier version would be seen, and as many more as would give them away
// by subtraction or by the mean.
func (v *veil) item(it *scoring.ItemResult, since movedItem) {
	if it.Figure.N < v.cell {
		it.Figure = scoring.Figure{Status: "suppressed", N: it.Figure.N}
	}
	marks := fairness.SuppressMean(it.Counts[:], v.cell)
	if since.any() {
		for g, m := range since.marks {
			if m != fairness.Shown {
				marks[g] = m
			}
		}
		marks = fairness.HideMore(it.Counts[:], marks, v.cell)
	}
	for g, m := range marks {
		if m != fairness.Shown {
			it.Counts[g], it.Shares[g] = Masked, Masked
		}
	}
	// Their sum is what the question lacks of all answers, so that one would
	// give the other away.
	if small := func(n int) bool { return n > 0 && n < v.cell }; small(it.DontKnow) || small(it.Declined) || small(it.Missing) || since.silent {
		it.DontKnow, it.Declined, it.Missing = Masked, Masked, Masked
	}
}

// parts hides small counts of a set whose total is shown, and as many more as
// would give them away.
func (v *veil) parts(m map[string]int) {
	keys := slices.Sorted(maps.Keys(m))
	row := make([]int, len(keys))
	for i, k := range keys {
		row[i] = m[k]
	}
	for i, mark := range fairness.Suppress(fairness.Table{Count: [][]int{row}, Minimum: v.cell, RowTotals: true}).Cell[0] {
		if mark != fairness.Shown {
			m[keys[i]] = Masked
		}
	}
}

func (v *veil) counts(m map[string]int) {
	for k, n := range m {
		if n > 0 && n < v.cell {
			m[k] = Masked
		}
	}
}
