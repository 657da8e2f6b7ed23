package conformance

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"gongping/internal/errs"
	"gongping/scoring/rater"
)

// crossTable counts two columns of categories; design.frequency names a column
// of counts, params.categories the number of categories 1..k.
func crossTable(c *Case) ([][]float64, float64, error) {
	if len(c.Data.Names) < 2 {
		return nil, 0, fmt.Errorf("two columns of ratings are needed")
	}
	cols := c.Data.Names[:2]
	if c.Params.Has("raters") {
		named, err := c.Params.Strings("raters")
		if err != nil {
			return nil, 0, err
		}
		if len(named) != 2 {
			return nil, 0, fmt.Errorf("field params.raters: two columns are needed")
		}
		cols = named
	}
	frequency := c.Design.Other["frequency"]
	keep, err := present(c.Data, append([]string{frequency}, cols...)...)
	if err != nil {
		return nil, 0, err
	}
	index, k, err := categories(c, cols, keep)
	if err != nil {
		return nil, 0, err
	}
	count := make([]float64, c.Data.Rows)
	for i := range count {
		count[i] = 1
	}
	if frequency != "" {
		if count, _, err = c.Data.Floats(frequency); err != nil {
			return nil, 0, err
		}
	}
	a, _ := c.Data.Text(cols[0])
	b, _ := c.Data.Text(cols[1])
	table := make([][]float64, k)
	for i := range table {
		table[i] = make([]float64, k)
	}
	n := 0.0
	for i := range a {
		if keep[i] {
			table[index[a[i]]][index[b[i]]] += count[i]
			n += count[i]
		}
	}
	return table, n, nil
}

// categories numbers the labels of both columns: 1..k when params.categories
// says so and the labels are such numbers, otherwise in the order of R.
func categories(c *Case, cols []string, keep []bool) (map[string]int, int, error) {
	joined := &Frame{Names: []string{"v"}, cols: map[string][]string{}}
	for _, name := range cols {
		text, err := c.Data.Text(name)
		if err != nil {
			return nil, 0, err
		}
		joined.cols["v"] = append(joined.cols["v"], rows(text, keep)...)
	}
	joined.Rows = len(joined.cols["v"])
	_, levels, err := joined.Factor("v")
	if err != nil {
		return nil, 0, err
	}
	index := map[string]int{}
	k, err := c.Params.IntOr("categories", len(levels))
	if err != nil {
		return nil, 0, err
	}
	numbered := k >= len(levels)
	for at, l := range levels {
		index[l] = at
		v, err := strconv.Atoi(strings.TrimSpace(l))
		numbered = numbered && err == nil && v >= 1 && v <= k
	}
	if numbered {
		for l := range index {
			v, _ := strconv.Atoi(strings.TrimSpace(l))
			index[l] = v - 1
		}
		return index, k, nil
	}
	return index, len(levels), nil
}

func cohenKappa(c *Case) (map[string]any, error) {
	table, n, err := crossTable(c)
	if err != nil {
		return nil, err
	}
	out, vcd := map[string]any{"n": n}, map[string]any{}
	for name, scheme := range map[string]rater.Scheme{"unweighted": rater.Unweighted, "linear": rater.Linear, "quadratic": rater.Quadratic} {
		k, err := rater.CohenKappa(table, scheme)
		if constant(err) {
			out[name] = PartlyRefused{Refused{err}, map[string]any{"kappa": nil, "se": nil, "se_null": nil,
				"observed": 1.0, "expected": 1.0, "lower95": nil, "upper95": nil}}
			vcd[name] = Refused{err}
			continue
		}
		if err != nil {
			out[name], vcd[name] = Refused{err}, Refused{err}
			continue
		}
		out[name] = map[string]any{"kappa": k.Value, "se": k.SE, "se_null": k.SENull, "observed": k.Observed,
			"expected": k.Expected, "lower95": k.Lower, "upper95": k.Upper}
		vcd[name] = map[string]any{"value": k.Value, "ase": k.SE}
	}
	out["vcd"] = vcd
	return out, nil
}

// labelled are the ratings of a case, and the labels that their numbers stand for
// where they are texts.
func labelled(c *Case) (m rater.Matrix, labels []string, err error) {
	c, labels, err = c.labels()
	if err != nil {
		return m, nil, err
	}
	m, _, err = ratings(c)
	return m, labels, err
}

func fleissKappa(c *Case) (map[string]any, error) {
	m, labels, err := labelled(c)
	if err != nil {
		return nil, err
	}
	f, err := rater.FleissKappa(m)
	if constant(err) { // agreement is complete, and so is that by chance
		out := withAll(map[string]any{}, []string{"kappa", "se_null", "z", "by_category", "exact_conger"}, Refused{err})
		return withAll(out, []string{"observed", "expected"}, PartlyRefused{Refused{err}, map[string]any{"": 1.0}}), nil
	}
	if err != nil {
		return nil, err
	}
	by := map[string]any{}
	for k, v := range f.Category {
		name := strconv.FormatFloat(v, 'g', -1, 64)
		if labels != nil {
			name = labels[int(v)-1]
		}
		by[name] = f.ByCategory[k]
	}
	return map[string]any{"kappa": f.Kappa, "se_null": f.SENull, "z": f.Z, "observed": f.Observed,
		"expected": f.Expected, "by_category": by, "exact_conger": f.Conger}, nil
}

// constant reports whether a coefficient is refused since all ratings are equal.
func constant(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	return ok && strings.HasSuffix(e.Key, ".constant")
}

func krippendorff(c *Case) (map[string]any, error) {
	m, labels, err := labelled(c)
	if err != nil {
		return nil, err
	}
	layout, err := c.Params.StringOr("layout", "rows = raters")
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(strings.ReplaceAll(layout, " ", ""), "rows=raters") {
		m = m.Transpose()
	}
	out := map[string]any{}
	for name, metric := range map[string]rater.Metric{"nominal": rater.Nominal, "ordinal": rater.Ordinal,
		"interval": rater.Interval, "ratio": rater.Ratio} {
		if labels != nil && metric != rater.Nominal {
			out[name] = Refused{refuse("text_metric", "ratings that are texts have no %s distances", name)}
			continue
		}
		a, err := rater.Krippendorff(m, metric)
		if constant(err) {
			out[name] = PartlyRefused{Refused{err}, map[string]any{"alpha": nil, "observed": 0.0, "expected": 0.0,
				"pairable": pairable(m)}}
			continue
		}
		if err != nil {
			out[name] = Refused{err}
			continue
		}
		out[name] = map[string]any{"alpha": a.Value, "observed": a.Observed, "expected": a.Expected, "pairable": a.Pairable}
		out["coincidence"] = a.Coincidence
	}
	return out, nil
}

// pairable counts the ratings of units with two ratings or more.
func pairable(m rater.Matrix) (n int) {
	for i, row := range m.Value {
		there := 0
		for k := range row {
			if m.Missing == nil || !m.Missing[i][k] {
				there++
			}
		}
		if there > 1 {
			n += there
		}
	}
	return n
}
