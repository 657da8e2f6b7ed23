package departments

import (
	"github.com/gin-gonic/gin"

	"gongping/internal/app/departments"
	"gongping/web/page/render"
)

// causesData is the part of a card that tells what was placed with the department.
type causesData struct {
	Tiles   []render.Stat
	Periods []periodView
	Min     int
}

type periodView struct {
	Title, Kind, Low, High string
	At                     any
	Rows                   []causeRow
}

type causeRow struct{ Name, Low, High, Committees string }

func (h *pages) causes(c *gin.Context, list []departments.Period) *causesData {
	if len(list) == 0 {
		return nil
	}
	p, f := h.Printer(c), h.Format(c)
	few := func(n int) string {
		if n < 0 {
			return p.T("department.few")
		}
		return f.Int(n)
	}
	d := &causesData{Min: departments.MinCause}
	var rounds []departments.Period
	for _, x := range list {
		v := periodView{Title: x.Title, Kind: p.T("department.kind.round"), At: x.At, Low: few(x.Low), High: few(x.High)}
		if x.File {
			v.Kind = p.T("department.kind.file")
		} else {
			rounds = append(rounds, x)
		}
		for _, k := range x.Causes {
			r := causeRow{Name: k.Name, Low: few(k.Low), High: few(k.High), Committees: render.Dash}
			if k.Committees > 0 {
				r.Committees = f.Int(k.Committees)
			}
			v.Rows = append(v.Rows, r)
		}
		d.Periods = append(d.Periods, v)
	}
	if len(rounds) > 0 {
		last := rounds[0]
		low := render.Stat{Label: p.T("department.low"), Value: few(last.Low), Note: last.Title}
		if len(rounds) > 1 && last.Low >= 0 && rounds[1].Low >= 0 {
			low.Note = p.T("department.change", "Change", f.Signed(last.Low-rounds[1].Low, 0), "Before", rounds[1].Title)
		}
		d.Tiles = []render.Stat{low, {Label: p.T("department.high"), Value: few(last.High), Note: last.Title}, {Label: p.T("department.rounds"), Value: f.Int(len(rounds))}}
	}
	return d
}
