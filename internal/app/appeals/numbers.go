package appeals

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/scoring/appeal"
	"gongping/scoring/composite"
	"gongping/scoring/rater"
)

// UnitCount counts the appeals of a unit. Units with fewer appeals than the
// smallest cell stand together, so that nobody can be told from them.
type UnitCount struct {
	Unit, Name                      string // "" for all small units together
	Units                           int    // how many stand together
	N, Decided, Uphold, Partly, Not int
}

// Times are how long decisions took, in calendar days.
type Times struct {
	N      int
	Median float64
	Most   float64
	InTime int // decided by the deadline that was set at the filing
}

// Agreement is how far the first two members of the panels agree before a
// third joins: percent, and Krippendorff's alpha for ordered votes (reject,
// partly, uphold). OK is false where it cannot be computed.
type Agreement struct {
	N, Same int
	Alpha   float64
	OK      bool
}

// Gap is how far apart the committees of a round lie before any appeal and now.
type Gap struct {
	Round                 string
	Units                 int     // with a score in both
	SDBefore, SDNow       float64 // of official scores
	RangeBefore, RangeNow float64 // between the 10th and 90th percentile
	Mean                  float64 // change of the mean score
	Changed               int
}

// Numbers are the figures of appeals for leaders.
type Numbers struct {
	Units     []UnitCount
	Times     Times
	Agreement Agreement
	Gaps      []Gap
	Groups    []GroupGap // between groups of committees and of residents
	Cell      int
	Aside     Aside
}

// Aside is what decisions set aside, by sign, with the net effect on official
// scores. Counts under the rule book's cell are Few, but not for auditors.
type Aside struct {
	LowReviewed, HighReviewed, LowExcluded, HighExcluded int
	Net                                                  float64
	Few                                                  int // what "few" stands below
}

// few stands for a count that is not shown.
const few = -1

func aside(list []appealdb.SideCount, exact bool, cell int) (a Aside) {
	for _, x := range list {
		a.LowReviewed, a.HighReviewed = a.LowReviewed+x.LowReviewed, a.HighReviewed+x.HighReviewed
		a.LowExcluded, a.HighExcluded, a.Net = a.LowExcluded+x.LowExcluded, a.HighExcluded+x.HighExcluded, a.Net+x.Net
	}
	a.LowReviewed = max(a.LowReviewed, a.LowExcluded) // see asshown.go
	a.Few = cell
	for _, n := range []*int{&a.LowReviewed, &a.HighReviewed, &a.LowExcluded, &a.HighExcluded} {
		if *n > 0 && *n < cell && !exact {
			*n = few
		}
	}
	return a
}

// Numbers counts appeals within the actor's area by unit and time, measures how
// far panels agree, and what appeals did to the gaps between committees.
func (s *Service) Numbers(ctx context.Context, who authz.Actor) (n Numbers, err error) {
	book := composite.Default()
	n.Cell = book.Suppression.CrossTab
	err = s.Read(ctx, who, authz.AppealStatistics, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		list, err := appealdb.Courses(ctx, q, who.District, who.Area)
		if err != nil {
			return err
		}
		n.Units, n.Times, n.Agreement = byUnit(list, n.Cell), times(list), agreement(list)
		sides, err := appealdb.Sides(ctx, q, who.District, who.Area)
		if err != nil {
			return err
		}
		rounds, err := appealdb.Contested(ctx, q, who.District)
		if err != nil {
			return err
		}
		if who.Role != authz.Auditor {
			if sides, err = asShown(ctx, q, who, sides, rounds); err != nil {
				return err
			}
		}
		n.Aside = aside(sides, who.Role == authz.Auditor, book.Suppression.Cell)
		for _, r := range rounds {
			g, err := gap(ctx, q, who, r)
			if err != nil {
				return err
			}
			if g.Units >= n.Cell {
				n.Gaps = append(n.Gaps, g)
			}
			groups, err := groupGaps(ctx, q, who, r, book)
			if err != nil {
				return err
			}
			n.Groups = append(n.Groups, groups...)
		}
		return nil
	})
	return n, err
}

