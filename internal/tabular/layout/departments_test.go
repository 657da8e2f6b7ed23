package layout

import (
	"bytes"
	"strings"
	"testing"

	"gongping/internal/tabular"
)

// FuzzDepartments reads anything as a list of departments: a row without a
// fault has a code and a name, and what is faulty says where.
func FuzzDepartments(f *testing.F) {
	f.Add([]byte("部门代码,部门名称,英文名称\nhousing,区房管局,Housing\n"))
	f.Add([]byte("code;name\nHOUSING;局\n;x\n"))
	f.Add([]byte("\ufeffcode\tname\n=1+1\t@局\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := tabular.Open(bytes.NewReader(data), int64(len(data)), tabular.Limits{Rows: 200})
		if err != nil {
			return
		}
		defer file.Close()
		sum, rows, err := file.Read(&Departments)
		if err != nil {
			return
		}
		for r, err := range rows {
			if err != nil {
				return
			}
			if d := Department(r); len(r.Faults) == 0 && (d.Code == "" || d.Name == "" || d.Code != strings.ToLower(d.Code) || d.Row < 2) {
				t.Errorf("a row without a fault is %+v", d)
			}
		}
		if sum.Faults > 0 && len(sum.Details) == 0 {
			t.Errorf("%d faults without a word", sum.Faults)
		}
	})
}
