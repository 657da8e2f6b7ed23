package fieldapi

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/field"
	"gongping/internal/cache"
	"gongping/internal/errs"
	"gongping/survey/instrument"
)

// Limiter bounds the tries of somebody who is not signed in.
type Limiter interface {
	Allow(ctx context.Context, key string, limit cache.Limit) cache.Verdict
}

// publicLimit bounds the tries from one address.
var publicLimit = cache.Limit{Rate: 120, Per: time.Minute, Burst: 120}

// syncMax is the most that one synchronisation may bring of each kind.
const syncMax = 500

// syncAtOnce is how many items of a synchronisation are under way together.
const syncAtOnce = 32

func registerSubmissions(a huma.API, svc *field.Service) {
	huma.Register(a, op(http.MethodPost, "record-attempt", "/cases/{id}/attempts", "Record a contact attempt", "Idempotent by the id. Times that cannot be are set to that of the receipt."),
		func(ctx context.Context, in *struct {
			CasePath
			Body Attempt
		}) (*body[Outcome], error) {
			out, err := attempt(ctx, svc, in.ID, in.Body)
			return &body[Outcome]{out}, err
		})
	huma.Register(a, op(http.MethodPost, "submit-response", "/cases/{id}/responses", "Submit the answers of a case", "Answered after the commit. Sending the same again gives the same receipt; a different answer for a case that has one is held."),
		func(ctx context.Context, in *struct {
			CasePath
			Body Response
		}) (*body[Outcome], error) {
			out, err := svc.Submit(ctx, who(ctx), in.Body.into(in.ID))
			return &body[Outcome]{outcomeOf(out)}, err
		})
	type queue struct {
		Attempts  []Attempt  `json:"attempts,omitempty" maxItems:"500"`
		Responses []Response `json:"responses,omitempty" maxItems:"500"`
	}
	type answers struct {
		Attempts  []Outcome `json:"attempts"`
		Responses []Outcome `json:"responses"`
	}
	huma.Register(a, op(http.MethodPost, "sync", "/sync", "Send what a device has queued", "Any number of times, in any order, in parts. Every item has its own outcome; refused ones stay with the device for a person to look at. An item without an outcome was not reached: send it again."),
		func(ctx context.Context, in *body[queue]) (*body[answers], error) {
			if len(in.Body.Attempts) > syncMax || len(in.Body.Responses) > syncMax {
				return nil, errs.New(errs.TooLarge, "field.sync_large", "a synchronisation brings at most %d of each kind", syncMax)
			}
			out := answers{Attempts: make([]Outcome, 0, len(in.Body.Attempts)), Responses: make([]Outcome, len(in.Body.Responses))}
			for _, x := range in.Body.Attempts {
				o, err := attempt(ctx, svc, x.CaseID, x)
				if o, err = refused(x.ID, o, err); err != nil {
					return nil, err
				}
				out.Attempts = append(out.Attempts, o)
			}
			err := syncResponses(ctx, svc, in.Body.Responses, out.Responses)
			return &body[answers]{out}, err
		})
}

// syncResponses submits side by side, so that one batch of the server takes many.
func syncResponses(ctx context.Context, svc *field.Service, list []Response, out []Outcome) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var failed error
	slots := make(chan struct{}, syncAtOnce)
	for i, r := range list {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			o, err := svc.Submit(ctx, who(ctx), r.into(r.CaseID))
			done, err := refused(r.ID, outcomeOf(o), err)
			mu.Lock()
			defer mu.Unlock()
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
	if errors.As(err, &e) && e.Code != errs.Unavailable && e.Code != errs.Unauthorized {
		return Outcome{ID: id, Status: "refused", Reason: e.Key}, nil
	}
	return o, err
}

func attempt(ctx context.Context, svc *field.Service, caseID string, a Attempt) (Outcome, error) {
	fresh, err := svc.RecordAttempt(ctx, who(ctx), caseID, a.into())
	o := Outcome{ID: a.ID, Status: "duplicate"}
	if fresh {
		o.Status = "accepted"
	}
	return o, err
}

// LinkPath is the token in an address.
type LinkPath struct {
	Token string `path:"token" doc:"Token of the personal link" maxLength:"64"`
}

func registerResidents(a huma.API, svc *field.Service, limit Limiter, district string) {
	allow := func(ctx context.Context) error {
		if v := limit.Allow(ctx, "link-api/"+address(ctx), publicLimit); !v.Allowed {
			return errs.New(errs.TooMany, "resident.too_many", "too many tries from this address; wait a minute")
		}
		return nil
	}
	type invitation struct {
		CommitteeName string                    `json:"committee_name"`
		ExpiresAt     time.Time                 `json:"expires_at"`
		Version       int                       `json:"questionnaire_version"`
		Questionnaire *instrument.Questionnaire `json:"questionnaire"`
	}
	huma.Register(a, public(op(http.MethodGet, "open-link", "/links/{token}", "Open a personal link", "The questions, and nothing about the person. Used, withdrawn and expired links answer 410.")),
		func(ctx context.Context, in *LinkPath) (*body[invitation], error) {
			if err := allow(ctx); err != nil {
				return nil, err
			}
			v, err := svc.OpenLink(ctx, in.Token)
			if err != nil {
				return nil, err
			}
			return &body[invitation]{invitation{v.CommitteeName, v.ExpiresAt, v.Round.QuestionnaireVersion, v.Round.Questionnaire}}, nil
		})
	huma.Register(a, public(op(http.MethodPost, "submit-by-link", "/links/{token}/response", "Answer by a personal link", "Once. Sending the same again gives the same receipt.")),
		func(ctx context.Context, in *struct {
			LinkPath
			Body Response
		}) (*body[Outcome], error) {
			if err := allow(ctx); err != nil {
				return nil, err
			}
			out, err := svc.SubmitByLink(ctx, in.Token, in.Body.into(""))
			return &body[Outcome]{outcomeOf(out)}, err
		})
	type receipt struct {
		Day       string `json:"day" format:"date"`
		Unchanged bool   `json:"unchanged"`
		Excluded  string `json:"excluded,omitempty" doc:"Ground for which it is set aside"`
	}
	huma.Register(a, public(op(http.MethodPost, "check-receipt", "/receipts", "Look up a receipt", "Tells whether the answer counts and is unchanged; nothing about content or person.")),
		func(ctx context.Context, in *body[struct {
			Code string `json:"code" maxLength:"20" example:"7K3M-P9QA-X2RT"`
		}]) (*body[receipt], error) {
			if err := allow(ctx); err != nil {
				return nil, err
			}
			v, err := svc.CheckReceipt(ctx, district, in.Body.Code)
			if err != nil {
				return nil, err
			}
			return &body[receipt]{receipt{v.Day.Format(time.DateOnly), v.Unchanged, v.Excluded}}, nil
		})
}
