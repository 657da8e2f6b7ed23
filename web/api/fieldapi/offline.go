package fieldapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"gongping/internal/app/field"
	"gongping/internal/errs"
	"gongping/survey/fieldwork"
)

// PackCase is a case as a phone takes it along.
type PackCase struct {
	Case
	FormKey    string        `json:"form" doc:"Key of the form: questionnaire id and version"`
	Version    int           `json:"questionnaire_version"`
	Languages  []string      `json:"languages" doc:"In which the questionnaire can be asked"`
	KeepPerson bool          `json:"keep_person" doc:"Whether the phone may keep name and contacts"`
	Person     *PackPerson   `json:"person,omitempty" doc:"Where the phone does not hold it yet; every one has an entry in the audit log"`
	History    []PackAttempt `json:"history"`
	Closed     string        `json:"closed,omitempty" doc:"Key of what stands in the way of answers now"`
	Place      *PackPlace    `json:"place,omitempty" doc:"Where the building stands (WGS-84), only with the evaluator's consent and while the person is still to be asked"`
	LastDay    string        `json:"last_day" format:"date"`
}

// PackPerson is whom to ask: the person that was drawn, nobody else.
type PackPerson struct {
	Name     string `json:"name"`
	Phone    string `json:"phone"`
	Address  string `json:"address"`
	Building string `json:"building"`
	Sex      string `json:"sex"`
	AgeBand  string `json:"age_band"`
}

// PackPlace is where a building stands. The phone works out its distance to it
// and sends that alone.
type PackPlace struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// PackAttempt is a try that was made.
type PackAttempt struct {
	ID          string    `json:"id"`
	At          time.Time `json:"at"`
	Mode        string    `json:"mode"`
	Disposition string    `json:"disposition"`
}

type pack struct {
	ServerTime time.Time  `json:"server_time"`
	KeepUntil  time.Time  `json:"keep_until" doc:"Names not fetched again by then are to be removed"`
	Cases      []PackCase `json:"cases"`
	LeftOut    int        `json:"left_out,omitempty" doc:"Cases that are not among these: a phone takes 500 along, those still to be asked first"`
	LeftDone   int        `json:"left_done,omitempty" doc:"How many of the cases left out are complete"`
	Distance   bool       `json:"distance" doc:"Whether the evaluator has agreed that the phone tells how far it was from the building"`
}

// about is what a phone says of itself, field by field as in field.PhoneReport.
type about struct {
	Waiting int    `json:"waiting,omitempty" minimum:"0" doc:"Records that wait to be sent"`
	Drafts  int    `json:"drafts,omitempty" minimum:"0" doc:"Interviews that were begun"`
	Stuck   int    `json:"stuck,omitempty" minimum:"0" doc:"Records that the server refused"`
	Build   string `json:"build,omitempty" maxLength:"40" doc:"Version of the app"`
}

// FormKey names a form on the phone: a questionnaire in one version.
func FormKey(r field.Round) string {
	return r.QuestionnaireID + "/" + strconv.Itoa(r.QuestionnaireVersion)
}

func packOf(p field.Pack) pack {
	out := pack{ServerTime: p.At, KeepUntil: p.At.Add(field.KeepIdentities), LeftOut: p.LeftOut, LeftDone: p.LeftDone, Distance: p.Distance, Cases: make([]PackCase, len(p.Cases))}
	for i, c := range p.Cases {
		r := p.Rounds[c.RoundID]
		x := PackCase{Case: caseOf(c.CaseView), FormKey: FormKey(r.Round), Version: r.QuestionnaireVersion, Languages: r.Questionnaire.Tags(), KeepPerson: c.KeepPerson,
			History: make([]PackAttempt, len(c.History)), LastDay: r.ClosesOn.Format(time.DateOnly)}
		for _, l := range c.Lacking {
			x.Lacking = append(x.Lacking, l.Key)
		}
		if e, ok := r.OpenNow.(*errs.Error); ok {
			x.Closed = e.Key
		}
		for j, a := range c.History {
			x.History[j] = PackAttempt{a.ID, a.At, string(a.Mode), string(a.Code)}
		}
		if p := c.Person; p != nil {
			x.Person = &PackPerson{p.Name, p.Phone, p.Address, p.Building, p.Sex, p.AgeBand}
		}
		if c.Place != nil {
			x.Place = &PackPlace{c.Place.Lat, c.Place.Lon}
		}
		if x.Stage != string(fieldwork.Agreed) {
			x.Appointment = nil
		}
		out.Cases[i] = x
	}
	return out
}

