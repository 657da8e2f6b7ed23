package appeals

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring/appeal"
)

// Second is whether and until when an appeal may go to the second instance.
type Second struct {
	Open  bool
	Until time.Time
	ID    string // of the second instance, once filed
	First string // of the first instance, on the page of a second one
}

func secondOf(ctx context.Context, q pg.Querier, district string, t *terms, a appealdb.Appeal, c *appeal.Case, now time.Time) (s Second, err error) {
	s.First = a.FirstID
	if s.ID, err = appealdb.SecondOf(ctx, q, district, a.ID); err != nil || s.ID != "" || !c.MayGoOn() {
		return s, err
	}
	s.Until = t.calendar.After(c.Ended(), t.rules.SecondFile)
	s.Open = !now.After(s.Until)
	return s, nil
}

// FileSecond takes the actor's own ended appeal to the second instance: the
// same ground against the result that stands now, before a panel in which
// nobody sits who decided at the first, with deadlines of its own.
func (s *Service) FileSecond(ctx context.Context, who authz.Actor, first, statement string, files []File) (id, receipt string, err error) {
	id = app.NewID()
	err = s.Write(ctx, who, authz.AppealFile, authz.Object{Area: who.Area}, func(ctx context.Context, tx *app.Tx) error {
		d := who.District
		if err := appealdb.Lock(ctx, tx, d, first); err != nil {
			return err
		}
		a, c, err := load(ctx, tx, d, first)
		if err != nil {
			return err
		}
		if a.AppellantID != who.AccountID || tx.Check(authz.Object{Area: a.Unit}) != nil {
			return hidden()
		}
		if !c.MayGoOn() {
			return errs.New(errs.Barred, "appeal.no_second", "this appeal cannot go to the second instance").
				At("", string(c.State), "an appeal that ended and was not upheld in full", "")
		}
		in := Filing{RunID: a.RunID, Unit: a.Unit, Ground: a.Ground, Statement: strings.TrimSpace(statement), Files: files}
		if err := checkStatement(&in); err != nil {
			return err
		}
		if in.RunID, err = scoredb.LatestPublished(ctx, tx, d, a.RoundID); err != nil {
			return err
		}
		run, err := scoredb.Get(ctx, tx, d, in.RunID)
		if err != nil {
			return err
		}
		t, err := termsOf(ctx, tx, d, a.RoundID)
		if err != nil {
			return err
		}
		number, err := appealdb.NextNumber(ctx, tx, d)
		if err != nil {
			return err
		}
		if other, err := appealdb.SecondOf(ctx, tx, d, first); err != nil || other != "" {
			if err == nil {
				err = errs.New(errs.Done, "appeal.second_twice", "this appeal is before the second instance already")
			}
			return err
		}
		dl := t.rules.Second(t.calendar, c.Ended(), tx.Now)
		receipt = fmt.Sprintf("A%s-%d-%05d", d, tx.Now.In(appeal.Zone).Year(), number)
		b := appealdb.Appeal{ID: id, Number: number, Receipt: receipt, RoundID: a.RoundID, RunID: in.RunID, Unit: a.Unit, AppellantID: who.AccountID,
			Ground: a.Ground, Statement: s.Seal.Seal([]byte(in.Statement), "appeal/"+id), FiledAt: tx.Now, PublishedAt: *run.PublishedAt,
			FileBy: dl.FileBy, AcceptBy: dl.AcceptBy, DecideUntil: dl.DecideBy, Instance: 2, FirstID: first,
			ExtendDays: t.rules.Extend, NoticeDays: t.rules.Notice, ReAskDays: t.book.DisputeRules().ReAskDays, EntryID: a.EntryID}
		e := appeal.Event{Kind: appeal.KindFiled, By: who.AccountID, At: tx.Now, Reason: "second instance, ground: " + a.Ground}
		second := &appeal.Case{Appellant: who.AccountID, Ground: c.Ground, Deadlines: dl, Instance: 2}
		if err := second.Apply(e); err != nil {
			return err
		}
		if err := appealdb.Insert(ctx, tx, d, b); err != nil {
			return err
		}
		if err := appealdb.AddEvent(ctx, tx, d, id, e); err != nil {
			return err
		}
		tx.Record("appeal", id, a.Unit, map[string]any{"second_of": first, "files": len(files), "number": number})
		return s.attach(ctx, tx, id, in.Files)
	})
	if err != nil {
		return "", "", err
	}
	return id, receipt, nil
}
