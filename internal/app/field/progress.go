package field

import (
	"context"
	"math"
	"slices"
	"sort"
	"time"

	"gongping/analytics/fairness"
	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/survey"
	"gongping/survey/fieldwork"
)

// Tally counts the cases of an area or an evaluator.
type Tally struct {
	Code, Name                              string
	Planned                                 int
	Cases, Done, Underway, Ended, Untouched int
	Reserves, Attempts                      int
	Counts                                  fieldwork.Counts
	// Until is the first day that is not counted, the latest of its committees;
	// zero where all is.
	Until time.Time
}

func (t *Tally) add(p fielddb.Pattern) {
	if t.Counts == nil {
		t.Counts = fieldwork.Counts{}
	}
	t.Cases += p.N
	t.Attempts += p.N * tried(p)
	if p.Reserve {
		t.Reserves += p.N
	}
	final := fieldwork.Final(p.Codes, p.Complete)
	t.Counts.Add(final, p.N)
	switch fieldwork.StageOf(p.Codes, p.Complete, p.Replaced, time.Time{}, time.Time{}) {
	case fieldwork.Done:
		t.Done += p.N
	case fieldwork.Ended:
		t.Ended += p.N
	case fieldwork.Open:
		t.Untouched += p.N
	default:
		t.Underway += p.N
	}
}

// tried counts the tries of a case; the interview itself is one, whether an
// attempt was recorded for it or not.
func tried(p fielddb.Pattern) int {
	n := len(p.Codes)
	if p.Complete && !slices.Contains(p.Codes, fieldwork.Complete) {
		n++
	}
	return n
}

// Group is one group of sex and age: who answered against who lives there.
type Group struct {
	Sex, Band                   string
	Population, Drawn, Answered int
	Hidden                      bool // too few answers to be shown
}

// Progress is the state of the fieldwork of a round within an area.
type Progress struct {
	Round      Round
	At         time.Time
	Area       string
	AreaName   string
	Areas      []Tally // by street, or by committee within one
	Plan       survey.Plan
	Strata     []StratumTally // by the values of strata, where the plan splits committees
	Evaluators []Tally
	Total      Tally
	Held       int
	Groups     []Group
	Evenness   float64 // R-indicator over the groups
	EvennessOK bool
	Cell       int // least number of answers behind a shown figure
	CrossTab   int
	Live       bool // as it happens; else as of midnights, in steps of Step answers
	Step       int
}

