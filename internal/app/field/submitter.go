package field

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
)

// The submitter's bounds. A batch is hardly waited for: what has arrived while
// those before were being committed goes into the next.
const (
	submitBatch   = 256
	submitWriters = 2 // one reads and checks while the other commits; more make the batches smaller
	submitQueue   = 4096
	submitTimeout = 20 * time.Second
	submitWait    = 10 * time.Millisecond // a batch that hangs must not hold up the other
)

// item is a submission that waits for its outcome.
type item struct {
	who   authz.Actor
	sub   Submission
	quick *quick // nil where the database is to be asked first
	out   Outcome
	err   error
	done  chan struct{}
}

func (i *item) finish(o Outcome, err error) {
	i.out, i.err = o, err
	close(i.done)
}

// submitter gathers submissions into batches, one transaction each.
type submitter struct {
	s      *Service
	ctx    context.Context // of readings in the background
	stop   context.CancelFunc
	queue  chan *item
	claims claims
	mu     sync.RWMutex
	closed bool
	wg     sync.WaitGroup
	reads  sync.WaitGroup // readings in the background
	air    air
}

func newSubmitter(s *Service) *submitter {
	w := &submitter{s: s, queue: make(chan *item, submitQueue), claims: claims{held: map[claim][]*item{}}}
	w.ctx, w.stop = context.WithCancel(context.Background())
	for range submitWriters {
		w.wg.Add(1)
		go w.run()
	}
	return w
}

// do queues a submission and waits until it is committed or refused. When ctx
// ends first the submission may still be written; sending it again tells.
func (w *submitter) do(ctx context.Context, who authz.Actor, sub Submission, q *quick) (Outcome, error) {
	it := &item{who: who, sub: sub, quick: q, done: make(chan struct{})}
	if err := w.put(ctx, it); err != nil {
		return Outcome{}, err
	}
	select {
	case <-it.done:
		return it.out, it.err
	case <-ctx.Done():
		return Outcome{}, ctx.Err()
	}
}

var errStopping = errs.New(errs.Unavailable, "field.stopping", "the service is stopping or busy; the answers are not lost, send them again")

func (w *submitter) put(ctx context.Context, it *item) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errStopping
	}
	select {
	case w.queue <- it:
		return nil
	case <-ctx.Done():
		return errStopping
	}
}

// close takes no more, and waits for what was taken.
func (w *submitter) close(ctx context.Context) error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
		w.stop()
	}
	w.mu.Unlock()
	done := make(chan struct{})
	go func() { w.wg.Wait(); w.reads.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *submitter) run() {
	defer w.wg.Done()
	for first := range w.queue {
		byDistrict := map[string][]*item{}
		batch := w.gather(first)
		for _, it := range batch {
			byDistrict[it.who.District] = append(byDistrict[it.who.District], it)
		}
		for district, list := range byDistrict {
			w.write(district, list)
		}
		w.air.land(len(batch))
	}
}

// gather takes what has arrived. It lets the senders run once before it goes,
// because those whom the last commit has just answered are about to send again.
// While a larger batch is being written it waits for more, at most until that one
// has landed or submitWait is over: two batches of one size cost the database less
// than a large and a small one.
func (w *submitter) gather(first *item) []*item {
	batch := []*item{first}
	var late <-chan time.Time
	for yielded := false; len(batch) < submitBatch; {
		select {
		case it, ok := <-w.queue:
			if !ok {
				w.air.start(len(batch))
				return batch
			}
			batch = append(batch, it)
			continue
		default:
		}
		if !yielded {
			yielded = true
			runtime.Gosched()
			continue
		}
		landed := w.air.depart(len(batch))
		if landed == nil {
			return batch
		}
		if late == nil {
			late = time.After(submitWait)
		}
		select {
		case it, ok := <-w.queue:
			if !ok {
				w.air.start(len(batch))
				return batch
			}
			batch = append(batch, it)
		case <-landed:
		case <-late:
			w.air.start(len(batch))
			return batch
		}
		yielded = false
	}
	w.air.start(len(batch))
	return batch
}

// write writes the submissions of one district. Those that speak of the same
// case or the same id follow one another, each seeing what the one before did:
// whoever is behind waits for the batch in front, in whichever writer it is.
func (w *submitter) write(district string, list []*item) {
	for len(list) > 0 {
		now := w.claims.take(list)
		if rest := w.fly(district, now); len(rest) > 0 {
			w.attempt(district, rest, maxRedo)
		}
		list = w.claims.release(now)
	}
}

// maxRedo is how often submissions are looked at again because another
// instance of the service was at a case or an id in that moment.
const maxRedo = 20

// attempt writes a batch; if it fails as a whole, its halves are tried, so that
// one bad submission cannot keep the others out.
func (w *submitter) attempt(district string, list []*item, redo int) {
	ctx, cancel := context.WithTimeout(context.Background(), submitTimeout)
	defer cancel()
	outs, err := w.transact(ctx, district, list)
	switch {
	case err == nil:
		for i, it := range list {
			it.finish(outs[i].out, outs[i].err)
		}
	case redo > 0 && (pg.Duplicate(err) || pg.Retryable(err)):
		// Another instance has committed an answer for one of these: read again.
		w.attempt(district, list, redo-1)
	case len(list) > 1 && ctx.Err() == nil && w.s.Pool.Ping(ctx) == nil:
		w.attempt(district, list[:len(list)/2], redo)
		w.attempt(district, list[len(list)/2:], redo)
	default:
		w.s.Log.Error("submissions were not written", "n", len(list), "error", err)
		for _, it := range list {
			it.finish(Outcome{}, errs.Wrap(err, errs.Unavailable, "field.stopping", "the service is stopping or busy; the answers are not lost, send them again"))
		}
	}
}

