package fieldwork

import "math"

// Place is a point in WGS-84, the system in which phones tell where they are.
type Place struct{ Lat, Lon float64 }

// CoordinateSystem is one of those in use in China. Coordinates read off a
// Chinese map are 300 to 700 metres away from where a phone believes to be,
// because the maps are shifted by law (GCJ-02), or shifted twice (BD-09).
type CoordinateSystem string

// The systems.
const (
	WGS84 CoordinateSystem = "wgs84" // satellites, phones, OpenStreetMap
	GCJ02 CoordinateSystem = "gcj02" // Amap, Tencent, Google in China
	BD09  CoordinateSystem = "bd09"  // Baidu
)

// InChina tells whether a point lies in the rectangle around China; one with
// latitude and longitude exchanged does not.
func (p Place) InChina() bool { return p.Lat > 3 && p.Lat < 54 && p.Lon > 73 && p.Lon < 136 }

// ToWGS84 turns a point of a system into WGS-84. The shift of GCJ-02 has no
// closed inverse: its fixed point is approached until a step moves less than a
// millimetre. An unknown system panics.
//
// Source of the formulas: the public reimplementation of the shift by
// eviltransform (2013 onwards); place_test.go has its test points.
func (s CoordinateSystem) ToWGS84(p Place) Place {
	switch s {
	case WGS84:
		return p
	case BD09:
		return GCJ02.ToWGS84(unbaidu(p))
	case GCJ02:
		guess := p
		for range 30 {
			q := shift(guess)
			dLat, dLon := p.Lat-q.Lat, p.Lon-q.Lon
			guess = Place{guess.Lat + dLat, guess.Lon + dLon}
			if math.Abs(dLat)+math.Abs(dLon) < 1e-8 {
				break
			}
		}
		return guess
	}
	panic("fieldwork: unknown coordinate system " + string(s))
}

// shift is WGS-84 → GCJ-02, on Krasovsky's ellipsoid.
func shift(p Place) Place {
	const a, ee = 6378245.0, 0.00669342162296594323
	x, y := p.Lon-105, p.Lat-35
	wave := func(v float64) float64 { return 20 * math.Sin(v*math.Pi) }
	both := (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	root := math.Sqrt(math.Abs(x))
	dLat := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*root + both +
		(wave(y)+40*math.Sin(y/3*math.Pi))*2/3 + (160*math.Sin(y/12*math.Pi)+320*math.Sin(y*math.Pi/30))*2/3
	dLon := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*root + both +
		(wave(x)+40*math.Sin(x/3*math.Pi))*2/3 + (150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
	rad := p.Lat * math.Pi / 180
	magic := 1 - ee*math.Sin(rad)*math.Sin(rad)
	return Place{p.Lat + dLat*180/(a*(1-ee)/(magic*math.Sqrt(magic))*math.Pi), p.Lon + dLon*180/(a/math.Sqrt(magic)*math.Cos(rad)*math.Pi)}
}

// unbaidu is BD-09 → GCJ-02.
func unbaidu(p Place) Place {
	const k = math.Pi * 3000 / 180
	x, y := p.Lon-0.0065, p.Lat-0.006
	z := math.Hypot(x, y) - 0.00002*math.Sin(y*k)
	theta := math.Atan2(y, x) - 0.000003*math.Cos(x*k)
	return Place{z * math.Sin(theta), z * math.Cos(theta)}
}

// Metres is the distance of two points on a sphere of the mean radius of the
// earth (haversine formula; Sinnott 1984). Of two points in one city it is
// right to half a percent.
func Metres(a, b Place) float64 {
	const radius = 6371008.8
	rad := func(x float64) float64 { return x * math.Pi / 180 }
	dLat, dLon := math.Sin(rad(b.Lat-a.Lat)/2), math.Sin(rad(b.Lon-a.Lon)/2)
	h := dLat*dLat + math.Cos(rad(a.Lat))*math.Cos(rad(b.Lat))*dLon*dLon
	return 2 * radius * math.Asin(math.Min(1, math.Sqrt(h)))
}
