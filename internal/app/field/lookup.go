package field

import (
	"context"

	"gongping/internal/pg"
)

// RoundByID reads a round with its documents, for other rooms that watch the
// fieldwork. The caller has authorised.
func (s *Service) RoundByID(ctx context.Context, q pg.Querier, district, id string) (Round, error) {
	return s.roundByID(ctx, q, district, id)
}
