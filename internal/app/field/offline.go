package field

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/survey"
	"gongping/survey/fieldwork"
	"gongping/survey/frame"
)

// KeepIdentities is how long a phone may keep names and contacts that were not
// fetched again.
const KeepIdentities = 14 * 24 * time.Hour

// maxPack is the most cases that one phone carries.
const maxPack = 500

// deviceLabel names the secret of a device; the secret itself is stored nowhere.
func deviceLabel(account, device string) string { return "field device/" + account + "/" + device }

var errDevice = errs.New(errs.Forbidden, "device.revoked", "this phone was blocked; its key is not given out any more").
	At("device", "", "", "ask your supervisor; what waits on the phone can be handed in as a file")

// UnlockDevice returns the secret from which a phone makes its keys, to the
// evaluator who is signed in. The first call registers the phone. A phone of
// another account, or one that was blocked, gets none.
func (s *Service) UnlockDevice(ctx context.Context, who authz.Actor, device string) (secret []byte, err error) {
	id, err := uuid.Parse(device)
	if err != nil || id == uuid.Nil {
		return nil, badID(device)
	}
	device = id.String()
	if err := authz.Check(who, authz.CaseList, authz.Object{}); err != nil {
		return nil, err
	}
	d, err := fielddb.GetDevice(ctx, s.Pool, who.District, device)
	if pg.NoRows(err) {
		err = s.Write(ctx, who, authz.CaseList, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
			tx.Record("device", device, who.Area, map[string]any{"registered": true})
			if err := fielddb.InsertDevice(ctx, tx, who.District, device, who.AccountID, tx.Now); err != nil {
				return err
			}
			d, err = fielddb.GetDevice(ctx, tx, who.District, device)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	if err := Own(who, d.Account); err != nil {
		return nil, err
	}
	if d.RevokedAt != nil {
		return nil, errDevice
	}
	return s.Seal.Derive(deviceLabel(who.AccountID, device)), nil
}

// Pack is what a phone takes along.
type Pack struct {
	At    time.Time
	Cases []PackedCase
	// Rounds of the cases, by id.
	Rounds map[string]PackedRound
	// LeftOut counts the cases that the phone does not take along, because it
	// would carry more than it may; LeftDone those of them that are complete.
	LeftOut, LeftDone int
	// Distance tells that the evaluator has agreed to say how far the phone was
	// from the building.
	Distance bool
}

// PackedRound is a round with what stands in the way of answers now, nil for nothing.
type PackedRound struct {
	Round
	OpenNow error
}

// PackedCase is a case to be taken along.
type PackedCase struct {
	CaseView
	History []fielddb.Attempt
	Lacking []*errs.Error
	// Person is set where the phone does not hold it yet and may.
	Person *PackedPerson
	// KeepPerson tells that the phone may keep name and contacts.
	KeepPerson bool
	// Place is where the building stands, only with the evaluator's consent and
	// as long as the person is still to be asked.
	Place *fieldwork.Place
}

// PackedPerson is whom to ask.
type PackedPerson struct {
	Identity
	Sex, AgeBand string
}

// PackCases gathers the cases of the evaluator who asks, with names and
// contacts of those that are still to be asked and that the phone does not hold
// yet. Every name that leaves for the phone has its own entry in the audit log.
// about is what the phone says of itself.
func (s *Service) PackCases(ctx context.Context, who authz.Actor, device string, have []string, about PhoneReport) (p Pack, err error) {
	if _, err := s.UnlockDevice(ctx, who, device); err != nil {
		return p, err
	}
	if err := s.seen(ctx, who, device, about); err != nil {
		return p, err
	}
	held := map[string]bool{}
	for _, id := range have {
		held[id] = true
	}
	var need int
	err = s.Read(ctx, who, authz.CaseList, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if p, need, err = s.gather(ctx, db, who, held); err != nil {
			return err
		}
		return s.packPlaces(ctx, db, who, &p)
	})
	if err != nil || need == 0 {
		return p, err
	}
	err = s.Write(ctx, who, authz.CaseList, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		if p, _, err = s.gather(ctx, tx, who, held); err != nil {
			return err
		}
		if err := s.packPlaces(ctx, tx, who, &p); err != nil {
			return err
		}
		return s.packPeople(ctx, tx, device, p, held)
	})
	return p, err
}

