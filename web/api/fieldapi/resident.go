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

// codeLimit bounds the tries of receipts and call codes from one address.
var codeLimit = cache.Limit{Rate: 20, Per: time.Minute, Burst: 20}

type receiptBody struct {
	Code string `json:"code" maxLength:"20" example:"7K3M-P9QA-X2RT"`
}

func allowed(ctx context.Context, limit Limiter, what string) error {
	if v := limit.Allow(ctx, what+"-api/"+address(ctx), codeLimit); !v.Allowed {
		return errs.New(errs.TooMany, "resident.too_many", "too many tries from this address; wait a minute")
	}
	return nil
}

func registerReceipts(a huma.API, svc *field.Service, limit Limiter, district string) {
	huma.Register(a, public(op(http.MethodPost, "withdraw-answer", "/receipts/withdraw", "Withdraw an answer", "By its receipt, while the round lasts. The answer stays stored; no later run counts it.")),
		func(ctx context.Context, in *body[receiptBody]) (*none, error) {
			if err := allowed(ctx, limit, "receipt"); err != nil {
				return nil, err
			}
			return nil, svc.Withdraw(ctx, district, in.Body.Code)
		})
	huma.Register(a, public(op(http.MethodPost, "tell-auditors", "/receipts/signals", "Tell the auditors", "By the receipt: somebody said what to answer, or pressed. Only auditors see sums of it.")),
		func(ctx context.Context, in *body[struct {
			Code    string   `json:"code" maxLength:"20" example:"7K3M-P9QA-X2RT"`
			Signals []string `json:"signals" minItems:"1" maxItems:"2" enum:"coached,pressed"`
		}]) (*none, error) {
			if err := allowed(ctx, limit, "receipt"); err != nil {
				return nil, err
			}
			list := make([]field.Signal, len(in.Body.Signals))
			for i, s := range in.Body.Signals {
				list[i] = field.Signal(s)
			}
			return nil, svc.Tell(ctx, district, in.Body.Code, list)
		})
	type count struct {
		N      *int `json:"n,omitempty"`
		Few    bool `json:"few,omitempty" doc:"1 or 2"`
		Hidden bool `json:"hidden,omitempty" doc:"Too few answers to be shown"`
	}
	type line struct {
		Committee string `json:"committee"`
		Name      string `json:"name"`
		Answers   int    `json:"answers,omitempty"`
		Coached   count  `json:"coached"`
		Pressed   count  `json:"pressed"`
		Withdrawn count  `json:"withdrawn"`
	}
	of := func(c field.SignalCount) count {
		out := count{Few: c.Few, Hidden: c.Hidden}
		if !c.Few && !c.Hidden {
			out.N = &c.N
		}
		return out
	}
	huma.Register(a, op(http.MethodGet, "list-signals", "/fieldwork/{round}/signals", "What residents told the auditors", "For auditors only; by committee, small figures suppressed."),
		func(ctx context.Context, in *struct {
			Round string `path:"round" format:"uuid" doc:"Id of the round"`
		}) (*body[[]line], error) {
			s, err := svc.Signals(ctx, who(ctx), in.Round)
			out := make([]line, len(s.Lines))
			for i, l := range s.Lines {
				out[i] = line{l.Committee, l.Name, l.Answers, of(l.Coached), of(l.Pressed), of(l.Withdrawn)}
			}
			return &body[[]line]{out}, err
		})
}

