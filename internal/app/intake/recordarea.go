package intake

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"gongping/internal/errs"
	"gongping/internal/pg/recorddb"
	"gongping/internal/tabular"
	"gongping/scoring/records"
	"gongping/survey"
)

// recordAreas tells whose record a row is, by code or by name, and counts the
// areas of each level.
type recordAreas struct {
	byName map[string][]string
	seen   map[survey.Level]map[string]bool
}

func newRecordAreas(g *ground) *recordAreas {
	a := &recordAreas{map[string][]string{}, map[survey.Level]map[string]bool{}}
	for _, x := range g.tree.All() {
		if survey.LevelOf(x.Code) <= survey.Committee {
			a.byName[x.Name] = append(a.byName[x.Name], x.Code)
		}
	}
	return a
}

// code is the area of a row; a name that is nobody's, or of several areas, is a
// fault of the row.
func (a *recordAreas) code(p *Preview, r *tabular.Row) (string, bool) {
	cell := r.Get("area")
	if _, err := strconv.ParseUint(cell, 10, 64); err == nil {
		return cell, true
	}
	switch codes := a.byName[cell]; len(codes) {
	case 0:
		p.fault(r.Fault("area", "intake.area_unnamed", "no area of the district has this name", cell, "the name of an area as it was imported, or its code", "correct the name, or write the code"))
	case 1:
		return codes[0], true
	default:
		p.fault(r.Fault("area", "intake.area_names", "several areas of the district have this name", cell+" ("+strings.Join(codes, ", ")+")", "a name that only one area has, or a code", "write the code instead"))
	}
	return "", false
}

// take counts the area of a good row, and says once of each level above the
// committees what becomes of such rows.
func (a *recordAreas) take(p *Preview, r *tabular.Row, area string) {
	level := survey.LevelOf(area)
	if a.seen[level] == nil {
		a.seen[level] = map[string]bool{}
		if level < survey.Committee {
			p.warn(r.Fault("area", "intake.own_record", "rows of a street or the district are kept and shown as its own record; they are not spread over its committees and not scored", r.Get("area"),
				"a committee, where the row is to be scored", "nothing to do where it is meant so"))
		}
	}
	a.seen[level][area] = true
}

func (a *recordAreas) count(p *Preview) {
	p.count("committees", len(a.seen[survey.Committee]))
	if n := len(a.seen[survey.Street]); n > 0 {
		p.count("streets", n)
	}
	if n := len(a.seen[survey.District]); n > 0 {
		p.count("districts", n)
	}
}

// contradictions warns of rows that cannot be true together with the rows of
// the areas below or above them, in the file or imported before.
func (t *recordTable) contradictions(ctx context.Context, q querier, district string, g *ground, p *Preview) error {
	old, err := recorddb.Months(ctx, q, district, g.round.ID, g.round.AreaCode)
	if err != nil {
		return err
	}
	type key struct{ area, indicator, month string }
	at := map[key]int{} // row of the file by itself and by every area that holds it
	var rows []records.Row
	for _, m := range t.rows {
		rows = append(rows, records.Row{Area: m.Area, Indicator: m.Indicator, Month: m.Month,
			Count: records.Count{Done: m.Numerator, Received: m.Denominator, Pending: m.Pending, Repeats: m.Repeats}})
		for area := m.Area; area != ""; area = survey.ParentOf(area) {
			k := key{area, m.Indicator, m.Month}
			if _, there := at[k]; !there || area == m.Area {
				at[k] = m.Row
			}
		}
	}
	mine := map[key]bool{}
	for _, r := range rows {
		mine[key{r.Area, r.Indicator, r.Month}] = true
	}
	for _, r := range recorddb.Rows(old) {
		if !mine[key{r.Area, r.Indicator, r.Month}] {
			rows = append(rows, r)
		}
	}
	var units []string
	for _, a := range g.tree.All() {
		units = append(units, a.Code)
	}
	for _, c := range records.Contradictions(rows, units) {
		row, here := at[key{c.Area, c.Indicator, c.Month}]
		if !here {
			continue // said when it was imported, and on the page of the records
		}
		column := map[string]string{"received": "denominator", "done": "numerator"}[c.What]
		own, sum := number(c.Own), number(c.Sum)
		p.warn(errs.New(errs.Invalid, "intake.contradicts", "%s has %s in %s, the %d of %d areas below it together %s", c.Area, own, c.Month, c.Rows, c.Of, sum).
			With(map[string]any{"Area": c.Area, "Month": c.Month, "Own": own, "Sum": sum, "Rows": c.Rows, "Of": c.Of}).
			At(fmt.Sprintf("%s, column %s", rowText(row), column), own, sum, "ask which of the two is right; both are kept as they are"))
	}
	return nil
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
