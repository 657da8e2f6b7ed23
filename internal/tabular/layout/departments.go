package layout

import (
	"strings"

	"gongping/internal/tabular"
)

// Departments is the list of functional departments.
var Departments = tabular.Spec{Name: "departments", Columns: []tabular.Column{
	{Name: "code", Aliases: []string{"部门代码", "代码"}, Required: true, Type: tabular.Code, MaxLen: 31},
	{Name: "name", Aliases: []string{"部门名称", "部门"}, Required: true, MaxLen: 60},
	{Name: "name_en", Aliases: []string{"英文名称"}, MaxLen: 60},
}}

// DepartmentRow is a row of Departments.
type DepartmentRow struct {
	Code, Name, NameEN string
	Row                int
}

// Department converts a row of Departments that has no faults. Codes are small
// letters, however they were typed.
func Department(r *tabular.Row) DepartmentRow {
	return DepartmentRow{Code: strings.ToLower(r.Get("code")), Name: strings.Clone(r.Get("name")), NameEN: strings.Clone(r.Get("name_en")), Row: r.Number}
}
