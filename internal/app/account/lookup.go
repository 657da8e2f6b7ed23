package account

import (
	"context"
	"sync"
	"time"

	"gongping/internal/app"
	"gongping/internal/pg/accountdb"
)

// The bounds of looking up sessions: how many readings run at a time, and how
// long one may take.
const (
	lookups       = 2
	lookupTimeout = 10 * time.Second
)

// sessions looks up the sessions of requests that come at the same time in one
// reading. Nothing is kept: every reading begins after the requests that it
// answers, so that a session that was ended is ended for the next request.
type sessions struct {
	*app.Core
	district string
	mu       sync.Mutex
	busy     int
	next     *lookup // waits for a reading to end
}

// lookup is one reading.
type lookup struct {
	tokens map[string]bool // hashes
	done   chan struct{}
	found  map[string]accountdb.Account
	err    error
}

// find returns the account of a session; ok is false when there is none.
func (s *sessions) find(ctx context.Context, hash []byte) (a accountdb.Account, ok bool, err error) {
	key := string(hash)
	s.mu.Lock()
	l := s.next
	if l == nil {
		l = &lookup{tokens: map[string]bool{}, done: make(chan struct{})}
		if s.busy < lookups {
			s.busy++
			l.tokens[key] = true
			s.mu.Unlock()
			s.read(context.WithoutCancel(ctx), l)
			a, ok = l.found[key]
			return a, ok, l.err
		}
		s.next = l
	}
	l.tokens[key] = true
	s.mu.Unlock()
	select {
	case <-l.done:
		a, ok = l.found[key]
		return a, ok, l.err
	case <-ctx.Done():
		return a, false, ctx.Err()
	}
}

// read does a reading, and has what has gathered meanwhile read after it.
func (s *sessions) read(ctx context.Context, l *lookup) {
	limited, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	now := s.Clock.Now()
	hashes := make([][]byte, 0, len(l.tokens))
	for h := range l.tokens {
		hashes = append(hashes, []byte(h))
	}
	l.found, l.err = accountdb.BySessions(limited, s.Pool, s.district, hashes, now, now.Add(-SessionIdle))
	close(l.done)
	s.mu.Lock()
	next := s.next
	s.next = nil
	if next == nil {
		s.busy--
	}
	s.mu.Unlock()
	if next != nil {
		go s.read(ctx, next)
	}
}
