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
	skip      func(*data) bool
	prepare   func(*data) // not measured
	run       func(*data) error
	columns   func(*data) uint64 // bytes of what it reads; nil = data.bytes
}

// Sink keeps results from being optimised away.
var Sink float64

var tasks = []task{
	{"plain pass: n, Σw, Σwy, Σwyy by committee", "plain", nil, nil, plainPass, nil},
	{"mean and error, ultimate clusters", "mean", nil, nil, func(d *data) error { return mean(d, 1) }, nil},
	{"mean and error, two stages", "mean2", nil, nil, func(d *data) error { return mean(d, 2) }, nil},
	{"committee means and errors, ultimate clusters", "domains", nil, func(d *data) { made.d = nil }, func(d *data) error { return domains(d, 1) }, nil},
	{"  of that the means, design prepared", "means", nil, nil, preparedMeans, nil},
	{"committee means and errors, two stages", "domains2", nil, nil, func(d *data) error { return domains(d, 2) }, nil},
	{"raking on three margins", "rake", nil, nil, rake, nil},
	{"bootstrap, 500 replicates by committee", "boot", nil, nil, func(d *data) error { return bootstrap(d, false) }, nil},
	{"  rows as units (one stage), a five-point item", "boot1", nil, nil, func(d *data) error { return bootstrap(d, true) }, nil},
	{"Huber by committee (one five-point item)", "huber", nil, nil, func(d *data) error { return huber(d, d.mark) }, nil},
	{"Huber by committee (mean of four items)", "huber4", nil, nil, func(d *data) error { return huber(d, d.score) }, nil},
	{"random intercepts, committees", "mixed", nil, nil, func(d *data) error { return mixed(d, d.committee, d.committees) }, nil},
	{"random intercepts, 4000 groups", "mixed4000", nil, nil, func(d *data) error { return mixed(d, d.group4000, 4000) }, nil},
	{"fair score (scoring/fair), case mix", "fair", nil, nil, fairScore, nil},
	{"whole scoring run (scoring/assess)", "run", tooLarge, func(d *data) { made.input = d.input() }, wholeRun, func(*data) uint64 { return inputBytes(made.input) }},
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
	s := estimate.Spec{Rows: d.n, DesignWeight: d.weight, Lonely: estimate.LonelyCertainty, Stages: []estimate.Stage{{Unit: d.household, Stratum: d.stratum}}}
	if stages == 2 {
		s.Stages[0].Population = d.households
		s.Stages = append(s.Stages, estimate.Stage{Population: d.members})
	}
	des, err := estimate.New(s)
	made.d, made.stages, made.design, made.domains = d, stages, des, nil
	return des, err
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
