// Package benchdash measures what a reader waits for: the scoring run of the
// demonstration at full size, and the dashboard under load with and without
// its cache. It is run by:
//
//	GONGPING_BENCH=1 go test ./internal/benchdash -run Bench -v
package benchdash
