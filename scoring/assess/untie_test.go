package assess_test

import (
	"fmt"
	"testing"

	"gongping/scoring"
	"gongping/scoring/assess"
)

// Twelve links of one building answered on one day, all with the same extreme
// mark: one voice, possibly coached, in either direction. The same marks
// brought by evaluators over several days are testimony.
func TestLinkBatchesDoNotCorroborateThemselves(t *testing.T) {
	for _, c := range []struct{ grade, coached string }{{"5", "batch_high"}, {"1", "batch_low"}} {
		for _, together := range []bool{true, false} {
			in := world(t)
			unit := in.Units[0].Code
			for k := range 12 {
				a := scoring.Answer{ID: fmt.Sprintf("z%02d", k), Committee: unit, Stratum: unit, DesignWeight: 3, Sex: "f", Tenure: "owner", Mode: "link",
					Day: "2026-09-05", Building: "b1", Household: fmt.Sprintf("h%d", k)}
				if !together {
					a.Mode, a.Evaluator, a.Day = "door", fmt.Sprintf("e%d", k%3), fmt.Sprintf("2026-09-%02d", 1+k)
				}
				for range in.Questionnaire.Items {
					a.Values = append(a.Values, c.grade)
				}
				in.Answers = append(in.Answers, a)
			}
			out, err := assess.Run(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			down := 0
			for _, a := range out.Answers {
				if a.ID[0] == 'z' && a.Reason == c.coached && a.RobustWeight < 0.5 {
					down++
				}
			}
			if together && down != 12 {
				t.Errorf("grade %s at once: %d of 12 weighted down as %s", c.grade, down, c.coached)
			}
			if !together && down != 0 {
				t.Errorf("grade %s over days: %d of 12 weighted down as %s", c.grade, down, c.coached)
			}
		}
	}
}
