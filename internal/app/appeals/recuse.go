package appeals

import (
	"context"
	"maps"
	"slices"
	"strings"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/scoring/appeal"
)

// Reasons for which the service takes a member from the panel: what was found,
// or that the account no longer works. The pages translate what follows the
// prefix (appeal.recused.why.KEY).
const (
	conflictFound = "conflict: "
	memberLeft    = conflictFound + "left"
)

// lost tells which seated members can no longer decide, and why: a conflict of
// interest that was found since they were seated, or an account that was
// switched off before its vote.
func lost(ctx context.Context, q pg.Querier, district string, a appealdb.Appeal, c *appeal.Case) (map[string]string, error) {
	if c.State != appeal.Assigned && c.State != appeal.Voting {
		return nil, nil
	}
	found, err := appealdb.FindConflicts(ctx, q, district, a)
	if err != nil {
		return nil, err
	}
	members, err := appealdb.Members(ctx, q, district, a.Unit)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, m := range c.Panel {
		i := slices.IndexFunc(found, func(x appealdb.Conflict) bool { return x.Account == m })
		switch {
		case i >= 0:
			out[m] = conflictFound + found[i].Why
		case !c.Voted(m) && !slices.ContainsFunc(members, func(x appeal.Member) bool { return x.ID == m }):
			out[m] = memberLeft
		}
	}
	return out, nil
}

// recuse lets those members go who can no longer decide, and fills their seats
// by the rule by which all are seated. A vote that was cast stays on record and
// is not counted. It tells who went.
func (s *Service) recuse(ctx context.Context, tx *app.Tx, a appealdb.Appeal, c *appeal.Case) (gone []string, err error) {
	why, err := lost(ctx, tx, tx.Actor.District, a, c)
	if err != nil || len(why) == 0 {
		return nil, err
	}
	for _, m := range slices.Clone(c.Panel) {
		reason, ok := why[m]
		if !ok {
			continue
		}
		if err := take(ctx, tx, a.ID, c, appeal.Event{Kind: appeal.KindRecused, Members: []string{m}, Reason: reason}); err != nil {
			return nil, err
		}
		gone = append(gone, m)
	}
	filled, err := s.seat(ctx, tx, a, c)
	if err != nil {
		return nil, err
	}
	tx.RecordAs("appeal.recused", "appeal", a.ID, a.Unit, map[string]any{"recused": len(gone), "filled": filled, "why": slices.Sorted(maps.Values(why))})
	return gone, nil
}

// errRecused is what a member reads in whom a conflict was found.
func errRecused() error {
	return errs.New(errs.Forbidden, "appeal.recused", "a conflict of interest was found, so somebody else decides in your place").
		At("panel", "", "members without a part in the result", "nothing is left for you to do here")
}

// sweepPanel lets members go in whom a conflict was found while nobody acted.
func (s *Service) sweepPanel(ctx context.Context, district, id string) (bool, error) {
	a, c, err := load(ctx, s.Pool, district, id)
	if err != nil {
		return false, err
	}
	if why, err := lost(ctx, s.Pool, district, a, c); err != nil || len(why) == 0 {
		return false, err
	}
	return true, s.Write(ctx, authz.SystemActor(district), authz.AppealDecide, authz.Object{Area: a.Unit}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		gone, err := s.recuse(ctx, tx, a, c)
		if len(gone) == 0 { // somebody was faster
			tx.Record("appeal", id, a.Unit, nil)
		}
		return err
	})
}

// StepBack lets a member leave the panel before voting, with a reason: who
// recognises a case in spite of the redaction says so, and somebody else is
// seated.
func (s *Service) StepBack(ctx context.Context, who authz.Actor, id, reason string) error {
	return s.Write(ctx, who, authz.AppealDecide, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		switch {
		case !slices.Contains(c.Panel, who.AccountID):
			return hidden()
		case c.Voted(who.AccountID):
			return errs.New(errs.Done, "appeal.voted", "you have voted on this appeal")
		}
		names, err := appealdb.NamesAround(ctx, tx, who.District, a.Unit, a.AppellantID)
		if err != nil {
			return err
		}
		if err := take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindRecused, By: who.AccountID, Members: []string{who.AccountID},
			Reason: appeal.Mask(strings.TrimSpace(reason), names)}); err != nil {
			return err
		}
		filled, err := s.seat(ctx, tx, a, c)
		tx.RecordAs("appeal.recused", "appeal", id, a.Unit, map[string]any{"stepped_back": true, "filled": filled})
		return err
	})
}
