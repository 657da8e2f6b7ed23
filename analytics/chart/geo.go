package chart

import (
	"math"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Map is the view model of scores by area on a map. Geo is the address of a
// GeoJSON collection whose features' property "name" is the Area's Name.
type Map struct {
	ID, Geo string
	Areas   []Area
	Minimum int
}

// Figure draws the map. Areas without a figure keep the ground's colour.
func (v Map) Figure(t Text) Figure {
	shown, hidden := split(v.Areas)
	fig := Figure{
		ID: v.ID, Title: t.T("chart.map.title"), Unit: t.T("chart.points"), N: total(v.Areas), Height: "l", Map: v.Geo,
		Table: areaTable(t, v.Areas, v.Minimum),
	}
	if len(shown) == 0 {
		fig.Empty = t.T("chart.no_areas", "Min", v.Minimum)
		return fig
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, a := range shown {
		lo, hi = min(lo, a.Score), max(hi, a.Score)
	}
	fig.Describe = t.T("chart.map.text", "Areas", len(shown), "Lo", dec(lo, 1), "Hi", dec(hi, 1))
	c := charts.NewMap()
	c.AddSeries(t.T("chart.score"), make([]opts.MapData, len(shown)))
	lo, hi = math.Floor(lo), math.Max(math.Ceil(hi), math.Floor(lo)+1)
	fig.Option = assemble(c, func(o m, series []m) {
		delete(o, "geo")
		o["visualMap"] = m{"min": lo, "max": hi, "left": "center", "bottom": 0, "orient": "horizontal", "itemHeight": 160, "precision": 0, "calculable": false,
			"text": []string{dec(hi, 0), dec(lo, 0)}, "textStyle": m{"color": colour("chart-text")},
			"inRange":    m{"color": []any{colour("chart-map0"), colour("chart-map1")}},
			"outOfRange": m{"color": []any{colour("chart-grid")}}} // areas without a figure count as out of range
		var data []m
		for _, a := range shown {
			data = append(data, m{"name": a.Name, "value": clean(a.Score), "tip": areaTip(t, a), "href": a.Href})
		}
		for _, a := range hidden {
			data = append(data, m{"name": a.Name, "tip": a.Name + "\n" + t.T("figure.suppressed", "Min", v.Minimum)})
		}
		s := series[0]
		s["data"], s["roam"], s["selectedMode"] = data, false, false
		s["top"], s["bottom"], s["left"], s["right"] = 12, 44, 12, 12
		s["showLegendSymbol"] = false
		s["label"] = m{"show": true, "color": colour("chart-text"), "fontSize": 11,
			"textBorderColor": colour("chart-ground"), "textBorderWidth": 3}
		s["labelLayout"] = m{"hideOverlap": true}
		s["itemStyle"] = m{"areaColor": colour("chart-grid"), "borderColor": colour("chart-ground"), "borderWidth": 1.2}
		s["emphasis"] = m{"itemStyle": m{"areaColor": colour("chart-g2")}, "label": m{"color": colour("chart-text")}}
	})
	return fig
}
