package instrument

import "testing"

func TestSameScored(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Questionnaire)
		same   bool
	}{
		"nothing":                  {func(*Questionnaire) {}, true},
		"another order":            {func(q *Questionnaire) { q.Items[0], q.Items[1] = q.Items[1], q.Items[0] }, true},
		"an unscored question":     {func(q *Questionnaire) { q.Items = append(q.Items, Item{ID: "more", Kind: Text}) }, true},
		"other words":              {func(q *Questionnaire) { q.Items[0].Text = Lang{"zh": "您满意吗？"} }, false},
		"another dimension":        {func(q *Questionnaire) { q.Items[0].Dimension = "support" }, false},
		"a scored question less":   {func(q *Questionnaire) { q.Items = q.Items[1:] }, false},
		"a question made unscored": {func(q *Questionnaire) { q.Items[0].Dimension = "" }, false},
	} {
		a, b := Upward(), Upward()
		c.change(&b)
		if SameScored(&a, &b) != c.same || SameScored(&b, &a) != c.same {
			t.Errorf("%s: same is not %v", name, c.same)
		}
	}
}
