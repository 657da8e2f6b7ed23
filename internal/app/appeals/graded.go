package appeals

import (
	"context"

	"gongping/internal/app"
	"gongping/internal/pg"
	"gongping/internal/pg/rounddb"
	"gongping/survey/instrument"
)

// gradedItems are the five-grade items of a round's questionnaire. The code of
// an option or a number can look like a grade, so the value alone does not say.
func gradedItems(ctx context.Context, q pg.Querier, district, round string) (map[string]bool, error) {
	r, err := rounddb.Get(ctx, q, district, round)
	if err != nil {
		return nil, app.NotFound(err, "round")
	}
	doc, err := rounddb.Questionnaires.Get(ctx, q, district, r.QuestionnaireID, r.QuestionnaireVersion)
	if err != nil {
		return nil, app.NotFound(err, "document")
	}
	form, err := instrument.Decode(doc.Body)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for i := range form.Items {
		out[form.Items[i].ID] = form.Items[i].Kind == instrument.Grade5
	}
	return out, nil
}

// onlyGrades keeps the answers to five-grade items, and every "don't know"
// and "prefer not to say".
func onlyGrades(given map[string]string, graded map[string]bool) map[string]string {
	out := make(map[string]string, len(given))
	for id, v := range given {
		if graded[id] || instrument.Reason(v) {
			out[id] = v
		}
	}
	return out
}
