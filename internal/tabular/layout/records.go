package layout

import (
	"regexp"
	"time"

	"gongping/internal/tabular"
)

// recordArea is whose record a row is: a committee's, a street's or the
// district's, by code or by a name that only one of them has.
var recordArea = tabular.Column{Name: "area", Aliases: []string{"area_code", "committee_code", "区划代码", "居委会代码", "区域代码"}, Required: true,
	Type: tabular.Code, Digits: []int{12, 9, 6}, Named: true, MaxLen: 60}

// Records is the table of indicators by month: one row per area, indicator and
// month.
var Records = tabular.Spec{Name: "records", Columns: []tabular.Column{
	recordArea,
	{Name: "indicator", Aliases: []string{"indicator_id", "指标", "指标代码"}, Required: true, Type: tabular.Code, MaxLen: 60},
	{Name: "month", Aliases: []string{"月份", "年月", "统计月份"}, Required: true, MaxLen: 10},
	{Name: "numerator", Aliases: []string{"分子", "办结数", "完成数"}, Required: true, Type: tabular.Number},
	{Name: "denominator", Aliases: []string{"分母", "受理数", "应办数"}, Required: true, Type: tabular.Number},
	{Name: "pending", Aliases: []string{"在办未到期", "未到期在办数", "在办"}, Type: tabular.Number},
	{Name: "repeats", Aliases: []string{"重复投诉", "重复件", "重复数"}, Type: tabular.Number},
	{Name: "exposure", Aliases: []string{"工作量基数", "基数", "户数"}, Type: tabular.Number},
}}

// Tickets is the table of single complaints.
var Tickets = tabular.Spec{Name: "tickets", Columns: []tabular.Column{
	recordArea,
	{Name: "opened", Aliases: []string{"opendate", "open_date", "受理日期", "受理时间", "来电日期"}, Required: true, Type: tabular.Date},
	{Name: "closed", Aliases: []string{"closedate", "close_date", "办结日期", "办结时间"}, Type: tabular.Date},
	{Name: "matter", Aliases: []string{"complaint_type", "事项", "诉求类别", "类别"}, MaxLen: 60},
	{Name: "complainant", Aliases: []string{"caller", "诉求人", "诉求人编号", "来电人"}, MaxLen: 80, Private: true},
	{Name: "answered", Aliases: []string{"是否响应", "已响应", "是否联系"}, Type: tabular.Enum, Allowed: yesNo},
	{Name: "solved", Aliases: []string{"是否解决", "已解决"}, Type: tabular.Enum, Allowed: yesNo},
	{Name: "satisfied", Aliases: []string{"是否满意", "满意"}, Type: tabular.Enum, Allowed: yesNo},
}}

// yesNo is a Flag whose empty cell is not a no.
var yesNo = []tabular.Choice{{Value: "yes", Aliases: []string{"是", "y", "1", "true"}}, {Value: "no", Aliases: []string{"否", "n", "0", "false"}}}

// MonthRow is a row of Records.
type MonthRow struct {
	Area, Indicator, Month                   string
	Numerator, Denominator, Pending, Repeats float64
	Exposure                                 *float64
	Row                                      int
}

var monthForm = regexp.MustCompile(`^(\d{4})[-/.年]?(0?[1-9]|1[0-2])月?$`)

// Month reads a month as offices write it: 2026-09, 2026/9, 202609, 2026年9月.
func Month(s string) (string, bool) {
	m := monthForm.FindStringSubmatch(s)
	if m == nil || m[1] < "1990" || m[1] > "2199" {
		return "", false
	}
	if len(m[2]) == 1 {
		m[2] = "0" + m[2]
	}
	return m[1] + "-" + m[2], true
}

// RecordRow converts a row of Records that has no faults; ok is false where the
// month is none.
func RecordRow(r *tabular.Row) (m MonthRow, ok bool) {
	m = MonthRow{Area: r.Get("area"), Indicator: r.Get("indicator"), Numerator: number(r.Get("numerator")), Denominator: number(r.Get("denominator")),
		Pending: number(r.Get("pending")), Repeats: number(r.Get("repeats")), Row: r.Number}
	if r.Get("exposure") != "" {
		x := number(r.Get("exposure"))
		m.Exposure = &x
	}
	m.Month, ok = Month(r.Get("month"))
	return m, ok
}

// TicketRow is a row of Tickets.
type TicketRow struct {
	Area, Matter, Complainant   string
	Opened                      time.Time
	Closed                      *time.Time
	Answered, Solved, Satisfied *bool
	Row                         int
}

// Ticket converts a row of Tickets that has no faults.
func Ticket(r *tabular.Row) TicketRow {
	t := TicketRow{Area: r.Get("area"), Matter: r.Get("matter"), Complainant: r.Get("complainant"), Answered: flag(r.Get("answered")),
		Solved: flag(r.Get("solved")), Satisfied: flag(r.Get("satisfied")), Row: r.Number}
	t.Opened, _ = time.Parse(time.DateOnly, r.Get("opened"))
	if c, err := time.Parse(time.DateOnly, r.Get("closed")); err == nil {
		t.Closed = &c
	}
	return t
}

func flag(s string) *bool {
	if s == "" {
		return nil
	}
	yes := s == "yes"
	return &yes
}