func registerOffline(a huma.API, svc *field.Service) {
	type secret struct {
		Secret     []byte    `json:"secret" doc:"32 bytes from which the phone makes its keys; never stored in clear"`
		ServerTime time.Time `json:"server_time"`
	}
	type device struct {
		Device string `json:"device" format:"uuid" doc:"Made by the phone"`
	}
	huma.Register(a, op(http.MethodPost, "unlock-device", "/offline/unlock", "Unlock a phone", "For the evaluator who is signed in. The first call registers the phone; a blocked one gets no secret."),
		func(ctx context.Context, in *body[device]) (*body[secret], error) {
			b, err := svc.UnlockDevice(ctx, who(ctx), in.Body.Device)
			return &body[secret]{secret{b, svc.Clock.Now()}}, err
		})
	huma.Register(a, op(http.MethodPost, "pack-cases", "/offline/pack", "Take the own cases along", "With names and contacts of cases that are still to be asked and that the phone does not hold yet. Every one is written to the audit log."),
		func(ctx context.Context, in *body[struct {
			Device string   `json:"device" format:"uuid" doc:"Made by the phone"`
			Have   []string `json:"have,omitempty" maxItems:"2000" doc:"Cases whose name and contacts the phone holds"`
			About  about    `json:"about,omitzero" doc:"What the phone says of itself; shown to who watches the fieldwork"`
		}]) (*body[pack], error) {
			p, err := svc.PackCases(ctx, who(ctx), in.Body.Device, in.Body.Have, field.PhoneReport(in.Body.About))
			if err != nil {
				return nil, err
			}
			return &body[pack]{packOf(p)}, nil
		})
	registerPhones(a, svc)
	type imported struct {
		Evaluator string         `json:"evaluator"`
		Counts    map[string]int `json:"counts" doc:"By status: accepted, duplicate, held, refused"`
		Attempts  []Outcome      `json:"attempts"`
		Responses []Outcome      `json:"responses"`
	}
	o := op(http.MethodPost, "import-queue", "/offline/import", "Hand in a phone's exported queue", "The file that the offline app exports when it cannot send. By its evaluator, or by a supervisor or manager of the area. Importing twice changes nothing.")
	o.MaxBodyBytes = field.MaxQueueFile
	huma.Register(a, o, func(ctx context.Context, in *struct {
		RawBody []byte `contentType:"application/octet-stream"`
	}) (*body[imported], error) {
		rep, err := svc.ImportQueue(ctx, who(ctx), in.RawBody)
		if err != nil {
			return nil, err
		}
		out := imported{Evaluator: rep.Evaluator, Counts: map[string]int{}, Attempts: outcomesOf(rep.Attempts), Responses: outcomesOf(rep.Responses)}
		for s, n := range rep.Counts {
			out.Counts[string(s)] = n
		}
		return &body[imported]{out}, nil
	})
	registerHeld(a, svc)
}

func registerHeld(a huma.API, svc *field.Service) {
	type held struct {
		ID        string    `json:"id"`
		Case      string    `json:"case_number"`
		Committee string    `json:"committee"`
		Reason    string    `json:"reason" doc:"Why it was held: taken_away, closed, single_entry, second_answer, id_used, version"`
		At        time.Time `json:"received_at"`
		MayAdmit  bool      `json:"may_admit"`
		Admitted  *bool     `json:"admitted,omitempty"`
	}
	huma.Register(a, op(http.MethodGet, "list-held", "/fieldwork/{round}/held", "Answers held apart", "Why they were held, never what was answered."),
		func(ctx context.Context, in *struct {
			Round string `path:"round" format:"uuid" doc:"Id of the round"`
		}) (*body[[]held], error) {
			list, err := svc.Held(ctx, who(ctx), in.Round)
			out := make([]held, len(list))
			for i, h := range list {
				out[i] = held{h.ID, h.Number(), h.Committee, h.Reason, h.ReceivedAt, h.MayAdmit, h.Admitted}
			}
			return &body[[]held]{out}, err
		})
	huma.Register(a, op(http.MethodPost, "decide-held", "/held/{id}/decision", "Count an answer that came too late, or leave it out", "With a reason and without seeing the answers. A decision stands."),
		func(ctx context.Context, in *struct {
			ID   string `path:"id" format:"uuid" doc:"Id of the held answer"`
			Body struct {
				Admit  bool   `json:"admit"`
				Reason string `json:"reason" minLength:"1" maxLength:"300"`
			}
		}) (*none, error) {
			return nil, svc.DecideHeld(ctx, who(ctx), in.ID, in.Body.Admit, in.Body.Reason)
		})
}
