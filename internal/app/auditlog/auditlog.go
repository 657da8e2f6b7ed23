// Package auditlog holds the use cases of the audit log: read it, verify its
// chain, sign checkpoints that can be lodged elsewhere, verify against one.
package auditlog

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"maps"
	"slices"
	"strings"

	"gongping/internal/app"
	"gongping/internal/audit"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/auditdb"
)

// Service is the room of the audit log.
type Service struct{ *app.Core }

// Record is an entry with what a page shows besides.
type Record struct {
	audit.Entry
	ActorName string
	Personal  bool // a read of personal data
}

// personal are the actions by which personal data are read.
var personal = []string{string(authz.IdentityRead), string(authz.RunReadAnswers), string(authz.AppealRead), string(authz.ConflictRead)}

// personalDetail are the actions that read personal data where their detail says
// so: an exported input, opened evidence, a frame compared with the one before.
var personalDetail = map[string]string{string(authz.RunRebuild): `"exported"`, string(authz.PanelEvidence): `"opened"`, string(authz.FrameFreeze): `"records_opened"`}

// Personal tells whether a record is of a read of personal data.
func Personal(e *audit.Entry) bool {
	word, ok := personalDetail[e.Action]
	return slices.Contains(personal, e.Action) || ok && strings.Contains(e.Detail, word)
}

// Page is a part of the log, newest first. Next, if not 0, is passed as
// Filter.Before for the following part.
type Page struct {
	Records        []Record
	Next           int64
	Actions, Kinds []string // that occur, for the filter
}

// PageSize is the length of a page.
const PageSize = 50

// List reads the log within the actor's area.
func (s *Service) List(ctx context.Context, who authz.Actor, f auditdb.Filter, personalOnly bool) (p Page, err error) {
	if f.Area == "" || !strings.HasPrefix(f.Area, who.Area) {
		f.Area = who.Area
	}
	if len(who.Area) <= len(who.District) {
		f.Area = "" // the whole district: records without an area belong to it too
	}
	if f.Limit <= 0 || f.Limit > 500 {
		f.Limit = PageSize
	}
	want := f.Limit
	err = s.Read(ctx, who, authz.AuditRead, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		if p.Actions, p.Kinds, err = auditdb.Kinds(ctx, q, who.District); err != nil {
			return err
		}
		if personalOnly && f.Action == "" {
			f.Actions = slices.AppendSeq(slices.Clone(personal), maps.Keys(personalDetail))
		}
		f.Limit = want + 1
		list, err := auditdb.List(ctx, q, who.District, f)
		if err != nil {
			return err
		}
		if len(list) > want {
			list = list[:want]
			p.Next = list[want-1].Seq
		}
		ids := make([]string, 0, len(list))
		for _, e := range list {
			ids = append(ids, e.ActorID)
		}
		names, err := auditdb.Names(ctx, q, who.District, ids)
		if err != nil {
			return err
		}
		for _, e := range list {
			r := Record{Entry: e, ActorName: names[e.ActorID], Personal: Personal(&e)}
			if !personalOnly || r.Personal {
				p.Records = append(p.Records, r)
			}
		}
		return nil
	})
	return p, err
}

// Report is the outcome of a verification.
type Report struct {
	Records int64  `json:"records"` // that follow from one another
	Head    string `json:"head"`    // hash of the last of them, in hexadecimal
	OK      bool   `json:"ok"`
	FirstAt int64  `json:"first_altered,omitempty"` // number of the first record that does not follow
	Fault   string `json:"fault,omitempty"`
	// OrEarlier is set where only the checkpoint is not met: every record follows
	// from the one before, so that the first altered one is FirstAt or one before it.
	OrEarlier bool `json:"or_earlier,omitempty"`
	// Checkpoint is whether a given checkpoint was met; nil without one.
	Checkpoint *bool `json:"checkpoint_met,omitempty"`
	OwnKey     bool  `json:"own_key,omitempty"` // it is signed with this installation's key
	head       []byte
}

// Verify walks the whole chain of the district and names the first altered
// record; with a checkpoint it also tells whether the log still has that head.
// The checkpoints that the database keeps are met too: whoever cuts the log off
// must remove them as well, and only one lodged elsewhere is out of reach.
func (s *Service) Verify(ctx context.Context, who authz.Actor, against *audit.Checkpoint) (r Report, err error) {
	if against != nil {
		if err := against.Check(); err != nil {
			return r, err
		}
		if against.District != who.District {
			return r, errs.New(errs.Invalid, "auditlog.checkpoint_district", "the checkpoint belongs to another district").At("district", against.District, who.District, "")
		}
	}
	err = s.Read(ctx, who, authz.AuditRead, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		r, err = s.walk(ctx, q, who.District, against)
		return err
	})
	if err != nil {
		return r, err
	}
	if against != nil {
		r.OwnKey = bytes.Equal(against.PublicKey, s.Signer.Public().(ed25519.PublicKey))
	}
	return r, s.Write(ctx, who, authz.AuditRead, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		tx.RecordAs("audit.verify", "audit_log", "", who.Area, map[string]any{"records": r.Records, "ok": r.OK})
		return nil
	})
}

