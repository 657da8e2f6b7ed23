// Package assess runs an assessment: from the frozen input of a run to every
// figure of it. It joins the estimators of the neighbouring packages and does
// no I/O; the same input gives the same output to the last digit, whatever the
// machine, the number of cores or the order of the answers.
package assess

import (
	"cmp"
	"slices"

	"gongping/internal/errs"
	"gongping/scoring"
	"gongping/scoring/fair"
)

// Report is told how far a run is, 0 to 1. It may be nil.
type Report func(fraction float64, stage string)

// run holds the columns of one assessment.
type run struct {
	in       *scoring.Input
	units    []scoring.Unit
	unitOf   map[string]int32
	answers  []*scoring.Answer // counted ones, by unit and id, until they are read
	unit     []int32           // of every answer; ascending
	start    []int32           // of every unit's answers, and the end of the last
	text     [textColumns]texts
	tie      ties
	stratum  []int32    // by answer: place in the unit's strataOf
	strataOf [][]string // by unit: strata of its answers
	cluster  []int32    // by answer: first-stage unit within the unit, -1 for none; nil without two-stage strata
	link     []bool     // by answer: it came without an evaluator
	grade    [][]int8   // by item and answer: see gradeOf
	score    []float64
	weight   []float64 // calibrated design weights
	strata   strata
	excluded []map[string]int // by unit: ground → answers
	credits  []credit         // by unit; nil where nothing was attributed
	t        map[int]float64  // t quantiles by number of answers
	z        float64          // the normal quantile
	out      *scoring.Output
	notes    []scoring.Note
}

// Run computes a run. Errors name the faulty answer or field.
func Run(in *scoring.Input, report Report) (*scoring.Output, error) {
	if report == nil {
		report = func(float64, string) {}
	}
	if in.Format != scoring.InputFormat {
		return nil, errs.New(errs.Invalid, "run.format", "the run's input has an unknown format").
			At("format", in.Format, scoring.InputFormat, "rebuild it with the program version that made it")
	}
	if err := in.RuleBook.Check(); err != nil {
		return nil, err
	}
	r := &run{in: in, out: &scoring.Output{}}
	if err := r.load(); err != nil {
		return nil, err
	}
	report(0.15, "weights")
	if err := r.weigh(); err != nil {
		return nil, err
	}
	report(0.35, "scores")
	res, slopes, err := r.official()
	if err != nil {
		return nil, err
	}
	report(0.6, "figures")
	if err := r.figures(res); err != nil {
		return nil, err
	}
	report(0.85, "composite")
	r.composites()
	r.ledger(res)
	r.summarise(res, slopes)
	if err := r.credited(); err != nil {
		return nil, err
	}
	r.out.Warnings = append(r.out.Warnings, r.notes...)
	slices.SortFunc(r.out.Units, func(a, b scoring.UnitResult) int { return cmp.Compare(a.Unit, b.Unit) })
	report(1, "done")
	return r.out, nil
}

func (r *run) note(key string, pairs ...string) {
	n := scoring.Note{Key: key, Args: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		n.Args[pairs[i]] = pairs[i+1]
	}
	r.notes = append(r.notes, n)
}

// params takes the estimator's parameters from the rule book.
func (r *run) params() fair.Params {
	p := fair.DefaultParams()
	b := &r.in.RuleBook
	p.Level = b.Confidence
	p.MinScore, p.MinPlain = b.Gates.UnitMin, b.Gates.PublishN
	p.MinReliability, p.ConsequenceReliability = b.Gates.PublishReliability, b.Gates.ConsequenceReliability
	p.Cuts = p.Cuts[:0:0]
	for i := len(b.Bands) - 2; i >= 0; i-- {
		p.Cuts = append(p.Cuts, b.Bands[i].From)
	}
	return p
}

// bandID names band k of the estimator, which counts from the lowest.
func (r *run) bandID(k int) string {
	if k == fair.NoBand {
		return ""
	}
	return r.in.RuleBook.Bands[len(r.in.RuleBook.Bands)-1-k].ID
}
