package disputes_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/appeals"
	"gongping/internal/app/disputes"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/scoredb"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/world"
	"gongping/scoring"
	"gongping/scoring/appeal"
)

// bench is a published round with a worker who may have recorded a conflict.
type bench struct {
	*scored.Round
	t               *testing.T
	ctx             context.Context
	appeals         *appeals.Service
	register        *disputes.Service
	worker, manager authz.Actor
	run             string
}

func begin(t *testing.T) *bench {
	t.Helper()
	return beginAs(t, "worker-coached")
}

func beginAs(t *testing.T, worker string) *bench {
	t.Helper()
	r := scored.Load(t)
	b := &bench{Round: r, t: t, ctx: t.Context(), worker: r.Actor(worker), manager: r.Actor("manager")}
	b.appeals = appeals.New(r.Core, &score.Service{Core: r.Core})
	b.register = disputes.New(r.Core, b.appeals)
	r.SealNames(b.worker.Area)
	return b
}

func (b *bench) publish() {
	b.t.Helper()
	var err error
	if b.run, err = b.appeals.Score.Start(b.ctx, b.manager, b.ID, "first run"); err == nil {
		err = b.appeals.Score.Publish(b.ctx, b.manager, b.run)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

const story = "今年五月该户要求违规搭建，居委会依规定没有同意，此后多次发生争执，已由街道调解。"

func recording(p *demo.Person) disputes.Recording {
	_, room, _ := strings.Cut(p.Address, p.Building)
	return disputes.Recording{Kind: "demand_refused", Entry: disputes.Entry{Building: p.Building, Room: room, CaseNumber: "调解2026-051", Story: story}}
}

// before the draw, which the fixture commits to when the round opens.
func (b *bench) before() {
	b.Clock.T = b.Demo.Finished.OpensOn.AddDate(0, 0, -20)
}

func (b *bench) after() { b.Clock.T = b.Demo.Finished.ClosesOn.AddDate(0, 0, 20) }

// people finds somebody of the unit whose household gave a low answer that was
// counted, and somebody whose household was not asked.
func (b *bench) people(run string) (asked, free *demo.Person, answer string) {
	b.t.Helper()
	answers, err := appealdb.UnitAnswers(b.ctx, b.Pool, b.worker.District, run, b.worker.Area)
	if err != nil {
		b.t.Fatal(err)
	}
	at, seen := map[string]string{}, map[string]bool{}
	mean := 0.0
	for _, a := range answers {
		mean += a.Score / float64(len(answers))
	}
	for _, a := range answers {
		seen[a.Household] = true
		if a.Score < mean-5 && !a.Collective {
			at[a.Household] = a.ID
		}
	}
	for i := range b.Demo.People {
		p := &b.Demo.People[i]
		if p.Committee != b.worker.Area {
			continue
		}
		h := b.Seal.Pseudonym("response/"+b.ID+"/household", world.Household(p))
		if id := at[h]; id != "" && asked == nil {
			asked, answer = p, id
		}
		if !seen[h] && free == nil {
			free = p
		}
	}
	if asked == nil || free == nil {
		b.t.Fatal("the fixture has no such households")
	}
	return asked, free, answer
}

func want(t *testing.T, err error, code errs.Code, key string) {
	t.Helper()
	e, _ := err.(*errs.Error)
	if !errs.Is(err, code) || key != "" && (e == nil || e.Key != key) {
		t.Errorf("got %v (%s), want %s %s", err, errs.CodeOf(err), code, key)
	}
}

func TestEntriesAreChecked(t *testing.T) {
	t.Parallel()
	b := begin(t)
	p := &b.Demo.People[0]
	try := func(change func(*disputes.Recording), key string) {
		t.Helper()
		r := recording(p)
		change(&r)
		_, _, err := b.register.Record(b.ctx, b.worker, r)
		want(t, err, errs.Invalid, key)
	}
	try(func(r *disputes.Recording) { r.Kind = "blacklist" }, "conflict.bad.kind")
	try(func(r *disputes.Recording) { r.Building = " " }, "conflict.bad.household")
	try(func(r *disputes.Recording) { r.Room, r.Name = "", "" }, "conflict.bad.household")
	try(func(r *disputes.Recording) { r.CaseNumber = "" }, "conflict.bad.proof")
	try(func(r *disputes.Recording) { r.Story = "吵过架" }, "conflict.bad.story")
	try(func(r *disputes.Recording) { r.HappenedOn = "五月" }, "conflict.bad.date")
	try(func(r *disputes.Recording) { r.Room = strings.Repeat("3", 101) }, "conflict.bad.long")
	for _, login := range []string{"manager", "auditor", "panel-1", "admin"} {
		_, _, err := b.register.Record(b.ctx, b.Actor(login), recording(p))
		want(t, err, errs.Forbidden, "auth.forbidden")
	}
	ids := map[string]bool{}
	for range 5 {
		id, receipt, err := b.register.Record(b.ctx, b.worker, recording(p))
		if err != nil || !strings.HasPrefix(receipt, "C310104-") || ids[receipt] {
			t.Fatal(receipt, err)
		}
		ids[receipt] = true
		if len(ids) == 5 {
			_, _, err := b.register.Record(b.ctx, b.worker, recording(p))
			want(t, err, errs.Conflict, "conflict.many")
			want(t, b.register.Withdraw(b.ctx, b.Actor("worker-lone"), id), errs.NotFound, "conflict.not_found")
			if err := b.register.Withdraw(b.ctx, b.worker, id); err != nil {
				t.Fatal(err)
			}
		}
	}
	list, err := b.register.Mine(b.ctx, b.worker)
	if err != nil || len(list) != 5 || list[0].Story != story {
		t.Fatalf("%d entries %v", len(list), err)
	}
	// An entry names a household, so that opening it leaves a trace.
	var opened string
	if err := b.Pool.QueryRow(b.ctx, `select coalesce(string_agg(actor_id::text || ' ' || detail, ','), '') from audit_log where action = 'conflict.read'`).Scan(&opened); err != nil ||
		opened != b.worker.AccountID+` {"opened":5}` {
		t.Errorf("the log says %q of reading the register: %v", opened, err)
	}
	if other, err := b.register.Mine(b.ctx, b.Actor("worker-lone")); err != nil || len(other) != 0 {
		t.Errorf("another worker reads %d entries: %v", len(other), err)
	}
	var raw []byte
	if err := b.Pool.QueryRow(b.ctx, `select content from conflict_entry limit 1`).Scan(&raw); err != nil || bytes.Contains(raw, []byte("搭建")) {
		t.Errorf("an entry is stored in clear: %v", err)
	}
	var logged string
	if err := b.Pool.QueryRow(b.ctx, `select string_agg(detail, ' ') from audit_log where object_kind = 'conflict_entry'`).Scan(&logged); err != nil || strings.Contains(logged, "调解") {
		t.Errorf("the log says %s: %v", logged, err)
	}
}

// TestLateClaimsDoNotCount: an entry from after the commitment of the draw, of
// somebody else, of another unit or withdrawn carries no appeal.
func TestLateClaimsDoNotCount(t *testing.T) {
	t.Parallel()
	b := begin(t)
	b.after()
	late, _, err := b.register.Record(b.ctx, b.worker, recording(&b.Demo.People[0]))
	if err != nil {
		t.Fatal(err)
	}
	b.before()
	foreign, _, err := b.register.Record(b.ctx, b.Actor("worker-lone"), recording(&b.Demo.People[0]))
	if err != nil {
		t.Fatal(err)
	}
	gone, _, err := b.register.Record(b.ctx, b.worker, recording(&b.Demo.People[0]))
	if err == nil {
		err = b.register.Withdraw(b.ctx, b.worker, gone)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.after()
	b.publish()
	for entry, key := range map[string]string{late: "appeal.entry_late", foreign: "appeal.entry_missing", gone: "appeal.entry_missing", "": "appeal.entry_missing", "x": "appeal.entry_missing"} {
		_, _, err := b.appeals.File(b.ctx, b.worker, appeals.Filing{RunID: b.run, Unit: b.worker.Area, Ground: appeal.RegisteredConflict, Statement: story, Entry: entry})
		want(t, err, errs.Invalid, key)
	}
	if list, err := b.register.Usable(b.ctx, b.worker, b.worker.Area, b.ID); err != nil || len(list) != 0 {
		t.Errorf("usable: %d %v", len(list), err)
	}
}

// seen is everything that those outside the server see of one appeal on an
// entry, from the filing to the next published result.
type seen struct {
	worker, panel, manager, log string
	excluded                    bool // what only the frozen input tells
	official                    float64
}

// ids are what differs between two equal courses: ids, digests, receipts, codes and times.
var ids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}|C310104-[0-9]+-[A-Z0-9]+|"Code":"[0-9A-F]{6}"|"Salt":"[A-Z0-9]+"`)

// play records a conflict with a household, contests the result on it, and lets
// others change two more answers when asked to.
func play(t *testing.T, asked, others bool) seen {
	b := begin(t)
	scout, err := b.appeals.Score.Start(b.ctx, b.manager, b.ID, "scout") // never published
	if err != nil {
		t.Fatal(err)
	}
	was, free, answer := b.people(scout)
	b.before()
	p := free
	if asked {
		p = was
	}
	entry, _, err := b.register.Record(b.ctx, b.worker, recording(p))
	if err != nil {
		t.Fatal(err)
	}
	b.after()
	b.publish()
	id, _, err := b.appeals.File(b.ctx, b.worker, appeals.Filing{RunID: b.run, Unit: b.worker.Area, Ground: appeal.RegisteredConflict, Statement: story, Entry: entry})
	if err != nil {
		t.Fatal(err)
	}
	var s seen
	note := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return ids.ReplaceAllString(string(text), "…")
	}
	if ok, err := b.appeals.Accept(b.ctx, b.manager, id, "登记早于抽样，材料齐全"); err != nil || !ok {
		t.Fatal(ok, err)
	}
	b.vote(id, func(f appeals.CaseFile) appeals.VoteInput {
		f.ID = ""
		s.panel += note(f)
		for _, secret := range []string{p.Building, p.Name, "调解2026-051", p.Address} {
			if strings.Contains(s.panel, secret) {
				t.Errorf("the panel reads %q", secret)
			}
		}
		if len(f.Items) != 0 || f.Entry == nil || !strings.Contains(f.Entry.Story, "违规搭建") {
			t.Errorf("the panel has %d letters and the entry %+v", len(f.Items), f.Entry)
		}
		return appeals.VoteInput{Outcome: appeal.Uphold, Reason: "登记属实，因依规履职引起"}
	})
	if others {
		b.contest(2)
	}
	next, err := b.appeals.Score.Start(b.ctx, b.manager, b.ID, "next run")
	if err != nil {
		t.Fatal(err)
	}
	s.excluded = b.inputExcludes(next, answer)
	if asked == false {
		s.excluded = len(b.sealedExclusions(next)) > 0
	}
	for _, who := range []authz.Actor{b.worker, b.manager} {
		d, err := b.appeals.Get(b.ctx, who, id)
		if err != nil {
			t.Fatal(err)
		}
		text := note(d)
		if who.Role == authz.Worker {
			s.worker = text
		} else {
			s.manager = text
		}
	}
	if others {
		if err := b.appeals.OpenNotice(b.ctx, b.manager, next); err != nil {
			t.Fatal(err)
		}
		b.Clock.Advance(12 * 24 * time.Hour)
		if err := b.appeals.Publish(b.ctx, b.manager, next); err != nil {
			t.Fatal(err)
		}
		u, _, err := b.appeals.Score.Unit(b.ctx, b.worker, next, b.worker.Area)
		if err != nil {
			t.Fatal(err)
		}
		s.official = u.Official.Value
		for ground := range u.Excluded {
			if ground == appeal.RegisteredConflict {
				t.Error("the result page tells that an answer stands aside because of the register")
			}
		}
	}
	s.log = b.log()
	var buf bytes.Buffer
	want(t, b.appeals.Score.Export(b.ctx, b.manager, next, &buf), errs.Forbidden, "run.sealed_input")
	return s
}

// vote lets the panel of an appeal read and vote.
func (b *bench) vote(id string, how func(appeals.CaseFile) appeals.VoteInput) {
	b.t.Helper()
	events, err := appealdb.Events(b.ctx, b.Pool, b.worker.District, id)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range events {
		for _, m := range e.Members {
			who := authz.Actor{District: b.worker.District, AccountID: m, Role: authz.Panel, Area: b.worker.District, Locale: "zh"}
			f, err := b.appeals.Blind(b.ctx, who, id)
			if err == nil {
				err = b.appeals.Vote(b.ctx, who, id, how(f))
			}
			if err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// contest has up to n more answers of the unit set aside, by an appeal on another
// ground that other answers than the registered one fall to.
func (b *bench) contest(n int) {
	b.t.Helper()
	id, _, err := b.appeals.File(b.ctx, b.worker, appeals.Filing{RunID: b.run, Unit: b.worker.Area, Ground: "interview_fault", Statement: story,
		Files: []appeals.File{{Name: "说明.txt", Content: []byte("访问没有逐题进行")}}})
	if err == nil {
		_, err = b.appeals.Accept(b.ctx, b.manager, id, "有现场说明")
	}
	if err != nil {
		b.t.Fatal(err)
	}
	items, err := appealdb.Items(b.ctx, b.Pool, b.worker.District, id)
	if err != nil {
		b.t.Fatal(err)
	}
	b.vote(id, func(appeals.CaseFile) appeals.VoteInput {
		var marks []string
		for _, it := range items {
			if it.Side == appeal.Low {
				marks = append(marks, it.Label)
			}
		}
		return appeals.VoteInput{Outcome: appeal.Uphold, Affected: marks[:min(n, len(marks))], Reason: "访问过程有缺陷"}
	})
}

func (b *bench) sealedExclusions(run string) (out []string) {
	b.t.Helper()
	gz, _, err := scoredb.Input(b.ctx, b.Pool, b.worker.District, run)
	if err != nil {
		b.t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(gz))
	if err != nil {
		b.t.Fatal(err)
	}
	doc, err := io.ReadAll(z)
	if err != nil {
		b.t.Fatal(err)
	}
	var in scoring.Input
	if err := json.Unmarshal(doc, &in); err != nil {
		b.t.Fatal(err)
	}
	for _, x := range in.Exclusions {
		if x.Ground == appeal.RegisteredConflict {
			out = append(out, x.AnswerID)
		}
	}
	return out
}

func (b *bench) inputExcludes(run, answer string) bool {
	list := b.sealedExclusions(run)
	return len(list) == 1 && list[0] == answer
}

// log is what the audit log says, without ids.
func (b *bench) log() string {
	b.t.Helper()
	rows, err := b.Pool.Query(b.ctx, `select actor_role || ' ' || action || ' ' || object_kind || ' ' || detail from audit_log order by seq`)
	if err != nil {
		b.t.Fatal(err)
	}
	defer rows.Close()
	var out strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			b.t.Fatal(err)
		}
		fmt.Fprintln(&out, ids.ReplaceAllString(line, "…"))
	}
	return out.String()
}

// TestNobodyLearnsWhetherTheHouseholdWasAsked plays the same course twice, with
// a household that was asked and one that was not. Everything that anybody sees
// is the same to the letter; only the frozen input differs, and only where two
// other answers changed in the same step.
func TestNobodyLearnsWhetherTheHouseholdWasAsked(t *testing.T) {
	t.Parallel()
	for _, others := range []bool{false, true} {
		var both [2]seen
		for i, asked := range []bool{true, false} {
			t.Run(fmt.Sprintf("others %v, asked %v", others, asked), func(t *testing.T) { both[i] = play(t, asked, others) })
		}
		a, f := both[0], both[1]
		for what, pair := range map[string][2]string{"worker": {a.worker, f.worker}, "panel": {a.panel, f.panel}, "manager": {a.manager, f.manager}, "audit log": {a.log, f.log}} {
			if pair[0] != pair[1] || pair[0] == "" {
				t.Errorf("the %s sees a difference:\n%s\n%s", what, pair[0], pair[1])
			}
		}
		if a.excluded != others || f.excluded {
			t.Errorf("with others %v: set aside %v where asked, %v where not", others, a.excluded, f.excluded)
		}
		t.Logf("with others %v: official score %.4f where asked, %.4f where not", others, a.official, f.official)
	}
}
