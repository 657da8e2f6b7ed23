package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"gongping/internal/errs"
)

// CheckpointFormat names the text that a checkpoint signs.
const CheckpointFormat = "gongping/audit-checkpoint/v1"

// Hex is bytes that read as hexadecimal digits in JSON.
type Hex []byte

// MarshalText writes the digits.
func (h Hex) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText reads the digits.
func (h *Hex) UnmarshalText(b []byte) error {
	v, err := hex.DecodeString(string(b))
	*h = v
	return err
}

// Checkpoint says how long the log of a district was at a time and what its
// last hash was. Lodged elsewhere, it proves later that no record up to there
// was altered, removed or put in between.
type Checkpoint struct {
	Format    string    `json:"format"`
	District  string    `json:"district"`
	Records   int64     `json:"records"`
	Hash      Hex       `json:"hash"`
	At        time.Time `json:"at"`
	Signature Hex       `json:"signature"`  // Ed25519 over Text
	PublicKey Hex       `json:"public_key"` // 32 bytes
}

// Text is what is signed: one line a field.
func (c *Checkpoint) Text() []byte {
	return fmt.Appendf(nil, "%s\ndistrict: %s\nrecords: %d\nhash: %x\nat: %s\n", CheckpointFormat, c.District, c.Records, []byte(c.Hash),
		c.At.UTC().Format("2006-01-02T15:04:05.000000Z"))
}

// Sign signs a checkpoint.
func Sign(key ed25519.PrivateKey, district string, records int64, hash []byte, at time.Time) Checkpoint {
	c := Checkpoint{Format: CheckpointFormat, District: district, Records: records, Hash: hash, At: at.UTC().Truncate(time.Microsecond)}
	c.Signature = ed25519.Sign(key, c.Text())
	c.PublicKey = Hex(key.Public().(ed25519.PublicKey))
	return c
}

// DecodeCheckpoint reads a checkpoint and checks its signature under the key
// that it names. Whether that key is the installation's is for the reader.
func DecodeCheckpoint(data []byte) (c Checkpoint, err error) {
	if err := json.Unmarshal(data, &c); err != nil {
		return c, errs.Wrap(err, errs.Invalid, "auditlog.checkpoint_form", "the file is not a checkpoint").
			At("checkpoint", "", "a file made by `gongping audit checkpoint`", "")
	}
	return c, c.Check()
}

// Check checks form and signature.
func (c *Checkpoint) Check() error {
	switch {
	case c.Format != CheckpointFormat || len(c.PublicKey) != ed25519.PublicKeySize || len(c.Hash) != 32 || c.Records < 1:
		return errs.New(errs.Invalid, "auditlog.checkpoint_form", "the file is not a checkpoint").
			At("format", c.Format, CheckpointFormat, "")
	case !ed25519.Verify(ed25519.PublicKey(c.PublicKey), c.Text(), c.Signature):
		return errs.New(errs.Invalid, "auditlog.checkpoint_signature", "the checkpoint's signature does not fit its content")
	}
	return nil
}

// Agrees tells whether the record at c.Records with a hash is what the
// checkpoint says.
func (c *Checkpoint) Agrees(seq int64, hash []byte) bool {
	return seq == c.Records && bytes.Equal(hash, c.Hash)
}

// HexString writes bytes as hexadecimal digits.
func HexString(b []byte) string { return hex.EncodeToString(b) }

// Number writes a record's number.
func Number(n int64) string { return fmt.Sprint(n) }
