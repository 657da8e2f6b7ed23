package appeals

import (
	"context"
	"math"
	"time"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/appeal"
)

// maxEnded is how many ended notices stay on the page.
const maxEnded = 20

// Ended lists the notices whose results were published after their time, newest
// first: what stood on public notice can still be read, with the result that it
// replaced. It tells nothing that the published versions do not.
func (s *Service) Ended(ctx context.Context, who authz.Actor) (list []Notice, err error) {
	err = s.Read(ctx, who, authz.NoticeRead, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		all, err := appealdb.Noticed(ctx, q, who.District, maxEnded)
		if err != nil {
			return err
		}
		for _, a := range all {
			_, c, err := load(ctx, q, who.District, a.ID)
			if err != nil {
				return err
			}
			n, err := notice(ctx, q, who, a, c)
			if err != nil {
				return err
			}
			if err := replaced(ctx, q, who.District, a, c, &n); err != nil {
				return err
			}
			list = append(list, n)
		}
		return nil
	})
	return list, err
}

// replaced fills in the figures that were published before the notice.
func replaced(ctx context.Context, q pg.Querier, district string, a appealdb.Appeal, c *appeal.Case, n *Notice) error {
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
