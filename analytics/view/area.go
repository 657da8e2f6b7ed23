// Package view builds chart view models and statements from the results of a
// scoring run: what stands above the average, what cannot be told apart, what
// one answer changes. It takes results from which small cells are already
// removed and adds nothing that was hidden.
package view

import (
	"math"
	"slices"

	"gongping/analytics/chart"
	"gongping/analytics/fairness"
	"gongping/scoring"
)

// Unit is a unit's result with its name and the address of its page.
type Unit struct {
	Name, Href string
	scoring.UnitResult
}

// Standing compares a unit's official interval with the overall score. Only
// what may be published is compared; streets and the district always are.
func Standing(u *scoring.UnitResult, overall float64) chart.Standing {
	switch {
	case !u.Official.OK, u.Status == "low_reliability":
		return chart.Unranked
	case u.Official.Lo > overall:
		return chart.High
	case u.Official.Hi < overall:
		return chart.Low
	}
	return chart.Typical
}

// area is a unit as charts take it, with the figure that is to be drawn.
func area(u Unit, f scoring.Figure, overall float64) chart.Area {
	return chart.Area{Code: u.Unit, Name: u.Name, Href: u.Href, N: u.N, Score: f.Value, Lo: f.Lo, Hi: f.Hi,
		Standing: Standing(&u.UnitResult, overall), Hidden: !f.OK}
}

// Interval is the interval chart of official scores, by code or by score.
func Interval(units []Unit, overall float64, minimum int, byCode bool) chart.Interval {
	v := chart.Interval{ID: "intervals", Overall: overall, Minimum: minimum, ByCode: byCode}
	for _, u := range units {
		v.Areas = append(v.Areas, area(u, u.Official, overall))
	}
	return v
}

// Map is the map of areas.
func Map(units []Unit, overall float64, minimum int, geo string) chart.Map {
	v := chart.Map{ID: "map", Geo: geo, Minimum: minimum}
	for _, u := range units {
		v.Areas = append(v.Areas, area(u, u.Official, overall))
	}
	return v
}

// The control limits of a funnel, in standard errors (Spiegelhalter 2005).
const (
	limit95  = 1.959963984540054
	limit998 = 3.090232306167813
)

// winsorised is the share of z-scores pulled in at each end before their spread
// is measured.
const winsorised = 0.1

// Funnel is the funnel plot of like-for-like scores (weighted, adjusted for
// case mix, not shrunk) against the number of answers. The limits are
//
//	mean ± z √(σ²/n + τ²)
//
// with the within-unit standard deviation σ of the run and the additive
// between-unit variance τ² of the winsorised z-scores (Spiegelhalter 2005,
// Statistics in Medicine 24:1185-1202, section 4.2):
// τ² = max(0, (kφ − (k−1)) / (Σw − Σw²/Σw)), w = n/σ².
func Funnel(units []Unit, overall, within float64, minimum int) chart.Funnel {
	v := chart.Funnel{ID: "funnel", Overall: overall, Minimum: minimum}
	var z []float64
	w1, w2, most := 0.0, 0.0, 0
	for _, u := range units {
		f := u.Adjusted
		v.Areas = append(v.Areas, area(u, f, overall))
		if f.OK && u.N > 0 && within > 0 {
			z = append(z, (f.Value-overall)*math.Sqrt(float64(u.N))/within)
			w := float64(u.N) / float64(within*within)
			w1 += w
			w2 += float64(w * w)
			most = max(most, u.N)
		}
	}
	if len(z) == 0 {
		return v
	}
	tau2 := 0.0
	if k := float64(len(z)); k > 1 {
		phi := fairness.Winsorise(z, winsorised).Phi
		tau2 = math.Max(0, (float64(k*phi)-(k-1))/(w1-w2/w1))
	}
	for _, n := range sizes(most) {
		se := math.Sqrt(float64(within*within)/float64(n) + tau2)
		v.Limits = append(v.Limits, chart.Limit{N: n, Low95: overall - float64(limit95*se), High95: overall + float64(limit95*se),
			Low998: overall - float64(limit998*se), High998: overall + float64(limit998*se)})
	}
	return v
}

// sizes are the numbers of answers at which limits are drawn: close together
// where they bend.
func sizes(most int) []int {
	var out []int
	for n := 10; n <= most+most/8+5; n += max(1, n/10) {
		out = append(out, n)
	}
	return out
}

// Claims counts what a run can and cannot say about its committees.
type Claims struct {
	Committees, Scored, Banded      int
	High, Low, Typical              int
	LowReliability, NotEnough, None int // None: no answer at all
	Fragile                         int
	Bands                           map[string]int
}

// CountClaims counts over committees; fragile is the rule book's number of
// answers up to which a band goes to the panel.
func CountClaims(units []Unit, overall float64, fragile int) Claims {
	c := Claims{Bands: map[string]int{}}
	for i := range units {
		u := &units[i].UnitResult
		c.Committees++
		switch {
		case u.N == 0:
			c.None++
			continue
		case !u.Official.OK:
			c.NotEnough++
			continue
		case u.Status == "low_reliability":
			c.LowReliability++
		}
		c.Scored++
		switch Standing(u, overall) {
		case chart.High:
			c.High++
		case chart.Low:
			c.Low++
		case chart.Typical:
			c.Typical++
		}
		if u.Band != "" {
			c.Banded++
			c.Bands[u.Band]++
		}
		if Fragile(u, fragile) {
			c.Fragile++
		}
	}
	return c
}

// Fragile tells whether a band rests on so few answers that the panel looks at it.
func Fragile(u *scoring.UnitResult, upTo int) bool {
	return u.Band != "" && u.Fragility > 0 && u.Fragility <= upTo
}

// Ranks gives the places that each scored committee may truly hold at the
// level, by code; units without a figure are left out.
func Ranks(units []Unit, level float64) map[string]fairness.RankInterval {
	var code []string
	var score, se []float64
	for _, u := range units {
		if u.Official.OK && u.Official.SE > 0 {
			code = append(code, u.Unit)
			score = append(score, u.Official.Value)
			se = append(se, u.Official.SE)
		}
	}
	list, err := fairness.RankIntervals(score, se, level, false)
	if err != nil {
		return nil
	}
	out := make(map[string]fairness.RankInterval, len(list))
	for i, r := range list {
		out[code[i]] = r
	}
	return out
}

// MedianReliability is the median over the scored committees; ok is false for none.
func MedianReliability(units []Unit) (float64, bool) {
	var r []float64
	for _, u := range units {
		if u.Official.OK {
			r = append(r, u.Reliability)
		}
	}
	if len(r) == 0 {
		return 0, false
	}
	slices.Sort(r)
	m := len(r) / 2
	if len(r)%2 == 1 {
		return r[m], true
	}
	return (r[m-1] + r[m]) / 2, true
}
