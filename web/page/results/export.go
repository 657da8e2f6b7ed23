package results

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/xuri/excelize/v2"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/scoredb"
	"gongping/internal/tabular"
	"gongping/scoring"
	"gongping/web/page/render"
)

// export sends the table of units as it is shown: hidden cells stay hidden, and
// every figure has its n, interval and reliability beside it.
func (h *pages) export(c *gin.Context, who authz.Actor) error {
	format := c.Param("format")
	if format != "xlsx" && format != "csv" {
		return errs.New(errs.NotFound, "results.format", "results are exported as xlsx or csv")
	}
	res, err := h.svc.Table(c.Request.Context(), who, c.Param("run"))
	if err != nil {
		return err
	}
	v := h.reader(c, &res)
	name := fmt.Sprintf("results-run%d-%s.%s", res.Run.Number, who.Area, format)
	c.Header("Content-Disposition", `attachment; filename="`+name+`"`)
	if format == "csv" {
		return v.csv(c)
	}
	b, err := v.xlsx()
	if err != nil {
		return err
	}
	c.Data(200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b)
	return nil
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

func (v *reader) csv(c *gin.Context) error {
	c.Header("Content-Type", "text/csv; charset=utf-8")
	w, err := tabular.NewWriter(c.Writer)
	if err != nil {
		return err
	}
	if err := w.Write(v.head()...); err != nil {
		return err
	}
	for i := range v.res.Units {
		var cells []string
		for _, x := range v.row(&v.res.Units[i]) {
			cells = append(cells, fmt.Sprint(x))
		}
		if err := w.Write(cells...); err != nil {
			return err
		}
	}
	return w.Flush()
}

// xlsx streams the sheet. Texts are stored as texts: nothing is run as a formula.
func (v *reader) xlsx() ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	const sheet = "Sheet1"
	name := v.p.T("results.sheet")
	if err := f.SetSheetName(sheet, name); err != nil {
		return nil, err
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	w, err := f.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	if err := w.SetColWidth(1, 2, 18); err != nil {
		return nil, err
	}
	about := []any{v.res.Round.Title + " · " + v.p.T("runs.one", "N", v.res.Run.Number)}
	digest := []any{v.p.T("runs.output") + " " + fmt.Sprintf("%x", v.res.Digest)}
	head := make([]any, 0, 20)
	for _, s := range v.head() {
		head = append(head, excelize.Cell{StyleID: bold, Value: s})
	}
	line := 0
	put := func(cells []any) error {
		line++
		at, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return err
		}
		return w.SetRow(at, cells)
	}
	for _, cells := range [][]any{about, digest, {v.p.T("results.sheet_note", "Min", v.cell)}, head} {
		if err := put(cells); err != nil {
			return nil, err
		}
	}
	for i := range v.res.Units {
		if err := put(v.row(&v.res.Units[i])); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = f.Write(&b)
	return b.Bytes(), err
}
