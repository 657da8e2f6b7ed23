package conformance

import (
	"fmt"
	"regexp"

	"gongping/scoring/estimate"
	"gongping/scoring/replicate"
)

// Adapters of replicate variance (group D): the replicate weights are columns
// of the data file, or, where it has none, made from the design.

func init() {
	for _, m := range []string{"D.JK1", "D.JKn", "D.BRR", "D.Fay", "D.subbootstrap", "D.bootstrap", "D.mrbbootstrap", "D.ACS", "D.other", "D.given"} {
		Register(m, replicateVariance)
	}
}

var numberedColumn = regexp.MustCompile(`([A-Za-z_.]+)\d+`)

// replicateColumns reads the weight columns: those that share the letters of
// the first numbered name in the parameter ("columns rw001, rw002, …").
func (c *Case) replicateColumns() ([][]float64, error) {
	text, err := c.Params.StringOr("replicate_weights", "rw1")
	if err != nil {
		return nil, err
	}
	m := numberedColumn.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("field params.replicate_weights: %q names no numbered column", text)
	}
	pattern := regexp.MustCompile("^" + regexp.QuoteMeta(m[1]) + `\d+$`)
	var cols [][]float64
	for _, n := range c.Data.Names {
		if !pattern.MatchString(n) {
			continue
		}
		w, err := c.Data.Complete(n)
		if err != nil {
			return nil, err
		}
		cols = append(cols, w)
	}
	return cols, nil
}

func replicateVariance(c *Case) (map[string]any, error) {
	w, err := c.Weight()
	if err != nil {
		return nil, err
	}
	cols, err := c.replicateColumns()
	if err != nil {
		return nil, err
	}
	if len(cols) == 0 {
		set, err := c.madeReplicates()
		if err != nil {
			return nil, err
		}
		return replicateResults(c, set, w)
	}
	scale, err := c.Params.FloatOr("scale", 1)
	if err != nil {
		return nil, err
	}
	rscales, err := c.Params.Floats("rscales")
	if err != nil {
		return nil, err
	}
	for len(rscales) < len(cols) && len(rscales) <= 1 { // absent or one for all
		v := 1.0
		if len(rscales) == 1 {
			v = rscales[0]
		}
		rscales = rscales[:0]
		for range cols {
			rscales = append(rscales, v)
		}
	}
	set, err := replicate.Given(w, cols, scale, rscales)
	if err != nil {
		return nil, err
	}
	return replicateResults(c, set, w)
}

// madeReplicates are the replicate weights that the method makes from the
// design: those without chance in them.
func (c *Case) madeReplicates() (*replicate.Set, error) {
	build := c.BuildDesign
	if c.Method == "D.BRR" || c.Method == "D.Fay" {
		build = c.peerOrder
	}
	d, err := build()
	if err != nil {
		return nil, err
	}
	switch c.Method {
	case "D.JK1":
		return replicate.JK1(d)
	case "D.JKn":
		return replicate.JKn(d)
	case "D.BRR":
		return replicate.BRR(d)
	case "D.Fay":
		rho, err := c.Params.FloatOr("fay_rho", 0.5)
		if err != nil {
			return nil, err
		}
		return replicate.Fay(d, rho)
	}
	return nil, Unsupported("%s without columns of replicate weights", c.Method)
}

func replicateResults(c *Case, set *replicate.Set, w []float64) (map[string]any, error) {
	out := map[string]any{"degf": set.DegreesOfFreedom()}
	var err error
	for key, mse := range map[string]bool{"mse_false": false, "mse_true": true} {
		set.AroundFull = mse
		if out[key], err = replicateFigures(c, set, w); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func replicateFigures(c *Case, set *replicate.Set, w []float64) (map[string]any, error) {
	out := map[string]any{}
	put := func(to map[string]any, valueKey, seKey string, toSE map[string]any, s replicate.Statistic) {
		e, err := set.Estimate(s)
		if err != nil {
			to[valueKey], toSE[seKey] = Refused{err}, Refused{err}
			return
		}
		to[valueKey], toSE[seKey] = e.Value, e.SE
	}
	name, err := c.Params.String("y")
	if err != nil {
		return nil, err
	}
	y, err := c.Column(name)
	if err != nil {
		return nil, err
	}
	put(out, "mean", "mean_se", out, replicate.Mean(y, nil))
	put(out, "total", "total_se", out, replicate.Total(y, nil))
	if name, err = c.Params.StringOr("ratio_denominator", ""); err != nil {
		return nil, err
	}
	if name != "" {
		x, err := c.Column(name)
		if err != nil {
			return nil, err
		}
		put(out, "ratio", "ratio_se", out, replicate.Ratio(y, x, nil))
		put(out, "median_x", "median_x_se", out, replicate.Quantile(x, nil, 0.5, estimate.QuantileMath))
	}
	by, err := c.Params.Strings("by")
	if err != nil || len(by) == 0 {
		return out, err
	}
	groups, err := c.groups(by, nil, w)
	if err != nil {
		return nil, err
	}
	mean, se := map[string]any{}, map[string]any{}
	for _, g := range groups {
		put(mean, g.name, g.name, se, replicate.Mean(y, g.in))
	}
	out["domain_mean"], out["domain_se"] = mean, se
	return out, nil
}