// result is the outcome of one submission of a batch.
type result struct {
	out Outcome
	err error
}

// transact reads what a batch needs, decides, and writes it in one flight. Two
// messages go to the database and two come back. Between the two another
// instance may complete a case: then the flight fails with a duplicate key.
func (w *submitter) transact(ctx context.Context, district string, list []*item) (outs []result, err error) {
	// A fault in one submission must not take the service and all others along.
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	now := w.s.Clock.Now()
	known, err := w.s.loadBatch(ctx, district, list)
	if err != nil {
		return nil, err
	}
	b := &batch{Batch: known, rounds: make(map[string]Round, len(known.Rounds))}
	for id, st := range known.Rounds {
		if b.rounds[id], err = w.s.round(ctx, w.s.Pool, district, st); err != nil {
			return nil, err
		}
	}
	if b.before, err = w.s.heldBefore(ctx, district, list, known); err != nil {
		return nil, err
	}
	outs, rows, held := w.s.decide(list, b, now)
	if len(rows)+len(held) == 0 && repeats(outs) {
		w.learn(district, list, b)
		return outs, nil // nothing new: nothing to write, and nothing for the log
	}
	err = w.s.WriteFlight(ctx, authz.SystemActor(district), authz.ResponseSubmit, authz.Object{Area: district}, now, func(f *app.Flight) {
		fielddb.Queue(f.Batch, district, Day(now), now, rows, fielddb.Expect{})
		fielddb.QueueHeld(f.Batch, district, held)
		// Which response came from which case must not stand in the log, so it
		// holds counts only.
		f.Record("response", "", district, map[string]any{"accepted": len(rows), "held": len(held)})
	})
	if err == nil {
		w.learn(district, list, b)
	}
	return outs, err
}

// batch is what is known before a batch is decided.
type batch struct {
	fielddb.Batch
	rounds map[string]Round
	before map[string][]string // who held a case earlier, see heldBefore
}

// heldBefore lists who ever held the cases of queued submissions that come from
// somebody else than their evaluator: few, so it is asked only then.
func (s *Service) heldBefore(ctx context.Context, district string, list []*item, known fielddb.Batch) (map[string][]string, error) {
	var cases []string
	for i, it := range list {
		if k := &known.Known[i]; k.Found && it.sub.Queued && k.Evaluator != it.who.AccountID {
			cases = append(cases, it.sub.CaseID)
		}
	}
	if len(cases) == 0 {
		return nil, nil
	}
	return fielddb.HeldBy(ctx, s.Pool, district, cases)
}

// repeats tells whether every submission of a batch had arrived before or was
// refused.
func repeats(outs []result) bool {
	for _, o := range outs {
		if o.err == nil && o.out.Status != Duplicate {
			return false
		}
	}
	return true
}

// decide checks the submissions of a batch, which all speak of different cases
// and ids, and says what becomes of each.
func (s *Service) decide(list []*item, b *batch, now time.Time) (outs []result, rows []fielddb.Response, held []fielddb.Held) {
	outs = make([]result, len(list))
	rows = make([]fielddb.Response, 0, len(list))
	for i, it := range list {
		k := &b.Known[i]
		p, err := s.prepare(it.who, it.sub, k, b, now)
		switch {
		case err != nil:
			outs[i].err = err
		case k.Stored && k.Complete && bytes.Equal(k.Digest, p.digest):
			outs[i].out = Outcome{ID: it.sub.ID, Status: Duplicate, Receipt: s.receipt(it.sub.ID)}
		case p.hold != "":
			held = append(held, s.hold(it.sub, p, p.hold, now))
			outs[i].out = Outcome{ID: it.sub.ID, Status: Kept, Reason: "held." + p.hold}
		case k.Stored:
			held = append(held, s.hold(it.sub, p, "id_used", now))
			outs[i].out = Outcome{ID: it.sub.ID, Status: Kept, Reason: "held.id_used"}
		case k.Complete:
			held = append(held, s.hold(it.sub, p, "second_answer", now))
			outs[i].out = Outcome{ID: it.sub.ID, Status: Kept, Reason: "held.second_answer"}
		default:
			rows = append(rows, p.row)
			outs[i].out = Outcome{ID: it.sub.ID, Status: Accepted, Receipt: p.receipt}
		}
	}
	return outs, rows, held
}

func (s *Service) loadBatch(ctx context.Context, district string, list []*item) (fielddb.Batch, error) {
	keys := make([]fielddb.Key, len(list))
	var tokens [][]byte
	for i, it := range list {
		keys[i] = fielddb.Key{CaseID: it.sub.CaseID, ID: it.sub.ID}
		if it.sub.link != nil {
			tokens = append(tokens, it.sub.link)
		}
	}
	var expected []string
	if v, ok := s.recent.Load(district); ok {
		expected = v.([]string)
	}
	b, err := fielddb.Load(ctx, s.Pool, district, keys, expected, tokens)
	if err != nil {
		return b, err
	}
	if missing := b.Missing(); len(missing) > 0 {
		if err := b.LoadRounds(ctx, s.Pool, district, missing); err != nil {
			return b, err
		}
		s.recent.Store(district, missing)
	}
	return b, nil
}
