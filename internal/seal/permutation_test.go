package seal

import (
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The samples of NIST for FF1 without a tweak (FF1samples.pdf of "Cryptographic
// Standards and Guidelines", samples 1, 4 and 7).
func TestPermutationOfTheStandard(t *testing.T) {
	t.Parallel()
	const key = "2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94"
	for _, c := range []struct {
		bytes, base int
		plain, want string
	}{
		{16, 10, "0123456789", "2433477484"},
		{24, 10, "0123456789", "2830668132"},
		{32, 10, "0123456789", "6657667009"},
	} {
		k, err := hex.DecodeString(key[:2*c.bytes])
		if err != nil {
			t.Fatal(err)
		}
		p := NewPermutation(k, c.base, len(c.plain))
		u := len(c.plain) / 2
		a, b := digits(t, c.plain[:u], c.base), digits(t, c.plain[u:], c.base)
		x, y := p.Encrypt(a, b)
		if got := text(x, c.base, u) + text(y, c.base, len(c.plain)-u); got != c.want {
			t.Errorf("%d bytes: %s is %s, want %s", c.bytes, c.plain, got, c.want)
		}
		if a2, b2 := p.Decrypt(x, y); a2 != a || b2 != b {
			t.Errorf("%d bytes: %s comes back as %d, %d", c.bytes, c.plain, a2, b2)
		}
	}
}

func digits(t *testing.T, s string, base int) uint64 {
	t.Helper()
	n, ok := new(big.Int).SetString(s, base)
	if !ok {
		t.Fatalf("%q is no number", s)
	}
	return n.Uint64()
}

func text(v uint64, base, n int) string {
	s := new(big.Int).SetUint64(v).Text(base)
	return strings.Repeat("0", n-len(s)) + s
}

func TestPermutationIsOneToOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.SampledFrom([]int{2, 10, 16, 32, 36}).Draw(t, "base")
		n := rapid.IntRange(map[int]int{2: 20, 10: 6, 16: 5, 32: 4, 36: 4}[base], map[int]int{2: 62, 10: 18, 16: 14, 32: 12, 36: 12}[base]).Draw(t, "n")
		p := NewPermutation(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"), base, n)
		a, b := rapid.Uint64Range(0, p.high-1).Draw(t, "a"), rapid.Uint64Range(0, p.low-1).Draw(t, "b")
		x, y := p.Encrypt(a, b)
		if x >= p.high || y >= p.low {
			t.Fatalf("%d, %d is not below %d, %d", x, y, p.high, p.low)
		}
		if a2, b2 := p.Decrypt(x, y); a2 != a || b2 != b {
			t.Fatalf("%d, %d comes back as %d, %d", a, b, a2, b2)
		}
	})
}

// All numbers of two halves of ten bits, each reached once.
func TestPermutationReachesEveryNumber(t *testing.T) {
	t.Parallel()
	p := NewPermutation(make([]byte, 32), 2, 20)
	seen := make([]bool, 1<<20)
	for v := range uint64(1 << 20) {
		a, b := p.Encrypt(v>>10, v&1023)
		if seen[a<<10|b] {
			t.Fatalf("%d, %d is reached twice", a, b)
		}
		seen[a<<10|b] = true
	}
}

func TestPermutationRefusesWhatItCannotHold(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]int{{10, 5}, {2, 19}, {2, 64}, {36, 14}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%d digits of base %d are taken", c[1], c[0])
				}
			}()
			NewPermutation(make([]byte, 32), c[0], c[1])
		}()
	}
}

func BenchmarkPermutation(b *testing.B) {
	p := NewPermutation(make([]byte, 32), 32, 12)
	for b.Loop() {
		p.Encrypt(1, 2)
	}
}
