// Package analyze answers an analyst's questions about a table: a specification
// in YAML names the file, the sampling design, the items with their recodes and
// the statistics wanted; the result is a list of tables in which every figure
// stands beside its n, its interval and, where defined, its reliability.
//
// It is a reader of the engine: all estimates come from the packages below
// scoring, survey/weight and analytics/fairness, the official score from the
// code that the service's runs use. Three rules hold throughout:
//
//   - a filter is a domain: rows outside stay in the design, so that standard
//     errors are right;
//   - "don't know" is kept apart from "missing" and both are counted;
//   - cells with too few answers are hidden, and so are the cells from which a
//     hidden one could be worked out.
//
// Rows are put into a canonical order when they are read, so that a result
// depends neither on the order of the file nor on the number of processors.
package analyze
