package appeals

import (
	"context"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/accountdb"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/appeal"
)

// Detail is an appeal as its appellant, a manager or an auditor may see it.
type Detail struct {
	appealdb.Appeal
	Statement string
	State     appeal.State
	Course    []Entry
	Due       time.Time
	Late      bool
	Remaining int
	Waits     string
	Rules     appeal.Rules
	Evidence  []EvidenceRef
	Decision  *Decision
	Seats     int
	Votes     int
	Third     bool // a third member is needed and none is seated
	Vacant    bool // a member left the panel and nobody has taken the seat
	Withdraw  bool
	Refuse    bool         // the actor may refuse it: not who dealt with its first instance
	NewRun    *scoredb.Run // published, or any for those who make runs
	Audit     *AuditView   // auditors only

	Second      Second
	Step        appeal.Step               // what it waits for; empty for nothing with a deadline
	Moved       map[appeal.Step]time.Time // later deadlines by step
	Extended    time.Time                 // the later deadline of the step that it waits for; zero without one
	ExtendMax   int                       // working days by which a manager may extend now; 0 = not
	NoticeUntil time.Time                 // of the public notice; zero before it
	OpenCount   int                       // objections without an answer
	Objections  []ObjectionView           // managers and auditors only
	Extension   Extension
	ReAsk       ReAsk
}

// Entry is a step of the course that has been taken. Who is a role, or, for
// auditors, a name.
type Entry struct {
	Kind    appeal.Kind
	At      time.Time
	Who     string // "appellant", "manager", "panel", "service", or a name
	Named   bool
	Reason  string
	Outcome appeal.Outcome
	Step    appeal.Step
	Days    int
	Until   time.Time

	Conflict  string // a conflict of interest that the service found: appeal.recused.why.KEY
	Uncounted bool   // a vote of a member who left the panel
}

// AuditView is what only auditors see: both sides of the review.
type AuditView struct {
	Items  []appealdb.Item
	Marks  map[string]int // votes that marked a label
	Effect *appeal.Effect
	Panel  []string // names
}

// Get opens an appeal. Reading somebody else's statement leaves a trace.
func (s *Service) Get(ctx context.Context, who authz.Actor, id string) (d Detail, err error) {
	o, _ := scope(who)
	if who.Role == authz.Panel {
		return d, hidden() // the panel has the case file
	}
	read := func(ctx context.Context, q pg.Querier, check func(authz.Object) error) error {
		a, c, err := load(ctx, q, who.District, id)
		if err != nil {
			return err
		}
		if check(object(a, c)) != nil {
			return hidden()
		}
		d, err = s.detail(ctx, q, who, a, c)
		return err
	}
	if who.Role == authz.Worker {
		err = s.Read(ctx, who, authz.AppealRead, o, func(ctx context.Context, q pg.Querier) error {
			return read(ctx, q, func(o authz.Object) error { return authz.Check(who, authz.AppealRead, o) })
		})
		return d, err
	}
	err = s.Write(ctx, who, authz.AppealRead, o, func(ctx context.Context, tx *app.Tx) error {
		if err := read(ctx, tx, tx.Check); err != nil {
			return err
		}
		tx.Record("appeal", id, d.Unit, map[string]any{"statement": true})
		return nil
	})
	return d, err
}

func (s *Service) detail(ctx context.Context, q pg.Querier, who authz.Actor, a appealdb.Appeal, c *appeal.Case) (d Detail, err error) {
	text, err := s.Seal.Open(a.Statement, "appeal/"+a.ID)
	if err != nil {
		return d, err
	}
	t, err := termsOf(ctx, q, who.District, a.RoundID)
	if err != nil {
		return d, err
	}
	now := s.Clock.Now()
	d = Detail{Appeal: a, Statement: string(text), State: c.State, Due: c.Due(), Late: c.Late(now) != "", Step: c.Waiting(), Moved: c.Extended, Waits: waits(who, c), Rules: t.rules,
		Decision: decisionOf(c), Seats: len(c.Panel), Votes: len(c.Votes), Third: c.NeedsThird(), Vacant: c.FreeSeats() > 0 && len(c.Recused) > 0,
		Withdraw: who.AccountID == a.AppellantID && !c.State.Final() && (c.State == appeal.Filed || c.State == appeal.Accepted || c.State == appeal.Assigned || c.State == appeal.Voting)}
	if !d.Due.IsZero() {
		d.Remaining = t.calendar.Between(now, d.Due)
		d.Extended = c.Extended[c.Waiting()]
		if who.Role == authz.Manager && !d.Late && d.Extended.IsZero() {
			d.ExtendMax = c.ExtendMax
		}
	}
	d.Refuse = who.Role == authz.Manager && c.State == appeal.Filed && !c.FirstDealt[who.AccountID]
	d.NoticeUntil, d.OpenCount = c.NoticeUntil, len(c.Open)
	if d.Second, err = secondOf(ctx, q, who.District, &t, a, c, now); err != nil {
		return d, err
	}
	if who.AccountID != a.AppellantID {
		d.Second.Open = false
		if d.Objections, err = s.objections(ctx, q, who.District, c, a.ID); err != nil {
			return d, err
		}
	}
	d.Extension = extensionOf(c, who.AccountID, now)
	if d.ReAsk, err = s.reAskOf(ctx, q, who, a, c); err != nil {
		return d, err
	}
	files, err := appealdb.EvidenceOf(ctx, q, who.District, a.ID)
	if err != nil {
		return d, err
	}
	for _, e := range files {
		name, err := s.Seal.Open(e.Name, "evidence-name/"+e.ID)
		if err != nil {
			return d, err
		}
		d.Evidence = append(d.Evidence, EvidenceRef{ID: e.ID, Kind: e.Kind, MediaType: e.MediaType, Name: string(name), KB: (e.Size + 1023) / 1024})
	}
	if err := s.course(ctx, q, who, a, c, &d); err != nil {
		return d, err
	}
	if who.Role == authz.Auditor {
		return d, s.auditView(ctx, q, who, c, &d)
	}
	return d, nil
}

