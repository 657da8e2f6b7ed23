package assess

import (
	"math"
	"slices"
	"strings"

	"gongping/scoring"
	"gongping/scoring/composite"
	"gongping/scoring/estimate"
	"gongping/survey"
)

// composites joins resident rating, records and panel ratings of every
// committee by the rule book's weights.
func (r *run) composites() {
	records := map[string]scoring.Indicator{}
	for _, v := range r.in.Indicators {
		records[v.Committee+"/"+v.Indicator] = v
	}
	panel := r.panel()
	z := estimate.TQuantile(0.5+r.in.RuleBook.Confidence/2, math.Inf(1))
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

// record scales an objective indicator. Its standard error is that of a
// proportion with a weak prior, p(1−p)/n at p = (x+1)/(n+2) (Agresti & Coull
// 1998), where the figure is a share; a ratio above 1 carries none.
func record(n composite.Node, v scoring.Indicator) composite.Value {
	value, se := v.Numerator/v.Denominator, 0.0
	if value <= 1 && v.Numerator >= 0 {
		p := (v.Numerator + 1) / (v.Denominator + 2)
		se = math.Sqrt(float64(p*(1-p)) / (v.Denominator + 2))
	}
	s, sse := n.Scale(value, se)
	return composite.Value{OK: true, Score: s, SE: sse, N: int(math.Round(v.Denominator))}
}

// panel is the mean rating of every committee after each reviewer's severity
// (mean deviation from the other ratings of the same committees and criteria)
// is taken out, with the standard error between reviewers.
func (r *run) panel() map[string]composite.Value {
	type cell struct{ sum, n float64 }
	ratings := slices.Clone(r.in.Ratings)
	slices.SortFunc(ratings, func(a, b scoring.Rating) int {
		return strings.Compare(a.Committee+"/"+a.Criterion+"/"+a.Reviewer, b.Committee+"/"+b.Criterion+"/"+b.Reviewer)
	})
	mean := map[string]*cell{}
	for _, x := range ratings {
		key := x.Committee + "/" + x.Criterion
		if mean[key] == nil {
			mean[key] = &cell{}
		}
		mean[key].sum += x.Score
		mean[key].n++
	}
	severity := map[string]*cell{}
	for _, x := range ratings {
		m := mean[x.Committee+"/"+x.Criterion]
		if m.n < 2 {
			continue
		}
		if severity[x.Reviewer] == nil {
			severity[x.Reviewer] = &cell{}
		}
		severity[x.Reviewer].sum += x.Score - (m.sum-x.Score)/(m.n-1)
		severity[x.Reviewer].n++
	}
	by := map[string]map[string]*cell{}
	for _, x := range ratings {
		adj := x.Score
		if s := severity[x.Reviewer]; s != nil {
			adj -= s.sum / s.n
		}
		if by[x.Committee] == nil {
			by[x.Committee] = map[string]*cell{}
		}
		if by[x.Committee][x.Reviewer] == nil {
			by[x.Committee][x.Reviewer] = &cell{}
		}
		by[x.Committee][x.Reviewer].sum += adj
		by[x.Committee][x.Reviewer].n++
	}
	out := map[string]composite.Value{}
	for c, reviewers := range by {
		names := make([]string, 0, len(reviewers))
		for name := range reviewers {
			names = append(names, name)
		}
		slices.Sort(names)
		sum, k := 0.0, float64(len(names))
		for _, name := range names {
			sum += reviewers[name].sum / reviewers[name].n
		}
		v := composite.Value{OK: true, Score: sum / k, N: len(names)}
		if k >= 2 {
			ss := 0.0
			for _, name := range names {
				d := reviewers[name].sum/reviewers[name].n - v.Score
				ss += float64(d * d)
			}
			v.SE = math.Sqrt(ss / (k - 1) / k)
		}
		out[c] = v
	}
	return out
}
