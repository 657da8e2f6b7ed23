// Package disputes is the sealed register of known conflicts. Before a draw a
// worker records that there is a conflict with a household, and how it can be
// proved. The entry is sealed. An appeal may rest on it later; a panel judges
// the entry, never an answer. Where it is upheld, the server looks by itself
// whether that household was asked (match.go), and nobody is told: not the
// worker, not the manager, not the panel (decision record 0040).
package disputes

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/app/appeals"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/disputedb"
	"gongping/scoring/appeal"
	"gongping/scoring/composite"
)

// Kinds are what a conflict may be about, in the order of the pages.
var Kinds = []string{"demand_refused", "neighbours", "enforcement", "benefit", "other"}

// Entry is what a worker records. It is stored sealed, as canonical JSON.
type Entry struct {
	Building   string `json:"building"`    // as the register writes it, for example 5号楼
	Room       string `json:"room"`        // for example 302
	Name       string `json:"name"`        // of somebody of the household
	CaseNumber string `json:"case_number"` // of the ticket, mediation or report
	HappenedOn string `json:"happened_on"` // a date, "" where not known
	Story      string `json:"story"`
	Salt       string `json:"salt"` // makes the digest on the receipt impossible to guess
}

// Recording is an entry with its kind and files.
type Recording struct {
	Entry
	Kind  string
	Files []appeals.File
}

// View is an entry as its author sees it again.
type View struct {
	Entry
	ID, Receipt, Kind string
	At, Expires       time.Time
	Withdrawn         bool
	Lapsed            bool
	Files             int
	Digest            string
}

// Service is the room of the register.
type Service struct{ *app.Core }

// New returns the service and joins it to the appeals that rest on entries and
// to the runs that they may change.
func New(core *app.Core, a *appeals.Service) *Service {
	s := &Service{core}
	a.Register, a.EntryFacts, a.Score.OnInput = s.carries, s.facts, s.onInput
	return s
}

// The limits of an entry.
const (
	maxField = 100
	minStory = 20
	maxStory = 2000
	maxFiles = 3
)

func label(id string) string { return "conflict/" + id }

// Record records an entry and returns its id and receipt number. It answers in
// the same way whoever the household is: whether it stands in the frame is not
// looked up.
func (s *Service) Record(ctx context.Context, who authz.Actor, in Recording) (id, receipt string, err error) {
	if err := checkEntry(&in); err != nil {
		return "", "", err
	}
	id, in.Salt = app.NewID(), rand.Text()
	content, err := json.Marshal(in.Entry)
	if err != nil {
		return "", "", err
	}
	digest := sha256.Sum256(content)
	err = s.Write(ctx, who, authz.ConflictRecord, authz.Object{Area: who.Area}, func(ctx context.Context, tx *app.Tx) error {
		rules, err := s.rules(ctx, tx, who.District)
		if err != nil {
			return err
		}
		mine, err := disputedb.Of(ctx, tx, who.District, who.AccountID)
		if err != nil {
			return err
		}
		open := 0
		for _, e := range mine {
			if e.Withdrawn == nil && e.Expires.After(tx.Now) {
				open++
			}
		}
		if open >= rules.RegisterMax {
			return errs.New(errs.Barred, "conflict.many", "you have %d open entries, which is the most", open).
				At("", fmt.Sprint(open), fmt.Sprintf("at most %d open entries", rules.RegisterMax), "withdraw one that no longer matters").With(map[string]any{"N": rules.RegisterMax})
		}
		receipt = fmt.Sprintf("C%s-%s-%s", who.District, tx.Now.In(appeal.Zone).Format("20060102"), rand.Text()[:8])
		e := disputedb.Entry{ID: id, Receipt: receipt, Account: who.AccountID, Unit: who.Area, Kind: in.Kind, Content: s.Seal.Seal(content, label(id)),
			Digest: digest[:], At: tx.Now, Expires: tx.Now.AddDate(0, 0, rules.RegisterDays)}
		if err := disputedb.Insert(ctx, tx, who.District, e); err != nil {
			return err
		}
		tx.Record("conflict_entry", id, who.Area, map[string]any{"recorded": true, "files": len(in.Files)})
		for _, f := range in.Files {
			media, err := appeals.CheckFile(f.Name, f.Content)
			if err != nil {
				return err
			}
			fid := app.NewID()
			if err := disputedb.AddEvidence(ctx, tx, who.District, fid, id, s.Seal.Seal([]byte(f.Name), "conflict-name/"+fid),
				s.Seal.Seal(f.Content, "conflict-evidence/"+fid), media, len(f.Content), tx.Now); err != nil {
				return err
			}
		}
		return nil
	})
	return id, receipt, err
}

