package main

import (
	"unsafe"

	"gongping/scoring"
	"gongping/scoring/assess"
	"gongping/scoring/estimate"
	"gongping/scoring/fair"
	"gongping/scoring/replicate"
	"gongping/scoring/robust"
	"gongping/scoring/shrink"
	"gongping/survey/weight"
)

// task is something to measure; key is its name in R's answer.
type task struct {
	name, key string
	reads     int // bytes a row of the columns that it reads
	run       func(*data) error
	skip      func(*data) bool
	prepare   func(*data)        // not measured
	columns   func(*data) uint64 // bytes of what it reads where rows do not say it
}

// Sink keeps results from being optimised away.
var Sink float64

// Bytes of a code (committee, stratum, household, group, age, …) and of a number
// (weight, score, mark, population size).
const code, number = 4, 8

var tasks = []task{
	{name: "plain pass: n, Σw, Σwy, Σwyy by committee", key: "plain", reads: code + 2*number, run: plainPass},
	{name: "plain pass, with Σwy by household", key: "plain2", reads: 2*code + 2*number, run: plainPass2},
	{name: "design, ultimate clusters", key: "design", reads: 2*code + number, run: func(d *data) error { return newDesign(d, 1) }},
	{name: "design, two stages", key: "design2", reads: 2*code + 3*number, run: func(d *data) error { return newDesign(d, 2) }},
	{name: "mean and error, ultimate clusters", key: "mean", reads: 2*code + 2*number, run: func(d *data) error { return mean(d, 1) }},
	{name: "mean and error, two stages", key: "mean2", reads: 2*code + 4*number, run: func(d *data) error { return mean(d, 2) }},
	{name: "committee means and errors, ultimate clusters", key: "domains", reads: 2*code + 2*number, prepare: func(d *data) { made.d = nil }, run: func(d *data) error { return domains(d, 1) }},
	{name: "  of that the means, domains prepared", key: "means", reads: 2*code + 2*number, run: preparedMeans},
	{name: "committee means and errors, two stages", key: "domains2", reads: 2*code + 2*number, run: func(d *data) error { return domains(d, 2) }},
	{name: "raking on three margins", key: "rake", reads: 3*code + number, run: rake},
	{name: "bootstrap, 500 replicates by committee", key: "boot", reads: 3*code + 2*number, run: func(d *data) error { return bootstrap(d, false) }},
	{name: "  rows as units (one stage), a five-point item", key: "boot1", reads: code + 2*number, run: func(d *data) error { return bootstrap(d, true) }},
	{name: "Huber by committee (one five-point item)", key: "huber", reads: code + 2*number, run: func(d *data) error { return huber(d, d.mark) }},
	{name: "Huber by committee (mean of four items)", key: "huber4", reads: code + 2*number, run: func(d *data) error { return huber(d, d.score) }},
	{name: "random intercepts, committees", key: "mixed", reads: code + number, run: func(d *data) error { return mixed(d, d.committee, d.committees) }},
	{name: "random intercepts, 4000 groups", key: "mixed4000", reads: code + number, run: func(d *data) error { return mixed(d, d.group4000, 4000) }},
	{name: "fair score (scoring/fair), case mix", key: "fair", reads: 3*code + 2*number, run: fairScore},
	{name: "whole scoring run (scoring/assess)", key: "run", run: wholeRun, skip: tooLarge, prepare: func(d *data) { made.input = d.input() }, columns: func(*data) uint64 { return inputBytes(made.input) }},
}

// tooLarge reports that the texts of a run's input and what a run makes of them
// would not fit into the memory that is left.
func tooLarge(d *data) bool {
	left := memoryLeft()
	return left > 0 && uint64(d.n)*1500 > left
}

// inputBytes is the size of the columns of a run's input: its answers with their
// texts, as they stand in memory.
func inputBytes(in *scoring.Input) uint64 {
	n := uint64(0)
	for i := range in.Answers {
		a := &in.Answers[i]
		n += uint64(unsafe.Sizeof(*a))
		for _, s := range []string{a.ID, a.Building, a.Household} { // the others are shared
			n += uint64(len(s))
		}
		n += uint64(len(a.Values)) * uint64(unsafe.Sizeof(""))
	}
	return n
}

// plainPass is what any estimate by committee must at least do.
func plainPass(d *data) error {
	type sums struct{ n, w, wy, wyy float64 }
	s := make([]sums, d.committees)
	for i, c := range d.committee {
		t, w, y := &s[c], d.weight[i], d.score[i]
		t.n++
		t.w += w
		t.wy += w * y
		t.wyy += w * y * y
	}
	Sink = s[0].wyy
	return nil
}

// plainPass2 is what any estimate of two stages must at least do: household totals,
// too. It reads the columns that the estimate reads once the design is made.
func plainPass2(d *data) error {
	type sums struct{ n, w, wy, wyy float64 }
	s, total := make([]sums, d.committees), make([]float64, d.household[d.n-1]+1)
	household, weight, score := d.household[:d.n], d.weight[:d.n], d.score[:d.n]
	for i, c := range d.committee {
		t, w, y := &s[c], weight[i], score[i]
		t.n++
		t.w += w
		t.wy += w * y
		t.wyy += w * y * y
		total[household[i]] += w * y
	}
	Sink = s[0].wyy + total[0]
	return nil
}

