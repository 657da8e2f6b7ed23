package field

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
)

// heldAnswer is a submission that is kept and not counted, as it stands sealed
// in response_held.payload.
type heldAnswer struct {
	Response, Case, Mode, Evaluator string
	Answers                         instrument.Answers
	Version                         int    `json:",omitempty"`
	Seconds                         int    `json:",omitempty"`
	Hour                            int    `json:",omitempty"`
	Taps                            int    `json:",omitempty"`
	Device                          Device `json:",omitzero"`
}

// HeldView is a held answer as who decides sees it: never what was answered.
type HeldView struct {
	fielddb.HeldRow
	// MayAdmit tells that it can be counted: it came too late, or from paper that
	// nobody else has read, the person was
	// asked properly, and the case has no other answer.
	MayAdmit bool
}

// Number is the short sign of the case.
func (h HeldView) Number() string { return CaseNumber(h.CaseID) }

func viewHeld(h fielddb.HeldRow) HeldView {
	open := h.Reason == "taken_away" || h.Reason == "closed" || h.Reason == "single_entry"
	return HeldView{h, open && !h.Complete && h.Admitted == nil}
}

// Held lists the answers of a round that are held, within the actor's area.
func (s *Service) Held(ctx context.Context, who authz.Actor, round string) (list []HeldView, err error) {
	err = s.Read(ctx, who, authz.HeldDecide, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		rows, err := fielddb.HeldRows(ctx, db, who.District, round, who.Area)
		for _, h := range rows {
			list = append(list, viewHeld(h))
		}
		return app.NotFound(err, "round")
	})
	return list, err
}

// DecideHeld decides, with a reason and without seeing the answers, whether an
// interview that came too late counts. It is counted on the day of the decision
// as the evaluator's whose it is, as long as the round is being collected and
// the case has no other answer. A decision stands.
func (s *Service) DecideHeld(ctx context.Context, who authz.Actor, id string, admit bool, reason string) error {
	if reason = strings.TrimSpace(reason); reason == "" {
		return errs.New(errs.Invalid, "held.reason", "a decision needs a reason").At("reason", "", "why", "write one sentence")
	}
	if authz.ScopeOf(who.Role, authz.HeldDecide) == authz.Deny {
		return authz.Check(who, authz.HeldDecide, authz.Object{})
	}
	h, payload, err := fielddb.GetHeld(ctx, s.Pool, who.District, id)
	if err != nil {
		return app.NotFound(err, "held")
	}
	o := authz.Object{Area: h.Committee}
	if authz.Check(who, authz.HeldDecide, o) != nil {
		return errs.New(errs.NotFound, "held.not_found", "there is no such answer, or none that you may see")
	}
	if h.Admitted != nil {
		return errs.New(errs.Done, "held.decided", "it was decided before; a decision stands")
	}
	if admit {
		if !viewHeld(h).MayAdmit {
			return errs.New(errs.Barred, "held.not_admissible", "only an interview that came too late or was entered from paper once, for a case without another answer, can be counted")
		}
		if err := s.admit(ctx, who.District, h, payload); err != nil {
			return err
		}
	}
	return s.Write(ctx, who, authz.HeldDecide, o, func(ctx context.Context, tx *app.Tx) error {
		first, err := fielddb.DecideHeld(ctx, tx, who.District, h.ID, admit, reason, who.AccountID, tx.Now)
		if err == nil && !first {
			err = errs.New(errs.Done, "held.decided", "it was decided before; a decision stands")
		}
		tx.Record("held", h.ID, h.Committee, map[string]any{"admitted": admit, "held_for": h.Reason})
		return err
	})
}

// admit submits what was held, under its own id: after a crash between this and
// the decision it is found again as a duplicate.
func (s *Service) admit(ctx context.Context, district string, h fielddb.HeldRow, payload []byte) error {
	plain, err := s.Seal.Open(payload, "held/"+h.ID)
	if err != nil {
		return fmt.Errorf("open the held answer %s: %w", h.ID, err)
	}
	var a heldAnswer
	if err := json.Unmarshal(plain, &a); err != nil {
		return err
	}
	evaluator := authz.Actor{District: district, AccountID: a.Evaluator, Role: authz.Evaluator, Area: district}
	out, err := s.take(ctx, evaluator, Submission{ID: a.Response, CaseID: a.Case, Version: a.Version, Mode: fieldwork.Mode(a.Mode), Answers: a.Answers,
		Seconds: a.Seconds, Hour: a.Hour, Taps: a.Taps, Device: a.Device, admitted: true})
	if err == nil && out.Status == Kept {
		err = errs.New(errs.Barred, "held.not_admissible", "only an interview that came too late or was entered from paper once, for a case without another answer, can be counted")
	}
	return err
}