// gather reads the cases and counts the names that are lacking on the phone.
func (s *Service) gather(ctx context.Context, db pg.Querier, who authz.Actor, held map[string]bool) (p Pack, need int, err error) {
	now := s.Clock.Now()
	p = Pack{At: now, Rounds: map[string]PackedRound{}}
	cases, err := fielddb.CasesOf(ctx, db, who.District, who.AccountID)
	if err != nil {
		return p, 0, err
	}
	p.LeftOut, p.LeftDone = len(cases), complete(cases)
	cases = carried(cases, held, now, maxPack)
	p.LeftOut, p.LeftDone = p.LeftOut-len(cases), p.LeftDone-complete(cases)
	ids := make([]string, len(cases))
	for i, c := range cases {
		ids[i] = c.ID
	}
	history, err := fielddb.AttemptsOf(ctx, db, who.District, ids)
	if err != nil {
		return p, 0, err
	}
	for _, c := range cases {
		r, ok := p.Rounds[c.RoundID]
		if !ok {
			if r.Round, err = s.roundByID(ctx, db, who.District, c.RoundID); err != nil {
				return p, 0, err
			}
			r.OpenNow = checkOpen(r.RoundState, now)
			p.Rounds[c.RoundID] = r
		}
		x := PackedCase{CaseView: view(c, now), History: history[c.ID]}
		todo := x.Stage != fieldwork.Done && x.Stage != fieldwork.Ended
		if !c.Complete && !c.Replaced {
			x.Lacking = fieldwork.GiveUp(rule(r.Rules), tries(x.History))
		}
		x.KeepPerson = todo && openFor(r.RoundState, c.DrawID, now) == nil && authz.May(who, authz.IdentityRead, objectOf(c))
		if x.KeepPerson && !held[c.ID] {
			need++
		}
		p.Cases = append(p.Cases, x)
	}
	return p, need, nil
}

// carried chooses the cases that a phone takes along where there are more than
// it carries, and leaves them in their order: what is still to be asked and has
// its name on the phone, what is under way (call-backs among them), the rest of
// what is to be asked, what is done.
func carried(cases []fielddb.Case, held map[string]bool, now time.Time, most int) []fielddb.Case {
	if len(cases) <= most {
		return cases
	}
	rank := func(c fielddb.Case) int {
		switch stage := view(c, now).Stage; {
		case stage == fieldwork.Done || stage == fieldwork.Ended:
			return 3
		case held[c.ID]:
			return 0
		case stage != fieldwork.Open:
			return 1
		}
		return 2
	}
	at := make([]int, len(cases))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(rank(cases[a]), rank(cases[b])) })
	at = at[:most]
	slices.Sort(at)
	out := make([]fielddb.Case, most)
	for i, k := range at {
		out[i] = cases[k]
	}
	return out
}

func complete(cases []fielddb.Case) (n int) {
	for _, c := range cases {
		if c.Complete {
			n++
		}
	}
	return n
}

// packPeople opens the private records that the phone is to take along.
func (s *Service) packPeople(ctx context.Context, tx *app.Tx, device string, p Pack, held map[string]bool) error {
	byFrame := map[string][]string{}
	for _, c := range p.Cases {
		if c.KeepPerson && !held[c.ID] {
			byFrame[c.FrameID] = append(byFrame[c.FrameID], c.PersonID)
		}
	}
	for id, people := range byFrame {
		sealed, err := fielddb.Identities(ctx, tx, tx.Actor.District, id, people)
		if err != nil {
			return err
		}
		for i := range p.Cases {
			c := &p.Cases[i]
			if !c.KeepPerson || held[c.ID] || c.FrameID != id || sealed[c.PersonID] == nil {
				continue
			}
			rec, err := s.openRecord(sealed[c.PersonID], c.FrameID, c.PersonID)
			if err != nil {
				return err
			}
			c.Person = &PackedPerson{Identity{rec.Identity.Name, rec.Identity.Phone, rec.Identity.Address, rec.Building},
				string(rec.Sex), survey.AgeBand(rec.BirthYear, p.Rounds[c.RoundID].OpensOn.Year())}
			tx.RecordAs(authz.IdentityRead, "case", c.ID, c.Committee, map[string]any{"device": device})
		}
	}
	return nil
}

// openRecord opens the private record of a person of a frame.
func (s *Service) openRecord(sealed []byte, frameID, person string) (*frame.Resident, error) {
	plain, err := s.Seal.Open(sealed, frame.RecordLabel(frameID, person))
	if err != nil {
		return nil, fmt.Errorf("open a private record of frame %s: %w", frameID, err)
	}
	return frame.DecodeRecord(plain)
}

// FormOf returns a questionnaire version that a case of the evaluator asks, for
// keeping its form on the phone.
func (s *Service) FormOf(ctx context.Context, who authz.Actor, caseID string) (Round, error) {
	c, err := find(ctx, s.Pool, who, authz.CaseRead, caseID)
	if err != nil {
		return Round{}, err
	}
	return s.roundByID(ctx, s.Pool, who.District, c.RoundID)
}
