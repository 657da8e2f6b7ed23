package qualitative

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"gongping/internal/errs"
)

// FuzzDecodeCodebook: a codebook is refused with a reason or can be used.
func FuzzDecodeCodebook(f *testing.F) {
	b, err := json.Marshal(Standard())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"topics":[{"id":"a","parent":"a"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := DecodeCodebook(data)
		if err != nil {
			if _, ok := errors.AsType[*errs.Error](err); !ok {
				t.Fatalf("no reason: %v", err)
			}
			return
		}
		for i := range b.Topics {
			_ = b.Path(b.Topics[i].ID, "zh") // ends, also where parents run in a circle
		}
		_ = b.Compare(b)
	})
}

// FuzzParseQuery: any text can be searched for, and folds to text.
func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"电梯 -噪声", `"物业 不管"`, "ＡＢＣ　１２", "\xff\xfe", "--", strings.Repeat("\"", 9)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_ = ParseQuery(s)
		for _, term := range Terms(s) {
			if term == "" || utf8.ValidString(s) && !utf8.ValidString(term) {
				t.Fatalf("%q gives the term %q", s, term)
			}
		}
		if once := Fold(s); Fold(once) != once {
			t.Fatalf("folding %q twice changes it: %q, %q", s, once, Fold(once))
		}
	})
}
