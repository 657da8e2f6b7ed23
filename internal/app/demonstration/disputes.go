package demonstration

import (
	"context"
	"slices"
	"strings"
	"time"

	"gongping/internal/app/disputes"
)

// conflicts lets the worker of the committee with the lone disputes record one
// of them in the sealed register, before the draw of the finished round.
func (s *setup) conflicts(ctx context.Context) error {
	lone := s.world.Truth.Lone.People
	i := slices.IndexFunc(lone, func(id string) bool { return s.world.Person(id) != nil })
	if i < 0 {
		return nil
	}
	p := s.world.Person(lone[i])
	_, room, _ := strings.Cut(p.Address, p.Building)
	s.clock.T = s.world.Finished.OpensOn.AddDate(0, 0, -20).Add(11 * time.Hour)
	_, _, err := disputes.New(s.Core, s.appeals).Record(ctx, s.as("worker-lone"), disputes.Recording{Kind: "demand_refused", Entry: disputes.Entry{
		Building: p.Building, Room: room, CaseNumber: "演示调解-017",
		Story: "该户要求在公共走道封门，居委会依消防规定没有同意，此后多次发生争执，街道调解记录可查。"}})
	return err
}