func registerCalls(a huma.API, svc *field.Service, limit Limiter, district string) {
	type call struct {
		Case   Case       `json:"case"`
		Agreed bool       `json:"agreed,omitempty" doc:"An appointment is due"`
		From   *time.Time `json:"from,omitempty" doc:"Not before"`
	}
	type list struct {
		Number string `json:"evaluator_number"`
		Part   string `json:"day_part,omitempty" enum:"morning,afternoon,evening"`
		Due    []call `json:"due" doc:"In the order in which they are to be called"`
		Later  []call `json:"later"`
	}
	of := func(in []field.CallLine) []call {
		out := make([]call, len(in))
		for i, l := range in {
			out[i] = call{Case: caseOf(l.CaseView), Agreed: l.Call.Agreed}
			if !l.Call.From.IsZero() {
				out[i].From = &l.Call.From
			}
		}
		return out
	}
	huma.Register(a, op(http.MethodGet, "list-calls", "/calls", "Whom to call now", "The evaluator's own cases in the order of today's lot, by the waits of the telephone protocol."),
		func(ctx context.Context, _ *none) (*body[list], error) {
			l, err := svc.Calls(ctx, who(ctx))
			return &body[list]{list{l.Number, l.Part, of(l.Due), of(l.Later)}}, err
		})
	type code struct {
		Code      string    `json:"code" doc:"Shown once; whoever is called can check it"`
		ExpiresAt time.Time `json:"expires_at"`
	}
	huma.Register(a, op(http.MethodPost, "start-call", "/cases/{id}/call", "Make the code of a call", "For the evaluator of the case, valid for half an hour."),
		func(ctx context.Context, in *CasePath) (*body[code], error) {
			c, until, err := svc.StartCall(ctx, who(ctx), in.ID)
			return &body[code]{code{c, until}}, err
		})
	type real struct {
		Round  string    `json:"round"`
		Number string    `json:"evaluator_number"`
		At     time.Time `json:"at"`
	}
	huma.Register(a, public(op(http.MethodPost, "check-call", "/calls/check", "Check that a call is real", "Tells round and evaluator number; nothing about the person called.")),
		func(ctx context.Context, in *body[receiptBody]) (*body[real], error) {
			if err := allowed(ctx, limit, "check"); err != nil {
				return nil, err
			}
			v, err := svc.CheckCall(ctx, district, in.Body.Code)
			return &body[real]{real{v.RoundTitle, v.Number, v.At}}, err
		})
}

func registerPaper(a huma.API, svc *field.Service) {
	type form struct {
		Code      string `json:"code" example:"1234567876"`
		Committee string `json:"committee,omitempty"`
		Step      string `json:"step" enum:"first,second,decision,agreed,counted,taken"`
		Receipt   string `json:"receipt,omitempty"`
	}
	huma.Register(a, op(http.MethodPost, "print-paper", "/fieldwork/{round}/paper", "Book paper forms", "For cases of a committee without an answer; returns the codes that are printed on them."),
		func(ctx context.Context, in *struct {
			Round string `path:"round" format:"uuid" doc:"Id of the round"`
			Body  struct {
				Committee string `json:"committee"`
				Number    int    `json:"number" minimum:"1" maximum:"50"`
			}
		}) (*body[[]form], error) {
			_, codes, err := svc.PrintForms(ctx, who(ctx), in.Round, in.Body.Committee, in.Body.Number)
			out := make([]form, len(codes))
			for i, c := range codes {
				out[i] = form{Code: c, Committee: in.Body.Committee, Step: string(field.PaperFirst)}
			}
			return &body[[]form]{out}, err
		})
	huma.Register(a, op(http.MethodGet, "list-paper", "/fieldwork/{round}/paper", "Paper forms of a round", "Codes and where each stands; never what was entered."),
		func(ctx context.Context, in *struct {
			Round string `path:"round" format:"uuid" doc:"Id of the round"`
		}) (*body[[]form], error) {
			_, list, err := svc.PaperForms(ctx, who(ctx), in.Round)
			out := make([]form, len(list))
			for i, l := range list {
				out[i] = form{Code: l.Code, Committee: l.Committee, Step: string(l.Step)}
			}
			return &body[[]form]{out}, err
		})
	huma.Register(a, op(http.MethodPost, "enter-paper", "/paper/{code}", "Enter what is on a form", "As first or second person, or as the third who decides. What two agree on, or a third decides, becomes one response."),
		func(ctx context.Context, in *struct {
			Code string `path:"code" maxLength:"16" doc:"Code on the form"`
			Body struct {
				Answers instrument.Answers `json:"answers"`
			}
		}) (*body[form], error) {
			v, err := svc.EnterPaper(ctx, who(ctx), in.Code, in.Body.Answers)
			return &body[form]{form{Code: v.Form.Code, Step: string(v.Step), Receipt: v.Receipt}}, err
		})
}
