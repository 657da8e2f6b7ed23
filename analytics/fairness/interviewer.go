package fairness

import (
	"math"

	"gongping/scoring/shrink"
)

// InterviewerEffect measures how far answers depend on who asked (Kish 1962,
// JASA 57:92-115).
type InterviewerEffect struct {
	ANOVA *shrink.OneWayANOVA
	// Rho is the intra-interviewer correlation by analysis of variance, which
	// can be negative; RhoFloored is max(0, Rho).
	Rho, RhoFloored float64
	// RhoREML is that of the random-intercept model; RhoREMLStatus is its
	// status.
	RhoREML       float64
	RhoREMLStatus shrink.Status
	// DeffMean = 1 + (mean workload - 1) Rho, DeffWeighted the same with the
	// workload weighted by itself: what the interviewers cost in variance.
	DeffMean, DeffWeighted float64
	// P is the p-value of the F test of no effect.
	P float64
}

// MeasureInterviewers computes the interviewer effect of y. It is only an
// effect of interviewers when workloads were assigned at random within areas.
//
// Faults: those of shrink.ANOVA and shrink.FitMixed.
//
// Source: Kish (1962).
func MeasureInterviewers(y []float64, interviewer shrink.Grouping) (*InterviewerEffect, error) {
	a, err := shrink.ANOVA(y, interviewer)
	if err != nil {
		return nil, err
	}
	r := &InterviewerEffect{ANOVA: a, Rho: a.ICC1, RhoFloored: math.Max(0, a.ICC1),
		DeffMean: a.DeffMean, DeffWeighted: a.DeffWeighted}
	r.P = fTail(a.F, float64(a.Groups-1), float64(a.N-a.Groups))
	one := make([]float64, len(y))
	for i := range one {
		one[i] = 1
	}
	fit, err := shrink.FitMixed(shrink.Mixed{Y: y, X: [][]float64{one}, Groups: []shrink.Grouping{interviewer}}, shrink.REML)
	if err != nil {
		return nil, err
	}
	r.RhoREML, _ = fit.ICC()
	r.RhoREMLStatus = fit.Status
	return r, nil
}
