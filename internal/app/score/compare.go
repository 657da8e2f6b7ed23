package score

import (
	"context"
	"math"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
)

// Published lists the rounds of the actor's area with a published run, the
// latest first, and how many there are.
func (s *Service) Published(ctx context.Context, who authz.Actor, limit, offset int) (list []scoredb.Published, total int, err error) {
	err = s.Read(ctx, who, authz.RunRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		list, total, err = scoredb.PublishedRounds(ctx, db, who.District, who.Area, limit, offset)
		return err
	})
	return list, total, err
}

// Change is what became of a unit from one run to a later one.
type Change struct {
	Unit        string         `json:"unit"`
	Name        string         `json:"name"`
	Level       int            `json:"level"`
	Old         scoring.Figure `json:"old"`
	New         scoring.Figure `json:"new"`
	OldBand     string         `json:"old_band,omitempty"`
	NewBand     string         `json:"new_band,omitempty"`
	OldN        int            `json:"old_n"`
	NewN        int            `json:"new_n"`
	OldStatus   string         `json:"old_status"`
	NewStatus   string         `json:"new_status"`
	Significant bool           `json:"significant"` // the band, the status or the score to one decimal changed
}

// Compare lists the units within the actor's area in an older and a newer run
// of the same round, those with a change first.
func (s *Service) Compare(ctx context.Context, who authz.Actor, oldID, newID string) (old, next scoredb.Run, list []Change, err error) {
	err = s.Read(ctx, who, authz.RunRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		var a, b Result
		if err := s.result(ctx, db, who, oldID, &a); err != nil {
			return err
		}
		if err := s.result(ctx, db, who, newID, &b); err != nil {
			return err
		}
		if a.Run.RoundID != b.Run.RoundID {
			return errs.New(errs.Invalid, "run.other_round", "the two runs are of different rounds")
		}
		old, next, list = a.Run, b.Run, changes(a.Units, b.Units)
		return nil
	})
	return old, next, list, err
}

func changes(old, next []scoredb.UnitRow) []Change {
	at := map[string]*scoredb.UnitRow{}
	for i := range old {
		at[old[i].Unit] = &old[i]
	}
	var changed, same []Change
	for _, n := range next {
		c := Change{Unit: n.Unit, Name: n.Name, Level: n.Level, New: n.Official, NewBand: n.Band, NewN: n.N, NewStatus: n.Status}
		if o := at[n.Unit]; o != nil {
			c.Old, c.OldBand, c.OldN, c.OldStatus = o.Official, o.Band, o.N, o.Status
		}
		c.Significant = c.OldBand != c.NewBand || c.OldStatus != c.NewStatus || c.OldN != c.NewN ||
			math.Round(c.Old.Value*10) != math.Round(c.New.Value*10)
		if c.Significant {
			changed = append(changed, c)
		} else {
			same = append(same, c)
		}
	}
	return append(changed, same...)
}
