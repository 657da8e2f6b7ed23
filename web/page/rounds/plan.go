package rounds

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/survey"
	"gongping/web/locale"
	"gongping/web/page/render"
)

// StratumName is a stratum in words: the committee's name, then its values.
func StratumName(p *locale.Printer, names map[string]string, plan survey.Plan, stratum string) string {
	code, _, _ := strings.Cut(stratum, "#")
	parts := []string{names[code]}
	if parts[0] == "" {
		parts[0] = code
	}
	for _, v := range plan.Values(stratum) {
		parts = append(parts, valueName(p, names, v))
	}
	return strings.Join(parts, " · ")
}

// valueName is a "column:value" in words.
func valueName(p *locale.Printer, names map[string]string, v string) string {
	col, value, _ := strings.Cut(v, ":")
	if key := "plan.value." + v; p.Has(key) {
		return p.T(key)
	}
	switch {
	case value == "u":
		return p.T("plan.value.unknown")
	case col == "grid" && names[value] != "":
		return names[value]
	case col == "building":
		return p.T("plan.value.building", "ID", strings.TrimPrefix(value, "b")[:min(6, len(value)-1)])
	}
	return value
}

// planForm is a plan as the form shows it.
type planForm struct {
	survey.Plan
	Columns                 []choice
	Allocations             []render.Option
	Methods, Clusters       []render.Option
	ChanceLines             string     // one "column:value chance" a line
	Values                  []valueRow // of the chosen columns
	SizeLines               string     // one "code size" a line
	ReservePct, ResponsePct string
	Sized                   []render.Option
}

type choice struct {
	Value, Text string
	On          bool
}

// valueRow is one value that a stratum may have, with its own prior.
type valueRow struct {
	Key, Text string
	Prior     *survey.Prior
	TakeAll   bool
}

// values lists what the columns may hold, but for those with too many values.
var values = map[string][]string{"sex": {"f", "m"}, "age_band": {"18-29", "30-44", "45-59", "60-74", "75-"}, "tenure": {"owner", "tenant", "other"}}

func (h *pages) planForm(c *gin.Context, p survey.Plan) planForm {
	pr := h.Printer(c)
	f := planForm{Plan: p, ReservePct: short(100 * p.ReserveRatio), ResponsePct: short(100 * p.Response())}
	for _, col := range survey.StratifyColumns {
		f.Columns = append(f.Columns, choice{col, pr.T("plan.column." + col), slices.Contains(p.StrataBy, col)})
		for _, v := range values[col] {
			key := col + ":" + v
			row := valueRow{Key: key, Text: pr.T("plan.column."+col) + " · " + valueName(pr, nil, key), TakeAll: slices.Contains(p.TakeAll, key)}
			if prior, ok := p.Priors[key]; ok {
				row.Prior = &prior
			}
			f.Values = append(f.Values, row)
		}
	}
	for _, a := range survey.Allocations {
		f.Allocations = append(f.Allocations, render.Option{Value: a, Text: pr.T("plan.rule." + a), Help: pr.T("plan.rule." + a + ".help")})
	}
	for _, s := range []survey.Sizing{survey.PerCommittee, survey.SharedTotal, survey.ForPrecision} {
		f.Sized = append(f.Sized, render.Option{Value: string(s), Text: pr.T("plan.sizing." + sizingKey(s)), Help: pr.T("plan.sizing." + sizingKey(s) + ".help")})
	}
	for _, m := range survey.Methods {
		key := "plan.select." + methodKey(m)
		f.Methods = append(f.Methods, render.Option{Value: string(m), Text: pr.T(key), Help: pr.T(key + ".help")})
	}
	f.Clusters = []render.Option{{Value: "", Text: "—"}}
	for _, col := range survey.ClusterColumns {
		f.Clusters = append(f.Clusters, render.Option{Value: col, Text: pr.T("plan.column." + col)})
	}
	f.SizeLines, f.ChanceLines = lines(p.Sizes), lines(p.Chances)
	return f
}

// lines writes a map as "key number" lines, by key.
func lines(m map[string]int) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(m)) {
		b.WriteString(key + " " + strconv.Itoa(m[key]) + "\n")
	}
	return b.String()
}

func methodKey(m survey.Method) string {
	if m == survey.SimpleRandom {
		return "simple"
	}
	return string(m)
}

func sizingKey(s survey.Sizing) string {
	if s == survey.PerCommittee {
		return "committee"
	}
	return string(s)
}

// planOf reads the plan's form. A number that cannot be read becomes −1, which
// the plan's own check then refuses with the field's name.
func planOf(c *gin.Context) survey.Plan {
	p := survey.Plan{StrataBy: []string{}, Allocation: c.PostForm("allocation"), Sizing: survey.Sizing(c.PostForm("sizing")),
		Size: number(c, "size"), Total: number(c, "total"), Minimum: number(c, "minimum"), Maximum: number(c, "maximum"),
		CensusUpTo: number(c, "census_up_to"), CollapseBelow: number(c, "collapse_below"), Power: real(c, "power"),
		HalfWidth: real(c, "half_width"), StreetHalfWidth: real(c, "street_half_width"),
		ResponseRate: real(c, "response_rate") / 100, ReserveRatio: real(c, "reserve_ratio") / 100,
		Prior: survey.Prior{SD: real(c, "prior_sd"), Mean: real(c, "prior_mean"), Cost: real(c, "prior_cost")}}
	for _, col := range survey.StratifyColumns {
		if c.PostForm("by."+col) != "" {
			p.StrataBy = append(p.StrataBy, col)
		}
		for _, v := range values[col] {
			key := col + ":" + v
			if c.PostForm("take."+key) != "" {
				p.TakeAll = append(p.TakeAll, key)
			}
			if sd, cost := real(c, "sd."+key), real(c, "cost."+key); sd != 0 || cost != 0 {
				if p.Priors == nil {
					p.Priors = map[string]survey.Prior{}
				}
				p.Priors[key] = survey.Prior{SD: sd, Cost: cost}
			}
		}
	}
	p.Sizes = sizesOf(c.PostForm("sizes"))
	p.Method = survey.Method(c.PostForm("method"))
	if p.Method.TwoStage() {
		p.ClusterBy, p.PerCluster = c.PostForm("cluster_by"), number(c, "per_cluster")
	}
	if p.Method.PPS() {
		p.Chances = sizesOf(c.PostForm("chances"))
	}
	return p
}

// sizesOf reads "code size" lines; a line that cannot be read keeps its text as
// a code, which the plan's check names.
func sizesOf(text string) map[string]int {
	var out map[string]int
	for _, line := range strings.Split(text, "\n") {
		f := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\r' || r == '，' })
		if len(f) == 0 {
			continue
		}
		if out == nil {
			out = map[string]int{}
		}
		n, err := strconv.Atoi(f[len(f)-1])
		if len(f) != 2 || err != nil {
			out[strings.TrimSpace(line)] = -1
			continue
		}
		out[f[0]] = n
	}
	return out
}

func intOf(s string, otherwise int) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return otherwise
	}
	return n
}

// short writes a number of a form without the tail of its binary form.
func short(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

func number(c *gin.Context, name string) int {
	if s := strings.TrimSpace(c.PostForm(name)); s != "" {
		return intOf(s, -1)
	}
	return 0
}

func real(c *gin.Context, name string) float64 { return realOf(c.PostForm(name)) }

func realOf(s string) float64 {
	if s = strings.TrimSpace(s); s == "" {
		return 0
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return -1
	}
	return v
}
