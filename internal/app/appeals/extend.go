package appeals

import (
	"context"
	"strings"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/scoring/appeal"
)

// Extend gives the step that an appeal waits for more time: once, before its
// deadline, within the rule book's bound, with a reason that the appellant
// reads. The appeal's own page is the notification; its list marks it.
func (s *Service) Extend(ctx context.Context, who authz.Actor, id string, days int, reason string) error {
	return s.Write(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		t, err := termsOf(ctx, tx, who.District, a.RoundID)
		if err != nil {
			return err
		}
		step := c.Waiting()
		e := appeal.Event{Kind: appeal.KindExtended, By: who.AccountID, Step: step, Days: days, Reason: strings.TrimSpace(reason)}
		if step != "" && days > 0 && days <= c.ExtendMax {
			until := t.calendar.After(c.Due(), days)
			e.Until = &until
		}
		tx.Record("appeal", id, a.Unit, map[string]any{"extended": string(step), "days": days})
		return take(ctx, tx, id, c, e)
	})
}
