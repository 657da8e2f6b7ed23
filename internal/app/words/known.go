package words

import (
	"context"
	"strings"
	"unicode"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/accountdb"
	"gongping/internal/pg/worddb"
	"gongping/scoring/qualitative"
	"gongping/survey/frame"
)

// staff lists the names of everybody with an account in the district: workers,
// leaders, evaluators. A comment may name them in any form, and no pattern knows
// them as well as the list that the server holds.
func staff(ctx context.Context, db pg.Querier, district string) (names []string, err error) {
	list, err := accountdb.List(ctx, db, district, district)
	for _, a := range list {
		// A display name joins post and name by a space: "康健居委主任 王伟".
		names = append(names, strings.FieldsFunc(a.Name, func(r rune) bool { return !unicode.Is(unicode.Han, r) && r != '·' })...)
	}
	return names, err
}

// masker knows the names of the people who work in the district and of those
// who live where a comment of a round was made. The frame is read as a whole,
// never the sample: a name that stays unmasked must not tell who was not drawn.
type masker struct {
	s      *Service
	tx     *app.Tx
	round  string
	staff  []string
	known  map[string]*qualitative.Known // by committee
	opened int
}

func (s *Service) masker(ctx context.Context, tx *app.Tx, round string) (*masker, error) {
	names, err := staff(ctx, tx, tx.Actor.District)
	return &masker{s: s, tx: tx, round: round, staff: names, known: map[string]*qualitative.Known{}}, err
}

// of returns the names that are known where a committee works.
func (m *masker) of(ctx context.Context, committee string) (*qualitative.Known, error) {
	if k, ok := m.known[committee]; ok {
		return k, nil
	}
	frameID, people, err := worddb.Residents(ctx, m.tx, m.tx.Actor.District, m.round, committee)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(m.staff)+len(people))
	names = append(names, m.staff...)
	for _, p := range people {
		plain, err := m.s.Seal.Open(p.Sealed, frame.RecordLabel(frameID, p.Person))
		if err != nil {
			return nil, err
		}
		rec, err := frame.DecodeRecord(plain)
		if err != nil {
			return nil, err
		}
		names = append(names, rec.Identity.Name)
	}
	m.opened += len(people)
	m.known[committee] = qualitative.NewKnown(names)
	return m.known[committee], nil
}

// record writes into the log how many records of residents were opened, and for
// what.
func (m *masker) record() {
	if m.opened > 0 {
		m.tx.RecordAs(authz.IdentityRead, "round", m.round, m.tx.Actor.District, map[string]any{"opened": m.opened, "by": "masking"})
	}
}
