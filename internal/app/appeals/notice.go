package appeals

import (
	"context"
	"fmt"
	"math"
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
	"gongping/scoring/composite"
)

// OpenNotice puts the new result of all appeals that a run answers on public
// notice, when its difference from the published one reveals no answer and
// harms no appellant. It is published when the notice has ended.
func (s *Service) OpenNotice(ctx context.Context, who authz.Actor, runID string) error {
	return s.Write(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		run, err := scoredb.Get(ctx, tx, who.District, runID)
		if err != nil {
			return app.NotFound(err, "run")
		}
		if run.State != "done" || run.PublishedAt != nil {
			return errs.New(errs.NotNow, "run.not_done", "the run is not finished")
		}
		if err := check(ctx, tx, who.District, run); err != nil {
			return err
		}
		t, err := termsOf(ctx, tx, who.District, run.RoundID)
		if err != nil {
			return err
		}
		waiting, err := appealdb.AwaitingRun(ctx, tx, who.District, run.RoundID, run.Number)
		if err != nil {
			return err
		}
		until := t.calendar.After(tx.Now, t.rules.Notice)
		n := 0
		for _, id := range waiting {
			a, c, err := begin(ctx, tx, id)
			if err != nil {
				return err
			}
			if c.NoticeDays == 0 || c.NoticeRun == runID {
				continue
			}
			if err := take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindNoticed, By: who.AccountID, RunID: runID, Until: &until}); err != nil {
				return err
			}
			tx.Record("appeal", id, a.Unit, map[string]any{"noticed": runID})
			n++
		}
		if n == 0 {
			return errs.New(errs.NotNow, "appeal.nothing_to_notice", "no appeal waits for this run, or its notice is running")
		}
		return nil
	})
}

// Notice is a result on public notice. It holds nothing that its publication
// would not tell.
type Notice struct {
	ID, Receipt        string
	UnitName, Round    string
	Ground             string
	Outcome            appeal.Outcome
	Remedy             appeal.Remedy
	Instance           int
	From, Until        time.Time
	Before, After      float64 // official score of the unit, to one decimal
	Scored             bool
	BandBefore         map[string]string // name by language, nil where there is none
	BandAfter          map[string]string
	Objections, Closed int // lodged; answered
	Objected           bool
}

// Notices lists the results on public notice, for everybody.
func (s *Service) Notices(ctx context.Context, who authz.Actor) (list []Notice, err error) {
	return s.noticed(ctx, who, func(ctx context.Context, q pg.Querier) ([]appealdb.Appeal, error) {
		return appealdb.OnNotice(ctx, q, who.District)
	}, nil)
}

// noticed makes a notice of every appeal that find gives; more, if not nil,
// completes it.
func (s *Service) noticed(ctx context.Context, who authz.Actor, find func(context.Context, pg.Querier) ([]appealdb.Appeal, error),
	more func(context.Context, pg.Querier, appealdb.Appeal, *Notice) error) (list []Notice, err error) {
	err = s.Read(ctx, who, authz.NoticeRead, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		all, err := find(ctx, q)
		if err != nil {
			return err
		}
		for _, a := range all {
			_, c, err := load(ctx, q, who.District, a.ID)
			if err != nil {
				return err
			}
			n, err := notice(ctx, q, who, a, c)
			if err == nil && more != nil {
				err = more(ctx, q, a, &n)
			}
			if err != nil {
				return err
			}
			list = append(list, n)
		}
		return nil
	})
	return list, err
}

// NoticeSum is what the decisions behind one run on public notice set aside, by
// sign, with the net effect on the official scores of their units. Counts under
// the rule book's cell for cross tables are few, but not for auditors.
type NoticeSum struct {
	Round   string
	Appeals int
	Units   int
	Until   time.Time
	Aside
}

// NoticeSums adds up the results on public notice by run.
func (s *Service) NoticeSums(ctx context.Context, who authz.Actor) (list []NoticeSum, err error) {
	err = s.Read(ctx, who, authz.NoticeRead, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		all, err := appealdb.OnNotice(ctx, q, who.District)
		if err != nil {
			return err
		}
		var runs []string
		sides, units, cells := map[string][]appealdb.SideCount{}, map[string]map[string]bool{}, map[string]int{}
		exact := who.Role == authz.Auditor
		sums := map[string]*NoticeSum{}
		for _, a := range all {
			_, c, err := load(ctx, q, who.District, a.ID)
			if err != nil {
				return err
			}
			run := c.NoticeRun
			if sums[run] == nil {
				t, err := termsOf(ctx, q, who.District, a.RoundID)
				if err != nil {
					return err
				}
				runs, sums[run], units[run] = append(runs, run), &NoticeSum{Round: a.RoundTitle, Until: c.NoticeUntil}, map[string]bool{}
				cells[run] = t.book.Suppression.CrossTab
			}
			sums[run].Appeals++
			if !exact && !units[run][a.Unit] {
				latest, err := scoredb.LatestPublished(ctx, q, who.District, a.RoundID)
				if err != nil {
					return err
				}
				x, err := left(ctx, q, who.District, latest, run, a.Unit)
				if err != nil {
					return err
				}
				sides[run] = append(sides[run], x)
			}
			units[run][a.Unit] = true
			for _, e := range c.Events {
				if e.Effect == nil {
					continue
				}
				x := appealdb.SideCount{LowReviewed: e.Effect.LowReviewed, HighReviewed: e.Effect.HighReviewed, LowExcluded: e.Effect.LowExcluded, HighExcluded: e.Effect.HighExcluded}
				if exact && e.Effect.Computed {
					x.Net = e.Effect.Net()
				}
				sides[run] = append(sides[run], x)
			}
		}
		for _, run := range runs {
			n := sums[run]
			n.Units, n.Aside = len(units[run]), aside(sides[run], exact, cells[run])
			list = append(list, *n)
		}
		return nil
	})
	return list, err
}

