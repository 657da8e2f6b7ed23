package appeals

import (
	"context"
	"math"
	"slices"

	"gongping/analytics/fairness"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/composite"
	"gongping/scoring/estimate"
)

// Side is a gap at one time. OK is false where there is no figure.
type Side struct {
	OK     bool
	Gap    float64 // focal minus reference, in points
	Lo, Hi float64
	Std    float64 // Hedges' g for committees, weighted standardised difference for answers
}

// Why a gap, or what has become of it, is not shown.
const (
	HiddenSmall  = "small"  // a group with fewer committees or answers than the cell
	HiddenChange = "change" // so few answers changed in a group that the difference would tell of them
)

// GroupGap is the gap between two groups before any appeal and now.
type GroupGap struct {
	Round  string
	Kind   string // "units": official scores of committees; "answers": weighted answers of residents
	By     string // which groups: size, tenants, older, load, upheld; contact, tenure, age, sex
	N1, N2 int    // focal and reference group, before
	Before Side
	Now    Side
	Hidden string // "" or why Before or Now is missing

	// Change is how far the gap moved, with its interval for committees.
	Change, ChangeLo, ChangeHi float64
	HasChange, HasInterval     bool
}

// Narrower tells whether the gap has become smaller: 1, wider: -1, or neither at
// the first decimal, or not beyond what chance would do among so many
// committees: 0.
func (g *GroupGap) Narrower() int {
	d := abs(g.Before.Gap) - abs(g.Now.Gap)
	switch {
	case !g.HasChange, abs(d) < 0.05, g.HasInterval && g.ChangeLo <= 0 && g.ChangeHi >= 0:
		return 0
	case d > 0:
		return 1
	}
	return -1
}

func abs(x float64) float64 { return max(x, -x) }

// splits are the groups of committees, each by a trait of which more than the
// median makes the focal group (less, for size).
var splits = []struct {
	by    string
	trait func(appealdb.Traits) float64
}{
	{"size", func(t appealdb.Traits) float64 { return -float64(t.Residents) }},
	{"tenants", func(t appealdb.Traits) float64 { return float64(t.Tenants) / float64(t.Residents) }},
	{"older", func(t appealdb.Traits) float64 { return float64(t.Over60) / float64(t.Residents) }},
	{"load", func(t appealdb.Traits) float64 { return float64(t.Households) / float64(max(t.Team, 1)) }},
}

// groupings are the groups of residents: +1 focal, -1 reference, 0 neither.
var groupings = []struct {
	by   string
	side func(appealdb.GroupAnswer) int8
}{
	{"contact", func(a appealdb.GroupAnswer) int8 { return either(a.Contact, "no", "yes") }},
	{"tenure", func(a appealdb.GroupAnswer) int8 { return either(a.Tenure, "tenant", "owner") }},
	{"age", func(a appealdb.GroupAnswer) int8 {
		if a.AgeBand == "30-44" {
			return 1
		}
		if a.AgeBand == "75+" {
			return -1
		}
		return either(a.AgeBand, "18-29", "60-74")
	}},
	{"sex", func(a appealdb.GroupAnswer) int8 { return either(a.Sex, "f", "m") }},
}

func either(v, focal, reference string) int8 {
	switch v {
	case focal:
		return 1
	case reference:
		return -1
	}
	return 0
}

// groupGaps measures what appeals did to the gaps between groups of committees
// and of residents within the actor's area.
func groupGaps(ctx context.Context, q pg.Querier, who authz.Actor, r appealdb.RoundRuns, book composite.RuleBook) (list []GroupGap, err error) {
	units, err := unitGaps(ctx, q, who, r, book.Suppression.CrossTab)
	if err != nil {
		return nil, err
	}
	answers, err := answerGaps(ctx, q, who, r, book)
	list = append(units, answers...)
	for i := range list {
		list[i].Round = r.Title
	}
	return list, err
}

