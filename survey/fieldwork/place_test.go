package fieldwork

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Points of eviltransform's test suite; BD-09 to GCJ-02 is the worked example of
// coordtransform (116.404, 39.915).
func TestCoordinateSystems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		system     CoordinateSystem
		from, want Place
	}{
		{GCJ02, Place{31.17530398364597, 121.531541859215}, Place{31.1774276, 121.5272106}}, // Shanghai
		{GCJ02, Place{22.540796131694766, 113.9171764808363}, Place{22.543847, 113.912316}}, // Shenzhen
		{GCJ02, Place{39.91334545536069, 116.38404722455657}, Place{39.911954, 116.377817}}, // Beijing
		{WGS84, Place{31.2, 121.4}, Place{31.2, 121.4}},
	} {
		if d := Metres(c.system.ToWGS84(c.from), c.want); d > 1 {
			t.Errorf("%s %v: %g m off", c.system, c.from, d)
		}
	}
	p := Place{39.915, 116.404}
	if d := Metres(unbaidu(p), Place{39.90865673957631, 116.39762729119315}); d > 0.01 {
		t.Errorf("BD-09 to GCJ-02: %g m off", d)
	}
	if d := Metres(BD09.ToWGS84(p), GCJ02.ToWGS84(unbaidu(p))); d > 0.01 {
		t.Errorf("BD-09 to WGS-84: %g m off", d)
	}
}

// The trap: a point read off a Chinese map, taken for WGS-84, is half a
// kilometre away in Shanghai.
func TestUnconvertedPointIsFarAway(t *testing.T) {
	t.Parallel()
	gcj, wgs := Place{31.17530398364597, 121.531541859215}, Place{31.1774276, 121.5272106}
	if d := Metres(gcj, wgs); d < 400 || d > 600 {
		t.Errorf("%g m", d)
	}
}

func TestShiftIsUndone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Place{rapid.Float64Range(18, 53).Draw(t, "lat"), rapid.Float64Range(74, 135).Draw(t, "lon")}
		if back := GCJ02.ToWGS84(shift(p)); Metres(back, p) > 0.01 {
			t.Fatalf("%v came back as %v", p, back)
		}
	})
}

// A degree of latitude is 111.195 km on this sphere; Shanghai to Beijing
// (31.2304, 121.4737; 39.9042, 116.4074) 1,067 km.
func TestMetres(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b Place
		want float64
	}{
		{Place{31, 121}, Place{32, 121}, 111195}, {Place{31.2304, 121.4737}, Place{39.9042, 116.4074}, 1067310}, {Place{31, 121}, Place{31, 121}, 0},
		{Place{0, 0}, Place{0, 180}, math.Pi * 6371008.8},
	} {
		if d := Metres(c.a, c.b); math.Abs(d-c.want) > 0.001*c.want {
			t.Errorf("%v to %v: %g, want %g", c.a, c.b, d, c.want)
		}
	}
	if (Place{121.4, 31.2}).InChina() || !(Place{31.2, 121.4}).InChina() {
		t.Error("exchanged coordinates are not noticed")
	}
}
