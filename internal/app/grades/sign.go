package grades

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/gradedb"
	"gongping/internal/tabular"
	"gongping/scoring/composite"
	"gongping/scoring/grade"
)

// None is what a signer chooses who gives no grade.
const None = "none"

// Sign puts a named person's signature under a grade. A proposed grade is signed
// as it is, a tie is settled by choosing one of its grades, and either may be
// declined (None); the last two need a reason. What the data cannot carry
// cannot be signed. Repeated grades then propose consequences for the workers.
func (s *Service) Sign(ctx context.Context, who authz.Actor, roundID, unit, chosen, reason string) error {
	err := s.WriteSerializable(ctx, who, authz.GradeSign, authz.Object{Area: unit}, func(ctx context.Context, tx *app.Tx) error {
		if who.AccountID == "" {
			return errs.New(errs.Forbidden, "grade.named", "a grade is signed by a named person")
		}
		b, err := current(ctx, tx, who.District, roundID)
		if err != nil {
			return err
		}
		p, err := gradedb.ProposalOf(ctx, tx, who.District, b.ID, unit)
		if err != nil {
			return app.NotFound(err, "grade_proposal")
		}
		g, why, err := choice(p, chosen, reason)
		if err != nil {
			return err
		}
		_, book, err := rules(ctx, tx, who.District, roundID)
		if err != nil {
			return err
		}
		if p.Excused && g == worst(book.GradeRules()) {
			return errs.New(errs.Barred, "grade.excused", "the panel excused a trial of this committee; the lowest grade cannot rest on it")
		}
		if err := gradedb.Sign(ctx, tx, who.District, b.ID, unit, g, why, who.AccountID, tx.Now); err != nil {
			return err
		}
		tx.Record("grade", b.ID+"/"+unit, unit, map[string]any{"round": roundID, "grade": g, "state": p.State})
		return s.follow(ctx, tx, b.ID, unit, book)
	})
	if pg.Duplicate(err) {
		return errs.Wrap(err, errs.Done, "grade.signed", "this grade was signed already")
	}
	return err
}

func worst(g composite.Grades) string { return g.Scale[len(g.Scale)-1].ID }

// choice checks what a signer chose.
func choice(p gradedb.Proposal, chosen, reason string) (g, why string, err error) {
	may := p.Grades
	if p.State == string(grade.Proposed) {
		may = []string{p.Grade}
	}
	switch {
	case p.State == string(grade.Refused):
		return "", "", errs.New(errs.Barred, "grade.refused", "the data cannot carry a grade for this committee, so none can be signed")
	case chosen == None:
		chosen = ""
	case !slices.Contains(may, chosen):
		return "", "", errs.New(errs.Invalid, "grade.choice", "this grade is not among those that the data support").
			At("grade", chosen, strings.Join(may, ", ")+" or "+None, "choose one of them")
	}
	if p.State == string(grade.Proposed) && chosen == p.Grade {
		return chosen, strings.TrimSpace(reason), nil
	}
	why, err = reasoned(reason)
	return chosen, why, err
}

// follow proposes for the workers of a committee what its signed grades lead to.
func (s *Service) follow(ctx context.Context, tx *app.Tx, batch, unit string, book *composite.RuleBook) error {
	d := tx.Actor.District
	history, err := outcomes(ctx, tx, d, unit)
	if err != nil {
		return err
	}
	kind := grade.Follow(book.GradeRules(), book.Gates, history)
	if kind == grade.None {
		return nil
	}
	steps, err := gradedb.Steps(ctx, tx, d, unit)
	if err != nil {
		return err
	}
	n := 0
	for _, w := range steps {
		c := gradedb.Consequence{ID: app.NewID(), Unit: unit, WorkerNo: w.WorkerNo, Kind: string(kind), FromPost: w.Post, FromLevel: w.Level, ToLevel: w.Level, At: tx.Now}
		if kind == grade.Level {
			if w.Post == 0 || w.Level == grade.Levels {
				continue // nobody knows where they stand, or they stand on top
			}
			c.ToLevel = grade.Step{Post: w.Post, Level: w.Level}.Up().Level
		}
		if err := gradedb.InsertConsequence(ctx, tx, d, batch, c); err != nil {
			return err
		}
		n++
	}
	tx.Record("grade_consequence", batch+"/"+unit, unit, map[string]any{"kind": string(kind), "workers": n})
	return nil
}

