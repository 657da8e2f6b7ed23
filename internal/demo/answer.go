package demo

import (
	"math"
	"math/rand/v2"
	"strconv"

	"gongping/survey"
	"gongping/survey/instrument"
)

// grades are the honest grades 1 to 5 of a person in a round. The person's own
// level is the same in all rounds; shift is the effect of mode and evaluator.
//
//	latent = item mean + committee + committee × item + age + tenure
//	       + person + noise + part + shift
//
// graded to the nearest of 0, 25, 50, 75, 100.
func (w *World) grades(p *Person, round int, shift float64) [nGrade]int {
	c := &w.committees[p.committee]
	own := stream(w.Seed, stagePeople, uint64(p.index))
	base := c.effect + tenureEffect[p.Tenure] + ageEffect[survey.AgeBand(p.BirthYear, w.Options.Today.Year())] + shift
	base += float64(personSD * own.NormFloat64())
	r := stream(w.Seed, stageAnswers, uint64(p.index)|uint64(round)<<40)
	var g [nGrade]int
	for k := range g {
		x := base + itemMean[k] + c.itemEffect[k] + float64(noiseSD*r.NormFloat64())
		switch p.Part {
		case Grievance:
			x += grievanceShift
		case Collective:
			x += collectiveShift[k]
		}
		g[k] = 1 + int(min(max(math.Floor(x/25+0.5), 0), 4))
	}
	return g
}

// answers are what a person answers in a round, in the stored form of package
// instrument.
func (w *World) answers(p *Person, round int, shift float64) instrument.Answers {
	r := stream(w.Seed, stageComments, uint64(p.index)|uint64(round)<<40)
	contact := chance(r, contactShare(p))
	a := instrument.Answers{itemContact: "no"}
	if contact {
		a[itemContact] = "yes"
	}
	// An own stream: who would rather not answer moves nothing else.
	declines := stream(w.Seed, stageComments, uint64(p.index)|uint64(round)<<40|1<<60)
	for k, x := range w.grades(p, round, shift) {
		v := strconv.Itoa(x)
		share := dontKnow[k]
		if !contact {
			share *= 1.8
		}
		switch {
		case p.Part == Coached:
			v = "5"
		case p.Part == Plain && chance(r, share):
			v = instrument.DontKnow
		case p.Part == Plain && chance(declines, declined[k]):
			v = instrument.Declined
		}
		a[gradeItems[k]] = v
	}
	if s := comment(r, p, a["overall"]); s != "" {
		a[itemComment] = s
	}
	return a
}

// contactShare is the chance that a resident dealt with the committee.
func contactShare(p *Person) float64 {
	if p.Part != Plain {
		return 0.93
	}
	share := 0.36
	switch {
	case p.age >= 60:
		share = 0.62
	case p.age >= 35:
		share = 0.48
	}
	if p.Tenure == tenant {
		share -= 0.12
	}
	return share
}

// propensity is the chance that a drawn person still living there takes part.
// Young renters take part least.
func propensity(p *Person) float64 {
	x := 0.60
	young := p.age < 35
	if young {
		x -= 0.55
	}
	if p.age >= 65 {
		x += 0.45
	}
	if p.Tenure == tenant {
		x -= 0.60
		if young {
			x -= 0.35
		}
	}
	if p.Phone == "" {
		x -= 0.25
	}
	switch p.Part {
	case Grievance:
		x += 1.1
	case Collective:
		x += 0.9
	case Coached:
		return 0.93
	}
	return 1 / (1 + math.Exp(-x))
}

// modeOf draws how a person answers: at the door, by phone or by own link.
func modeOf(r *rand.Rand, p *Person) string {
	if p.Part == Coached {
		return "link"
	}
	link, phone := 0.42, 0.22
	switch {
	case p.age >= 70:
		link, phone = 0.06, 0.26
	case p.age >= 55:
		link, phone = 0.22, 0.26
	}
	switch u := r.Float64(); {
	case p.Phone != "" && u < link:
		return "link"
	case p.Phone != "" && u < link+phone:
		return "phone"
	case p.Address != "":
		return "door"
	}
	return "phone"
}
