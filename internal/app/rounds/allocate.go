package rounds

import (
	"fmt"
	"math"
	"sort"

	"gongping/internal/errs"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/design"
	"gongping/survey/draw"
)

// counts are the residents of each cell, by committee and cell.
type counts map[string]map[string]int64

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func (c counts) total(committee string) (sum int64) {
	for _, n := range c[committee] {
		sum += n
	}
	return sum
}

// collapse joins the cells of a committee that hold fewer than below residents:
// the smallest first (ties by name), each to its neighbour in order of name
// that holds fewer, until all are large enough or one is left. It returns
// cell → stratum of the cells that were joined to another.
func (c counts) collapse(below int) map[string]string {
	joined := map[string]string{}
	for _, committee := range sortedKeys(c) {
		cells := c[committee]
		for len(cells) > 1 {
			names := sortedKeys(cells)
			at := 0
			for i, name := range names {
				if cells[name] < cells[names[at]] {
					at = i
				}
			}
			if cells[names[at]] >= int64(below) {
				break
			}
			to := neighbour(names, cells, at)
			for from, old := range joined {
				if old == names[at] {
					joined[from] = to
				}
			}
			joined[names[at]] = to
			cells[to] += cells[names[at]]
			delete(cells, names[at])
		}
	}
	if len(joined) == 0 {
		return nil
	}
	return joined
}

func neighbour(names []string, cells map[string]int64, at int) string {
	switch {
	case at == 0:
		return names[1]
	case at == len(names)-1, cells[names[at-1]] <= cells[names[at+1]]:
		return names[at-1]
	}
	return names[at+1]
}

// sizes decides how many residents are drawn in each committee.
func (c counts) sizes(p survey.Plan) (map[string]int, error) {
	committees := sortedKeys(c)
	out := make(map[string]int, len(committees))
	switch p.Sizing {
	case survey.SharedTotal:
		return c.shareTotal(p, committees)
	case survey.ForPrecision:
		return c.forPrecision(p, committees)
	}
	for _, code := range committees {
		out[code] = p.SizeOf(code)
	}
	return out, nil
}

// shareTotal spreads the plan's total over the committees by its rule; every
// committee gets at least the minimum of each of its strata.
func (c counts) shareTotal(p survey.Plan, committees []string) (map[string]int, error) {
	s := design.Strata{}
	b := design.Bounds{MinimumPer: make([]int, len(committees))}
	for i, code := range committees {
		s = appendPrior(s, float64(c.total(code)), p.PriorOf(code))
		b.MinimumPer[i] = max(p.Minimum, 1) * len(c[code])
	}
	n, err := share(p, p.Total, s, b)
	if err != nil {
		return nil, err
	}
	out := make(map[string]int, len(n))
	for i, code := range committees {
		out[code] = n[i]
	}
	return out, nil
}

// forPrecision asks for the answers that the half-widths need and draws more by
// the expected response.
func (c counts) forPrecision(p survey.Plan, committees []string) (map[string]int, error) {
	t := design.Target{CommitteeHalfWidth: p.HalfWidth, StreetHalfWidth: p.StreetHalfWidth, Confidence: 0.95}
	streets := map[string]int{}
	for _, code := range committees {
		street := code[:9]
		if _, ok := streets[street]; !ok {
			streets[street] = len(streets)
		}
		t.Population = append(t.Population, float64(c.total(code)))
		t.SD = append(t.SD, p.PriorOf(code).SD)
		t.Street = append(t.Street, streets[street])
	}
	plan, err := t.Plan()
	if err != nil {
		return nil, err
	}
	out := make(map[string]int, len(committees))
	for i, code := range committees {
		invited := int(math.Ceil(float64(plan.N[i])/p.Response() - 1e-9))
		out[code] = min(max(invited, max(p.Minimum, 1)*len(c[code])), int(c.total(code)))
	}
	return out, nil
}

func appendPrior(s design.Strata, population float64, prior survey.Prior) design.Strata {
	s.Population = append(s.Population, population)
	s.Size = append(s.Size, population)
	s.SD = append(s.SD, prior.SD)
	s.Mean = append(s.Mean, prior.Mean)
	s.Cost = append(s.Cost, prior.Cost)
	return s
}

func share(p survey.Plan, n int, s design.Strata, b design.Bounds) ([]int, error) {
	measure, err := s.Measure(design.Rule(p.Allocation), p.Power)
	if err != nil {
		return nil, err
	}
	a, err := design.Allocate(n, measure, s.Population, b)
	if err != nil {
		return nil, err
	}
	return a.N, nil
}

// allocate spreads the sample over all strata of all committees.
func (c counts) allocate(p survey.Plan) ([]rounddb.Stratum, error) {
	sizes, err := c.sizes(p)
	if err != nil {
		return nil, err
	}
	var out []rounddb.Stratum
	for _, code := range sortedKeys(c) {
		list, err := allocateCommittee(p, code, c[code], sizes[code])
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// allocateCommittee spreads one committee's size over its strata. A committee
// with no more residents than its size (or than the plan's census limit) is
// taken whole; a committee with size 0 is left out, with its strata listed. Where
// strata that are taken whole use up the size, the others still get their
// minimum, and the committee more than its size.
func allocateCommittee(p survey.Plan, committee string, cells map[string]int64, size int) ([]rounddb.Stratum, error) {
	names := sortedKeys(cells)
	var total int64
	for _, n := range cells {
		total += n
	}
	out := make([]rounddb.Stratum, len(names))
	for i, name := range names {
		out[i] = rounddb.Stratum{Stratum: name, Committee: committee, Method: string(draw.Simple), Population: cells[name]}
	}
	if size == 0 {
		return out, nil
	}
	whole := int64(size) >= total || total <= int64(p.CensusUpTo)
	var rest []int // strata that are sampled
	left := size
	for i := range out {
		if whole || p.Takes(out[i].Stratum) {
			out[i].Method, out[i].Planned = string(draw.Census), int(out[i].Population)
			left -= out[i].Planned
			continue
		}
		rest = append(rest, i)
	}
	if len(rest) == 0 {
		return out, nil
	}
	return out, spread(p, committee, out, rest, left)
}

// spread allocates what is left to the strata that are sampled. A stratum
// without a drawn person could not speak for itself, so each gets one at least.
func spread(p survey.Plan, committee string, out []rounddb.Stratum, rest []int, left int) error {
	least := max(p.Minimum, 1)
	s, need := design.Strata{}, 0
	for _, i := range rest {
		s = appendPrior(s, float64(out[i].Population), p.PriorOf(out[i].Stratum))
		need += min(least, int(out[i].Population))
	}
	if len(rest) < len(out) {
		left = max(left, need) // strata taken whole never leave the others unheard
	}
	if left < need {
		return errs.New(errs.Invalid, "plan.too_fine", "committee %s has more strata than drawn residents", committee).
			With(map[string]any{"Need": need, "Strata": len(rest)}).
			At(committee, fmt.Sprint(max(left, 0)), fmt.Sprintf("at least %d residents for %d strata", need, len(rest)),
				"stratify by fewer columns, collapse thin cells or draw more")
	}
	n, err := share(p, left, s, design.Bounds{Minimum: least, Maximum: p.Maximum})
	if err != nil {
		return err
	}
	for k, i := range rest {
		out[i].Planned = n[k]
		if int64(n[k]) == out[i].Population {
			out[i].Method = string(draw.Census)
			continue
		}
		out[i].Reserve = min(int(math.Ceil(float64(n[k])*p.ReserveRatio-1e-9)), int(out[i].Population)-n[k])
	}
	return nil
}