// course lists what has happened, without who voted what (but for auditors),
// and without any vote before the decision.
func (s *Service) course(ctx context.Context, q pg.Querier, who authz.Actor, a appealdb.Appeal, c *appeal.Case, d *Detail) error {
	all := who.Role == authz.Auditor
	for _, e := range c.Events {
		if e.Kind == appeal.KindVote && !all {
			continue
		}
		x := Entry{Kind: e.Kind, At: e.At, Outcome: e.Outcome, Step: e.Step, Days: e.Days}
		x.Uncounted = e.Kind == appeal.KindVote && c.Recused[e.By]
		if e.Until != nil {
			x.Until = *e.Until
		}
		switch e.Kind {
		case appeal.KindVote, appeal.KindAccepted, appeal.KindRefused, appeal.KindWithdrawn, appeal.KindExtended, appeal.KindAnswered, appeal.KindAsked, appeal.KindDeclined:
			x.Reason = e.Reason
		case appeal.KindRecused: // which part somebody had is not the appellant's to know
			if who.Role == authz.Manager || all {
				x.Reason, x.Conflict = e.Reason, strings.TrimPrefix(e.Reason, conflictFound)
				if x.Conflict == e.Reason {
					x.Conflict = ""
				}
			}
		case appeal.KindClosed:
			if e.By != "" {
				x.Reason = e.Reason
			}
		}
		switch {
		case e.Kind == appeal.KindObjection:
			x.Who = "objector"
		case e.By == "":
			x.Who = "service"
		case e.By == a.AppellantID:
			x.Who = "appellant"
		case e.Kind == appeal.KindVote, e.Kind == appeal.KindAsked, e.Kind == appeal.KindRecused:
			x.Who = "panel"
		default:
			x.Who = "manager"
		}
		if all && e.By != "" && e.Kind != appeal.KindObjection {
			acc, err := accountdb.ByID(ctx, q, who.District, e.By)
			if err != nil {
				return err
			}
			x.Who, x.Named = acc.Name, true
		}
		d.Course = append(d.Course, x)
		if e.RunID == "" {
			continue
		}
		run, err := scoredb.Get(ctx, q, who.District, e.RunID)
		if err != nil {
			return err
		}
		if run.PublishedAt != nil || who.Role == authz.Manager || all {
			d.NewRun = &run
		}
	}
	return nil
}

func (s *Service) auditView(ctx context.Context, q pg.Querier, who authz.Actor, c *appeal.Case, d *Detail) (err error) {
	v := &AuditView{Marks: map[string]int{}}
	if v.Items, err = appealdb.Items(ctx, q, who.District, d.ID); err != nil {
		return err
	}
	for _, vote := range c.Votes {
		for _, l := range vote.Affected {
			v.Marks[l]++
		}
	}
	for _, e := range c.Events {
		if e.Effect != nil {
			v.Effect = e.Effect
		}
	}
	for _, m := range c.Panel {
		acc, err := accountdb.ByID(ctx, q, who.District, m)
		if err != nil {
			return err
		}
		v.Panel = append(v.Panel, acc.Name)
	}
	d.Audit = v
	return nil
}

// Evidence opens an attached file for the appellant, a manager or an auditor.
// It leaves a trace.
func (s *Service) Evidence(ctx context.Context, who authz.Actor, id, evidence string) (ref EvidenceRef, content []byte, err error) {
	o, _ := scope(who)
	if who.Role == authz.Panel {
		return ref, nil, hidden()
	}
	err = s.Write(ctx, who, authz.AppealRead, o, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := load(ctx, tx, who.District, id)
		if err != nil {
			return err
		}
		if tx.Check(object(a, c)) != nil {
			return hidden()
		}
		e, sealed, err := appealdb.EvidenceContent(ctx, tx, who.District, id, evidence)
		if err != nil {
			return app.NotFound(err, "evidence")
		}
		name, err := s.Seal.Open(e.Name, "evidence-name/"+e.ID)
		if err != nil {
			return err
		}
		ref = EvidenceRef{ID: e.ID, Kind: e.Kind, MediaType: e.MediaType, Name: string(name), KB: (e.Size + 1023) / 1024}
		content, err = s.Seal.Open(sealed, "evidence/"+e.ID)
		tx.Record("appeal_evidence", e.ID, a.Unit, map[string]any{"appeal": id})
		return err
	})
	return ref, content, err
}