func (s *Service) rules(ctx context.Context, q pg.Querier, district string) (composite.Disputes, error) {
	body, err := disputedb.NewestRules(ctx, q, district)
	if err != nil || body == nil {
		return composite.DefaultDisputes(), err
	}
	book, err := composite.DecodeRuleBook(body)
	if err != nil {
		return composite.DefaultDisputes(), err
	}
	return book.DisputeRules(), nil
}

func checkEntry(in *Recording) error {
	bad := func(key, where, found, want, hint string) error {
		return errs.New(errs.Invalid, "conflict.bad."+key, "the entry cannot be recorded: %s", want).At(where, found, want, hint)
	}
	for _, f := range []*string{&in.Building, &in.Room, &in.Name, &in.CaseNumber, &in.HappenedOn, &in.Story} {
		*f = strings.TrimSpace(*f)
		if !utf8.ValidString(*f) {
			return bad("text", "", "", "text in UTF-8", "type it again")
		}
	}
	for name, v := range map[string]string{"building": in.Building, "room": in.Room, "name": in.Name, "case_number": in.CaseNumber} {
		if utf8.RuneCountInString(v) > maxField {
			return bad("long", name, "", fmt.Sprintf("at most %d characters", maxField), "shorten it")
		}
	}
	switch n := utf8.RuneCountInString(in.Story); {
	case !slices.Contains(Kinds, in.Kind):
		return bad("kind", "kind", in.Kind, "a kind of the list", "choose one")
	case in.Building == "" || in.Room == "" && in.Name == "":
		return bad("household", "building", "", "a building, and a room or a name", "without them the household cannot be found later")
	case in.CaseNumber == "" && len(in.Files) == 0:
		return bad("proof", "case_number", "", "a case number or a file", "without proof from before the draw a panel cannot uphold it")
	case n < minStory || n > maxStory:
		return bad("story", "story", fmt.Sprint(n), fmt.Sprintf("%d to %d characters", minStory, maxStory), "say in a few sentences what happened")
	case len(in.Files) > maxFiles:
		return bad("files", "files", fmt.Sprint(len(in.Files)), fmt.Sprintf("at most %d files", maxFiles), "leave some out")
	}
	if in.HappenedOn != "" {
		if _, err := time.Parse(time.DateOnly, in.HappenedOn); err != nil {
			return bad("date", "happened_on", in.HappenedOn, "a date such as 2026-05-20", "correct it or leave it out")
		}
	}
	return nil
}

// Mine lists the actor's own entries, the newest first. They name households, so
// that reading them leaves a trace, though they are the actor's own.
func (s *Service) Mine(ctx context.Context, who authz.Actor) (list []View, err error) {
	var all []disputedb.Entry
	own := authz.Object{Owner: who.AccountID}
	err = s.Read(ctx, who, authz.ConflictRead, own, func(ctx context.Context, q pg.Querier) error {
		all, err = disputedb.Of(ctx, q, who.District, who.AccountID)
		return err
	})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	err = s.Write(ctx, who, authz.ConflictRead, own, func(_ context.Context, tx *app.Tx) error {
		tx.Record("conflict_entry", "", who.Area, map[string]any{"opened": len(all)})
		now := s.Clock.Now()
		list = make([]View, 0, len(all))
		for _, e := range all {
			v := View{ID: e.ID, Receipt: e.Receipt, Kind: e.Kind, At: e.At, Expires: e.Expires, Withdrawn: e.Withdrawn != nil, Lapsed: !e.Expires.After(now),
				Files: e.Files, Digest: fmt.Sprintf("%x", e.Digest)}
			if v.Entry, err = s.open(e); err != nil {
				return err
			}
			list = append(list, v)
		}
		return nil
	})
	return list, err
}

