// Package canon holds the byte-exact encodings and the hash tree that frames,
// draws and their verifiers share. It uses the standard library only, so that
// a stand-alone verifier can be built from it. Every rule is written down in
// docs/spec/draw-v1.md; a change here is a new version of that document.
package canon

import (
	"crypto/sha256"
	"encoding/binary"
)

// Size is the length in bytes of every digest, ticket and salt.
const Size = sha256.Size

// Sum is a SHA-256 value: a digest, a ticket, a leaf or a tree node.
type Sum = [Size]byte

// AppendField appends one length-prefixed field: four bytes of length, big
// endian, then the bytes. No two different lists of fields have the same
// encoding, which plain concatenation does not guarantee.
func AppendField(dst []byte, field string) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(field)))
	return append(dst, field...)
}

// Hash is SHA-256 over the length-prefixed tag followed by the length-prefixed
// fields. The tag names what is hashed, so that a value made for one use is
// never valid for another.
func Hash(tag string, fields ...string) Sum {
	n := 4 + len(tag)
	for _, f := range fields {
		n += 4 + len(f)
	}
	buf := AppendField(make([]byte, 0, n), tag)
	for _, f := range fields {
		buf = AppendField(buf, f)
	}
	return sha256.Sum256(buf)
}

// MaxID is the longest identifier allowed in a published draw, in bytes.
const MaxID = 64

// ValidID reports whether s may stand as a frame id, stratum, cluster or
// household in a published draw: 1 to 64 bytes of ASCII letters, digits and
// "._#-", beginning with a letter or digit. The set needs no Unicode
// normalisation and no CSV quoting, and no spreadsheet reads it as a formula.
func ValidID(s string) bool {
	if len(s) == 0 || len(s) > MaxID {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case i > 0 && (c == '.' || c == '_' || c == '#' || c == '-'):
		default:
			return false
		}
	}
	return true
}