func unitGaps(ctx context.Context, q pg.Querier, who authz.Actor, r appealdb.RoundRuns, cell int) (list []GroupGap, err error) {
	before, now, units, err := pairedScores(ctx, q, who, r)
	if err != nil || len(units) < 2*cell {
		return nil, err
	}
	traits, err := appealdb.TraitsOf(ctx, q, who.District, r.Round, who.Area, r.OpensOn.Year())
	if err != nil {
		return nil, err
	}
	of := map[string]appealdb.Traits{}
	for _, t := range traits {
		of[t.Unit] = t
	}
	if !slices.ContainsFunc(units, func(u string) bool { return of[u].Residents == 0 }) {
		for _, s := range splits {
			x := make([]float64, len(units))
			for i, u := range units {
				x[i] = s.trait(of[u])
			}
			mid := median(x)
			focal := make([]bool, len(units))
			for i := range x {
				focal[i] = x[i] > mid
			}
			list = append(list, shiftOf(s.by, before, now, focal, cell))
		}
	}
	upheld, err := appealdb.Contesting(ctx, q, who.District, r.Round)
	if err != nil {
		return nil, err
	}
	focal := make([]bool, len(units))
	for i, u := range units {
		focal[i] = slices.Contains(upheld, u)
	}
	return append(list, shiftOf("upheld", before, now, focal, cell)), nil
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

func shiftOf(by string, before, now []float64, focal []bool, cell int) GroupGap {
	g := GroupGap{Kind: "units", By: by}
	for _, f := range focal {
		if f {
			g.N1++
		} else {
			g.N2++
		}
	}
	if min(g.N1, g.N2) < cell {
		g.Hidden = HiddenSmall
		return g
	}
	s, err := fairness.MeasureShift(before, now, focal, 0.95)
	if err != nil { // no variation at all
		g.Hidden = HiddenSmall
		return g
	}
	side := func(d *fairness.Difference) Side {
		return Side{OK: true, Gap: d.Mean1 - d.Mean2, Lo: d.Welch.Lower, Hi: d.Welch.Upper, Std: d.HedgesG}
	}
	g.Before, g.Now, g.HasChange, g.HasInterval = side(s.Before), side(s.Now), true, s.Varies
	g.Change, g.ChangeLo, g.ChangeHi = s.Change, s.Lower, s.Upper
	return g
}

// pairedScores are the official scores of the committees that have one in both
// runs.
func pairedScores(ctx context.Context, q pg.Querier, who authz.Actor, r appealdb.RoundRuns) (before, now []float64, units []string, err error) {
	first, err := scoredb.UnitsOf(ctx, q, who.District, r.First, who.Area, 3)
	if err != nil {
		return nil, nil, nil, err
	}
	latest, err := scoredb.UnitsOf(ctx, q, who.District, r.Latest, who.Area, 3)
	if err != nil {
		return nil, nil, nil, err
	}
	old := map[string]float64{}
	for _, u := range first {
		if u.Official.OK {
			old[u.Unit] = u.Official.Value
		}
	}
	for _, u := range latest {
		if v, ok := old[u.Unit]; ok && u.Official.OK {
			before, now, units = append(before, v), append(now, u.Official.Value), append(units, u.Unit)
		}
	}
	return before, now, units, nil
}

// tellingLess is the least group in which a single answer moves a mean by less
// than half of the last digit that is shown: 100 points over n below 0.05.
const tellingLess = 2000

func answerGaps(ctx context.Context, q pg.Querier, who authz.Actor, r appealdb.RoundRuns, book composite.RuleBook) (list []GroupGap, err error) {
	first, err := appealdb.GroupAnswers(ctx, q, who.District, r.First, who.Area)
	if err != nil {
		return nil, err
	}
	latest, err := appealdb.GroupAnswers(ctx, q, who.District, r.Latest, who.Area)
	if err != nil {
		return nil, err
	}
	strata, err := populations(ctx, q, who.District, r.Round)
	if err != nil {
		return nil, err
	}
	changed := changedAnswers(first, latest)
	for _, by := range groupings {
		g := GroupGap{Kind: "answers", By: by.by}
		then, ok := weightedGap(first, strata, by.side, book.Suppression.Cell)
		if then == nil {
			continue // nobody was asked, or nobody is of either group
		}
		g.N1, g.N2 = then.N1, then.N2
		if !ok {
			g.Hidden, g.N1, g.N2 = HiddenSmall, 0, 0
			list = append(list, g)
			continue
		}
		g.Before = sideOf(then)
		var moved [2]int
		for _, a := range changed {
			switch by.side(a) {
			case 1:
				moved[0]++
			case -1:
				moved[1]++
			}
		}
		now, ok := weightedGap(latest, strata, by.side, book.Suppression.Cell)
		tells := len(changed) > 0 && min(moved[0], moved[1]) < book.Suppression.CrossTab && min(then.N1, then.N2) < tellingLess
		switch {
		case now == nil || !ok:
			g.Hidden = HiddenSmall
		case tells && who.Role != authz.Auditor:
			g.Hidden = HiddenChange
		default:
			g.Now, g.HasChange, g.Change = sideOf(now), true, now.Gap-then.Gap
		}
		list = append(list, g)
	}
	return list, nil
}

func sideOf(w *fairness.WeightedGap) Side {
	return Side{OK: true, Gap: w.Gap, Lo: w.Lower, Hi: w.Upper, Std: w.SMD}
}

// weightedGap is nil where a group is empty or does not vary; ok is false where
// one has fewer answers than the cell.
func weightedGap(list []appealdb.GroupAnswer, strata map[string]float64, side func(appealdb.GroupAnswer) int8, cell int) (*fairness.WeightedGap, bool) {
	if len(list) == 0 {
		return nil, false
	}
	x, s := make([]float64, len(list)), make([]int8, len(list))
	for i, a := range list {
		x[i], s[i] = a.Score, side(a)
	}
	d, err := designOf(list, strata)
	if err != nil {
		return nil, false
	}
	g, err := fairness.MeasureWeightedGap(x, s, d, 0.95)
	if err != nil {
		return nil, false
	}
	return g, min(g.N1, g.N2) >= cell
}

// designOf is how the answers were drawn: within strata, with the populations of
// those that drew residents themselves, and from clusters, which count as drawn
// with replacement. Answers of strata that the plan does not know stand together.
func designOf(list []appealdb.GroupAnswer, strata map[string]float64) (*estimate.Design, error) {
	n := len(list)
	stratum, unit, w := make([]string, n), make([]string, n), make([]float64, n)
	population, counted := make([]float64, n), map[string]float64{}
	for i, a := range list {
		if stratum[i] = a.Stratum; strata[a.Stratum] == 0 {
			stratum[i] = ""
		}
		counted[stratum[i]]++
		w[i], unit[i] = a.Weight, stratum[i]+"\x00"+a.ID
		if a.Cluster != "" {
			unit[i] = stratum[i] + "\x01" + a.Cluster
		}
	}
	const many = 1e15 // a finite population correction of none
	for i := range list {
		population[i] = many
		if p := strata[stratum[i]]; p > 0 && p < many {
			population[i] = max(p, counted[stratum[i]])
		}
	}
	h, _ := estimate.Encode(stratum)
	u, _ := estimate.Encode(unit)
	return estimate.New(estimate.Spec{Rows: n, Stages: []estimate.Stage{{Stratum: h, Unit: u, Population: population}}, DesignWeight: w, Lonely: estimate.LonelyAdjust})
}

// populations are those of the strata of a round by name; a stratum of two stages
// has one without bound, because its clusters count as drawn with replacement.
func populations(ctx context.Context, q pg.Querier, district, round string) (map[string]float64, error) {
	list, err := rounddb.Strata(ctx, q, district, round)
	if err != nil {
		return nil, err
	}
	out := make(map[string]float64, len(list))
	for _, s := range list {
		out[s.Stratum] = float64(s.Population)
		if s.Clusters > 0 {
			out[s.Stratum] = math.Inf(1)
		}
	}
	return out, nil
}

// changedAnswers are those that count in one of two runs only. Both lists are by
// id.
func changedAnswers(a, b []appealdb.GroupAnswer) (out []appealdb.GroupAnswer) {
	in := map[string]bool{}
	for _, x := range a {
		in[x.ID] = true
	}
	for _, x := range b {
		if in[x.ID] {
			delete(in, x.ID)
		} else {
			out = append(out, x)
		}
	}
	for _, x := range a {
		if in[x.ID] {
			out = append(out, x)
		}
	}
	return out
}
