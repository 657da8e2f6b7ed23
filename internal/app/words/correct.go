package words

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/pg/scoredb"
	"gongping/internal/pg/worddb"
	"gongping/scoring"
	"gongping/scoring/qualitative"
)

// The kinds of a request.
const (
	Withdraw = "withdraw"
	Correct  = "correct"
)

// The limits of a reason, in characters, and of a list.
const (
	minReason    = 4
	maxReason    = 500
	attributions = 20
)

// Attributions are the attributions of a round with what was asked about them.
type Attributions struct {
	List        []worddb.Attributed
	Total, Open int // open: requests that wait for a ruling
	Page, Last  int
	Book        qualitative.Codebook
	Departments []departmentdb.Department
	// Stale tells that a ruling is newer than the newest run of its round.
	Stale []worddb.StaleRound
}

// Attributions lists what two coders credited away from committees, as masked
// words without committee or mark, open requests first.
func (s *Service) Attributions(ctx context.Context, who authz.Actor, round string, page int) (out Attributions, err error) {
	err = s.Read(ctx, who, authz.CommentRead, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		if out.Total, out.Open, err = worddb.CountAttributed(ctx, db, who.District, round, who.Area); err != nil {
			return app.NotFound(err, "round")
		}
		out.Last = max(1, (out.Total+attributions-1)/attributions)
		out.Page = min(max(page, 1), out.Last)
		if out.List, err = worddb.AttributedTexts(ctx, db, who.District, round, who.Area, attributions, (out.Page-1)*attributions); err != nil {
			return err
		}
		for i := range out.List {
			if err := lastChange(ctx, db, who.District, &out.List[i]); err != nil {
				return err
			}
		}
		if out.Stale, err = worddb.StaleRounds(ctx, db, who.District); err != nil {
			return err
		}
		book, _, err := s.codebook(ctx, db, who.District)
		if err != nil {
			return err
		}
		out.Book = *book
		out.Departments, err = departmentdb.List(ctx, db, who.District)
		return err
	})
	return out, err
}

func lastChange(ctx context.Context, db pg.Querier, district string, a *worddb.Attributed) error {
	list, err := worddb.Changes(ctx, db, district, a.ID)
	if n := len(list); n > 0 {
		a.Last = &list[n-1]
	}
	return err
}

// Attributed is one attribution with every request about it.
type Attributed struct {
	worddb.Attributed
	Changes     []worddb.Change
	Book        qualitative.Codebook
	Departments []departmentdb.Department
	MayAsk      bool // no request waits
	MayRule     bool // one waits, and the reader neither asked nor coded
}

// Attribution opens one attribution.
func (s *Service) Attribution(ctx context.Context, who authz.Actor, id string) (out Attributed, err error) {
	err = s.Read(ctx, who, authz.CommentRead, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		if out.Attributed, err = worddb.GetAttributed(ctx, db, who.District, id); err != nil {
			return app.NotFound(err, "attribution")
		}
		if authz.Check(who, authz.CommentRead, authz.Object{Area: out.Area}) != nil {
			return errs.New(errs.NotFound, "attribution.not_found", "there is no such attribution, or none that you may see")
		}
		if out.Changes, err = worddb.Changes(ctx, db, who.District, id); err != nil {
			return err
		}
		open := false
		if n := len(out.Changes); n > 0 {
			out.Last = &out.Changes[n-1]
			open = !out.Last.Ruled
		}
		book, _, err := s.codebook(ctx, db, who.District)
		if err != nil {
			return err
		}
		out.Book = *book
		if out.Departments, err = departmentdb.List(ctx, db, who.District); err != nil {
			return err
		}
		out.MayAsk = !open && authz.May(who, authz.AttributionAsk, authz.Object{Area: out.Area})
		if open {
			o, err := judges(ctx, db, who.District, out.Attributed, *out.Last)
			if err != nil {
				return err
			}
			out.MayRule = authz.May(who, authz.AttributionRule, o)
		}
		return nil
	})
	return out, err
}

// judges is a request as the access table sees it: its asker and the coders of
// the text do not rule on it.
func judges(ctx context.Context, db pg.Querier, district string, a worddb.Attributed, c worddb.Change) (authz.Object, error) {
	o := authz.Object{Area: a.Area, Owner: c.By}
	given, err := worddb.Codings(ctx, db, district, a.Lead)
	for _, g := range given {
		o.Assessors = append(o.Assessors, g.Coder)
	}
	return o, err
}

func checkReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < minReason || n > maxReason {
		return "", errs.New(errs.Invalid, "attribution.reason", "a reason is required").At("reason", reason, "4 to 500 characters", "say in a sentence what is wrong")
	}
	return reason, nil
}

