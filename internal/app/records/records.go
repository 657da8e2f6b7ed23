// Package records holds the use cases of work records: what monthly figures and
// tickets say of every committee by the rule book's rules, which recording
// practices stand out, who decided whether they are scored, and the workload
// and contacts that stand beside a score.
package records

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/recorddb"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/composite"
	"gongping/survey"
)

// Service is the room of the records.
type Service struct{ *app.Core }

// The figures that tickets give. A rule book scores those that it names.
const (
	OnTime    = "hotline_on_time"
	Answered  = "hotline_answered"
	Solved    = "hotline_solved"
	Satisfied = "hotline_satisfied"
)

// maxReason is the longest reason, in characters.
const maxReason = 500

// Decide records whether a flagged figure is scored, and why.
func (s *Service) Decide(ctx context.Context, who authz.Actor, roundID, committee, indicator, verdict, reason string) error {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > maxReason {
		return errs.New(errs.Invalid, "record.reason", "a decision needs a reason").At("reason", "", "1 to 500 characters", "say what was found when the office was asked")
	}
	if verdict != "score" && verdict != "leave" {
		return errs.New(errs.Invalid, "record.verdict", "a flagged figure is scored or left out").At("verdict", verdict, "score or leave", "choose one")
	}
	if survey.LevelOf(committee) < survey.Committee {
		return errs.New(errs.Barred, "record.not_scored", "the records of a street or the district are never scored: there is nothing to decide")
	}
	return s.Write(ctx, who, authz.RecordDecide, authz.Object{Area: committee}, func(ctx context.Context, tx *app.Tx) error {
		r, err := rounddb.Lock(ctx, tx, who.District, roundID)
		if err != nil {
			return app.NotFound(err, "round")
		}
		book, err := bookOf(ctx, tx, who.District, r)
		if err != nil {
			return err
		}
		list, err := figures(ctx, tx, who.District, r, book)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(f Figure) bool { return f.Area == committee && f.Indicator == indicator })
		if i < 0 || len(list[i].Flags) == 0 {
			return errs.New(errs.Barred, "record.not_flagged", "nothing is flagged there")
		}
		flags := strings.Join(list[i].FlagKeys(), ",")
		tx.Record("record", roundID, committee, map[string]any{"indicator": indicator, "verdict": verdict, "flags": flags})
		return recorddb.Decide(ctx, tx, who.District, roundID, app.NewID(), who.AccountID,
			recorddb.Decision{Committee: committee, Indicator: indicator, Verdict: verdict, Flags: flags, Reason: reason, At: tx.Now})
	})
}

func bookOf(ctx context.Context, db pg.Querier, district string, r survey.Round) (*composite.RuleBook, error) {
	b, err := rounddb.RuleBooks.Get(ctx, db, district, r.RuleBookID, r.RuleBookVersion)
	if err != nil {
		return nil, err
	}
	return composite.DecodeRuleBook(b.Body)
}
