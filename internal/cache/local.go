package cache

import (
	"container/list"
	"context"
	"sync"
	"time"
)

const (
	maxBytes  = 64 << 20 // of cached values in one process
	maxLimits = 200_000  // keys whose arrival time is kept
	backlog   = 16       // notices that wait for one subscriber
)

// Local keeps everything in this process. It is safe for concurrent use.
type Local struct {
	now func() time.Time

	limitMu sync.Mutex
	arrival map[string]time.Time // theoretical arrival time of the next event

	byteMu sync.Mutex
	items  map[string]*list.Element
	recent *list.List // of *item, most recently used first
	size   int

	hub hub
}

type item struct {
	key     string
	value   []byte
	expires time.Time
}

// NewLocal returns an empty store on the machine's clock.
func NewLocal() *Local { return newLocal(time.Now) }

func newLocal(now func() time.Time) *Local {
	return &Local{now: now, arrival: map[string]time.Time{}, items: map[string]*list.Element{}, recent: list.New()}
}

// Allow implements Store.
func (l *Local) Allow(_ context.Context, key string, limit Limit) Verdict {
	l.limitMu.Lock()
	defer l.limitMu.Unlock()
	now := l.now()
	tat := l.arrival[key]
	if tat.Before(now) {
		tat = now
	}
	step, tolerance := limit.interval(), limit.tolerance()
	ahead := tat.Sub(now)
	if ahead > tolerance {
		return Verdict{RetryAfter: ahead - tolerance}
	}
	if len(l.arrival) >= maxLimits {
		l.forgetPast(now)
	}
	l.arrival[key] = tat.Add(step)
	return Verdict{Allowed: true, Remaining: int((tolerance - ahead) / step)}
}

// forgetPast drops the keys whose time has come: they say nothing any more. If
// every key is still counting, all are dropped, which forgives a little rather
// than lets strangers fill the memory.
func (l *Local) forgetPast(now time.Time) {
	for k, tat := range l.arrival {
		if !tat.After(now) {
			delete(l.arrival, k)
		}
	}
	if len(l.arrival) >= maxLimits {
		clear(l.arrival)
	}
}

// Get implements Store.
func (l *Local) Get(_ context.Context, key string) ([]byte, bool) {
	l.byteMu.Lock()
	defer l.byteMu.Unlock()
	e, ok := l.items[key]
	if !ok {
		return nil, false
	}
	it := e.Value.(*item)
	if !l.now().Before(it.expires) {
		l.remove(e)
		return nil, false
	}
	l.recent.MoveToFront(e)
	return it.value, true
}

// Set implements Store. The least recently used values make room.
func (l *Local) Set(_ context.Context, key string, value []byte, ttl time.Duration) {
	l.byteMu.Lock()
	defer l.byteMu.Unlock()
	if e, ok := l.items[key]; ok {
		l.remove(e)
	}
	if ttl <= 0 || len(value) > maxBytes/4 {
		return
	}
	l.items[key] = l.recent.PushFront(&item{key: key, value: append([]byte(nil), value...), expires: l.now().Add(ttl)})
	l.size += len(key) + len(value)
	for l.size > maxBytes {
		l.remove(l.recent.Back())
	}
}

// Drop implements Store.
func (l *Local) Drop(_ context.Context, keys ...string) {
	l.byteMu.Lock()
	defer l.byteMu.Unlock()
	for _, k := range keys {
		if e, ok := l.items[k]; ok {
			l.remove(e)
		}
	}
}

func (l *Local) remove(e *list.Element) {
	it := l.recent.Remove(e).(*item)
	delete(l.items, it.key)
	l.size -= len(it.key) + len(it.value)
}

// Publish implements Store.
func (l *Local) Publish(_ context.Context, topic string, message []byte) {
	l.hub.publish(topic, message)
}

// Subscribe implements Store.
func (l *Local) Subscribe(ctx context.Context, topic string) <-chan []byte {
	return l.hub.subscribe(ctx, topic)
}

// Ping implements Store.
func (l *Local) Ping(context.Context) error { return nil }

// Close implements Store.
func (l *Local) Close() error {
	l.hub.close()
	return nil
}
