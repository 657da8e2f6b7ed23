package assess

import (
	"math"
	"slices"

	"gongping/scoring"
	"gongping/scoring/estimate"
	"gongping/scoring/fair"
	"gongping/scoring/repeatable"
	"gongping/survey"
	"gongping/survey/instrument"
)

// figures fills the unit results: committees from the estimator, streets and
// the district from the design, items and dimensions for all of them.
func (r *run) figures(res *fair.Result) error {
	areas, codes := r.areas()
	design, err := r.surveyDesign()
	if err != nil {
		return err
	}
	domains := make([]*estimate.Domains, 0, 3)
	for _, level := range codes {
		d, err := estimate.NewDomains(design, level.of, level.count)
		if err != nil {
			return err
		}
		domains = append(domains, d)
	}
	columns := r.columns()
	results := make([][]estimate.DomainEstimate, len(columns)*len(codes))
	buffer := estimate.Column{Values: make([]float64, len(r.score)), Missing: make([]bool, len(r.score))}
	for c, col := range columns {
		y := r.values(col, buffer)
		for l := range codes {
			results[c*len(codes)+l] = domains[l].Means(y)
		}
	}
	r.quantiles(results)
	heads := r.headcounts()
	r.out.Units = make([]scoring.UnitResult, len(areas))
	inParts(len(areas), leastUnits, func(_, from, to int) {
		for k := from; k < to; k++ {
			a := areas[k]
			u := scoring.UnitResult{Unit: a.code, Level: a.level, Reasons: map[string]int{}, Excluded: map[string]int{}}
			for c, col := range columns {
				r.column(&u, col, results[c*len(codes)+a.set][a.index], a)
			}
			r.people(&u, heads)
			if a.level == int(survey.Committee) {
				r.committee(&u, &res.Units[r.unitOf[a.code]])
			} else {
				u.Official = u.Weighted
				u.Status = "area"
				if u.N < r.in.RuleBook.Gates.UnitMin {
					u.Official, u.Status = scoring.Figure{Status: "not_enough", N: u.N}, "not_enough"
				}
			}
			r.out.Units[k] = u
		}
	})
	return nil
}

// areaAt is an area with its place in one of the code sets and its answers,
// which stand together because they are in the order of the codes.
type areaAt struct {
	code     string
	level    int
	set      int
	index    int
	from, to int32
}

// codeSet codes every answer by its area of one level.
type codeSet struct {
	of    []int32
	count int
}

// areas lists committees, the streets they lie in, and the district, with the
// code of every answer at each level.
func (r *run) areas() ([]areaAt, []codeSet) {
	var list []areaAt
	var sets []codeSet
	for s, length := range []int{12, 9, 6} {
		set := codeSet{of: make([]int32, len(r.score))}
		for k, u := range r.units { // in order of code
			if len(u.Code) < length {
				continue
			}
			code := u.Code[:length]
			if set.count == 0 || list[len(list)-1].code != code {
				list = append(list, areaAt{code: code, level: length/3 - 1, set: s, index: set.count, from: r.start[k]})
				set.count++
			}
			list[len(list)-1].to = r.start[k+1]
			for i := r.start[k]; i < r.start[k+1]; i++ {
				set.of[i] = int32(set.count - 1)
			}
		}
		sets = append(sets, set)
	}
	return list, sets
}

// withReplacement is a population so large that its correction is none.
const withReplacement = 1e15

// samplingFractions is by answer the share of its stratum's people who answered,
// 0 where the plan does not know the stratum, and in two stages, whose first-stage
// units count as drawn with replacement (ultimate clusters: Hansen, Hurwitz and
// Madow 1953); nil for an imported survey.
func (r *run) samplingFractions() []float64 {
	if r.strata.population == nil || r.strata.fraction != nil {
		return r.strata.fraction
	}
	r.strata.n = make([]float64, slices.Max(r.strata.code)+1)
	for _, c := range r.strata.code {
		r.strata.n[c]++
	}
	f := make([]float64, len(r.strata.population))
	for i, p := range r.strata.population {
		if p > 0 && (r.strata.cluster == nil || int(r.strata.cluster[i]) >= len(f)) {
			f[i] = min(1, r.strata.n[r.strata.code[i]]/p)
		}
	}
	r.strata.fraction = f
	return f
}