// keptCheckpoints is how many of the newest kept checkpoints a verification meets.
const keptCheckpoints = 10_000

func (s *Service) walk(ctx context.Context, q pg.Querier, district string, against *audit.Checkpoint) (r Report, err error) {
	unmet, err := s.expected(ctx, q, district, against)
	if err != nil {
		return r, err
	}
	var v audit.Verifier
	met := false
	err = auditdb.Walk(ctx, q, district, func(e *audit.Entry) error {
		if !r.OK && r.Fault != "" {
			return nil
		}
		if fault := v.Next(e); fault != nil {
			r.FirstAt, r.Fault = firstAltered(&v, e), fault.Error()
			return nil
		}
		if against != nil && against.Agrees(e.Seq, e.Hash) {
			met = true
		}
		if list := unmet[e.Seq]; list != nil && !slices.ContainsFunc(list, func(c audit.Checkpoint) bool { return !c.Agrees(e.Seq, e.Hash) }) {
			delete(unmet, e.Seq)
		}
		return nil
	})
	if err != nil {
		return r, err
	}
	r.Records, r.head = v.Head()
	r.Head = audit.HexString(r.head)
	r.OK = r.Fault == ""
	if against != nil {
		r.Checkpoint = &met
	}
	if r.OK && len(unmet) > 0 {
		r.OK = false
		r.Fault = "the log does not have a checkpoint's head: it was rewritten or cut off"
		r.FirstAt = min(slices.Min(slices.Collect(maps.Keys(unmet))), r.Records+1)
		r.OrEarlier = r.FirstAt > 1
	}
	return r, nil
}

// expected are the checkpoints that the log must meet, by number of records:
// the given one, and those kept that this installation has signed.
func (s *Service) expected(ctx context.Context, q pg.Querier, district string, against *audit.Checkpoint) (map[int64][]audit.Checkpoint, error) {
	list, err := auditdb.Checkpoints(ctx, q, district, keptCheckpoints)
	if err != nil {
		return nil, err
	}
	out := map[int64][]audit.Checkpoint{}
	for _, c := range list {
		if bytes.Equal(c.PublicKey, s.Signer.Public().(ed25519.PublicKey)) && c.Check() == nil {
			out[c.Records] = append(out[c.Records], c)
		}
	}
	if against != nil {
		out[against.Records] = append(out[against.Records], *against)
	}
	return out, nil
}

// firstAltered is the number of the record that is wrong: the missing one, or
// the one that was altered.
func firstAltered(v *audit.Verifier, e *audit.Entry) int64 {
	seq, _ := v.Head()
	return min(e.Seq, seq+1)
}

// Checkpoint verifies the chain and signs its head.
func (s *Service) Checkpoint(ctx context.Context, who authz.Actor) (c audit.Checkpoint, err error) {
	var r Report
	err = s.Read(ctx, who, authz.AuditRead, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		r, err = s.walk(ctx, q, who.District, nil)
		return err
	})
	if err != nil {
		return c, err
	}
	if !r.OK || r.Records == 0 {
		return c, errs.New(errs.Differs, "auditlog.not_intact", "the log is empty or not intact, so its head is not signed").
			At("record", audit.Number(r.FirstAt), "an unbroken chain", "verify the log")
	}
	err = s.Write(ctx, who, authz.AuditRead, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		c = audit.Sign(s.Signer, who.District, r.Records, r.head, tx.Now)
		tx.RecordAs("audit.checkpoint", "audit_log", audit.Number(r.Records), who.Area, map[string]any{"records": r.Records})
		return auditdb.InsertCheckpoint(ctx, tx, c, who.AccountID)
	})
	return c, err
}

// Checkpoints lists the signed checkpoints, newest first.
func (s *Service) Checkpoints(ctx context.Context, who authz.Actor) (list []audit.Checkpoint, err error) {
	err = s.Read(ctx, who, authz.AuditRead, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		list, err = auditdb.Checkpoints(ctx, q, who.District, 50)
		return err
	})
	return list, err
}

// People lists the accounts that occur in the log, for the filter.
func (s *Service) People(ctx context.Context, who authz.Actor) (list []auditdb.Person, err error) {
	err = s.Read(ctx, who, authz.AuditRead, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		list, err = auditdb.People(ctx, q, who.District)
		return err
	})
	return list, err
}
