package records

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gongping/internal/app/plain"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/recorddb"
	"gongping/scoring/records"
	"gongping/survey"
)

// Contacts is a committee's rating by residents who had contact with it and by
// those who had none, or were not sure.
type Contacts struct {
	// Shown is false where one of the groups is smaller than the rule book's
	// cell: then neither is shown, because one gives the other away.
	Shown         bool
	Cell          int
	With, Without records.Mean
	// Share had contact here, District in the whole run (weighted).
	Share, District *float64
	// Standardised is the rating with the contact of the whole run.
	Standardised records.Mean
}

// Unit is what stands beside the score of a committee.
type Unit struct {
	Workload records.Workload
	Rules    records.Rules
	Contacts *Contacts
	Figures  []Figure
	Names    map[string]map[string]string // of indicators, from the rule book
}

// Unit returns the workload, contacts and records of a committee in a run.
func (s *Service) Unit(ctx context.Context, who authz.Actor, runID, unit string) (u Unit, err error) {
	err = s.Read(ctx, who, authz.RecordRead, authz.Object{Area: unit}, func(ctx context.Context, db pg.Querier) error {
		d := who.District
		run, r, book, err := opened(ctx, db, who, runID)
		if err != nil {
			return err
		}
		u.Rules, u.Names = book.RulesOfRecords(), names(book.Tree)
		work, err := workloads(ctx, db, d, r.ID, unit, u.Rules)
		if err != nil {
			return err
		}
		u.Workload = work[unit]
		// By the same rule as all plain figures: two versions of this split would
		// give the answers between them away.
		shown := runID
		if who.Role != authz.Auditor && who.Role != authz.System {
			runs, err := plain.Compare(ctx, db, d, run, book.Suppression.Cell)
			if err != nil {
				return err
			}
			if shown, err = split(ctx, db, d, runs, unit, runID, book.Suppression.Cell); err != nil {
				return err
			}
		}
		if u.Contacts, err = contacts(ctx, db, d, shown, unit, book.Suppression.Cell, book.Confidence); err != nil {
			return err
		}
		if u.Contacts != nil && who.Role != authz.Auditor && who.Role != authz.System {
			u.Contacts.round()
			if u.Contacts.Shown {
				list, err := recorddb.Splits(ctx, db, d, shown)
				if err != nil {
					return err
				}
				if kept(list, book.Suppression.Cell)[unit] {
					u.Contacts = &Contacts{Cell: book.Suppression.Cell}
				}
			}
		}
		u.Figures, err = figuresOf(ctx, db, d, r, book, unit)
		return err
	})
	return u, err
}

// split is the run from which the split by contact is shown. It moves on with the
// plain figures, but only where of both groups no answer or at least a cell has
// changed: of twelve answers set aside, two may have had contact.
func split(ctx context.Context, db pg.Querier, district string, runs *plain.Runs, unit, runID string, cell int) (string, error) {
	shown := ""
	for _, next := range append(slices.Clone(runs.Before[unit]), runs.Of(unit, runID)) {
		if shown == "" {
			shown = next
			continue
		}
		with, without, err := recorddb.ContactsMoved(ctx, db, district, shown, next, unit)
		if err != nil {
			return "", err
		}
		if (with == 0 || with >= cell) && (without == 0 || without >= cell) {
			shown = next
		}
	}
	return shown, nil
}

// kept are the committees that do not show their split by contact: those with too
// few in one group, and the next smallest, until of both groups those that are
// kept back, the largest of them left out, make a cell. How many had contact in
// the whole round is on the page of the questions that are not scored, and what
// the others show is subtracted from it.
func kept(list []recorddb.Split, cell int) map[string]bool {
	list = slices.Clone(list)
	small := func(s recorddb.Split) int { return min(s.With, s.Without) }
	slices.SortFunc(list, func(a, b recorddb.Split) int {
		return cmp.Or(cmp.Compare(small(a), small(b)), cmp.Compare(a.Unit, b.Unit))
	})
	out := map[string]bool{}
	var sum, most recorddb.Split
	for _, s := range list {
		enough := sum.With-most.With >= cell && sum.Without-most.Without >= cell
		if small(s) >= cell && (len(out) == 0 || enough) {
			break
		}
		out[s.Unit] = true
		sum.With, sum.Without = sum.With+s.With, sum.Without+s.Without
		most.With, most.Without = max(most.With, s.With), max(most.Without, s.Without)
	}
	return out
}

// round takes the digits away by which single answers could be worked out: means
// to a tenth, shares to a hundredth.
func (c *Contacts) round() {
	for _, m := range []*records.Mean{&c.With, &c.Without, &c.Standardised} {
		for _, x := range []*float64{&m.Value, &m.SE, &m.Lo, &m.Hi} {
			*x = math.Round(*x*10) / 10
		}
	}
	for _, x := range []*float64{c.Share, c.District} {
		if x != nil {
			*x = math.Round(*x*100) / 100
		}
	}
}

func contacts(ctx context.Context, db pg.Querier, district, run, unit string, cell int, confidence float64) (*Contacts, error) {
	if survey.LevelOf(unit) != survey.Committee {
		return nil, nil
	}
	list, err := recorddb.Contacts(ctx, db, district, run, unit)
	if err != nil {
		return nil, err
	}
	var score, weight [2][]float64
	var yes, all float64
	asked := false
	for _, x := range list {
		k := 1
		if x.Contact == "yes" {
			k = 0
		}
		asked = asked || x.Contact != ""
		if x.Contact == "yes" || x.Contact == "no" {
			all += x.Weight
			if k == 0 {
				yes += x.Weight
			}
		}
		score[k], weight[k] = append(score[k], x.Score), append(weight[k], x.Weight)
	}
	if !asked { // the questionnaire has no such question
		return nil, nil
	}
	c := &Contacts{Cell: cell, With: records.Mean{N: len(score[0])}, Without: records.Mean{N: len(score[1])}}
	if len(score[0]) < cell || len(score[1]) < cell {
		c.With, c.Without = records.Mean{}, records.Mean{}
		return c, nil
	}
	c.Shown = true
	c.With, c.Without = records.MeanOf(score[0], weight[0], confidence), records.MeanOf(score[1], weight[1], confidence)
	if all > 0 {
		share := yes / all
		c.Share = &share
	}
	if c.District, err = recorddb.ContactShare(ctx, db, district, run); err != nil {
		return nil, err
	}
	if c.District != nil {
		c.Standardised = records.Standardised(c.With, c.Without, *c.District, confidence)
	}
	return c, nil
}
