package score

import (
	"context"

	"gongping/analytics/fairness"
	"gongping/internal/pg"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
)

// moved is what two versions of a unit's counts would say of the answers between
// them: where a cell of answers has changed, the grades of these few are a table
// of their own, and its small cells are hidden like those of any other.
type moved struct {
	items, dimensions []movedItem
	reasons           bool // some reason counts a few answers less or more
}

type movedItem struct {
	marks  [5]fairness.Cell
	silent bool // of the answers that are no grade, a few
}

func (m *movedItem) any() bool { return m.silent || m.marks != [5]fairness.Cell{} }

func (m *moved) of(list []movedItem, i int) (none movedItem) {
	if i < len(list) {
		return list[i]
	}
	return none
}

// since compares a unit's counts with those that earlier versions showed.
func (v *veil) since(ctx context.Context, db pg.Querier, district string, u *scoring.UnitResult) error {
	for _, run := range v.versions.Before[u.Unit] {
		old, err := scoredb.UnitOf(ctx, db, district, run, u.Unit)
		if err != nil {
			return err
		}
		m := v.moved[u.Unit]
		v.apart(&m.items, old.Items, u.Items)
		v.apart(&m.dimensions, old.Dimensions, u.Dimensions)
		for _, keys := range []map[string]int{old.Reasons, u.Reasons} {
			for k := range keys {
				m.reasons = m.reasons || v.few(old.Reasons[k]-u.Reasons[k])
			}
		}
		if v.moved == nil {
			v.moved = map[string]moved{}
		}
		v.moved[u.Unit] = m
	}
	return nil
}

// few tells whether a difference is that of some answers, less than a cell.
func (v *veil) few(d int) bool { return d != 0 && d > -v.cell && d < v.cell }

// apart adds the marks that the difference of two lists of questions asks for.
func (v *veil) apart(to *[]movedItem, old, now []scoring.ItemResult) {
	if *to == nil {
		*to = make([]movedItem, len(now))
	}
	for i := range min(len(old), len(now)) {
		m, a, b := &(*to)[i], &old[i], &now[i]
		d := make([]int, len(b.Counts))
		for g := range d {
			d[g] = max(a.Counts[g]-b.Counts[g], b.Counts[g]-a.Counts[g])
		}
		for g, mark := range fairness.SuppressMean(d, v.cell) {
			if mark != fairness.Shown && m.marks[g] != fairness.Primary {
				m.marks[g] = mark
			}
		}
		m.silent = m.silent || v.few(a.DontKnow-b.DontKnow) || v.few(a.Declined-b.Declined) || v.few(a.Missing-b.Missing)
	}
}
