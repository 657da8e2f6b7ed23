package verify

import (
	"os"
	"testing"
)

// FuzzReceipt: whatever stands in a receipt, reading it returns, and what is
// accepted has a digest and an id of the right form.
func FuzzReceipt(f *testing.F) {
	if b, err := os.ReadFile("../testdata/example.receipt.txt"); err == nil {
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Add([]byte("gongping frame receipt v1\nframe: x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ReadReceipt(text)
		if err == nil && (len(r.FrameDigest) != 64 || r.FrameID == "") {
			t.Errorf("accepted %+v", r)
		}
	})
}
