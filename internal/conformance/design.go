package conformance

import (
	"fmt"

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
	return estimate.New(spec)
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
