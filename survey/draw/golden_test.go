package draw

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"gongping/survey/frame"
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
	id := b.Selected[0].FrameID
	proofs, digest, err := frame.Prove(rowsFrom(rows).Entries(), []string{id})
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := secret.NewReceipt(b.Commitment.Frame, digest, proofs[id], &people[proofs[id].Index])
	if err != nil {
		t.Fatal(err)
	}
	v := newVillage(40, sized)
	homes, taken := v.drawn(t, nil, beaconSeed)
	for name, got := range map[string][]byte{
		"testdata/homes.draw.txt": v.bundle(t, homes), "testdata/homes.annex.txt": v.annex(t, homes, taken), "testdata/homes.receipt.txt": v.receipt(t, taken[0].FrameID),
		"testdata/example.draw.txt": write(t, b, rows), "testdata/example.receipt.txt": receipt.Text()} {
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
