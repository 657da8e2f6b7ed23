package demonstration

import (
	"cmp"
	"context"
	"slices"

	"gongping/internal/app/grades"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/grade"
)

// graded proposes grades from the finished round as of now, has the panel look
// at a trial and records where some workers stand. What cannot be graded with
// samples of this size is refused, and the page says why.
func (s *setup) graded(ctx context.Context) error {
	svc, manager := &grades.Service{Core: s.Core}, s.as("manager")
	list, _, err := s.scores.Published(ctx, manager, 10, 0)
	if err != nil || len(list) == 0 {
		return err
	}
	whole := slices.MaxFunc(list, func(a, b scoredb.Published) int { return cmp.Compare(a.Answers, b.Answers) })
	round, unit := whole.RoundID, s.world.Truth.Lone.Committee
	id, err := svc.FileTrial(ctx, manager, round, unit, "试行楼组轮值接待，头两个月登记的诉求有漏办，已补办并向居民说明，现已改进流程。")
	if err != nil {
		return err
	}
	for _, login := range []string{"panel-1", "panel-2"} {
		if err := svc.VoteTrial(ctx, s.as(login), id, true, "先行先试，程序公开，差错已及时纠正。"); err != nil {
			return err
		}
	}
	n := 0
	for _, w := range s.world.Workers {
		if w.AreaCode != unit {
			continue
		}
		if err := svc.SetStep(ctx, manager, w.No, grade.Step{Post: 1 + n%3, Level: 4 + n}, "首次登记，依据上年度聘用文件。"); err != nil {
			return err
		}
		n++
	}
	_, err = svc.Propose(ctx, manager, round)
	return err
}
