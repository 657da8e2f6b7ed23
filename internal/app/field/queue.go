package field

import (
	"context"
	"errors"
	"sync"
	"time"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
)

// Queue is what a phone has gathered, as it is sent in a synchronisation and as
// it stands, sealed, in an exported file. The tags describe it for the API.
type Queue struct {
	Account   string           `json:"account,omitempty" format:"uuid" doc:"Whose queue it is. Where it is not that of who is signed in, nothing is taken: two may share a phone"`
	SentAt    time.Time        `json:"sent_at,omitzero" doc:"What the device's clock says while it sends"`
	Attempts  []QueuedAttempt  `json:"attempts,omitempty" maxItems:"500"`
	Responses []QueuedResponse `json:"responses,omitempty" maxItems:"500"`
}

// QueuedAttempt is a contact attempt as a device sends it.
type QueuedAttempt struct {
	ID          string     `json:"id" format:"uuid" doc:"Made by the device; a repeat changes nothing"`
	CaseID      string     `json:"case_id,omitempty" doc:"Needed in a synchronisation only"`
	Mode        string     `json:"mode" enum:"door,phone"`
	Disposition string     `json:"disposition" doc:"AAPOR code" example:"2.24"`
	At          time.Time  `json:"at" doc:"When it happened, by the device's clock"`
	Appointment *time.Time `json:"appointment,omitempty" doc:"With disposition 5.1 only"`
	ClockOffset *float64   `json:"clock_offset_s,omitempty" doc:"Seconds by which the device's clock was ahead of the server's, as last measured before"`
	After       *time.Time `json:"after,omitempty" doc:"The server's time at that measurement"`
	DistanceM   *float64   `json:"distance_m,omitempty" minimum:"0" doc:"Metres to the building, at a door and only with the evaluator's consent; a position is never sent"`
	AccuracyM   *float64   `json:"accuracy_m,omitempty" minimum:"0" doc:"Radius of the error of the distance (95%); a distance without it is dropped"`
}

// QueuedResponse is an interview as a device sends it.
type QueuedResponse struct {
	ID      string             `json:"id" format:"uuid" doc:"Made by the device at random; a repeat changes nothing"`
	CaseID  string             `json:"case_id,omitempty" doc:"Needed in a synchronisation only"`
	Mode    string             `json:"mode,omitempty" enum:"door,phone,paper" doc:"Not for a personal link. Paper only in what a device has queued, and held: what is on a form is entered by two (enter-paper)"`
	Version int                `json:"questionnaire_version,omitempty" minimum:"0"`
	Answers instrument.Answers `json:"answers" doc:"By item id: 1 to 5, yes, no, dk, or text"`
	Seconds int                `json:"seconds,omitempty" minimum:"0" doc:"Length of the interview"`
	Hour    *int               `json:"hour,omitempty" minimum:"0" maximum:"23" doc:"Hour of the day at which it began"`
	Taps    int                `json:"taps,omitempty" minimum:"0" doc:"Answers changed before sending"`

	PerItem     map[string]float64 `json:"per_item,omitempty" doc:"Seconds that each question was answered in, by item id; see docs/spec/paradata.md"`
	DistanceM   *float64           `json:"distance_m,omitempty" minimum:"0" doc:"Metres to the building, only with the evaluator's consent; a position is never sent"`
	AccuracyM   *float64           `json:"accuracy_m,omitempty" minimum:"0" doc:"Radius of the error of the distance (95%); a distance without it is dropped"`
	Offline     bool               `json:"offline,omitempty" doc:"The interview was begun or ended without a connection"`
	Consent     bool               `json:"consent,omitempty" doc:"The person was told what it is about and agreed"`
	ClockOffset *float64           `json:"clock_offset_s,omitempty" doc:"Seconds by which the device's clock was ahead of the server's, as last measured"`
}

