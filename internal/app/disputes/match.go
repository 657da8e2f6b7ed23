package disputes

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/disputedb"
	"gongping/scoring"
	"gongping/scoring/appeal"
	"gongping/survey/frame"
)

// minOthers is how many other answers of the unit must be set aside in the same
// published step: alone, the difference between two results would tell whether
// the household was asked.
const minOthers = 2

// onInput sets aside, in the input of a run, the answers of households whose
// entry a panel upheld: only where the same run sets aside at least two other
// answers of the unit that the newest published run still counted, or where the
// published run had done so already. What was matched is written nowhere but in
// the frozen input, which auditors alone may open in such rounds. The audit log
// says that the register was matched and how many records were opened for it,
// which does not depend on the outcome.
func (s *Service) onInput(ctx context.Context, district string, in *scoring.Input) error {
	upheld, err := disputedb.UpheldOf(ctx, s.Pool, district, in.RoundID)
	if err != nil || len(upheld) == 0 {
		return err
	}
	opened := 0
	who := authz.SystemActor(district)
	err = s.Read(ctx, who, authz.ConflictMatch, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		units := map[string][]disputedb.Upheld{}
		for _, u := range upheld {
			units[u.Unit] = append(units[u.Unit], u)
		}
		for unit, list := range units {
			n, err := s.matchUnit(ctx, q, district, in, unit, list)
			if err != nil {
				return err
			}
			opened += n
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(in.Exclusions, func(a, b scoring.Exclusion) int { return strings.Compare(a.AnswerID, b.AnswerID) })
	return s.Write(ctx, who, authz.ConflictMatch, authz.Object{}, func(_ context.Context, tx *app.Tx) error {
		tx.Record("round", in.RoundID, district, map[string]any{"entries": len(upheld)})
		tx.RecordAs(authz.IdentityRead, "round", in.RoundID, district, map[string]any{"opened": opened, "by": "matching"})
		return nil
	})
}

// matchUnit matches the upheld entries of one unit and returns how many records
// of residents it opened: all of the unit, whatever it finds.
func (s *Service) matchUnit(ctx context.Context, q pg.Querier, district string, in *scoring.Input, unit string, list []disputedb.Upheld) (int, error) {
	frameID, people, err := disputedb.Residents(ctx, q, district, in.RoundID, unit)
	if err != nil {
		return 0, err
	}
	homes := make([]home, 0, len(people))
	for _, p := range people {
		plain, err := s.Seal.Open(p.Sealed, frame.RecordLabel(frameID, p.Person))
		if err != nil {
			return 0, err
		}
		rec, err := frame.DecodeRecord(plain)
		if err != nil {
			return 0, err
		}
		homes = append(homes, home{p.Household, rec.Building, rec.Identity.Address, rec.Identity.Name})
	}
	run, mean, counted, err := disputedb.Published(ctx, q, district, in.RoundID, unit)
	if err != nil {
		return 0, err
	}
	aside := map[string]bool{}
	for _, x := range in.Exclusions {
		aside[x.AnswerID] = true
	}
	shown, others := map[string]disputedb.Counted{}, 0
	for _, c := range counted {
		shown[c.ID] = c
		if aside[c.ID] {
			others++
		}
	}
	for _, u := range list {
		e, err := disputedb.Get(ctx, q, district, u.EntryID)
		if err != nil {
			return 0, err
		}
		x, err := s.open(e)
		if err != nil {
			return 0, err
		}
		household, ok := find(homes, x)
		if !ok {
			continue
		}
		pseudonym := s.Seal.Pseudonym("response/"+in.RoundID+"/household", household)
		for _, a := range in.Answers {
			if a.Committee != unit || a.Household != pseudonym || aside[a.ID] {
				continue
			}
			c, was := shown[a.ID]
			hidden := run != "" && !was // a published run has set it aside already
			if hidden || others >= minOthers && !c.Fixed && c.Score < mean {
				aside[a.ID] = true
				in.Exclusions = append(in.Exclusions, scoring.Exclusion{AnswerID: a.ID, Ground: appeal.RegisteredConflict})
			}
		}
	}
	return len(people), nil
}

// home is where a person of the frame lives.
type home struct{ household, building, address, name string }

// find returns the one household that an entry means: the same building, and
// the room or, where no room is given, the name. Two households that both fit
// are none.
func find(homes []home, e Entry) (household string, ok bool) {
	building, room, name := plainBuilding(e.Building), plainRoom(e.Room), plain(e.Name)
	for _, h := range homes {
		if plainBuilding(h.building) != building {
			continue
		}
		if room != "" && roomOf(h) != room || room == "" && (name == "" || plain(h.name) != name) {
			continue
		}
		if ok && household != h.household {
			return "", false
		}
		household, ok = h.household, true
	}
	return household, ok
}

// plain drops spaces, width and case.
func plain(s string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(s)))
}

// plainBuilding is a building without what people write after its number.
func plainBuilding(s string) string {
	s = plain(s)
	for _, end := range []string{"号楼", "栋", "幢", "座", "楼", "号", "#"} {
		if cut, ok := strings.CutSuffix(s, end); ok && cut != "" {
			return cut
		}
	}
	return s
}

// plainRoom is a room without what people write after its number.
func plainRoom(s string) string {
	s = plain(s)
	for _, end := range []string{"室", "房", "号"} {
		if cut, ok := strings.CutSuffix(s, end); ok && cut != "" {
			return cut
		}
	}
	return s
}

// roomOf is the last run of letters and digits of an address, behind the
// building where the address names it.
func roomOf(h home) string {
	a := plain(h.address)
	if i := strings.LastIndex(a, plain(h.building)); i >= 0 && h.building != "" {
		a = a[i+len(plain(h.building)):]
	}
	b := bytes.FieldsFunc([]byte(plainRoom(a)), func(r rune) bool {
		return r > 127 || !(unicode.IsDigit(r) || unicode.IsLetter(r))
	})
	if len(b) == 0 {
		return ""
	}
	return string(b[len(b)-1])
}
