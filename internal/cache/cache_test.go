package cache

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"pgregory.net/rapid"

	"gongping/internal/testkit"
)

// each runs a test on every kind of store: in process, on a stand-in for Redis,
// and on a real one where it is installed.
func each(t *testing.T, run func(t *testing.T, s Store)) {
	t.Run("local", func(t *testing.T) { t.Parallel(); run(t, NewLocal()) })
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		run(t, remote(t, "redis://"+miniredis.RunT(t).Addr()))
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		url, _ := testkit.Redis(t)
		run(t, remote(t, url))
	})
}

// patience is how long the tests give what takes no time on a machine at rest.
const patience = time.Minute

// remote is a store as NewRemote makes it, but that it has patience with a Redis
// that gets no processor: to the service that Redis would be away.
func remote(t *testing.T, urls ...string) *Remote {
	t.Helper()
	opt, err := options(urls)
	if err != nil {
		t.Fatal(err)
	}
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout = patience, patience, patience
	r := newRemote(opt, nil)
	t.Cleanup(func() { r.Close() })
	return r
}

func TestBurstThenRefusal(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s Store) {
		limit := Limit{Rate: 2, Per: time.Hour, Burst: 3}
		for i := range 3 {
			v := s.Allow(t.Context(), "k", limit)
			if !v.Allowed || v.Remaining != 2-i {
				t.Fatalf("event %d: %+v, want allowed with %d remaining", i, v, 2-i)
			}
		}
		v := s.Allow(t.Context(), "k", limit)
		if v.Allowed || v.RetryAfter < 29*time.Minute || v.RetryAfter > 30*time.Minute {
			t.Errorf("fourth event: %+v, want refused for 30 minutes", v)
		}
		if !s.Allow(t.Context(), "other", limit).Allowed {
			t.Error("another key is refused")
		}
	})
}

func TestLimitUnderConcurrency(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s Store) {
		var ok atomic.Int64
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				if s.Allow(t.Context(), "k", Limit{Rate: 1, Per: time.Hour, Burst: 10}).Allowed {
					ok.Add(1)
				}
			})
		}
		wg.Wait()
		if ok.Load() != 10 {
			t.Errorf("%d of 40 allowed, want 10", ok.Load())
		}
	})
}

// TestLongRunRate checks on a made-up clock that no schedule of events gets more
// than burst + rate × time through.
func TestLongRunRate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := Limit{Rate: rapid.IntRange(1, 20).Draw(t, "rate"), Per: time.Second, Burst: rapid.IntRange(1, 10).Draw(t, "burst")}
		now := time.Unix(1e9, 0)
		l := newLocal(func() time.Time { return now })
		start, allowed := now, 0
		for _, ms := range rapid.SliceOfN(rapid.IntRange(0, 400), 1, 200).Draw(t, "gaps") {
			now = now.Add(time.Duration(ms) * time.Millisecond)
			v := l.Allow(context.Background(), "k", limit)
			if v.Allowed {
				allowed++
			} else {
				now = now.Add(v.RetryAfter)
				if !l.Allow(context.Background(), "k", limit).Allowed {
					t.Fatalf("refused after waiting as told: %v", v.RetryAfter)
				}
				allowed++
			}
		}
		if most := float64(limit.Burst) + now.Sub(start).Seconds()*float64(limit.Rate)*1.0001 + 1e-6; float64(allowed) > most {
			t.Fatalf("%d allowed, want at most %v", allowed, most)
		}
	})
}