// Attempt is the attempt for a use case. sent is the device's clock at sending.
func (a QueuedAttempt) Attempt(sent time.Time) NewAttempt {
	d := fieldwork.DeviceTime{At: a.At, Sent: sent}
	if a.ClockOffset != nil && finite(*a.ClockOffset) {
		m := time.Duration(min(max(*a.ClockOffset, -maxOffset), maxOffset) * float64(time.Second))
		d.Measured = &m
	}
	if a.After != nil {
		d.After = *a.After
	}
	out := NewAttempt{ID: a.ID, Mode: fieldwork.Mode(a.Mode), Code: fieldwork.Code(a.Disposition), At: a.At, Device: &d,
		Where: Reading{a.DistanceM, a.AccuracyM}}
	if a.Appointment != nil {
		out.Appointment = *a.Appointment
	}
	return out
}

// Submission is the interview for a use case, of the case given.
func (r QueuedResponse) Submission(caseID string) Submission {
	hour := -1
	if r.Hour != nil {
		hour = *r.Hour
	}
	return Submission{ID: r.ID, CaseID: caseID, Mode: fieldwork.Mode(r.Mode), Version: r.Version, Answers: r.Answers, Seconds: r.Seconds, Hour: hour, Taps: r.Taps,
		Device: Device{PerItem: r.PerItem, DistanceM: r.DistanceM, AccuracyM: r.AccuracyM, Offline: r.Offline, Consent: r.Consent, ClockOffset: r.ClockOffset}}
}

// errOther asks for the sign-in of the account that a phone speaks for.
var errOther = errs.New(errs.Unauthorized, "device.other_account", "somebody else is signed in on this phone; what waits on it is sent when its evaluator signs in").
	At("account", "", "", "sign in as the evaluator whose queue it is")

// Own refuses what a phone says for an account while another one is signed in on
// it: the store of the first may be open in one tab when the second signs in in
// another. An account that is not named is that of who asks.
func Own(who authz.Actor, account string) error {
	if account != "" && account != who.AccountID {
		return errOther
	}
	return nil
}

// Refused is the outcome of something that sending again cannot mend: it stays
// with the device for a person to look at. Only Sync returns it.
const Refused Status = "refused"

// Report is what became of a queue, item by item in its order.
type Report struct{ Attempts, Responses []Outcome }

// syncAtOnce is how many interviews of one queue are under way together.
const syncAtOnce = 32

// Sync takes a queue: any number of times, in any order, in parts. An error
// means that the whole is to be sent again; what had been taken by then is told
// as a duplicate at the repeat.
func (s *Service) Sync(ctx context.Context, who authz.Actor, q Queue) (Report, error) {
	if authz.ScopeOf(who.Role, authz.ResponseSubmit) == authz.Deny {
		return Report{}, authz.Check(who, authz.ResponseSubmit, authz.Object{})
	}
	if err := Own(who, q.Account); err != nil {
		return Report{}, err
	}
	rep := Report{Attempts: make([]Outcome, 0, len(q.Attempts)), Responses: make([]Outcome, len(q.Responses))}
	for _, x := range q.Attempts {
		o, err := s.SyncAttempt(ctx, who, x.CaseID, x.Attempt(q.SentAt))
		if o, err = refused(x.ID, o, err); err != nil {
			return rep, err
		}
		o.ID = x.ID // as the sender spelt it
		rep.Attempts = append(rep.Attempts, o)
	}
	return rep, s.syncResponses(ctx, who, q.Responses, rep.Responses)
}

// syncResponses submits side by side, so that one batch of the server takes many.
func (s *Service) syncResponses(ctx context.Context, who authz.Actor, list []QueuedResponse, out []Outcome) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	slots := make(chan struct{}, syncAtOnce)
	for i, r := range list {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			sub := r.Submission(r.CaseID)
			sub.Queued = true
			o, err := s.Submit(ctx, who, sub)
			done, err := refused(r.ID, o, err)
			mu.Lock()
			defer mu.Unlock()
			done.ID = r.ID
			if out[i] = done; err != nil {
				failed = err
			}
		})
	}
	wg.Wait()
	return failed
}

// refused turns an error that sending again cannot mend into an outcome.
func refused(id string, o Outcome, err error) (Outcome, error) {
	var e *errs.Error
	if errors.As(err, &e) && e.Code != errs.Unavailable && e.Code != errs.Unauthorized && e.Code != errs.Internal {
		return Outcome{ID: id, Status: Refused, Reason: e.Key}, nil
	}
	return o, err
}
