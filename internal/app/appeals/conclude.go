package appeals

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"gongping/internal/app"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/appealdb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/appeal"
	"gongping/scoring/assess"
	"gongping/scoring/composite"
)

// plan is what a decision leads to before it is carried out.
type plan struct {
	exclude []appealdb.Item
	effect  appeal.Effect
	run     bool
}

// conclude carries out a decision: it sets aside what the panel found, never
// to the appellant's harm, and requests the new run; or it closes the appeal
// where nothing changes. Repeating it changes nothing.
func (s *Service) conclude(ctx context.Context, district, id string) error {
	a, c, err := load(ctx, s.Pool, district, id)
	if err != nil || c.State != appeal.Decided {
		return err
	}
	if wait, err := s.waitsForReAsk(ctx, district, a, c); err != nil || wait {
		return err
	}
	items, err := appealdb.Items(ctx, s.Pool, district, id)
	if err != nil {
		return err
	}
	p, err := s.plan(ctx, district, a, c, items)
	if err != nil {
		return err
	}
	who := authz.SystemActor(district)
	if !p.run {
		return s.Write(ctx, who, authz.AppealDecide, authz.Object{Area: a.Unit}, s.appealStep(id, func(ctx context.Context, tx *app.Tx, c *appeal.Case) error {
			tx.Record("appeal", id, a.Unit, map[string]any{"closed": true, "outcome": string(c.Outcome)})
			return take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindClosed, Reason: "no change of the result", Effect: &p.effect})
		}))
	}
	err = s.Write(ctx, who, authz.AppealDecide, authz.Object{Area: a.Unit}, s.appealStep(id, func(ctx context.Context, tx *app.Tx, _ *appeal.Case) error {
		tx.Record("appeal", id, a.Unit, map[string]any{"excluded": len(p.exclude)})
		for _, it := range p.exclude {
			if _, err := appealdb.Exclude(ctx, tx, district, app.NewID(), a.RoundID, it.ID, a.Ground, "appeal "+a.Receipt, id, tx.Now); err != nil {
				return err
			}
			if err := appealdb.AddEffect(ctx, tx, district, id, it.ID, string(p.effect.Remedy), string(p.effect.Party), p.effect.Department, tx.Now); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		return err
	}
	reason, wait, err := s.reAskNext(ctx, district, a, c)
	if err != nil || wait {
		return err
	}
	run, err := appealdb.RunOf(ctx, s.Pool, district, id)
	if err == nil && run == "" {
		run, err = s.Score.StartForAppeal(ctx, district, a.RoundID, "appeal "+a.Receipt, id)
	}
	if err != nil {
		return err
	}
	return s.Write(ctx, who, authz.AppealDecide, authz.Object{Area: a.Unit}, s.appealStep(id, func(ctx context.Context, tx *app.Tx, c *appeal.Case) error {
		tx.Record("appeal", id, a.Unit, map[string]any{"run": run})
		return take(ctx, tx, id, c, appeal.Event{Kind: appeal.KindRun, RunID: run, Effect: &p.effect, Reason: reason})
	}))
}

// appealStep runs fn on the locked, reloaded appeal while it is decided and
// not yet concluded; otherwise somebody else has done it.
func (s *Service) appealStep(id string, fn func(context.Context, *app.Tx, *appeal.Case) error) func(context.Context, *app.Tx) error {
	return func(ctx context.Context, tx *app.Tx) error {
		_, c, err := begin(ctx, tx, id)
		if err != nil || c.State != appeal.Decided {
			return err
		}
		return fn(ctx, tx, c)
	}
}

// plan weighs the decision: answers of both sides that two members found
// affected are set aside, unless the unit's official score would end lower (or
// its band be lost); then the high ones are spared, and if that does not help,
// all are.
func (s *Service) plan(ctx context.Context, district string, a appealdb.Appeal, c *appeal.Case, items []appealdb.Item) (p plan, err error) {
	var decided appeal.Event // not the last: lateness, or the asking anew, may follow it
	for _, e := range c.Events {
		if e.Kind == appeal.KindDecided {
			decided = e
		}
	}
	var lows, highs []appealdb.Item
	for _, it := range items {
		hit := slices.Contains(decided.Affected, it.Label)
		if it.Side == appeal.Low {
			p.effect.LowReviewed++
			if hit {
				lows = append(lows, it)
			}
		} else {
			p.effect.HighReviewed++
			if hit {
				highs = append(highs, it)
			}
		}
	}
	switch {
	case c.Outcome == appeal.Reject, c.Ground.Sealed, c.Ground.Reviews() && len(lows)+len(highs) == 0:
		// An upheld entry of the sealed register ends like one that changes
		// nothing, whether or not the household was asked: see package disputes.
		return p, nil
	case !c.Ground.Reviews():
		p.run, p.effect.Remedy = true, appeal.Correct
		return p, nil
	}
	remedy, party := c.Chosen()
	old, in, err := s.contested(ctx, district, a)
	if err != nil {
		return p, err
	}
	p.effect.Before, p.effect.After = old.Official.Value, old.Official.Value
	p.effect.HighSpared, p.effect.LowSpared = len(highs), len(lows)
	for _, try := range [][]appealdb.Item{append(slices.Clone(lows), highs...), lows} {
		if len(try) == 0 {
			continue
		}
		u, err := whatIf(in, a.Unit, try)
		if err != nil {
			return p, err
		}
		if u == nil || worse(&old.UnitResult, u, &in.RuleBook) {
			continue
		}
		p.exclude, p.run = try, true
		p.effect.LowExcluded, p.effect.LowSpared = len(lows), 0
		p.effect.HighExcluded = len(try) - len(lows)
		p.effect.HighSpared = len(highs) - p.effect.HighExcluded
		p.effect.After, p.effect.Computed = u.Official.Value, true
		p.effect.Remedy, p.effect.Party, p.effect.Department = remedy, party, c.ChosenDepartment()
		if remedy == appeal.ReAsk {
			p.effect.ReAsk = len(try)
		}
		break
	}
	return p, nil
}

// contested reads the contested result and the frozen input of its run, with
// the answers that have been set aside since.
func (s *Service) contested(ctx context.Context, district string, a appealdb.Appeal) (old scoredb.UnitRow, in *scoring.Input, err error) {
	err = s.Read(ctx, authz.SystemActor(district), authz.RunRead, authz.Object{}, func(ctx context.Context, q pg.Querier) error {
		if old, err = scoredb.UnitOf(ctx, q, district, a.RunID, a.Unit); err != nil {
			return err
		}
		gz, digest, err := scoredb.Input(ctx, q, district, a.RunID)
		if err != nil {
			return err
		}
		var read []byte
		if in, read, err = score.DecodeInput(bytes.NewReader(gz)); err != nil {
			return err
		}
		if !bytes.Equal(read, digest) {
			return fmt.Errorf("the frozen input of run %s does not have its digest", a.RunID)
		}
		in.Exclusions, err = scoredb.Exclusions(ctx, q, district, a.RoundID)
		return err
	})
	return old, in, err
}

// whatIf computes the unit's result with more answers set aside.
func whatIf(in *scoring.Input, unit string, more []appealdb.Item) (*scoring.UnitResult, error) {
	trial := *in
	trial.Exclusions = slices.Clone(in.Exclusions)
	for _, it := range more {
		if !slices.ContainsFunc(trial.Exclusions, func(x scoring.Exclusion) bool { return x.AnswerID == it.ID }) {
			trial.Exclusions = append(trial.Exclusions, scoring.Exclusion{AnswerID: it.ID, Ground: "appeal"})
		}
	}
	slices.SortFunc(trial.Exclusions, func(x, y scoring.Exclusion) int { return bytes.Compare([]byte(x.AnswerID), []byte(y.AnswerID)) })
	out, err := assess.Run(&trial, nil)
	if err != nil {
		return nil, err
	}
	for i := range out.Units {
		if out.Units[i].Unit == unit {
			return &out.Units[i], nil
		}
	}
	return nil, nil
}

// worse tells whether a result harms the unit compared with an older one: a
// lower official score, none at all, or a band that was sure and now may be a
// lower one; and the same of the composite and of the grade that is read from
// it, because a corrected record or a later rating can lower it while the
// residents' score stays. A band or grade that became unsure only upwards harms
// nobody, nor does one that is refused for want of reliability: nothing follows
// from it.
func worse(old, now *scoring.UnitResult, book *composite.RuleBook) bool {
	return lower(old.Official, now.Official) || lower(old.Composite, now.Composite) || lowerBand(old, now, book.Bands) ||
		lowerGrade(old.Composite, now.Composite, book.GradeRules().Scale)
}

func lower(old, now scoring.Figure) bool {
	return old.OK && (!now.OK || now.Value < old.Value)
}

// lowerBand tells whether a sure band is lost downwards. Bands and grades stand
// from the highest down.
func lowerBand(old, now *scoring.UnitResult, bands []composite.Band) bool {
	if old.Band == "" || now.Band != "" {
		return false
	}
	rank := func(id string) int {
		return slices.IndexFunc(bands, func(b composite.Band) bool { return b.ID == id })
	}
	return now.BandLo == "" || rank(now.BandLo) > rank(old.Band)
}

// lowerGrade tells whether a sure grade is lost downwards.
func lowerGrade(old, now scoring.Figure, scale []composite.Band) bool {
	rank := func(score float64) int {
		if i := slices.IndexFunc(scale, func(b composite.Band) bool { return score >= b.From }); i >= 0 {
			return i
		}
		return len(scale) - 1
	}
	return old.OK && now.OK && rank(old.Lo) == rank(old.Hi) && rank(now.Lo) > rank(old.Lo)
}
