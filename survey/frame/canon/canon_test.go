package canon

import (
	"encoding/hex"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func hexOf(s Sum) string { return hex.EncodeToString(s[:]) }

// TestHashVector fixes the encoding: the value was computed with
// printf '\0\0\0\1t\0\0\0\0\0\0\0\2ab' | sha256sum.
func TestHashVector(t *testing.T) {
	t.Parallel()
	const want = "676f7b81a84597cb77c352cc3df2e3f5c091a25665778a161d350f6cc3e7ee49"
	if got := hexOf(Hash("t", "", "ab")); got != want {
		t.Fatalf("Hash = %s, want %s", got, want)
	}
	if Hash("t", "a", "b") == Hash("t", "ab", "") {
		t.Fatal("fields run into each other")
	}
}

func leaves(n int) []Sum {
	out := make([]Sum, n)
	for i := range out {
		out[i] = Hash("leaf", string(rune('a'+i%26)), string(rune(i)))
	}
	return out
}

// rootOf is the recursive definition of RFC 6962, written without streaming.
func rootOf(l []Sum) Sum {
	switch len(l) {
	case 0:
		return Hash(TagEmpty)
	case 1:
		return l[0]
	}
	k := 1
	for k*2 < len(l) {
		k *= 2
	}
	return Node(rootOf(l[:k]), rootOf(l[k:]))
}

func TestTreeMatchesDefinition(t *testing.T) {
	t.Parallel()
	for n := range 70 {
		l := leaves(n)
		var tree Tree
		for _, leaf := range l {
			tree.Add(leaf)
		}
		if tree.Root() != rootOf(l) || tree.Count() != uint64(n) {
			t.Fatalf("n=%d: streamed root differs from the definition", n)
		}
	}
}

func reader(l []Sum) func() (Sum, error) {
	i := 0
	return func() (Sum, error) {
		if i == len(l) {
			return Sum{}, errors.New("read past the end")
		}
		i++
		return l[i-1], nil
	}
}

func TestProofs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 80).Draw(t, "n")
		l := leaves(n)
		var wanted []uint64
		for i := range n {
			if rapid.Bool().Draw(t, "want") {
				wanted = append(wanted, uint64(i))
			}
		}
		proofs, root, err := Prove(uint64(n), reader(l), wanted)
		if err != nil || root != rootOf(l) {
			t.Fatalf("Prove: root differs or error %v", err)
		}
		for k, w := range wanted {
			got, ok := RootFromProof(l[w], w, uint64(n), proofs[k])
			if !ok || got != root {
				t.Fatalf("proof of leaf %d of %d fails", w, n)
			}
			if len(proofs[k]) == 0 {
				continue
			}
			proofs[k][0][3] ^= 1
			if got, ok := RootFromProof(l[w], w, uint64(n), proofs[k]); ok && got == root {
				t.Fatalf("altered proof of leaf %d accepted", w)
			}
			if _, ok := RootFromProof(l[w], w, uint64(n), proofs[k][1:]); ok {
				t.Fatalf("short proof accepted")
			}
		}
	})
}

func TestProveStopsOnReadError(t *testing.T) {
	t.Parallel()
	if _, _, err := Prove(5, reader(leaves(3)), []uint64{1}); err == nil {
		t.Fatal("missing leaves went unnoticed")
	}
}

func TestValidID(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"310104003001-abc": true, "a": true, "310104003001#2": true,
		"": false, "-a": false, "a,b": false, "a b": false, "区": false, "a\n": false, "=1": false,
		string(make([]byte, 65)): false,
	} {
		if ValidID(s) != want {
			t.Errorf("ValidID(%q) = %v", s, !want)
		}
	}
}
