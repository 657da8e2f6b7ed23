package intake_test

import (
	"testing"
	"time"

	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/clock"
	"gongping/internal/errs"
	"gongping/survey/draw/verify"
)

func TestAReceiptForItsHolderOnly(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	out := mustImport(t, s, manager, intake.Request{Kind: intake.Frame, Name: "居民库"}, frameCSV(t, w))
	p := w.People[17]
	if _, err := s.IssueReceipt(ctx, manager, out.FrameID, p.Committee, p.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("a receipt of an open frame: %v", err)
	}
	digest, err := s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{Reason: goodReason}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []authz.Actor{worker, leader, {District: "310104", Role: authz.Evaluator, Area: "310104"}, {District: "310104", Role: authz.Auditor, Area: "310104"}} {
		if _, err := s.IssueReceipt(ctx, who, out.FrameID, p.Committee, p.ID); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s handed out a receipt: %v", who.Role, err)
		}
	}
	other := street
	other.Area = "310104999"
	if _, err := s.IssueReceipt(ctx, other, out.FrameID, p.Committee, p.ID); !errs.Is(err, errs.Forbidden) {
		t.Errorf("another street handed out a receipt: %v", err)
	}
	if _, err := s.IssueReceipt(ctx, manager, out.FrameID, p.Committee, "nobody"); !errs.Is(err, errs.Invalid) {
		t.Errorf("a receipt for nobody: %v", err)
	}
	code, err := s.IssueReceipt(ctx, manager, out.FrameID, p.Committee, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.TakeReceipt(ctx, "310104", "AAAA"); !errs.Is(err, errs.NotFound) {
		t.Errorf("a guessed code: %v", err)
	}
	text, err := s.TakeReceipt(ctx, "310104", " "+code+"\n")
	if err != nil {
		t.Fatal(err)
	}
	r, err := verify.ReadReceipt(text)
	if err != nil || r.FrameDigest != digest || r.Area != p.Committee {
		t.Fatalf("%+v, %v, digest %s", r, err, digest)
	}
	for i := range text {
		if text[i] == '\n' || text[i] == ':' || text[i] == ' ' {
			continue
		}
		broken := append([]byte(nil), text...)
		broken[i] ^= 1
		if r, err := verify.ReadReceipt(broken); err == nil && r.FrameDigest == digest && r.Frame == out.FrameID {
			t.Fatalf("a changed bit at %d goes unseen", i)
		}
	}
	c := s.Clock.(*clock.Fixed)
	c.Advance(time.Hour)
	if _, err := s.TakeReceipt(ctx, "310104", code); !errs.Is(err, errs.Gone) {
		t.Errorf("a used code: %v", err)
	}
	code, err = s.IssueReceipt(ctx, street, out.FrameID, "310104003001", "nobody")
	if code != "" || err == nil {
		t.Errorf("%q, %v", code, err)
	}
	// While a round draws from the frame nobody gets one.
	_, err = s.Pool.Exec(ctx, `with q as (insert into questionnaire (district, id, version, title, definition, digest, created_at) values ('310104', gen_random_uuid(), 1, 'q', '{}', '', now()) returning id),
		b as (insert into rule_book (district, id, version, title, body, digest, created_at) values ('310104', gen_random_uuid(), 1, 'b', '{}', '', now()) returning id),
		r as (insert into round (district, id, series, version, title, area_code, frame_id, questionnaire_id, questionnaire_version, rule_book_id, rule_book_version, plan, opens_on, closes_on, created_at)
			select '310104', gen_random_uuid(), gen_random_uuid(), 1, 'r', '310104', $1, q.id, 1, b.id, 1, '{}', '2026-12-01', '2026-12-02', now() from q, b returning id)
		insert into round_event (district, round_id, seq, state, at) select '310104', id, 1, 'frozen', now() from r`, out.FrameID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.IssueReceipt(ctx, manager, out.FrameID, p.Committee, p.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("a receipt while a round is under way: %v", err)
	}
}