// surveyDesign is the design of the answers: strata with their populations
// (with the finite population correction), the clusters of two-stage strata and
// the calibrated weights. A stratum with one answer takes the deviation from the overall mean (policy adjust).
func (r *run) surveyDesign() (*estimate.Design, error) {
	st := estimate.Stage{Stratum: r.strata.code, Unit: r.strata.cluster}
	if f := r.samplingFractions(); f != nil {
		st.Population = make([]float64, len(f))
		for i, x := range f {
			st.Population[i] = withReplacement
			if x > 0 {
				st.Population[i] = max(r.strata.population[i], r.strata.n[r.strata.code[i]])
			}
		}
	}
	return estimate.New(estimate.Spec{Rows: len(r.score), Stages: []estimate.Stage{st}, DesignWeight: r.weight, Lonely: estimate.LonelyAdjust})
}

// column is a variable whose mean is wanted everywhere.
type column struct {
	kind  string // score, item, dimension
	id    string
	item  int
	items []int
}

func (r *run) columns() []column {
	out := []column{{kind: "score"}}
	q := &r.in.Questionnaire
	dims := map[string][]int{}
	for i, it := range q.Items {
		if it.Kind == instrument.Grade5 {
			out = append(out, column{kind: "item", id: it.ID, item: i, items: []int{i}})
			dims[it.Dimension] = append(dims[it.Dimension], i)
		}
	}
	for _, d := range q.Dimensions {
		if items := dims[d.ID]; len(items) > 0 {
			out = append(out, column{kind: "dimension", id: d.ID, item: items[0], items: items})
		}
	}
	return out
}

// values is the variable by answer; buffer serves one after the other.
func (r *run) values(c column, buffer estimate.Column) estimate.Column {
	if c.kind == "score" {
		return estimate.Of(r.score)
	}
	inChunks(len(r.score), func(from, to int) {
		for i := from; i < to; i++ {
			v, ok := r.meanOf(c.items, i)
			buffer.Values[i], buffer.Missing[i] = v, !ok
		}
	})
	return buffer
}

// column puts one estimate into a unit's result.
func (r *run) column(u *scoring.UnitResult, c column, e estimate.DomainEstimate, a areaAt) {
	fig := r.figure(e)
	switch c.kind {
	case "score":
		u.Weighted = fig
		u.N = fig.N
		u.Raw = r.plain(a)
		u.EffectiveN = r.kish(a)
	case "dimension":
		u.Dimensions = append(u.Dimensions, scoring.ItemResult{Item: c.id, Figure: fig})
	case "item":
		res := r.tally(c.item, a)
		res.Item, res.Figure = c.id, fig
		u.Items = append(u.Items, res)
	}
}

// tally counts an area's answers to an item by grade, and their weights.
func (r *run) tally(item int, a areaAt) (res scoring.ItemResult) {
	total := 0.0
	for i, g := range r.grade[item][a.from:a.to] {
		switch {
		case g >= 0:
			w := r.weight[int(a.from)+i]
			res.Counts[g]++
			res.Shares[g] += w
			total += w
		case g == gradeDontKnow:
			res.DontKnow++
		case g == gradeDeclined:
			res.Declined++
		case g == gradeOutside:
			res.Outside++
		default:
			res.Missing++
		}
	}
	if total > 0 {
		for g := range res.Shares {
			res.Shares[g] /= total
		}
	}
	return res
}

// quantiles computes the t quantiles of all degrees of freedom that occur, once each.
func (r *run) quantiles(results [][]estimate.DomainEstimate) {
	r.t = map[int]float64{}
	for _, column := range results {
		for _, e := range column {
			r.addQuantile(int(e.N) - 1)
			r.addQuantile(r.degrees(e))
		}
	}
	r.z = repeatable.NormalQuantile(0.5 + r.in.RuleBook.Confidence/2)
}

func (r *run) addQuantile(df int) {
	if _, ok := r.t[df]; !ok && df >= 1 {
		r.t[df] = repeatable.TQuantile(0.5+r.in.RuleBook.Confidence/2, df)
	}
}

