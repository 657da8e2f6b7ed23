package appeals

import (
	"context"
	"math"
	"time"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/scoredb"
)

// maxEnded is how many ended notices stay on the page.
const maxEnded = 20

// Ended lists the notices whose results were published after their time, newest
// first: what stood on public notice can still be read, with the result that it
// replaced. It tells nothing that the published versions do not.
func (s *Service) Ended(ctx context.Context, who authz.Actor) (list []Notice, err error) {
	return s.noticed(ctx, who, func(ctx context.Context, q pg.Querier) ([]appealdb.Appeal, error) {
		return appealdb.Noticed(ctx, q, who.District, maxEnded)
	}, func(ctx context.Context, q pg.Querier, a appealdb.Appeal, n *Notice) error {
		return replaced(ctx, q, who.District, a, n)
	})
}

// replaced fills in the figures that were published before the notice.
func replaced(ctx context.Context, q pg.Querier, district string, a appealdb.Appeal, n *Notice) error {
	runs, err := scoredb.OfRound(ctx, q, district, a.RoundID)
	if err != nil {
		return err
	}
	before, last := "", time.Time{}
	for _, r := range runs {
		if r.PublishedAt != nil && !r.PublishedAt.After(n.From) && r.PublishedAt.After(last) {
			before, last = r.ID, *r.PublishedAt
		}
	}
	if before == "" {
		n.Scored = false
		return nil
	}
	old, err := scoredb.UnitOf(ctx, q, district, before, a.Unit)
	if err != nil {
		return err
	}
	t, err := termsOf(ctx, q, district, a.RoundID)
	if err != nil {
		return err
	}
	n.Scored = n.Scored && old.Official.OK
	n.Before, n.BandBefore = math.Round(old.Official.Value*10)/10, bandText(&t.book, old.Band)
	return nil
}
