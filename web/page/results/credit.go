package results

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/scoring"
	"gongping/web/page/render"
)

// creditData says which marks were credited away because two coders placed
// their cause outside the committee's remit, and what that did to the score.
type creditData struct {
	Tiles  []render.Stat
	Sides  []creditSide
	Causes []creditCause
	Say    string
}

type creditSide struct{ Name, Placed, Credited, Budget string }

type creditCause struct{ Name, Href, Low, High string }

func (h *pages) credit(c *gin.Context, who authz.Actor, v *reader, u *scoring.UnitResult) (*creditData, error) {
	a := u.Attribution
	if a == nil || a.Low.Placed == 0 && a.High.Placed == 0 {
		return nil, nil
	}
	names, err := h.svc.Departments(c.Request.Context(), who, v.lang)
	if err != nil {
		return nil, err
	}
	p := v.p
	d := &creditData{Tiles: v.creditTiles(u), Causes: v.causes(a, names)}
	for _, s := range []struct {
		key  string
		side scoring.AttributionSide
	}{{"credit.low", a.Low}, {"credit.high", a.High}} {
		d.Sides = append(d.Sides, creditSide{p.T(s.key), v.few(s.side.Placed), v.few(s.side.Credited), v.f.Int(a.Budget)})
	}
	if s := v.res.Summary.Attribution; s != nil {
		d.Say = p.T("credit.say", "Share", v.f.Pct(s.Share, 0), "Low", s.Low.Credited, "High", s.High.Credited, "Effect", v.f.Signed(s.MeanEffect, 2), "Bands", s.BandsMoved)
	}
	return d, nil
}

// few shows a count, or that it is smaller than may be shown.
func (v *reader) few(n int) string {
	if n == score.Masked {
		return v.p.T("credit.few", "Min", v.res.Rules.Suppression.CrossTab)
	}
	return v.f.Int(n)
}

func (v *reader) creditTiles(u *scoring.UnitResult) []render.Stat {
	p, a := v.p, u.Attribution
	effect := render.Stat{Label: p.T("credit.effect"), Value: render.Dash, Note: p.T("credit.effect_hidden")}
	without := render.Stat{Label: p.T("credit.without"), Value: render.Dash, Note: p.T("credit.effect_hidden")}
	if a.Without.OK && u.Official.OK {
		effect.Value, effect.Unit, effect.Note = v.f.Signed(a.Effect, 2), p.T("results.points"), p.T("credit.effect_note")
		without.Value, without.Unit, without.Interval, without.Note = v.f.Num(a.Without.Value, 1), p.T("results.points"), v.interval(a.Without), ""
		if a.WithoutBand != u.Band {
			name := v.band(a.WithoutBand)
			if name == "" {
				name = p.T("results.no_band")
			}
			without.Badge = &render.Badge{Tone: "warning", Text: name}
		}
	}
	agree := render.Stat{Label: p.T("credit.agreement"), Value: render.Dash, Note: p.T("credit.agreement_none")}
	if s := v.res.Summary.Attribution; s != nil && s.OK {
		agree.Value, agree.N, agree.Interval, agree.Note = v.f.Num(s.Kappa, 2), s.Coded, v.f.Interval(s.KappaLo, s.KappaHi, 2), p.T("credit.agreement_note", "Share", v.f.Pct(s.Agreed, 0))
	}
	return []render.Stat{without, effect, agree}
}

// causes lists whose matter the attributed marks are, most answers first.
func (v *reader) causes(a *scoring.UnitAttribution, names map[string]string) []creditCause {
	keys := map[string]int{}
	for _, side := range []scoring.AttributionSide{a.Low, a.High} {
		for m, n := range side.Matters {
			keys[m] += max(n, 0)
		}
	}
	list := make([]string, 0, len(keys))
	for m := range keys {
		list = append(list, m)
	}
	slices.SortFunc(list, func(x, y string) int { return cmp.Or(cmp.Compare(keys[y], keys[x]), cmp.Compare(x, y)) })
	var out []creditCause
	for _, m := range list {
		matter, department, _ := strings.Cut(m, "/")
		c := creditCause{Name: v.p.T("matter." + matter), Low: v.few(a.Low.Matters[m]), High: v.few(a.High.Matters[m])}
		if department != "" {
			c.Href = "/departments/" + department
			if c.Name = names[department]; c.Name == "" {
				c.Name = department
			}
		}
		out = append(out, c)
	}
	return out
}
