package quality_test

import (
	"fmt"
	"testing"

	"gongping/survey/quality"
	"gongping/survey/quality/plant"
)

// BenchmarkScan scans rounds of ten and a hundred thousand answers.
func BenchmarkScan(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		streets := n / 10_000 * 8
		shape := plant.Shape{Committees: 4 * streets, PerStreet: 4, Interviewers: 12, Each: 80, Alone: 72, Buildings: 20, Items: 10}
		d := plant.Honest(shape, 1, 1)
		b.Run(fmt.Sprint(len(d.Responses)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				quality.Scan(d, quality.DefaultRules())
			}
		})
	}
}
