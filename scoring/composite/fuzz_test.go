package composite_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"gongping/internal/errs"
	"gongping/scoring/composite"
)

// FuzzDecodeRuleBook: whatever the JSON, it is refused with a reason, or it is a
// rule book whose rules can be followed and that comes back as it was.
func FuzzDecodeRuleBook(f *testing.F) {
	b, err := json.Marshal(composite.Default())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"title":{"zh":"x"},"quality":{"alpha":-1},"calls":{"first_hour":25}}`))
	f.Add([]byte(`{"tree":[{"children":[{}]}],"bands":[{"from":0},{"from":0}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := composite.DecodeRuleBook(data)
		if err != nil {
			if _, ok := errors.AsType[*errs.Error](err); !ok {
				t.Fatalf("no reason: %v", err)
			}
			return
		}
		if q := r.QualityRules(); !(q.Alpha > 0 && q.CellAnswers >= 3) {
			t.Fatalf("rules that cannot be followed: %+v", q)
		}
		if c := r.CallRules().Retry(); c.FirstHour >= c.LastHour || c.NoAnswer <= 0 {
			t.Fatalf("calls that cannot be made: %+v", c)
		}
		_, _ = r.BandOf(50), r.FrameLimits()
		out, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		again, err := composite.DecodeRuleBook(out)
		if err != nil {
			t.Fatalf("does not come back: %v", err)
		}
		if d := composite.Compare(r, again); len(d) > 0 {
			t.Fatalf("comes back otherwise: %v", d)
		}
		if !reflect.DeepEqual(r.QualityRules(), again.QualityRules()) {
			t.Fatal("other rules of quality")
		}
	})
}
