package field

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/google/uuid"

	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/fielddb"
	"gongping/internal/seal"
)

// A receipt is the first 60 bits of an answer's id under a keyed permutation, in
// twelve letters. Nobody without the key can tell the one from the other, and
// whoever has the receipt finds the answer by its id: no index of receipts is
// kept (decision 0078).
const (
	receiptLetters = 12
	receiptBase    = 32
	receiptHalf    = 30 // bits of six letters
)

// newReceipts is the permutation of a service's receipts.
func newReceipts(box *seal.Box) *seal.Permutation {
	return seal.NewPermutation(box.Derive("receipt v2"), receiptBase, receiptLetters)
}

// receipt is the code by which a resident can look up that the answer counts,
// the same at every repeat.
func (s *Service) receipt(responseID string) string {
	id, err := uuid.Parse(responseID)
	if err != nil {
		panic("field: an answer's id is checked before it has a receipt: " + err.Error())
	}
	v := binary.BigEndian.Uint64(id[:8]) >> 4
	high, low := s.receipts.Encrypt(v>>receiptHalf, v&(1<<receiptHalf-1))
	v = (high<<receiptHalf | low) << 4
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	code := strings.ToUpper(letters.EncodeToString(b[:])[:receiptLetters])
	return code[:4] + "-" + code[4:8] + "-" + code[8:]
}

// idsOf gives the first and the last id that have the receipt; ok is false for
// what cannot be one.
func (s *Service) idsOf(code string) (first, last uuid.UUID, ok bool) {
	text := strings.ToLower(strings.ReplaceAll(code, "-", ""))
	if len(text) != receiptLetters {
		return first, last, false
	}
	// A thirteenth letter makes whole bytes of it.
	b, err := letters.DecodeString(text + "0")
	if err != nil {
		return first, last, false
	}
	v := binary.BigEndian.Uint64(b) >> 4
	high, low := s.receipts.Decrypt(v>>receiptHalf, v&(1<<receiptHalf-1))
	v = (high<<receiptHalf | low) << 4
	binary.BigEndian.PutUint64(first[:8], v)
	for i := range last {
		last[i] = 0xff
	}
	binary.BigEndian.PutUint64(last[:8], v|0xf)
	return first, last, true
}

// byReceipt finds the answer of a receipt. Receipts that were given before
// decision 0078 are found by their hash, which stands in the answer's row.
func (s *Service) byReceipt(ctx context.Context, q pg.Querier, district, code string) (fielddb.ReceiptState, []byte, error) {
	code = normalReceipt(code)
	hash := sha256.Sum256([]byte(code))
	unknown := errs.New(errs.NotFound, "receipt.unknown", "there is no answer with this receipt; check the letters")
	first, last, ok := s.idsOf(code)
	if !ok {
		return fielddb.ReceiptState{}, nil, unknown
	}
	found, err := fielddb.ByReceipt(ctx, q, district, first.String(), last.String(), hash[:])
	switch {
	case err != nil:
		return fielddb.ReceiptState{}, nil, err
	case len(found) == 0:
		return fielddb.ReceiptState{}, nil, unknown
	case len(found) > 1:
		// Ids are made by phones. Of some 10¹⁷ pairs of random ones one shares 60
		// bits, so this phone's program was changed.
		return fielddb.ReceiptState{}, nil, errs.New(errs.Conflict, "receipt.twice", "two answers have this receipt, which only a changed program brings about; tell the auditors")
	}
	return found[0], hash[:], nil
}

// normalReceipt forgives small letters, spaces and what is often misread.
func normalReceipt(code string) string {
	var b strings.Builder
	for _, c := range strings.ToUpper(code) {
		switch {
		case c == 'O':
			c = '0'
		case c == 'I' || c == 'L':
			c = '1'
		}
		if (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') {
			b.WriteRune(c)
		}
	}
	s := b.String()
	if len(s) != receiptLetters {
		return s
	}
	return s[:4] + "-" + s[4:8] + "-" + s[8:]
}
