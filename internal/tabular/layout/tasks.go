package layout

import (
	"time"

	"gongping/internal/tabular"
)

// Tasks is the register of tasks that departments handed down.
var Tasks = tabular.Spec{Name: "tasks", Columns: []tabular.Column{
	{Name: "department", Aliases: []string{"部门代码", "部门"}, Required: true, Type: tabular.Code, MaxLen: 31},
	{Name: "title", Aliases: []string{"任务", "任务名称", "事项名称"}, Required: true, MaxLen: 120},
	{Name: "basis", Aliases: []string{"依据", "文件依据"}, MaxLen: 300},
	{Name: "handed_on", Aliases: []string{"下放日期", "交办日期"}, Required: true, Type: tabular.Date},
	{Name: "level", Aliases: []string{"承接层级", "层级"}, Required: true, Type: tabular.Enum, Allowed: []tabular.Choice{
		{Value: "street", Aliases: []string{"街道", "街镇"}}, {Value: "committee", Aliases: []string{"居委会", "居民区", "社区"}}}},
	{Name: "funds", Aliases: []string{"带经费", "有无经费"}, Type: tabular.Flag},
	{Name: "people", Aliases: []string{"带人手", "有无人手"}, Type: tabular.Flag},
	{Name: "minutes", Aliases: []string{"每月分钟", "每月耗时分钟"}, Type: tabular.Int, Min: 0, Max: 44640},
}}

// TaskRow is a row of Tasks.
type TaskRow struct {
	Department, Title, Basis, Level string
	HandedOn                        time.Time
	Funds, People                   bool
	Minutes                         *int
	Row                             int
}

// Task converts a row of Tasks that has no faults.
func Task(r *tabular.Row) TaskRow {
	t := TaskRow{Department: r.Get("department"), Title: r.Get("title"), Basis: r.Get("basis"), Level: r.Get("level"),
		Funds: r.Get("funds") == "yes", People: r.Get("people") == "yes", Row: r.Number}
	t.HandedOn, _ = time.Parse(time.DateOnly, r.Get("handed_on"))
	if r.Get("minutes") != "" {
		n := int(number(r.Get("minutes")))
		t.Minutes = &n
	}
	return t
}
