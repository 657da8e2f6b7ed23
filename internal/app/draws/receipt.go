package draws

import (
	"context"

	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/rounddb"
)

// ReceiptParts gives the household parts of a person's receipt: one for each
// round that was drawn from the frame with households as units
// (docs/spec/draw-v1.md, section 9). The caller has checked who may have it.
func (s *Service) ReceiptParts(ctx context.Context, db pg.Querier, district, frame, person string) ([]byte, error) {
	ids, err := drawdb.DrawnRounds(ctx, db, district, frame)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, id := range ids {
		first, err := s.first(ctx, db, district, id)
		if err != nil {
			return nil, err
		}
		if !first.Homes {
			continue
		}
		r, err := rounddb.Get(ctx, db, district, id)
		if err != nil {
			return nil, err
		}
		from, err := s.source(ctx, db, district, r, first)
		if err != nil {
			return nil, err
		}
		part, err := from.homes.Receipt(person)
		if err != nil {
			return nil, err
		}
		out = append(out, part.Text()...)
	}
	return out, nil
}
