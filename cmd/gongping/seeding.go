package main

import (
	"context"
	"os"
	"sync"

	"gongping/internal/app/demonstration"
	"gongping/internal/errs"
	"gongping/internal/pg/demodb"
	"gongping/web"
)

// seeding is the setting-up of the demonstration, which goes on while the
// first page tells how far it is.
type seeding struct {
	mu   sync.Mutex
	now  web.Preparing
	busy bool
	done chan struct{}
}

// startSeeding sets up the demonstration in the background where the district
// is empty. A failure stays on the page and in the log: half a demonstration
// would mislead. One that was cut off by a kill is started afresh: nobody has
// been let in before it was complete, so nothing of anybody's is lost.
func startSeeding(ctx context.Context, s *service) (*seeding, error) {
	d := &seeding{busy: true, now: web.Preparing{Part: "start"}, done: make(chan struct{})}
	core := newCore(s.DB, s.Key, s.Log, true)
	state, err := demonstration.State(ctx, core)
	if err != nil {
		return nil, err
	}
	switch {
	case state == demodb.Started && s.DB.Private == nil:
		return nil, errs.New(errs.Conflict, "demo.cut_off", "the demonstration in this database was cut off while it was set up").
			At("GONGPING_DATABASE_URL", "half a demonstration", "an empty database", "drop the database, create it again and start once more")
	case state == demodb.Started:
		if err := s.DB.startAfresh(ctx); err != nil {
			return nil, err
		}
	case state != "empty":
		d.busy = false
		close(d.done)
		return d, nil
	}
	go func() {
		defer close(d.done)
		bar := newProgress(os.Stderr, "demonstration", 100)
		last := 0
		err := demonstration.SetUp(ctx, core, func(part string, fraction float64) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.now = web.Preparing{Part: part, Fraction: fraction}
			bar.Add(int(fraction*100) - last)
			last = int(fraction * 100)
		})
		if err == nil { // or the first visitors wait for plans made without statistics
			_, err = s.DB.Owner.Exec(ctx, `analyze`)
		}
		bar.Done()
		d.mu.Lock()
		defer d.mu.Unlock()
		if err != nil {
			if ctx.Err() == nil {
				s.Log.Error("the demonstration could not be set up", "error", err)
			}
			d.now.Failed = true
			return
		}
		d.busy = false
	}()
	return d, nil
}

// state tells the pages; a nil seeding has none.
func (d *seeding) state() func() (web.Preparing, bool) {
	if d == nil {
		return nil
	}
	return func() (web.Preparing, bool) {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.now, d.busy
	}
}

// wait returns when the set-up has ended, so that the database is not taken
// away under it.
func (d *seeding) wait() { <-d.done }
