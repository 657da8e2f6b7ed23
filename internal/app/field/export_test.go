package field

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"testing"
)

// FuzzQueueFile: whatever is handed in as an exported queue, it is read or
// refused, and only what the phone's key made is opened.
func FuzzQueueFile(f *testing.F) {
	secret := bytes.Repeat([]byte{7}, 32)
	seal := func(plain string) []byte {
		q := queueFile{Format: QueueFormat, V: 1, District: "310104", Account: "0d1b7a52-3f51-4f0c-9c0e-8f8f3f0b2a11",
			Device: "b3a7c7de-9f4b-4a53-8a10-4b7b1f0f5d22", MadeAt: "2026-11-21T12:00:00Z", IV: make([]byte, 12)}
		block, _ := aes.NewCipher(ExportKey(secret))
		aead, _ := cipher.NewGCM(block)
		q.Data = aead.Seal(nil, q.IV, []byte(plain), q.label())
		b, _ := json.Marshal(q)
		return b
	}
	for _, plain := range []string{`{}`, `{"responses":[{"id":"x","answers":{"a":"1"}}]}`, `[1]`, ``, `{"attempts":[{"at":"2026-11-21T12:00:00Z","clock_offset_s":1e308}]}`} {
		f.Add(seal(plain))
	}
	f.Add([]byte(`{"format":"gongping-queue","v":1,"district":"310104"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := readQueueFile(b)
		if err != nil {
			return
		}
		if _, err := q.open(bytes.Repeat([]byte{8}, 32)); err == nil {
			t.Fatal("another key opens it")
		}
		in, err := q.open(secret)
		if err != nil {
			return
		}
		for _, a := range in.Attempts {
			_ = a.Attempt(in.SentAt).check()
		}
		for _, r := range in.Responses {
			_ = paradataOf(r.Submission(r.CaseID), nil)
		}
	})
}
