package gallery

import (
	"math"
	"strconv"

	"gongping/analytics/chart"
	"gongping/web/locale"
)

// figures has one of each chart.
func figures(p *locale.Printer) []chart.Figure {
	grades := []string{}
	for i := 1; i <= 6; i++ {
		grades = append(grades, p.T("gallery.grade"+strconv.Itoa(i)))
	}
	items := chart.Distribution{ID: "items", Title: p.T("gallery.items"), Grades: grades, Minimum: 10}
	shares := [][]float64{{.41, .36, .12, .05, .02, .04}, {.33, .34, .15, .09, .05, .04}, {.38, .33, .16, .06, .03, .04}, {.44, .31, .09, .03, .01, .12}}
	for i, s := range shares {
		items.Rows = append(items.Rows, chart.DistributionRow{Name: p.T("gallery.item" + strconv.Itoa(i+1)), N: 1284 - 40*i, Shares: s})
	}
	population := chart.Compare{ID: "population", Title: p.T("gallery.population"), N: 1284}
	for i, g := range []string{"18–29", "30–44", "45–59", "60–74", "75+"} {
		population.Groups = append(population.Groups, chart.CompareGroup{Name: g,
			Sample: []float64{.10, .22, .25, .30, .13}[i], Population: []float64{.14, .27, .25, .24, .10}[i]})
	}
	return []chart.Figure{
		funnel().Figure(p),
		chart.Interval{ID: "intervals", Areas: areas(), Overall: 80, Minimum: 10}.Figure(p),
		chart.Map{ID: "map", Geo: mapPath, Areas: areas(), Minimum: 10}.Figure(p),
		items.Figure(p),
		waterfall(p).Figure(p),
		chart.Influence{ID: "influence", N: 62, Score: 78.4, WithoutLow: []float64{79.7, 80.8, 81.6}, WithoutTop: []float64{78.0, 77.7, 77.3}}.Figure(p),
		progress().Figure(p),
		population.Figure(p),
		trend(p).Figure(p),
		chart.Influence{ID: "nothing"}.Figure(p),
	}
}

// squares is a map of invented areas, one square each.
func squares() map[string]any {
	var features []any
	for i, name := range names {
		x, y := 121.40+0.02*float64(i%4), 31.20-0.02*float64(i/4)
		features = append(features, map[string]any{
			"type": "Feature", "properties": map[string]string{"name": name},
			"geometry": map[string]any{"type": "Polygon", "coordinates": [][][]float64{{
				{x, y}, {x + .019, y}, {x + .019, y + .019}, {x, y + .019}, {x, y},
			}}},
		})
	}
	return map[string]any{"type": "FeatureCollection", "features": features}
}

func funnel() chart.Funnel {
	f := chart.Funnel{ID: "funnel", Areas: areas(), Overall: 80, Minimum: 10}
	for n := 20; n <= 240; n += 10 {
		se := 20.8 / math.Sqrt(float64(n))
		f.Limits = append(f.Limits, chart.Limit{N: n, Low95: 80 - 1.96*se, High95: min(80+1.96*se, 100), Low998: 80 - 3.09*se, High998: min(80+3.09*se, 100)})
	}
	return f
}

func waterfall(p *locale.Printer) chart.Waterfall {
	why := p.T("gallery.wf_why")
	return chart.Waterfall{ID: "waterfall", N: 62, Start: chart.Step{Name: p.T("gallery.wf1"), After: 78.4, Why: why}, Steps: []chart.Step{
		{Name: p.T("gallery.wf2"), After: 77.9, Why: why}, {Name: p.T("gallery.wf3"), After: 79.2, Why: why}, {Name: p.T("gallery.wf4"), After: 79.6, Why: why},
	}}
}

func progress() chart.Progress {
	v := chart.Progress{ID: "progress"}
	for i, name := range names[:8] {
		v.Strata = append(v.Strata, chart.Stratum{Name: name, Planned: 100, Done: 40 + (i*13)%45, Underway: 10 + i%5, Closed: 3 + i%4})
	}
	return v
}

func trend(p *locale.Printer) chart.Trend {
	v := chart.Trend{ID: "trend", Title: p.T("gallery.trend"), Minimum: 10}
	for i, s := range []float64{76.2, 77.5, 76.8, 79.1, 80.4} {
		v.Rounds = append(v.Rounds, chart.Area{Code: strconv.Itoa(i), Name: strconv.Itoa(2025+i/4) + " Q" + strconv.Itoa(i%4+1), N: 240 + 10*i, Score: s, Lo: s - 2.6, Hi: s + 2.6})
	}
	return v
}
