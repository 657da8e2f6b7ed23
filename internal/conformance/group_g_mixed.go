package conformance

import (
	"regexp"
	"strings"

	"gongping/scoring/estimate"
	"gongping/scoring/shrink"
)

var (
	randomTerm    = regexp.MustCompile(`\(\s*([^()|]*?)\s*\|\|?\s*([^()|]+?)\s*\)`)
	interceptOnly = regexp.MustCompile(`^1$`)
)

// mixedFormula splits "y ~ a + (1|g) + (1|a/b)" into the fixed part and the
// grouping factors, each a list of columns that are crossed.
func mixedFormula(formula string) (fixed string, groups [][]string, err error) {
	for _, m := range randomTerm.FindAllStringSubmatch(formula, -1) {
		if !interceptOnly.MatchString(m[1]) {
			return "", nil, Unsupported("random slopes (%s); only random intercepts are fitted", m[0])
		}
		parts := strings.Split(strings.ReplaceAll(m[2], " ", ""), "/")
		for k := range parts { // a/b means a and b:a
			var cols []string
			for j := k; j >= 0; j-- {
				cols = append(cols, strings.Split(parts[j], ":")...)
			}
			groups = append(groups, cols)
		}
	}
	fixed = strings.ReplaceAll(randomTerm.ReplaceAllString(formula, ""), " ", "")
	for strings.Contains(fixed, "++") {
		fixed = strings.ReplaceAll(fixed, "++", "+")
	}
	fixed = strings.TrimSuffix(strings.ReplaceAll(fixed, "~+", "~"), "+")
	if strings.HasSuffix(fixed, "~") {
		fixed += "1"
	}
	return fixed, groups, nil
}

// mixedCase is a case read as a random-intercept model.
type mixedCase struct {
	data   shrink.Mixed
	names  []string // of the columns of X
	levels [][]string
}

func readMixed(c *Case) (*mixedCase, error) {
	formula, err := c.Params.String("formula")
	if err != nil {
		return nil, err
	}
	fixed, groups, err := mixedFormula(formula)
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		return nil, Unsupported("the formula %q has no random intercept", formula)
	}
	f, err := c.Formula(fixed)
	if err != nil {
		return nil, err
	}
	y, err := c.ResponseColumn(f.Response)
	if err != nil {
		return nil, err
	}
	var text []string
	for _, g := range groups {
		text = append(text, g...)
	}
	for _, t := range f.Terms {
		text = append(text, t...)
	}
	keep, err := present(c.Data, append(text, c.Design.Weight)...)
	if err != nil {
		return nil, err
	}
	dropMissing(keep, y)
	x, err := c.ModelMatrix(f, keep)
	if err != nil {
		return nil, err
	}
	m := &mixedCase{names: x.Names}
	m.data.Y = rows(y.Values, keep)
	for _, col := range x.Columns {
		m.data.X = append(m.data.X, rows(col.Values, keep))
	}
	if c.Design.Weight != "" {
		if m.data.PriorWeight, err = numbers(c.Data, c.Design.Weight, keep); err != nil {
			return nil, err
		}
	}
	return m, m.addGroups(c, groups, keep)
}

func dropMissing(keep []bool, col estimate.Column) {
	for i := range keep {
		keep[i] = keep[i] && (col.Missing == nil || !col.Missing[i])
	}
}

func (m *mixedCase) addGroups(c *Case, groups [][]string, keep []bool) error {
	for _, cols := range groups {
		label := make([]string, c.Data.Rows)
		for k, name := range cols {
			text, err := c.Data.Text(c.Data.Resolve(name))
			if err != nil {
				return err
			}
			for i, t := range text {
				if k > 0 {
					label[i] += ":"
				}
				label[i] += t
			}
		}
		codes, levels := estimate.Encode(rows(label, keep))
		g, kept, err := compact(strings.Join(cols, ":"), codes, levels)
		if err != nil {
			return err
		}
		m.data.Groups = append(m.data.Groups, g)
		m.levels = append(m.levels, kept)
	}
	return nil
}

func randomIntercepts(c *Case) (map[string]any, error) {
	m, err := readMixed(c)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for key, method := range map[string]shrink.Method{"reml": shrink.REML, "ml": shrink.ML} {
		f, err := shrink.FitMixed(m.data, method)
		if err != nil { // one likelihood can be unbounded where the other is not
			out[key] = Refused{err}
			continue
		}
		out[key] = m.results(f)
	}
	return out, nil
}

func (m *mixedCase) results(f *shrink.MixedFit) map[string]any {
	var kept []string
	for _, k := range f.Kept {
		kept = append(kept, m.names[k])
	}
	variance := map[string]any{"residual": f.Residual}
	blup, cond := map[string]any{}, map[string]any{}
	for k, g := range m.data.Groups {
		variance[g.Name] = f.Variance[k]
		blup[g.Name] = named(m.levels[k], f.Blup[k])
		cond[g.Name] = named(m.levels[k], f.BlupVar[k])
	}
	out := map[string]any{
		"fixef": named(kept, f.Coef), "fixef_se": named(kept, f.CoefSE), "variance": variance,
		"minus2loglik": f.Minus2LogLik, "n": f.N, "blup": blup, "blup_cond_var": cond,
	}
	if icc, ok := f.ICC(); ok {
		out["icc"] = icc
		count := make([]int, len(m.levels[0]))
		for _, k := range m.data.Groups[0].Codes {
			count[k]++
		}
		reliability := make([]float64, len(count))
		for j, n := range count {
			reliability[j] = f.Variance[0] / (f.Variance[0] + f.Residual/float64(n))
		}
		out["group_n"], out["reliability"] = named(m.levels[0], count), named(m.levels[0], reliability)
	}
	return out
}
