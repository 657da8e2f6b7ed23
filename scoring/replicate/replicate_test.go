package replicate

import (
	"encoding/csv"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"testing"

	"gongping/scoring/estimate"
)

// variation reads the synthetic sample of package estimate without its
// stratum of one unit, as R's subset(d, h != "H4").
func variation(t *testing.T, fpc bool) (*estimate.Design, estimate.Column) {
	t.Helper()
	f, err := os.Open("../estimate/testdata/variation.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rec, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for j, n := range rec[0] {
		at[n] = j
	}
	var h, psu []string
	var n1, w []float64
	var y estimate.Column
	num := func(s string) float64 { v, _ := strconv.ParseFloat(s, 64); return v }
	for _, r := range rec[1:] {
		if r[at["h"]] == "H4" {
			continue
		}
		h, psu = append(h, r[at["h"]]), append(psu, r[at["psu"]])
		n1, w = append(n1, num(r[at["n1"]])), append(w, num(r[at["w"]]))
		y.Values, y.Missing = append(y.Values, num(r[at["y"]])), append(y.Missing, r[at["y"]] == "")
	}
	st := estimate.Stage{}
	st.Stratum, _ = estimate.Encode(h)
	st.Unit, _ = estimate.Encode(psu)
	if fpc {
		st.Population = n1
	}
	d, err := estimate.New(estimate.Spec{Rows: len(w), Stages: []estimate.Stage{st}, DesignWeight: w, Nest: true})
	if err != nil {
		t.Fatal(err)
	}
	return d, y
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-10*math.Max(1, math.Abs(b)) }

// as.svrepdesign(svydesign(id=~psu, strata=~h, weights=~w, nest=TRUE[, fpc=~n1]),
// type="JKn") in R 4.2.2, survey 4.1.1.
func TestJKnAgreesWithR(t *testing.T) {
	t.Parallel()
	d, y := variation(t, false)
	s, err := JKn(d)
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Estimate(Total(y, nil))
	if err != nil || !near(e.Value, 6016.28) || !near(e.SE, 600.478255282127) || s.DegreesOfFreedom() != 6 {
		t.Errorf("total %v ± %v, df %d, %v", e.Value, e.SE, s.DegreesOfFreedom(), err)
	}
	d, y = variation(t, true)
	if s, err = JKn(d); err != nil {
		t.Fatal(err)
	}
	e, err = s.Estimate(Mean(y, nil))
	if err != nil || !near(e.Value, 3.169532599991570) || !near(e.SE, 0.048617453159602) {
		t.Errorf("mean with fpc %v ± %v, %v", e.Value, e.SE, err)
	}
}

// For a total the jackknife is the linearised variance.
func TestJackknifeOfTotalIsLinear(t *testing.T) {
	t.Parallel()
	for _, fpc := range []bool{false, true} {
		d, y := variation(t, fpc)
		s, err := JKn(d)
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Estimate(Total(y, nil))
		if err != nil {
			t.Fatal(err)
		}
		b, err := estimate.Total(d, y, nil)
		if err != nil || !near(a.SE, b.SE) {
			t.Errorf("fpc %v: jackknife %v, linearised %v (%v)", fpc, a.SE, b.SE, err)
		}
	}
}

// pairs is a design of two units in every stratum.
func pairs(t *testing.T, strata int) (*estimate.Design, estimate.Column) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, uint64(strata)))
	var st estimate.Stage
	var w []float64
	var y estimate.Column
	for h := range strata {
		for u := range 2 {
			for range 1 + rng.IntN(3) {
				st.Stratum, st.Unit = append(st.Stratum, int32(h)), append(st.Unit, int32(2*h+u))
				w, y.Values = append(w, 1+9*rng.Float64()), append(y.Values, float64(1+rng.IntN(5)))
			}
		}
	}
	d, err := estimate.New(estimate.Spec{Rows: len(w), Stages: []estimate.Stage{st}, DesignWeight: w})
	if err != nil {
		t.Fatal(err)
	}
	return d, y
}

