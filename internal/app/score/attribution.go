package score

import (
	"context"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/departmentdb"
	"gongping/scoring"
)

// attribution hides how many answers were attributed, and what it did to the
// score, where fewer of one sign were than a cell of a cross table must have:
// the effect of two answers would say how two people had marked. Auditors see
// it all.
func (v *veil) attribution(u *scoring.UnitResult) {
	for i := range u.Items {
		if n := &u.Items[i].Outside; !v.exact && *n > 0 && *n < v.cross {
			*n = Masked
		}
	}
	a := u.Attribution
	if a == nil {
		return
	}
	shown := *a // the stored result stays as it is
	u.Attribution, a = &shown, &shown
	none := u.N < v.cell || u.Status == "not_enough" || v.secondary[u.Unit]
	if v.exact && !none {
		return
	}
	hidden := none
	for _, side := range []*scoring.AttributionSide{&a.Low, &a.High} {
		if side.Placed > 0 && (none || side.Placed < v.cross) {
			*side = scoring.AttributionSide{Placed: Masked, Credited: Masked}
			hidden = true
			continue
		}
		matters := make(map[string]int, len(side.Matters))
		for m, n := range side.Matters {
			if matters[m] = n; n < v.cross {
				matters[m] = Masked
			}
		}
		side.Matters = matters
	}
	if hidden {
		a.Without, a.WithoutBand, a.Effect = scoring.Figure{Status: "suppressed"}, "", 0
	}
}

// Departments names the functional departments to which causes are attributed.
func (s *Service) Departments(ctx context.Context, who authz.Actor, lang string) (names map[string]string, err error) {
	err = s.Read(ctx, who, authz.RunRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		list, err := departmentdb.List(ctx, db, who.District)
		names = make(map[string]string, len(list))
		for _, d := range list {
			names[d.Code] = d.In(lang)
		}
		return err
	})
	return names, err
}
