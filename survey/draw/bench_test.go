package draw

import (
	"fmt"
	"iter"
	"runtime"
	"testing"
)

// stream yields n units over the strata without keeping them, in the shape of a
// COPY from the database: a buffer that is used again for every id.
func stream(n, strata int) Source {
	names := make([]string, strata)
	for i := range names {
		names[i] = fmt.Sprintf("31010400%04d", i)
	}
	return func() iter.Seq2[Unit, error] {
		return func(yield func(Unit, error) bool) {
			id := []byte("310104000000-0000000000000000")
			for i := range n {
				for k, v := len(id)-1, i; k > 12; k, v = k-1, v/10 {
					id[k] = byte('0' + v%10)
				}
				if !yield(Unit{FrameID: string(id), Stratum: names[i%strata], Size: uint64(1 + i%9)}, nil) {
					return
				}
			}
		}
	}
}

func streamPlan(n, strata, sample, reserve int, m Method) []StratumPlan {
	var plan []StratumPlan
	for i := range strata {
		p := StratumPlan{Stratum: fmt.Sprintf("31010400%04d", i), Method: m, Sample: sample, Reserve: reserve}
		for k := i; k < n; k += strata {
			p.Population++
			if m == Poisson {
				p.Total += uint64(1 + k%9)
			}
		}
		plan = append(plan, p)
	}
	return plan
}

// BenchmarkDraw draws 30 and 30 reserves per stratum. heapMB is what the draw
// still holds at its end: it follows the sample, not the frame.
func BenchmarkDraw(b *testing.B) {
	for _, c := range []struct {
		n, strata int
		m         Method
	}{{100_000, 300, Simple}, {1_000_000, 300, Simple}, {1_000_000, 3000, Simple}, {1_000_000, 300, Poisson}} {
		b.Run(fmt.Sprintf("%s/n=%d/strata=%d", c.m, c.n, c.strata), func(b *testing.B) {
			plan, source := streamPlan(c.n, c.strata, 30, 30, c.m), stream(c.n, c.strata)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for b.Loop() {
				sel, err := Draw(plan, "seed", "bench", source)
				if err != nil || len(sel) != c.strata*60 {
					b.Fatal(err, len(sel))
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				runtime.KeepAlive(sel)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.n), "ns/unit")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "heapMB")
		})
	}
}
