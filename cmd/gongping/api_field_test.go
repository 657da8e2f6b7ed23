package main

import (
	"net/http"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/survey/fieldwork"
)

type m = map[string]any

// TestAPI does the operations of the fieldwork by JSON, as who may and as who
// may not; then it asks for every operation of the document as nobody, with bad
// bodies and as every role; last it fails for operations without a test.
func TestAPI(t *testing.T) {
	t.Parallel()
	done := map[string]bool{}
	t.Run("closed", func(t *testing.T) { afterFieldwork(t, done) })
	t.Run("checked", func(t *testing.T) { checkedFieldwork(t, done) })
	f := fieldtest.Load(t)
	a := openAPI(t, f.Clock, done)
	who, cases := f.Someone()
	step := func(name string, do func(*fieldCalls)) {
		t.Run(name, func(t *testing.T) {
			a.t = t
			do(&fieldCalls{a, f, who, f.Other(who)})
		})
		a.t = t
	}
	ids := make([]string, len(cases))
	for i, c := range cases {
		ids[i] = c.ID
	}
	step("cases", func(x *fieldCalls) { x.cases(ids[0]) })
	step("residents", func(x *fieldCalls) { x.residents(ids[1]) })
	step("calls", func(x *fieldCalls) { x.calls(ids[2]) })
	step("paper", func(x *fieldCalls) { x.paper(cases[0].Committee) })
	step("held", func(x *fieldCalls) { x.held(ids[0]) })
	step("accounts", func(x *fieldCalls) { x.accounts() })
	step("quality", func(x *fieldCalls) { x.quality() })
	step("documents", func(x *fieldCalls) { x.documents() })
	step("draws", func(x *fieldCalls) { x.draws() })
	step("reserve", func(x *fieldCalls) { x.reserve() })
	step("devices", func(x *fieldCalls) { x.devices() }) // last: who loses a phone is signed out
	t.Run("another district", func(t *testing.T) {
		a.t = t
		a.abroad(t)
	})
	a.t = t
	var roles []authz.Actor
	seen := map[authz.Role]bool{}
	for _, acc := range f.Demo.Accounts {
		if r := f.Actor(acc.Login); !seen[r.Role] {
			seen[r.Role] = true
			roles = append(roles, r)
		}
	}
	t.Run("refusals", func(t *testing.T) {
		a.t = t
		a.refusals(t, roles)
	})
	a.t = t
	a.covered()
}

// fieldCalls is the round in the field with two of its evaluators.
type fieldCalls struct {
	*api
	*fieldtest.Fixture
	mine, other authz.Actor
}

var nobody authz.Actor

func (x *fieldCalls) role(r authz.Role) authz.Actor { return x.Role(r) }

