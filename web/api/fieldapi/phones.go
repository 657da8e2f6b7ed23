package fieldapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/field"
	"gongping/internal/pg/fielddb"
)

// Phone is a phone that is used in the field.
type Phone struct {
	ID        string     `json:"id" format:"uuid"`
	Evaluator string     `json:"evaluator" doc:"Display name"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty" doc:"Where it is blocked now"`
	Reason    string     `json:"reason,omitempty" doc:"Of the latest blocking or letting in"`
	SeenAt    *time.Time `json:"seen_at,omitempty" doc:"When it last fetched its cases"`
	Waiting   int        `json:"waiting" doc:"Records that waited to be sent then"`
	Drafts    int        `json:"drafts"`
	Stuck     int        `json:"stuck" doc:"Records that the server refused"`
	Build     string     `json:"build,omitempty"`
}

func phonesOf(list []fielddb.Phone) []Phone {
	out := make([]Phone, len(list))
	for i, p := range list {
		out[i] = Phone{p.ID, p.Name, p.CreatedAt, p.RevokedAt, p.Reason, p.SeenAt, p.Waiting, p.Drafts, p.Stuck, p.Build}
	}
	return out
}

// PhonePath is the phone in an address.
type PhonePath struct {
	ID string `path:"id" format:"uuid" doc:"Id of the phone"`
}

func registerPhones(a huma.API, svc *field.Service) {
	huma.Register(a, op(http.MethodGet, "list-devices", "/offline/devices", "My phones", "The phones that the evaluator who asks has worked offline with."),
		func(ctx context.Context, _ *none) (*body[[]Phone], error) {
			list, err := svc.Devices(ctx, who(ctx))
			return &body[[]Phone]{phonesOf(list)}, err
		})
	huma.Register(a, op(http.MethodDelete, "revoke-device", "/offline/devices/{id}", "Block a phone of one's own", "A lost one, say. It gets no key and no names any more, and its evaluator is signed out everywhere. Letting it in again is for who watches the fieldwork."),
		func(ctx context.Context, in *PhonePath) (*none, error) {
			return nil, svc.BlockPhone(ctx, who(ctx), in.ID, "")
		})
	huma.Register(a, op(http.MethodGet, "list-phones", "/phones", "Phones in the field", "Those of the evaluators who work in the caller's area, with what each said of itself when it last fetched its cases."),
		func(ctx context.Context, _ *none) (*body[[]Phone], error) {
			list, err := svc.Phones(ctx, who(ctx))
			return &body[[]Phone]{phonesOf(list)}, err
		})
	huma.Register(a, op(http.MethodPost, "block-phone", "/phones/{id}/block", "Block a phone", "It gets no key and no names any more, and its evaluator is signed out everywhere. What waits on it stays there, sealed; what has arrived is not touched. Blocking twice changes nothing."),
		func(ctx context.Context, in *struct {
			PhonePath
			Body struct {
				Reason string `json:"reason,omitempty" maxLength:"300"`
			}
		}) (*none, error) {
			return nil, svc.BlockPhone(ctx, who(ctx), in.ID, in.Body.Reason)
		})
	huma.Register(a, op(http.MethodPost, "admit-phone", "/phones/{id}/admit", "Let a blocked phone in again", "With a reason; not by the evaluator. It sends what waits on it after the next sign-in."),
		func(ctx context.Context, in *struct {
			PhonePath
			Body struct {
				Reason string `json:"reason" minLength:"1" maxLength:"300"`
			}
		}) (*none, error) {
			return nil, svc.AdmitPhone(ctx, who(ctx), in.ID, in.Body.Reason)
		})
	type consent struct {
		Given bool `json:"given"`
	}
	huma.Register(a, op(http.MethodGet, "get-distance-consent", "/offline/distance-consent", "Whether I agreed to say how far I was", "Off until it is given."),
		func(ctx context.Context, _ *none) (*body[consent], error) {
			given, err := svc.DistanceConsent(ctx, who(ctx))
			return &body[consent]{consent{given}}, err
		})
	huma.Register(a, op(http.MethodPut, "set-distance-consent", "/offline/distance-consent", "Give or withdraw consent to say how far I was", "By the evaluator alone. With consent the phone works out its distance to the building and sends rounded metres and their error, never a position. Without it nothing is different."),
		func(ctx context.Context, in *body[struct {
			Account string `json:"account,omitempty" format:"uuid" doc:"Who gives it; nothing changes where somebody else is signed in"`
			Given   bool   `json:"given"`
		}]) (*none, error) {
			if err := field.Own(who(ctx), in.Body.Account); err != nil {
				return nil, err
			}
			return nil, svc.SetDistanceConsent(ctx, who(ctx), in.Body.Given)
		})
}
