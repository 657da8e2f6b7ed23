package intake

import (
	"context"

	"gongping/internal/pg/intakedb"
	"gongping/survey/frame"
)

// ChangeInParts is the comparison of two frames so many persons at a time.
func (s *Service) ChangeInParts(ctx context.Context, before, after string, n int64) (*frame.Change, error) {
	parts := &Service{Core: s.Core, compared: n}
	a, err := intakedb.GetFrame(ctx, s.Pool, "310104", before)
	if err != nil {
		return nil, err
	}
	b, err := intakedb.GetFrame(ctx, s.Pool, "310104", after)
	if err != nil {
		return nil, err
	}
	return parts.change(ctx, s.Pool, "310104", a, b)
}
