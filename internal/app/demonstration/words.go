package demonstration

import (
	"context"

	"gongping/internal/app/departments"
	"gongping/internal/demo"
	"gongping/internal/pg/departmentdb"
)

// departmentList makes the functional departments of the demonstration.
func (s *setup) departmentList(ctx context.Context) error {
	list := make([]departmentdb.Department, len(demo.Departments))
	for i, d := range demo.Departments {
		list[i] = departmentdb.Department{Code: d.Code, Name: d.Name, NameEN: d.NameEN, Active: true}
	}
	return (&departments.Service{Core: s.Core}).Save(ctx, s.system(), list)
}