func (x *fieldCalls) cases(id string) {
	boss := x.Actor("supervisor")
	var list []struct{ ID string }
	x.call(x.mine, "list-my-cases", nil, &list, 200)
	x.call(x.role(authz.Worker), "list-my-cases", nil, nil, 403)
	x.call(x.mine, "get-case", nil, nil, 200, id)
	x.call(x.other, "get-case", nil, nil, 404, id)
	x.call(x.mine, "get-case", nil, nil, 422, "no-id")
	x.call(boss, "list-cases", nil, nil, 200, x.Round)
	x.call(x.mine, "list-cases", nil, nil, 403, x.Round)
	x.call(boss, "get-progress", nil, nil, 200, x.Round)
	x.call(x.role(authz.Worker), "get-progress", nil, nil, 403, x.Round)
	var person struct{ Name string }
	x.call(x.mine, "open-identity", nil, &person, 200, id)
	if person.Name == "" {
		x.api.t.Error("no name")
	}
	x.call(boss, "open-identity", nil, nil, 403, id)
	x.call(x.other, "open-identity", nil, nil, 404, id)
	try := m{"id": app.NewID(), "mode": "door", "disposition": "2.24", "at": x.Fixture.Clock.Now().Format(time.RFC3339)}
	var out struct{ Status, Receipt string }
	x.call(x.mine, "record-attempt", try, &out, 200, id)
	x.call(x.mine, "record-attempt", try, &out, 200, id)
	if out.Status != "duplicate" {
		x.api.t.Errorf("a repeated attempt: %s", out.Status)
	}
	x.call(x.other, "record-attempt", try, nil, 404, id)
	x.call(x.mine, "record-attempt", m{"id": app.NewID(), "mode": "boat", "disposition": "2.24"}, nil, 422, id)
	answer := m{"id": app.NewID(), "mode": "door", "answers": fieldtest.Answers("4"), "seconds": 120}
	x.call(x.mine, "submit-response", answer, &out, 200, id)
	x.call(x.other, "submit-response", answer, nil, 404, id)
	x.call(x.mine, "submit-response", m{"id": app.NewID(), "mode": "door", "answers": m{"overall": "9"}}, nil, 422, id)
	if out.Status != "accepted" || out.Receipt == "" {
		x.api.t.Errorf("%+v", out)
	}
	var rep struct{ Responses []struct{ Status string } }
	x.call(x.mine, "sync", m{"attempts": []any{}, "responses": []any{m{"id": answer["id"], "case_id": id, "mode": "door", "answers": answer["answers"], "seconds": 120}}}, &rep, 200)
	if len(rep.Responses) != 1 || rep.Responses[0].Status != "duplicate" {
		x.api.t.Errorf("%+v", rep)
	}
	x.call(x.role(authz.Worker), "sync", m{"attempts": []any{}, "responses": []any{}}, nil, 403)
}

