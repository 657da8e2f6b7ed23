package departments

import (
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/departments"
	"gongping/internal/app/upward"
	"gongping/internal/authz"
	"gongping/web/page/render"
)

// jointData joins what speaks of a department: causes, support, tasks.
type jointData struct {
	Tiles []render.Stat
	Split *splitView
}

type splitView struct {
	Round, Note, Run string
	Why              string // why the department's row is not the number above it
	Number, Min      int
	Tiles            []render.Stat
	Rows             []splitRow
}

type splitRow struct {
	Name, N string
	Own     bool
}

func (h *pages) joint(c *gin.Context, who authz.Actor, card departments.Card, results []upward.Result, tasks []upward.Task) jointData {
	p, f := h.Printer(c), h.Format(c)
	causes := render.Stat{Label: p.T("department.joint.causes"), Value: render.Dash, Note: p.T("department.joint.no_causes")}
	panels := causes
	panels.Label = p.T("department.joint.panels")
	for _, x := range card.Periods {
		if x.File {
			continue
		}
		panels.Value, panels.Note = h.few(c, x.Panels), p.T("department.joint.panels_note")
		causes.Value, causes.Note = h.few(c, x.All), p.T("department.joint.causes_note", "Round", x.Title)
		break
	}
	support := render.Stat{Label: p.T("department.joint.support"), Value: render.Dash, Note: p.T("department.joint.no_support")}
	if len(results) > 0 { // the newest
		r := results[0]
		sum, n := 0.0, 0
		for _, it := range r.Items {
			if it.OK {
				sum, n = sum+it.Mean, n+1
			}
		}
		if r.Shown && n > 0 {
			support.Value, support.Unit, support.N, support.Note = f.Num(sum/float64(n), 1), p.T("results.points"), r.N, p.T("department.joint.support_note", "Survey", r.Survey.Title, "K", n)
		}
	}
	now, bare := 0, 0
	for _, t := range tasks {
		if t.EndedOn == nil {
			if now++; !t.Funds && !t.People {
				bare++
			}
		}
	}
	d := jointData{Tiles: []render.Stat{causes, panels, support,
		{Label: p.T("department.joint.tasks"), Value: f.Int(now), Note: p.T("department.joint.tasks_note", "N", bare)}}}
	if s := card.Split; s != nil {
		d.Split = h.split(c, who, s)
		for _, x := range card.Periods {
			if !x.File && x.Title == s.RoundTitle && x.All != 0 {
				d.Split.Why = p.T("department.split.why", "All", h.few(c, x.All))
			}
		}
	}
	return d
}

func (h *pages) few(c *gin.Context, n int) string {
	if n < 0 {
		return h.T(c, "department.few")
	}
	return h.Format(c).Int(n)
}

func (h *pages) split(c *gin.Context, who authz.Actor, s *departments.Split) *splitView {
	p, f := h.Printer(c), h.Format(c)
	run := s.Run
	if authz.ScopeOf(who.Role, authz.RunRead) == authz.Deny {
		run = "" // no link to a page that is not theirs
	}
	v := &splitView{Round: s.RoundTitle, Run: run, Number: s.RunNumber, Min: departments.MinCause, Note: p.T("department.split.text")}
	agree := render.Stat{Label: p.T("credit.agreement"), Value: render.Dash, Note: p.T("credit.agreement_none")}
	if s.OK {
		agree.Value, agree.N, agree.Interval, agree.Note = f.Num(s.Kappa, 2), s.Coded, f.Interval(s.KappaLo, s.Hi, 2), p.T("credit.agreement_note", "Share", f.Pct(s.Agreed, 0))
	}
	effect := render.Stat{Label: p.T("department.split.effect"), Value: render.Dash, Note: p.T("department.split.no_effect")}
	if s.Committees > 0 {
		effect.Value, effect.Unit, effect.Note = f.Signed(s.Effect, 1), p.T("results.points"),
			p.T("department.split.effect_note", "N", s.Committees)
	}
	v.Tiles = []render.Stat{{Label: p.T("department.split.placed"), Value: h.few(c, s.Placed), Note: p.T("department.split.credited", "N", h.few(c, s.Credited))}, agree, effect}
	for _, x := range s.Parts {
		name := x.Department
		if name == "" {
			matter, _, _ := strings.Cut(x.Matter, "/")
			name = p.T("matter." + matter)
		}
		v.Rows = append(v.Rows, splitRow{name, h.few(c, x.N), x.Own})
	}
	return v
}
