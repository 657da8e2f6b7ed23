package appeals

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/appeal"
	"gongping/survey"
)

// The limits of a filing.
const (
	MinStatement = 20
	MaxStatement = 4000
	MaxFiles     = 5
	MaxFile      = 5 << 20
)

// File is an attached file.
type File struct {
	Name    string
	Kind    appeal.Evidence
	Content []byte
}

// Filing is what a worker hands in.
type Filing struct {
	RunID, Unit, Ground, Statement string
	Files                          []File
	Entry                          string // of the sealed register, for the ground that rests on it
}

// Form is what the filing page shows: whether and until when an appeal can be
// filed against a result.
type Form struct {
	RoundTitle, UnitName string
	RoundID              string
	RunID, Unit          string
	RunNumber            int
	PublishedAt, FileBy  time.Time
	DaysLeft             int // working days
	Rules                appeal.Rules
	Collective           bool            // a collective complaint was found in the unit
	Filed                map[string]bool // grounds on which the actor has filed against this run
	Closed               string          // "" or why nothing can be filed: appeal.closed.KEY
}

// Form prepares a filing. A worker sees it for their own unit only.
func (s *Service) Form(ctx context.Context, who authz.Actor, runID, unit string) (f Form, err error) {
	err = s.Read(ctx, who, authz.AppealFile, authz.Object{Area: unit}, func(ctx context.Context, q pg.Querier) error {
		f, err = s.form(ctx, q, who, runID, unit, s.Clock.Now())
		return err
	})
	return f, err
}

func (s *Service) form(ctx context.Context, q pg.Querier, who authz.Actor, runID, unit string, now time.Time) (f Form, err error) {
	if survey.LevelOf(unit) != survey.Committee {
		return f, errs.New(errs.NotFound, "unit.not_found", "there is no such unit, or none that you may see")
	}
	run, err := scoredb.Get(ctx, q, who.District, runID)
	if err != nil {
		return f, app.NotFound(err, "run")
	}
	if run.PublishedAt == nil {
		return f, errs.New(errs.NotFound, "run.not_found", "there is no such run, or none that you may see")
	}
	u, err := scoredb.UnitOf(ctx, q, who.District, runID, unit)
	if err != nil {
		return f, app.NotFound(err, "unit")
	}
	t, err := termsOf(ctx, q, who.District, run.RoundID)
	if err != nil {
		return f, err
	}
	f = Form{RunID: runID, RoundID: run.RoundID, Unit: unit, UnitName: u.Name, RunNumber: run.Number, PublishedAt: *run.PublishedAt, Rules: t.rules,
		FileBy: t.rules.FileBy(t.calendar, *run.PublishedAt), Filed: map[string]bool{}}
	if f.Collective, err = collective(ctx, q, who.District, &t, u, runID); err != nil {
		return f, err
	}
	f.DaysLeft = max(0, t.calendar.Between(now, f.FileBy))
	mine, err := appealdb.List(ctx, q, who.District, appealdb.Filter{Appellant: who.AccountID, RunID: runID, Limit: 100})
	if err != nil {
		return f, err
	}
	for _, a := range mine {
		switch {
		case a.State == string(appeal.Withdrawn):
		case a.EntryID != "": // one appeal for each entry
			f.Filed[a.Ground+"/"+a.EntryID] = true
		default:
			f.Filed[a.Ground] = true
		}
	}
	latest, err := scoredb.LatestPublished(ctx, q, who.District, run.RoundID)
	switch {
	case err != nil:
		return f, err
	case latest != runID:
		f.Closed = "superseded"
	case now.After(f.FileBy):
		f.Closed = "late"
	}
	return f, nil
}

// File files an appeal and returns its id and receipt number.
func (s *Service) File(ctx context.Context, who authz.Actor, in Filing) (id, receipt string, err error) {
	in.Statement = strings.TrimSpace(in.Statement)
	g, err := checkFiling(&in)
	if err != nil {
		return "", "", err
	}
	id = app.NewID()
	err = s.Write(ctx, who, authz.AppealFile, authz.Object{Area: in.Unit}, func(ctx context.Context, tx *app.Tx) error {
		f, err := s.form(ctx, tx, who, in.RunID, in.Unit, tx.Now)
		if err != nil {
			return err
		}
		if f.Closed == "superseded" {
			return errs.New(errs.Conflict, "appeal.superseded_run", "a later run has superseded this result; file against that one")
		}
		run, err := scoredb.Get(ctx, tx, who.District, in.RunID)
		if err != nil {
			return err
		}
		t, err := termsOf(ctx, tx, who.District, run.RoundID)
		if err != nil {
			return err
		}
		number, err := appealdb.NextNumber(ctx, tx, who.District)
		if err != nil {
			return err
		}
		if f, err = s.form(ctx, tx, who, in.RunID, in.Unit, tx.Now); err != nil { // again, now that nobody else files
			return err
		}
		if f.Filed[g.ID] || f.Filed[g.ID+"/"+in.Entry] {
			return errs.New(errs.Done, "appeal.twice", "you have filed on this ground against this result")
		}
		if g.Sealed {
			if err := s.checkEntry(ctx, tx, who, in.Entry, in.Unit, run.RoundID); err != nil {
				return err
			}
		}
		dl := t.rules.From(t.calendar, f.PublishedAt, tx.Now)
		receipt = fmt.Sprintf("A%s-%d-%05d", who.District, tx.Now.In(appeal.Zone).Year(), number)
		a := appealdb.Appeal{ID: id, Number: number, Receipt: receipt, RoundID: run.RoundID, RunID: in.RunID, Unit: in.Unit, AppellantID: who.AccountID,
			Ground: g.ID, Statement: s.Seal.Seal([]byte(in.Statement), "appeal/"+id), FiledAt: tx.Now, PublishedAt: f.PublishedAt,
			FileBy: dl.FileBy, AcceptBy: dl.AcceptBy, DecideUntil: dl.DecideBy,
			Instance: 1, ExtendDays: t.rules.Extend, NoticeDays: t.rules.Notice, ReAskDays: t.book.DisputeRules().ReAskDays, EntryID: in.Entry}
		c := &appeal.Case{Appellant: who.AccountID, Ground: g, Deadlines: dl}
		e := appeal.Event{Kind: appeal.KindFiled, By: who.AccountID, At: tx.Now, Reason: "ground: " + g.ID}
		if err := c.Apply(e); err != nil {
			return err
		}
		if err := appealdb.Insert(ctx, tx, who.District, a); err != nil {
			return err
		}
		if err := appealdb.AddEvent(ctx, tx, who.District, id, e); err != nil {
			return err
		}
		tx.Record("appeal", id, in.Unit, map[string]any{"run": in.RunID, "ground": g.ID, "files": len(in.Files), "number": number})
		return s.attach(ctx, tx, id, in.Files)
	})
	if err != nil {
		return "", "", err
	}
	return id, receipt, nil
}