// Rounds lists the rounds that have fieldwork in the actor's area.
func (s *Service) Rounds(ctx context.Context, who authz.Actor) (list []fielddb.RoundCount, err error) {
	err = s.Read(ctx, who, authz.FieldworkRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if list, err = fielddb.Rounds(ctx, db, who.District, who.Area); err != nil || authz.May(who, authz.FieldworkLive, authz.Object{Area: who.Area}) {
			return err
		}
		for i := range list {
			r, err := s.roundByID(ctx, db, who.District, list[i].ID)
			if err != nil {
				return err
			}
			if _, list[i].Done, err = s.Seen(ctx, db, who, r, who.Area); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// RoundTitle is the name of a round, for who may see its fieldwork.
func (s *Service) RoundTitle(ctx context.Context, who authz.Actor, roundID string) (title string, err error) {
	err = s.Read(ctx, who, authz.FieldworkRead, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) error {
		title, err = fielddb.RoundTitle(ctx, db, who.District, roundID)
		return app.NotFound(err, "round")
	})
	return title, err
}

// Progress counts the fieldwork of a round within an area, "" for the actor's
// own. No cell of sex and age with fewer answers than the rule book's is shown,
// nor any other from which it could be worked out.
func (s *Service) Progress(ctx context.Context, who authz.Actor, roundID, area string) (p Progress, err error) {
	if area == "" {
		area = who.Area
	}
	if !survey.Within(area, who.District) {
		return p, errs.New(errs.NotFound, "field.area", "there is no such area, or none that you may see")
	}
	err = s.Read(ctx, who, authz.FieldworkRead, authz.Object{Area: area}, func(ctx context.Context, db pg.Querier) error {
		if p.Round, err = s.roundByID(ctx, db, who.District, roundID); err != nil {
			return err
		}
		seen, _, err := s.Seen(ctx, db, who, p.Round, area)
		if err != nil {
			return err
		}
		if err := s.count(ctx, db, who.District, area, seen, &p); err != nil {
			return err
		}
		if err := s.strata(ctx, db, who.District, area, seen, &p); err != nil {
			return err
		}
		return s.compare(ctx, db, who.District, area, seen, &p)
	})
	return p, err
}

func (s *Service) count(ctx context.Context, db pg.Querier, district, area string, seen fielddb.Seen, p *Progress) error {
	p.At, p.Area, p.Live = s.Clock.Now(), area, seen.Live
	if !p.Live {
		p.At = Midnight(p.At)
	}
	p.Cell, p.CrossTab = p.Round.Rules.Suppression.Cell, p.Round.Rules.Suppression.CrossTab
	p.Step = p.CrossTab
	patterns, err := fielddb.Patterns(ctx, db, district, p.Round.ID, area, seen)
	if err != nil {
		return err
	}
	planned, err := fielddb.Planned(ctx, db, district, p.Round.ID, area, seen)
	if err != nil {
		return err
	}
	names, err := fielddb.Names(ctx, db, district, area)
	if err != nil {
		return err
	}
	people, err := fielddb.EvaluatorNames(ctx, db, district, p.Round.ID)
	if err != nil {
		return err
	}
	if p.Held, err = fielddb.HeldCount(ctx, db, district, p.Round.ID, area, seen); err != nil {
		return err
	}
	cut := 9 // a district is shown by street
	if len(area) >= 9 {
		cut = 12
	}
	areas, evaluators := map[string]*Tally{}, map[string]*Tally{}
	p.Total = Tally{Code: area, Name: names[area], Counts: fieldwork.Counts{}}
	p.AreaName = names[area]
	for committee, n := range planned {
		if n == 0 {
			continue // an area that takes no part
		}
		at(areas, committee[:cut], names).Planned += n
		p.Total.Planned += n
	}
	for _, x := range patterns {
		at(areas, x.Committee[:cut], names).add(x)
		at(evaluators, x.Evaluator, people).add(x)
		p.Total.add(x)
	}
	for committee, until := range seen.Until {
		for _, t := range []*Tally{areas[committee[:cut]], &p.Total} {
			if t != nil && until.After(t.Until) {
				t.Until = until
			}
		}
	}
	p.Areas, p.Evaluators = sorted(areas), sorted(evaluators)
	return nil
}

func at(m map[string]*Tally, code string, names map[string]string) *Tally {
	if m[code] == nil {
		m[code] = &Tally{Code: code, Name: names[code], Counts: fieldwork.Counts{}}
	}
	return m[code]
}

func sorted(m map[string]*Tally) []Tally {
	out := make([]Tally, 0, len(m))
	for _, t := range m {
		out = append(out, *t)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Name != out[j].Name && len(out[i].Code) > 15 {
			return out[i].Name < out[j].Name
		}
		return out[i].Code < out[j].Code
	})
	return out
}

// compare fills in the groups of sex and age.
func (s *Service) compare(ctx context.Context, db pg.Querier, district, area string, seen fielddb.Seen, p *Progress) error {
	if p.Round.FrameID == "" {
		return nil
	}
	year := p.Round.OpensOn.Year()
	key := district + "/" + p.Round.FrameID + "/" + area
	population, ok := s.people.Load(key)
	if !ok {
		list, err := fielddb.Population(ctx, db, district, p.Round.FrameID, area)
		if err != nil {
			return err
		}
		s.people.Store(key, list)
		population = list
	}
	drawn, err := fielddb.Drawn(ctx, db, district, p.Round.ID, p.Round.FrameID, area, seen)
	if err != nil {
		return err
	}
	answered, err := fielddb.Answered(ctx, db, district, p.Round.ID, area, seen)
	if err != nil {
		return err
	}
	lives, sample := banded(population.([]fielddb.Trait), year), banded(drawn, year)
	var table [][]int
	var n, of []int
	for _, sex := range []string{"f", "m"} {
		row := make([]int, len(survey.AgeBands))
		for i, band := range survey.AgeBands {
			k := sex + "/" + band
			row[i] = answered[k]
			n, of = append(n, sample[k]), append(of, answered[k])
			p.Groups = append(p.Groups, Group{Sex: sex, Band: band, Population: lives[k], Drawn: sample[k], Answered: answered[k]})
		}
		table = append(table, row)
	}
	p.Evenness, p.EvennessOK = fieldwork.RIndicator(n, of)
	p.EvennessOK = p.EvennessOK && p.Total.Done >= p.Cell
	if !p.Live {
		// It counts the hidden groups too: all its digits would solve them.
		p.Evenness = math.Round(100*p.Evenness) / 100
	}
	hide := fairness.Suppress(fairness.Table{Count: table, Minimum: p.CrossTab, RowTotals: p.Splits(), ColumnTotals: true})
	for i := range p.Groups {
		row, col := i/len(survey.AgeBands), i%len(survey.AgeBands)
		if p.Groups[i].Hidden = hide.Cell[row][col] != fairness.Shown || p.Total.Done < p.Cell; p.Groups[i].Hidden {
			p.Groups[i].Answered = 0
		}
	}
	return nil
}

func banded(list []fielddb.Trait, year int) map[string]int {
	out := map[string]int{}
	for _, t := range list {
		if band := survey.AgeBand(t.BirthYear, year); band != "" {
			out[t.Sex+"/"+band] += t.N
		}
	}
	return out
}

// CaseList is a page of the cases of a round, and how many there are.
type CaseList struct {
	List   []CaseView
	Linked map[string]bool         // those with a personal link that still opens
	Stages map[fieldwork.Stage]int // of all that the filter lets through, whatever stage is asked for
}

// Total is how many cases there are in a stage, "" for all.
func (l CaseList) Total(stage fieldwork.Stage) (n int) {
	for s, k := range l.Stages {
		if stage == "" || s == stage {
			n += k
		}
	}
	return n
}

// Cases lists the cases of a round within an area for who supervises, a page
// at a time: after is the id of the last case of the page before.
func (s *Service) Cases(ctx context.Context, who authz.Actor, roundID string, f fielddb.CaseFilter, stage fieldwork.Stage) (l CaseList, err error) {
	if f.Area == "" {
		f.Area = who.Area
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	err = s.Read(ctx, who, authz.CaseAssign, authz.Object{Area: f.Area}, func(ctx context.Context, db pg.Querier) error {
		if _, err := s.roundByID(ctx, db, who.District, roundID); err != nil {
			return err
		}
		now := s.Clock.Now()
		kinds, err := fielddb.CaseKinds(ctx, db, who.District, roundID, f, now)
		if err != nil {
			return err
		}
		l.Stages = map[fieldwork.Stage]int{}
		for _, k := range kinds {
			var appointment time.Time
			if k.Agreed {
				appointment = now.Add(time.Second)
			}
			is := fieldwork.StageOf(k.Codes, k.Complete, k.Replaced, appointment, now)
			l.Stages[is] += k.N
			if is == stage {
				f.Kinds = append(f.Kinds, k.Key)
			}
		}
		if stage != "" && len(f.Kinds) == 0 {
			return nil
		}
		cases, err := fielddb.CasesIn(ctx, db, who.District, roundID, f, now)
		if err != nil {
			return err
		}
		ids := make([]string, len(cases))
		for i, c := range cases {
			ids[i], l.List = c.ID, append(l.List, view(c, now))
		}
		l.Linked, err = fielddb.Linked(ctx, db, who.District, ids, now)
		return err
	})
	return l, err
}
