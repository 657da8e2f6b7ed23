package survey

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gongping/internal/errs"
)

// Allocations are the rules that spread a sample over strata, in the order in
// which they are offered; survey/design holds their formulas.
var Allocations = []string{"proportional", "equal", "neyman", "optimal_cost", "power", "square_root"}

// Sizing says where a committee's sample size comes from.
type Sizing string

// The ways to size.
const (
	PerCommittee Sizing = ""          // Size for each, Sizes for some
	SharedTotal  Sizing = "total"     // Total, shared over committees by the rule of Allocation
	ForPrecision Sizing = "precision" // what the half-widths of HalfWidth and StreetHalfWidth need
)

// Plan says how a round samples: by which columns it stratifies, how the
// sample is allocated and how many residents are drawn in each committee.
type Plan struct {
	// StrataBy are frame columns that split each committee: "sex", "age_band",
	// "tenure", "grid", "building". Empty means the committee is the stratum.
	StrataBy []string `json:"strata_by"`
	// CollapseBelow joins cells with fewer residents to a neighbour of their
	// committee; 0 joins none. Collapsed is what was joined (cell → stratum),
	// fixed when the round is frozen.
	CollapseBelow int               `json:"collapse_below,omitempty"`
	Collapsed     map[string]string `json:"collapsed,omitempty"`
	// Method is how residents are selected within a stratum, one of Methods; the
	// fields of Selection belong to it.
	Method Method `json:"method,omitempty"`
	Selection
	// Allocation is the rule that spreads a committee's size over its strata
	// (and, under SharedTotal, the total over committees): one of Allocations.
	Allocation string `json:"allocation"`
	// Power is Bankier's exponent of the rule "power", 0 to 1.
	Power float64 `json:"power,omitempty"`
	// Prior is the planning figure of every stratum; Priors overrides it for
	// strata with a value, by "column:value" ("sex:f", "age_band:75-").
	Prior  Prior            `json:"prior,omitzero"`
	Priors map[string]Prior `json:"priors,omitempty"`
	// Minimum and Maximum bound every stratum; 0 means one, and none. TakeAll
	// lists the values ("column:value") whose strata are taken whole.
	Minimum int      `json:"minimum,omitempty"`
	Maximum int      `json:"maximum,omitempty"`
	TakeAll []string `json:"take_all,omitempty"`
	// CensusUpTo makes a census of committees with at most so many residents.
	CensusUpTo int `json:"census_up_to,omitempty"`
	// Sizing chooses which of the next fields size the committees.
	Sizing Sizing `json:"sizing,omitempty"`
	// Size is the number of residents to draw in every committee; Sizes
	// overrides it by committee code. With Size 0 only those of Sizes are drawn.
	Size  int            `json:"size"`
	Sizes map[string]int `json:"sizes,omitempty"`
	Total int            `json:"total,omitempty"`
	// HalfWidth and StreetHalfWidth are the half-widths, in points, of the 95%
	// interval wanted of each committee's and each street's mean; 0 drops one.
	HalfWidth       float64 `json:"half_width,omitempty"`
	StreetHalfWidth float64 `json:"street_half_width,omitempty"`
	// ResponseRate is the share of drawn residents expected to answer.
	ResponseRate float64 `json:"response_rate,omitempty"`
	// ReserveRatio is how many reserves stand behind each drawn person.
	ReserveRatio float64 `json:"reserve_ratio"`
}

// Prior is what is assumed of a stratum before fieldwork: standard deviation
// and mean of its answers in points, and the cost of one answer.
type Prior struct {
	SD   float64 `json:"sd"`
	Mean float64 `json:"mean,omitempty"`
	Cost float64 `json:"cost,omitempty"`
}

// UsualPrior is assumed where a plan says nothing: a standard deviation of 21
// of 100 points around 78, as in the satisfaction surveys of docs/methods, and
// one unit of cost.
var UsualPrior = Prior{SD: 21, Mean: 78, Cost: 1}

// usualResponse is the response rate assumed where a plan gives none.
const usualResponse = 0.6

// Response is the expected response rate of the plan.
func (p Plan) Response() float64 {
	if p.ResponseRate > 0 {
		return p.ResponseRate
	}
	return usualResponse
}

// SizeOf is the planned size of one committee under PerCommittee.
func (p Plan) SizeOf(committee string) int {
	if n, ok := p.Sizes[committee]; ok {
		return n
	}
	return p.Size
}

// StratifyColumns are the columns that Plan.StrataBy may name.
var StratifyColumns = []string{"sex", "age_band", "tenure", "grid", "building"}

// Stratum names the stratum of a resident: the committee's code, then one
// value per column of StrataBy, joined by "#". Values that are unknown read
// "u". Only letters, digits and ".#-" occur, so the name may stand in a
// published bundle (docs/spec/draw-v1.md).
func (p Plan) Stratum(t Traits, year int) string {
	if name := p.cell(t, year); p.Collapsed[name] != "" {
		return p.Collapsed[name]
	} else {
		return name
	}
}

func (p Plan) cell(t Traits, year int) string {
	var b strings.Builder
	b.WriteString(t.Committee)
	for _, col := range p.StrataBy {
		b.WriteByte('#')
		v := ""
		switch col {
		case "sex":
			v = t.Sex
		case "age_band":
			v = strings.ReplaceAll(AgeBand(t.BirthYear, year), "+", "-")
		case "tenure":
			v = t.Tenure
		case "grid":
			v = t.Grid
		case "building":
			v = t.Building
		}
		if v == "" || v == "unknown" {
			v = "u"
		}
		b.WriteString(v)
	}
	return b.String()
}