func TestBytes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s Store) {
		ctx := t.Context()
		if _, ok := s.Get(ctx, "a"); ok {
			t.Error("found in an empty store")
		}
		s.Set(ctx, "a", []byte("1"), time.Minute)
		s.Set(ctx, "b", []byte("2"), time.Minute)
		s.Set(ctx, "none", []byte("3"), 0)
		if v, ok := s.Get(ctx, "a"); !ok || string(v) != "1" {
			t.Errorf("a = %q, %v", v, ok)
		}
		if _, ok := s.Get(ctx, "none"); ok {
			t.Error("kept without a life")
		}
		s.Drop(ctx, "a", "b")
		if _, ok := s.Get(ctx, "b"); ok {
			t.Error("b is there after Drop")
		}
		if err := s.Ping(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestLocalExpiryAndRoom(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	l := newLocal(func() time.Time { return now })
	ctx := t.Context()
	l.Set(ctx, "a", []byte("1"), time.Second)
	now = now.Add(time.Second)
	if _, ok := l.Get(ctx, "a"); ok {
		t.Error("found after its life")
	}
	big := make([]byte, 1<<20)
	for i := range 100 {
		l.Set(ctx, fmt.Sprint(i), big, time.Hour)
		l.Get(ctx, "0") // used again and again, so it stays
	}
	if _, ok := l.Get(ctx, "0"); !ok {
		t.Error("the most used value was thrown out")
	}
	if _, ok := l.Get(ctx, "1"); ok || l.size > maxBytes {
		t.Errorf("%d bytes are kept, want at most %d", l.size, maxBytes)
	}
}

func TestRemoteExpiry(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	r := remote(t, "redis://"+m.Addr())
	r.Set(t.Context(), "a", []byte("1"), time.Minute)
	m.FastForward(time.Minute)
	if _, ok := r.Get(t.Context(), "a"); ok {
		t.Error("found after its life")
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s Store) {
		ctx, cancel := context.WithCancel(t.Context())
		mine, other := s.Subscribe(ctx, "round/1"), s.Subscribe(ctx, "round/2")
		deadline := time.After(patience)
		for { // Redis hears of the subscription a moment later
			s.Publish(ctx, "round/1", []byte("go"))
			select {
			case m := <-mine:
				if string(m) != "go" {
					t.Errorf("notice %q", m)
				}
			case <-time.After(50 * time.Millisecond):
				continue
			case <-deadline:
				t.Fatal("no notice")
			}
			break
		}
		if len(other) != 0 {
			t.Error("a notice reached the wrong topic")
		}
		cancel()
		for range mine { // ends when the channel is closed
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestSlowSubscriberDoesNotBlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := NewLocal()
		ch := l.Subscribe(t.Context(), "x")
		for range 10 * backlog {
			l.Publish(t.Context(), "x", nil)
		}
		if len(ch) != backlog {
			t.Errorf("%d notices wait, want %d", len(ch), backlog)
		}
		l.Close()
	})
}

// TestOutage stops Redis under a running store: the limit neither opens nor
// shuts, the cache misses, notices stay within the instance, and no call is slow.
func TestOutage(t *testing.T) {
	t.Parallel()
	m := miniredis.RunT(t)
	r := remote(t, "redis://"+m.Addr())
	ctx := t.Context()
	limit := Limit{Rate: 40, Per: time.Hour, Burst: 40}
	r.Set(ctx, "a", []byte("1"), time.Minute)
	if !r.Allow(ctx, "k", limit).Allowed {
		t.Fatal("refused while Redis is there")
	}
	m.Close()
	began, allowed := time.Now(), 0
	for range 40 {
		if r.Allow(ctx, "k", limit).Allowed {
			allowed++
		}
	}
	if allowed != 10 {
		t.Errorf("%d of 40 allowed without Redis, want a quarter", allowed)
	}
	if _, ok := r.Get(ctx, "a"); ok {
		t.Error("the cache did not miss")
	}
	sub := r.Subscribe(ctx, "x")
	r.Publish(ctx, "x", []byte("here"))
	if m := <-sub; string(m) != "here" {
		t.Errorf("notice %q", m)
	}
	if d := time.Since(began); d > patience/2 { // a connection that is refused costs no time
		t.Errorf("the outage cost %v", d)
	}
	if r.Ping(ctx) == nil {
		t.Error("Ping reports a Redis that is away")
	}
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for r.Set(ctx, "back", []byte("1"), time.Minute); ; r.Set(ctx, "back", []byte("1"), time.Minute) {
		if _, ok := r.Get(ctx, "back"); ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("Redis is back and not used")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	s, err := Open(nil, nil)
	if _, ok := s.(*Local); !ok || err != nil {
		t.Errorf("without an address: %T, %v", s, err)
	}
	if _, err := Open([]string{"nonsense://u:secret@x"}, nil); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("wrong address: %v, want an error without the password", err)
	}
	opt, err := options([]string{"rediss://u:p@a:7000/3", "redis://b:7001"})
	if err != nil || !opt.IsClusterMode || len(opt.Addrs) != 2 || opt.DB != 0 || opt.Password != "p" || opt.TLSConfig == nil {
		t.Errorf("cluster options %+v, %v", opt, err)
	}
	if _, _, err := net.SplitHostPort(opt.Addrs[1]); err != nil {
		t.Error(err)
	}
}
