// Package seal encrypts what only a few may read (names, contacts, comments,
// evidence) with AES-256-GCM under a key that lives outside the database, and
// makes keyed hashes for values that must be compared but not read.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// KeySize is the size of the master key in bytes.
const KeySize = 32

// version is the first byte of every sealed value, so that another cipher
// (SM4-GCM, say) can follow without ambiguity.
const version = 1

// Box seals and opens values. It is safe for concurrent use.
type Box struct {
	aead cipher.AEAD
	mac  []byte
}

// New derives the keys of a box from a master key of KeySize bytes. It panics
// on another size: the caller reads the key file and checks it.
func New(master []byte) *Box {
	if len(master) != KeySize {
		panic(fmt.Sprintf("seal: key of %d bytes, want %d", len(master), KeySize))
	}
	derive := func(label string) []byte {
		k, err := hkdf.Key(sha256.New, master, nil, "gongping "+label, 32)
		if err != nil {
			panic(err)
		}
		return k
	}
	block, err := aes.NewCipher(derive("seal v1"))
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return &Box{aead: aead, mac: derive("mac v1")}
}

// Seal encrypts plain. The label binds the value to its place ("person/ID"):
// moved elsewhere it does not open.
func (b *Box) Seal(plain []byte, label string) []byte {
	out := make([]byte, 1+b.aead.NonceSize(), 1+b.aead.NonceSize()+len(plain)+b.aead.Overhead())
	out[0] = version
	rand.Read(out[1:])
	return b.aead.Seal(out, out[1:], plain, []byte(label))
}

// Open decrypts what Seal made under the same label.
func (b *Box) Open(sealed []byte, label string) ([]byte, error) {
	n := b.aead.NonceSize()
	if len(sealed) < 1+n || sealed[0] != version {
		return nil, fmt.Errorf("seal: not a sealed value of version %d", version)
	}
	return b.aead.Open(nil, sealed[1:1+n], sealed[1+n:], []byte(label))
}

// Pseudonym is a keyed hash of value within a context, 16 hex digits: equal
// values of one context are equal, and nothing can be joined across contexts
// or reversed without the key.
func (b *Box) Pseudonym(context, value string) string {
	if value == "" {
		return ""
	}
	h := hmac.New(sha256.New, b.mac)
	fmt.Fprintf(h, "%d:%s%d:%s", len(context), context, len(value), value)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Derive returns a 32-byte key for one purpose.
func (b *Box) Derive(purpose string) []byte {
	h := hmac.New(sha256.New, b.mac)
	fmt.Fprintf(h, "key %s", purpose)
	return h.Sum(nil)
}
