package appeals

import (
	"context"
	"maps"
	"slices"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/appeal"
	"gongping/survey/instrument"
)

// Accept takes an appeal on, draws what is reviewed, and assigns a panel. The
// reason is read by the panel too: facts of the case, without names. Where too
// few members are free the appeal stays accepted, and assigned is false.
func (s *Service) Accept(ctx context.Context, who authz.Actor, id, reason string) (assigned bool, err error) {
	err = s.Write(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindAccepted, By: who.AccountID, Reason: reason}); err != nil {
			return err
		}
		if err := s.choose(ctx, tx, a, c); err != nil {
			return err
		}
		assigned, err = s.seat(ctx, tx, a, c)
		tx.Record("appeal", id, a.Unit, map[string]any{"accepted": true, "assigned": assigned, "reviewed": len(c.Labels)})
		return err
	})
	return assigned, err
}

// Refuse ends an appeal that does not meet the conditions, with a reason. A
// second instance is not refused by whoever dealt with the first.
func (s *Service) Refuse(ctx context.Context, who authz.Actor, id, reason string) error {
	return s.Write(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		if c.FirstDealt[who.AccountID] {
			return errs.New(errs.Barred, "appeal.first_dealt", "who dealt with the first instance does not refuse the second").
				At("", "", "another manager", "take it on, or let another manager look at it")
		}
		tx.Record("appeal", id, a.Unit, map[string]any{"refused": true})
		return take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindRefused, By: who.AccountID, Reason: reason})
	})
}

// Assign tries again to seat a panel, the third member after a split, or somebody
// in the place of a member who left, when nobody was free before.
func (s *Service) Assign(ctx context.Context, who authz.Actor, id string) error {
	return s.Write(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		gone, err := s.recuse(ctx, tx, a, c)
		if err != nil {
			return err
		}
		if c.FreeSeats() == 0 && len(gone) > 0 {
			tx.Record("appeal", id, a.Unit, map[string]any{"assigned": true})
			return nil
		}
		if c.FreeSeats() == 0 {
			return errs.New(errs.NotNow, "appeal.no_seat", "no seat of the panel is free")
		}
		ok, err := s.seat(ctx, tx, a, c)
		if err == nil && !ok {
			err = errs.New(errs.NotNow, "appeal.nobody_free", "too few panel members without a conflict of interest").
				At("panel", "", "members who neither interviewed, rated nor belong to the unit", "let the administrator add panel accounts, then try again")
		}
		tx.Record("appeal", id, a.Unit, map[string]any{"assigned": ok})
		return err
	})
}

// seat fills the free seats; false where too few are free.
func (s *Service) seat(ctx context.Context, tx *app.Tx, a appealdb.Appeal, c *appeal.Case) (bool, error) {
	found, err := appealdb.FindConflicts(ctx, tx, tx.Actor.District, a)
	if err != nil {
		return false, err
	}
	if err := appealdb.SaveConflicts(ctx, tx, tx.Actor.District, a.ID, found); err != nil {
		return false, err
	}
	for _, x := range found {
		c.Conflicts[x.Account] = true
	}
	members, err := appealdb.Members(ctx, tx, tx.Actor.District, a.Unit)
	if err != nil {
		return false, err
	}
	out := slices.Concat(c.Panel, slices.Collect(maps.Keys(c.Recused)))
	chosen, ok := appeal.Choose(a.ID, members, c.Conflicts, out, c.FreeSeats())
	if !ok || len(chosen) == 0 {
		return false, nil
	}
	return true, take(ctx, tx, a.ID, c, appeal.Event{Kind: appeal.KindAssigned, Members: chosen})
}

// choose draws the answers under review on both sides and keeps the redacted
// facts about them.
func (s *Service) choose(ctx context.Context, tx *app.Tx, a appealdb.Appeal, c *appeal.Case) error {
	if !c.Ground.Reviews() {
		return nil
	}
	d := tx.Actor.District
	answers, err := appealdb.UnitAnswers(ctx, tx, d, a.RunID, a.Unit)
	if err != nil {
		return err
	}
	u, err := scoredb.UnitOf(ctx, tx, d, a.RunID, a.Unit)
	if err != nil {
		return err
	}
	t, err := termsOf(ctx, tx, d, a.RoundID)
	if err != nil {
		return err
	}
	_, theme, err := themes(ctx, tx, d, &t, a.RunID, u, answers)
	if err != nil {
		return err
	}
	graded, err := gradedItems(ctx, tx, d, a.RoundID)
	if err != nil {
		return err
	}
	plain := make([]appeal.Answer, len(answers))
	byID := make(map[string]int, len(answers))
	for i, x := range answers {
		answers[i].Given = onlyGrades(x.Given, graded)
		plain[i], byID[x.ID] = x.Answer, i
		plain[i].Theme = theme[x.ID]
	}
	var items []appealdb.Item
	for _, it := range appeal.Review(a.ID, c.Ground, plain, u.CollectiveLow) {
		items = append(items, appealdb.Item{Item: it, Facts: facts(answers, byID[it.ID])})
		c.Labels = append(c.Labels, it.Label)
	}
	return appealdb.SaveItems(ctx, tx, d, a.ID, items)
}

// sameShare is the share of equal grades from which two interviews count as
// nearly the same.
const sameShare = 0.9

// facts reduces an answer to how it came about, coarsely.
func facts(all []appealdb.UnitAnswer, i int) appealdb.Facts {
	x := all[i]
	f := appealdb.Facts{Mode: x.Mode, Seconds: x.Seconds / 10 * 10}
	first, graded, same := "", 0, true
	for _, v := range x.Given {
		switch _, ok := instrument.Score(v); {
		case v == instrument.DontKnow:
			f.DontKnow++
		case v == instrument.Declined:
			f.Declined++
		case v == "":
			f.Skipped++
		case ok:
			if graded == 0 {
				first = v
			}
			graded++
			same = same && v == first
		}
	}
	f.Uniform = graded >= 3 && same
	if x.Evaluator == "" {
		return f
	}
	n, alike := 0, 0
	for k, y := range all {
		if k == i || y.Evaluator != x.Evaluator || y.Day != x.Day {
			continue
		}
		n++
		if likeness(x.Given, y.Given) >= sameShare {
			alike++
		}
	}
	if n > 0 {
		f.BatchSize, f.BatchSame = (n+5)/5*5, (100*alike/n+5)/10*10
	}
	return f
}

// likeness is the share of equal grades among the questions both graded.
func likeness(a, b map[string]string) float64 {
	n, same := 0, 0
	for item, v := range a {
		if _, ok := instrument.Score(v); !ok {
			continue
		}
		if w, ok := b[item]; ok {
			n++
			if w == v {
				same++
			}
		}
	}
	if n < 3 {
		return 0
	}
	return float64(same) / float64(n)
}
