package field

import (
	"context"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
)

// purposeDistance is what an evaluator consents to: that the phone tells how
// far it was from the building.
const purposeDistance = "distance"

// DistanceConsent tells whether the evaluator has agreed that the phone says
// how far it was from the building.
func (s *Service) DistanceConsent(ctx context.Context, who authz.Actor) (bool, error) {
	if err := authz.Check(who, authz.FieldConsent, authz.Object{Owner: who.AccountID}); err != nil {
		return false, err
	}
	return fielddb.Consent(ctx, s.Pool, who.District, who.AccountID, purposeDistance)
}

// SetDistanceConsent records that the evaluator gives or withdraws consent.
// Nobody else can give it for them, and nothing depends on it: an interview
// without a distance counts like any other and is never held against anyone.
func (s *Service) SetDistanceConsent(ctx context.Context, who authz.Actor, given bool) error {
	return s.Write(ctx, who, authz.FieldConsent, authz.Object{Owner: who.AccountID}, func(ctx context.Context, tx *app.Tx) error {
		old, err := fielddb.Consent(ctx, tx, who.District, who.AccountID, purposeDistance)
		if err != nil {
			return err
		}
		tx.Record("account", who.AccountID, who.Area, map[string]any{"purpose": purposeDistance, "given": given, "repeat": old == given})
		if old == given {
			return nil
		}
		return fielddb.GiveConsent(ctx, tx, who.District, who.AccountID, purposeDistance, given, tx.Now)
	})
}

// Reading is what a device says about where it was: metres to the building and
// the radius in which it believes to be with 95%.
type Reading struct{ DistanceM, AccuracyM *float64 }

// bounded rounds a reading: the distance to the nearest ten metres, the radius
// up to the next ten. One without a radius says nothing and is dropped.
func (r Reading) bounded() Reading {
	if r.DistanceM == nil || r.AccuracyM == nil || !finite(*r.DistanceM) || !finite(*r.AccuracyM) || *r.DistanceM < 0 || *r.AccuracyM < 0 {
		return Reading{}
	}
	d, a := round10(*r.DistanceM+distanceTo/2), round10(*r.AccuracyM+distanceTo-1e-9)
	return Reading{&d, &a}
}

func round10(m float64) float64 { return float64(int(min(m, maxDistance)/distanceTo)) * distanceTo }

// readable drops a reading that the evaluator has not agreed to, now or any
// more, or that was not taken at a door. A failure to find out drops it too.
func (s *Service) readable(ctx context.Context, who authz.Actor, mode fieldwork.Mode, r Reading) Reading {
	if r.DistanceM == nil || mode != fieldwork.Door || who.Role != authz.Evaluator {
		return Reading{}
	}
	if ok, err := fielddb.Consent(ctx, s.Pool, who.District, who.AccountID, purposeDistance); err != nil || !ok {
		return Reading{}
	}
	return r.bounded()
}

// packPlaces adds where the buildings stand of cases that are still to be
// asked, to the phone of an evaluator who has agreed. The names of the buildings
// are read from the sealed records; nothing of them leaves with the points.
func (s *Service) packPlaces(ctx context.Context, db pg.Querier, who authz.Actor, p *Pack) (err error) {
	if p.Distance, err = fielddb.Consent(ctx, db, who.District, who.AccountID, purposeDistance); err != nil || !p.Distance {
		return err
	}
	committees := map[string]bool{}
	byFrame := map[string][]string{}
	for _, c := range p.Cases {
		if c.KeepPerson {
			committees[c.Committee] = true
			byFrame[c.FrameID] = append(byFrame[c.FrameID], c.PersonID)
		}
	}
	points, err := s.places(ctx, db, who.District, committees)
	if err != nil || len(points) == 0 {
		return err
	}
	for id, people := range byFrame {
		sealed, err := fielddb.Identities(ctx, db, who.District, id, people)
		if err != nil {
			return err
		}
		for i := range p.Cases {
			c := &p.Cases[i]
			if !c.KeepPerson || c.FrameID != id || sealed[c.PersonID] == nil {
				continue
			}
			rec, err := s.openRecord(sealed[c.PersonID], c.FrameID, c.PersonID)
			if err != nil {
				return err
			}
			if at, ok := points[c.Committee+"/"+s.PlaceKey(c.Committee, rec.Building)]; ok && rec.Building != "" {
				c.Place = &at
			}
		}
	}
	return nil
}

// places opens the points of some committees, by "committee/pseudonym".
func (s *Service) places(ctx context.Context, db pg.Querier, district string, committees map[string]bool) (map[string]fieldwork.Place, error) {
	list := make([]string, 0, len(committees))
	for c := range committees {
		list = append(list, c)
	}
	rows, err := fielddb.Places(ctx, db, district, list)
	if err != nil {
		return nil, err
	}
	out := make(map[string]fieldwork.Place, len(rows))
	for _, r := range rows {
		at, err := s.OpenPlace(r.Sealed, r.Committee, r.Building)
		if err != nil {
			return nil, err
		}
		out[r.Committee+"/"+r.Building] = at
	}
	return out, nil
}
