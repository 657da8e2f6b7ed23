// Package fair computes the official score of a unit: the estimator that a
// single hostile or coached answer hardly moves and that a collective
// complaint still reaches.
//
// # Model
//
// The answers of unit u (scores 0..100, design weight w) are split by two
// rule-book thresholds into low extremes, ordinary answers and high extremes.
//
//	theta_u = (1 - pL - pH) m + pL L + pH H
//
// m is the mean of the ordinary answers, pL and pH the shares of extreme
// answers, L and H their mean values. The three parts are shrunk separately:
//
//   - m by normal empirical Bayes (Fay and Herriot 1979 with the pooled
//     ordinary variance; between-unit variance by Paule and Mandel 1982;
//     Morris 1983 for the uncertainty of the prior), optionally towards a
//     regression on unit covariates such as the last round's score; chance in
//     m that shows in the spread of the answers is taken out first (Curve);
//   - pL and pH by a nonparametric mixture of binomials on a logit grid
//     (Kiefer and Wolfowitz 1956; EM as in Laird 1978), whose prior learns
//     "mostly a small base rate of lone grievances, sometimes a real problem".
//     The logit of the base rate may move with m (slope estimated), so that
//     units whose ordinary answers are worse are expected to have more
//     extreme ones. What extreme answers say about m is used only as far as
//     the limit on their pull allows (semi-modular inference: Plummer 2015,
//     Carmona and Nicholls 2020).
//
// Of a finite population only the residents who did not answer are inferred.
//
// Evidence that ties unrelated households together (theme, building, week)
// enters as a Bayes factor for the "real problem" part of the mixture.
//
// # Rebuilding to the digit
//
// Everything is computed in a canonical order (answers sorted within their
// unit, units by code), with elementary functions written in this package so
// that no processor-specific assembly and no fused multiply-add is involved.
// The result does not depend on the order of the answers or on GOMAXPROCS.
package fair
