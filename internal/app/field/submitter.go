package field

import (
	"bytes"
	"context"
	"fmt"
	"runtime/debug"
	"sort"
	"sync"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/fielddb"
)

// The submitter's bounds. A batch is never waited for: what has arrived while
// the one before was being committed goes into the next.
const (
	submitBatch   = 256
	submitWriters = 2 // one prepares while the other commits
	submitQueue   = 4096
	submitTimeout = 20 * time.Second
)

// item is a submission that waits for its outcome.
type item struct {
	who  authz.Actor
	sub  Submission
	out  Outcome
	err  error
	done chan struct{}
}

func (i *item) finish(o Outcome, err error) {
	i.out, i.err = o, err
	close(i.done)
}

// submitter gathers submissions into batches, one transaction each.
type submitter struct {
	s      *Service
	queue  chan *item
	mu     sync.RWMutex
	closed bool
	wg     sync.WaitGroup
}

func newSubmitter(s *Service) *submitter {
	w := &submitter{s: s, queue: make(chan *item, submitQueue)}
	for range submitWriters {
		w.wg.Add(1)
		go w.run()
	}
	return w
}

// do queues a submission and waits until it is committed or refused. When ctx
// ends first the submission may still be written; sending it again tells.
func (w *submitter) do(ctx context.Context, who authz.Actor, sub Submission) (Outcome, error) {
	it := &item{who: who, sub: sub, done: make(chan struct{})}
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
	}
	w.mu.Unlock()
	done := make(chan struct{})
	go func() { w.wg.Wait(); close(done) }()
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
		batch := []*item{first}
	fill:
		for len(batch) < submitBatch {
			select {
			case it, ok := <-w.queue:
				if !ok {
					break fill
				}
				batch = append(batch, it)
			default:
				break fill
			}
		}
		byDistrict := map[string][]*item{}
		for _, it := range batch {
			byDistrict[it.who.District] = append(byDistrict[it.who.District], it)
		}
		for district, list := range byDistrict {
			w.write(district, list)
		}
	}
}

// write writes the submissions of one district. Those that speak of the same
// case or the same id follow one another, each seeing what the one before did.
func (w *submitter) write(district string, list []*item) {
	for len(list) > 0 {
		var now, later []*item
		taken := map[string]bool{}
		for _, it := range list {
			if taken["c"+it.sub.CaseID] || taken["i"+it.sub.ID] {
				later = append(later, it)
				continue
			}
			taken["c"+it.sub.CaseID], taken["i"+it.sub.ID] = true, true
			now = append(now, it)
		}
		w.attempt(district, now, maxRedo)
		list = later
	}
}

// maxRedo is how often a submission is looked at again because another writer
// was at its case or id in that moment.
const maxRedo = 20