func (x *fieldCalls) residents(id string) {
	var link struct{ Token string }
	x.call(x.mine, "issue-link", nil, &link, 200, id)
	x.call(x.other, "issue-link", nil, nil, 404, id)
	x.call(x.role(authz.Worker), "issue-link", nil, nil, 403, id)
	x.call(x.mine, "revoke-link", nil, nil, 204, id)
	x.call(x.other, "revoke-link", nil, nil, 404, id)
	x.call(nobody, "open-link", nil, nil, 410, link.Token)
	x.call(x.mine, "issue-link", nil, &link, 200, id)
	x.call(nobody, "open-link", nil, nil, 200, link.Token)
	x.call(nobody, "open-link", nil, nil, 404, "AAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	answer := m{"id": app.NewID(), "answers": fieldtest.Answers("3"), "seconds": 90}
	var out struct{ Status, Receipt string }
	x.call(nobody, "submit-by-link", m{"id": app.NewID(), "answers": m{"overall": "many"}}, nil, 422, link.Token)
	x.call(nobody, "submit-by-link", answer, &out, 200, link.Token)
	var again struct{ Receipt string }
	x.call(nobody, "submit-by-link", answer, &again, 200, link.Token)
	if out.Status != "accepted" || again.Receipt != out.Receipt {
		x.api.t.Errorf("%+v, then %+v", out, again)
	}
	x.call(nobody, "open-link", nil, nil, 410, link.Token) // used
	code := m{"code": out.Receipt}
	var look struct{ Unchanged bool }
	x.call(nobody, "check-receipt", code, &look, 200)
	x.call(nobody, "check-receipt", m{"code": "0000-0000-0000"}, nil, 404)
	x.call(nobody, "check-receipt", m{"code": "0000-0000-0000-0000-0000-0000"}, nil, 422)
	if !look.Unchanged {
		x.api.t.Error("the answer has changed")
	}
	x.call(nobody, "tell-auditors", m{"code": out.Receipt, "signals": []string{"pressed"}}, nil, 204)
	x.call(nobody, "tell-auditors", m{"code": out.Receipt, "signals": []string{"bored"}}, nil, 422)
	x.call(nobody, "tell-auditors", m{"code": "0000-0000-0000", "signals": []string{"pressed"}}, nil, 404)
	var signals []m
	x.call(x.Actor("auditor"), "list-signals", nil, &signals, 200, x.Round)
	x.call(x.Actor("manager"), "list-signals", nil, nil, 403, x.Round)
	x.call(nobody, "withdraw-answer", m{"code": "0000-0000-0000"}, nil, 404)
	x.call(nobody, "withdraw-answer", code, nil, 204)
	x.call(nobody, "withdraw-answer", m{"code": out.Receipt, "why": "x"}, nil, 422)
}

func (x *fieldCalls) calls(id string) {
	var list struct {
		Number string `json:"evaluator_number"`
		Part   string `json:"day_part"`
		Due    []any
	}
	x.call(x.mine, "list-calls", nil, &list, 200)
	if len(list.Number) != 4 || list.Part != "afternoon" || len(list.Due) == 0 {
		x.api.t.Errorf("%+v", list)
	}
	x.call(x.role(authz.Worker), "list-calls", nil, nil, 403)
	var code struct {
		Code    string
		Expires time.Time `json:"expires_at"`
	}
	x.call(x.mine, "start-call", nil, &code, 200, id)
	x.call(x.other, "start-call", nil, nil, 404, id)
	x.call(x.Actor("manager"), "start-call", nil, nil, 403, id)
	if code.Expires.Sub(x.Fixture.Clock.Now()) != 30*time.Minute {
		x.api.t.Errorf("the code lives until %v", code.Expires)
	}
	var real struct {
		Number string `json:"evaluator_number"`
	}
	x.call(nobody, "check-call", m{"code": code.Code}, &real, 200)
	if real.Number != list.Number {
		x.api.t.Errorf("%+v", real)
	}
	x.call(nobody, "check-call", m{"code": "12"}, nil, 422)
	x.call(nobody, "check-call", m{"code": fieldwork.NewCode(7)}, nil, 404)
}

func (x *fieldCalls) paper(committee string) {
	boss := x.Actor("supervisor")
	var forms []struct{ Code, Step string }
	x.call(boss, "print-paper", m{"committee": committee, "number": 1}, &forms, 200, x.Round)
	x.call(x.mine, "print-paper", m{"committee": committee, "number": 1}, nil, 403, x.Round)
	x.call(boss, "print-paper", m{"committee": committee, "number": 0}, nil, 422, x.Round)
	if len(forms) != 1 {
		x.api.t.Fatalf("%d forms", len(forms))
	}
	code := forms[0].Code
	x.call(boss, "list-paper", nil, &forms, 200, x.Round)
	x.call(x.role(authz.Worker), "list-paper", nil, nil, 403, x.Round)
	typed := m{"answers": fieldtest.Answers("5")}
	x.call(boss, "enter-paper", m{"answers": m{"overall": "7"}}, nil, 422, code)
	x.call(boss, "enter-paper", typed, nil, 200, code)
	x.call(boss, "enter-paper", typed, nil, 409, code) // the second entry is another person's
	x.call(x.role(authz.Worker), "enter-paper", typed, nil, 403, code)
	x.call(boss, "enter-paper", typed, nil, 404, "0000000000")
	var form struct{ Step, Receipt string }
	x.call(x.mine, "enter-paper", typed, &form, 200, code)
	if form.Step != "counted" || form.Receipt == "" {
		x.api.t.Errorf("after two that agree: %+v", form)
	}
}

func (x *fieldCalls) devices() {
	phone, boss := app.NewID(), x.Actor("supervisor")
	var key struct{ Secret []byte }
	x.call(x.other, "unlock-device", m{"device": phone}, &key, 200)
	x.call(x.other, "unlock-device", m{"device": "my phone"}, nil, 422)
	x.call(boss, "unlock-device", m{"device": app.NewID()}, nil, 403)
	if len(key.Secret) != 32 {
		x.api.t.Errorf("a secret of %d bytes", len(key.Secret))
	}
	x.call(x.other, "pack-cases", m{"device": phone}, nil, 200)
	x.call(x.role(authz.Worker), "pack-cases", m{"device": phone}, nil, 403)
	var list []struct{ ID string }
	x.call(x.other, "list-devices", nil, &list, 200)
	if len(list) != 1 || list[0].ID != phone {
		x.api.t.Errorf("%+v", list)
	}
	x.call(boss, "list-phones", nil, nil, 200)
	x.call(x.role(authz.Worker), "list-phones", nil, nil, 403)
	x.call(x.other, "set-distance-consent", m{"given": true}, nil, 204)
	x.call(x.other, "set-distance-consent", m{"given": "perhaps"}, nil, 422)
	x.call(boss, "set-distance-consent", m{"given": true}, nil, 403)
	var consent struct{ Given bool }
	x.call(x.other, "get-distance-consent", nil, &consent, 200)
	if !consent.Given {
		x.api.t.Error("the consent is not kept")
	}
	x.call(x.other, "import-queue", []byte("no queue"), nil, http.StatusUnprocessableEntity)
	x.call(x.mine, "revoke-device", nil, nil, 404, phone)
	x.call(x.other, "revoke-device", nil, nil, 204, phone)
	x.call(boss, "block-phone", m{"reason": "丢失"}, nil, 204, phone)
	x.call(x.role(authz.Worker), "block-phone", m{"reason": "丢失"}, nil, 403, phone)
	x.call(boss, "admit-phone", m{"reason": ""}, nil, 422, phone)
	x.call(boss, "admit-phone", m{"reason": "已找回"}, nil, 204, phone)
}

func (x *fieldCalls) held(id string) {
	boss := x.Actor("supervisor")
	var out struct{ Status string }
	x.call(x.mine, "submit-response", m{"id": app.NewID(), "mode": "door", "answers": fieldtest.Answers("1"), "seconds": 100}, &out, 200, id)
	if out.Status != "held" {
		x.api.t.Fatalf("a second answer of a case is %s", out.Status)
	}
	var list []struct {
		ID, Reason string
		May        bool `json:"may_admit"`
	}
	x.call(boss, "list-held", nil, &list, 200, x.Round)
	x.call(x.role(authz.Worker), "list-held", nil, nil, 403, x.Round)
	if len(list) != 1 {
		x.api.t.Fatalf("%+v", list)
	}
	no := m{"admit": false, "reason": "同一户已有答卷，第二份不计"}
	x.call(x.mine, "decide-held", no, nil, 403, list[0].ID)
	x.call(boss, "decide-held", m{"admit": false, "reason": ""}, nil, 422, list[0].ID)
	x.call(boss, "decide-held", no, nil, 404, app.NewID())
	x.call(boss, "decide-held", no, nil, 204, list[0].ID)
	x.call(boss, "decide-held", no, nil, 409, list[0].ID)
}

func (x *fieldCalls) accounts() {
	admin := x.role(authz.Admin)
	x.call(x.mine, "me", nil, nil, 200)
	x.call(x.mine, "list-tokens", nil, nil, 200)
	var made struct{ ID string }
	x.call(admin, "create-account", m{"login": "api-1", "name": "测试", "role": "supervisor", "area": demo.DistrictCode, "password": password}, &made, 201)
	x.call(admin, "create-account", m{"login": "api-1", "name": "测试", "role": "supervisor", "area": demo.DistrictCode, "password": password}, nil, 409)
	x.call(admin, "create-account", m{"login": "api-2", "name": "测试", "role": "king", "area": demo.DistrictCode, "password": password}, nil, 422)
	x.call(x.Actor("manager"), "create-account", m{"login": "api-2", "name": "测试", "role": "admin", "area": demo.DistrictCode, "password": password}, nil, 403)
	x.call(admin, "list-accounts", nil, nil, 200)
	x.call(x.mine, "list-accounts", nil, nil, 403)
	x.call(admin, "set-account-disabled", m{"disabled": true}, nil, 204, made.ID)
	x.call(x.mine, "set-account-disabled", m{"disabled": true}, nil, 403, made.ID)
	x.call(admin, "reset-password", m{"password": "另一句容易记住的很长的话"}, nil, 204, made.ID)
	x.call(admin, "reset-password", m{"password": "kurz"}, nil, 422, made.ID)
	x.call(x.mine, "reset-password", m{"password": "另一句容易记住的很长的话"}, nil, 403, made.ID)
	x.call(admin, "set-account-disabled", m{"disabled": false}, nil, 204, made.ID)
	who := authz.Actor{District: demo.DistrictCode, AccountID: made.ID, Role: authz.Supervisor, Area: demo.DistrictCode}
	x.call(who, "change-password", m{"old_password": "不是这一句", "password": "再换一句容易记住的很长的话"}, nil, 422)
	x.call(who, "change-password", m{"old_password": "另一句容易记住的很长的话", "password": "再换一句容易记住的很长的话"}, nil, 204)
	var me struct{ ID, Name, Role, Area string }
	x.call(who, "me", nil, &me, 200) // a token outlives the password
	if me.ID != made.ID || me.Role != "supervisor" || me.Area != demo.DistrictCode {
		x.api.t.Errorf("%+v", me)
	}
}

func (x *fieldCalls) quality() {
	boss, manager := x.Actor("supervisor"), x.Actor("manager")
	round := x.Round
	x.call(boss, "scan-fieldwork", nil, nil, 200, round)
	x.call(x.mine, "scan-fieldwork", nil, nil, 403, round)
	x.call(boss, "scan-fieldwork", nil, nil, 404, app.NewID())
	var queue struct{ Counts []struct{ Detector string } }
	x.call(boss, "list-findings", nil, &queue, 200, round)
	x.call(x.mine, "list-findings", nil, nil, 403, round)
	if len(queue.Counts) == 0 {
		x.api.t.Error("no detector is listed")
	}
	x.call(boss, "get-balance", nil, nil, 200, round)
	x.call(x.mine, "get-balance", nil, nil, 403, round)
	x.call(boss, "compare-interviewers", nil, nil, 200, round)
	x.call(x.mine, "compare-interviewers", nil, nil, 403, round)
	x.call(boss, "get-backchecks", nil, nil, 200, round)
	x.call(x.mine, "get-backchecks", nil, nil, 403, round)
	x.call(manager, "draw-backchecks", nil, nil, 200, round)
	x.call(x.mine, "draw-backchecks", nil, nil, 403, round)
	x.call(x.mine, "list-my-backchecks", nil, nil, 200)
	x.call(manager, "end-backchecks", nil, nil, 409, round) // the round is open
}

// documents are what a round rests on, and lists that are empty yet.
func (x *fieldCalls) documents() {
	manager, auditor := x.Actor("manager"), x.Actor("auditor")
	x.call(manager, "get-round", nil, nil, 200, x.Round)
	x.call(manager, "get-round", nil, nil, 404, app.NewID())
	var list []struct{ ID string }
	x.call(manager, "list-rule-books", nil, &list, 200)
	if len(list) == 1 {
		var book m
		x.call(manager, "list-rule-book-versions", nil, nil, 200, list[0].ID)
		x.call(manager, "get-rule-book", nil, &book, 200, list[0].ID)
		x.call(manager, "save-rule-book", book, nil, 201)
		x.call(x.mine, "save-rule-book", book, nil, 403)
		book["calls"] = m{"refusal_hours": 1}
		x.call(manager, "save-rule-book", book, nil, 422)
	}
	x.call(manager, "list-questionnaires", nil, &list, 200)
	if len(list) == 1 {
		var q m
		x.call(manager, "get-questionnaire", nil, &q, 200, list[0].ID)
		x.call(manager, "save-questionnaire", q, nil, 201)
		x.call(x.mine, "save-questionnaire", q, nil, 403)
		x.files(list[0].ID)
	}
	x.call(manager, "list-runs", nil, nil, 200, x.Round)
	x.call(manager, "list-notices", nil, nil, 200)
	x.call(auditor, "list-audit-checkpoints", nil, nil, 200)
	x.call(manager, "list-audit-checkpoints", nil, nil, 403)
	var made struct{ ID string }
	x.call(auditor, "issue-token", m{"name": "once more"}, &made, 201)
	x.call(auditor, "revoke-token", nil, nil, 204, made.ID)
}
