package benchdash

import (
	"context"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/score"
	"gongping/internal/cache"
	"gongping/internal/demo"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/site"
	"gongping/internal/testkit/world"
	"gongping/survey"
	"gongping/web/handle"
	"gongping/web/page/results"
)

// clients ask at the same time.
const clients = 8

// forgetful is a cache that keeps nothing.
type forgetful struct{ cache.Store }

func (forgetful) Get(context.Context, string) ([]byte, bool)         { return nil, false }
func (forgetful) Set(context.Context, string, []byte, time.Duration) {}

func TestBench(t *testing.T) {
	opts := demo.Options{}
	if os.Getenv("GONGPING_BENCH") == "" {
		opts = demo.Small() // only whether it works
	}
	start := time.Now()
	r := scored.Add(world.LoadWith(t, opts), "first", survey.Closed)
	t.Logf("world and round written: %.1f s, %d cases, %d answers", time.Since(start).Seconds(), r.Cases, len(r.Responses))
	s := &score.Service{Core: r.Core}
	ctx, manager := context.Background(), r.Actor("manager")
	start = time.Now()
	run, err := s.Start(ctx, manager, r.ID, "bench")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("scoring run (read, compute, store): %.2f s", time.Since(start).Seconds())
	if err := s.Publish(ctx, manager, run); err != nil {
		t.Fatal(err)
	}
	leader := "leader-" + r.Demo.Truth.Collective.Committee[6:9]
	for _, kind := range []struct {
		name     string
		store    cache.Store
		requests int
	}{{"cached", cache.NewLocal(), 400}, {"uncached", forgetful{cache.NewLocal()}, 40}} {
		server := site.Serve(t, r.Actor, func(e gin.IRouter, p *handle.Pages) { results.Routes(e, p, s, kind.store) })
		for _, who := range []string{"manager", leader} {
			took := load(t, kind.requests, server.URL+"/results/"+run+"?as="+who)
			t.Logf("dashboard of %s, %s, %d clients: p50 %.1f ms, p99 %.1f ms", who, kind.name, clients,
				took[len(took)/2].Seconds()*1000, took[len(took)*99/100].Seconds()*1000)
		}
	}
}

// load asks for an address and returns the times in ascending order.
func load(t *testing.T, n int, address string) []time.Duration {
	t.Helper()
	if os.Getenv("GONGPING_BENCH") == "" {
		n = clients
	}
	took := make([]time.Duration, n)
	next := make(chan int)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for i := range next {
				start := time.Now()
				resp, err := http.Get(address)
				if err != nil {
					t.Error(err)
					continue
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				took[i] = time.Since(start)
				if resp.StatusCode != http.StatusOK {
					t.Errorf("status %d", resp.StatusCode)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	slices.Sort(took)
	return took
}
