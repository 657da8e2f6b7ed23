package conformance

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gongping/survey/weight"
)

func init() {
	for name, d := range map[string]weight.Distance{"linear": weight.Linear, "raking": weight.Raking, "logit": weight.Logit} {
		Register("C.calibrate."+name, func(c *Case) (map[string]any, error) { return calibrateCase(c, d) })
	}
	Register("C.poststratify", postStratifyCase)
	Register("C.rake", rakeCase)
	Register("C.trim", trimCase)
	Register("C.nonresponse", nonresponseCase)
}

// notAdjusted is the result of an adjustment that is refused: no figure that
// depends on the weights has a value.
func notAdjusted(err error) map[string]any {
	out := map[string]any{"converges": false}
	return withAll(out, []string{"peer_message", "weights", "g", "sum_weights", "mean", "total", "kish_deff", "n_eff",
		"domain_mean", "domain_se", "mean_se_by_residual_weight"}, Refused{err})
}

// residualFunc takes what the weighting explains out of a linearised variable.
type residualFunc func(z []float64) []float64

// weightFactor is a column, or the cross of several, as a weighting factor.
func weightFactor(c *Case, names ...string) (weight.Factor, error) {
	var fs []weight.Factor
	if len(names) == 0 {
		return weight.Factor{}, fmt.Errorf("no column is named: give params.strata, or params.classes")
	}
	for _, n := range names {
		codes, levels, err := c.Data.Factor(n)
		if err != nil {
			return weight.Factor{}, err
		}
		for i, k := range codes {
			if k < 0 {
				return weight.Factor{}, fmt.Errorf("column %q, row %d: the cell is empty", n, i+1)
			}
		}
		fs = append(fs, weight.Factor{Name: n, Codes: codes, Levels: levels})
	}
	if len(fs) == 1 {
		return fs[0], nil
	}
	return weight.Cross("|", fs...), nil
}

// levelTotals reads totals per level.
func levelTotals(p Params) (map[string]float64, error) {
	out := map[string]float64{}
	for _, k := range p.Keys {
		v, err := p.Float(k)
		if err != nil {
			return nil, err
		}
		out[k] = v
	}
	return out, nil
}

func calibrateCase(c *Case, d weight.Distance) (map[string]any, error) {
	base, err := c.Weight()
	if err != nil {
		return nil, err
	}
	columns, err := totalColumns(c)
	if err != nil {
		return nil, err
	}
	own := strings.TrimPrefix(c.Method, "C.calibrate.")
	if fn, err := c.Params.StringOr("calfun", own); err != nil {
		return nil, err
	} else if fn != own {
		return nil, Unsupported("calfun %q in method %s", fn, c.Method)
	}
	rule := weight.CalibrationRule{Distance: d}
	bounds, err := c.Params.Floats("bounds")
	if err != nil {
		return nil, err
	}
	if len(bounds) == 2 {
		rule.Lower, rule.Upper = bounds[0], bounds[1]
	}
	if rule.MaxIterations, err = c.Params.IntOr("maxit", 0); err != nil {
		return nil, err
	}
	if stage, err := c.Params.IntOr("aggregate_stage", 0); err != nil {
		return nil, err
	} else if stage > 0 {
		if stage > len(c.Design.IDs) {
			return nil, fmt.Errorf("field params.aggregate_stage: the design has %d stages", len(c.Design.IDs))
		}
		cluster, err := weightFactor(c, c.Design.IDs[stage-1])
		if err != nil {
			return nil, err
		}
		rule.Cluster = &cluster
		columns = weight.ClusterMeans(base, columns, cluster)
	}
	a, err := weight.Calibrate(base, columns, rule)
	if err != nil {
		return notAdjusted(err), nil
	}
	out, err := adjustedResults(c, a.Weights, a.G, func(z []float64) []float64 { return weight.Residuals(z, base, columns) })
	if err == nil {
		out["converges"] = true
	}
	return out, err
}

