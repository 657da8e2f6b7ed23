package conformance_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gongping/analytics/fairness"
	"gongping/scoring"
	"gongping/scoring/adjust"
	"gongping/scoring/appeal"
	"gongping/scoring/composite"
	"gongping/scoring/estimate"
	"gongping/scoring/fair"
	"gongping/scoring/panel"
	"gongping/scoring/rater"
	"gongping/scoring/records"
	"gongping/scoring/replicate"
	"gongping/scoring/robust"
	"gongping/scoring/shrink"
	"gongping/survey/design"
	"gongping/survey/fieldwork"
	"gongping/survey/weight"
)

// figure is a number of an example, with the decimals that its page gives.
type figure struct {
	value    float64
	decimals int
}

func (f figure) String() string {
	return strings.Replace(strconv.FormatFloat(f.value, 'f', f.decimals, 64), "-", "−", 1)
}

// The paragraph "Example." of every page of a method gives the numbers that the
// code gives. The examples are small enough to be worked out on paper.
func TestExamplesOfTheMethodPages(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/methods/*.md")
	if err != nil || len(pages) < 30 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	without := map[string]string{"README": "the list", "conventions": "differences from peers",
		"field-quality": "held by TestTails, TestHypergeometricTail and TestRankSum of survey/quality",
		"qualitative":   "held by TestEvaluateAgainstHandCount and TestNearDuplicatesFindsWhatAllPairsFind of scoring/qualitative",
		"suppression":   "held by TestTwoHiddenGradesAreSolvedByTheMean"}
	for _, file := range pages {
		name := strings.TrimSuffix(filepath.Base(file), ".md")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, example, found := strings.Cut(string(text), "**Example.**")
		example, _, _ = strings.Cut(example, "\n\n")
		make := examples[name]
		switch {
		case without[name] != "" && make == nil:
			continue
		case make == nil || !found:
			t.Errorf("%s has no example, or none that is worked out here", name)
			continue
		}
		for _, f := range make(t) {
			if !strings.Contains(example, f.String()) {
				t.Errorf("%s: the example does not give %s: %s", name, f, example)
			}
		}
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

var examples = map[string]func(t *testing.T) []figure{
	"allocation": func(t *testing.T) []figure {
		s := design.Strata{Population: []float64{600, 300, 100}, SD: []float64{10, 20, 30}}
		a := must(design.Allocate(100, must(s.Measure(design.Neyman, 0))(t), s.Population, design.Bounds{}))(t)
		size := must(design.Precision{Proportion: 0.5, HalfWidth: 0.05, Confidence: 0.95, Population: 2000, ResponseRate: 0.6}.Size())(t)
		return []figure{{float64(a.N[0]), 0}, {float64(a.N[2]), 0}, {size.N0, 1}, {size.NFPC, 1}, {float64(size.Complete), 0}, {float64(size.Invite), 0}}
	},
	"case-mix": func(t *testing.T) []figure {
		y := []float64{59, 61, 60, 60, 60, 60, 79, 81, 59, 61, 79, 81, 80, 80, 80, 80}
		old := []float64{0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1}
		unit := make([]int32, 16)
		for i := 8; i < 16; i++ {
			unit[i] = 1
		}
		c := must(adjust.FitCaseMix(adjust.CaseMixInput{Y: y, Unit: unit, Units: 2, Mix: adjust.Columns{Name: []string{"old"}, X: [][]float64{old}}}))(t)
		return []figure{{c.Coef[0], 0}, {c.Raw[0], 0}, {c.Raw[1], 0}, {c.Adjusted[0], 0}, {c.Adjusted[1], 0}}
	},
	"collective-themes": func(*testing.T) []figure {
		return []figure{{12 * appeal.BinomialTail(40, 5, 0.02), 4}, {12 * appeal.BinomialTail(40, 4, 0.02), 4}}
	},
	"composite": func(*testing.T) []figure {
		book := &composite.RuleBook{Missing: composite.Reweight, Tree: []composite.Node{{ID: "a", IndicatorWeight: 50}, {ID: "b", IndicatorWeight: 30}, {ID: "c", IndicatorWeight: 20}}}
		values := map[string]composite.Value{"a": {OK: true, Score: 80, SE: 2}, "b": {OK: true, Score: 70, SE: 4}}
		v, parts := book.Join(func(n composite.Node) composite.Value { return values[n.ID] })
		return []figure{{v.Score, 2}, {v.SE, 2}, {parts[0].IndicatorWeight, 1}, {parts[1].IndicatorWeight, 1}}
	},
	"dif": func(t *testing.T) []figure {
		var yes, second []bool
		add := func(s, y bool, n int) {
			for range n {
				yes, second = append(yes, y), append(second, s)
			}
		}
		add(false, false, 20)
		add(false, true, 10)
		add(true, false, 10)
		add(true, true, 20)
		m := must(fairness.MeasureMantelHaenszel(yes, second, make([]int32, len(yes)), 1))(t)
		return []figure{{*m.OddsRatio, 0}, {*m.DeltaDIF, 2}, {*m.ChiSquare, 2}, {*m.ChiSquareCorrected, 2}}
	},
	"estimation": func(t *testing.T) []figure {
		d := must(estimate.New(estimate.Spec{Rows: 4, Stages: []estimate.Stage{{Stratum: []int32{0, 0, 1, 1}, Population: []float64{100, 100, 300, 300}}}}))(t)
		e := must(estimate.Mean(d, estimate.Of([]float64{60, 80, 70, 90}), nil))(t)
		iv, _ := e.T(0.95, float64(e.DF))
		return []figure{{e.Value, 1}, {e.SE, 2}, {float64(e.DF), 0}, {iv.Lower, 1}, {iv.Upper, 1}}
	},
	"facets": func(t *testing.T) []figure {
		p := rater.Panel{Unit: []int32{0, 0, 1, 1, 2, 2}, Rater: []int32{0, 1, 0, 1, 0, 1}, Item: make([]int32, 6),
			UnitName: []string{"a", "b", "c"}, RaterName: []string{"x", "y"}, ItemName: []string{"i"}, Rating: []int{4, 2, 5, 3, 9, 6}, Categories: 11}
		a := must(rater.FitAdditive(p))(t)
		return []figure{{a.RaterEffect[0], 2}, {a.RaterEffect[1], 2}, {a.UnitMean[0], 1}, {a.UnitMean[2], 1}, {a.ResidualSD, 2}}
	},
	"fair-score": func(*testing.T) []figure {
		mean, u := fair.HuberMean([]float64{0, 75, 75, 75, 100}, nil, fair.DefaultParams().HuberK)
		return []figure{{mean, 2}, {u[0], 2}}
	},
	"fay-herriot": func(t *testing.T) []figure {
		d := shrink.Areas{Y: []float64{60, 70, 80, 90}, SamplingVariance: []float64{25, 25, 25, 25}, X: [][]float64{{1, 1, 1, 1}}}
		r, m := must(shrink.FitAreas(d, shrink.AreaREML))(t), must(shrink.FitAreas(d, shrink.AreaML))(t)
		return []figure{{r.Variance, 2}, {m.Variance, 0}, {r.Gamma[0], 2}, {m.Gamma[0], 2}, {r.EBLUP[0], 2}, {m.EBLUP[0], 2}}
	},
	"funnel": func(t *testing.T) []figure {
		target := 0.8
		f := must(fairness.NewFunnel([]float64{68, 160, 330}, []float64{100, 200, 400}, &target, 0.1))(t)
		lo, hi := f.Limits(0.025, fairness.Chance)
		return []figure{{f.SE[0], 2}, {f.Naive.Z[0], 2}, {f.Arcsine.Z[0], 2}, {f.Naive.Phi, 2}, {lo[0], 3}, {hi[0], 3}}
	},
	"group-differences": func(t *testing.T) []figure {
		d := must(fairness.CompareGroups([]float64{1, 2, 3}, []float64{2, 4, 6}, nil, nil, 0.95))(t)
		return []figure{{d.CohenD, 3}, {d.HedgesJ, 3}, {d.HedgesG, 3}, {d.MannWhitneyW, 1}, {d.Superiority, 3}, {d.CliffDelta, 3}, {d.Welch.T, 3}, {d.Welch.DF, 2}}
	},
	"inequality": func(t *testing.T) []figure {
		q := must(fairness.MeasureInequality([]float64{1, 1, 2, 4}, nil))(t)
		return []figure{{q.Gini, 4}, {q.GiniUnbiased, 4}, {q.TheilT, 4}, {q.Hoover, 2}, {q.Atkinson, 4}}
	},
	"interviewer-effects": func(t *testing.T) []figure {
		e := must(fairness.MeasureInterviewers(ladder, rungs))(t)
		return []figure{{e.Rho, 3}, {e.ANOVA.F, 0}, {e.P, 3}, {e.DeffMean, 2}}
	},
	"mixed-models": func(t *testing.T) []figure {
		m := must(shrink.FitMixed(shrink.Mixed{Y: ladder, X: [][]float64{{1, 1, 1, 1, 1, 1}}, Groups: []shrink.Grouping{rungs}}, shrink.REML))(t)
		icc, _ := m.ICC()
		return []figure{{m.Variance[0], 0}, {m.Residual, 0}, {icc, 3}, {m.Blup[0][0], 2}}
	},
	"multiple-comparisons": func(t *testing.T) []figure {
		p := []float64{0.01, 0.02, 0.03, 0.04}
		h, b := must(fairness.AdjustP(p, fairness.Holm))(t), must(fairness.AdjustP(p, fairness.BH))(t)
		r := must(fairness.RankIntervals([]float64{90, 70, 60}, []float64{3, 3, 3}, 0.95, true))(t)
		return []figure{{h[0], 2}, {h[1], 2}, {h[3], 2}, {b[0], 2}, {float64(r[0].Worst), 0}, {float64(r[1].Best), 0}, {float64(r[2].Worst), 0}}
	},
	"outcome-rates": func(*testing.T) []figure {
		c := fieldwork.Counts{fieldwork.Interview: 4, fieldwork.Partial: 2, fieldwork.Refusal: 1, fieldwork.NonContact: 1, fieldwork.Other: 1, fieldwork.UnknownHouse: 1, fieldwork.UnknownPerson: 1, fieldwork.NotEligible: 1}
		var out []figure
		for _, r := range c.Rates(0.8) {
			switch r.Name {
			case "RR1", "RR3", "RR5", "REF1", "CON1":
				out = append(out, figure{r.Value, 4})
			case "COOP1":
				out = append(out, figure{r.Value, 1})
			}
		}
		return append(out, figure{c.Eligibility(), 1})
	},
	"panels": func(*testing.T) []figure {
		var list []scoring.Rating
		for _, x := range []struct {
			unit, who string
			score     float64
		}{{"a", "x", 4}, {"a", "y", 2}, {"b", "x", 5}, {"b", "y", 3}, {"c", "x", 9}} {
			list = append(list, scoring.Rating{Committee: x.unit, Reviewer: x.who, Criterion: "1", Score: x.score})
		}
		d := panel.Deviations(list)
		return []figure{{d["a"].Score, 0}, {d["a"].SE, 0}, {d["c"].Score, 0}, {d["c"].SE, 0}}
	},
	"planner": func(t *testing.T) []figure {
		f := must(design.Outlook{Between: 3, Within: 20.8, Mean: 75, Highest: 100, Committees: 60}.Plan([]int{20, 50, 100, 300}))(t)
		n := must(design.Outlook{Between: 3, Within: 20.8}.SizeForReliability(0.7))(t)
		out := []figure{{float64(n), 0}, {f[2].HalfWidth, 1}, {f[2].Reliability, 2}, {f[2].HostileShift, 2}}
		for _, x := range f {
			out = append(out, figure{100 * x.TrueLowestTenth, 0})
		}
		return out
	},
	"rasch": func(t *testing.T) []figure {
		var rows [][]float64
		for i := range 40 {
			if i < 30 {
				rows = append(rows, []float64{1, 0})
			} else {
				rows = append(rows, []float64{0, 1})
			}
		}
		rows = append(rows, []float64{1, 1}, []float64{0, 0})
		r := must(rater.FitRasch(rater.Matrix{Value: rows}, rater.PartialCredit))(t)
		return []figure{{r.Items[0].Location, 3}, {r.Items[1].Location, 3}, {r.Items[0].Thresholds[0].SE, 3}, {float64(r.Extreme), 0}}
	},
	"rater-agreement": func(t *testing.T) []figure {
		k := must(rater.CohenKappa([][]float64{{20, 5}, {10, 15}}, rater.Unweighted))(t)
		m := rater.Matrix{Value: [][]float64{{9, 2, 5, 8}, {6, 1, 3, 2}, {8, 4, 6, 8}, {7, 1, 2, 6}, {10, 5, 6, 9}, {6, 2, 4, 7}}}
		c := must(rater.ICCFromMeanSquares(m))(t)
		return []figure{{k.Observed, 1}, {k.Expected, 1}, {k.Value, 1}, {k.SE, 3}, {c.OneWay.Value, 2}, {c.Agreement.Value, 2}, {c.Consistency.Value, 2}}
	},
	"records": func(*testing.T) []figure {
		var cases []records.Case
		for _, d := range []int{1, 2, 2, 5, 9} {
			cases = append(cases, records.Case{Days: d, Closed: true, Weight: 1})
		}
		for _, d := range []int{3, 4, 6, 8, 12} {
			cases = append(cases, records.Case{Days: d, Weight: 1})
		}
		w := records.WithinLimit(cases, 7, 0.95)
		return []figure{{w.Share, 2}, {w.SE, 3}, {w.Lo, 2}, {w.Hi, 2}, {w.Least, 1}, {w.Most, 1}}
	},
	"replicates": func(t *testing.T) []figure {
		d := must(estimate.New(estimate.Spec{Rows: 4}))(t)
		e := must(must(replicate.JK1(d))(t).Estimate(replicate.Mean(estimate.Of([]float64{60, 70, 80, 110}), nil)))(t)
		return []figure{{e.Value, 0}, {e.Replicates[0], 2}, {e.Replicates[3], 0}, {e.SE, 2}}
	},
	"representativeness": func(*testing.T) []figure {
		b := fieldwork.MeasureBalance([]fieldwork.Variable{{Name: "sex", Levels: []string{"f", "m"}}},
			[]fieldwork.TraitCell{{Level: []int{0}, Drawn: 100, Answered: 60}, {Level: []int{1}, Drawn: 300, Answered: 120}}, 40000, 1.96)
		return []figure{{b.Raw, 3}, {b.Adjusted, 3}, {b.Partials[0].Levels[0].Partial, 3}, {b.Partials[0].Levels[1].Partial, 3}}
	},
	"robust-location": func(t *testing.T) []figure {
		x := []float64{0, 50, 75, 75, 75, 75, 100}
		l := must(robust.Estimate(x, nil, robust.Rule{Psi: robust.HuberPsi(1.345)}))(t)
		return []figure{{l.Scale, 2}, {l.Value, 2}, {l.RobustWeights[0], 3}, {robust.Qn([]float64{1, 2, 3, 4, 10}, true), 3}, {robust.Sn([]float64{1, 2, 3, 4, 10}, true), 3}}
	},
	"robust-regression": func(t *testing.T) []figure {
		x := [][]float64{{1, 1, 1, 1, 1, 1}, {1, 2, 3, 4, 5, 6}}
		y := []float64{2.1, 3.9, 6.2, 7.8, 10.1, 30}
		r := must(robust.Regress(y, x, nil, robust.RegressionRule{Psi: robust.HuberPsi(1.345)}))(t)
		return []figure{{r.Coefficients[0], 3}, {r.Coefficients[1], 3}, {r.Scale, 3}, {r.RobustWeights[5], 3}, {r.SE[1], 3}}
	},
	"robust-survey-mean": func(t *testing.T) []figure {
		c := must(robust.DalenTotal([]float64{100, 20, 30}, []float64{8, 10, 5}, 500))(t)
		y, w := []float64{10, 12, 11, 13, 9, 60}, []float64{5, 5, 4, 6, 5, 20}
		m := must(robust.SurveyHorvitzThompson(y, w, robust.Rule{Psi: robust.HuberPsi(1.345)}))(t)
		return []figure{{c.Total, 0}, {c.Excess, 1}, {c.RobustWeights[0], 3}, {m.Value, 2}, {m.RobustWeights[5], 3}}
	},
	"shrinkage": func(t *testing.T) []figure {
		e := must(shrink.EmpiricalBayes([]float64{60, 70, 80, 90}, []float64{5, 5, 5, 5}, 1.959964))(t)
		a := must(shrink.ANOVA(ladder, rungs))(t)
		return []figure{{e.Mean, 0}, {e.Tau2, 2}, {e.Unit[0].Reliability, 2}, {e.Unit[0].Score, 2}, {e.Unit[0].RMSE, 2}, {a.Tau2, 0}, {a.Reliability[0], 4}, {a.Shrunken[0], 2}}
	},
	"weights": func(t *testing.T) []figure {
		d := must(weight.Diagnose([]float64{1, 1, 2, 4}))(t)
		n := must(weight.AdjustNonresponse([]float64{100, 100, 200, 100}, []bool{true, true, true, false}, weight.NewFactor("c", []string{"a", "a", "a", "a"})))(t)
		age := weight.Margin{Factor: weight.NewFactor("age", []string{"y", "o", "y", "o"}), Totals: []float64{40, 60}}
		sex := weight.Margin{Factor: weight.NewFactor("sex", []string{"f", "f", "m", "m"}), Totals: []float64{55, 45}}
		r := must(weight.Rake([]float64{10, 20, 30, 40}, []weight.Margin{age, sex}, weight.RakeRule{}))(t)
		return []figure{{d.KishN, 2}, {d.KishDeff, 3}, {d.LargestShare, 1}, {n.Factor[0], 2}, {r.Weights[0], 2}, {r.Weights[3], 2}}
	},
}

// ladder are answers of three groups of two, two points apart in each.
var (
	ladder = []float64{1, 3, 5, 7, 9, 11}
	rungs  = shrink.Grouping{Name: "group", Codes: []int32{0, 0, 1, 1, 2, 2}, Levels: 3}
)