// prepared designs are made once per data set: the run makes one, too.
var made struct {
	d       *data
	stages  int
	design  *estimate.Design
	domains *estimate.Domains
	input   *scoring.Input
}

func design(d *data, stages int) (*estimate.Design, error) {
	if made.d == d && made.stages == stages && made.design != nil {
		return made.design, nil
	}
	des, err := estimate.New(spec(d, stages))
	made.d, made.stages, made.design, made.domains = d, stages, des, nil
	return des, err
}

func spec(d *data, stages int) estimate.Spec {
	s := estimate.Spec{Rows: d.n, DesignWeight: d.weight, Lonely: estimate.LonelyCertainty, Stages: []estimate.Stage{{Unit: d.household, Stratum: d.stratum}}}
	if stages == 2 {
		s.Stages[0].Population = d.households
		s.Stages = append(s.Stages, estimate.Stage{Population: d.members})
	}
	return s
}

// newDesign checks and sorts the design anew, which the estimates below have made.
func newDesign(d *data, stages int) error {
	des, err := estimate.New(spec(d, stages))
	if err == nil {
		Sink = float64(des.Rows())
	}
	return err
}

func mean(d *data, stages int) error {
	des, err := design(d, stages)
	if err != nil {
		return err
	}
	e, err := estimate.Mean(des, estimate.Of(d.score), nil)
	Sink = e.SE
	return err
}

func domains(d *data, stages int) error {
	des, err := design(d, stages)
	if err != nil {
		return err
	}
	p, err := estimate.NewDomains(des, d.committee, d.committees)
	if err != nil {
		return err
	}
	made.domains = p
	for _, e := range p.Means(estimate.Of(d.score)) {
		if e.Refused != nil {
			return e.Refused
		}
		Sink = e.SE
	}
	return nil
}

func preparedMeans(d *data) error {
	if made.d != d || made.domains == nil {
		if err := domains(d, 1); err != nil {
			return err
		}
	}
	Sink = made.domains.Means(estimate.Of(d.score))[0].SE
	return nil
}

func rake(d *data) error {
	factor := func(name string, codes []int32, levels int, skew float64) weight.Margin {
		f := weight.Factor{Name: name, Codes: codes}
		total, sum := make([]float64, levels), 0.0
		for l := range levels {
			f.Levels = append(f.Levels, string(rune('a'+l)))
			total[l] = 1 + skew*float64(l)
			sum += total[l]
		}
		for l := range total {
			total[l] *= 1e6 / sum
		}
		return weight.Margin{Factor: f, Totals: total}
	}
	a, err := weight.Rake(d.weight, []weight.Margin{factor("sex", d.sex, 2, 0.1), factor("age", d.age, 6, 0.2), factor("tenure", d.tenure, 3, 0.4)}, weight.RakeRule{})
	if err == nil {
		Sink = a.Weights[0]
	}
	return err
}

func bootstrap(d *data, rows bool) error {
	s := estimate.Spec{Rows: d.n, DesignWeight: d.weight, Lonely: estimate.LonelyCertainty, Stages: []estimate.Stage{{Unit: d.household, Stratum: d.stratum}}}
	if rows {
		s.Stages[0] = estimate.Stage{Stratum: d.committee}
	}
	des, err := estimate.New(s)
	if err != nil {
		return err
	}
	y := d.score
	if rows {
		y = d.mark
	}
	out, err := replicate.DomainMeans(des, estimate.Of(y), d.committee, d.committees, 500, 1)
	if err == nil {
		Sink = out[0].SE
	}
	return err
}

func huber(d *data, x []float64) error {
	g, err := robust.ByGroup(x, d.weight, d.committee, d.committees, robust.Rule{Psi: robust.HuberPsi(1.345)})
	if err == nil {
		Sink = g.Value[0]
	}
	return err
}

func mixed(d *data, codes []int32, levels int) error {
	ones := make([]float64, d.n)
	for i := range ones {
		ones[i] = 1
	}
	f, err := shrink.FitMixed(shrink.Mixed{Y: d.score, X: [][]float64{ones}, Groups: []shrink.Grouping{{Name: "group", Codes: codes, Levels: levels}}}, shrink.REML)
	if err == nil {
		Sink = f.Residual
	}
	return err
}

func fairScore(d *data) error {
	age := make([]float64, d.n)
	for i, a := range d.age {
		age[i] = float64(a)
	}
	in := &fair.Input{Units: d.committees, Unit: d.committee, Score: d.score, DesignWeight: d.weight, Covariate: [][]float64{age}, Household: d.household}
	r, err := fair.Score(in, fair.DefaultParams())
	if err == nil {
		Sink = r.Units[0].Official
	}
	return err
}

func wholeRun(d *data) error {
	out, err := assess.Run(made.input, nil)
	if err == nil {
		Sink = out.Units[0].Official.Value
	}
	return err
}