// totalColumns makes the calibration variables from the names of their totals:
// "(Intercept)", a numeric column, a column with one of its levels appended,
// or a product of these joined by ":".
func totalColumns(c *Case) ([]weight.Column, error) {
	totals, err := c.Params.Sub("totals")
	if err != nil {
		return nil, err
	}
	if text, err := c.Params.StringOr("formula", ""); err != nil {
		return nil, err
	} else if strings.Contains(text, "(") { // the totals may be of what it works out
		if _, err := c.Formula(text); err != nil {
			return nil, err
		}
	}
	var out []weight.Column
	for _, name := range totals.Keys {
		t, err := totals.Float(name)
		if err != nil {
			return nil, err
		}
		col := weight.Column{Name: name, X: make([]float64, c.Data.Rows), Total: t}
		for i := range col.X {
			col.X[i] = 1
		}
		for part := range strings.SplitSeq(name, ":") {
			x, err := totalColumn(c.Data, part)
			if err != nil {
				return nil, err
			}
			for i, v := range x {
				col.X[i] *= v
			}
		}
		out = append(out, col)
	}
	return out, nil
}

// totalColumn is the variable of one name of a model matrix.
func totalColumn(f *Frame, name string) ([]float64, error) {
	out := make([]float64, f.Rows)
	if name == "(Intercept)" {
		for i := range out {
			out[i] = 1
		}
		return out, nil
	}
	same := strings.NewReplacer(".", "_")
	columns := slices.Concat(f.Names, f.made)
	for _, n := range columns {
		if same.Replace(n) == same.Replace(name) && f.IsNumeric(n) {
			return f.Complete(n)
		}
	}
	for _, n := range columns {
		level, ok := strings.CutPrefix(same.Replace(name), same.Replace(n))
		if !ok {
			continue
		}
		text, err := f.Text(n)
		if err != nil {
			return nil, err
		}
		found := false
		for i, s := range text {
			if same.Replace(s) == level {
				out[i], found = 1, true
			}
		}
		if found {
			return out, nil
		}
	}
	return nil, fmt.Errorf("field params.totals: %q is no column and no level of one", name)
}

func postStratifyCase(c *Case) (map[string]any, error) {
	base, err := c.Weight()
	if err != nil {
		return nil, err
	}
	names, err := c.Params.Strings("strata")
	if err != nil {
		return nil, err
	}
	cell, err := weightFactor(c, names...)
	if err != nil {
		return nil, err
	}
	population, err := cellPopulation(c, names)
	if err != nil {
		return nil, err
	}
	totals, err := cell.Totals(population)
	if err != nil {
		return notAdjusted(err), nil
	}
	a, err := weight.PostStratify(base, cell, totals)
	if err != nil {
		return notAdjusted(err), nil
	}
	return adjustedResults(c, a.Weights, a.G, func(z []float64) []float64 {
		return weight.MarginResiduals(z, base, []weight.Factor{cell})
	})
}

// cellPopulation reads an object of totals, or rows of levels with "Freq".
func cellPopulation(c *Case, names []string) (map[string]float64, error) {
	rows, ok := c.Params.Values["population"].([]any)
	if !ok {
		p, err := c.Params.Sub("population")
		if err != nil {
			return nil, err
		}
		return levelTotals(p)
	}
	out := map[string]float64{}
	for i, r := range rows {
		o, ok := r.(*Object)
		if !ok {
			return nil, fmt.Errorf("field params.population[%d]: an object is needed", i)
		}
		var parts []string
		for _, n := range names {
			parts = append(parts, show(o.Values[n]))
		}
		f, err := Params{o}.Float("Freq")
		if err != nil {
			return nil, err
		}
		out[strings.Join(parts, "|")] = f
	}
	return out, nil
}

