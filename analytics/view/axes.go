package view

import (
	"gongping/analytics/chart"
	"gongping/scoring/composite"
)

// Axes puts the residents' rating and the records of committees side by side:
// satisfaction and efficiency stay two figures. The records are the parts of
// that source, by their planned weights; a committee without one of both is
// left out.
func Axes(units []Unit, book *composite.RuleBook, x, y string, minimum int) chart.Axes {
	records := map[string]bool{}
	var mark func([]composite.Node)
	mark = func(nodes []composite.Node) {
		for _, n := range nodes {
			if n.Source == composite.Records {
				records[n.ID] = true
			}
			mark(n.Children)
		}
	}
	mark(book.Tree)
	a := chart.Axes{ID: "axes", XName: x, YName: y}
	for _, u := range units {
		sum, weight := 0.0, 0.0
		for _, p := range u.Parts {
			if records[p.ID] && p.Figure.OK {
				sum += float64(p.PlannedWeight * p.Figure.Value)
				weight += p.PlannedWeight
			}
		}
		if u.Official.OK && weight > 0 && u.N >= minimum {
			a.Points = append(a.Points, chart.AxesPoint{Name: u.Name, Href: u.Href, N: u.N, X: u.Official.Value, Y: sum / weight})
		}
	}
	return a
}
