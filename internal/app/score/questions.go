package score

import (
	"context"

	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/rounddb"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/tally"
	"gongping/survey"
	"gongping/survey/instrument"
)

// Questions are the answers to the questions that are not scored, of the whole
// round: a smaller area could be worked out from two tables. They count every
// answer that was received within the round, whatever a run sets aside, so that two versions of a
// result do not tell an answer.
type Questions struct {
	Run           scoredb.Run
	Round         survey.Round
	Questionnaire instrument.Questionnaire
	Total, Cell   int
	Tables        []tally.Table
}

// Questions counts them for whoever may see the run.
func (s *Service) Questions(ctx context.Context, who authz.Actor, runID string) (out Questions, err error) {
	err = s.Read(ctx, who, authz.RunRead, authz.Object{}, func(ctx context.Context, db pg.Querier) error {
		if out.Run, err = visible(ctx, db, who, runID); err != nil {
			return err
		}
		if out.Round, err = rounddb.Get(ctx, db, who.District, out.Run.RoundID); err != nil {
			return err
		}
		in := &scoring.Input{}
		if err = s.documents(ctx, db, who.District, out.Round, in); err != nil {
			return err
		}
		out.Questionnaire, out.Cell = in.Questionnaire, in.RuleBook.Suppression.Cell
		var ids []string
		for _, it := range in.Questionnaire.Items {
			if it.Kind != instrument.Grade5 && it.Kind != instrument.Note {
				ids = append(ids, it.ID)
			}
		}
		list, total, err := scoredb.GivenIn(ctx, db, who.District, out.Round.ID, ids)
		if err != nil {
			return err
		}
		out.Total = total
		of := map[string][]tally.Value{}
		for _, g := range list {
			of[g.Item] = append(of[g.Item], tally.Value{Text: g.Value, N: g.N})
		}
		for _, id := range ids {
			out.Tables = append(out.Tables, tally.Of(in.Questionnaire.Item(id), of[id], total, out.Cell))
		}
		return nil
	})
	return out, err
}