func rakeCase(c *Case) (map[string]any, error) {
	base, err := c.Weight()
	if err != nil {
		return nil, err
	}
	margins, factors, refused, err := rakeMargins(c)
	if err != nil {
		return nil, err
	}
	if refused != nil {
		return notAdjusted(refused), nil
	}
	rule := weight.RakeRule{AcceptUnconverged: c.Params.Has("maxit"), KeepSteps: true}
	if rule.Epsilon, err = c.Params.FloatOr("epsilon", 0); err != nil {
		return nil, err
	}
	if rule.MaxSweeps, err = c.Params.IntOr("maxit", 0); err != nil {
		return nil, err
	}
	a, err := weight.Rake(base, margins, rule)
	if err != nil {
		return notAdjusted(err), nil
	}
	ones := make([]float64, len(base))
	for i := range ones {
		ones[i] = 1
	}
	with := func(q []float64) residualFunc {
		return func(z []float64) []float64 { return weight.MarginResiduals(z, q, factors) }
	}
	// The peer's standard error comes from an unweighted fit of the scores over
	// the weights after each margin, in ten sweeps.
	out, err := adjustedResults(c, a.Weights, a.G, func(z []float64) []float64 { return peerRaking(z, a, factors) })
	if err != nil {
		return nil, err
	}
	by := map[string]any{}
	for name, q := range map[string][]float64{"unweighted": ones, "base": base, "raked": a.Weights} {
		o, err := adjustedResults(c, a.Weights, a.G, with(q))
		if err != nil {
			return nil, err
		}
		switch m := o["mean"].(type) {
		case map[string]any:
			by[name] = m["se"]
		case PartlyRefused:
			by[name] = m.Refused
		}
	}
	out["mean_se_by_residual_weight"] = by
	out["converges"] = true
	return out, nil
}

// rakeMargins reads the margins of a case; refused is what the engine says to
// totals that do not fit the levels.
func rakeMargins(c *Case) (margins []weight.Margin, factors []weight.Factor, refused, err error) {
	spec, err := c.Params.Sub("margins")
	if err != nil {
		return nil, nil, nil, err
	}
	for _, name := range spec.Keys {
		p, err := spec.Sub(name)
		if err != nil {
			return nil, nil, nil, err
		}
		population, err := levelTotals(p)
		if err != nil {
			return nil, nil, nil, err
		}
		f, err := weightFactor(c, name)
		if err != nil {
			return nil, nil, nil, err
		}
		totals, err := f.Totals(population)
		if err != nil {
			return nil, nil, err, nil
		}
		margins, factors = append(margins, weight.Margin{Factor: f, Totals: totals}), append(factors, f)
	}
	return margins, factors, nil, nil
}

// peerRaking sweeps the margins' group means out of the scores w z, each over
// the weights that held after that margin.
func peerRaking(z []float64, a *weight.Adjustment, factors []weight.Factor) []float64 {
	x := make([]float64, len(z))
	for i, v := range z {
		x[i] = v * a.Weights[i]
	}
	r := make([]float64, len(z))
	ones := make([]float64, len(z))
	for i := range ones {
		ones[i] = 1
	}
	for range 10 {
		for m, f := range factors {
			for i, w := range a.Steps[m] {
				r[i] = 0
				if w > 0 {
					r[i] = x[i] / w
				}
			}
			e := weight.MarginResiduals(r, ones, []weight.Factor{f})
			for i, w := range a.Steps[m] {
				x[i] = e[i] * w
			}
		}
	}
	for i, w := range a.Weights {
		if w > 0 {
			x[i] /= w
		}
	}
	return x
}

func trimCase(c *Case) (map[string]any, error) {
	base, err := c.Weight()
	if err != nil {
		return nil, err
	}
	rule := weight.TrimRule{}
	if rule.Upper, err = c.Params.FloatOr("upper", math.Inf(1)); err != nil {
		return nil, err
	}
	if rule.Lower, err = c.Params.FloatOr("lower", math.Inf(-1)); err != nil {
		return nil, err
	}
	if rule.Strict, err = c.Params.Bool("strict", false); err != nil {
		return nil, err
	}
	t, err := weight.Trim(base, rule)
	if err != nil {
		return notAdjusted(err), nil
	}
	g := make([]float64, len(base))
	for i, w := range base {
		g[i] = 1
		if w > 0 {
			g[i] = t.Weights[i] / w
		}
	}
	return adjustedResults(c, t.Weights, g, func(z []float64) []float64 { return z })
}
