// Package words holds the use cases of what people say: taking comments in with
// personal data masked, the codebook, coding by two people blind to each other
// and a third where they differ, search, themes and campaigns.
//
// Who may do what: comments are taken in by managers, coded by supervisors and
// panel members, who see neither committee nor marks, and read by coders and
// auditors. Leaders and workers see counts by theme and never a word.
package words

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/worddb"
	"gongping/scoring"
	"gongping/scoring/qualitative"
	"gongping/survey"
	"gongping/survey/instrument"
)

// Service is the room of the comments.
type Service struct {
	*app.Core
	// OnCorrected, if set, requests the run that follows a correction.
	OnCorrected func(ctx context.Context, district, round, reason string) error

	mu     sync.Mutex
	models map[string]*trained // by district
}

// New makes the room.
func New(core *app.Core) *Service { return &Service{Core: core, models: map[string]*trained{}} }

// The rules of anonymity here. Comments of a round in the field are taken in
// together, so that the newest cannot be matched with the latest interview.
const (
	minTake   = 10 // open answers taken in at once while the round is in the field
	minArea   = 10 // comments an area must have to be named beside one
	minTheme  = 5  // people behind a shown theme
	maxImport = 200_000
)

// Scope names what comments belong to: "round:<id>" or "import:<id>".
type Scope = worddb.Scope

// Overview is what there is, for the lists of pages.
type Overview struct {
	Scopes  []worddb.ScopeRow
	Pending []Pending // rounds with open answers that have not been taken in
}

// Pending is a round whose open answers wait.
type Pending struct {
	Round survey.Round
	N     int
	Ready bool // enough of them, or the round is closed
}

// Overview lists rounds and files with comments.
func (s *Service) Overview(ctx context.Context, who authz.Actor) (o Overview, err error) {
	err = s.Read(ctx, who, authz.CommentThemes, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		if o.Scopes, err = worddb.Scopes(ctx, db, who.District, who.Area); err != nil {
			return err
		}
		if !authz.May(who, authz.CommentImport, authz.Object{}) {
			return nil
		}
		waiting, err := worddb.PendingRounds(ctx, db, who.District, who.Area)
		if err != nil {
			return err
		}
		for id, n := range waiting {
			r, err := rounddb.Get(ctx, db, who.District, id)
			if err != nil {
				return err
			}
			o.Pending = append(o.Pending, Pending{Round: r, N: n, Ready: ready(r, n)})
		}
		slices.SortFunc(o.Pending, func(a, b Pending) int {
			return cmp.Or(b.Round.OpensOn.Compare(a.Round.OpensOn), cmp.Compare(a.Round.ID, b.Round.ID))
		})
		return nil
	})
	return o, err
}

func ready(r survey.Round, n int) bool {
	return n > 0 && (r.State == survey.Closed || r.Kind == "imported" || n >= minTake)
}

// TakeIn masks the open answers of a round that wait and stores them, in the
// order of new random ids. It returns how many.
func (s *Service) TakeIn(ctx context.Context, who authz.Actor, roundID string) (n int, err error) {
	err = s.Write(ctx, who, authz.CommentImport, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		r, err := rounddb.Lock(ctx, tx, who.District, roundID)
		if err != nil {
			return app.NotFound(err, "round")
		}
		if err := tx.Check(authz.Object{Area: r.AreaCode}); err != nil {
			return err
		}
		waiting, err := worddb.Pending(ctx, tx, who.District, roundID)
		if err != nil {
			return err
		}
		if len(waiting) == 0 {
			return errs.New(errs.NotNow, "comment.none_waiting", "no comment of the round waits to be taken in")
		}
		if !ready(r, len(waiting)) {
			return errs.New(errs.NotNow, "comment.too_few", "too few comments wait while the round is in the field; they are taken in together").With(map[string]any{"Min": minTake})
		}
		mask, err := s.masker(ctx, tx, roundID)
		if err != nil {
			return err
		}
		list := make([]worddb.Comment, 0, len(waiting))
		for _, w := range waiting {
			plain, err := s.Seal.Open(w.Sealed, field.CommentLabel(w.Response, w.Item))
			if err != nil {
				return err
			}
			known, err := mask.of(ctx, w.Committee)
			if err != nil {
				return err
			}
			c := prepared(string(plain), known)
			c.Round, c.Response, c.Item, c.Area, c.Month, c.Author = roundID, w.Response, w.Item, w.Committee, w.Month, w.Household
			list = append(list, c)
		}
		n = len(list)
		tx.Record("round", roundID, r.AreaCode, map[string]any{"comments": n, "masked": maskedTotal(list)})
		mask.record()
		if err := s.store(ctx, tx, Scope{Round: roundID}, list); err != nil {
			return err
		}
		return s.attribute(ctx, tx, roundID, "")
	})
	return n, err
}

// prepared masks a text and works out what it is found by.
func prepared(text string, known *qualitative.Known) worddb.Comment {
	c := worddb.Comment{ID: app.NewID()}
	c.Body, c.Masked = known.Mask(text)
	c.Folded = qualitative.Fold(c.Body)
	c.Terms = qualitative.Terms(c.Body)
	if c.Terms == nil {
		c.Terms = []string{}
	}
	key := sha256.Sum256([]byte(c.Folded))
	c.Key = key[:]
	return c
}

func maskedTotal(list []worddb.Comment) (n int) {
	for _, c := range list {
		for _, k := range c.Masked {
			n += k
		}
	}
	return n
}

