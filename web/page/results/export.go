package results

import (
	"fmt"
	"strconv"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/web/locale"
	"gongping/web/page/render"
	"gongping/web/sheet"
)

// export sends the table of units as it is shown: hidden cells stay hidden, and
// every figure has its n, interval and reliability beside it.
func (h *pages) export(c *gin.Context, who authz.Actor) error {
	format := c.Param("format")
	if err := sheet.Known(format); err != nil {
		return err
	}
	res, err := h.svc.Table(c.Request.Context(), who, c.Param("run"))
	if err != nil {
		return err
	}
	t := Table(&res, h.Printer(c))
	f, err := t.Write(format)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+FileName(&res, who, format)+`"`)
	c.Data(200, f.Type, f.Body)
	return nil
}

// FileName is the name of an exported table.
func FileName(res *score.Result, who authz.Actor, format string) string {
	return fmt.Sprintf("results-run%d-%s.%s", res.Run.Number, who.Area, format)
}

// Table is a result as a table to take away, in one language: for the page's
// export and for the API. What the result does not show is not in it.
func Table(res *score.Result, p *locale.Printer) sheet.Table {
	v := newReader(res, p, render.Format{P: p})
	t := sheet.Table{Name: p.T("results.sheet"), Head: v.head(), About: []string{res.Round.Title + " · " + p.T("runs.one", "N", res.Run.Number),
		p.T("runs.output") + " " + fmt.Sprintf("%x", res.Digest), p.T("results.sheet_note", "Min", v.cell)}}
	for i := range res.Units {
		t.Rows = append(t.Rows, v.row(&res.Units[i]))
	}
	return t
}

// cells are the columns of the unit table; numbers stay numbers.
func (v *reader) head() []string {
	var out []string
	for _, k := range []string{"results.code", "results.area", "results.level", "results.population", "results.invited", "results.rate", "results.n", "results.effective_n",
		"unit.raw", "unit.weighted", "results.score", "results.lo", "results.hi", "results.reliability", "results.status", "results.band", "unit.tile.composite", "results.lo", "results.hi", "results.fragility"} {
		out = append(out, v.p.T(k))
	}
	return out
}

func (v *reader) row(u *scoredb.UnitRow) []any {
	figure := func(f scoring.Figure) any {
		if f.OK {
			return round(f.Value)
		}
		return v.why(f)
	}
	ends := func(f scoring.Figure) (any, any) {
		if f.OK {
			return round(f.Lo), round(f.Hi)
		}
		return render.Dash, render.Dash
	}
	lo, hi := ends(u.Official)
	clo, chi := ends(u.Composite)
	var rate, rel, comp any = render.Dash, render.Dash, render.Dash
	if u.Invited > 0 {
		rate = v.f.Pct(u.ResponseRate, 1)
	}
	if u.Official.OK && u.Level == 3 {
		rel = round(u.Reliability)
	}
	if u.Composite.OK {
		comp = round(u.Composite.Value)
	}
	band, fragility := "", ""
	if u.Level == 3 {
		band = v.bandOrWhy(&u.UnitResult)
		if u.Band != "" && u.Fragility > 0 {
			fragility = strconv.Itoa(u.Fragility)
		}
	}
	return []any{u.Unit, u.Name, v.p.T("results.level." + strconv.Itoa(u.Level)), u.Population, u.Invited, rate, u.N, round(u.EffectiveN),
		figure(u.Raw), figure(u.Weighted), figure(u.Official), lo, hi, rel, v.p.T("score.status." + u.Status), band, comp, clo, chi, fragility}
}

// round gives two decimals: more than a reader can use, enough to compare files.
func round(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 2, 64), 64)
	if err != nil {
		return 0
	}
	return y
}
