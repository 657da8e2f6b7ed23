package draw

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"gongping/survey/frame/canon"
)

var update = flag.Bool("update", false, "write the golden files again")

// TestGolden compares a whole bundle and a receipt with files kept since they
// were first reviewed: a change means that published draws can no longer be
// repeated, and needs a new version of the specification. The same files test
// the command and the browser's verifier.
func TestGolden(t *testing.T) {
	t.Parallel()
	rows, people, secret := sixMethods(210)
	b := drawnBundle(t, rows, []string{rows[5].FrameID, rows[50].FrameID}, beaconSeed)
	i := 0
	next := func() (canon.Sum, error) { i++; return rows[i-1].Leaf(), nil }
	at := uint64(0)
	for k := range rows {
		if rows[k].FrameID == b.Selected[0].FrameID {
			at = uint64(k)
		}
	}
	paths, _, err := canon.Prove(uint64(len(rows)), next, []uint64{at})
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := secret.NewReceipt(b.Commitment.Frame, b.Commitment.Tally.Frame, at, &people[at], paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{"testdata/example.draw.txt": write(t, b, rows), "testdata/example.receipt.txt": receipt.Text()} {
		if *update {
			if err := os.WriteFile(name, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs from what is drawn now (%v)", name, err)
		}
	}
}
