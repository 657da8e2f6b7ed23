package field

import (
	"context"
	"time"

	"github.com/google/uuid"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
)

// NewAttempt is what an evaluator records of a try.
type NewAttempt struct {
	ID          string // made by the phone; a repeat with the same id changes nothing
	Mode        fieldwork.Mode
	Code        fieldwork.Code
	At          time.Time
	Appointment time.Time // with the code Appointment only
	// Device is what the phone's clock said, for an attempt that waited in a
	// queue; nil for one that is recorded while the server looks on.
	Device *fieldwork.DeviceTime
	// Where is how far the phone was from the building, with consent only.
	Where Reading
}

// check returns an error unless the attempt can be recorded. In a queue an
// appointment is not compared with the time of the try: both come from a clock
// that may have been changed in between, and what was agreed was agreed.
func (a NewAttempt) check() error {
	if _, err := uuid.Parse(a.ID); err != nil {
		return badID(a.ID)
	}
	at := a.At
	if a.Device != nil && !a.Appointment.IsZero() {
		at = a.Appointment.Add(-time.Second)
	}
	return fieldwork.CheckAttempt(a.Mode, a.Code, at, a.Appointment)
}

// row is the attempt as it is stored, with the time that counts. corrected
// tells that this is not what the phone said.
func (a NewAttempt) row(who authz.Actor, c fielddb.Case, r Round, now time.Time) (row fielddb.Attempt, device fielddb.AttemptDevice, corrected bool) {
	row = fielddb.Attempt{ID: a.ID, CaseID: c.ID, Evaluator: who.AccountID, Mode: a.Mode, Code: a.Code, At: a.At, ReceivedAt: now}
	if !a.Appointment.IsZero() {
		row.Appointment = &a.Appointment
	}
	device.DistanceM, device.AccuracyM = a.Where.DistanceM, a.Where.AccuracyM
	first := firstMoment(r)
	if a.Device == nil {
		if corrected = a.At.After(now.Add(fieldwork.ClockSlack)) || a.At.Before(first); corrected {
			row.At = now
		}
		return row, device, corrected
	}
	var ok bool
	row.At, ok = fieldwork.TrueTime(*a.Device, first, now)
	at := a.Device.At
	device.DeviceAt = &at
	if m := a.Device.Measured; m != nil {
		s := m.Seconds()
		device.OffsetS = &s
	}
	return row, device, !ok || row.At.Sub(at).Abs() > fieldwork.ClockSlack
}

// firstMoment is the beginning of the first day of a round.
func firstMoment(r Round) time.Time {
	y, m, d := r.OpensOn.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, fieldwork.Zone)
}

// RecordAttempt stores a contact attempt of the evaluator who holds the case.
// It tells whether the attempt was new. A time that cannot be (ahead of now, or
// before the round) is set to that of the receipt.
func (s *Service) RecordAttempt(ctx context.Context, who authz.Actor, caseID string, a NewAttempt) (fresh bool, err error) {
	if err := a.check(); err != nil {
		return false, err
	}
	a.ID = uuid.MustParse(a.ID).String() // a UUID has several spellings
	a.Where = s.readable(ctx, who, a.Mode, a.Where)
	err = s.onCase(ctx, who, authz.AttemptRecord, caseID, func(ctx context.Context, tx *app.Tx, c fielddb.Case, r Round) error {
		old, err := fielddb.GetAttempt(ctx, tx, who.District, a.ID)
		switch {
		case err == nil && old.CaseID == c.ID && old.Mode == a.Mode && old.Code == a.Code:
			tx.Record("case", c.ID, c.Committee, map[string]any{"attempt": a.ID, "repeat": true})
			return nil
		case err == nil:
			return errs.New(errs.Done, "attempt.id_used", "another attempt has this id").At("id", a.ID, "an id that is not used", "make a new one")
		case !pg.NoRows(err):
			return err
		}
		if err := openFor(r.RoundState, c.DrawID, tx.Now); err != nil {
			return err
		}
		if c.Complete || c.Replaced {
			return errs.New(errs.Closed, "case.ended", "the case has ended; there is nothing more to try")
		}
		row, device, corrected := a.row(who, c, r, tx.Now)
		if fresh, err = fielddb.InsertAttempt(ctx, tx, who.District, row, device); err != nil {
			return err
		}
		tx.Record("case", c.ID, c.Committee, map[string]any{"attempt": a.ID, "disposition": string(a.Code), "mode": string(a.Mode), "clock_corrected": corrected})
		return nil
	})
	return fresh, err
}

// SyncAttempt takes an attempt from a queue. It is RecordAttempt, except that
// an attempt which comes too late to count (the case handed over or ended, the
// round closed) is kept with the reason instead of being refused.
func (s *Service) SyncAttempt(ctx context.Context, who authz.Actor, caseID string, a NewAttempt) (Outcome, error) {
	fresh, err := s.RecordAttempt(ctx, who, caseID, a)
	switch reason := lateReason(err); {
	case err == nil && fresh:
		return Outcome{ID: a.ID, Status: Accepted}, nil
	case err == nil:
		return Outcome{ID: a.ID, Status: Duplicate}, nil
	case reason == "":
		return Outcome{}, err
	default:
		return s.holdAttempt(ctx, who, caseID, a, reason, err)
	}
}

// lateReason names why something from a queue does not count although it may
// well have happened, "" for all other errors.
func lateReason(err error) string {
	switch keyOf(err) {
	case errNoCase.Key:
		return "taken_away"
	case "field.closed":
		return "closed"
	case "case.ended":
		return "ended"
	case "answers.version":
		return "version"
	}
	return ""
}

// holdAttempt keeps an attempt aside. Only who holds the case, or has held it,
// may leave something there; for others the case does not exist.
func (s *Service) holdAttempt(ctx context.Context, who authz.Actor, caseID string, a NewAttempt, reason string, why error) (out Outcome, err error) {
	c, err := fielddb.GetCase(ctx, s.Pool, who.District, caseID)
	if err != nil {
		return out, app.NotFound(err, "case")
	}
	held, err := fielddb.HeldBy(ctx, s.Pool, who.District, []string{c.ID})
	if err != nil {
		return out, err
	}
	o := authz.Object{Area: c.Committee, Assignees: held[c.ID], CaseID: c.ID}
	if authz.Check(who, authz.AttemptRecord, o) != nil {
		return out, why
	}
	out = Outcome{ID: a.ID, Status: Kept, Reason: "held." + reason}
	a.Where = Reading{} // what does not count needs no distance
	err = s.Write(ctx, who, authz.AttemptRecord, o, func(ctx context.Context, tx *app.Tx) error {
		// It may have been taken while the case was still this evaluator's.
		old, err := fielddb.GetAttempt(ctx, tx, who.District, a.ID)
		if err == nil && old.CaseID == c.ID && old.Mode == a.Mode && old.Code == a.Code {
			out = Outcome{ID: a.ID, Status: Duplicate}
			tx.Record("case", c.ID, c.Committee, map[string]any{"attempt": a.ID, "repeat": true})
			return nil
		}
		if err != nil && !pg.NoRows(err) {
			return err
		}
		r, err := s.roundByID(ctx, tx, who.District, c.RoundID)
		if err != nil {
			return err
		}
		row, device, _ := a.row(who, c, r, tx.Now)
		tx.Record("case", c.ID, c.Committee, map[string]any{"attempt": a.ID, "held": reason})
		return fielddb.InsertHeldAttempt(ctx, tx, who.District, row, device, reason)
	})
	return out, err
}
