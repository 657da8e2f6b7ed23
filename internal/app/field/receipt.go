package field

import (
	"context"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/fielddb"
	"gongping/survey"
)

// Signal is what a resident tells the auditors about how the answer came about.
type Signal string

// The signals.
const (
	Coached Signal = "coached" // someone told me what to answer
	Pressed Signal = "pressed" // I was pressed
)

// onReceipt runs fn for the answer of a receipt while its round takes answers.
// The log learns that a receipt was used, not which.
func (s *Service) onReceipt(ctx context.Context, district, code, note string, fn func(context.Context, *app.Tx, fielddb.ReceiptState, []byte) error) error {
	return s.Write(ctx, resident(district, ""), authz.ReceiptUse, authz.Object{Area: district}, func(ctx context.Context, tx *app.Tx) error {
		st, hash, err := s.byReceipt(ctx, tx, district, code)
		if err != nil {
			return err
		}
		r, err := s.roundByID(ctx, tx, district, st.RoundID)
		if err != nil {
			return err
		}
		if checkOpen(r.RoundState, tx.Now) != nil && !openLate(r.RoundState, st.Day, tx.Now) {
			return errs.New(errs.Closed, "receipt.closed", "the round has ended; answers can be withdrawn and signals given only while it lasts")
		}
		tx.Record("response", "", district, map[string]any{note: 1})
		return fn(ctx, tx, st, hash)
	})
}

// Withdraw takes an answer back on the word of the holder of its receipt. The
// answer stays stored, and no later run counts it. A repeat changes nothing.
func (s *Service) Withdraw(ctx context.Context, district, code string) error {
	return s.onReceipt(ctx, district, code, "withdrawn", func(ctx context.Context, tx *app.Tx, st fielddb.ReceiptState, hash []byte) error {
		_, err := fielddb.Withdraw(ctx, tx, district, st, hash, app.NewID(), Day(tx.Now))
		return err
	})
}

// Tell records signals for the auditors on the word of the holder of a receipt.
func (s *Service) Tell(ctx context.Context, district, code string, signals []Signal) error {
	if len(signals) == 0 {
		return errs.New(errs.Invalid, "signal.none", "nothing was chosen").At("signal", "", "coached or pressed", "choose one")
	}
	for _, k := range signals {
		if k != Coached && k != Pressed {
			return errs.New(errs.Invalid, "signal.none", "nothing was chosen").At("signal", string(k), "coached or pressed", "choose one")
		}
	}
	return s.onReceipt(ctx, district, code, "signals", func(ctx context.Context, tx *app.Tx, st fielddb.ReceiptState, _ []byte) error {
		for _, k := range signals {
			if err := fielddb.AddSignal(ctx, tx, district, st, string(k), Day(tx.Now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// SignalCell is the fewest answers for which a committee's signals are shown,
// SignalMin the fewest signals that are counted out; fewer are "1 or 2".
const (
	SignalCell = 10
	SignalMin  = 3
)

// SignalCount is one figure for the auditors: Few stands for 1 or 2, Hidden for
// a figure that is not shown at all.
type SignalCount struct {
	N           int
	Few, Hidden bool
}

func signalCount(n, answers int) SignalCount {
	switch {
	case answers < SignalCell:
		return SignalCount{Hidden: true}
	case n > 0 && n < SignalMin:
		return SignalCount{Few: true}
	}
	return SignalCount{N: n}
}

// SignalLine is a committee on the auditors' page.
type SignalLine struct {
	Committee, Name             string
	Answers                     int // 0 when hidden
	Coached, Pressed, Withdrawn SignalCount
}

// Signals is what the auditors see of a round.
type Signals struct {
	Round Round
	Lines []SignalLine
	// Total is rounded down to whole fives, so that it does not give away what
	// a line holds back.
	Answers, Coached, Pressed, Withdrawn int
}

// Signals counts what residents told the auditors, by committee.
func (s *Service) Signals(ctx context.Context, who authz.Actor, round string) (out Signals, err error) {
	err = s.Write(ctx, who, authz.SignalRead, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		if out.Round, err = s.roundByID(ctx, tx, who.District, round); err != nil {
			return err
		}
		rows, err := fielddb.Signals(ctx, tx, who.District, round, who.Area)
		if err != nil {
			return err
		}
		for _, r := range rows {
			l := SignalLine{Committee: r.Committee, Name: r.Name, Coached: signalCount(r.Coached, r.Answers), Pressed: signalCount(r.Pressed, r.Answers),
				Withdrawn: signalCount(r.Withdrawn, r.Answers)}
			if r.Answers >= SignalCell {
				l.Answers = r.Answers
			}
			out.Lines = append(out.Lines, l)
			out.Answers, out.Coached, out.Pressed, out.Withdrawn = out.Answers+r.Answers, out.Coached+r.Coached, out.Pressed+r.Pressed, out.Withdrawn+r.Withdrawn
		}
		for _, n := range []*int{&out.Answers, &out.Coached, &out.Pressed, &out.Withdrawn} {
			*n -= *n % 5
		}
		tx.Record("round", round, who.Area, nil)
		return nil
	})
	return out, err
}

// openLate tells whether an answer came with a batch that followed the closed
// round and is still in the field: its holder may withdraw it like any other.
func openLate(r fielddb.RoundState, answered, now time.Time) bool {
	if r.State != survey.Closed || !answered.After(r.ClosesOn) {
		return false
	}
	for _, until := range r.Late {
		if Day(now) <= until {
			return true
		}
	}
	return false
}
