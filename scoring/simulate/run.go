package simulate

import (
	"math"
	"math/rand/v2"

	"gongping/scoring/fair"
)

// Config is one run of the simulation.
type Config struct {
	Seed      uint64   `json:"seed"`
	Units     int      `json:"units"`
	Reps      int      `json:"reps"`
	N         []int    `json:"n"`
	Items     []int    `json:"items"`
	Scenarios []string `json:"scenarios"` // empty: all
	// GuardShare and MaxExtremeShare replace the defaults of the rule book, to
	// see what they cost and save.
	GuardShare      float64 `json:"guard_share"`
	MaxExtremeShare float64 `json:"max_extreme_share"`
}

// DefaultConfig takes about a minute on two cores.
func DefaultConfig() Config {
	par := fair.DefaultParams()
	return Config{Seed: 20261120, Units: 600, Reps: 5, N: []int{20, 50, 100, 300}, Items: []int{1, 5},
		GuardShare: par.GuardShare, MaxExtremeShare: par.MaxExtremeShare}
}

// Cell is one scenario at one number of answers and items.
type Cell struct {
	Scenario string    `json:"scenario"`
	Title    string    `json:"title"`
	N        int       `json:"n"`
	Items    int       `json:"items"`
	TrueSD   float64   `json:"true_sd"`
	Measures []Measure `json:"measures"`
	Verdicts []Verdict `json:"verdicts"`
	// BandGiven is the share of units that the official rule gives one band,
	// BandGivenWrong the share of those where it is wrong.
	BandGiven      float64  `json:"band_given"`
	BandGivenWrong *float64 `json:"band_given_wrong,omitempty"`
}

// Report is the result of a run.
type Report struct {
	Config Config `json:"config"`
	Cells  []Cell `json:"cells"`
}

// Run simulates every cell. progress, where not nil, is called before each; its
// error stops the run.
func Run(cfg Config, progress func(done, total int, name string) error) (*Report, error) {
	list, err := selected(cfg.Scenarios)
	if err != nil {
		return nil, err
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	rep := &Report{Config: cfg}
	total := len(list) * len(cfg.N) * len(cfg.Items)
	for _, sc := range list {
		for _, items := range cfg.Items {
			ins := newInstrument(items, sc.Shares)
			var o *oracle
			if oracleFor(&sc) {
				o = newOracle(&sc, ins)
			}
			for _, n := range cfg.N {
				if progress != nil {
					if err := progress(len(rep.Cells), total, sc.Name); err != nil {
						return nil, err
					}
				}
				c, err := runCell(&cfg, &sc, ins, o, n)
				if err != nil {
					return nil, err
				}
				rep.Cells = append(rep.Cells, c)
			}
		}
	}
	return rep, nil
}

// stream gives every cell and replicate its own generator, so that a scenario
// run alone gives the same figures as in company.
func stream(seed uint64, name string, items, n, rep int) *rand.Rand {
	h := uint64(14695981039346656037)
	for _, b := range []byte(name) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	h = (h ^ uint64(items)<<40 ^ uint64(n)<<20 ^ uint64(rep)) * 1099511628211
	return rand.New(rand.NewPCG(seed, h))
}

func runCell(cfg *Config, sc *Scenario, ins *instrument, o *oracle, n int) (Cell, error) {
	c := Cell{Scenario: sc.Name, Title: sc.Title, N: n, Items: ins.items}
	tallies := make([]tally, nEstimators)
	var sds []float64
	for rep := range cfg.Reps {
		r := generate(sc, ins, cfg.Units, n, stream(cfg.Seed, sc.Name, ins.items, n, rep))
		cuts := quantiles(r.truth, []float64{0.1, 0.35, 0.65, 0.9})
		par := fair.DefaultParams()
		par.Cuts = cuts
		par.MinScore = 0
		par.GuardShare, par.MaxExtremeShare = cfg.GuardShare, cfg.MaxExtremeShare
		res, err := fair.Score(r.in, par)
		if err != nil {
			return c, err
		}
		e := evaluation{r: r, res: res, o: o, par: &par, t: tallies}
		e.run()
		sds = append(sds, spread(r.truth))
	}
	c.TrueSD = mean(sds)
	for k, name := range Estimators {
		if k != eOracle || o != nil {
			c.Measures = append(c.Measures, tallies[k].measure(name))
		}
	}
	off := &tallies[eOfficial]
	c.BandGiven = off.bandsGiven / off.n
	c.BandGivenWrong = ratio(off.bandsGivenWrong, off.bandsGiven)
	var bound *[2]float64
	if o == nil {
		low, high := reference(sc, ins, n, stream(cfg.Seed, sc.Name+"/reference", ins.items, n, 0))
		bound = &[2]float64{low, high}
	}
	c.Verdicts = verdicts(sc, n, tallies, bound)
	return c, nil
}

func spread(x []float64) float64 {
	m, s := mean(x), 0.0
	for _, v := range x {
		s += (v - m) * (v - m)
	}
	return math.Sqrt(s / float64(len(x)))
}
