package appeals

import (
	"context"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
)

// Statistics are the numbers of appeals for auditors and managers.
type Statistics struct {
	Grounds  []appealdb.GroundCount `json:"grounds"`
	Outcomes []appealdb.Votes       `json:"outcomes"`
	Sides    []appealdb.SideCount   `json:"sides,omitempty"` // auditors only: a manager could tell answers from it
}

// Statistics counts appeals within the actor's area by ground, state, outcome
// and side.
func (s *Service) Statistics(ctx context.Context, who authz.Actor) (st Statistics, err error) {
	err = s.Read(ctx, who, authz.AppealStatistics, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		if st.Grounds, err = appealdb.Counts(ctx, q, who.District, who.Area); err != nil {
			return err
		}
		if st.Outcomes, err = appealdb.Outcomes(ctx, q, who.District, who.Area); err != nil {
			return err
		}
		if who.Role == authz.Auditor {
			st.Sides, err = appealdb.Sides(ctx, q, who.District, who.Area)
		}
		return err
	})
	return st, err
}
