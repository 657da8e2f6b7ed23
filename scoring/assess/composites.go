package assess

import (
	"math"
	"slices"
	"strconv"

	"gongping/scoring"
	"gongping/scoring/composite"
	"gongping/survey"
)

// composites joins resident rating, records and panel ratings of every
// committee by the rule book's weights.
func (r *run) composites() {
	records, held, small := map[string]scoring.Indicator{}, 0, 0
	for _, v := range r.in.Indicators {
		records[v.Committee+"/"+v.Indicator] = v
		switch {
		case slices.Contains(v.Held, scoring.HeldSmall):
			small++
		case len(v.Held) > 0:
			held++
		}
	}
	if held > 0 {
		r.note("run.records_held", "N", strconv.Itoa(held))
	}
	if small > 0 {
		r.note("run.records_small", "N", strconv.Itoa(small))
	}
	panel := r.panel()
	z := r.z
	weightings := r.in.RuleBook.Weightings()
	for k := range r.out.Units {
		u := &r.out.Units[k]
		if u.Level != int(survey.Committee) {
			continue
		}
		total, parts := r.in.RuleBook.Join(func(n composite.Node) composite.Value {
			switch n.Source {
			case composite.ResidentRating:
				return composite.Value{OK: u.Official.OK, Score: u.Official.Value, SE: u.Official.SE, N: u.Official.N}
			case composite.Records:
				if v, ok := records[u.Unit+"/"+n.ID]; ok {
					return record(n, v)
				}
			case composite.PanelRating:
				if v, ok := panel[u.Unit]; ok {
					s, se := n.Scale(v.Score, v.SE)
					return composite.Value{OK: true, Score: s, SE: se, N: v.N}
				}
			}
			return composite.Value{}
		})
		for _, p := range parts {
			u.Parts = append(u.Parts, scoring.Part{ID: p.ID, Parent: p.Parent, Figure: figureOf(p.Value, z),
				IndicatorWeight: p.IndicatorWeight, PlannedWeight: p.PlannedWeight})
		}
		// A composite without the residents' voice is no resident evaluation.
		if !u.Official.OK {
			u.Composite = scoring.Figure{Status: "not_enough", N: u.N}
			continue
		}
		u.Composite = figureOf(total, z)
		if u.Composite.OK && weightings != nil {
			u.Weights = weightings.Of(func(id string) (float64, bool) {
				for _, p := range u.Parts {
					if p.ID == id {
						return p.Figure.Value, p.Figure.OK
					}
				}
				return 0, false
			})
		}
		if u.Composite.OK {
			lo, hi := r.in.RuleBook.BandOf(u.Composite.Lo), r.in.RuleBook.BandOf(u.Composite.Hi)
			if lo.ID == hi.ID {
				u.CompositeBand = lo.ID
			}
		}
	}
}

func figureOf(v composite.Value, z float64) scoring.Figure {
	if !v.OK {
		return scoring.Figure{Status: "missing"}
	}
	return scoring.Figure{OK: true, Value: v.Score, SE: v.SE, N: v.N,
		Lo: math.Max(0, v.Score-float64(z*v.SE)), Hi: math.Min(100, v.Score+float64(z*v.SE))}
}
