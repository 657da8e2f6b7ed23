package score

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"testing"
)

// FuzzDecodeInput: an auditor rebuilds a run from a file that came by whatever
// way. What is read has the digest of the document, or is refused.
func FuzzDecodeInput(f *testing.F) {
	pack := func(doc string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(doc)); err != nil {
			f.Fatal(err)
		}
		if err := z.Close(); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	whole := pack(`{"format":"gongping run input v1","answers":[{"id":"a","committee":"310104003001"}]}`)
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add(pack(`[]`))
	f.Add(pack(`{"answers":null}{}`))
	f.Add([]byte("not packed"))
	f.Fuzz(func(t *testing.T, file []byte) {
		in, digest, err := DecodeInput(bytes.NewReader(file))
		if err != nil {
			return
		}
		if in == nil || len(digest) != sha256.Size {
			t.Fatalf("%v with a digest of %d bytes", in, len(digest))
		}
	})
}