// store gives every text its lead and appends the comments in the order of their ids.
func (s *Service) store(ctx context.Context, tx *app.Tx, scope Scope, list []worddb.Comment) error {
	leads, err := worddb.Leads(ctx, tx, tx.Actor.District, scope)
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b worddb.Comment) int { return cmp.Compare(a.ID, b.ID) })
	for i := range list {
		c := &list[i]
		lead, ok := leads[string(c.Key)]
		if !ok {
			lead = c.ID
			leads[string(c.Key)] = lead
		}
		c.Lead = lead
	}
	return worddb.Insert(ctx, tx, tx.Actor.District, list, tx.Now)
}

// attribute writes the attributions that follow from decided texts of a round;
// lead "" means all of them. Answers that have one already are left alone.
func (s *Service) attribute(ctx context.Context, tx *app.Tx, round, lead string) error {
	open, err := worddb.DecidedAnswers(ctx, tx, tx.Actor.District, round, lead)
	if err != nil || len(open) == 0 {
		return err
	}
	book, _, err := s.codebook(ctx, tx, tx.Actor.District)
	if err != nil {
		return err
	}
	var out []worddb.Attribution
	for _, o := range open {
		for _, sign := range []struct {
			name     string
			polarity int
		}{{scoring.Low, qualitative.Negative}, {scoring.High, qualitative.Positive}} {
			where, codes := qualitative.CauseOf(o.Codes, sign.polarity)
			if where != qualitative.OutsideRemit {
				continue
			}
			a := worddb.Attribution{ID: app.NewID(), Round: o.Round, Response: o.Response, Comment: o.Comment, Sign: sign.name, Items: book.Bears(codes)}
			for _, c := range codes {
				a.Causes = append(a.Causes, worddb.Cause{Topic: c.Topic, Matter: c.Matter, Department: c.Department})
			}
			out = append(out, a)
		}
	}
	return worddb.InsertAttributions(ctx, tx, tx.Actor.District, out, tx.Now)
}

// codebook returns the codebook in force and its version; the standard one
// where the district has none yet.
func (s *Service) codebook(ctx context.Context, db pg.Querier, district string) (*qualitative.Codebook, worddb.Codebook, error) {
	v, err := worddb.CurrentCodebook(ctx, db, district)
	if pg.NoRows(err) {
		b := qualitative.Standard()
		return &b, worddb.Codebook{}, nil
	}
	if err != nil {
		return nil, v, err
	}
	b, err := qualitative.DecodeCodebook(v.Body)
	return b, v, err
}

// Book is a codebook with its versions.
type Book struct {
	Codebook qualitative.Codebook
	Version  int // 0: the standard one, not stored yet
	At       time.Time
	Changes  []qualitative.Change // against the version before
	Versions []worddb.Codebook
	// Questions are the texts of the district's questions, by id and language.
	Questions map[string]map[string]string
}

// Codebook returns the codebook in force.
func (s *Service) Codebook(ctx context.Context, who authz.Actor) (b Book, err error) {
	err = s.Read(ctx, who, authz.CodebookRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		book, v, err := s.codebook(ctx, db, who.District)
		if err != nil {
			return err
		}
		b.Codebook, b.Version, b.At = *book, v.Version, v.At
		if b.Questions, err = questions(ctx, db, who.District); err != nil {
			return err
		}
		if b.Versions, err = worddb.CodebookVersions(ctx, db, who.District); err != nil || len(b.Versions) < 2 {
			return err
		}
		old, err := qualitative.DecodeCodebook(b.Versions[1].Body)
		if err == nil {
			b.Changes = old.Compare(book)
		}
		return err
	})
	return b, err
}

// questions are the texts of the district's questions by id and language; where
// two questionnaires use an id, the newer one's.
func questions(ctx context.Context, db pg.Querier, district string) (map[string]map[string]string, error) {
	list, err := rounddb.Questionnaires.List(ctx, db, district)
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]string{}
	for _, v := range list {
		q, err := instrument.Decode(v.Body)
		if err != nil {
			return nil, err
		}
		for i := range q.Items {
			if _, newer := out[q.Items[i].ID]; !newer {
				out[q.Items[i].ID] = q.Items[i].Text
			}
		}
	}
	return out, nil
}

// SaveCodebook adds a version. A codebook equal to the one in force adds none.
func (s *Service) SaveCodebook(ctx context.Context, who authz.Actor, book *qualitative.Codebook) (version int, err error) {
	if err := book.Check(); err != nil {
		return 0, err
	}
	body, err := json.Marshal(book)
	if err != nil {
		return 0, err
	}
	err = s.WriteSerializable(ctx, who, authz.CodebookEdit, authz.Object{Area: who.District}, func(ctx context.Context, tx *app.Tx) error {
		old, v, err := s.codebook(ctx, tx, who.District)
		if err != nil {
			return err
		}
		if v.Version > 0 && len(old.Compare(book)) == 0 && slices.Equal(old.Items, book.Items) && old.Title["zh"] == book.Title["zh"] {
			version = v.Version
			return nil
		}
		if v.ID == "" {
			v.ID = app.NewID()
		}
		version = v.Version + 1
		digest := sha256.Sum256(body)
		tx.Record("codebook", v.ID, who.District, map[string]any{"version": version, "topics": len(book.Topics)})
		return worddb.InsertCodebook(ctx, tx, who.District, who.AccountID, worddb.Codebook{ID: v.ID, Version: version, Body: body, At: tx.Now}, digest[:])
	})
	return version, err
}
