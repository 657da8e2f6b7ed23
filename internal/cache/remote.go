package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"gongping/internal/errs"
)

const (
	limitPrefix  = "gongping:limit:"
	bytesPrefix  = "gongping:bytes:"
	noticePrefix = "gongping:notice:"
	// pauseAfterError is how long Redis is left alone after it failed, so that
	// an outage costs one timeout and not one for every request.
	pauseAfterError = time.Second
)

// Remote shares limits, bytes and notices through Redis, single or cluster, and
// falls back on a Local while it is away. It is safe for concurrent use.
type Remote struct {
	client redis.UniversalClient
	local  *Local
	log    *slog.Logger
	down   atomic.Int64 // unix nanoseconds until which Redis is left alone
	cancel context.CancelFunc
	ended  chan struct{}
}

// NewRemote connects lazily: an unreachable Redis is no error, a wrong address
// is. Several addresses mean a cluster.
func NewRemote(addresses []string, log *slog.Logger) (*Remote, error) {
	opt, err := options(addresses)
	if err != nil {
		return nil, err
	}
	return newRemote(opt, log), nil
}

func newRemote(opt *redis.UniversalOptions, log *slog.Logger) *Remote {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Remote{client: redis.NewUniversalClient(opt), local: NewLocal(), log: log, cancel: cancel, ended: make(chan struct{})}
	go r.listen(ctx)
	return r
}

// options reads the addresses; user, password, TLS and database number are taken
// from the first.
func options(addresses []string) (*redis.UniversalOptions, error) {
	opt := &redis.UniversalOptions{
		DialTimeout: 500 * time.Millisecond, ReadTimeout: 300 * time.Millisecond, WriteTimeout: 300 * time.Millisecond,
		MaxRetries: 1, IsClusterMode: len(addresses) > 1,
	}
	for i, a := range addresses {
		o, err := redis.ParseURL(a)
		if err != nil {
			return nil, errs.New(errs.Invalid, "config.invalid", "the setting cannot be used").
				At("GONGPING_REDIS_URL", shown(a), "redis://host:6379/0", "check the address")
		}
		if i == 0 {
			opt.Username, opt.Password, opt.DB, opt.TLSConfig = o.Username, o.Password, o.DB, o.TLSConfig
		}
		opt.Addrs = append(opt.Addrs, o.Addr)
	}
	if opt.IsClusterMode {
		opt.DB = 0 // a cluster has no numbered databases
	}
	return opt, nil
}

// shown is an address without its password.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address that does not parse"
	}
	return u.Redacted()
}

// away reports whether Redis has just failed.
func (r *Remote) away() bool { return time.Now().UnixNano() < r.down.Load() }

// failed notes an outage; a caller that gave up says nothing about Redis.
func (r *Remote) failed(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	until := time.Now().Add(pauseAfterError).UnixNano()
	if before := r.down.Swap(until); time.Now().UnixNano()-before > int64(10*time.Second) {
		r.log.Warn("redis is away; limits are stricter and the cache misses", "error", err)
	}
}

// gcra runs in Redis and on its clock, so that all instances agree. Times are
// microseconds; %.0f keeps Lua from writing them with an exponent.
var gcra = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local step, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = tonumber(redis.call('GET', KEYS[1]) or now)
if tat < now then tat = now end
local ahead = tat - now
if ahead > tolerance then return {0, 0, ahead - tolerance} end
redis.call('SET', KEYS[1], string.format('%.0f', tat + step), 'PX', math.ceil((tat + step - now) / 1000) + 1)
return {1, math.floor((tolerance - ahead) / step), 0}`)

// Allow implements Store.
func (r *Remote) Allow(ctx context.Context, key string, limit Limit) Verdict {
	if r.away() {
		return r.local.Allow(ctx, key, limit.strict())
	}
	out, err := gcra.Run(ctx, r.client, []string{limitPrefix + key},
		max(limit.interval().Microseconds(), 1), limit.tolerance().Microseconds()).Int64Slice()
	if err != nil || len(out) != 3 {
		r.failed(fmt.Errorf("rate limit: %w", err))
		return r.local.Allow(ctx, key, limit.strict())
	}
	return Verdict{Allowed: out[0] == 1, Remaining: int(out[1]), RetryAfter: time.Duration(out[2]) * time.Microsecond}
}

// Get implements Store.
func (r *Remote) Get(ctx context.Context, key string) ([]byte, bool) {
	if r.away() {
		return nil, false
	}
	b, err := r.client.Get(ctx, bytesPrefix+key).Bytes()
	if err != nil {
		if !errors.Is(err, redis.Nil) {
			r.failed(err)
		}
		return nil, false
	}
	return b, true
}

// Set implements Store.
func (r *Remote) Set(ctx context.Context, key string, value []byte, ttl time.Duration) {
	if ttl < time.Millisecond || r.away() {
		return
	}
	if err := r.client.Set(ctx, bytesPrefix+key, value, ttl).Err(); err != nil {
		r.failed(err)
	}
}

// Drop implements Store. While Redis is away nothing can be dropped; the lives
// of the values bound how long an old one may be seen afterwards.
func (r *Remote) Drop(ctx context.Context, keys ...string) {
	for _, k := range keys { // one by one: a cluster keeps them in different places
		if err := r.client.Unlink(ctx, bytesPrefix+k).Err(); err != nil {
			r.failed(err)
			return
		}
	}
}

// Publish implements Store.
func (r *Remote) Publish(ctx context.Context, topic string, message []byte) {
	if !r.away() {
		err := r.client.Publish(ctx, noticePrefix+topic, message).Err()
		if err == nil {
			return // it comes back through listen
		}
		r.failed(err)
	}
	r.local.Publish(ctx, topic, message)
}

// Subscribe implements Store.
func (r *Remote) Subscribe(ctx context.Context, topic string) <-chan []byte {
	return r.local.Subscribe(ctx, topic)
}

// listen brings all notices of all instances to this one's subscribers. The
// library connects again by itself after an outage.
func (r *Remote) listen(ctx context.Context) {
	defer close(r.ended)
	ps := r.client.PSubscribe(ctx, noticePrefix+"*")
	defer ps.Close()
	ch := ps.Channel(redis.WithChannelSize(256))
	for {
		select {
		case <-ctx.Done():
			return
		case m, ok := <-ch:
			if !ok {
				return
			}
			r.local.Publish(ctx, strings.TrimPrefix(m.Channel, noticePrefix), []byte(m.Payload))
		}
	}
}

// Ping implements Store.
func (r *Remote) Ping(ctx context.Context) error { return r.client.Ping(ctx).Err() }

// Close implements Store.
func (r *Remote) Close() error {
	r.cancel()
	<-r.ended
	_ = r.local.Close()
	return r.client.Close()
}
