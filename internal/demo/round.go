package demo

import (
	"fmt"
	"strings"
	"time"

	"gongping/survey"
)

// Round is one round of the demonstration with its sampling plan.
type Round struct {
	Number            int // finishedRound or openRound
	Title             map[string]string
	AreaCode          string
	OpensOn, ClosesOn time.Time
	// Cutoff is the moment up to which fieldwork has happened: for the open
	// round today at 12:00, for the finished one its end.
	Cutoff time.Time
	Plan   []CommitteePlan
}

// CommitteePlan is how many residents of a committee are drawn.
type CommitteePlan struct {
	Committee                    string
	Population, Planned, Reserve int
}

// Numbers of the rounds.
const (
	finishedRound = 1
	openRound     = 2
)

// expectedRate is the share of drawn people who complete an interview, for
// planning.
const expectedRate = 0.56

// reserveRatio is how many reserves stand behind each drawn person.
const reserveRatio = 0.1

// SurveyPlan is the plan in the form of package survey: the committee is the
// stratum and its size is set one by one.
func (r Round) SurveyPlan() survey.Plan {
	p := survey.Plan{Allocation: "proportional", Sizes: map[string]int{}, ReserveRatio: reserveRatio}
	for _, c := range r.Plan {
		p.Sizes[c.Committee] = c.Planned
	}
	return p
}

// makeRounds lays the finished round, four weeks that ended 14 weeks before
// today's week, and the open one, which began six days ago and covers the
// streets of the three stories.
func (w *World) makeRounds() {
	today := w.Options.Today
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	begin := monday.AddDate(0, 0, -18*7)
	w.Finished = Round{Number: finishedRound, AreaCode: DistrictCode, OpensOn: begin, ClosesOn: begin.AddDate(0, 0, 27)}
	w.Finished.Title = map[string]string{"zh": fmt.Sprintf("%d年第一轮居民评议", begin.Year()), "en": fmt.Sprintf("Residents' rating %d, first round", begin.Year())}
	w.Finished.Cutoff = begin.AddDate(0, 0, 28)
	begin = today.AddDate(0, 0, -6)
	w.Open = Round{Number: openRound, AreaCode: DistrictCode, OpensOn: begin, ClosesOn: begin.AddDate(0, 0, 27), Cutoff: today.Add(12 * time.Hour)}
	w.Open.Title = map[string]string{"zh": fmt.Sprintf("%d年第二轮居民评议（进行中）", begin.Year()), "en": fmt.Sprintf("Residents' rating %d, second round (under way)", begin.Year())}
	w.planSizes()
}

// planSizes chooses how many to draw: in the finished round about one committee
// in eight stays under 30 answers, one in eight reaches 100 or more, the rest
// lies between; small committees are taken whole.
func (w *World) planSizes() {
	r := stream(w.Seed, stagePlan, 0)
	t := &w.Truth
	for i := range w.committees {
		c := &w.committees[i]
		target := 42 + r.IntN(37)
		switch u := r.Float64(); {
		case u < 0.12:
			target = 17 + r.IntN(7)
		case u > 0.84 && c.population > 215:
			target = 112 + r.IntN(13)
		}
		switch c.code {
		case t.Collective.Committee:
			target = 118
		case t.Coached.Committee:
			target = 96
		case t.Lone.Committee:
			target = 38
		}
		w.Finished.Plan = append(w.Finished.Plan, w.planOf(c, target))
		for _, story := range []Story{t.Collective, t.Coached, t.Lone} {
			if strings.HasPrefix(story.Committee, c.street) {
				w.Open.Plan = append(w.Open.Plan, w.planOf(c, 36))
				break
			}
		}
	}
}

func (w *World) planOf(c *committee, target int) CommitteePlan {
	p := CommitteePlan{Committee: c.code, Population: c.population}
	p.Planned = min(int(float64(target)/expectedRate+0.999), c.population)
	p.Reserve = min(int(float64(float64(p.Planned)*reserveRatio)+0.999), c.population-p.Planned)
	return p
}
