package draw

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gongping/internal/errs"
	"gongping/survey/frame/canon"
)

// document builds the plain-text documents of draw-v1: a title line, then one
// "key: value" line per field in fixed order.
type document struct {
	b   strings.Builder
	err error
}

func newDocument(title string) *document {
	d := &document{}
	d.b.WriteString(title + "\n")
	return d
}

func (d *document) line(key, value string) {
	if d.err == nil && !plainLine(value) {
		d.err = errs.New(errs.Invalid, "draw.text", "a field of the public document is not one plain line").
			At(key, fmt.Sprintf("%.40q", value), "1 to 500 bytes of text in one line, without control or direction characters", "write it shorter and in one line")
	}
	fmt.Fprintf(&d.b, "%s: %s\n", key, value)
}

func (d *document) bytes() ([]byte, error) { return []byte(d.b.String()), d.err }

// plainLine accepts what can be read aloud: no line breaks, controls or
// invisible characters, no spaces around.
func plainLine(s string) bool {
	if s == "" || len(s) > 500 || !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) }) < 0
}

// stamp writes a time as draw-v1 does: UTC, whole seconds.
func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format("2006-01-02T15:04:05Z") }

func hexOf(s canon.Sum) string { return hex.EncodeToString(s[:]) }

// Signature is an Ed25519 signature over a document.
type Signature struct {
	PublicKey ed25519.PublicKey
	Value     []byte
}

// sign signs the length-prefixed tag and text, so that a signature of one kind
// of document is never one of another.
func sign(key ed25519.PrivateKey, tag string, text []byte) Signature {
	return Signature{PublicKey: key.Public().(ed25519.PublicKey), Value: ed25519.Sign(key, signed(tag, text))}
}

func signed(tag string, text []byte) []byte {
	return canon.AppendField(canon.AppendField(nil, tag), string(text))
}

// Text is the signature file of draw-v1.
func (s Signature) Text() []byte {
	return fmt.Appendf(nil, "public_key: %x\nsignature: %x\n", []byte(s.PublicKey), s.Value)
}

func sumOf(b []byte) canon.Sum { return sha256.Sum256(b) }
