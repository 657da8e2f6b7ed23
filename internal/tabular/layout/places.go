package layout

import (
	"strconv"

	"gongping/internal/tabular"
	"gongping/survey/fieldwork"
)

// Places is the table of where buildings stand. The coordinate system has no
// default: points read off a Chinese map are shifted, and taking them for
// WGS-84 would put every interviewer half a kilometre away.
var Places = tabular.Spec{Name: "places", Columns: []tabular.Column{
	{Name: "area", Aliases: []string{"area_code", "committee_code", "居委会代码", "区划代码"}, Required: true, Type: tabular.Code, Digits: []int{12}},
	{Name: "building", Aliases: []string{"楼栋", "楼号", "楼幢"}, Required: true, MaxLen: 40},
	{Name: "latitude", Aliases: []string{"纬度", "lat"}, Required: true, Type: tabular.Number, Min: -180, Max: 180},
	{Name: "longitude", Aliases: []string{"经度", "lon", "lng"}, Required: true, Type: tabular.Number, Min: -180, Max: 180},
	{Name: "system", Aliases: []string{"坐标系", "坐标系统"}, Required: true, Type: tabular.Enum, Allowed: []tabular.Choice{
		{Value: string(fieldwork.WGS84), Aliases: []string{"WGS-84", "GPS", "大地坐标"}},
		{Value: string(fieldwork.GCJ02), Aliases: []string{"GCJ-02", "高德", "腾讯", "火星坐标"}},
		{Value: string(fieldwork.BD09), Aliases: []string{"BD-09", "百度"}}}},
}}

// PlaceRow is a row of Places, its point in WGS-84.
type PlaceRow struct {
	Committee, Building string
	Given, At           fieldwork.Place
	Row                 int
}

// Place converts a row of Places that has no faults.
func Place(r *tabular.Row) PlaceRow {
	lat, _ := strconv.ParseFloat(r.Get("latitude"), 64)
	lon, _ := strconv.ParseFloat(r.Get("longitude"), 64)
	p := fieldwork.Place{Lat: lat, Lon: lon}
	return PlaceRow{Committee: r.Get("area"), Building: r.Get("building"), Given: p, At: fieldwork.CoordinateSystem(r.Get("system")).ToWGS84(p), Row: r.Number}
}
