package intake_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/intake"
	"gongping/internal/clock"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg/fielddb"
	"gongping/internal/testkit"
	"gongping/survey/fieldwork"
)

// Places of buildings: points of all three systems come out as the same place,
// what cannot be is refused by row, and the table shows neither name nor point.
func TestPlacesOfBuildings(t *testing.T) {
	t.Parallel()
	s := service(t)
	w := demo.Generate(demo.DefaultSeed, demo.Small())
	mustImport(t, s, manager, intake.Request{Kind: intake.Areas}, text(t, func(b *bytes.Buffer) error { return w.WriteAreas(b, demo.Chinese) }))
	committee := ""
	for _, a := range w.Areas {
		if len(a.Code) == 12 {
			committee = a.Code
			break
		}
	}
	bad := "居委会代码,楼栋,纬度,经度,坐标系\n" + committee + ",1号楼,121.43,31.2,WGS-84\n" + committee + ",2号楼,31.2,121.43,火星\n310104999999,3号楼,31.2,121.43,GPS\n" +
		committee + ",4号楼,31.2,121.43,GPS\n" + committee + ",4号楼,31.2,121.43,GPS\n" + committee + ",5号楼,31.2,,GPS\n"
	p, err := s.Check(ctx, manager, intake.Request{Kind: intake.Places}, source(t, "p.csv", []byte(bad)), nil)
	if err != nil || p.Bad != 5 {
		t.Fatalf("%d bad rows, %v: %v", p.Bad, err, p.Errors)
	}
	if !strings.HasPrefix(p.Errors[0].Where, "row 2") || p.Errors[0].Key != "places.abroad" {
		t.Errorf("%+v", p.Errors[0])
	}
	// One place on three maps, a far one, and the same building again.
	good := "居委会代码,楼栋,纬度,经度,坐标系\n" + committee + ",1号楼,31.1774276,121.5272106,WGS-84\n" + committee + ",2号楼,31.17530398364597,121.531541859215,高德\n" +
		committee + ",3号楼,31.1812,121.5380,百度\n" + committee + ",9号楼,31.3,121.5272106,WGS-84\n"
	p, err = s.Check(ctx, manager, intake.Request{Kind: intake.Places}, source(t, "p.csv", []byte(good)), nil)
	if err != nil || p.Faults != 0 || p.Warnings != 1 || p.Cautions[0].Key != "places.stray" {
		t.Fatalf("%+v, %v", p, err)
	}
	mustImport(t, s, manager, intake.Request{Kind: intake.Places}, []byte(good))
	s.Clock.(*clock.Fixed).Advance(time.Hour)
	mustImport(t, s, manager, intake.Request{Kind: intake.Places}, []byte("area,building,latitude,longitude,system\n"+committee+",9号楼,31.1774276,121.5272106,wgs84\n"))
	rows, err := fielddb.Places(ctx, testkit.DB(t), manager.District, []string{committee})
	if err != nil || len(rows) != 4 {
		t.Fatalf("%d places, %v", len(rows), err)
	}
	want := fieldwork.Place{Lat: 31.1774276, Lon: 121.5272106}
	for _, r := range rows {
		at, err := s.OpenPlace(r.Sealed, r.Committee, r.Building)
		if err != nil || fieldwork.Metres(at, want) > 150 {
			t.Errorf("%+v is %.0f m off, %v", at, fieldwork.Metres(at, want), err)
		}
		if strings.Contains(r.Building, "号楼") || bytes.Contains(r.Sealed, []byte("121.5")) {
			t.Error("a name or a point in clear")
		}
		if _, err := s.OpenPlace(r.Sealed, r.Committee, "other"); err == nil {
			t.Error("a point opens for another building")
		}
	}
	if n, err := s.Places(ctx, street); err != nil || n.Buildings > 4 {
		t.Errorf("%+v %v", n, err)
	}
	if _, err := s.Check(ctx, leader, intake.Request{Kind: intake.Places}, source(t, "p.csv", []byte(good)), nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader imports places: %v", err)
	}
}
