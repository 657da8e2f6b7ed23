package fair

import (
	"fmt"
	"strconv"

	"gongping/internal/errs"
)

// Input is one scoring run in columns. Columns that are nil are absent; every
// other per-answer column has the length of Unit. Missing answers are left out
// by the caller, not coded.
type Input struct {
	// Units is the number of units; Unit holds codes 0..Units-1.
	Units int
	Unit  []int32
	// Score is the composite of the answer, 0..100.
	Score []float64
	// DesignWeight is the calibrated design weight, > 0; nil means 1.
	DesignWeight []float64
	// SamplingFraction is the share of the answer's stratum that answered, 0 to 1
	// (1 in a census that all answered); nil means 0, sampling from a population
	// without end.
	SamplingFraction []float64
	// Covariate are case-mix columns (numeric, dummies for classes); the pooled
	// within-unit slopes are taken out of the scores.
	Covariate [][]float64
	// Theme, Building, Week and Household are evidence codes; a negative code
	// means unknown. Two answers with the same known household are related.
	Theme, Building, Week, Household []int32
	// Batch is a code of the fieldwork (interviewer, device, hour): ties that
	// speak against an answer, in both directions.
	Batch []int32
	// UnitCovariate are columns of length Units for the prior mean, such as the
	// last round's official score.
	UnitCovariate [][]float64
	// PrevReliability is the reliability in the last round, by unit.
	PrevReliability []float64
}

// check reports the first faulty value. Wrong column lengths are a caller's
// bug and panic.
func (in *Input) check() error {
	n := len(in.Unit)
	same := func(name string, m int, absent bool) {
		if !absent && m != n {
			panic(fmt.Sprintf("fair: column %s has %d values, Unit has %d", name, m, n))
		}
	}
	same("Score", len(in.Score), false)
	same("DesignWeight", len(in.DesignWeight), in.DesignWeight == nil)
	same("SamplingFraction", len(in.SamplingFraction), in.SamplingFraction == nil)
	same("Theme", len(in.Theme), in.Theme == nil)
	same("Building", len(in.Building), in.Building == nil)
	same("Week", len(in.Week), in.Week == nil)
	same("Household", len(in.Household), in.Household == nil)
	same("Batch", len(in.Batch), in.Batch == nil)
	for _, c := range in.Covariate {
		same("Covariate", len(c), false)
	}
	for _, c := range in.UnitCovariate {
		if len(c) != in.Units {
			panic(fmt.Sprintf("fair: unit covariate has %d values for %d units", len(c), in.Units))
		}
	}
	if in.PrevReliability != nil && len(in.PrevReliability) != in.Units {
		panic(fmt.Sprintf("fair: PrevReliability has %d values for %d units", len(in.PrevReliability), in.Units))
	}
	return in.checkValues()
}

func (in *Input) checkValues() error {
	for i, u := range in.Unit {
		if u < 0 || int(u) >= in.Units {
			return bad(i, "unit", strconv.Itoa(int(u)), fmt.Sprintf("a code from 0 to %d", in.Units-1), "code the units without gaps")
		}
		if s := in.Score[i]; !(s >= 0 && s <= 100) {
			return bad(i, "score", num(s), "a number from 0 to 100", "leave missing answers out and rescale the item")
		}
		if in.DesignWeight != nil {
			if w := in.DesignWeight[i]; !(w > 0 && w < 1e12) {
				return bad(i, "design weight", num(w), "a positive number below 1e12", "an answer with weight zero is not part of the sample: leave it out")
			}
		}
	}
	for i, f := range in.SamplingFraction {
		if !(f >= 0 && f <= 1) {
			return bad(i, "sampling fraction", num(f), "a number from 0 to 1", "a population is at least as large as its sample: correct the population of the stratum")
		}
	}
	for _, c := range in.Covariate {
		for i, x := range c {
			if !(x > -1e9 && x < 1e9) {
				return bad(i, "covariate", num(x), "a finite number", "leave the answer out or fill the covariate with its class mean")
			}
		}
	}
	for _, c := range in.UnitCovariate {
		for u, x := range c {
			if !(x > -1e9 && x < 1e9) {
				return bad(u, "unit covariate", num(x), "a finite number", "use the round's mean for a unit without an earlier score")
			}
		}
	}
	return nil
}

func num(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func bad(row int, what, found, want, hint string) error {
	return errs.New(errs.Invalid, "fair.input", "the %s cannot be scored", what).
		With(map[string]any{"Row": row, "Column": what}).
		At(fmt.Sprintf("row %d, %s", row, what), found, want, hint)
}
