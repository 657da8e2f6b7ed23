package demonstration

import (
	"context"
	"fmt"
	"time"

	"gongping/internal/app/upward"
	"gongping/survey/instrument"
)

// handedDown fills the register of tasks of two departments and lets workers
// rate them in a survey that has ended; another one is open for whoever signs
// in as a worker.
func (s *setup) handedDown(ctx context.Context) error {
	svc := &upward.Service{Core: s.Core}
	now := s.clock.T
	defer func() { s.clock.T = now }()
	hours := func(n int) *int { m := 60 * n; return &m }
	for _, t := range []upward.Task{
		{Department: "housing", Title: "既有建筑结构安全巡查", Basis: "（演示）沪房〔%d〕12 号", Level: "committee", Minutes: hours(8)},
		{Department: "housing", Title: "加装电梯意愿征询", Basis: "（演示）徐房〔%d〕31 号", Level: "committee", Funds: true, Minutes: hours(5)},
		{Department: "housing", Title: "物业服务满意度月报", Level: "committee", Minutes: hours(4)},
		{Department: "police", Title: "电动自行车入户劝导", Basis: "（演示）徐公〔%d〕7 号", Level: "committee", People: true, Minutes: hours(6)},
		{Department: "police", Title: "出租房屋信息核对", Basis: "（演示）徐公〔%d〕22 号", Level: "street", Funds: true, People: true, Minutes: hours(12)},
	} {
		t.HandedOn = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -2-int(18*chance(t.Title)), 0)
		if t.Basis != "" { // a paper is not younger than what it hands down
			t.Basis = fmt.Sprintf(t.Basis, t.HandedOn.Year())
		}
		id, err := svc.SaveTask(ctx, s.as("manager"), t)
		if err != nil {
			return err
		}
		if t.Basis == "" { // a task without a basis is cleared up
			end := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
			t.ID, t.EndedOn, t.Reason = id, &end, "没有文件依据，经街道提出后取消"
			if _, err := svc.SaveTask(ctx, s.as("manager"), t); err != nil {
				return err
			}
		}
	}
	// An earlier survey, so that there is something to compare with.
	s.clock.T = now.AddDate(0, 0, -220)
	if err := s.rated(ctx, svc, fmt.Sprintf("%d 年职能部门评议", s.clock.T.Year()-1), map[string]float64{"housing": 2.4, "police": 4.0}); err != nil {
		return err
	}
	s.clock.T = now.AddDate(0, 0, -40)
	if err := s.rated(ctx, svc, fmt.Sprintf("%d 年职能部门评议（第一次）", now.Year()), map[string]float64{"housing": 3.0, "police": 4.1}); err != nil {
		return err
	}
	s.clock.T = now
	_, err := svc.Open(ctx, s.as("manager"), fmt.Sprintf("%d 年职能部门评议（第二次）", now.Year()), s.clock.T.AddDate(0, 0, 21).Truncate(24*time.Hour))
	return err
}

// rated opens a survey, lets most workers answer, and closes it.
func (s *setup) rated(ctx context.Context, svc *upward.Service, title string, levels map[string]float64) error {
	closes := func(days int) time.Time { return s.clock.T.AddDate(0, 0, days).Truncate(24 * time.Hour) }
	survey, err := svc.Open(ctx, s.as("manager"), title, closes(14))
	if err != nil {
		return err
	}
	for _, a := range s.world.Accounts {
		if a.Role != "worker" {
			continue
		}
		for department, level := range levels {
			if chance(a.Login, department, "takes part") < 0.12 {
				continue
			}
			given := instrument.Answers{}
			for _, it := range instrument.Upward().Items {
				x := level + map[string]float64{"support_means": -0.8, "task_clear": 0.4}[it.ID] + 1.8*(chance(a.Login, department, it.ID)-0.5)
				given[it.ID] = fmt.Sprint(int(min(5, max(1, x+0.5))))
			}
			if err := svc.Answer(ctx, s.as(a.Login), survey, department, given); err != nil {
				return err
			}
		}
	}
	return svc.Close(ctx, s.as("manager"), survey)
}
