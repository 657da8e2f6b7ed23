package demo

import (
	"fmt"
	"io"
	"math"
)

var placeColumns = []column{{"area", "居委会代码"}, {"building", "楼栋"}, {"latitude", "纬度"}, {"longitude", "经度"}, {"system", "坐标系"}}

// WritePlaces writes where the buildings stand: committees in a spiral around
// the middle of the district, buildings in rows of six, 60 metres apart. The
// places are as invented as the buildings.
func (w *World) WritePlaces(out io.Writer, h Headers) error {
	type row struct{ committee, building, lat, lon string }
	var list []row
	for i := range w.committees {
		c := &w.committees[i]
		r, a := 0.0032*math.Sqrt(float64(i)+0.5), float64(i)*2.399963 // the golden angle
		for b := range c.buildings {
			lat := 31.175 + float64(r*math.Cos(a)) + 0.00054*float64(b/6)
			lon := 121.437 + float64(r*math.Sin(a)) + 0.00063*float64(b%6)
			list = append(list, row{c.code, fmt.Sprintf("%d号楼", b+1), fmt.Sprintf("%.6f", lat), fmt.Sprintf("%.6f", lon)})
		}
	}
	return write(out, h, placeColumns, len(list), func(i int) []string {
		return []string{list[i].committee, list[i].building, list[i].lat, list[i].lon, "WGS-84"}
	})
}