func byUnit(list []appealdb.Course, cell int) []UnitCount {
	at := map[string]*UnitCount{}
	for _, c := range list {
		u := at[c.Unit]
		if u == nil {
			u = &UnitCount{Unit: c.Unit, Name: c.UnitName, Units: 1}
			at[c.Unit] = u
		}
		u.N++
		switch appeal.Outcome(c.Outcome) {
		case appeal.Uphold:
			u.Uphold, u.Decided = u.Uphold+1, u.Decided+1
		case appeal.Partly:
			u.Partly, u.Decided = u.Partly+1, u.Decided+1
		case appeal.Reject:
			u.Not, u.Decided = u.Not+1, u.Decided+1
		}
	}
	var out []UnitCount
	var small UnitCount
	for _, u := range at {
		if u.N >= cell {
			out = append(out, *u)
			continue
		}
		small.Units++
		small.N, small.Decided, small.Uphold, small.Partly, small.Not = small.N+u.N, small.Decided+u.Decided, small.Uphold+u.Uphold, small.Partly+u.Partly, small.Not+u.Not
	}
	slices.SortFunc(out, func(a, b UnitCount) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Unit, b.Unit)) })
	if small.N > 0 {
		out = append(out, small)
	}
	return out
}

func times(list []appealdb.Course) (t Times) {
	var days []float64
	for _, c := range list {
		if c.Decided == nil {
			continue
		}
		days = append(days, c.Decided.Sub(c.Filed).Hours()/24)
		if !c.Decided.After(c.DecideUntil) {
			t.InTime++
		}
	}
	if t.N = len(days); t.N == 0 {
		return t
	}
	slices.Sort(days)
	t.Median, t.Most = (days[(t.N-1)/2]+days[t.N/2])/2, days[t.N-1]
	return t
}

func agreement(list []appealdb.Course) (a Agreement) {
	var m rater.Matrix
	for _, c := range list {
		if len(c.Votes) < appeal.PanelSize {
			continue
		}
		row := make([]float64, 0, appeal.PanelSize)
		for _, v := range c.Votes {
			row = append(row, float64(slices.Index(appeal.Outcomes, appeal.Outcome(v))))
		}
		m.Value = append(m.Value, row)
		a.N++
		if row[0] == row[1] {
			a.Same++
		}
	}
	if a.N < 2 {
		return a
	}
	if k, err := rater.Krippendorff(m, rater.Ordinal); err == nil && !math.IsNaN(k.Value) {
		a.Alpha, a.OK = k.Value, true
	}
	return a
}

func gap(ctx context.Context, q pg.Querier, who authz.Actor, r appealdb.RoundRuns) (g Gap, err error) {
	g.Round = r.Title
	x, y, _, err := pairedScores(ctx, q, who, r)
	if err != nil {
		return g, err
	}
	for i := range x {
		if math.Round(10*x[i]) != math.Round(10*y[i]) {
			g.Changed++
		}
	}
	g.Units = len(x)
	if g.Units < 2 {
		return g, nil
	}
	var mx, my float64
	mx, g.SDBefore, g.RangeBefore = spread(x)
	my, g.SDNow, g.RangeNow = spread(y)
	g.Mean = my - mx
	return g, nil
}

// spread is the mean, the standard deviation and the range between the 10th and
// the 90th percentile (linear between order statistics).
func spread(x []float64) (mean, sd, span float64) {
	s := slices.Sorted(slices.Values(x))
	for _, v := range s {
		mean += v / float64(len(s))
	}
	for _, v := range s {
		sd += (v - mean) * (v - mean)
	}
	at := func(p float64) float64 {
		h := p * float64(len(s)-1)
		i := int(h)
		if i+1 >= len(s) {
			return s[len(s)-1]
		}
		return s[i] + (h-float64(i))*(s[i+1]-s[i])
	}
	return mean, math.Sqrt(sd / float64(len(s)-1)), at(0.9) - at(0.1)
}