func notice(ctx context.Context, q pg.Querier, who authz.Actor, a appealdb.Appeal, c *appeal.Case) (n Notice, err error) {
	n = Notice{ID: a.ID, Receipt: a.Receipt, UnitName: a.UnitName, Round: a.RoundTitle, Ground: a.Ground, Outcome: c.Outcome, Instance: max(1, c.Instance),
		Until: c.NoticeUntil, Objections: len(c.Seen), Closed: len(c.Seen) - len(c.Open)}
	for _, e := range c.Events {
		switch e.Kind {
		case appeal.KindDecided:
			n.Remedy = e.Remedy
		case appeal.KindNoticed:
			n.From = e.At
		case appeal.KindObjection:
			n.Objected = n.Objected || who.AccountID != "" && e.By == who.AccountID
		}
	}
	t, err := termsOf(ctx, q, who.District, a.RoundID)
	if err != nil {
		return n, err
	}
	latest, err := scoredb.LatestPublished(ctx, q, who.District, a.RoundID)
	if err != nil {
		return n, err
	}
	old, err := scoredb.UnitOf(ctx, q, who.District, latest, a.Unit)
	if err != nil {
		return n, err
	}
	now, err := scoredb.UnitOf(ctx, q, who.District, c.NoticeRun, a.Unit)
	if err != nil {
		return n, err
	}
	n.Scored = old.Official.OK && now.Official.OK
	n.Before, n.After = math.Round(old.Official.Value*10)/10, math.Round(now.Official.Value*10)/10
	n.BandBefore, n.BandAfter = bandText(&t.book, old.Band), bandText(&t.book, now.Band)
	return n, nil
}

func bandText(book *composite.RuleBook, id string) map[string]string {
	for _, b := range book.Bands {
		if b.ID == id {
			return b.Text
		}
	}
	return nil
}

// Object takes an objection against a result on public notice, from a person
// who is signed in or from a resident who is not. It must be answered before
// the result counts.
func (s *Service) Object(ctx context.Context, who authz.Actor, id, text string) error {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n < MinStatement || n > MaxStatement || !utf8.ValidString(text) {
		return errs.New(errs.Invalid, "appeal.objection_text", "an objection needs a few sentences").
			At("objection", fmt.Sprint(n), fmt.Sprintf("%d to %d characters", MinStatement, MaxStatement), "say what is wrong with the new result, and why")
	}
	return s.Write(ctx, who, authz.AppealObject, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		if err := appealdb.Lock(ctx, tx, who.District, id); err != nil {
			return err
		}
		a, c, err := load(ctx, tx, who.District, id)
		if err != nil || c.State != appeal.Notice {
			if err == nil || errs.Is(err, errs.NotFound) {
				return errs.New(errs.NotFound, "appeal.notice_not_found", "there is no such result on public notice")
			}
			return err
		}
		if len(c.Open) >= maxOpenObjections {
			return errs.New(errs.TooMany, "appeal.objections_many", "so many objections wait for an answer that no more are taken now")
		}
		o := appealdb.Objection{ID: app.NewID(), AppealID: id, By: who.AccountID, At: tx.Now}
		o.Body = s.Seal.Seal([]byte(text), "objection/"+o.ID)
		if err := appealdb.AddObjection(ctx, tx, who.District, o); err != nil {
			return err
		}
		tx.Record("appeal", id, a.Unit, map[string]any{"objection": o.ID})
		return take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindObjection, By: who.AccountID, Objection: o.ID})
	})
}

// maxOpenObjections bounds what somebody without an account can heap up.
const maxOpenObjections = 100

// Answer answers an objection with a reason that everybody reads who may read
// the appeal. An objection that shows the decision to be wrong leads to the
// appeal's end with the old result (CloseHeld); the second instance is open.
func (s *Service) Answer(ctx context.Context, who authz.Actor, id, objection, reason string) error {
	return s.Write(ctx, who, authz.AppealAccept, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		a, c, err := begin(ctx, tx, id)
		if err != nil {
			return err
		}
		tx.Record("appeal", id, a.Unit, map[string]any{"answered": objection})
		return take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindAnswered, By: who.AccountID, Objection: objection, Reason: strings.TrimSpace(reason)})
	})
}

// ObjectionView is an objection as managers and auditors read it.
type ObjectionView struct {
	ID, Text, Answer string
	Role             string // of who objected: "resident" without an account
	At               time.Time
	Answered         bool
}

func (s *Service) objections(ctx context.Context, q pg.Querier, district string, c *appeal.Case, id string) (out []ObjectionView, err error) {
	list, err := appealdb.Objections(ctx, q, district, id)
	if err != nil {
		return nil, err
	}
	for _, o := range list {
		text, err := s.Seal.Open(o.Body, "objection/"+o.ID)
		if err != nil {
			return nil, err
		}
		v := ObjectionView{ID: o.ID, Text: string(text), At: o.At, Role: "resident"}
		if o.By != "" {
			v.Role = "account"
		}
		for _, e := range c.Events {
			if e.Kind == appeal.KindAnswered && e.Objection == o.ID {
				v.Answer, v.Answered = e.Reason, true
			}
		}
		out = append(out, v)
	}
	return out, nil
}
