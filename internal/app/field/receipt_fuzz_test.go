package field

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"gongping/internal/seal"
)

// A receipt leads back to its answer's id, says nothing of it to whoever has
// another key, and is not the receipt of an id that differs in its first bits.
func TestReceiptLeadsBackToTheID(t *testing.T) {
	t.Parallel()
	one := &Service{receipts: newReceipts(seal.New(make([]byte, seal.KeySize)))}
	two := &Service{receipts: newReceipts(seal.New(bytes.Repeat([]byte{1}, seal.KeySize)))}
	rapid.Check(t, func(t *rapid.T) {
		id := uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		code := one.receipt(id.String())
		first, last, ok := one.idsOf(normalReceipt(strings.ToLower(code)))
		if !ok || bytes.Compare(id[:], first[:]) < 0 || bytes.Compare(id[:], last[:]) > 0 {
			t.Fatalf("%s of %s is read as %s to %s", code, id, first, last)
		}
		if two.receipt(id.String()) == code {
			t.Fatalf("another key gives %s the same receipt", id)
		}
		bit := rapid.IntRange(0, 59).Draw(t, "bit")
		id[bit/8] ^= 0x80 >> (bit % 8)
		if one.receipt(id.String()) == code {
			t.Fatalf("%s has the receipt of an id that differs in bit %d", id, bit)
		}
	})
}

// FuzzReceipt: a typed receipt is read the same however it is spaced, in capitals
// or not, and reading it twice changes nothing.
func FuzzReceipt(f *testing.F) {
	for _, s := range []string{"7K3M-P9QA-X2RT", "7k3m p9qa x2rt", "OIL0-1ABC-DEFG", "", "ﬁﬁﬁﬁ", "\xff"} {
		f.Add(s)
	}
	svc := &Service{receipts: newReceipts(seal.New(make([]byte, seal.KeySize)))}
	f.Fuzz(func(t *testing.T, s string) {
		code := normalReceipt(s)
		if first, last, ok := svc.idsOf(code); ok && (svc.receipt(first.String()) != code || svc.receipt(last.String()) != code) {
			t.Fatalf("%q is read as %s to %s, which have another receipt", code, first, last)
		}
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
