package fair

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// forUnits calls f for 0..n-1 on all cores. Each call writes only what belongs
// to its unit, so the result cannot depend on the schedule.
func forUnits(n int, f func(u int)) { inChunks(n, 32, f) }

// inBlocks does the same for blocks of units.
func inBlocks(n int, f func(b int)) { inChunks(n, 1, f) }

func inChunks(n, chunk int, f func(u int)) {
	workers := min(runtime.GOMAXPROCS(0), (n+chunk-1)/chunk)
	if workers <= 1 {
		for u := range n {
			f(u)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				from := int(next.Add(int64(chunk))) - chunk
				if from >= n {
					return
				}
				for u := from; u < min(from+chunk, n); u++ {
					f(u)
				}
			}
		})
	}
	wg.Wait()
}
