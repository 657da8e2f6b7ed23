package fieldtest

import (
	"crypto/sha256"

	"gongping/internal/app"
	"gongping/internal/demo"
	"gongping/internal/pg/fielddb"
	"gongping/internal/pg/intakedb"
	"gongping/survey/fieldwork"
)

// PlaceBuildings puts every building of the frame at one point, as an import of
// places does.
func (f *Fixture) PlaceBuildings(at fieldwork.Place) {
	f.T.Helper()
	id, sum := app.NewID(), sha256.Sum256([]byte("places"))
	f.must(intakedb.InsertBatch(f.Ctx, f.Pool, demo.DistrictCode, intakedb.Batch{ID: id, Kind: "places", File: "places.csv", Digest: sum[:], At: f.Clock.Now(), Note: "{}"}))
	seen := map[string]bool{}
	var list []fielddb.SealedPlace
	for _, p := range f.Demo.People {
		key := f.PlaceKey(p.Committee, p.Building)
		if seen[key] {
			continue
		}
		seen[key] = true
		list = append(list, fielddb.SealedPlace{Committee: p.Committee, Building: key, Sealed: f.SealPlace(at, p.Committee, key)})
	}
	f.must(fielddb.InsertPlaces(f.Ctx, f.Pool, demo.DistrictCode, id, f.Clock.Now(), list))
}
