package main

import (
	"archive/zip"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/testkit"
	"gongping/survey/fieldwork"
)

// draws commits to a further batch, reads it and gives it up.
func (x *fieldCalls) draws() {
	manager := x.Actor("manager")
	var cases []struct{ Committee string }
	x.call(manager, "list-cases", nil, &cases, 200, x.Round)
	wish := m{"kind": "dice", "name": "大厅掷骰（补充样本）", "due": x.Fixture.Clock.Now().Add(time.Hour).Format(time.RFC3339), "sizes": m{cases[0].Committee: 2}}
	var made struct{ ID string }
	x.call(x.mine, "commit-top-up", wish, nil, 403, x.Round)
	none := maps.Clone(wish)
	none["sizes"] = m{}
	x.call(manager, "commit-top-up", none, nil, 422, x.Round)
	x.call(manager, "commit-top-up", wish, &made, 201, x.Round)
	x.call(manager, "commit-top-up", wish, nil, 409, x.Round) // one waits
	type one struct {
		ID, Round, State, Purpose, Randomness, Reason, Document, Signature string
		CommitmentDigest                                                   string `json:"commitment_digest"`
	}
	var d one
	x.call(manager, "get-draw", nil, &d, 200, made.ID)
	x.call(manager, "get-draw", nil, nil, 404, app.NewID())
	if d.ID != made.ID || d.Round != x.Round || d.State != "waiting" || d.Document == "" || d.Signature == "" || len(d.CommitmentDigest) != 64 {
		x.api.t.Errorf("%+v", d)
	}
	x.call(manager, "discard-draw", m{"reason": ""}, nil, 422, made.ID)
	x.call(manager, "discard-draw", m{"reason": "补充样本的数量填错，重新承诺"}, nil, 204, made.ID)
	x.call(manager, "discard-draw", m{"reason": "补充样本的数量填错，重新承诺"}, nil, 409, made.ID)
	x.call(manager, "get-draw", nil, &d, 200, made.ID)
	if d.State != "discarded" || d.Reason != "补充样本的数量填错，重新承诺" {
		x.api.t.Errorf("%+v", d)
	}
}

// files writes a questionnaire as files and reads them back.
func (x *fieldCalls) files(id string) {
	manager := x.Actor("manager")
	form := x.raw(manager, "export-questionnaire", id)
	if _, err := zip.NewReader(bytes.NewReader(form), int64(len(form))); err != nil {
		x.api.t.Errorf("the XLSForm: %v", err)
	}
	if b := x.raw(manager, "export-questionnaire", id, "?as=codebook.md&lang=en"); !bytes.Contains(b, []byte("overall")) {
		x.api.t.Errorf("the codebook: %.200s", b)
	}
	x.call(manager, "export-questionnaire", nil, nil, 422, id, "?as=docx")
	var before struct{ Items []struct{ ID string } }
	x.call(manager, "get-questionnaire", nil, &before, 200, id)
	var got struct {
		Format        string
		Items         int
		Usable        bool
		Questionnaire struct{ Items []struct{ ID string } }
		Report        []json.RawMessage
	}
	x.call(manager, "read-questionnaire", form, &got, 200, "?name=form.xlsx&lang=en")
	if !got.Usable || got.Items != len(before.Items) || !slices.Equal(got.Questionnaire.Items, before.Items) {
		x.api.t.Errorf("%d items of %d, usable %v", got.Items, len(before.Items), got.Usable)
	}
	x.call(manager, "read-questionnaire", []byte("%PDF-1.4"), nil, 422, "?name=form.pdf")
}

