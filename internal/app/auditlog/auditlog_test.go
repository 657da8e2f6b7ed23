package auditlog_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/auditlog"
	"gongping/internal/audit"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/auditdb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/world"
)

func begin(t *testing.T) (*world.World, *auditlog.Service, authz.Actor) {
	t.Helper()
	w := world.Load(t)
	for range 12 {
		err := w.Write(t.Context(), w.Actor("manager"), authz.RoundEdit, authz.Object{}, func(_ context.Context, tx *app.Tx) error {
			tx.Record("round", app.NewID(), w.Actor("manager").Area, map[string]any{"n": 1})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return w, &auditlog.Service{Core: w.Core}, w.Actor("auditor")
}

// tamper changes the log behind the lock of the trigger, as a thief of the
// database's owner could.
func tamper(t *testing.T, sql string) {
	t.Helper()
	for _, s := range []string{`alter table audit_log disable trigger append_only`, sql, `alter table audit_log enable trigger append_only`} {
		if _, err := testkit.OwnerDB(t).Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

// TestVerifyNamesTheFirstAlteredRecord alters, removes and rewrites.
func TestVerifyNamesTheFirstAlteredRecord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql   string
		first int64
	}{
		"nothing":          {`select 1`, 0},
		"one detail":       {`update audit_log set detail = '{"n":2}' where seq = 5`, 5},
		"an actor":         {`update audit_log set actor_role = 'auditor' where seq = 1`, 1},
		"a record removed": {`delete from audit_log where seq = 7`, 7},
		"the first gone":   {`delete from audit_log where seq = 1`, 1},
		"a hash replaced":  {`update audit_log set hash = sha256('x') where seq = 9`, 9},
		"one inserted": {`update audit_log set seq = seq + 100 where seq > 5; update audit_log set seq = seq - 99 where seq > 100;
			insert into audit_log select district, 6, at, actor_id, actor_role, action, object_kind, 'forged', area, detail, hash, sha256(hash) from audit_log where seq = 5`, 6},
		"one copied to the end": {`insert into audit_log select district, 13, at, actor_id, actor_role, action, object_kind, object_id, area, detail, prev_hash, hash from audit_log where seq = 12`, 13},
		"two swapped":           {`update audit_log set seq = case seq when 3 then 104 else 103 end where seq in (3, 4); update audit_log set seq = seq - 100 where seq > 100`, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, s, auditor := begin(t)
			tamper(t, c.sql)
			r, err := s.Verify(t.Context(), auditor, nil)
			if err != nil || r.OK != (c.first == 0) || r.FirstAt != c.first {
				t.Errorf("%+v %v, want the first altered record to be %d", r, err, c.first)
			}
			if c.first > 0 && (r.Records != c.first-1 || r.Fault == "") {
				t.Errorf("%d records stand before record %d: %s", r.Records, c.first, r.Fault)
			}
			if _, err := s.Checkpoint(t.Context(), auditor); (err != nil) != (c.first > 0) {
				t.Errorf("checkpoint of the log: %v", err)
			}
		})
	}
}

// TestCheckpointShowsARewrittenEnd: cutting off the end leaves an unbroken
// chain, which only a checkpoint lodged elsewhere gives away.
func TestCheckpointShowsARewrittenEnd(t *testing.T) {
	t.Parallel()
	_, s, auditor := begin(t)
	c, err := s.Checkpoint(t.Context(), auditor)
	if err != nil {
		t.Fatal(err)
	}
	file, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	lodged, err := audit.DecodeCheckpoint(file)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := s.Verify(t.Context(), auditor, &lodged); err != nil || !r.OK || !*r.Checkpoint || !r.OwnKey {
		t.Errorf("%+v %v", r, err)
	}
	tamper(t, `delete from audit_log where seq > 10`)
	if r, err := s.Verify(t.Context(), auditor, nil); err != nil || r.OK || r.Checkpoint != nil || r.FirstAt != 11 || !r.OrEarlier {
		t.Errorf("against the checkpoint that the database keeps: %+v %v", r, err)
	}
	if _, err := s.Checkpoint(t.Context(), auditor); !errs.Is(err, errs.Differs) {
		t.Errorf("a log that was cut off was signed: %v", err)
	}
	// The verification above was itself recorded as number 11.
	if r, err := s.Verify(t.Context(), auditor, &lodged); err != nil || r.OK || *r.Checkpoint || r.FirstAt != 12 || r.Records != 11 || !r.OrEarlier {
		t.Errorf("against the checkpoint: %+v %v", r, err)
	}
	tamper(t, `delete from audit_log`)
	if r, err := s.Verify(t.Context(), auditor, &lodged); err != nil || r.OK || r.FirstAt != 1 || r.OrEarlier {
		t.Errorf("an empty log against the checkpoint: %+v %v", r, err)
	}
	for _, change := range []func(*audit.Checkpoint){
		func(c *audit.Checkpoint) { c.Records++ }, func(c *audit.Checkpoint) { c.Hash[0] ^= 1 },
		func(c *audit.Checkpoint) { c.At = c.At.Add(1000) }, func(c *audit.Checkpoint) { c.Signature[3] ^= 1 },
	} {
		forged, _ := audit.DecodeCheckpoint(file)
		change(&forged)
		if _, err := s.Verify(t.Context(), auditor, &forged); !errs.Is(err, errs.Invalid) {
			t.Errorf("a forged checkpoint was taken: %v", err)
		}
	}
	list, err := s.Checkpoints(t.Context(), auditor)
	if err != nil || len(list) != 1 || list[0].Check() != nil {
		t.Errorf("%+v %v", list, err)
	}
}

// TestCheckpointShowsARewrittenChain: whoever owns the database can change a
// record and compute every later hash again. The chain is whole; only the
// checkpoint lodged elsewhere knows better.
func TestCheckpointShowsARewrittenChain(t *testing.T) {
	t.Parallel()
	w, s, auditor := begin(t)
	lodged, err := s.Checkpoint(t.Context(), auditor)
	if err != nil {
		t.Fatal(err)
	}
	var list []audit.Entry
	if err := auditdb.Walk(t.Context(), w.Pool, auditor.District, func(e *audit.Entry) error {
		list = append(list, *e)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	list[4].Detail = audit.Detail(map[string]any{"n": 2})
	audit.Chain(0, nil, list)
	db := testkit.OwnerDB(t)
	if _, err := db.Exec(t.Context(), `alter table audit_log disable trigger append_only`); err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if _, err := db.Exec(t.Context(), `update audit_log set detail = $2, prev_hash = $3, hash = $4 where seq = $1`, e.Seq, e.Detail, e.Prev, e.Hash); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := s.Verify(t.Context(), auditor, nil); err != nil || r.OK || r.FirstAt != lodged.Records || !r.OrEarlier {
		t.Errorf("a rewritten chain passes the checkpoint that the database keeps: %+v %v", r, err)
	}
	// A forger who thinks of it removes that one too; the lodged one is out of reach.
	if _, err := db.Exec(t.Context(), `alter table audit_checkpoint disable trigger append_only; delete from audit_checkpoint`); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Verify(t.Context(), auditor, nil); err != nil || !r.OK {
		t.Errorf("the forger's chain is not whole: %+v %v", r, err)
	}
	if r, err := s.Verify(t.Context(), auditor, &lodged); err != nil || r.OK || *r.Checkpoint {
		t.Errorf("a rewritten chain passes the checkpoint: %+v %v", r, err)
	} else if r.FirstAt != lodged.Records || !r.OrEarlier {
		// Which one cannot be told: it lies before the checkpoint, and that is said.
		t.Errorf("first altered record %d, or an earlier one: %v", r.FirstAt, r.OrEarlier)
	}
}

func TestListFiltersAndPages(t *testing.T) {
	t.Parallel()
	w, s, auditor := begin(t)
	p, err := s.List(t.Context(), auditor, auditdb.Filter{Limit: 5}, false)
	if err != nil || len(p.Records) != 5 || p.Next != p.Records[4].Seq || p.Records[0].ActorName == "" {
		t.Fatalf("%+v %v", p, err)
	}
	q, err := s.List(t.Context(), auditor, auditdb.Filter{Limit: 50, Before: p.Next}, false)
	if err != nil || len(q.Records) != 7 || q.Next != 0 {
		t.Errorf("%d records, next %d: %v", len(q.Records), q.Next, err)
	}
	for _, f := range []auditdb.Filter{{Action: "draw.commit"}, {Actor: auditor.AccountID}, {Kind: "draw"}, {ID: "none"}, {Until: w.Clock.Now()}, {Since: w.Clock.Now().Add(time.Second)}} {
		if p, err := s.List(t.Context(), auditor, f, false); err != nil || len(p.Records) != 0 {
			t.Errorf("%+v finds %d: %v", f, len(p.Records), err)
		}
	}
	if p, err := s.List(t.Context(), auditor, auditdb.Filter{Action: "round.edit", Actor: w.Actor("manager").AccountID, Kind: "round"}, false); err != nil || len(p.Records) != 12 {
		t.Errorf("%d found: %v", len(p.Records), err)
	}
	for _, f := range []auditdb.Filter{{ID: "\x00"}, {Action: "\xff"}, {Actor: "a\x00"}} { // what no column can hold is the sender's fault
		if _, err := s.List(t.Context(), auditor, f, false); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if p, err := s.List(t.Context(), auditor, auditdb.Filter{Before: 1 << 62}, false); err != nil || len(p.Records) == 0 {
		t.Errorf("before a far number: %d records, %v", len(p.Records), err)
	}
	if p, err := s.List(t.Context(), auditor, auditdb.Filter{}, true); err != nil || len(p.Records) != 0 {
		t.Errorf("reads of personal data: %d, %v", len(p.Records), err)
	}
}

func TestOnlyAuditors(t *testing.T) {
	t.Parallel()
	w, s, _ := begin(t)
	for _, login := range []string{"admin", "manager", "supervisor", "panel-1", "worker-lone"} {
		who := w.Actor(login)
		if _, err := s.List(t.Context(), who, auditdb.Filter{}, false); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s reads the log: %v", login, err)
		}
		if _, err := s.Verify(t.Context(), who, nil); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s verifies the log: %v", login, err)
		}
		if _, err := s.Checkpoint(t.Context(), who); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s signs checkpoints: %v", login, err)
		}
	}
}

// FuzzDecodeCheckpoint: whatever is read without fault has a valid signature.
func FuzzDecodeCheckpoint(f *testing.F) {
	f.Add([]byte(`{"format":"gongping/audit-checkpoint/v1","records":1,"hash":"00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := audit.DecodeCheckpoint(data); err == nil && c.Check() != nil {
			t.Fatal("taken, though it does not check")
		}
	})
}

// TestPersonal names the acts by which personal data are read.
func TestPersonal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action, detail string
		want           bool
	}{
		{"identity.read", "{}", true}, {"run.read_answers", "{}", true}, {"appeal.read", `{"statement":true}`, true}, {"conflict.read", `{"opened":2}`, true},
		{"panel.evidence", `{"opened":true}`, true}, {"panel.evidence", `{"bytes":9}`, false}, {"run.rebuild", `{"exported":true}`, true}, {"run.rebuild", `{"same":true}`, false},
		{"frame.freeze", `{"people":3,"records_opened":6}`, true}, {"frame.freeze", `{"people":3}`, false}, {"round.edit", "{}", false}, {"conflict.withdraw", "{}", false},
	} {
		if got := auditlog.Personal(&audit.Entry{Action: c.action, Detail: c.detail}); got != c.want {
			t.Errorf("%s %s: %v", c.action, c.detail, got)
		}
	}
}
