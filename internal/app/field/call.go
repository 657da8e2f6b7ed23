package field

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/survey/fieldwork"
)

// CallLine is a case on the list of calls.
type CallLine struct {
	CaseView
	Call fieldwork.Call
}

// CallList is an evaluator's list of calls at this moment.
type CallList struct {
	Number string // of the evaluator, as residents can check it
	Part   string // of the day; "" when nobody is to be called
	// FirstHour and LastHour bound the hours of calls, over the rule books of all rounds.
	FirstHour, LastHour int
	Due, Later          []CallLine
}

// Calls puts the evaluator's cases into today's order of calls.
func (s *Service) Calls(ctx context.Context, who authz.Actor) (out CallList, err error) {
	now := s.Clock.Now()
	err = s.Read(ctx, who, authz.CaseList, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		out.Number, out.Part = s.EvaluatorNumber(who.District, who.AccountID), fieldwork.DefaultRetry.DayPart(now)
		out.FirstHour, out.LastHour = fieldwork.DefaultRetry.FirstHour, fieldwork.DefaultRetry.LastHour
		cases, err := fielddb.CasesOf(ctx, db, who.District, who.AccountID)
		if err != nil {
			return err
		}
		tries, err := fielddb.TriesOf(ctx, db, who.District, who.AccountID)
		if err != nil {
			return err
		}
		rules, part := map[string]fieldwork.Retry{}, ""
		at := map[string]CaseView{}
		var list []fieldwork.Callable
		for _, c := range cases {
			v := view(c, now)
			if v.Stage == fieldwork.Done || v.Stage == fieldwork.Ended {
				continue
			}
			at[c.ID] = v
			rule, ok := rules[c.RoundID]
			if !ok {
				r, err := s.roundByID(ctx, db, who.District, c.RoundID)
				if err != nil {
					return err
				}
				rule = r.Rules.CallRules().Retry()
				if len(rules) == 0 {
					out.FirstHour, out.LastHour = rule.FirstHour, rule.LastHour
				}
				out.FirstHour, out.LastHour = min(out.FirstHour, rule.FirstHour), max(out.LastHour, rule.LastHour)
				rules[c.RoundID], part = rule, cmp.Or(part, rule.DayPart(now))
			}
			x := fieldwork.Callable{ID: c.ID, Tries: tries[c.ID], Rule: rule}
			if c.Appointment != nil && v.Final == fieldwork.Appointment {
				x.Appointment = *c.Appointment
			}
			list = append(list, x)
		}
		if len(rules) > 0 {
			out.Part = part // somebody may be called by the rules of some round
		}
		due, later := fieldwork.Calls(list, who.AccountID, now)
		for _, c := range due {
			out.Due = append(out.Due, CallLine{at[c.ID], c})
		}
		for _, c := range later {
			out.Later = append(out.Later, CallLine{at[c.ID], c})
		}
		return nil
	})
	return out, err
}

// EvaluatorNumber is the number by which residents know an evaluator: four
// digits, the same on every call, and nothing that leads to the account.
func (s *Service) EvaluatorNumber(district, account string) string {
	return strings.ToUpper(s.Seal.Pseudonym("evaluator/"+district, account)[:4])
}

func hashCall(district, code string) []byte {
	h := sha256.Sum256([]byte("gongping/call/" + district + "/" + code))
	return h[:]
}

// StartCall makes the code of a call that is about to be made: the evaluator
// reads it out, and whoever is called can check it. It is stored nowhere but as
// a hash, and knows nothing of the person.
func (s *Service) StartCall(ctx context.Context, who authz.Actor, caseID string) (code string, expires time.Time, err error) {
	err = s.onCase(ctx, who, authz.CallCode, caseID, func(ctx context.Context, tx *app.Tx, c fielddb.Case, r Round) error {
		if err := openFor(r.RoundState, c.DrawID, tx.Now); err != nil {
			return err
		}
		if rule := r.Rules.CallRules().Retry(); rule.DayPart(tx.Now) == "" {
			return errs.New(errs.NotNow, "call.quiet_text", "calls are made from %d to %d o'clock only", rule.FirstHour, rule.LastHour).
				With(map[string]any{"First": rule.FirstHour, "Last": rule.LastHour})
		}
		expires = tx.Now.Add(r.Rules.CallRules().CodeLife())
		tx.Record("case", c.ID, c.Committee, map[string]any{"call": "started"})
		return withCode(func(fresh string) (bool, error) {
			code = fresh
			return fielddb.InsertCallCode(ctx, tx, who.District, hashCall(who.District, code),
				fielddb.CallCode{RoundID: c.RoundID, Evaluator: who.AccountID, IssuedAt: tx.Now, ExpiresAt: expires})
		})
	})
	return code, expires, err
}

// withCode tries random codes until one is free.
func withCode(try func(code string) (taken bool, err error)) error {
	for range 20 {
		var b [8]byte
		rand.Read(b[:])
		if taken, err := try(fieldwork.NewCode(binary.BigEndian.Uint64(b[:]))); err != nil || !taken {
			return err
		}
	}
	return errs.New(errs.Unavailable, "busy", "too many changes at once; try again")
}

// CallView is what the checker of a call learns.
type CallView struct {
	RoundTitle string
	Number     string // of the evaluator
	At         time.Time
}

// CheckCall tells whether a code belongs to a real call of this moment.
func (s *Service) CheckCall(ctx context.Context, district, typed string) (v CallView, err error) {
	unknown := errs.New(errs.NotFound, "call.unknown", "no call of this moment has this code")
	code, ok := fieldwork.ParseCode(typed)
	if !ok {
		return v, errs.New(errs.Invalid, "call.mistyped", "the code is mistyped").At("code", "", "ten digits, as they were read out", "ask for it once more")
	}
	c, err := fielddb.GetCallCode(ctx, s.Pool, district, hashCall(district, code))
	if pg.NoRows(err) || (err == nil && !s.Clock.Now().Before(c.ExpiresAt)) {
		return v, unknown
	}
	return CallView{c.RoundTitle, s.EvaluatorNumber(district, c.Evaluator), c.IssuedAt}, err
}
