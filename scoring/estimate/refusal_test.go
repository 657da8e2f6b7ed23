package estimate

import (
	"math"
	"strings"
	"testing"

	"gongping/internal/errs"
)

// Faults of the data are sentences with a code, never NaN and never a silent
// default.
func TestBadDesigns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spec Spec
		says string
	}{
		"no rows":          {Spec{}, "no rows"},
		"negative weight":  {Spec{Rows: 2, DesignWeight: []float64{1, -1}}, "row 2"},
		"NaN weight":       {Spec{Rows: 1, DesignWeight: []float64{math.NaN()}}, "weight"},
		"all zero":         {Spec{Rows: 1, DesignWeight: []float64{0}}, "all design weights are zero"},
		"small population": {Spec{Rows: 2, Stages: []Stage{{Population: []float64{1, 1}}}}, "smaller than the sample"},
		"fraction as size": {Spec{Rows: 1, Stages: []Stage{{Population: []float64{0.1}}}}, "sampling fractions"},
		"varying size":     {Spec{Rows: 2, Stages: []Stage{{Population: []float64{5, 6}}}}, "differs within a stratum"},
		"no size":          {Spec{Rows: 1, Stages: []Stage{{Population: []float64{0}}}}, "positive"},
		"unit in strata":   {Spec{Rows: 2, Stages: []Stage{{Unit: []int32{1, 1}, Stratum: []int32{1, 2}}}}, "nest"},
		"policy":           {Spec{Rows: 1, Lonely: "guess"}, "one of fail, adjust"},
	} {
		_, err := New(c.spec)
		if err == nil || !strings.Contains(err.Error(), c.says) || !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v, want a sentence with %q", name, err, c.says)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	d := mustNew(t, Spec{Rows: 6, Stages: []Stage{{Unit: []int32{1, 1, 2, 2, 3, 3}}}, DesignWeight: []float64{1, 2, 3, 4, 5, 6}})
	y := Of([]float64{1, 2, 3, 4, 5, 6})
	ones := Of([]float64{1, 1, 1, 1, 1, 1})
	none := make([]bool, 6)
	gone := Column{make([]float64, 6), []bool{true, true, true, true, true, true}}
	split := Of([]float64{0, 0, 0, 1, 1, 1})
	for name, f := range map[string]func() error{
		"empty domain":     func() error { _, err := Mean(d, y, none); return err },
		"all missing":      func() error { _, err := Total(d, gone, nil); return err },
		"zero denominator": func() error { _, err := Ratio(d, y, Of(make([]float64, 6)), nil); return err },
		"no indicator":     func() error { _, err := Proportion(d, y, nil); return err },
		"probability":      func() error { _, err := Quantile(d, y, nil, 1.5, QuantileMath, ProportionWald, .95); return err },
		"rule":             func() error { _, err := Quantile(d, y, nil, .5, "other", ProportionWald, .95); return err },
		"separation":       func() error { _, err := Regress(d, split, []Column{ones, y}, Binomial, nil); return err },
		"response":         func() error { _, err := Regress(d, y, []Column{ones}, Binomial, nil); return err },
		"family":           func() error { _, err := Regress(d, y, []Column{ones}, "gamma", nil); return err },
		"one group":        func() error { _, err := TTestGroups(d, y, ones, nil, .95); return err },
		"constant":         func() error { _, err := TTestMean(d, ones, nil, .95); return err },
		"one row of table": func() error {
			_, err := CrossTable(d, make([]int32, 6), []int32{0, 1, 0, 1, 0, 1}, 1, 2, nil)
			return err
		},
		"empty level": func() error {
			_, err := CrossTable(d, []int32{0, 1, 0, 1, 1, 0}, []int32{0, 1, 0, 1, 0, 1}, 2, 3, nil)
			return err
		},
		"no df": func() error {
			_, err := (Share{Estimate: Estimate{Value: .5, SE: .1}}).Interval(ProportionBeta, .95, 0)
			return err
		},
		"all agree": func() error {
			_, err := (Share{Estimate: Estimate{Value: 1}}).Interval(ProportionBeta, .95, 9)
			return err
		},
		"domain code": func() error { _, err := NewDomains(d, []int32{0, 1, 2, 0, 0, 0}, 2); return err },
	} {
		err := f()
		if err == nil || !errs.Is(err, errs.Invalid) || strings.Contains(err.Error(), "NaN") {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := Mean(d, ones, nil)
	if err != nil || m.SE != 0 || m.DEff != nil || m.Value != 1 {
		t.Errorf("constant answers: %+v, %v", m, err)
	}
	if _, ok := m.T(.95, 0); ok {
		t.Error("a t interval without degrees of freedom")
	}
}

// A predictor that repeats another is set aside, as lm does.
func TestAliasedPredictor(t *testing.T) {
	t.Parallel()
	d := mustNew(t, Spec{Rows: 5})
	x := Of([]float64{1, 2, 3, 4, 6})
	r, err := Regress(d, Of([]float64{1, 3, 2, 5, 6}), []Column{Of([]float64{1, 1, 1, 1, 1}), x, Of([]float64{3, 5, 7, 9, 13})}, Gaussian, nil)
	if err != nil || r.Aliased[1] || !r.Aliased[2] || r.DF != 4+1-2 {
		t.Fatalf("%+v, %v", r, err)
	}
}