// attempt writes a batch; if it fails as a whole, its halves are tried, so that
// one bad submission cannot keep the others out.
func (w *submitter) attempt(district string, list []*item, redo int) {
	ctx, cancel := context.WithTimeout(context.Background(), submitTimeout)
	defer cancel()
	outs, err := w.transact(ctx, district, list)
	switch {
	case err == nil:
		var again []*item
		for i, it := range list {
			switch {
			case !outs[i].redo:
				it.finish(outs[i].out, outs[i].err)
			case redo == 0:
				it.finish(Outcome{}, errStopping)
			default:
				again = append(again, it)
			}
		}
		if len(again) > 0 {
			w.attempt(district, again, redo-1)
		}
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
	out  Outcome
	err  error
	redo bool // another writer is at it: look again after this commit
}

// clashes is how often a batch is tried again in which an id was taken by
// another writer in that moment.
const clashes = 5

func (w *submitter) transact(ctx context.Context, district string, list []*item) (outs []result, err error) {
	// A fault in one submission must not take the service and all others along.
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	system := authz.SystemActor(district)
	for range clashes {
		var again bool
		err = w.s.Write(ctx, system, authz.ResponseSubmit, authz.Object{Area: district}, func(ctx context.Context, tx *app.Tx) error {
			outs, again, err = w.s.writeBatch(ctx, tx, district, list)
			if err == nil && again {
				err = errClash
			}
			return err
		})
		if !again {
			return outs, err
		}
	}
	return outs, err
}

var errClash = errs.New(errs.Unavailable, "busy", "too many changes at once; try again")

// writeBatch checks and writes a batch in one transaction. again is true when
// another writer took one of the ids for another case: the transaction is then
// rolled back and tried again.
func (s *Service) writeBatch(ctx context.Context, tx *app.Tx, district string, list []*item) (outs []result, again bool, err error) {
	known, err := s.loadBatch(ctx, tx, district, list)
	if err != nil {
		return nil, false, err
	}
	rounds := map[string]Round{}
	for id, st := range known.Rounds {
		if rounds[id], err = s.round(ctx, tx, district, st); err != nil {
			return nil, false, err
		}
	}
	before, err := s.heldBefore(ctx, tx, district, list, known)
	if err != nil {
		return nil, false, err
	}
	outs = make([]result, len(list))
	var rows []fielddb.Response
	var held []fielddb.Held
	place := map[string]int{} // of a row's item, by case
	for i, it := range list {
		p, err := s.prepare(it.who, it.sub, known, before, rounds, tx.Now)
		if err != nil {
			outs[i].err = err
			continue
		}
		stored, exists := known.Digests[it.sub.ID]
		complete := known.Targets[it.sub.CaseID].Complete
		switch {
		case exists && complete && bytes.Equal(stored, p.digest):
			outs[i].out = Outcome{ID: it.sub.ID, Status: Duplicate, Receipt: s.receipt(it.sub.ID)}
		case p.hold != "":
			held = append(held, s.hold(it.sub, p, p.hold, tx.Now))
			outs[i].out = Outcome{ID: it.sub.ID, Status: Kept, Reason: "held." + p.hold}
		case exists && !complete && !known.Early[it.sub.ID]:
			// It arrived while the cases were read: perhaps this very answer.
			outs[i].redo = true
		case exists:
			held = append(held, s.hold(it.sub, p, "id_used", tx.Now))
			outs[i].out = Outcome{ID: it.sub.ID, Status: Kept, Reason: "held.id_used"}
		case complete:
			held = append(held, s.hold(it.sub, p, "second_answer", tx.Now))
			outs[i].out = Outcome{ID: it.sub.ID, Status: Kept, Reason: "held.second_answer"}
		default:
			rows, place[it.sub.CaseID] = append(rows, p.row), i
			outs[i].out = Outcome{ID: it.sub.ID, Status: Accepted, Receipt: s.receipt(it.sub.ID)}
		}
	}
	done, clash, err := s.insertBatch(ctx, tx, district, rows, held)
	if err != nil || clash {
		return nil, clash, err
	}
	for _, row := range rows {
		if !done[row.CaseID] {
			outs[place[row.CaseID]] = result{redo: true}
		}
	}
	return outs, false, nil
}

func (s *Service) loadBatch(ctx context.Context, tx *app.Tx, district string, list []*item) (fielddb.Batch, error) {
	cases, ids := make([]string, len(list)), make([]string, len(list))
	var tokens [][]byte
	for i, it := range list {
		cases[i], ids[i] = it.sub.CaseID, it.sub.ID
		if it.sub.link != nil {
			tokens = append(tokens, it.sub.link)
		}
	}
	return fielddb.Load(ctx, tx, district, cases, ids, tokens)
}

// heldBefore lists who ever held the cases of queued submissions that come from
// somebody else than their evaluator: few, so it is asked only then.
func (s *Service) heldBefore(ctx context.Context, tx *app.Tx, district string, list []*item, known fielddb.Batch) (map[string][]string, error) {
	var cases []string
	for _, it := range list {
		if t, ok := known.Targets[it.sub.CaseID]; ok && it.sub.Queued && t.Evaluator != it.who.AccountID {
			cases = append(cases, it.sub.CaseID)
		}
	}
	if len(cases) == 0 {
		return nil, nil
	}
	return fielddb.HeldBy(ctx, tx, district, cases)
}

// insertBatch writes what has been checked and returns the cases that it has
// completed; the others were completed by another writer in that moment, and
// nothing of them was written.
func (s *Service) insertBatch(ctx context.Context, tx *app.Tx, district string, rows []fielddb.Response, held []fielddb.Held) (done map[string]bool, clash bool, err error) {
	if len(rows) > 0 {
		sort.Slice(rows, func(i, j int) bool { return rows[i].CaseID < rows[j].CaseID })
		done, clash, err = fielddb.Insert(ctx, tx, district, Day(tx.Now), tx.Now, rows)
		if err != nil || clash {
			return nil, clash, err
		}
		var kept []fielddb.Response
		for _, r := range rows {
			if done[r.CaseID] {
				kept = append(kept, r)
			}
		}
		if err := fielddb.InsertComments(ctx, tx, district, kept); err != nil {
			return nil, false, err
		}
	}
	if len(held) > 0 {
		if err := fielddb.InsertHeld(ctx, tx, district, held); err != nil {
			return nil, false, err
		}
	}
	// Which response came from which case must not stand in the log, so it
	// holds counts only.
	tx.Record("response", "", district, map[string]any{"accepted": len(done), "held": len(held)})
	return done, false, nil
}
