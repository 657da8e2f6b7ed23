package field

import (
	"context"
	"slices"

	"gongping/internal/app"
	"gongping/internal/app/rounds"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/drawdb"
	"gongping/internal/pg/fielddb"
	"gongping/internal/pg/rounddb"
	"gongping/survey"
	"gongping/survey/draw"
	"gongping/survey/fieldwork"
)

// ReleaseReserve gives a case up and opens the case of the next reserve in
// drawing order, for the same evaluator. The rule of tries must be met. wish
// may name the frame id of the reserve that the caller expects: any other than
// the next is refused, and the refusal stays in the log.
func (s *Service) ReleaseReserve(ctx context.Context, who authz.Actor, caseID, wish string) (newCase string, err error) {
	var refused error
	err = s.onCase(ctx, who, authz.ReserveRelease, caseID, func(ctx context.Context, tx *app.Tx, c fielddb.Case, r Round) error {
		refused = nil
		next, err := s.nextReserve(ctx, tx, c, r, wish)
		if err != nil {
			if !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Gone) {
				return err
			}
			refused = err // committed with its log entry, and told after that
			tx.Record("case", c.ID, c.Committee, map[string]any{"refused": keyOf(err)})
			return nil
		}
		weight, err := reserveWeight(ctx, tx, c, next)
		if err != nil {
			return err
		}
		newCase = app.NewID()
		if err := fielddb.InsertReserve(ctx, tx, who.District, newCase, c, next.FrameID, weight, tx.Now); err != nil {
			return released(err)
		}
		if c.Evaluator != "" {
			if err := fielddb.Assign(ctx, tx, who.District, newCase, c.Evaluator, who.AccountID, "reserve", tx.Now); err != nil {
				return err
			}
		}
		tx.Record("case", c.ID, c.Committee, map[string]any{"reserve_case": newCase, "order": next.Order})
		return nil
	})
	if err == nil && refused != nil {
		return "", refused
	}
	return newCase, err
}

// nextReserve checks the rule and finds the only reserve that may follow.
func (s *Service) nextReserve(ctx context.Context, tx *app.Tx, c fielddb.Case, r Round, wish string) (draw.Selected, error) {
	var none draw.Selected
	if err := openFor(r.RoundState, c.DrawID, tx.Now); err != nil {
		return none, err
	}
	if c.Complete {
		return none, errs.New(errs.Closed, "case.ended", "the case has ended; there is nothing more to try")
	}
	history, err := fielddb.Attempts(ctx, tx, tx.Actor.District, c.ID)
	if err != nil {
		return none, err
	}
	if lacking := fieldwork.GiveUp(rule(r.Rules), tries(history)); len(lacking) > 0 {
		e := errs.New(errs.NotNow, "release.too_early", "the rule book asks for more tries before a reserve is released")
		e.Details = lacking
		return none, e
	}
	place, err := inPlace(ctx, tx, c)
	if err != nil {
		return none, err
	}
	done, err := fielddb.Released(ctx, tx, tx.Actor.District, c.DrawID, c.Stratum, c.Cluster)
	if err != nil {
		return none, err
	}
	var history2 []draw.Release
	for _, p := range done {
		history2 = append(history2, draw.Release{Case: p[0], Reserve: p[1]})
	}
	if wish != "" {
		if err := draw.CheckRelease(place, history2, draw.Release{Case: c.PersonID, Reserve: wish}); err != nil {
			return none, err
		}
	}
	return draw.NextReserve(place, history2, c.PersonID)
}

