package seal_test

import (
	"bytes"
	"testing"

	"gongping/internal/seal"
)

func box(b byte) *seal.Box { return seal.New(bytes.Repeat([]byte{b}, seal.KeySize)) }

func TestSealedValuesOpenOnlyInTheirPlace(t *testing.T) {
	b := box(1)
	s := b.Seal([]byte("王某"), "person/1")
	if got, err := b.Open(s, "person/1"); err != nil || string(got) != "王某" {
		t.Fatal(got, err)
	}
	if _, err := b.Open(s, "person/2"); err == nil {
		t.Error("a value opened in another place")
	}
	if _, err := box(2).Open(s, "person/1"); err == nil {
		t.Error("a value opened with another key")
	}
	if bytes.Equal(s, b.Seal([]byte("王某"), "person/1")) {
		t.Error("equal values look equal when sealed")
	}
	for i := range s {
		bad := bytes.Clone(s)
		bad[i] ^= 1
		if _, err := b.Open(bad, "person/1"); err == nil {
			t.Errorf("byte %d changed and it opened", i)
		}
	}
}

func FuzzOpen(f *testing.F) {
	b := box(1)
	f.Add([]byte{}, "x")
	f.Add(b.Seal([]byte("a"), "y"), "x")
	f.Fuzz(func(t *testing.T, sealed []byte, label string) {
		if _, err := b.Open(sealed, label+"/never"); err == nil {
			t.Fatal("something never sealed opened")
		}
	})
}

func TestPseudonymsJoinOnlyWithinTheirContext(t *testing.T) {
	b := box(1)
	first, again := b.Pseudonym("r1", "3号楼"), b.Pseudonym("r1", "3号楼")
	if first != again || b.Pseudonym("r1", "") != "" {
		t.Error("equal values differ, or nothing has a name")
	}
	seen := map[string]bool{}
	for _, p := range []string{b.Pseudonym("r1", "3号楼"), b.Pseudonym("r2", "3号楼"), b.Pseudonym("r1", "4号楼"), b.Pseudonym("r13", "号楼"), box(2).Pseudonym("r1", "3号楼")} {
		if seen[p] {
			t.Errorf("%s stands for two things", p)
		}
		seen[p] = true
	}
	if bytes.Equal(b.Derive("a"), b.Derive("b")) || len(b.Derive("a")) != 32 {
		t.Error("derived keys")
	}
}
