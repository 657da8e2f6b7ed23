package assess

import (
	"bytes"
	"crypto/sha256"
	"math"
	"slices"

	"gongping/internal/errs"
	"gongping/scoring"
	"gongping/scoring/rater"
	"gongping/survey"
)

// gradeOutside stands for a mark that was credited away: it is no answer to what
// the committee did, so it counts as missing, in both directions alike.
const gradeOutside int8 = -3

// signs are the two signs with their marks, by the same distance from the middle.
var signs = [2]struct {
	name string
	of   func(grade int8) bool
}{
	{scoring.Low, func(g int8) bool { return g == 0 || g == 1 }},
	{scoring.High, func(g int8) bool { return g >= 3 }},
}

// credit is what was attributed in one unit: low and high.
type credit struct {
	side   [2]scoring.AttributionSide
	budget int
}

// attribute takes the marks whose cause two coders placed outside the remit out
// of the columns. Of each sign it takes at most the budget's share of a unit's
// answers; where more were placed, a ticket (SHA-256 of round and answer)
// decides which, so that nobody can choose. Docs: methods/qualitative.md.
func (r *run) attribute() error {
	if len(r.in.Attributions) == 0 {
		return nil
	}
	if s := r.in.AttributionBudget; !(s > 0 && s <= 1) {
		return errs.New(errs.Invalid, "run.attribution", "an attribution cannot be used").At("attribution_budget", "", "a share above 0, up to 1", "state the budget of the run")
	}
	at := make(map[string]int32, len(r.answers))
	n := make([]int, len(r.units))
	for i, a := range r.answers {
		at[a.ID] = int32(i)
		n[r.unit[i]]++
	}
	item := map[string]int{}
	for k, it := range r.in.Questionnaire.Items {
		item[it.ID] = k
	}
	r.credits = make([]credit, len(r.units))
	for u := range r.credits {
		r.credits[u].budget = int(float64(r.in.AttributionBudget * float64(n[u])))
	}
	for s, sign := range signs {
		byUnit := make([][]*placed, len(r.units))
		seen := map[string]bool{}
		for k := range r.in.Attributions {
			x := &r.in.Attributions[k]
			i, counted := at[x.AnswerID]
			if x.Sign != sign.name || !counted {
				continue // of the other sign, or of an answer that is set aside
			}
			if seen[x.AnswerID] {
				return errs.New(errs.Invalid, "run.attribution", "an attribution cannot be used").At("answer "+x.AnswerID, x.Sign, "one attribution an answer and sign", "check the decisions")
			}
			seen[x.AnswerID] = true
			if p := r.placeOf(x, i, item, sign.of); p != nil {
				byUnit[r.unit[i]] = append(byUnit[r.unit[i]], p)
			}
		}
		for u, list := range byUnit {
			r.take(&r.credits[u].side[s], list, r.credits[u].budget)
		}
	}
	return nil
}

// placed is an attribution that finds marks to take.
type placed struct {
	x       *scoring.Attribution
	answer  int32
	columns []int
	ticket  [sha256.Size]byte
}

// placeOf finds the columns in which an answer has marks of the sign, nil where
// it has none: then there is nothing to credit away.
func (r *run) placeOf(x *scoring.Attribution, answer int32, item map[string]int, is func(int8) bool) *placed {
	p := &placed{x: x, answer: answer, ticket: sha256.Sum256([]byte("attribution/" + r.in.RoundID + "/" + x.AnswerID))}
	for _, id := range x.Items {
		if k, ok := item[id]; ok && r.grade[k] != nil && is(r.grade[k][answer]) && !slices.Contains(p.columns, k) {
			p.columns = append(p.columns, k)
		}
	}
	if p.columns == nil {
		return nil
	}
	return p
}

