package assess

import (
	"math"

	"gongping/scoring"
	"gongping/scoring/fair"
	"gongping/survey"
	"gongping/survey/fieldwork"
)

// people fills population, invitations and response rate of an area. The rate
// is AAPOR's RR1: completes over all cases in the field but those that turned
// out not to be eligible (moved away, no eligible person).
func (r *run) people(u *scoring.UnitResult, of map[string]*headcount) {
	h := of[u.Unit]
	if h == nil {
		return
	}
	u.Population, u.Invited, u.Excluded = h.population, h.invited, h.excluded
	if u.Invited > 0 {
		u.ResponseRate = float64(h.complete) / float64(u.Invited)
	}
}

// headcount is what the fieldwork says of an area.
type headcount struct {
	population        int64
	invited, complete int
	excluded          map[string]int
}

// headcounts adds up committees, streets and the district in one pass.
func (r *run) headcounts() map[string]*headcount {
	of := map[string]*headcount{}
	each := func(committee string, add func(*headcount)) {
		for _, length := range []int{6, 9, 12} {
			if len(committee) < length {
				continue
			}
			code := committee[:length]
			if of[code] == nil {
				of[code] = &headcount{excluded: map[string]int{}}
			}
			add(of[code])
		}
	}
	for _, s := range r.in.Strata {
		each(s.Committee, func(h *headcount) { h.population += s.Population })
	}
	for _, o := range r.in.Outcomes {
		class := fieldwork.UnknownPerson // of a code that is not known
		if d, ok := fieldwork.Lookup(fieldwork.Code(o.Disposition)); ok {
			class = d.Class
		}
		if class == fieldwork.NotEligible {
			continue
		}
		each(o.Committee, func(h *headcount) {
			h.invited += o.Cases
			if class == fieldwork.Interview {
				h.complete += o.Cases
			}
		})
	}
	for i, u := range r.units {
		each(u.Code, func(h *headcount) {
			for g, n := range r.excluded[i] {
				h.excluded[g] += n
			}
		})
	}
	return of
}

// ledger records how every answer counted and counts the reasons by area.
func (r *run) ledger(res *fair.Result) {
	at := make(map[string]*scoring.UnitResult, len(r.out.Units))
	for k := range r.out.Units {
		at[r.out.Units[k].Unit] = &r.out.Units[k]
	}
	list := r.out.Answers
	inChunks(len(list), func(from, to int) {
		for i := from; i < to; i++ {
			a := &list[i]
			a.Score, a.FinalWeight, a.RobustWeight = r.score[i], r.weight[i], res.Answers.RobustWeight[i]
			a.Influence, a.Reason = res.Answers.Influence[i], res.Answers.Reason[i].String()
		}
	})
	for k, unit := range r.units {
		var count [fair.Reasons]int
		for _, reason := range res.Answers.Reason[r.start[k]:r.start[k+1]] {
			count[reason]++
		}
		for _, length := range []int{6, 9, 12} {
			if len(unit.Code) < length {
				continue
			}
			if u := at[unit.Code[:length]]; u != nil {
				for reason, n := range count {
					if n > 0 {
						u.Reasons[fair.Reason(reason).String()] += n
					}
				}
			}
		}
	}
}

// downWeight is the robustness weight below which an answer counts as weighted
// down in the summary.
const downWeight = 0.995

// summarise fills the district-wide figures.
func (r *run) summarise(res *fair.Result, slopes []scoring.Slope) {
	s := &r.out.Summary
	s.N, s.CaseMixSlopes, s.Excluded = len(r.score), slopes, len(r.in.Exclusions)
	s.BetweenSD, s.WithinSD = math.Sqrt(max(0, res.Prior.Total.Tau2)), math.Sqrt(max(0, res.Prior.Total.Sigma2))
	for _, a := range r.out.Answers {
		if a.RobustWeight < downWeight {
			s.WeightedDown++
		}
	}
	var scores []float64
	noise, mean := 0.0, 0.0
	for _, u := range r.out.Units {
		switch u.Level {
		case int(survey.District):
			s.Mean, s.Invited, s.ResponseRate = u.Weighted.Value, u.Invited, u.ResponseRate
		case int(survey.Committee):
			s.Units++
			if u.Official.OK {
				s.UnitsScored++
				scores = append(scores, u.Official.Value)
				noise += float64(u.Official.SE * u.Official.SE)
				mean += u.Official.Value
			}
			if u.Band != "" {
				s.UnitsBanded++
			}
		}
	}
	if k := float64(len(scores)); k >= 3 {
		mean /= k
		between := 0.0
		for _, v := range scores {
			between += float64((v - mean) * (v - mean))
		}
		between /= k - 1
		// Rankability (Houwelingen, Brand & Louis 2000): signal over signal and
		// the noise left in the scores.
		if between+noise/k > 0 {
			s.Rankable = between / (between + noise/k)
		}
	}
	for _, w := range res.Warnings {
		r.out.Warnings = append(r.out.Warnings, scoring.Note{Key: "run." + string(w)})
	}
}