// Balanced replicates give exactly the linearised variance of a total, for any
// number of strata and any Fay factor (Wolter 2007, theorem 3.3.1).
func TestBRROfTotalIsLinear(t *testing.T) {
	t.Parallel()
	for _, strata := range []int{1, 2, 3, 7, 8, 11, 12, 19, 26, 31, 40} {
		d, y := pairs(t, strata)
		want, err := estimate.Total(d, y, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, rho := range []float64{0, 0.3, 0.5} {
			s, err := Fay(d, rho)
			if err != nil {
				t.Fatal(err)
			}
			for _, mse := range []bool{false, true} {
				s.AroundFull = mse
				e, err := s.Estimate(Total(y, nil))
				if err != nil || !near(e.SE, want.SE) {
					t.Errorf("%d strata, rho %v: %v, want %v (%v)", strata, rho, e.SE, want.SE, err)
				}
			}
		}
	}
}

func TestHadamardRowsAreOrthogonal(t *testing.T) {
	t.Parallel()
	for n := 2; n < 130; n++ {
		m, err := hadamard(n)
		if err != nil || len(m) < n {
			t.Fatalf("order for %d: %d, %v", n, len(m), err)
		}
		for i := range m {
			for j := range i {
				dot := 0
				for k := range m[i] {
					dot += int(m[i][k]) * int(m[j][k])
				}
				if dot != 0 || m[i][0] != 1 {
					t.Fatalf("order %d: rows %d and %d", len(m), i, j)
				}
			}
		}
	}
}

// The bootstrap is the same for a seed on any number of processors, differs
// between seeds, and comes near the linearised error.
func TestRaoWu(t *testing.T) {
	d, y := pairs(t, 40)
	run := func(seed uint64) Estimate {
		s, err := RaoWu(d, 400, seed)
		if err != nil {
			t.Fatal(err)
		}
		e, err := s.Estimate(Mean(y, nil))
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	want := run(7)
	for _, procs := range []int{1, 3} {
		runtime.GOMAXPROCS(procs)
		if !reflect.DeepEqual(run(7), want) {
			t.Errorf("GOMAXPROCS %d changes the bootstrap", procs)
		}
	}
	if reflect.DeepEqual(run(8).Replicates, want.Replicates) {
		t.Error("two seeds give the same replicates")
	}
	lin, err := estimate.Mean(d, y, nil)
	if err != nil || math.Abs(want.SE/lin.SE-1) > 0.15 {
		t.Errorf("bootstrap %v, linearised %v (%v)", want.SE, lin.SE, err)
	}
}

// committees generates residents drawn within committees.
func committees(n, count int, seed uint64) (estimate.Spec, estimate.Column, []int32) {
	rng := rand.New(rand.NewPCG(seed, 2))
	code, pop, w := make([]int32, n), make([]float64, n), make([]float64, n)
	y := estimate.Column{Values: make([]float64, n), Missing: make([]bool, n)}
	for i := range n {
		code[i] = int32(i % count)
		pop[i], w[i] = 40*float64(n/count+1), 40
		y.Values[i], y.Missing[i] = float64(1+rng.IntN(5)), rng.IntN(40) == 0
	}
	return estimate.Spec{Rows: n, Stages: []estimate.Stage{{Stratum: code, Population: pop}}, DesignWeight: w}, y, code
}

// The bootstrap by domain comes near the linearised errors and does not depend
// on the order of rows or the number of processors.
func TestDomainMeans(t *testing.T) {
	const n, count = 12_000, 40
	spec, y, code := committees(n, count, 1)
	run := func(spec estimate.Spec, y estimate.Column, code []int32) []DomainMean {
		d, err := estimate.New(spec)
		if err != nil {
			t.Fatal(err)
		}
		m, err := DomainMeans(d, y, code, count, 400, 11)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	want := run(spec, y, code)
	d, _ := estimate.New(spec)
	p, err := estimate.NewDomains(d, code, count)
	if err != nil {
		t.Fatal(err)
	}
	ratio := 0.0
	for g, m := range p.Means(y) {
		ratio += want[g].SE / m.SE / count
		if !near(m.Value, want[g].Value) || math.Abs(want[g].SE/m.SE-1) > 0.25 {
			t.Errorf("domain %d: %v ± %v, linearised %v ± %v", g, want[g].Value, want[g].SE, m.Value, m.SE)
		}
	}
	if math.Abs(ratio-1) > 0.02 {
		t.Errorf("bootstrap errors are %v of the linearised ones on average", ratio)
	}
	order := rand.New(rand.NewPCG(4, 4)).Perm(n)
	s2, y2, c2 := spec, estimate.Column{Values: make([]float64, n), Missing: make([]bool, n)}, make([]int32, n)
	pop, w := make([]float64, n), make([]float64, n)
	for k, i := range order {
		y2.Values[k], y2.Missing[k], c2[k], pop[k], w[k] = y.Values[i], y.Missing[i], code[i], spec.Stages[0].Population[i], spec.DesignWeight[i]
	}
	s2.Stages, s2.DesignWeight = []estimate.Stage{{Stratum: c2, Population: pop}}, w
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{1, 3} {
		runtime.GOMAXPROCS(procs)
		if !reflect.DeepEqual(run(s2, y2, c2), want) {
			t.Errorf("order of rows or GOMAXPROCS %d changes the bootstrap", procs)
		}
	}
}

// Domains that cut across clusters: the same as the replicate weights.
func TestDomainMeansOfClusters(t *testing.T) {
	t.Parallel()
	d, y := pairs(t, 60)
	code := make([]int32, d.Rows())
	in := make([]bool, d.Rows())
	for i := range code {
		code[i] = int32(i % 2)
		in[i] = code[i] == 1
	}
	got, err := DomainMeans(d, y, code, 2, 600, 3)
	if err != nil {
		t.Fatal(err)
	}
	lin, err := estimate.Mean(d, y, in)
	if err != nil || !near(got[1].Value, lin.Value) || math.Abs(got[1].SE/lin.SE-1) > 0.15 {
		t.Errorf("%+v, linearised %v ± %v (%v)", got[1], lin.Value, lin.SE, err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	d, y := pairs(t, 3)
	one, err := estimate.New(estimate.Spec{Rows: 3, Stages: []estimate.Stage{{Stratum: []int32{1, 1, 2}}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func() error{
		"JK1 with strata":     func() error { _, err := JK1(d); return err },
		"JKn lonely":          func() error { _, err := JKn(one); return err },
		"bootstrap lonely":    func() error { _, err := RaoWu(one, 10, 1); return err },
		"BRR without pairs":   func() error { _, err := BRR(one); return err },
		"Fay's factor":        func() error { _, err := Fay(d, 1); return err },
		"one replicate":       func() error { _, err := RaoWu(d, 1, 1); return err },
		"given one replicate": func() error { _, err := Given([]float64{1}, [][]float64{{1}}, 1, []float64{1}); return err },
		"given scales":        func() error { _, err := Given([]float64{1}, [][]float64{{1}, {2}}, 1, []float64{1}); return err },
		"given scale":         func() error { _, err := Given([]float64{1}, [][]float64{{1}, {2}}, 0, []float64{1, 1}); return err },
		"given NaN": func() error {
			_, err := Given([]float64{1}, [][]float64{{1}, {math.NaN()}}, 1, []float64{1, 1})
			return err
		},
		"empty domain": func() error {
			s, err := JKn(d)
			if err != nil {
				return nil
			}
			_, err = s.Estimate(Mean(y, make([]bool, d.Rows())))
			return err
		},
	} {
		if f() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkBootstrapByCommittee(b *testing.B) {
	spec, y, code := committees(1_000_000, 400, 1)
	d, err := estimate.New(spec)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := DomainMeans(d, y, code, 400, 500, 1); err != nil {
			b.Fatal(err)
		}
	}
}
