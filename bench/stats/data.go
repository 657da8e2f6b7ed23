package main

import (
	"fmt"
	"math/rand/v2"

	"gongping/scoring"
	"gongping/scoring/composite"
	"gongping/survey/instrument"
)

// data is a generated survey: committees lie in strata of twenty, households are
// drawn within committees (first stage: strata of households), persons within
// households (second stage).
type data struct {
	n, committees    int
	committee        []int32
	stratum          []int32
	household        []int32
	households       []float64 // population of the stratum
	members          []float64 // persons in the household
	weight           []float64
	sex, age, tenure []int32
	score            []float64 // mean of four five-point items, 0..100
	mark             []float64 // one five-point item
	items            [][4]uint8
	group4000        []int32
}

// bytes is the size of all columns of the data set: committee, stratum, household,
// sex, age, tenure and group; two population sizes, weight, score and mark; the items.
func (d *data) bytes() uint64 { return uint64(d.n) * (7*code + 5*number + uint64(len(d.items[0]))) }

func generate(n, committees int) *data {
	rng := rand.New(rand.NewPCG(20261120, uint64(n)+uint64(committees)<<32))
	d := &data{n: n, committees: committees}
	level := make([]float64, committees)
	for c := range level {
		level[c] = 3.6 + 0.35*rng.NormFloat64()
	}
	slow := make([]float64, 4000)
	for g := range slow {
		slow[g] = 0.3 * rng.NormFloat64()
	}
	next, house, mood := int32(-1), 0, 0.0
	committee := 0
	for i := range n {
		if house == 0 {
			house, next = 2+rng.IntN(3), next+1
			committee = int(int64(i) * int64(committees) / int64(n))
			mood = 0.4 * rng.NormFloat64()
		}
		house--
		c := int32(committee)
		g := int32(rng.IntN(4000))
		d.committee, d.stratum, d.household = append(d.committee, c), append(d.stratum, c/20), append(d.household, next)
		d.households, d.members = append(d.households, float64(40*n/committees+c7(c))), append(d.members, 6)
		d.sex, d.age, d.tenure = append(d.sex, int32(rng.IntN(2))), append(d.age, int32(rng.IntN(6))), append(d.tenure, int32(rng.IntN(3)))
		// A design weight of the stratum times a raking factor of sex and age.
		d.weight = append(d.weight, (1+float64(c/20%5)/4)*(0.7+0.1*float64(d.age[i])+0.15*float64(d.sex[i])))
		d.group4000 = append(d.group4000, g)
		var items [4]uint8
		sum := 0.0
		for k := range items {
			items[k] = uint8(min(5, max(1, int(level[c]+mood+slow[g]+rng.NormFloat64()+0.5))))
			sum += float64(items[k]-1) * 25
		}
		d.items, d.score, d.mark = append(d.items, items), append(d.score, sum/4), append(d.mark, float64(items[0]))
	}
	return d
}

// c7 makes the populations of strata differ; they depend on the stratum alone.
func c7(c int32) int { return 1000 * (20 + int(c/20)%7) }

// input is the same survey as a scoring run of the service sees it: texts.
func (d *data) input() *scoring.Input {
	in := &scoring.Input{Format: scoring.InputFormat, District: "310104", RoundTitle: "bench", RuleBook: composite.Default(), Questionnaire: instrument.Default()}
	code := make([]string, d.committees)
	size := make([]int, d.committees)
	for _, c := range d.committee {
		size[c]++
	}
	ages := []string{"18-29", "30-39", "40-49", "50-59", "60-69", "70+"}
	for c := range code {
		code[c] = fmt.Sprintf("310104%06d", c)
		in.Units = append(in.Units, scoring.Unit{Code: code[c], Name: code[c]})
		in.Strata = append(in.Strata, scoring.Stratum{Stratum: code[c], Committee: code[c], Method: "simple", Population: int64(20*size[c] + 50), Sample: 2 * size[c]})
		for _, sex := range []string{"f", "m"} {
			for _, a := range ages {
				in.Margins = append(in.Margins, scoring.Margin{Committee: code[c], Sex: sex, AgeBand: a, Persons: int64(2*size[c] + 5)})
			}
		}
		in.Outcomes = append(in.Outcomes, scoring.Outcome{Committee: code[c], Disposition: "1.1", Cases: size[c]},
			scoring.Outcome{Committee: code[c], Disposition: "2.11", Cases: size[c]})
	}
	tenures, marks, sexes := []string{"<1", "1-5", ">5"}, []string{"", "1", "2", "3", "4", "5"}, []string{"f", "m"}
	in.Answers = make([]scoring.Answer, d.n)
	for i := range in.Answers {
		c := code[d.committee[i]]
		a := scoring.Answer{ID: fmt.Sprintf("%09d", i), Committee: c, Stratum: c, DesignWeight: 10, Sex: sexes[d.sex[i]], AgeBand: ages[d.age[i]], Tenure: tenures[d.tenure[i]],
			Mode: "face", Day: "2026-09-01", Building: fmt.Sprintf("b%d", d.household[i]/8), Household: fmt.Sprintf("h%d", d.household[i])}
		a.Values = make([]string, len(in.Questionnaire.Items))
		k := 0
		for j, it := range in.Questionnaire.Items {
			if it.Kind == instrument.Grade5 {
				a.Values[j] = marks[d.items[i][k%4]]
				k++
			}
		}
		in.Answers[i] = a
	}
	return in
}
