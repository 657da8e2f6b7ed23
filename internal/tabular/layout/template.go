package layout

import (
	"io"
	"strings"
	"unicode"

	"gongping/internal/tabular"
)

// examples are one row of each table, so that an empty template shows what a
// filled one looks like. Names and numbers are invented.
var examples = map[string]map[string]string{
	"areas":   {"code": "310104003001", "name": "示例居委会", "kind": "居委会"},
	"workers": {"staff": "W0001", "name": "示例姓名", "post": "社工", "area": "310104003001", "phone": "13800000000"},
	"residents": {"household": "H0001", "person": "P0001", "area": "310104003001001", "building": "1号楼", "sex": "女", "birth_year": "1980",
		"tenure": "自有", "mobile": "是", "landline": "否", "visit": "是", "wechat": "否", "status": "在住", "name": "示例姓名",
		"phone": "13800000000", "address": "示例路1弄1号101室"},
	"indicators": {"area": "310104003001", "indicator": "visit_coverage", "numerator": "350", "denominator": "480"},
	"ratings":    {"area": "310104003001", "reviewer": "评审员甲", "criterion": "problem_solving", "score": "8", "note": "示例说明"},
	"records": {"area": "310104003001", "indicator": "hotline_on_time", "month": "2026-09", "numerator": "41", "denominator": "48", "pending": "3",
		"repeats": "6", "exposure": "2100"},
	"tickets": {"area": "310104003001", "opened": "2026-09-03", "closed": "2026-09-08", "matter": "电梯故障", "complainant": "C0001", "answered": "是",
		"solved": "是", "satisfied": "否"},
	"tasks": {"department": "housing", "title": "既有建筑结构安全巡查", "basis": "示例文件号", "handed_on": "2026-03-01", "level": "居委会", "funds": "否",
		"people": "否", "minutes": "240"},
	"departments": {"code": "housing", "name": "区房管局（示例）", "name_en": "Housing (example)"},
	"census":      {"area": "310104003", "sex": "女", "age_from": "18", "age_to": "29", "persons": "4200"},
	"places":      {"area": "310104003001", "building": "1号楼", "latitude": "31.20012", "longitude": "121.43568", "system": "GCJ-02"},
	"listing":     {"person": "P0001", "area": "310104003001"},
}

// WriteTemplate writes an example file of a table: the first Chinese header of
// every column and one row.
func WriteTemplate(out io.Writer, spec *tabular.Spec) error {
	w, err := tabular.NewWriter(out)
	if err != nil {
		return err
	}
	var head, row []string
	for i := range spec.Columns {
		head = append(head, Header(&spec.Columns[i]))
		row = append(row, examples[spec.Name][spec.Columns[i].Name])
	}
	if err := w.Write(head...); err != nil {
		return err
	}
	if err := w.Write(row...); err != nil {
		return err
	}
	return w.Flush()
}

// Header is the first Chinese header of a column, its name where it has none.
func Header(c *tabular.Column) string {
	for _, a := range c.Aliases {
		if strings.ContainsFunc(a, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			return a
		}
	}
	return c.Name
}
