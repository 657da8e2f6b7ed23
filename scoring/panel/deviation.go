package panel

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"gongping/scoring"
)

// Deviations is the older way, kept for the runs that were frozen with it and as
// the fallback: the mean rating of every committee after each reviewer's
// severity (mean deviation from the other ratings of the same committees and
// criteria) is taken out, with the standard error between reviewers. Its sums
// run in a fixed order, so that a frozen run gives the same digits as before.
func Deviations(ratings []scoring.Rating) map[string]Fair {
	type cell struct{ sum, n float64 }
	list := slices.Clone(ratings)
	slices.SortFunc(list, func(a, b scoring.Rating) int {
		return strings.Compare(a.Committee+"/"+a.Criterion+"/"+a.Reviewer, b.Committee+"/"+b.Criterion+"/"+b.Reviewer)
	})
	mean := map[string]*cell{}
	for _, x := range list {
		key := x.Committee + "/" + x.Criterion
		if mean[key] == nil {
			mean[key] = &cell{}
		}
		mean[key].sum += x.Score
		mean[key].n++
	}
	severity := map[string]*cell{}
	for _, x := range list {
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
	count := map[string]int{}
	raw := map[string]float64{}
	for _, x := range list {
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
		count[x.Committee]++
		raw[x.Committee] += x.Score
	}
	out := map[string]Fair{}
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
		v := Fair{Unit: c, Score: sum / k, Raw: raw[c] / float64(count[c]), Ratings: count[c], Reviewers: len(names)}
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

// deviation fills the result by the older way.
func (t *table) deviation(res *Result, ratings []scoring.Rating) {
	for _, v := range Deviations(ratings) {
		res.Units = append(res.Units, v)
	}
	slices.SortFunc(res.Units, func(a, b Fair) int { return cmp.Compare(a.Unit, b.Unit) })
	loneErrors(res.Units, t.high-t.low)
	n := len(t.data.RaterName)
	mean, count := t.means(t.data.Rater, n)
	units := t.unitsOf(n)
	for r, name := range t.data.RaterName {
		res.Reviewers = append(res.Reviewers, Reviewer{Name: name, Ratings: int(count[r]), Units: units[r], Mean: mean[r], Infit: 1, Outfit: 1})
	}
}

// loneErrors gives committees with one reviewer, who shows no difference between
// reviewers, the pooled standard deviation between the reviewers of the others,
//
//	s² = Σ k (k − 1) SE² / Σ (k − 1)
//
// over committees with k ≥ 2 reviewers; without any, that of a mark which may lie
// anywhere on a scale of this width, width/√12. Deviations itself leaves them at 0,
// as the runs did that were frozen with it.
func loneErrors(units []Fair, width float64) {
	ss, df := 0.0, 0.0
	for _, u := range units {
		if k := float64(u.Reviewers); k >= 2 {
			ss += float64(k * (k - 1) * u.SE * u.SE)
			df += k - 1
		}
	}
	se := width / math.Sqrt(12)
	if df > 0 {
		se = math.Sqrt(ss / df)
	}
	for i := range units {
		if units[i].Reviewers == 1 {
			units[i].SE = se
		}
	}
}
