package fieldapi

import (
	"context"
	"net/http"
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
			out, err := svc.Submit(ctx, who(ctx), in.Body.Submission(in.ID))
			return &body[Outcome]{outcomeOf(out)}, err
		})
	type answers struct {
		ServerTime time.Time `json:"server_time" doc:"For measuring the device's clock"`
		Attempts   []Outcome `json:"attempts"`
		Responses  []Outcome `json:"responses"`
	}
	huma.Register(a, op(http.MethodPost, "sync", "/sync", "Send what a device has queued", "Any number of times, in any order, in parts. Every item has its own outcome. What comes too late to count (case handed over or ended, round closed, another version of the questionnaire) is held with the reason; refused items stay with the device for a person to look at."),
		func(ctx context.Context, in *body[field.Queue]) (*body[answers], error) {
			if len(in.Body.Attempts) > syncMax || len(in.Body.Responses) > syncMax {
				return nil, errs.New(errs.TooLarge, "field.sync_large", "a synchronisation brings at most %d of each kind", syncMax)
			}
			rep, err := svc.Sync(ctx, who(ctx), in.Body)
			if err != nil {
				return nil, err
			}
			return &body[answers]{answers{svc.Clock.Now(), outcomesOf(rep.Attempts), outcomesOf(rep.Responses)}}, nil
		})
}

func attempt(ctx context.Context, svc *field.Service, caseID string, a Attempt) (Outcome, error) {
	in := a.Attempt(time.Time{})
	in.Device = nil // the server looks on
	fresh, err := svc.RecordAttempt(ctx, who(ctx), caseID, in)
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
			out, err := svc.SubmitByLink(ctx, in.Token, in.Body.Submission(""))
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