// AskChange asks that an attribution be withdrawn, or corrected to other
// causes. The attribution itself stays on record; the request counts once
// somebody else has agreed to it. Causes of a correction must lie outside the
// committee's remit: if they do not, the attribution is withdrawn.
func (s *Service) AskChange(ctx context.Context, who authz.Actor, id, kind string, codes []qualitative.Code, reason string) (change string, err error) {
	if reason, err = checkReason(reason); err != nil {
		return "", err
	}
	if kind != Withdraw && kind != Correct {
		return "", errs.New(errs.Invalid, "attribution.kind_choose", "an attribution is withdrawn or corrected").At("kind", kind, "withdraw or correct", "choose one")
	}
	change = app.NewID()
	err = s.Write(ctx, who, authz.AttributionAsk, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		if err := worddb.LockText(ctx, tx, who.District, "attribution/"+id); err != nil {
			return err
		}
		a, err := worddb.GetAttributed(ctx, tx, who.District, id)
		if err != nil {
			return app.NotFound(err, "attribution")
		}
		if err := tx.Check(authz.Object{Area: a.Area}); err != nil {
			return err
		}
		if err := lastChange(ctx, tx, who.District, &a); err != nil {
			return err
		}
		switch {
		case a.Last != nil && !a.Last.Ruled:
			return errs.New(errs.NotNow, "attribution.open", "a request about this attribution waits for its ruling")
		case kind == Withdraw && a.Withdrawn:
			return errs.New(errs.Done, "attribution.withdrawn", "the attribution is withdrawn already")
		}
		c := worddb.Change{ID: change, Attribution: id, Round: a.Round, Kind: kind, Reason: reason, By: who.AccountID, At: tx.Now}
		if kind == Correct {
			if c.Items, c.Causes, err = s.causes(ctx, tx, a.Sign, codes); err != nil {
				return err
			}
		}
		tx.Record("attribution", id, a.Area, map[string]any{"change": change, "kind": kind, "causes": len(c.Causes)})
		return worddb.InsertChange(ctx, tx, who.District, c)
	})
	return change, err
}

// causes checks the codes of a correction as the codings of coders are checked,
// and turns them into causes.
func (s *Service) causes(ctx context.Context, tx *app.Tx, sign string, codes []qualitative.Code) (items []string, out []worddb.Cause, err error) {
	book, _, err := s.codebook(ctx, tx, tx.Actor.District)
	if err != nil {
		return nil, nil, err
	}
	list, err := departmentdb.List(ctx, tx, tx.Actor.District)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for _, d := range list {
		names = append(names, d.Code)
	}
	polarity := qualitative.Negative
	if sign == scoring.High {
		polarity = qualitative.Positive
	}
	for i := range codes {
		codes[i].Polarity = polarity
	}
	if codes, err = book.CheckCodes(codes, names); err != nil {
		return nil, nil, err
	}
	where, codes := qualitative.CauseOf(codes, polarity)
	if where != qualitative.OutsideRemit {
		return nil, nil, errs.New(errs.Invalid, "attribution.not_outside", "these causes are the committee's own, or nobody's").
			At("causes", "", "at least one cause, all of them somebody else's matter", "ask to withdraw the attribution instead")
	}
	for _, c := range codes {
		out = append(out, worddb.Cause{Topic: c.Topic, Matter: c.Matter, Department: c.Department})
	}
	return book.Bears(codes), out, nil
}

// Rule agrees to a request or refuses it, with a reason, by somebody who
// neither asked nor coded the text. What was agreed to counts from the next run
// on, which is requested at once; the runs before stay as they are.
func (s *Service) Rule(ctx context.Context, who authz.Actor, change string, agree bool, reason string) error {
	reason, err := checkReason(reason)
	if err != nil {
		return err
	}
	round, scored := "", false
	err = s.Write(ctx, who, authz.AttributionRule, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		c, err := worddb.GetChange(ctx, tx, who.District, change)
		if err != nil {
			return app.NotFound(err, "attribution_change")
		}
		if err := worddb.LockText(ctx, tx, who.District, "attribution/"+c.Attribution); err != nil {
			return err
		}
		if c, err = worddb.GetChange(ctx, tx, who.District, change); err != nil {
			return err
		}
		a, err := worddb.GetAttributed(ctx, tx, who.District, c.Attribution)
		if err != nil {
			return err
		}
		o, err := judges(ctx, tx, who.District, a, c)
		if err != nil {
			return err
		}
		if err := tx.Check(o); err != nil {
			if o.Owner == who.AccountID || slices.Contains(o.Assessors, who.AccountID) {
				return errs.New(errs.Forbidden, "attribution.second_person", "somebody else rules on it: not who asked, and none of the coders of the text")
			}
			return err
		}
		if c.Ruled {
			return errs.New(errs.Done, "attribution.ruled", "the request has its ruling already")
		}
		tx.Record("attribution", a.ID, a.Area, map[string]any{"change": change, "agreed": agree})
		if err := worddb.InsertRuling(ctx, tx, who.District, change, agree, reason, who.AccountID, tx.Now); err != nil || !agree {
			return err
		}
		runs, err := scoredb.OfRound(ctx, tx, who.District, c.Round)
		round, scored = c.Round, len(runs) > 0
		return err
	})
	if err != nil || !scored || s.OnCorrected == nil {
		return err
	}
	// The ruling stands. Where the run cannot be requested now, the page says
	// that one is due.
	if err := s.OnCorrected(ctx, who.District, round, "attribution corrected"); err != nil {
		s.Log.Warn("no run requested after a correction", "round", round, "error", err)
	}
	return nil
}
