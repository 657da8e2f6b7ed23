package intake

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/fielddb"
	"gongping/internal/pg/intakedb"
	"gongping/internal/tabular"
	"gongping/internal/tabular/layout"
	"gongping/survey"
	"gongping/survey/fieldwork"
)

// strayMetres is how far a building may stand from the middle of its
// committee's before the preview asks whether that is right.
const strayMetres = 3000

// placeTable is the checked table of where buildings stand.
type placeTable struct {
	service *Service
	rows    []layout.PlaceRow
}

func (s *Service) readPlaces(ctx context.Context, q querier, who authz.Actor, src Source, p *Preview, prog Progress) (table, error) {
	areas, err := intakedb.Areas(ctx, q, who.District, who.Area)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, a := range areas {
		known[a.Code] = a.Level == survey.Committee
	}
	t := &placeTable{service: s}
	seen := map[string]int{}
	ok, err := scan(ctx, src, &layout.Places, tabular.Limits{Rows: smallRows}, p, prog, func(r *tabular.Row) {
		x := layout.Place(r)
		if e := outside(r, x.Committee, who); e != nil {
			p.fault(e)
			return
		}
		key := x.Committee + "/" + x.Building
		switch {
		case !known[x.Committee]:
			p.fault(r.Fault("area", "intake.no_committee", "there is no such committee", x.Committee, "the code of a committee of the area tree", "import the areas first, or correct the code"))
			return
		case !x.Given.InChina():
			p.fault(r.Fault("latitude", "places.abroad", "the point does not lie in China", fmt.Sprintf("%g, %g", x.Given.Lat, x.Given.Lon), "latitude 3 to 54, longitude 73 to 136", "check whether the two are exchanged"))
			return
		case seen[key] > 0:
			p.fault(r.Fault("building", "intake.row_twice", "two rows say the same", x.Building, "one row", fmt.Sprintf("the other one is row %d", seen[key])))
			return
		}
		seen[key] = r.Number
		t.rows = append(t.rows, x)
	})
	if err != nil || !ok {
		return nil, err
	}
	t.stray(p)
	return t, s.matchPlaces(ctx, q, who, t.rows, p)
}

// stray warns of buildings far from the others of their committee: a slip of
// the finger in the third digit, or another coordinate system.
func (t *placeTable) stray(p *Preview) {
	by := map[string][]layout.PlaceRow{}
	for _, x := range t.rows {
		by[x.Committee] = append(by[x.Committee], x)
	}
	for _, x := range t.rows {
		if d := fieldwork.Metres(x.At, middle(by[x.Committee])); d > strayMetres {
			p.warn(errs.New(errs.Invalid, "places.stray", "the building stands %.0f m from the middle of its committee", d).
				With(map[string]any{"metres": int(d)}).
				At(fmt.Sprintf("row %d, column building", x.Row), x.Building, "less than 3000 m", "check the two numbers and the coordinate system"))
		}
	}
	p.count("places", len(t.rows))
	p.count("committees", len(by))
}

// middle is the point of the medians, which a few wrong ones do not move.
func middle(list []layout.PlaceRow) fieldwork.Place {
	lat, lon := make([]float64, len(list)), make([]float64, len(list))
	for i, x := range list {
		lat[i], lon[i] = x.At.Lat, x.At.Lon
	}
	slices.Sort(lat)
	slices.Sort(lon)
	return fieldwork.Place{Lat: lat[len(lat)/2], Lon: lon[len(lon)/2]}
}

// matchPlaces tells how many of the buildings stand in the newest frame under
// the same name: one that is written otherwise there would never be used.
func (s *Service) matchPlaces(ctx context.Context, q querier, who authz.Actor, rows []layout.PlaceRow, p *Preview) error {
	frames, err := intakedb.Frames(ctx, q, who.District, who.Area)
	if err != nil || len(frames) == 0 {
		return err
	}
	secret, err := s.secretOf(frames[0])
	if err != nil {
		return err
	}
	there, err := intakedb.Buildings(ctx, q, who.District, frames[0].ID, who.Area)
	if err != nil {
		return err
	}
	var strange []layout.PlaceRow
	for _, x := range rows {
		if !there[x.Committee+"/"+secret.Pseudonym("b", x.Committee, x.Building)] {
			strange = append(strange, x)
		}
	}
	slices.SortFunc(strange, func(a, b layout.PlaceRow) int { return cmp.Compare(a.Row, b.Row) })
	for _, x := range strange {
		p.warn(errs.New(errs.Invalid, "places.unknown", "the newest frame has no such building").
			At(fmt.Sprintf("row %d, column building", x.Row), x.Building, "the name as it stands in the frame", "write both the same way, or leave it"))
	}
	p.count("in_frame", len(rows)-len(strange))
	return nil
}

func (t *placeTable) store(ctx context.Context, tx *app.Tx, p *Preview, out *Outcome) error {
	if err := insertBatch(ctx, tx, p, out, note(map[string]any{})); err != nil {
		return err
	}
	tx.Record("import", out.ImportID, tx.Actor.Area, out.detail(p))
	list := make([]fielddb.SealedPlace, len(t.rows))
	for i, x := range t.rows {
		key := t.service.PlaceKey(x.Committee, x.Building)
		list[i] = fielddb.SealedPlace{Committee: x.Committee, Building: key, Sealed: t.service.SealPlace(x.At, x.Committee, key)}
	}
	return fielddb.InsertPlaces(ctx, tx, tx.Actor.District, out.ImportID, tx.Now, list)
}

// PlaceCount tells of how many buildings the place is known.
type PlaceCount struct {
	Buildings  int `json:"buildings"`
	Committees int `json:"committees"`
}

// Places counts the buildings of the actor's area whose place is known.
func (s *Service) Places(ctx context.Context, who authz.Actor) (n PlaceCount, err error) {
	err = s.Read(ctx, who, authz.FrameRead, authz.Object{Area: who.Area}, func(ctx context.Context, q querier) error {
		n.Buildings, n.Committees, err = fielddb.PlaceCounts(ctx, q, who.District, who.Area)
		return err
	})
	return n, err
}
