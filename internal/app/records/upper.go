package records

import (
	"context"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/recorddb"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/composite"
	"gongping/survey"
)

// Upper tells whether the figure is a street's or the district's own. It is
// shown and never scored, nor spread over the committees below.
func (f *Figure) Upper() bool { return survey.LevelOf(f.Area) < survey.Committee }

// decided is how many said, or were found, one or the other.
func (f *Figure) decided() float64 { return f.Received - f.Open }

// hide takes everything away by which the answers could be worked out.
func (f *Figure) hide() {
	f.OK, f.Status = false, "small"
	f.Share, f.SE, f.Lo, f.Hi, f.Least, f.Most, f.Numerator, f.N = 0, 0, 0, 0, 0, 0, 0, 0
}

// hideSmall hides how satisfied callers were where fewer than cell of them were
// asked: the few would be known by what they said. An area is hidden as well
// where what it has beyond the shown areas below it is such a few.
func hideSmall(list []Figure, cell int) {
	least := float64(cell)
	for i := range list {
		if f := &list[i]; f.Indicator == Satisfied && f.OK && f.decided() < least {
			f.hide()
		}
	}
	for _, level := range []survey.Level{survey.Street, survey.District} {
		for i := range list {
			if f := &list[i]; f.Indicator == Satisfied && f.OK && survey.LevelOf(f.Area) == level && betrays(f, list, least) {
				f.hide()
			}
		}
	}
}

// betrays tells whether a figure less those shown of a level below it is about
// fewer callers than least.
func betrays(f *Figure, list []Figure, least float64) bool {
	for level := survey.LevelOf(f.Area) + 1; level <= survey.Committee; level++ {
		shown, hidden := 0.0, false
		for k := range list {
			if g := &list[k]; g.Indicator == f.Indicator && survey.LevelOf(g.Area) == level && survey.Within(g.Area, f.Area) {
				if g.OK {
					shown += g.decided()
				} else {
					hidden = true
				}
			}
		}
		if rest := f.decided() - shown; hidden && rest > 0 && rest < least {
			return true
		}
	}
	return false
}

// opened returns the round and rule book of a run that the actor may see.
func opened(ctx context.Context, db pg.Querier, who authz.Actor, runID string) (run scoredb.Run, r survey.Round, book *composite.RuleBook, err error) {
	if run, err = scoredb.Get(ctx, db, who.District, runID); err != nil {
		return run, r, nil, app.NotFound(err, "run")
	}
	maker := who.Role == authz.Manager || who.Role == authz.Auditor || who.Role == authz.System
	if run.PublishedAt == nil && !maker {
		return run, r, nil, errs.New(errs.NotFound, "run.not_found", "there is no such run, or none that you may see")
	}
	if r, err = rounddb.Get(ctx, db, who.District, run.RoundID); err != nil {
		return run, r, nil, err
	}
	book, err = bookOf(ctx, db, who.District, r)
	return run, r, book, err
}

// Own returns the records that a street, or the district, has of its own, for
// those who may see its results in the run.
func (s *Service) Own(ctx context.Context, who authz.Actor, runID, area string) (u Unit, err error) {
	err = s.Read(ctx, who, authz.RecordRead, authz.Object{Area: area}, func(ctx context.Context, db pg.Querier) error {
		_, r, book, err := opened(ctx, db, who, runID)
		if err != nil {
			return err
		}
		u.Rules, u.Names = book.RulesOfRecords(), names(book.Tree)
		if any, err := recorddb.Any(ctx, db, who.District, r.ID, area); err != nil || !any {
			return err
		}
		u.Figures, err = figuresOf(ctx, db, who.District, r, book, area)
		return err
	})
	return u, err
}

// figuresOf are the figures of one area as they are shown.
func figuresOf(ctx context.Context, db pg.Querier, district string, r survey.Round, book *composite.RuleBook, area string) (out []Figure, err error) {
	all, err := figures(ctx, db, district, r, book)
	hideSmall(all, book.Suppression.Cell)
	for _, f := range all {
		if f.Area == area {
			out = append(out, f)
		}
	}
	return out, err
}
