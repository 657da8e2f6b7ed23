package departments

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/survey"
)

// Split is whose matter the low marks of a round were, as two coders placed
// their causes, with how far coders agree and what it did to the scores of the
// committees where this department's matters were found. Counts of an answer
// with causes of two parties stand with both.
type Split struct {
	Run        string // the newest published run of the round
	RunNumber  int
	RoundTitle string
	Parts      []SplitPart // the most first
	Placed     int         // low answers placed outside the remit of committees; −1 where not shown
	Credited   int         // of these, credited away within the budget; −1 where not shown

	Coded              int // comments that two coders coded
	Agreed             float64
	Kappa, KappaLo, Hi float64
	OK                 bool // Kappa is defined

	// Committees with a low answer placed here and a score with and without what
	// was credited away: their number and the mean effect, in half points; 0 where
	// fewer than three.
	Committees int
	Effect     float64
}

// SplitPart is one party of a split.
type SplitPart struct {
	Matter     string // "property", "department/housing", …
	Department string // its name, for a department
	Own        bool   // the department of the card
	N          int    // −1 where fewer than MinCause
}

// split reads it from the newest published run of the newest round with a cause.
func split(ctx context.Context, db pg.Querier, who authz.Actor, code, lang string, periods []Period) (*Split, error) {
	k := slices.IndexFunc(periods, func(p Period) bool { return !p.File })
	if k < 0 {
		return nil, nil
	}
	run, err := scoredb.LatestPublished(ctx, db, who.District, periods[k].ID)
	if err != nil || run == "" {
		return nil, err
	}
	head, err := scoredb.Get(ctx, db, who.District, run)
	if err != nil {
		return nil, err
	}
	sum, _, _, err := scoredb.Summary(ctx, db, who.District, run)
	if err != nil || sum.Attribution == nil {
		return nil, err
	}
	area := who.Area
	if who.Role != authz.Leader {
		area = who.District
	}
	units, err := scoredb.UnitsOf(ctx, db, who.District, run, area, 0)
	if err != nil {
		return nil, err
	}
	names, err := departmentdb.List(ctx, db, who.District)
	if err != nil {
		return nil, err
	}
	a := sum.Attribution
	s := &Split{Run: run, RunNumber: head.Number, RoundTitle: periods[k].Title, Coded: a.Coded, Agreed: a.Agreed, OK: a.OK, Kappa: a.Kappa, KappaLo: a.KappaLo, Hi: a.KappaHi}
	whole, err := scoredb.UnitOf(ctx, db, who.District, run, who.District)
	if err != nil && !pg.NoRows(err) {
		return nil, err
	}
	var low scoring.AttributionSide
	if whole.Attribution != nil {
		low = whole.Attribution.Low
	}
	s.fill(units, area, code, low)
	for _, x := range []*float64{&s.Agreed, &s.Kappa, &s.KappaLo, &s.Hi} {
		*x = math.Round(100**x)/100 + 0
	}
	for i := range s.Parts {
		p := &s.Parts[i]
		if d, ok := strings.CutPrefix(p.Matter, "department/"); ok {
			p.Own, p.Department = d == code, d
			if at := slices.IndexFunc(names, func(n departmentdb.Department) bool { return n.Code == d }); at >= 0 {
				p.Department = names[at].In(lang)
			}
		}
	}
	return s, nil
}

// fill counts the area's low answers by party, and averages the effect over the
// committees with one of the department's. What whole, those of the district, has
// besides must not be a few.
func (s *Split) fill(units []scoredb.UnitRow, area, code string, whole scoring.AttributionSide) {
	for _, u := range units {
		a := u.Attribution
		if a == nil {
			continue
		}
		if u.Unit == area {
			s.Placed, s.Credited = a.Low.Placed, a.Low.Credited
			for m, n := range a.Low.Matters {
				s.Parts = append(s.Parts, SplitPart{Matter: m, N: n})
			}
		}
		if survey.LevelOf(u.Unit) == survey.Committee && a.Low.Matters["department/"+code] > 0 && u.Official.OK && a.Without.OK {
			s.Committees++
			s.Effect += a.Effect
		}
	}
	slices.SortFunc(s.Parts, func(a, b SplitPart) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Matter, b.Matter)) })
	list, small := make([]*int, len(s.Parts)), make([]bool, len(s.Parts))
	for i := range s.Parts {
		list[i], small[i] = &s.Parts[i].N, few(s.Parts[i].N) || few(whole.Matters[s.Parts[i].Matter]-s.Parts[i].N)
	}
	withhold(list, small)
	if few(s.Placed) || few(whole.Placed-s.Placed) {
		s.Placed = -1
	}
	if s.Placed < 0 || few(s.Credited) || few(whole.Credited-s.Credited) {
		s.Credited = -1
	}
	if s.Committees < minCommittees {
		s.Committees, s.Effect = 0, 0
		return
	}
	// To a half point, as on the committees' own pages, and without the mean scores
	// that it moves: a mean of three scores that are public says which three.
	s.Effect = math.Round(2*s.Effect/float64(s.Committees))/2 + 0
}
