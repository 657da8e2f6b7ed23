package quality

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"gongping/analytics/fairness"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/internal/pg/qualitydb"
	"gongping/survey"
	"gongping/survey/fieldwork"
)

// LevelRow is one level of a trait: shares of the frame, of the drawn and of
// those who answered. Hidden means too few answers to be shown.
type LevelRow struct {
	Name                   string // code: sex, band, tenure, area code
	Text                   string // name of an area
	Frame, Drawn, Answered int
	Partial                float64
	Hidden                 bool
}

// TraitRow is a trait with its levels and partial R-indicators.
type TraitRow struct {
	Name                       string // sex, age, tenure, area
	Unconditional, Conditional float64
	Levels                     []LevelRow
}

// Balance is how far those who answered resemble those who were drawn and those
// who live there.
type Balance struct {
	Round    field.Round
	Area     string
	AreaName string
	fieldwork.Balance
	Frame    int
	Shown    bool // enough answers
	Traits   []TraitRow
	Cell     int
	CrossTab int
	HideAny  bool
	At       time.Time
	Live     bool // as it happens; else as of midnights, in steps of Step answers
	Step     int
}

// Traits of the balance, in the order of the page.
var traits = []string{"sex", "age", "tenure", "area"}

// Balance compares frame, sample and respondents of a round within an area by
// sex, age band, tenure and area (street, or committee within one).
func (s *Service) Balance(ctx context.Context, who authz.Actor, roundID, area string) (v Balance, err error) {
	if area, err = areaOf(who, area); err != nil {
		return v, err
	}
	err = s.Read(ctx, who, authz.FieldworkRead, authz.Object{Area: area}, func(ctx context.Context, db pg.Querier) error {
		if v.Round, err = s.round(ctx, db, who.District, roundID); err != nil {
			return err
		}
		v.Area, v.Cell, v.CrossTab = area, v.Round.Rules.Suppression.Cell, v.Round.Rules.Suppression.CrossTab
		seen, _, err := s.Field.Seen(ctx, db, who, v.Round, area)
		if err != nil {
			return err
		}
		v.Live, v.Step = seen.Live, v.CrossTab
		if v.At = s.Clock.Now(); !v.Live {
			v.At = field.Midnight(v.At)
		}
		drawn, err := qualitydb.Traits(ctx, db, who.District, v.Round.ID, area, seen)
		if err != nil {
			return err
		}
		lives, err := qualitydb.FrameTraits(ctx, db, who.District, v.Round.ID, area)
		if err != nil {
			return err
		}
		names, err := fielddb.Names(ctx, db, who.District, area)
		if err != nil {
			return err
		}
		v.AreaName = names[area]
		v.measure(drawn, lives, names)
		return nil
	})
	return v, err
}

func (v *Balance) measure(drawn, lives []qualitydb.TraitCount, names map[string]string) {
	t := v.tabulate(drawn, lives)
	v.Balance = fieldwork.MeasureBalance(t.variables, t.list(), v.Frame, z95)
	v.Shown = v.Answered >= v.Cell
	for _, p := range v.Partials {
		v.Traits = append(v.Traits, v.trait(p, t.frame[slices.Index(traits, p.Variable)], names))
	}
}

// traitTable is who was drawn and who lives there, by the levels of every trait.
type traitTable struct {
	variables []fieldwork.Variable
	at        []map[string]int // by trait: the place of a level
	cells     map[[4]string]*fieldwork.TraitCell
	frame     []map[string]int // by trait: how many live there, by level
}

// tabulate counts the drawn by cell and everybody by level; areas are told apart at
// the level below the one looked at.
func (v *Balance) tabulate(drawn, lives []qualitydb.TraitCount) traitTable {
	cut := 9
	if len(v.Area) >= 9 {
		cut = 12
	}
	year := v.Round.OpensOn.Year()
	levels := func(t qualitydb.TraitCount) [4]string {
		band := survey.AgeBand(t.BirthYear, year)
		if band == "" {
			band = "unknown"
		}
		return [4]string{t.Sex, band, t.Tenure, t.Committee[:min(cut, len(t.Committee))]}
	}
	out := traitTable{variables: make([]fieldwork.Variable, len(traits)), at: make([]map[string]int, len(traits)),
		cells: map[[4]string]*fieldwork.TraitCell{}, frame: make([]map[string]int, len(traits))}
	for k := range traits {
		seen := map[string]bool{}
		for _, list := range [][]qualitydb.TraitCount{lives, drawn} {
			for _, t := range list {
				seen[levels(t)[k]] = true
			}
		}
		out.variables[k] = fieldwork.Variable{Name: traits[k], Levels: slices.Sorted(maps.Keys(seen))}
		out.at[k], out.frame[k] = map[string]int{}, map[string]int{}
		for i, l := range out.variables[k].Levels {
			out.at[k][l] = i
		}
	}
	for _, t := range lives {
		v.Frame += t.Drawn
		for k, l := range levels(t) {
			out.frame[k][l] += t.Drawn
		}
	}
	for _, t := range drawn {
		c := out.cell(levels(t))
		c.Drawn, c.Answered = c.Drawn+t.Drawn, c.Answered+t.Answered
	}
	return out
}

func (t *traitTable) cell(key [4]string) *fieldwork.TraitCell {
	c := t.cells[key]
	if c == nil {
		c = &fieldwork.TraitCell{}
		for k, l := range key {
			c.Level = append(c.Level, t.at[k][l])
		}
		t.cells[key] = c
	}
	return c
}

// list are the cells in the order of their levels.
func (t *traitTable) list() []fieldwork.TraitCell {
	list := make([]fieldwork.TraitCell, 0, len(t.cells))
	for _, c := range t.cells {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b fieldwork.TraitCell) int { return slices.Compare(a.Level, b.Level) })
	return list
}

// trait is the row of a trait, small levels hidden.
func (v *Balance) trait(p fieldwork.PartialR, frame map[string]int, names map[string]string) TraitRow {
	row := TraitRow{Name: p.Variable, Unconditional: p.Unconditional, Conditional: p.Conditional}
	counts := make([]int, len(p.Levels))
	for i, l := range p.Levels {
		counts[i] = l.Answered
	}
	hide := fairness.Suppress(fairness.Table{Count: [][]int{counts}, Minimum: v.CrossTab, RowTotals: true})
	for i, l := range p.Levels {
		r := LevelRow{Name: l.Name, Text: names[l.Name], Frame: frame[l.Name], Drawn: l.Drawn, Answered: l.Answered, Partial: l.Partial}
		if hide.Cell[0][i] != fairness.Shown || !v.Shown {
			r.Hidden, r.Answered, r.Partial, v.HideAny = true, 0, 0, true
		}
		if r.Frame > 0 || r.Drawn > 0 {
			row.Levels = append(row.Levels, r)
		}
	}
	slices.SortStableFunc(row.Levels, func(a, b LevelRow) int { return cmp.Compare(a.Name, b.Name) })
	return row
}