// checkEntry asks the sealed register whether an entry carries the appeal. The
// answer rests on the entry alone, never on who was asked.
func (s *Service) checkEntry(ctx context.Context, q pg.Querier, who authz.Actor, entry, unit, roundID string) error {
	if s.Register == nil || entry == "" {
		return errs.New(errs.Invalid, "appeal.entry_missing", "this ground needs an entry in the sealed register from before the draw").
			At("entry", "", "an entry recorded before the draw was committed", "a conflict that was not recorded in time does not count under this ground; choose another one")
	}
	return s.Register(ctx, q, who, entry, unit, roundID)
}

func checkFiling(in *Filing) (appeal.Ground, error) {
	bad := func(where, found, want, hint string) error {
		return errs.New(errs.Invalid, "appeal.invalid", "the appeal cannot be filed").At(where, found, want, hint)
	}
	g, ok := appeal.GroundOf(in.Ground)
	if !ok {
		return g, bad("ground", in.Ground, "a listed ground", "choose one of the list")
	}
	if err := checkStatement(in); err != nil {
		return g, err
	}
	if !g.Sealed {
		in.Entry = ""
	}
	has := g.Needs == ""
	for i := range in.Files {
		if in.Files[i].Kind == "" {
			in.Files[i].Kind = cmp.Or(g.Needs, appeal.Other)
		}
		has = has || in.Files[i].Kind == g.Needs
	}
	if !has {
		return g, errs.New(errs.Invalid, "appeal.evidence_missing", "this ground needs evidence").At("files", "", "a file of the kind "+string(g.Needs), "attach it").
			With(map[string]any{"Kind": string(g.Needs)})
	}
	return g, nil
}

// checkStatement checks what every filing has: a statement and at most so many
// files.
func checkStatement(in *Filing) error {
	bad := func(where, found, want, hint string) error {
		return errs.New(errs.Invalid, "appeal.invalid", "the appeal cannot be filed").At(where, found, want, hint)
	}
	if n := utf8.RuneCountInString(in.Statement); n < MinStatement || n > MaxStatement || !utf8.ValidString(in.Statement) {
		return bad("statement", fmt.Sprintf("%d", n), fmt.Sprintf("%d to %d characters", MinStatement, MaxStatement), "say what happened, when, and why the result is wrong")
	}
	if len(in.Files) > MaxFiles {
		return bad("files", fmt.Sprint(len(in.Files)), fmt.Sprintf("at most %d files", MaxFiles), "join files or leave some out")
	}
	return nil
}

// attach seals and stores files.
func (s *Service) attach(ctx context.Context, tx *app.Tx, id string, files []File) error {
	for i, f := range files {
		media, err := mediaType(f)
		if err != nil {
			return err
		}
		known := f.Kind == appeal.Other
		for _, k := range appeal.EvidenceKinds {
			known = known || k == f.Kind
		}
		if !known {
			return errs.New(errs.Invalid, "appeal.invalid", "the appeal cannot be filed").At(fmt.Sprintf("files[%d].kind", i), string(f.Kind), "a listed kind of evidence", "choose one of the list")
		}
		eid, digest := app.NewID(), sha256.Sum256(f.Content)
		name := f.Name
		if r := []rune(name); len(r) > 120 {
			name = string(r[:120])
		}
		e := appealdb.Evidence{ID: eid, AppealID: id, Kind: string(f.Kind), MediaType: media, Size: len(f.Content), Digest: digest[:], At: tx.Now,
			Name: s.Seal.Seal([]byte(name), "evidence-name/"+eid)}
		if err := appealdb.AddEvidence(ctx, tx, tx.Actor.District, e, s.Seal.Seal(f.Content, "evidence/"+eid), tx.Actor.AccountID); err != nil {
			return err
		}
	}
	return nil
}

// Withdraw ends the actor's own appeal before it is decided.
func (s *Service) Withdraw(ctx context.Context, who authz.Actor, id, reason string) error {
	return s.Write(ctx, who, authz.AppealWithdraw, authz.Object{Owner: who.AccountID}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		tx.Record("appeal", id, a.Unit, map[string]any{"withdrawn": true})
		return take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindWithdrawn, By: who.AccountID, Reason: strings.TrimSpace(reason)})
	})
}
