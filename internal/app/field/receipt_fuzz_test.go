package field

import (
	"strings"
	"testing"
)

// FuzzReceipt: a typed receipt is read the same however it is spaced, in capitals
// or not, and reading it twice changes nothing.
func FuzzReceipt(f *testing.F) {
	for _, s := range []string{"7K3M-P9QA-X2RT", "7k3m p9qa x2rt", "OIL0-1ABC-DEFG", "", "ﬁﬁﬁﬁ", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code := normalReceipt(s)
		if again := normalReceipt(code); again != code {
			t.Fatalf("%q is %q, then %q", s, code, again)
		}
		if strings.Trim(code, "0123456789ABCDEFGHJKMNPQRSTUVWXYZ-") != "" {
			t.Fatalf("%q gives %q", s, code)
		}
		if spaced := normalReceipt(strings.Join(strings.Split(code, "-"), " ")); spaced != code {
			t.Fatalf("spaces matter: %q, %q", spaced, code)
		}
	})
}
