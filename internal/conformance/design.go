package conformance

import (
	"fmt"
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"gongping/scoring/estimate"
)

// Weight is the design weight of every row, or ones where the design names no
// weight column.
func (c *Case) Weight() ([]float64, error) {
	if c.Design.Weight == "" {
		w := make([]float64, c.Data.Rows)
		for i := range w {
			w[i] = 1
		}
		return w, nil
	}
	w, err := c.Data.Complete(c.Design.Weight)
	if err != nil {
		return nil, fmt.Errorf("field design.weight: %w", err)
	}
	return w, nil
}

// singleRows are R's ways to write that every row is its own unit.
var singleRows = map[string]bool{"1": true, "0": true, "~1": true, "~0": true}

// BuildDesign is the sampling design of the case.
func (c *Case) BuildDesign() (*estimate.Design, error) {
	spec, err := c.spec()
	if err != nil {
		return nil, err
	}
	return estimate.New(*spec)
}

func (c *Case) spec() (*estimate.Spec, error) {
	spec := estimate.Spec{Rows: c.Data.Rows, Nest: c.Design.Nest, Lonely: estimate.LonelyPolicy(c.Design.Lonely)}
	stages := max(1, len(c.Design.IDs), len(c.Design.FPC))
	for k := range stages {
		var st estimate.Stage
		var err error
		if k < len(c.Design.IDs) && !singleRows[c.Design.IDs[k]] {
			if st.Unit, err = c.code("ids", c.Design.IDs[k]); err != nil {
				return nil, err
			}
		}
		if k < len(c.Design.Strata) {
			if st.Stratum, err = c.code("strata", c.Design.Strata[k]); err != nil {
				return nil, err
			}
		}
		if k < len(c.Design.FPC) {
			if st.Population, err = c.Data.Complete(c.Design.FPC[k]); err != nil {
				return nil, fmt.Errorf("field design.fpc: %w", err)
			}
		}
		spec.Stages = append(spec.Stages, st)
	}
	if c.Design.Weight != "" {
		w, err := c.Weight()
		if err != nil {
			return nil, err
		}
		spec.DesignWeight = w
	}
	fractionsToSizes(&spec)
	return &spec, nil
}

// peerOrder is the design in the peer's order, which decides about the half samples
// that it makes: strata by their labels as texts ("10" before "2"), units of a
// stratum as their rows come. Ours go by labels, so that the order of the rows does
// not matter.
func (c *Case) peerOrder() (*estimate.Design, error) {
	spec, err := c.spec()
	if err != nil {
		return nil, err
	}
	first := &spec.Stages[0]
	if first.Stratum != nil && len(c.Design.Strata) > 0 {
		text, err := c.Data.Text(c.Data.Resolve(c.Design.Strata[0]))
		if err != nil {
			return nil, err
		}
		labels := slices.Clone(text)
		root := collate.New(language.Und)
		slices.SortFunc(labels, root.CompareString)
		labels = slices.Compact(labels)
		for i, s := range text {
			first.Stratum[i] = int32(slices.Index(labels, s))
		}
	}
	if first.Unit == nil {
		return estimate.New(*spec)
	}
	seen := map[[2]int32]int32{} // stratum where labels repeat, label -> number
	for i, u := range first.Unit {
		key := [2]int32{-1, u}
		if spec.Nest && first.Stratum != nil {
			key[0] = first.Stratum[i]
		}
		if _, ok := seen[key]; !ok {
			seen[key] = int32(len(seen))
		}
		first.Unit[i] = seen[key]
	}
	return estimate.New(*spec)
}

// fractionsToSizes turns sampling fractions into population sizes: the engine
// takes sizes only, the peer also takes fractions where all values of all
// stages are at most 1.
func fractionsToSizes(spec *estimate.Spec) {
	below := false
	for _, st := range spec.Stages {
		for _, f := range st.Population {
			if !(f > 0 && f <= 1) {
				return
			}
			below = below || f < 1
		}
	}
	if !below {
		return
	}
	parent := make([]string, spec.Rows) // the unit of the stage above, then its stratum
	for k, st := range spec.Stages {
		sampled := map[string]map[string]bool{}
		unit := make([]string, spec.Rows)
		for i := range parent {
			if st.Stratum != nil {
				parent[i] += fmt.Sprintf("/s%d", st.Stratum[i])
			}
			id := int32(i)
			if st.Unit != nil {
				id = st.Unit[i]
			}
			unit[i] = fmt.Sprintf("%s/u%d", parent[i], id)
			if sampled[parent[i]] == nil {
				sampled[parent[i]] = map[string]bool{}
			}
			sampled[parent[i]][unit[i]] = true
		}
		if st.Population != nil {
			sizes := make([]float64, spec.Rows)
			for i, f := range st.Population {
				sizes[i] = float64(len(sampled[parent[i]])) / f
			}
			spec.Stages[k].Population = sizes
		}
		parent = unit
	}
}

// code is a column of labels as integers; missing labels are refused.
func (c *Case) code(field, name string) ([]int32, error) {
	codes, _, err := c.Data.Factor(name)
	if err != nil {
		return nil, fmt.Errorf("field design.%s: %w", field, err)
	}
	for i, k := range codes {
		if k < 0 {
			return nil, fmt.Errorf("field design.%s: column %q, row %d: the cell is empty", field, name, i+1)
		}
	}
	return codes, nil
}
