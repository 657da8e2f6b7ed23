package quality_test

import (
	"slices"
	"testing"

	"gongping/internal/app/quality"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/pg/qualitydb"
	pure "gongping/survey/quality"
)

// An evaluator sees every receipt on the phone. Where withdrawals are spread
// nothing is found; who takes low answers back with kept receipts is, and nobody
// but auditors learns of it: not from the queue, not from a count, not from who
// may check others.
func TestKeptReceipts(t *testing.T) {
	t.Parallel()
	f := load(t)
	ctx, supervisor, auditor := f.ctx, f.Actor("supervisor"), f.Role(authz.Auditor)
	withdraw := func(code string) {
		t.Helper()
		if err := f.Field.Withdraw(ctx, demo.DistrictCode, code); err != nil {
			t.Fatal(err)
		}
	}
	queue := func(who authz.Actor) (v quality.Queue, open, secret []quality.Finding) {
		t.Helper()
		v, err := f.svc.Queue(ctx, who, f.Round, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range v.Findings {
			switch {
			case x.Detector == pure.Withdrawn || x.Detector == pure.WithdrawnLevel:
				secret = append(secret, x)
			case x.Role == "finding":
				open = append(open, x)
			}
		}
		return v, open, secret
	}

	for _, e := range f.Honest {
		mine := f.Sent[e.AccountID]
		withdraw(mine[len(mine)/2].Receipt)
	}
	if _, err := f.svc.Scan(ctx, auditor, f.Round); err != nil {
		t.Fatal(err)
	}
	seen, before, none := queue(auditor)
	if len(none) != 0 {
		t.Fatalf("spread withdrawals: %+v", none[0].Finding)
	}
	total := f.number(`select count(*) from response`)
	if seen.Scans[0].Responses != total {
		t.Errorf("%d answers examined of %d: the difference tells how many were withdrawn", seen.Scans[0].Responses, total)
	}

	taker := f.Honest[0]
	for _, s := range f.Sent[taker.AccountID][:6] {
		withdraw(s.Receipt)
	}
	told, err := f.svc.Scan(ctx, supervisor, f.Round)
	if err != nil {
		t.Fatal(err)
	}
	v, open, secret := queue(supervisor)
	if told != len(open)-len(before) || len(secret) != 0 || v.Scans[0].Responses != total {
		t.Errorf("the supervisor was told of %d new findings and sees %d, %d of withdrawals", told, len(open)-len(before), len(secret))
	}
	for _, c := range v.Counts {
		if c.Detector.AuditorsOnly() {
			t.Errorf("the supervisor sees the line of %s", c.Detector)
		}
	}
	for _, s := range v.Scans {
		if slices.ContainsFunc(s.Summaries, func(x pure.Summary) bool { return x.Detector.AuditorsOnly() }) {
			t.Error("the supervisor is told that withdrawals were looked at")
		}
	}
	_, _, secret = queue(auditor)
	var found quality.Finding
	for _, x := range secret {
		switch {
		case x.Role == "counterpart":
			if x.N != 0 || x.Hits != 0 {
				t.Errorf("a counterpart's withdrawals are counted: %+v", x.Finding)
			}
		case x.Kind == pure.Interviewer && x.Evaluator != taker.AccountID:
			t.Errorf("an honest evaluator is accused: %+v", x.Finding)
		case x.Evaluator == taker.AccountID:
			found = x
			if x.Side != pure.Low || x.Answers != 0 || !x.AuditorOnly {
				t.Errorf("%+v", x.Finding)
			}
		}
	}
	if found.ID == "" {
		t.Fatalf("six low answers withdrawn, nothing found in %d", len(secret))
	}
	_, _, err = f.svc.Finding(ctx, supervisor, found.ID)
	key(t, err, "finding.not_found")
	_, err = f.svc.Decide(ctx, supervisor, found.ID, "cleared", "看看是否存在")
	key(t, err, "finding.not_found")
	suspect := func() bool {
		list, err := qualitydb.Suspects(ctx, f.Pool, demo.DistrictCode, f.Round)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Contains(list, taker.AccountID)
	}
	if suspect() {
		t.Error("back-checks pass the interviewer by: whoever hands them out learns of the finding")
	}
	if _, err := f.svc.Decide(ctx, auditor, found.ID, "confirmed", "居民说没有撤回过"); err != nil {
		t.Fatal(err)
	}
	if !suspect() {
		t.Error("a confirmed finding does not bar from checking others")
	}
}
