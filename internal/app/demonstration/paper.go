package demonstration

import (
	"context"

	"gongping/survey/instrument"
)

// printedForms is how many paper forms lie ready in the open round.
const printedForms = 3

// paper prints forms for the first committee with cases without an answer, and
// lets two evaluators read the first of them differently, so that a third
// person finds something to decide.
func (s *setup) paper(ctx context.Context, round string) error {
	supervisor := s.as("supervisor")
	places, err := s.field.PaperPlaces(ctx, supervisor, round)
	if err != nil || len(places) == 0 {
		return err
	}
	r, codes, err := s.field.PrintForms(ctx, supervisor, round, places[0][0], printedForms)
	if err != nil {
		return err
	}
	var readers []string
	for _, a := range s.world.Accounts {
		if a.Role == "evaluator" {
			readers = append(readers, a.Login)
		}
	}
	for k, login := range readers[:min(2, len(readers))] {
		a := instrument.Answers{"contact": "yes"}
		for _, it := range r.Questionnaire.Items {
			if it.Kind == instrument.Grade5 {
				a[it.ID] = "4"
			}
		}
		if k == 1 {
			a["overall"] = "3"
		}
		if _, err := s.field.EnterPaper(ctx, s.as(login), codes[0], a); err != nil {
			return err
		}
	}
	return nil
}
