// Package weight turns inclusion probabilities into the weights that a survey
// is analysed with: design (base) weights, nonresponse classes,
// post-stratification, raking, calibration with and without bounds, trimming,
// and the diagnostics that say what the weighting costs.
//
// The package is pure: slices in, slices out, no I/O, no clock, no randomness,
// and no goroutine, so a result depends on the input and its row order only.
// All sums run over rows in order and over cells in ascending order, without
// fused multiply-add, so they are the same to the last bit on every processor.
//
// A caller's mistake (slices of different lengths, a code outside its levels)
// panics. A property of the data (a negative weight, an empty class, totals
// that no weights can reach, no convergence) is a returned *errs.Error that
// names the row, level or column and says how to mend it. No function returns
// NaN.
//
// Sources: Deville & Särndal (1992), Calibration estimators in survey
// sampling, JASA 87:376; Deville, Särndal & Sautory (1993), Generalized raking
// procedures, JASA 88:1013; Deming & Stephan (1940), Ann. Math. Stat. 11:427;
// Kish (1965), Survey Sampling, section 11.7; Kish (1992), Weighting for
// unequal P_i, J. Official Stat. 8:183.
package weight