// take credits away up to the budget, by ticket.
func (r *run) take(side *scoring.AttributionSide, list []*placed, budget int) {
	slices.SortFunc(list, func(a, b *placed) int { return bytes.Compare(a.ticket[:], b.ticket[:]) })
	side.Placed, side.Credited = len(list), min(len(list), budget)
	side.Matters = map[string]int{}
	for k, p := range list {
		for _, m := range p.x.Matters {
			side.Matters[m]++
		}
		if k < budget {
			for _, c := range p.columns {
				r.grade[c][p.answer] = gradeOutside
			}
		}
	}
}

// before computes the official results as if nothing had been credited away.
func (r *run) before() (*run, []scoring.Figure, error) {
	if r.credits == nil {
		return nil, nil, nil
	}
	in := *r.in
	in.Attributions = nil
	b := &run{in: &in, out: &scoring.Output{}}
	if err := b.load(); err != nil {
		return nil, nil, err
	}
	if err := b.weigh(); err != nil {
		return nil, nil, err
	}
	res, _, err := b.official()
	if err != nil {
		return nil, nil, err
	}
	list := make([]scoring.Figure, len(r.units))
	b.out.Units = make([]scoring.UnitResult, len(r.units))
	for k := range list {
		b.committee(&b.out.Units[k], &res.Units[k])
		list[k] = b.out.Units[k].Official
	}
	return b, list, nil
}

// credited puts counts and effects into the unit results and the summary.
func (r *run) credited() error {
	b, without, err := r.before()
	if b == nil || err != nil {
		return err
	}
	at := make(map[string]*scoring.UnitResult, len(r.out.Units))
	for k := range r.out.Units {
		at[r.out.Units[k].Unit] = &r.out.Units[k]
	}
	s := &scoring.AttributionSummary{Share: r.in.AttributionBudget}
	scored := 0
	for k, unit := range r.units {
		c := &r.credits[k]
		merge(&s.Low, c.side[0])
		merge(&s.High, c.side[1])
		for _, length := range []int{6, 9, 12} {
			u := at[unit.Code[:min(length, len(unit.Code))]]
			if u == nil || len(unit.Code) < length {
				continue
			}
			if u.Attribution == nil {
				u.Attribution = &scoring.UnitAttribution{}
			}
			merge(&u.Attribution.Low, c.side[0])
			merge(&u.Attribution.High, c.side[1])
			u.Attribution.Budget += c.budget
			if u.Level == int(survey.Committee) {
				u.Attribution.Without, u.Attribution.WithoutBand = without[k], b.out.Units[k].Band
				if u.Official.OK && without[k].OK {
					u.Attribution.Effect = u.Official.Value - without[k].Value
					s.MeanEffect += u.Attribution.Effect
					scored++
				}
				if u.Band != b.out.Units[k].Band {
					s.BandsMoved++
				}
			}
		}
	}
	if scored > 0 {
		s.MeanEffect /= float64(scored)
	}
	r.agreement(s)
	r.out.Summary.Attribution = s
	return nil
}

func merge(into *scoring.AttributionSide, side scoring.AttributionSide) {
	into.Placed += side.Placed
	into.Credited += side.Credited
	for m, n := range side.Matters {
		if into.Matters == nil {
			into.Matters = map[string]int{}
		}
		into.Matters[m] += n
	}
}

// agreement states how far the two coders agree on what the attributions rest
// on; coefficients are rounded to six places, because they are shown only.
func (r *run) agreement(s *scoring.AttributionSummary) {
	if r.in.Coding == nil {
		return
	}
	table, same := make([][]float64, len(r.in.Coding.Table)), 0
	for i, row := range r.in.Coding.Table {
		table[i] = make([]float64, len(row))
		for j, n := range row {
			table[i][j] = float64(n)
			s.Coded += n
			if i == j {
				same += n
			}
		}
	}
	if s.Coded == 0 {
		return
	}
	s.Agreed = float64(same) / float64(s.Coded)
	if k, err := rater.CohenKappa(table, rater.Unweighted); err == nil {
		s.OK, s.Kappa, s.KappaLo, s.KappaHi = true, six(k.Value), six(k.Lower), six(k.Upper)
	}
}

func six(x float64) float64 { return math.Round(x*1e6) / 1e6 }