// reserve hands a case over, tries it in vain as often as the rules ask, and
// gives it up for the next reserve.
func (x *fieldCalls) reserve() {
	boss := x.Actor("supervisor")
	mine, err := x.Field.MyCases(x.Ctx, x.mine)
	if err != nil {
		x.api.t.Fatal(err)
	}
	i := slices.IndexFunc(mine, func(c field.CaseView) bool { return c.Stage == fieldwork.Open && len(x.Reserves(c)) > 0 })
	if i < 0 {
		x.api.t.Fatalf("of %d cases none is open and has a reserve", len(mine))
	}
	id, other := mine[i].ID, x.newcomer(x.role(authz.Admin))
	x.call(x.mine, "release-reserve", nil, nil, 409, id) // the tries are not made
	x.call(x.role(authz.Worker), "release-reserve", nil, nil, 403, id)
	over := m{"evaluator": other.AccountID, "reason": "原访问员请假"}
	x.call(x.mine, "assign-case", over, nil, 403, id)
	x.call(boss, "assign-case", m{"evaluator": x.role(authz.Worker).AccountID, "reason": "原访问员请假"}, nil, 422, id)
	x.call(boss, "assign-case", over, nil, 204, id)
	x.call(x.mine, "get-case", nil, nil, 404, id)
	for day := range 4 {
		x.Fixture.Clock.T = time.Date(2026, 11, 21+day, 10+4*(day%3), 0, 0, 0, fieldwork.Zone)
		x.call(other, "record-attempt", m{"id": app.NewID(), "mode": "door", "disposition": "2.24", "at": x.Fixture.Clock.Now().Format(time.RFC3339)}, nil, 200, id)
	}
	x.call(other, "release-reserve", m{"expect": "somebody else"}, nil, 409, id)
	var next struct {
		Case string `json:"case_id"`
	}
	x.call(other, "release-reserve", nil, &next, 201, id)
	x.call(other, "release-reserve", nil, nil, 409, id)
	var c struct {
		Stage   string
		Reserve bool
	}
	x.call(other, "get-case", nil, &c, 200, next.Case)
	if !c.Reserve || c.Stage != "open" {
		x.api.t.Errorf("the reserve is %+v", c)
	}
	x.call(other, "get-case", nil, &c, 200, id)
	if c.Stage != "ended" {
		x.api.t.Errorf("the case given up is %+v", c)
	}
	x.queue(other, next.Case)
}

