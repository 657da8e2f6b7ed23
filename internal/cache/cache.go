// Package cache holds what may be lost: rate limits, rendered bytes and live
// notices. Facts never live here.
//
// Without Redis all of it stays in this process (Local); with GONGPING_REDIS_URL
// several instances share it (Remote). When Redis goes down nothing stops: a
// rate limit falls back to a stricter one of each instance's own, so the door is
// neither open nor shut, the cache misses, and notices reach the subscribers of
// the instance that sent them. Consumers declare the one method they need as an
// interface of their own; Store is for the wiring.
package cache

import (
	"context"
	"log/slog"
	"time"
)

// Limit allows Burst events at once and Rate events per Per in the long run
// (generic cell rate algorithm, ITU-T I.371). Rate and Per must be positive; a
// Burst under 1 counts as 1.
type Limit struct {
	Rate  int
	Per   time.Duration
	Burst int
}

// interval is the time that one event costs.
func (l Limit) interval() time.Duration { return max(l.Per/time.Duration(l.Rate), 1) }

// tolerance is how far the theoretical arrival time may lie ahead.
func (l Limit) tolerance() time.Duration { return time.Duration(max(l.Burst, 1)-1) * l.interval() }

// strict is the limit of a single instance while the shared one is away: a
// quarter of it, and never nothing.
func (l Limit) strict() Limit {
	return Limit{Rate: max(l.Rate/4, 1), Per: l.Per, Burst: max(l.Burst/4, 1)}
}

// Verdict is the answer of a rate limit.
type Verdict struct {
	Allowed    bool
	Remaining  int           // events that would still be allowed now
	RetryAfter time.Duration // when refused: how long until one is allowed
}

// Store is everything that Local and Remote do.
type Store interface {
	// Allow counts one event under key. Every use of a key must name one limit.
	Allow(ctx context.Context, key string, limit Limit) Verdict
	// Get returns the bytes under key; the caller must not change them.
	Get(ctx context.Context, key string) ([]byte, bool)
	// Set keeps bytes for ttl, or a shorter time.
	Set(ctx context.Context, key string, value []byte, ttl time.Duration)
	// Drop forgets keys.
	Drop(ctx context.Context, keys ...string)
	// Publish tells the subscribers of topic. It neither waits nor fails: a
	// notice says "look again", it is no record.
	Publish(ctx context.Context, topic string, message []byte)
	// Subscribe returns the notices of topic until ctx ends, when the channel is
	// closed. A subscriber that does not keep up misses some.
	Subscribe(ctx context.Context, topic string) <-chan []byte
	// Ping reports whether the shared part is reachable; Local always is.
	Ping(ctx context.Context) error
	// Close ends all subscriptions.
	Close() error
}

// Open returns a Remote for the addresses, or a Local when there is none.
func Open(addresses []string, log *slog.Logger) (Store, error) {
	if len(addresses) == 0 {
		return NewLocal(), nil
	}
	return NewRemote(addresses, log)
}
