package panel

import (
	"fmt"
	"math"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/panel"
	"gongping/internal/authz"
	"gongping/web/locale"
	"gongping/web/sheet"
)

// export sends the fair averages of a round, whole, to whoever may read them on
// the page.
func (h *pages) export(c *gin.Context, who authz.Actor) error {
	format := c.Param("format")
	if err := sheet.Known(format); err != nil {
		return err
	}
	m, err := h.svc.Manage(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	t := Table(&m, h.Printer(c))
	f, err := t.Write(format)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+FileName(&m, format)+`"`)
	c.Data(200, f.Type, f.Body)
	return nil
}

// FileName is the name of an exported table.
func FileName(m *panel.Management, format string) string {
	id, _, _ := strings.Cut(m.Round.ID, "-")
	return "fair-averages-" + id + "." + format
}

// Table is the fair averages of a round as a table to take away, in one
// language: every one with its ratings, interval and the reliability of all,
// committees without a rating with the reason.
func Table(m *panel.Management, p *locale.Printer) sheet.Table {
	t := sheet.Table{Name: p.T("panel.manage.fair"), About: []string{m.Round.Title, p.T("panel.manage.fair.text")}}
	for _, k := range []string{"results.code", "panel.committee", "results.street", "panel.manage.reviewers", "panel.manage.ratings", "panel.manage.raw",
		"panel.manage.fair_value", "results.lo", "results.hi", "panel.manage.reliability", "panel.manage.remark"} {
		t.Head = append(t.Head, p.T(k))
	}
	round := func(x float64) any {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return "—"
		}
		return math.Round(100*x) / 100
	}
	rated, reliability := map[string]bool{}, any("—")
	if len(m.Result.Units) > 1 {
		reliability = round(m.Result.Reliability)
	}
	why := ""
	if m.Result.Why != "" {
		why = p.T("panel.why."+m.Result.Why, "Sets", fmt.Sprint(len(m.Result.Sets)))
	}
	for _, u := range m.Result.Units {
		rated[u.Unit] = true
		remark := why
		if u.Extreme {
			remark = strings.Trim(remark+" "+p.T("panel.manage.extreme"), " ")
		}
		t.Rows = append(t.Rows, []any{u.Unit, named(m, u.Unit), m.Names[street(u.Unit)], u.Reviewers, u.Ratings, round(u.Raw), round(u.Score),
			round(max(0, u.Score-1.96*u.SE)), round(min(10, u.Score+1.96*u.SE)), reliability, remark})
	}
	for _, c := range m.Committees {
		if !rated[c.Code] {
			t.Rows = append(t.Rows, []any{c.Code, c.Name, c.Street, 0, 0, "—", "—", "—", "—", "—", p.T("panel.manage.unrated")})
		}
	}
	return t
}

func named(m *panel.Management, unit string) string {
	if name := m.Names[unit]; name != "" {
		return name
	}
	return unit
}

func street(unit string) string { return unit[:min(9, len(unit))] }
