package rounds

import (
	"context"

	"gongping/internal/authz"
	"gongping/internal/pg/rounddb"
	"gongping/scoring/composite"
	"gongping/survey/instrument"
)

// Presets are the rule books that a form may start from, by the weights of
// residents' ratings, work records and panel.
var Presets = []string{"60-25-15", "60-30-10", "30-60-10", "70-30"}

var presetWeights = map[string][3]float64{
	"60-25-15": {60, 25, 15}, "60-30-10": {60, 30, 10}, "30-60-10": {30, 60, 10}, "70-30": {70, 30, 0},
}

// Preset returns a rule book to start from; an unknown name gives the default.
func Preset(name string) composite.RuleBook {
	book := composite.Default()
	w, ok := presetWeights[name]
	if !ok {
		return book
	}
	var tree []composite.Node
	for i, n := range book.Tree {
		if n.IndicatorWeight = w[i]; n.IndicatorWeight > 0 {
			tree = append(tree, n)
		}
	}
	book.Tree = tree
	return book
}

// EnsureDocuments stores the default questionnaire and rule book where the
// district has none yet, so that a first round can be made at once.
func (s *Service) EnsureDocuments(ctx context.Context, who authz.Actor) error {
	list, err := s.Documents(ctx, who, rounddb.Questionnaires)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		q := instrument.Default()
		if _, _, err := s.SaveQuestionnaire(ctx, who, "", &q); err != nil {
			return err
		}
	}
	if list, err = s.Documents(ctx, who, rounddb.RuleBooks); err != nil || len(list) > 0 {
		return err
	}
	b := composite.Default()
	_, _, err = s.SaveRuleBook(ctx, who, "", &b)
	return err
}