func (s *Service) open(e disputedb.Entry) (x Entry, err error) {
	plain, err := s.Seal.Open(e.Content, label(e.ID))
	if err != nil {
		return x, fmt.Errorf("open entry %s of the register: %w", e.ID, err)
	}
	return x, json.Unmarshal(plain, &x)
}

// Usable lists the entries on which an appeal in a round may rest: the actor's
// own of the unit, from before the draw. It says nothing about who was asked.
func (s *Service) Usable(ctx context.Context, who authz.Actor, unit, roundID string) (list []View, err error) {
	all, err := s.Mine(ctx, who)
	if err != nil {
		return nil, err
	}
	err = s.Read(ctx, who, authz.ConflictRead, authz.Object{Owner: who.AccountID}, func(ctx context.Context, q pg.Querier) error {
		for _, v := range all {
			if s.carries(ctx, q, who, v.ID, unit, roundID) == nil {
				list = append(list, v)
			}
		}
		return nil
	})
	return list, err
}

// Withdraw ends the actor's own entry; appeals that rest on it go on.
func (s *Service) Withdraw(ctx context.Context, who authz.Actor, id string) error {
	return s.Write(ctx, who, authz.ConflictRead, authz.Object{Owner: who.AccountID}, func(ctx context.Context, tx *app.Tx) error {
		e, err := disputedb.Get(ctx, tx, who.District, id)
		if err != nil || e.Account != who.AccountID {
			if err == nil {
				err = errs.New(errs.NotFound, "conflict.not_found", "there is no such entry, or none that you may see")
			}
			return app.NotFound(err, "conflict")
		}
		tx.RecordAs("conflict.withdraw", "conflict_entry", id, e.Unit, nil)
		return disputedb.Withdraw(ctx, tx, who.District, id, tx.Now)
	})
}

// carries tells whether an entry carries an appeal of its author about a unit
// in a round: it stands since before the draw was committed to. It looks at the
// entry only.
func (s *Service) carries(ctx context.Context, q pg.Querier, who authz.Actor, entry, unit, roundID string) error {
	e, err := disputedb.Get(ctx, q, who.District, entry)
	if err != nil && !errs.Is(app.NotFound(err, "conflict"), errs.NotFound) {
		return err
	}
	if err != nil || e.Account != who.AccountID || e.Unit != unit || e.Withdrawn != nil {
		return errs.New(errs.Invalid, "appeal.entry_missing", "this ground needs an entry in the sealed register from before the draw").
			At("entry", "", "an entry of your own about this committee", "choose one of the list")
	}
	committed, ok, err := disputedb.FirstCommitment(ctx, q, who.District, roundID)
	if err != nil {
		return err
	}
	if !ok || !e.At.Before(committed) || e.Expires.Before(committed) {
		return errs.New(errs.Invalid, "appeal.entry_late", "the entry was not standing when the draw of this round was committed to; late claims do not count under this ground").
			At("entry", e.At.In(appeal.Zone).Format(time.DateOnly), "an entry from before the commitment of the draw", "choose another ground")
	}
	return nil
}

// facts opens an entry for the panel: masked, without household or number.
func (s *Service) facts(ctx context.Context, q pg.Querier, district, entry string, names []string) (*appeals.EntryFacts, error) {
	e, err := disputedb.Get(ctx, q, district, entry)
	if err != nil {
		return nil, err
	}
	x, err := s.open(e)
	if err != nil {
		return nil, err
	}
	names = append(slices.Clone(names), x.Name, x.CaseNumber, x.Building+x.Room, x.Building)
	return &appeals.EntryFacts{Kind: e.Kind, Story: appeal.Mask(x.Story, names), RecordedAt: e.At, CaseNumber: x.CaseNumber != "", Files: e.Files}, nil
}