// Joined are the cells that hold too few residents and were joined to a stratum
// of their committee, by name; its own name says only which cell took them in.
func (p Plan) Joined(stratum string) (cells []string) {
	for cell, to := range p.Collapsed {
		if to == stratum {
			cells = append(cells, cell)
		}
	}
	slices.Sort(cells)
	return cells
}

// Values are the "column:value" pairs of a stratum's name, in order of StrataBy.
func (p Plan) Values(stratum string) []string {
	parts := strings.Split(stratum, "#")[1:]
	out := make([]string, 0, len(parts))
	for i, v := range parts {
		if i < len(p.StrataBy) {
			out = append(out, p.StrataBy[i]+":"+v)
		}
	}
	return out
}

// PriorOf is the planning figure of a stratum: that of its first value with an
// override, else the plan's, else UsualPrior field by field.
func (p Plan) PriorOf(stratum string) Prior {
	prior := p.Prior
	for _, v := range p.Values(stratum) {
		if o, ok := p.Priors[v]; ok {
			prior = o
			break
		}
	}
	fill := func(v *float64, usual ...float64) {
		for _, u := range usual {
			if *v == 0 {
				*v = u
			}
		}
	}
	fill(&prior.SD, p.Prior.SD, UsualPrior.SD)
	fill(&prior.Mean, p.Prior.Mean, UsualPrior.Mean)
	fill(&prior.Cost, p.Prior.Cost, UsualPrior.Cost)
	return prior
}

// Takes tells whether a stratum is taken whole.
func (p Plan) Takes(stratum string) bool {
	for _, v := range p.Values(stratum) {
		if slices.Contains(p.TakeAll, v) {
			return true
		}
	}
	return false
}

// maxSize is the most residents that a plan may ask for in one place.
const maxSize = 100000

// Check returns an error that names the first field of a plan that cannot be used.
func (p Plan) Check() error {
	if err := p.checkStrata(); err != nil {
		return err
	}
	if err := p.checkSizes(); err != nil {
		return err
	}
	if err := p.checkSelection(); err != nil {
		return err
	}
	check := func(where string, v, low, high float64) error {
		if !(v >= low && v <= high) {
			return badPlan(where, strconv.FormatFloat(v, 'g', -1, 64), fmt.Sprintf("%g to %g", low, high))
		}
		return nil
	}
	for _, f := range []struct {
		where        string
		v, low, high float64
	}{
		{"power", p.Power, 0, 1}, {"response_rate", p.ResponseRate, 0, 1}, {"reserve_ratio", p.ReserveRatio, 0, 10},
		{"half_width", p.HalfWidth, 0, 50}, {"street_half_width", p.StreetHalfWidth, 0, 50},
		{"minimum", float64(p.Minimum), 0, maxSize}, {"maximum", float64(p.Maximum), 0, maxSize},
		{"census_up_to", float64(p.CensusUpTo), 0, maxSize}, {"collapse_below", float64(p.CollapseBelow), 0, maxSize},
	} {
		if err := check(f.where, f.v, f.low, f.high); err != nil {
			return err
		}
	}
	if p.Maximum > 0 && p.Maximum < p.Minimum {
		return badPlan("maximum", strconv.Itoa(p.Maximum), "at least the minimum")
	}
	for key, prior := range p.withDefaultPrior() {
		for name, v := range map[string]float64{"sd": prior.SD, "mean": prior.Mean} {
			if err := check("prior "+key+" "+name, v, 0, 100); err != nil {
				return err
			}
		}
		if err := check("prior "+key+" cost", prior.Cost, 0, 1e9); err != nil {
			return err
		}
	}
	return nil
}

func badPlan(where, found, want string) error {
	return errs.New(errs.Invalid, "plan.invalid", "the sampling plan cannot be used").At(where, found, want, "change the field and save again")
}

func (p Plan) withDefaultPrior() map[string]Prior {
	all := map[string]Prior{"": p.Prior}
	for k, v := range p.Priors {
		all[k] = v
	}
	return all
}

func (p Plan) checkStrata() error {
	seen := map[string]bool{}
	for _, col := range p.StrataBy {
		if !slices.Contains(StratifyColumns, col) || seen[col] {
			return badPlan("strata_by", col, strings.Join(StratifyColumns, ", ")+", each at most once")
		}
		seen[col] = true
	}
	if !slices.Contains(Allocations, p.Allocation) {
		return badPlan("allocation", p.Allocation, strings.Join(Allocations, ", "))
	}
	keys := slices.Clone(p.TakeAll)
	for k := range p.Priors {
		keys = append(keys, k)
	}
	for _, k := range keys {
		if col, _, ok := strings.Cut(k, ":"); !ok || !slices.Contains(StratifyColumns, col) {
			return badPlan("value", k, "column:value, for example age_band:75-")
		}
	}
	return nil
}

func (p Plan) checkSizes() error {
	switch p.Sizing {
	case PerCommittee:
		if p.Size < 0 || p.Size > maxSize || p.Size == 0 && len(p.Sizes) == 0 {
			return badPlan("size", strconv.Itoa(p.Size), "1 to 100000 residents a committee")
		}
	case SharedTotal:
		if p.Total < 1 || p.Total > 100*maxSize {
			return badPlan("total", strconv.Itoa(p.Total), "1 to 10000000 residents in all")
		}
	case ForPrecision:
		if p.HalfWidth == 0 && p.StreetHalfWidth == 0 {
			return badPlan("half_width", "0", "a half-width for committees, for streets or for both")
		}
	default:
		return badPlan("sizing", string(p.Sizing), "total, precision or nothing")
	}
	for code, n := range p.Sizes {
		if LevelOf(code) != Committee || n < 0 || n > maxSize {
			return badPlan("sizes."+code, strconv.Itoa(n), "a committee's 12-digit code and 0 to 100000")
		}
	}
	return nil
}
