package demonstration

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"gongping/internal/app/intake"
	"gongping/internal/demo"
	"gongping/internal/tabular"
	"gongping/survey"
)

// work imports six months of hotline figures for the open round, one committee
// of which writes down the same numbers every month, and the single tickets of
// one street, with open ones and repeats. The streets report as well; one of
// their months is less than what its committees report.
func (s *setup) work(ctx context.Context, roundID string) error {
	six := monthsBefore(s.clock.Now().In(demo.Zone), 6)
	months := func(out io.Writer) error {
		w, err := tabular.NewWriter(out)
		if err != nil {
			return err
		}
		if err := w.Write("区划代码", "指标", "月份", "分子", "分母", "在办未到期", "重复投诉", "户数"); err != nil {
			return err
		}
		sums := map[string]*[6][4]float64{} // of the streets
		for _, a := range s.world.Areas {
			if a.Level != survey.Committee {
				continue
			}
			if sums[a.Parent] == nil {
				sums[a.Parent] = &[6][4]float64{}
			}
			for m, at := range six {
				n := 14 + math.Floor(26*chance(a.Code, at, "received"))
				pending := math.Floor(3 * chance(a.Code, at, "pending"))
				done := math.Min(n-pending, math.Round((n-pending)*(0.82+0.14*chance(a.Code, "done")+0.06*(chance(a.Code, at, "done")-0.5))))
				repeats := math.Floor(n * 0.35 * chance(a.Code, at, "repeats"))
				if a.Code == s.world.Truth.Coached.Committee {
					n, done, pending, repeats = 20, 20, 0, 0
				}
				for i, x := range []float64{done, n, pending, repeats} {
					sums[a.Parent][m][i] += x
				}
				if err := w.Write(a.Code, "hotline_on_time", at, fmt.Sprint(done), fmt.Sprint(n), fmt.Sprint(pending), fmt.Sprint(repeats), "1600"); err != nil {
					return err
				}
			}
		}
		for _, a := range s.world.Areas {
			of := sums[a.Code]
			if of == nil {
				continue
			}
			if a.Code == s.world.Truth.Lone.Committee[:9] {
				of[4][1] -= 10
			}
			for m, x := range of {
				if err := w.Write(a.Name, "hotline_on_time", six[m], fmt.Sprint(x[0]), fmt.Sprint(x[1]), fmt.Sprint(x[2]), fmt.Sprint(x[3]), ""); err != nil {
					return err
				}
			}
		}
		return w.Flush()
	}
	if err := s.upload(ctx, intake.Request{Kind: intake.Records, Round: roundID}, "12345按月办理情况（演示）.csv", months); err != nil {
		return err
	}
	s.clock.Advance(time.Hour)
	return s.upload(ctx, intake.Request{Kind: intake.Tickets, Round: roundID}, "12345工单明细（演示）.csv", s.tickets)
}

// monthsBefore are the last n months that are over on a day, the earliest first.
// They are counted from the first of the month: a month before the 30th of March
// there is no day.
func monthsBefore(day time.Time, n int) (list []string) {
	for m := range n {
		list = append(list, time.Date(day.Year(), day.Month()-time.Month(n-m), 1, 0, 0, 0, 0, time.UTC).Format("2006-01"))
	}
	return list
}

// tickets writes the tickets of one street: most closed within days, some open,
// some complained of twice by the same invented caller.
func (s *setup) tickets(out io.Writer) error {
	w, err := tabular.NewWriter(out)
	if err != nil {
		return err
	}
	if err := w.Write("区划代码", "受理日期", "办结日期", "事项", "诉求人编号", "是否响应", "是否解决", "是否满意"); err != nil {
		return err
	}
	street := s.world.Truth.Lone.Committee[:9]
	end := s.clock.Now().In(demo.Zone).AddDate(0, 0, -1)
	matters := []string{"电梯", "停车", "漏水", "楼道堆物", "垃圾清运"}
	for _, a := range s.world.Areas {
		if a.Level != survey.Committee || a.Code[:9] != street {
			continue
		}
		for k := range 24 {
			key := fmt.Sprint(k)
			opened := end.AddDate(0, 0, -int(90*chance(a.Code, key, "opened")))
			days := int(-math.Log(1-0.98*chance(a.Code, key, "days")) * 4)
			closed, answered, solved, satisfied := opened.AddDate(0, 0, days), "是", "是", "是"
			day := closed.Format(time.DateOnly)
			if closed.After(end) || chance(a.Code, key, "open") < 0.06 {
				day, solved, satisfied = "", "", ""
			} else if chance(a.Code, key, "solved") < 0.2 {
				solved, satisfied = "否", "否"
			}
			if chance(a.Code, key, "answered") < 0.05 {
				answered = "否"
			}
			caller := fmt.Sprintf("C%03d", int(18*chance(a.Code, key, "caller")))
			if err := w.Write(a.Code, opened.Format(time.DateOnly), day, matters[k%len(matters)], caller, answered, solved, satisfied); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

// upload imports what write makes as the manager.
func (s *setup) upload(ctx context.Context, req intake.Request, name string, write func(io.Writer) error) error {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	src, err := intake.NewSource(name, bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		return err
	}
	_, _, err = s.intake.Import(ctx, s.as("manager"), req, src, nil)
	return err
}