// exported is a queue as a phone writes it into a file.
func exported(t *testing.T, secret []byte, who authz.Actor, device string, q field.Queue) []byte {
	t.Helper()
	const at = "2026-11-21T12:00:00Z"
	block, err := aes.NewCipher(field.ExportKey(secret))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(q)
	if err != nil {
		t.Fatal(err)
	}
	iv := make([]byte, 12)
	label := fmt.Sprintf("%s\n%d\n%s\n%s\n%s\n%s", field.QueueFormat, 1, who.District, who.AccountID, device, at)
	b, err := json.Marshal(map[string]any{"format": field.QueueFormat, "v": 1, "district": who.District, "account": who.AccountID, "device": device, "made_at": at,
		"iv": iv, "data": aead.Seal(nil, iv, plain, []byte(label))})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// queue hands in what a phone could not send, twice.
func (x *fieldCalls) queue(who authz.Actor, id string) {
	phone := app.NewID()
	var key struct{ Secret []byte }
	x.call(who, "unlock-device", m{"device": phone}, &key, 200)
	file := exported(x.api.t, key.Secret, who, phone, field.Queue{SentAt: x.Fixture.Clock.Now(), Attempts: []field.QueuedAttempt{
		{ID: app.NewID(), CaseID: id, Mode: "door", Disposition: "2.24", At: x.Fixture.Clock.Now()}}})
	var out struct {
		Evaluator string
		Counts    map[string]int
		Attempts  []struct{ ID, Status string }
	}
	x.call(x.role(authz.Worker), "import-queue", file, nil, 403)
	for _, want := range []string{"accepted", "duplicate"} {
		out.Counts = nil
		x.call(who, "import-queue", file, &out, 200)
		if out.Evaluator != who.Name || out.Counts[want] != 1 || len(out.Counts) != 1 || len(out.Attempts) != 1 || out.Attempts[0].Status != want {
			x.api.t.Errorf("%+v, want %s", out, want)
		}
	}
}

// newcomer is an evaluator for the whole district, who has no case yet.
func (a *api) newcomer(admin authz.Actor) authz.Actor {
	a.t.Helper()
	var made struct{ ID string }
	a.call(admin, "create-account", m{"login": "eval-new", "name": "新访问员", "role": "evaluator", "area": demo.DistrictCode, "password": password}, &made, 201)
	return authz.Actor{District: demo.DistrictCode, AccountID: made.ID, Name: "新访问员", Role: authz.Evaluator, Area: demo.DistrictCode}
}

// handOver gives a back-check to somebody who did not hold the case.
func handOver(a *api, f *fieldtest.Filled, from authz.Actor, id string) {
	a.t.Helper()
	var holder string
	if err := testkit.OwnerDB(f.T).QueryRow(f.Ctx, `select c.evaluator_id::text from backcheck b join case_assignment c on c.case_id = b.case_id where b.id = $1 order by c.seq desc limit 1`, id).Scan(&holder); err != nil {
		a.t.Fatal(err)
	}
	boss, to := f.Actor("supervisor"), a.newcomer(f.Role(authz.Admin))
	over := func(to string) m { return m{"evaluator": to, "reason": "原复核员请假"} }
	a.call(from, "assign-backcheck", over(to.AccountID), nil, 403, id)
	a.call(boss, "assign-backcheck", over(holder), nil, 409, id)
	a.call(boss, "assign-backcheck", over(to.AccountID), nil, 204, id)
	a.call(from, "open-backcheck-identity", nil, nil, 404, id)
	a.call(to, "open-backcheck-identity", nil, nil, 200, id)
}

// checkedFieldwork examines a round in which one interviewer invented all
// answers, down to setting them aside.
func checkedFieldwork(t *testing.T, done map[string]bool) {
	f := fieldtest.LoadFilled(t)
	a := openAPI(t, f.Clock, done)
	boss, manager, auditor := f.Actor("supervisor"), f.Actor("manager"), f.Role(authz.Auditor)
	a.call(boss, "scan-fieldwork", nil, nil, 200, f.Round)
	type finding struct {
		ID, Detector, Role, State string
		Evaluator                 string `json:"evaluator_id"`
		Decisions                 []struct{ Decision, Reason, By string }
	}
	var queue struct{ Findings []finding }
	a.call(boss, "list-findings", nil, &queue, 200, f.Round)
	i := slices.IndexFunc(queue.Findings, func(x finding) bool { return x.Detector == "too_fast" && x.Evaluator == f.Liar.AccountID })
	if i < 0 {
		t.Fatalf("%+v", queue.Findings)
	}
	id := queue.Findings[i].ID
	var one finding
	a.call(boss, "get-finding", nil, &one, 200, id)
	a.call(f.Liar, "get-finding", nil, nil, 403, id)
	a.call(boss, "get-finding", nil, nil, 404, app.NewID())
	if one.ID != id || one.State != "open" || len(one.Decisions) != 0 {
		t.Errorf("%+v", one)
	}
	var n struct{ N int }
	a.call(boss, "decide-finding", m{"decision": "delete", "reason": "六秒不可能"}, nil, 422, id)
	a.call(boss, "decide-finding", m{"decision": "back_check", "reason": "六秒不可能读完十道题"}, &n, 200, id)
	if n.N == 0 {
		t.Error("no case was sent to be asked again")
	}
	a.call(manager, "set-aside-answers", m{"reason": "访问六秒完成"}, nil, 409, id) // not confirmed
	denied, handed := 0, false
	for _, e := range f.Honest {
		var mine []struct {
			ID   string
			Done bool
		}
		a.call(e, "list-my-backchecks", nil, &mine, 200)
		for _, b := range mine {
			if !handed {
				handOver(a, f, e, b.ID)
				handed = true
				continue
			}
			var person struct{ Name, Address string }
			a.call(e, "open-backcheck-identity", nil, &person, 200, b.ID)
			a.call(f.Liar, "open-backcheck-identity", nil, nil, 404, b.ID)
			if person.Name == "" {
				t.Error("no name")
			}
			if denied == 3 {
				continue
			}
			out := m{"id": app.NewID(), "outcome": "done", "mode": "phone", "interviewed": "no", "told": "no"}
			a.call(e, "record-backcheck", out, nil, 204, b.ID)
			a.call(e, "record-backcheck", out, nil, 204, b.ID) // a repeat changes nothing
			denied++
		}
	}
	a.call(auditor, "decide-finding", m{"decision": "confirmed", "reason": "复核时多位居民说没有人来过"}, &n, 200, id)
	a.call(boss, "set-aside-answers", m{"reason": "不可能的访问时长"}, nil, 403, id)
	a.call(manager, "set-aside-answers", m{"reason": "居民否认受访，全部核实"}, &n, 200, id)
	a.call(boss, "get-finding", nil, &one, 200, id)
	if n.N == 0 || one.State != "set_aside" || len(one.Decisions) != 3 || one.Decisions[2].Reason != "居民否认受访，全部核实" {
		t.Errorf("%d set aside, %+v", n.N, one)
	}
	a.call(manager, "draw-backchecks", nil, nil, 200, f.Round)
	var checks struct {
		Digest string `json:"seed_digest"`
		Seed   string
	}
	a.call(boss, "get-backchecks", nil, &checks, 200, f.Round)
	if checks.Digest == "" || checks.Seed != "" {
		t.Errorf("before the end %+v", checks)
	}
	a.call(manager, "step-round", m{"to": "closed"}, nil, 204, f.Round)
	a.call(f.Liar, "end-backchecks", nil, nil, 403, f.Round)
	a.call(manager, "end-backchecks", nil, nil, 204, f.Round)
	a.call(boss, "get-backchecks", nil, &checks, 200, f.Round)
	if checks.Seed == "" {
		t.Error("the seed is not published")
	}
}
