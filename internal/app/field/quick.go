package field

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
)

// quick is a submission that was prepared before it entered a batch, from facts
// that cannot change. It is right if three things hold at the moment of its
// commit: the evaluator still holds the case, the round is still collecting,
// and neither case nor id has an answer. The flight asks for the first two, the
// unique keys for the third.
type quick struct {
	kase    uuid.UUID
	row     fielddb.Response
	receipt string
}

// prepareQuick prepares a submission in the goroutine of its sender. It returns
// nil for everything that is not simply an answer of the evaluator who says to
// hold the case: what is refused, held or repeated is decided with what the
// database says.
func (s *Service) prepareQuick(who authz.Actor, sub Submission, kase uuid.UUID) (q *quick) {
	if who.Role != authz.Evaluator || who.AccountID == "" || sub.link != nil || sub.admitted || sub.Mode == fieldwork.Paper {
		return nil
	}
	c, r, ok := s.factsOf(who.District).get(kase)
	if !ok {
		return nil
	}
	// A fault here must not hit the sender: the batch catches it.
	defer func() {
		if recover() != nil {
			q = nil
		}
	}()
	o := authz.Object{Area: c.Committee, Assignees: []string{who.AccountID}, CaseID: sub.CaseID}
	if authz.Check(who, authz.ResponseSubmit, o) != nil || checkOpen(r.RoundState, s.Clock.Now()) != nil {
		return nil
	}
	answers, err := s.checked(sub, r)
	if err != nil {
		return nil
	}
	encoded := encodeAnswers(answers)
	sum := digest(sub.ID, r.ID, r.QuestionnaireVersion, string(sub.Mode), encoded)
	return &quick{kase: kase, row: s.row(who, sub, &c, r, answers, encoded, sum), receipt: s.receipt(sub.ID)}
}

// fly writes what was prepared in one flight and answers its senders. It returns
// what is still to be done: what was not prepared, and all of it when something
// has changed meanwhile.
func (w *submitter) fly(district string, list []*item) []*item {
	f := w.s.factsOf(district)
	now := w.s.Clock.Now()
	var ready, rest []*item
	for _, it := range list {
		// Whoever waited behind another answer of the same case is looked at anew.
		if it.quick != nil && f.open(it.quick.kase) {
			ready = append(ready, it)
		} else {
			rest = append(rest, it)
		}
	}
	if len(ready) == 0 {
		return rest
	}
	rows := make([]fielddb.Response, len(ready))
	cases := make([]uuid.UUID, len(ready))
	var rounds []string
	for i, it := range ready {
		rows[i], cases[i] = it.quick.row, it.quick.kase
		if !slices.Contains(rounds, rows[i].RoundID) {
			rounds = append(rounds, rows[i].RoundID)
		}
	}
	if !w.stillOpen(f, rounds, now) {
		return list
	}
	ctx, cancel := context.WithTimeout(context.Background(), submitTimeout)
	defer cancel()
	err := w.s.WriteFlight(ctx, authz.SystemActor(district), authz.ResponseSubmit, authz.Object{Area: district}, now, func(fl *app.Flight) {
		fielddb.Queue(fl.Batch, district, Day(now), now, rows, fielddb.Expect{Holders: true, Open: rounds})
		fl.Record("response", "", district, map[string]any{"accepted": len(rows), "held": 0})
	})
	if err != nil {
		return list
	}
	f.settle(cases)
	for _, it := range ready {
		it.finish(Outcome{ID: it.sub.ID, Status: Accepted, Receipt: it.quick.receipt}, nil)
	}
	return rest
}

// stillOpen asks the calendar once more: an answer may have waited over midnight.
func (w *submitter) stillOpen(f *facts, rounds []string, now time.Time) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, id := range rounds {
		if r, ok := f.rounds[id]; !ok || checkOpen(r.RoundState, now) != nil {
			return false
		}
	}
	return true
}