// reserveWeight is the design weight of a reserve: that of the case it stands in
// for, corrected for what makes their chances differ within the stratum (or
// cluster): the relative size, or the members of the household of whom one is
// asked. Runs need it up to a factor only.
func reserveWeight(ctx context.Context, tx *app.Tx, c fielddb.Case, next draw.Selected) (float64, error) {
	r, err := rounddb.Get(ctx, tx, tx.Actor.District, c.RoundID)
	if err != nil || r.Plan.Method == survey.SimpleRandom {
		return c.DesignWeight, err
	}
	people, err := drawdb.Neighbours(ctx, tx, tx.Actor.District, c.FrameID, []string{c.PersonID, next.FrameID})
	if err != nil {
		return 0, err
	}
	home, size := map[string]string{}, map[string]uint64{}
	for _, p := range people {
		home[p.FrameID], size[p.FrameID] = p.Household, rounds.SizeOf(r, p)
	}
	if r.Plan.Method.PPS() {
		return c.DesignWeight * float64(size[c.PersonID]) / float64(size[next.FrameID]), nil
	}
	members := map[string]int{}
	for _, p := range people {
		if rounds.StratumOf(r, p) == c.Stratum {
			members[p.Household]++
		}
	}
	return c.DesignWeight * float64(members[home[next.FrameID]]) / float64(members[home[c.PersonID]]), nil
}

// inPlace is the part of the draw in which reserves stand in for each other;
// it is locked, so that two releases follow one another.
func inPlace(ctx context.Context, tx *app.Tx, c fielddb.Case) ([]draw.Selected, error) {
	if err := fielddb.LockCase(ctx, tx, tx.Actor.District, c.DrawID+"/"+c.Stratum+"/"+c.Cluster); err != nil {
		return nil, err
	}
	all, err := drawdb.Selection(ctx, tx, tx.Actor.District, c.DrawID)
	if err != nil {
		return nil, err
	}
	var place []draw.Selected
	for _, s := range all {
		if s.Stratum == c.Stratum && s.Cluster == c.Cluster {
			place = append(place, s)
		}
	}
	return place, nil
}

func released(err error) error {
	if pg.Duplicate(err) {
		return errs.New(errs.Barred, "release.case", "this case cannot be replaced")
	}
	return err
}

func keyOf(err error) string {
	if e, ok := err.(*errs.Error); ok {
		return e.Key
	}
	return ""
}

// Reassign gives a case to another evaluator, with a reason. A case of an asking
// anew goes to nobody who interviewed an answer that was set aside.
func (s *Service) Reassign(ctx context.Context, who authz.Actor, caseID, evaluator, reason string) error {
	if reason == "" {
		return errs.New(errs.Invalid, "case.reason", "a case changes hands with a reason").At("reason", "", "why", "write one sentence")
	}
	return s.onCase(ctx, who, authz.CaseAssign, caseID, func(ctx context.Context, tx *app.Tx, c fielddb.Case, r Round) error {
		if c.Complete || c.Replaced {
			return errs.New(errs.Closed, "case.ended", "the case has ended; there is nothing more to try")
		}
		list, err := fielddb.Evaluators(ctx, tx, who.District, c.Committee)
		if err != nil {
			return err
		}
		barred, err := drawdb.Barred(ctx, tx, who.District, c.ID)
		if err != nil {
			return err
		}
		if slices.Contains(barred, evaluator) {
			return errs.New(errs.Barred, "case.evaluator_barred", "this evaluator interviewed answers that an appeal set aside; another person asks anew").
				At("evaluator", "", "an evaluator who interviewed none of the answers that were set aside", "choose another evaluator, or let the administrator add one for the area")
		}
		for _, e := range list {
			if e[0] == evaluator {
				tx.Record("case", c.ID, c.Committee, map[string]any{"from": c.Evaluator, "to": evaluator})
				return fielddb.Assign(ctx, tx, who.District, c.ID, evaluator, who.AccountID, reason, tx.Now)
			}
		}
		return errs.New(errs.Invalid, "case.evaluator", "this account cannot take the case").
			At("evaluator", evaluator, "an enabled evaluator whose area holds the committee", "choose from the list")
	})
}

// Evaluators lists who could take cases of an area, as id and name.
func (s *Service) Evaluators(ctx context.Context, who authz.Actor, area string) (list [][2]string, err error) {
	err = s.Read(ctx, who, authz.CaseAssign, authz.Object{Area: area}, func(ctx context.Context, db pg.Querier) error {
		list, err = fielddb.Evaluators(ctx, db, who.District, area)
		return err
	})
	return list, err
}
