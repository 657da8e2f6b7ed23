package frame

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"gongping/internal/errs"
	"gongping/survey/frame/canon"
)

// Secret is the 32 random bytes of one frame. Everything that hides a person is
// derived from it: frame ids, salts and the pseudonyms of buildings and
// households. It is kept like the identities and never published; each frame
// has its own, so that ids of two frames cannot be joined.
type Secret [32]byte

func (s *Secret) derive(use string, fields ...string) canon.Sum {
	buf := canon.AppendField(make([]byte, 0, 96), use)
	for _, f := range fields {
		buf = canon.AppendField(buf, f)
	}
	h := hmac.New(sha256.New, s[:])
	h.Write(buf)
	var out canon.Sum
	h.Sum(out[:0])
	return out
}

var idAlphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// FrameID is the published id of a person: the committee code, "-", and 16
// letters and digits (80 bits) derived from the register's code. It is the same
// at every import of the same frame, and tells nothing without the secret.
func (s *Secret) FrameID(committee, person string) string {
	d := s.derive("frame-id", committee, norm.NFC.String(person))
	return committee + "-" + idAlphabet.EncodeToString(d[:10])
}

// Pseudonym is the published id of a building ("b"), grid ("g") or household
// ("h") in a two-stage draw.
func (s *Secret) Pseudonym(kind, committee, value string) string {
	d := s.derive("pseudonym-"+kind, committee, norm.NFC.String(value))
	return kind + idAlphabet.EncodeToString(d[:10])
}

// Salt is the salt of a person's private record; it is told to that person
// only.
func (s *Secret) Salt(frameID string) canon.Sum { return s.derive("salt", frameID) }

// Entry is what a frozen frame publishes of a person: the frame id, the
// committee and the salted commitment to the private record.
type Entry struct {
	FrameID, Area string
	Private       canon.Sum
}

// Leaf returns the entry's leaf in the frame's tree.
func (e Entry) Leaf() canon.Sum { return canon.Leaf(e.FrameID, e.Area, e.Private) }

// Fields are the fields of the private record in their order, each in Unicode
// normalisation form C: household, person, area, building, sex, birth year,
// tenure, contact channels (decimal bit set), status, and the identity's salted
// digest in hexadecimal.
func Fields(r *Resident, salt canon.Sum) []string {
	id := canon.Hash(canon.TagIdentity, string(salt[:]),
		norm.NFC.String(r.Identity.Name), norm.NFC.String(r.Identity.Phone), norm.NFC.String(r.Identity.Address))
	f := []string{
		r.Household, r.Person, r.Area, r.Building, string(r.Sex), strconv.Itoa(r.BirthYear),
		string(r.Tenure), strconv.Itoa(int(r.Contact)), string(r.Status), fmt.Sprintf("%x", id[:]),
	}
	for i := range f {
		f[i] = norm.NFC.String(f[i])
	}
	return f
}

// Private is the salted commitment to the fields of a private record.
func Private(salt canon.Sum, fields []string) canon.Sum {
	return canon.Hash(canon.TagPrivate, append([]string{string(salt[:])}, fields...)...)
}

// Entry computes what is published of a resident.
func (s *Secret) Entry(r *Resident) Entry {
	committee := r.Committee()
	id := s.FrameID(committee, r.Person)
	salt := s.Salt(id)
	return Entry{FrameID: id, Area: committee, Private: Private(salt, Fields(r, salt))}
}

// Digest identifies a frozen frame: the root of its tree and the number of
// persons.
type Digest struct {
	Root  canon.Sum
	Count uint64
}

// Sum is the published digest, over count and root.
func (d Digest) Sum() canon.Sum { return canon.FrameDigest(d.Count, d.Root) }

// String is Sum in hexadecimal.
func (d Digest) String() string { s := d.Sum(); return fmt.Sprintf("%x", s[:]) }

// Freezer computes the digest of a frame whose entries arrive in ascending byte
// order of frame id (in SQL: ORDER BY frame_id COLLATE "C"). Memory does not
// grow with the frame. The zero value is ready.
type Freezer struct {
	tree canon.Tree
	last string
}

// Add takes the next entry. An id that is unusable, out of order or repeated is
// an error.
func (f *Freezer) Add(e Entry) error {
	switch {
	case !canon.ValidID(e.FrameID):
		return errs.New(errs.Invalid, "frame.id", "a frame id is not usable").
			At(fmt.Sprintf("entry %d", f.tree.Count()+1), e.FrameID, "1 to 64 letters, digits and ._#-", "")
	case f.tree.Count() > 0 && e.FrameID == f.last:
		return errs.New(errs.Differs, "frame.twice", "a frame id stands twice").
			At(fmt.Sprintf("entry %d", f.tree.Count()+1), e.FrameID, "each person once", "remove the repeated person and import again")
	case e.FrameID < f.last:
		return errs.New(errs.Internal, "frame.order", "entries are not in order of frame id").
			At(fmt.Sprintf("entry %d", f.tree.Count()+1), e.FrameID, "an id after "+f.last, `sort by bytes (COLLATE "C")`)
	}
	f.last = strings.Clone(e.FrameID)
	f.tree.Add(e.Leaf())
	return nil
}

// Digest returns the digest of the entries so far.
func (f *Freezer) Digest() Digest { return Digest{f.tree.Root(), f.tree.Count()} }

// Freeze computes the digest of a whole sequence.
func Freeze(entries iter.Seq2[Entry, error]) (Digest, error) {
	var f Freezer
	for e, err := range entries {
		if err != nil {
			return Digest{}, err
		}
		if err := f.Add(e); err != nil {
			return Digest{}, err
		}
	}
	return f.Digest(), nil
}
