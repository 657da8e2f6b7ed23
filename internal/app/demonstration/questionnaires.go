package demonstration

import (
	"context"
	"time"

	"gongping/internal/authz"
	"gongping/survey/instrument"
)

// examples adds a questionnaire with every kind of question, in two versions,
// for the editor, the paper form and the exports to show. The clock goes on a
// little, so that the questionnaire of the rounds stays the newest, which new
// rounds begin with.
func (s *setup) examples(ctx context.Context, manager authz.Actor) error {
	q := instrument.Example()
	id, _, err := s.rounds.SaveQuestionnaire(ctx, manager, "", &q)
	if err != nil {
		return err
	}
	q.Items[0].Required = true
	_, _, err = s.rounds.SaveQuestionnaire(ctx, manager, id, &q)
	s.clock.T = s.clock.T.Add(time.Minute)
	return err
}
