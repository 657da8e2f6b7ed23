package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// rounds of FF1.
const rounds = 10

// Permutation is a keyed one-to-one map of the numbers of n digits in one base
// onto themselves: FF1 of NIST SP 800-38G (2016, algorithms 7 and 8) without a
// tweak. Without the key its results look random; with it they can be read back.
//
// A number is given in two halves, of n/2 digits and of the rest. It is our own
// because the one library in Go was given up in 2021 (decision 0078). It is safe
// for concurrent use.
type Permutation struct {
	block     cipher.Block
	first     [aes.BlockSize]byte // the encrypted block that names base and length
	high, low uint64              // how many values each half has
	b         int                 // bytes of a half
}

// NewPermutation takes an AES key of 16, 24 or 32 bytes. It panics where a half
// has 32 bits or more, or the whole fewer than the million values which the
// standard asks for.
func NewPermutation(key []byte, base, n int) *Permutation {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	u := n / 2
	p := &Permutation{block: block, high: power(base, u), low: power(base, n-u)}
	if p.high*p.low < 1_000_000 {
		panic(fmt.Sprintf("seal: %d digits of base %d are too few to hide in", n, base))
	}
	p.b = (bits.Len64(p.low-1) + 7) / 8
	head := [aes.BlockSize]byte{1, 2, 1, 0, byte(base >> 8), byte(base), rounds, byte(u)}
	binary.BigEndian.PutUint32(head[8:], uint32(n))
	block.Encrypt(p.first[:], head[:])
	return p
}

func power(base, n int) uint64 {
	out := uint64(1)
	for range n {
		if out *= uint64(base); out >= 1<<32 {
			panic(fmt.Sprintf("seal: %d digits of base %d do not fit into half a permutation", n, base))
		}
	}
	return out
}

// Encrypt maps the number with the halves a and b.
func (p *Permutation) Encrypt(a, b uint64) (uint64, uint64) {
	var room [aes.BlockSize]byte
	for i := range rounds {
		m := p.half(i)
		a, b = b, (a+p.round(&room, i, b, m))%m
	}
	return a, b
}

// Decrypt is the inverse of Encrypt.
func (p *Permutation) Decrypt(a, b uint64) (uint64, uint64) {
	var room [aes.BlockSize]byte
	for i := rounds - 1; i >= 0; i-- {
		m := p.half(i)
		a, b = (b+m-p.round(&room, i, a, m))%m, a
	}
	return a, b
}

// half is how many values the half has that round i makes.
func (p *Permutation) half(i int) uint64 {
	if i%2 == 0 {
		return p.high
	}
	return p.low
}

// round is step 6 i to iv of algorithm 7: CBC-MAC over the first block and one
// that holds the number of the round and the other half, its first bytes read as
// a number, modulo m.
func (p *Permutation) round(q *[aes.BlockSize]byte, i int, b, m uint64) uint64 {
	*q = p.first
	var number [8]byte
	binary.BigEndian.PutUint64(number[:], b)
	q[aes.BlockSize-1-p.b] ^= byte(i)
	for k := range p.b {
		q[aes.BlockSize-p.b+k] ^= number[8-p.b+k]
	}
	p.block.Encrypt(q[:], q[:])
	// d, the bytes that are read, is 4⌈b/4⌉+4 = 8.
	return binary.BigEndian.Uint64(q[:]) % m
}
