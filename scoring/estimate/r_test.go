package estimate

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"testing"
)

// Numbers of R 4.2.2, survey 4.1.1, for testdata/variation.csv: synthetic, four
// strata (one of them with one unit, one taken completely), unit labels that
// repeat between strata, households, missing answers, weights of zero. The R
// call stands with each check; options(survey.lonely.psu="adjust") unless
// another policy is named.

type table map[string][]string

func variation(t *testing.T) table {
	t.Helper()
	f, err := os.Open("testdata/variation.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rec, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	tab := table{}
	for j, name := range rec[0] {
		for _, r := range rec[1:] {
			tab[name] = append(tab[name], r[j])
		}
	}
	return tab
}

func (tab table) num(name string) Column {
	c := Column{}
	for _, s := range tab[name] {
		v, err := strconv.ParseFloat(s, 64)
		c.Values, c.Missing = append(c.Values, v), append(c.Missing, err != nil)
	}
	return c
}

func (tab table) codes(name string) []int32 {
	c, _ := Encode(tab[name])
	return c
}

func (tab table) is(name, level string) Column {
	c := Column{}
	for _, s := range tab[name] {
		v := 0.0
		if s == level {
			v = 1
		}
		c.Values, c.Missing = append(c.Values, v), append(c.Missing, s == "")
	}
	return c
}

func (tab table) ones() Column {
	c := Column{}
	for range tab["h"] {
		c.Values = append(c.Values, 1)
	}
	return c
}

func (tab table) where(f func(i int) bool) []bool {
	m := make([]bool, len(tab["h"]))
	for i := range m {
		m[i] = f(i)
	}
	return m
}

// design builds the designs of the R session: wr = ultimate clusters with
// replacement, des3 = two stages, des4 = three, imp = two without weights.
func (tab table) design(t *testing.T, name string, lonely LonelyPolicy) *Design {
	s := Spec{Rows: len(tab["h"]), Nest: true, Lonely: lonely, DesignWeight: tab.num("w").Values}
	first := Stage{Unit: tab.codes("psu"), Stratum: tab.codes("h"), Population: tab.num("n1").Values}
	second := Stage{Unit: tab.codes("hh"), Population: tab.num("n2").Values}
	switch name {
	case "wr":
		first.Population = nil
		s.Stages = []Stage{first}
	case "des3":
		s.Stages = []Stage{first, second}
	case "des4":
		s.Stages = []Stage{first, second, {Population: tab.num("n3").Values}}
	case "imp":
		s.DesignWeight = nil
		s.Stages = []Stage{first, second}
	}
	return mustNew(t, s)
}

func check(t *testing.T, what string, tol float64, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol*math.Max(1, math.Abs(want[i]))) {
			t.Errorf("%s [%d]: got %.15g, R gives %.15g", what, i, got[i], want[i])
		}
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func coefficients(r Regression) (out []float64) {
	out = append(out, r.Coefficients...)
	for j := range r.Coefficients {
		out = append(out, r.SE(j))
	}
	return out
}

func TestDesignsAgreeWithR(t *testing.T) {
	t.Parallel()
	tab := variation(t)
	est, reg := must[Estimate](t), must[Regression](t)
	sub := tab.where(func(i int) bool { return tab["g"][i] == "a" && tab.num("x").Values[i] > 40 })
	for _, c := range []struct {
		name                            string
		mean, total, domain, ratio, glm []float64
	}{
		{
			// svydesign(id=~psu+hh, strata=~h, weights=~w, fpc=~n1+n2, data=d, nest=TRUE)
			"des3",
			[]float64{3.200190104801365, 0.121743785825190, 0.621229606664142}, // svymean(~y, na.rm=TRUE, deff=TRUE)
			[]float64{119178.039, 12965.7688293149},                            // svytotal(~x)
			[]float64{13.5245734062788, 1.13385228261528, 4},                   // svymean(~z, subset(g=="a" & x>40)), degf
			[]float64{0.2051608661726679, 0.0105861128616883},                  // svyratio(~z, ~x)
			// svyglm(z~y+g+b): coefficients, errors, df, dispersion
			[]float64{4.035596747879421, 2.345326336028345, 0.392416710515981, 0.134404706944155, -0.495963316101994,
				0.930347905212282, 0.219570833704095, 0.803807774505015, 1.104533677732218, 0.675577228766529, 2, 7.168446417375399},
		},
		{
			// svydesign(id=~psu, strata=~h, weights=~w, data=d, nest=TRUE)
			"wr",
			[]float64{3.200190104801365, 0.115200247969915, 0.556244036046759},
			[]float64{119178.039, 12484.6007047426},
			[]float64{13.5245734062788, 1.14915289172597, 4},
			[]float64{0.205160866172668, 0.011472158050873},
			[]float64{4.035596747879421, 2.345326336028345, 0.392416710515981, 0.134404706944155, -0.495963316101994,
				0.903967245161475, 0.213259193511302, 0.944393972092312, 1.061111306099307, 0.705933711907794, 2, 7.168446417375399},
		},
		{
			// svydesign(id=~psu+hh+pid, strata=~h, weights=~w, fpc=~n1+n2+n3, data=d, nest=TRUE)
			"des4",
			[]float64{3.200190104801365, 0.124849647521658, 0.653330872633122},
			[]float64{119178.039, 13187.5238977609},
			[]float64{13.5245734062788, 1.14307143834911, 4},
			[]float64{0.2051608661726679, 0.0107221611368842},
			[]float64{4.035596747879421, 2.345326336028345, 0.392416710515981, 0.134404706944155, -0.495963316101994,
				0.964637261150802, 0.227707737784680, 0.819602991401031, 1.122607110295141, 0.699996492099494, 2, 7.168446417375399},
		},
		{
			// svydesign(id=~psu+hh, strata=~h, fpc=~n1+n2, data=d, nest=TRUE): weights from the populations
			"imp",
			[]float64{3.243230174081238, 0.102228025213524, 0.515680759685345},
			[]float64{46643.2625, 4653.30923606053},
			[]float64{13.0594358669834, 1.0330163763563, 4},
			[]float64{0.21202254023290076, 0.00967197146467987},
			[]float64{3.66671549647454187, 2.41246630170367560, 0.32920373651925899, 0.19429453059458146, 0.00116296037433905,
				1.28471977951832650, 0.31397704487110278, 0.70428803437127652, 1.24675525270699139, 0.59148791050844873, 2, 6.89055145385265622},
		},
	} {
		d := tab.design(t, c.name, LonelyAdjust)
		m := est(Mean(d, tab.num("y"), nil))
		check(t, c.name+" mean", 1e-10, []float64{m.Value, m.SE, *m.DEff}, c.mean)
		m = est(Total(d, tab.num("x"), nil))
		check(t, c.name+" total", 1e-10, []float64{m.Value, m.SE}, c.total)
		m = est(Mean(d, tab.num("z"), sub))
		check(t, c.name+" domain", 1e-10, []float64{m.Value, m.SE, float64(m.DF)}, c.domain)
		m = est(Ratio(d, tab.num("z"), tab.num("x"), nil))
		check(t, c.name+" ratio", 1e-10, []float64{m.Value, m.SE}, c.ratio)
		r := reg(Regress(d, tab.num("z"), []Column{tab.ones(), tab.num("y"), tab.is("g", "b"), tab.is("g", "c"), tab.is("b", "yes")}, Gaussian, nil))
		check(t, c.name+" glm", 1e-9, append(coefficients(r), float64(r.DF), r.Dispersion), c.glm)
	}
}

func TestModelsAgreeWithR(t *testing.T) {
	t.Parallel()
	tab := variation(t)
	reg := must[Regression](t)
	wr := tab.design(t, "wr", LonelyAdjust)
	notC := tab.where(func(i int) bool { return tab["g"][i] != "c" })
	// svyglm(I(b=="yes")~x+g, subset(wr, g!="c"), family=quasibinomial())
	r := reg(Regress(wr, tab.is("b", "yes"), []Column{tab.ones(), tab.num("x"), tab.is("g", "b")}, Binomial, notC))
	check(t, "logit", 1e-8, append(coefficients(r), float64(r.DF), r.Dispersion), []float64{
		1.7053212081587554, -0.0375348290611488, -0.3526960196381086, 0.8560009419203266, 0.0207648120366944, 0.5406223583017046, 4, 1.0122273738859129})
	// svyglm(y~x+g, wr, family=quasipoisson())
	r = reg(Regress(wr, tab.num("y"), []Column{tab.ones(), tab.num("x"), tab.is("g", "b"), tab.is("g", "c")}, Poisson, nil))
	check(t, "poisson", 1e-8, append(coefficients(r), float64(r.DF)), []float64{1.14234618329874738, 0.00166570567952204, -0.12348248215612176,
		-0.13320715698341118, 0.12631428479228010, 0.00108932794424975, 0.12795522866059122, 0.13190005521077361, 3})

	// svychisq(~b+g, des3, statistic=...)
	ct := must[Table](t)(CrossTable(tab.design(t, "des3", LonelyAdjust), tab.codes("b"), tab.codes("g"), 2, 3, nil))
	check(t, "F", 1e-9, []float64{ct.F.Statistic, ct.F.DF1, ct.F.DF2, ct.F.P}, []float64{0.371164780625788, 1.905306913477661, 11.431841480865964, 0.688215573051229})
	check(t, "Chisq", 1e-9, []float64{ct.Pearson.Statistic, ct.Pearson.DF1, ct.Pearson.P}, []float64{0.611596089001049, 2, 0.689930245054025})
	check(t, "Wald", 1e-9, []float64{ct.Wald.Statistic, ct.Wald.DF1, ct.Wald.DF2, ct.Wald.P}, []float64{0.332412708306073, 2, 6, 0.729604355880738})
	check(t, "adjWald", 1e-9, []float64{ct.AdjustedWald.Statistic, ct.AdjustedWald.DF1, ct.AdjustedWald.DF2, ct.AdjustedWald.P}, []float64{0.277010590255061, 2, 5, 0.768964307285290})

	// svyttest(y~1, wr, na.rm=TRUE); svyttest(z~b, wr)
	tt := must[TTest](t)(TTestMean(wr, tab.num("y"), nil, 0.95))
	check(t, "one sample", 1e-9, []float64{tt.Statistic, tt.DF2, tt.P}, []float64{27.7793681975155, 5, 1.13156909222372e-06})
	tt = must[TTest](t)(TTestGroups(wr, tab.num("z"), tab.is("b", "yes"), nil, 0.95))
	check(t, "two samples", 1e-9, []float64{tt.Statistic, tt.DF2, tt.P, tt.CI.Lower, tt.CI.Upper},
		[]float64{-1.15695609302245, 5, 0.29955672025370, -5.05359152698329, 1.91651626674913})

	// svyquantile(~x, wr, c(.2,.5,.8), interval.type="beta", qrule="math")
	var got []float64
	for _, p := range []float64{.2, .5, .8} {
		q := must[QuantileEstimate](t)(Quantile(wr, tab.num("x"), nil, p, QuantileMath, ProportionBeta, 0.95))
		got = append(got, q.Value, *q.Lower, *q.Upper, *q.SE)
	}
	check(t, "quantiles", 1e-10, got, []float64{30.5, 26, 38.9, 2.63597562657678, 53.5, 49.8, 62.8, 2.65640954616264, 77.4, 65.3, 87, 4.43416055013303})
}

func TestLonelyPoliciesAgreeWithR(t *testing.T) {
	t.Parallel()
	tab := variation(t)
	// options(survey.lonely.psu=...); svymean(~y, wr, na.rm=TRUE)
	for policy, se := range map[LonelyPolicy]float64{LonelyAdjust: 0.115200247969915, LonelyRemove: 0.111653334778729,
		LonelyCertainty: 0.111653334778729, LonelyAverage: 0.128926165780837} {
		m := must[Estimate](t)(Mean(tab.design(t, "wr", policy), tab.num("y"), nil))
		check(t, string(policy), 1e-10, []float64{m.Value, m.SE}, []float64{3.200190104801365, se})
	}
	// "fail" stops svymean(~y, wr), but not svymean(~y, subset(wr, h!="H4")).
	fail := tab.design(t, "wr", LonelyFail)
	m, err := Mean(fail, tab.num("y"), nil)
	if err == nil || m.SE != 0 || m.N == 0 {
		t.Errorf("a stratum with one unit was not refused: %+v", m)
	}
	h4 := tab.where(func(i int) bool { return tab["h"][i] != "H4" })
	m = must[Estimate](t)(Mean(fail, tab.num("y"), h4))
	check(t, "without H4", 1e-10, []float64{m.Value, m.SE}, []float64{3.169532599991571, 0.120779047858362})

	// svyciprop(~I(b=="yes"), subset(wr, h!="H4"), method=..., na.rm=TRUE, level=.9)
	s := must[Share](t)(Proportion(fail, tab.is("b", "yes"), h4))
	df := float64(fail.DegreesOfFreedom(h4))
	for m, want := range map[ProportionMethod][]float64{
		ProportionLogit:   {0.277669274822006, 0.575487135023726},
		ProportionProfile: {0.273338073745721, 0.575411362341208},
		ProportionArcSine: {0.272143614079437, 0.574084468066214},
		ProportionBeta:    {0.262992400706196, 0.588624037508582},
		ProportionWald:    {0.265810298608931, 0.572672207040128},
	} {
		iv := must[Interval](t)(s.Interval(m, 0.9, df))
		tol := 1e-8
		if m == ProportionProfile {
			tol = 1e-4 // R stops the fit of the logit early
		}
		check(t, string(m), tol, []float64{s.Value, iv.Lower, iv.Upper}, append([]float64{0.419241252824530}, want...))
	}
}
