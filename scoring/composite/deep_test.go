package composite_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gongping/internal/errs"
	"gongping/scoring/composite"
)

// nested is the default rule book with a tree of depth groups in each other and
// leaves indicators in the innermost.
func nested(t *testing.T, depth, leaves int) []byte {
	t.Helper()
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, `[{"id":"g%d","source":"dimension","weight":100,"children":`, i)
	}
	b.WriteByte('[')
	for i := range leaves {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"l%d","source":"resident","weight":%g}`, i, 100/float64(leaves))
	}
	b.WriteString("]" + strings.Repeat("}]", depth))
	whole, err := json.Marshal(composite.Default())
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(whole, &doc); err != nil {
		t.Fatal(err)
	}
	doc["tree"] = json.RawMessage(b.String())
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A place in the tree is named from the root: without a bound on the levels the
// work on a document of half a megabyte, with 4,000 of them and as many
// indicators in the innermost, grew with their product.
func TestADeepTreeIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	if _, err := composite.DecodeRuleBook(nested(t, 7, 4000)); err != nil {
		t.Errorf("eight levels: %v", err)
	}
	for _, levels := range []int{8, 4000} {
		_, err := composite.DecodeRuleBook(nested(t, levels, 4000))
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Want != "at most 8 levels" || e.Where != "tree"+strings.Repeat("[0].children", 8) {
			t.Errorf("%d groups in each other: %v", levels, err)
		}
	}
}
