package estimate

import (
	"math"
)

// Test is the result of a hypothesis test.
type Test struct {
	Statistic float64
	// DF1 and DF2 are the degrees of freedom of the reference distribution:
	// t (DF2), chi-square (DF1) or F (both).
	DF1, DF2 float64
	P        float64
}

// TTest is a design-based t-test with its estimate and interval. Beside an
// error, Estimate.N > 0 says that the estimate (and its SE, where that is not
// what is refused) stands all the same.
type TTest struct {
	Test
	Estimate Estimate
	CI       Interval
}

// TTestMean tests a mean against 0 with design degrees of freedom - 1.
//
// Faults: those of Mean; no degree of freedom left; a standard error of 0. The estimate
// stands beside the last two.
//
// Source: Korn and Graubard (1999), section 3.2.
func TTestMean(d *Design, x Column, domain []bool, level float64) (TTest, error) {
	e, err := Mean(d, x, domain)
	if err != nil {
		e.DF--
		return TTest{Estimate: e}, err
	}
	return tTest(e, e.DF-1, level)
}

// TTestGroups tests the difference in means between the rows with group 1 and
// those with group 0, as the slope of a linear regression (Lumley 2010,
// section 5.2), with design degrees of freedom - 1.
//
// Faults: those of Regress; one group only; no degree of freedom left; a standard error
// of 0.
func TTestGroups(d *Design, y, group Column, domain []bool, level float64) (TTest, error) {
	ones := make([]float64, d.n)
	for i := range ones {
		ones[i] = 1
	}
	r, err := Regress(d, y, []Column{Of(ones), group}, Gaussian, domain)
	if err != nil {
		t := TTest{}
		if r.N > 0 && !r.Aliased[1] {
			t.Estimate = Estimate{Value: r.Coefficients[1], N: r.N, DF: r.DF}
		}
		return t, err
	}
	if r.Aliased[1] {
		return TTest{}, fault("one_group", "all rows are in one group, so there is no difference to test")
	}
	return tTest(r.Coefficient(1), r.DF, level)
}

func tTest(e Estimate, df int, level float64) (TTest, error) {
	known := TTest{Test: Test{DF1: 1, DF2: float64(df)}, Estimate: e} // what a refusal leaves
	known.Estimate.DF = df
	if df < 1 {
		return known, fault("no_df", "no degrees of freedom are left for a test").
			At("design", show(float64(df)), "more first-stage units than strata", "")
	}
	if e.SE == 0 {
		return known, fault("no_variance", "the standard error is zero, so the test has no value")
	}
	f := float64(df)
	t := e.Value / e.SE
	e.DF = df
	return TTest{
		Test:     Test{Statistic: t, DF1: 1, DF2: f, P: 2 * TTail(math.Abs(t), f)},
		Estimate: e, CI: wald(e.Value, e.SE, level, f),
	}, nil
}
