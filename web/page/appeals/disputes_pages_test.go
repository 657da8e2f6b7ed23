package appeals_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/disputes"
	"gongping/internal/authz"
	"gongping/scoring/appeal"
	"gongping/web/browsertest"
)

// entry is a conflict with somebody of the unit, from before the draw.
func (s *site) entry(t *testing.T, worker authz.Actor) string {
	t.Helper()
	now := s.Clock.T
	defer func() { s.Clock.T = now }()
	s.Clock.T = s.Demo.Finished.OpensOn.AddDate(0, 0, -20)
	id, _, err := disputes.New(s.Core, s.svc).Record(t.Context(), worker, disputes.Recording{Kind: "demand_refused", Entry: disputes.Entry{
		Building: "3号楼", Room: "302室", CaseNumber: "调解2026-051", Story: "该户要求违规搭建，居委会依规定没有同意，此后多次发生争执，已由街道调解。"}})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// lookAtDisputes looks at the register, the notice, and an appeal with
// objections.
func (s *site) lookAtDisputes(b *browsertest.Browser, worker authz.Actor, id string) {
	t := s.t
	s.entry(t, worker)
	look := func(login, name, path string) { look(t, b, s, login, name, path) }
	look("worker-coached", "conflicts", "/conflicts")
	look("worker-lone", "conflicts-empty", "/conflicts")
	look("worker-coached", "appeal-new-entry", "/appeals/new?run="+s.run+"&unit="+worker.Area)
	look("worker-lone", "notices-empty", "/notices")
	d, err := s.svc.Get(t.Context(), s.Actor("auditor"), id)
	if err != nil || d.State != appeal.RunRequested {
		t.Fatalf("state %s: %v", d.State, err)
	}
	if err := s.svc.OpenNotice(t.Context(), s.Actor("manager"), d.NewRun.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.svc.Object(t.Context(), s.Actor("worker-lone"), id, "新结果排除了几份回答，请说明依据，不能只听一面之词。"); err != nil {
		t.Fatal(err)
	}
	look("worker-coached", "notices", "/notices")
	look("manager", "appeal-notice-inbox", "/appeals")
	look("manager", "appeal-objections", "/appeals/"+id)
	look("worker-coached", "appeal-on-notice", "/appeals/"+id)
}

// TestDisputePages goes through the doors of the register and the notices, by
// hand and from outside.
func TestDisputePages(t *testing.T) {
	t.Parallel()
	s := open(t)
	worker := s.Actor("worker-coached")
	for login, want := range map[string]int{"worker-coached": 200, "manager": 403, "auditor": 403, "panel-1": 403, "admin": 403, "": 303} {
		if code, _ := s.get(login, "/conflicts"); code != want {
			t.Errorf("%q opens the register: %d, want %d", login, code, want)
		}
	}
	form := url.Values{"kind": {"neighbours"}, "building": {"3号楼"}, "room": {"302"}, "case_number": {"调解-1"}, "story": {"楼上漏水引起的纠纷，居委会多次调解，双方对赔偿没有谈拢。"}}
	if code, to := s.post("worker-coached", "/conflicts", form); code != 303 || to != "/conflicts" {
		t.Fatalf("record: %d %s", code, to)
	}
	if code, body := s.get("worker-coached", "/conflicts"); code != 200 || !strings.Contains(body, "已密封") || !strings.Contains(body, "调解-1") {
		t.Errorf("own entries: %d", code)
	}
	if code, body := s.get("worker-lone", "/conflicts"); code != 200 || strings.Contains(body, "调解-1") {
		t.Errorf("another worker reads the entry: %d", code)
	}
	form.Set("case_number", "")
	if code, body := s.post("worker-coached", "/conflicts", form); code != 422 || !strings.Contains(body, "案件编号") || !strings.Contains(body, "楼上漏水") {
		t.Errorf("an entry without proof: %d", code)
	}
	if code, _ := s.post("manager", "/conflicts", form); code != 403 {
		t.Errorf("a manager records a conflict: %d", code)
	}
	// The entry is late for this round, so that the ground is not even offered.
	if code, body := s.get("worker-coached", "/appeals/new?run="+s.run+"&unit="+worker.Area); code != 200 || strings.Contains(body, "registered_conflict") {
		t.Errorf("the ground is offered without an entry from before the draw: %d", code)
	}
	s.entry(t, worker)
	if code, body := s.get("worker-coached", "/appeals/new?run="+s.run+"&unit="+worker.Area); code != 200 || !strings.Contains(body, "registered_conflict") {
		t.Errorf("the ground is not offered with an entry: %d", code)
	}
	if code, body := s.get("", "/notices"); code != 200 || !strings.Contains(body, "当前没有公示") {
		t.Errorf("notices without signing in: %d", code)
	}
	if code, _ := s.post("", "/notices/00000000-0000-4000-8000-000000000000/objections", url.Values{"objection": {"这项公示并不存在，但我仍然想提出异议看看。"}}); code != http.StatusNotFound {
		t.Errorf("an objection to nothing: %d", code)
	}
	s.Clock.Advance(time.Hour)
	for range 4 {
		if code, _ := s.post("", "/notices/x/objections", nil); code == http.StatusTooManyRequests {
			return
		}
	}
	t.Error("anybody may object as often as they like")
}
