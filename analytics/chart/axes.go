package chart

import (
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// Axes shows two sides of the work of areas beside each other, never averaged:
// what residents say (X) and what the records show (Y), both on 0–100.
type Axes struct {
	ID     string
	Points []AxesPoint
	XName  string
	YName  string
}

// AxesPoint is an area with both figures; N is the number of answers behind X.
type AxesPoint struct {
	Name, Href string
	N          int
	X, Y       float64
}

// Figure draws the two axes.
func (v Axes) Figure(t Text) Figure {
	fig := Figure{ID: v.ID, Title: t.T("chart.axes.title"), Unit: t.T("chart.points"), Height: "l",
		Table: Table{Columns: []Column{{t.T("chart.area"), false}, {"n", true}, {v.XName, true}, {v.YName, true}}}}
	if len(v.Points) == 0 {
		fig.Empty = t.T("chart.axes.none")
		return fig
	}
	lowX, highX, lowY, highY := 100.0, 0.0, 100.0, 0.0
	var data []m
	for _, p := range v.Points {
		fig.N += p.N
		lowX, highX, lowY, highY = min(lowX, p.X), max(highX, p.X), min(lowY, p.Y), max(highY, p.Y)
		fig.Table.Rows = append(fig.Table.Rows, []string{p.Name, strconv.Itoa(p.N), dec(p.X, 1), dec(p.Y, 1)})
		data = append(data, m{"name": p.Name, "value": []any{tenth(p.X), tenth(p.Y)}, "href": p.Href,
			"tip": p.Name + "\n" + v.XName + " " + dec(p.X, 1) + "\n" + v.YName + " " + dec(p.Y, 1) + "\nn = " + strconv.Itoa(p.N)})
	}
	fig.Describe = t.T("chart.axes.text", "Areas", len(v.Points), "X", v.XName, "Y", v.YName)
	c := charts.NewScatter()
	c.AddSeries(v.XName, make([]opts.ScatterData, len(v.Points)))
	fig.Option = assemble(c, func(o m, series []m) {
		lo, hi := span(lowX, highX)
		o["xAxis"] = below(axis("value", v.XName, m{"min": max(lo, 0), "max": min(hi, 100)}))
		lo, hi = span(lowY, highY)
		o["yAxis"] = axis("value", v.YName, m{"min": max(lo, 0), "max": min(hi, 100)})
		o["grid"].(m)["top"] = 36
		o["grid"].(m)["bottom"] = 36
		series[0]["data"] = data
		series[0]["symbol"], series[0]["symbolSize"] = "circle", 11
		series[0]["itemStyle"] = m{"color": colour("chart-typical"), "opacity": 0.85}
	})
	return fig
}

// tenth is a value as the table beside the picture writes it, ties included.
func tenth(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 1, 64), 64)
	if err != nil {
		return 0
	}
	return y
}
