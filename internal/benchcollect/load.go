package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/field"
)

// doer submits one submission for a client.
type doer func(ctx context.Context, client int, sub field.Submission) error

// submission takes the next case.
func (b *bench) submission() (field.Submission, error) {
	k := int(b.next.Add(1)) - 1
	if b.nothingKept {
		k %= len(b.cases)
	}
	if k >= len(b.cases) {
		return field.Submission{}, fmt.Errorf("all %d cases are answered; ask for more with -cases", len(b.cases))
	}
	return field.Submission{ID: app.NewID(), CaseID: b.cases[k].String(), Mode: "door", Answers: b.Answers, Seconds: 120, Hour: 18}, nil
}

// clients runs n of them, each calling one(i) until it says that it is done,
// and gathers the latencies that they return in milliseconds.
func (b *bench) clients(n int, one func(client int) (latency time.Duration, more bool, err error)) (outcome, error) {
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	all := make([][]float64, n)
	before := b.begin()
	began := time.Now()
	for i := range n {
		wg.Go(func() {
			for failed.Load() == nil {
				took, more, err := one(i)
				if err != nil {
					failed.Store(&err)
				}
				if err != nil || !more {
					return
				}
				all[i] = append(all[i], float64(took.Microseconds())/1000)
			}
		})
	}
	wg.Wait()
	out := outcome{took: time.Since(began), cost: b.since(before)}
	if err := failed.Load(); err != nil {
		return outcome{}, *err
	}
	for _, l := range all {
		out.latency = append(out.latency, l...)
	}
	out.n = len(out.latency)
	slices.Sort(out.latency)
	return out, nil
}

// measure lets n clients submit, each waiting for its answer before the next:
// the most that they bring through.
func (b *bench) measure(ctx context.Context, n int, length time.Duration, do doer) (outcome, error) {
	end := time.Now().Add(length)
	return b.clients(n, func(client int) (time.Duration, bool, error) {
		t := time.Now()
		if !t.Before(end) {
			return 0, false, nil
		}
		sub, err := b.submission()
		if err == nil {
			err = do(ctx, client, sub)
		}
		return time.Since(t), true, err
	})
}

// queued is how many interviews a phone sends in one synchronisation.
const queued = 10

// synchronise is measure for phones that send what they have queued. Latency is
// that of a whole synchronisation.
func (b *bench) synchronise(n int, length time.Duration) (outcome, error) {
	list, err := b.dial(b.addr, n)
	defer hangUp(list)
	if err != nil {
		return outcome{}, err
	}
	end := time.Now().Add(length)
	o, err := b.clients(n, func(client int) (time.Duration, bool, error) {
		t := time.Now()
		if !t.Before(end) {
			return 0, false, nil
		}
		subs := make([]field.Submission, queued)
		for i := range subs {
			var err error
			if subs[i], err = b.submission(); err != nil {
				return 0, false, err
			}
		}
		err := list[client].synchronise("/api/v1/sync", subs)
		return time.Since(t), true, err
	})
	o.n *= queued
	b.acknowledged += o.n
	return o, err
}

// paced lets submissions arrive at a rate, at random moments that were fixed
// beforehand (exponential gaps), whether or not those before were answered.
// Latency counts from the moment at which a submission was to be sent: what
// waits because all n clients are waiting counts as waiting.
func (b *bench) paced(ctx context.Context, n int, rate float64, length time.Duration, do doer) (outcome, error) {
	random := rand.New(rand.NewPCG(5, 28))
	var at []time.Duration
	for t := 0.0; t < length.Seconds(); t += random.ExpFloat64() / rate {
		at = append(at, time.Duration(t*float64(time.Second)))
	}
	var next atomic.Int64
	began := time.Now()
	return b.clients(n, func(client int) (time.Duration, bool, error) {
		k := int(next.Add(1)) - 1
		if k >= len(at) {
			return 0, false, nil
		}
		due := began.Add(at[k])
		time.Sleep(time.Until(due))
		sub, err := b.submission()
		if err == nil {
			err = do(ctx, client, sub)
		}
		return time.Since(due), true, err
	})
}