// degrees are the degrees of freedom of an interval: n − 1, where every answer is
// a unit of its own; first-stage units less strata, where a stratum of the run
// was drawn in two stages and that is less. With none, as where all answers come
// from one first-stage unit, there is no interval: its deviation from the mean of
// the area is 0, because it is the area.
//
// Source: Korn & Graubard (1999), Analysis of Health Surveys, section 2.4.
func (r *run) degrees(e estimate.DomainEstimate) int {
	if r.in.UnitDegrees && r.strata.cluster != nil {
		return min(e.DF, int(e.N)-1)
	}
	return int(e.N) - 1
}

// figure is an estimate with its interval: t (see degrees), cut off at the ends
// of the scale.
func (r *run) figure(e estimate.DomainEstimate) scoring.Figure {
	f := scoring.Figure{N: int(e.N)}
	switch {
	case e.N == 0:
		f.Status = "no_answers"
	case e.N < 2 || e.Refused != nil || r.degrees(e) < 1:
		f.Status = "no_interval"
	default:
		f.OK, f.Value, f.SE = true, e.Value, e.SE
		t := r.t[r.degrees(e)]
		f.Lo, f.Hi = math.Max(0, e.Value-float64(t*e.SE)), math.Min(100, e.Value+float64(t*e.SE))
	}
	return f
}

// plain is the unweighted mean of an area, as if the answers were a simple
// random sample: the figure that everybody else's survey would print.
func (r *run) plain(a areaAt) scoring.Figure {
	scores, sum := r.score[a.from:a.to], 0.0
	n := len(scores)
	for _, s := range scores {
		sum += s
	}
	f := scoring.Figure{N: n, Status: "no_answers"}
	if n == 0 {
		return f
	}
	mean, ss := sum/float64(n), 0.0
	for _, s := range scores {
		d := s - mean
		ss += float64(d * d)
	}
	if n < 2 {
		f.Status = "no_interval"
		return f
	}
	f.OK, f.Status, f.Value, f.SE = true, "", mean, math.Sqrt(ss/float64(n-1)/float64(n))
	t := r.t[n-1]
	f.Lo, f.Hi = math.Max(0, mean-float64(t*f.SE)), math.Min(100, mean+float64(t*f.SE))
	return f
}

// kish is the effective number of answers, (Σw)²/Σw² (Kish 1965, section 11.7).
func (r *run) kish(a areaAt) float64 {
	w, ww := 0.0, 0.0
	for _, x := range r.weight[a.from:a.to] {
		w += x
		ww += float64(x * x)
	}
	if ww == 0 {
		return 0
	}
	return float64(w*w) / ww
}

// committee takes over what the estimator says of a committee.
func (r *run) committee(u *scoring.UnitResult, f *fair.UnitResult) {
	u.Reliability, u.Status = f.Reliability, f.Status.String()
	u.Fragility, u.FragileUp = f.Fragility, f.FragileUp
	u.CollectiveLow, u.CollectiveHigh = f.CollectiveLow.Found, f.CollectiveHigh.Found
	if f.N > 0 {
		u.EffectiveN = f.EffectiveN
	}
	if f.Status == fair.NotEnough {
		none := scoring.Figure{Status: "not_enough", N: f.N}
		u.Official, u.Adjusted, u.Robust, u.EB = none, none, none, none
		return
	}
	z := r.z
	interval := func(v, se float64) scoring.Figure {
		return scoring.Figure{OK: true, Value: v, SE: se, Lo: math.Max(0, v-float64(z*se)), Hi: math.Min(100, v+float64(z*se)), N: f.N}
	}
	u.Adjusted = interval(f.Adjusted, f.RawSE)
	u.Robust = interval(f.Huber, f.RawSE)
	u.EB = interval(f.EB, f.EBSE)
	u.Official = scoring.Figure{OK: true, Value: f.Official, SE: f.SE, Lo: f.Lo, Hi: f.Hi, N: f.N}
	u.WithoutLowest, u.WithoutHighest = f.WithoutLowest, f.WithoutHighest
	u.RawWithoutLow, u.RawWithoutHigh = f.RawWithoutLowest, f.RawWithoutHighest
	u.Band, u.BandLo, u.BandHi = r.bandID(f.Band), r.bandID(f.BandLo), r.bandID(f.BandHi)
	u.Steps = []scoring.Step{{Key: "raw", Value: u.Raw.Value}, {Key: "weighted", Value: u.Weighted.Value},
		{Key: "adjusted", Value: f.Adjusted}, {Key: "official", Value: f.Official}}
}