// SignConsequence confirms or declines what is proposed for a worker, with the
// name of who decides and the reason. A confirmed level is a step on the ladder.
func (s *Service) SignConsequence(ctx context.Context, who authz.Actor, id string, confirm bool, reason string) error {
	why, err := reasoned(reason)
	if err != nil {
		return err
	}
	err = s.WriteSerializable(ctx, who, authz.GradeSign, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		c, err := gradedb.GetConsequence(ctx, tx, who.District, id)
		if err != nil {
			return app.NotFound(err, "consequence")
		}
		if err := tx.Check(authz.Object{Area: c.Unit}); err != nil {
			return err
		}
		if err := gradedb.SignConsequence(ctx, tx, who.District, id, confirm, why, who.AccountID, tx.Now); err != nil {
			return err
		}
		tx.Record("consequence", id, c.Unit, map[string]any{"kind": c.Kind, "confirmed": confirm, "worker": c.WorkerNo})
		if !confirm || c.Kind != string(grade.Level) {
			return nil
		}
		return gradedb.AddStep(ctx, tx, who.District, c.WorkerNo, c.FromPost, c.ToLevel, why+" ("+day(tx.Now)+")", id, who.AccountID, tx.Now)
	})
	if pg.Duplicate(err) {
		return errs.Wrap(err, errs.Done, "grade.signed", "this was signed already")
	}
	return err
}

// Export writes the signed grades and consequences of a round as CSV. It refuses
// as long as anything that could be signed is not: half a list would pass for
// the whole.
func (s *Service) Export(ctx context.Context, who authz.Actor, roundID string) ([]byte, error) {
	var sh Sheet
	err := s.Write(ctx, who, authz.GradeExport, authz.Object{}, func(ctx context.Context, tx *app.Tx) error {
		b, err := current(ctx, tx, who.District, roundID)
		if err != nil {
			return err
		}
		if sh.Proposals, err = gradedb.Proposals(ctx, tx, who.District, b.ID, who.Area); err != nil {
			return err
		}
		if sh.Consequences, err = gradedb.Consequences(ctx, tx, who.District, b.ID, who.Area); err != nil {
			return err
		}
		tx.Record("grade_batch", b.ID, who.Area, map[string]any{"exported": len(sh.Proposals)})
		return sh.unsigned()
	})
	if err != nil {
		return nil, err
	}
	return sh.csv()
}

// Unsigned counts what waits for a signature.
func (sh *Sheet) Unsigned() (n int) {
	for _, p := range sh.Proposals {
		if p.State != string(grade.Refused) && p.Signed == nil {
			n++
		}
	}
	for _, c := range sh.Consequences {
		if c.Signed == nil {
			n++
		}
	}
	return n
}

func (sh *Sheet) unsigned() error {
	n := sh.Unsigned()
	if n == 0 {
		return nil
	}
	return errs.New(errs.NotNow, "grade.unsigned", "%d grades or consequences are not signed yet, so nothing is exported", n).
		With(map[string]any{"N": n}).At("signatures", fmt.Sprint(n), "none outstanding", "let the named persons sign or decline them")
}

// csv writes through tabular, so that no name or reason runs as a formula.
func (sh *Sheet) csv() ([]byte, error) {
	var b bytes.Buffer
	w, err := tabular.NewWriter(&b)
	if err != nil {
		return nil, err
	}
	num := func(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }
	rows := [][]string{{"kind", "unit", "unit_name", "worker_no", "state", "grade", "score", "low", "high", "n", "reliability", "signed_by", "signed_at", "reason"}}
	for _, p := range sh.Proposals {
		row := []string{"grade", p.Unit, p.UnitName, "", p.State, p.SignedGrade, num(p.Value), num(p.Lo), num(p.Hi), strconv.Itoa(p.N),
			strconv.FormatFloat(p.Reliability, 'f', 2, 64), p.Signer, "", p.SignedReason}
		if p.Signed != nil {
			row[12] = day(*p.Signed)
		} else {
			row[6], row[7], row[8], row[13] = "", "", "", p.Why
		}
		rows = append(rows, row)
	}
	for _, c := range sh.Consequences {
		state := "declined"
		if c.Confirmed {
			state = "confirmed"
		}
		rows = append(rows, []string{c.Kind, c.Unit, c.UnitName, c.WorkerNo, state, fmt.Sprintf("%d → %d", c.FromLevel, c.ToLevel), "", "", "", "", "", c.Signer, day(*c.Signed), c.Reason})
	}
	for _, row := range rows {
		if err := w.Write(row...); err != nil {
			return nil, err
		}
	}
	err = w.Flush()
	return b.Bytes(), err
}
