package draw

import (
	"encoding/hex"
	"fmt"
	"strings"

	"gongping/internal/errs"
	"gongping/survey/frame"
	"gongping/survey/frame/canon"
)

// HomeReceipt is the part of a receipt for a round whose units are households:
// how the holder stands in its list. The other members appear as salted hashes.
type HomeReceipt struct {
	Digest     frame.Digest // of the round's list
	Index      uint64
	Household  string // id of the unit; "" for a person with a row of their own
	Salt       canon.Sum
	Place      int // among the members, from 1
	MemberSalt canon.Sum
	Members    []canon.Sum
	Path       []canon.Sum
}

// Receipt makes the part of the receipt of a person. NotFound where the frame
// does not hold them. It reads the frame three times.
func (h *Homes) Receipt(frameID string) (*HomeReceipt, error) {
	var r *HomeReceipt
	unit := frameID
	err := h.blocks(func(b *block) error {
		for i := range b.people {
			if b.people[i].FrameID != frameID {
				continue
			}
			r = &HomeReceipt{}
			if b.home[i] < 0 {
				return nil
			}
			u := &b.homes[b.home[i]]
			unit = u.row.FrameID
			r.Household, r.Salt, r.MemberSalt, r.Members = unit, h.Secret.HomeSalt(unit), h.Secret.MemberSalt(unit, frameID), h.hashes(b, u)
			for k, m := range u.members {
				if m == i {
					r.Place = k + 1
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, errs.New(errs.NotFound, "frame.not_listed", "this frame id is not in the frame")
	}
	proofs, digest, err := frame.Prove(h.Rows().Entries(), []string{unit})
	if err != nil {
		return nil, err
	}
	r.Digest, r.Index, r.Path = digest, proofs[unit].Index, proofs[unit].Path
	return r, nil
}

// Text is the household part of draw-v1; it follows the receipt in the same
// file.
func (r *HomeReceipt) Text() []byte {
	var b strings.Builder
	or := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	list := func(l []canon.Sum) string {
		out := make([]string, len(l))
		for i := range l {
			out[i] = hex.EncodeToString(l[i][:])
		}
		return or(strings.Join(out, " "))
	}
	salt, member := "-", "-"
	if r.Household != "" {
		salt, member = hexOf(r.Salt), hexOf(r.MemberSalt)
	}
	fmt.Fprintf(&b, "gongping household receipt v1\nframe_digest: %s\nframe_units: %d\nindex: %d\nhousehold: %s\nhousehold_salt: %s\nplace: %d\nmember_salt: %s\nmembers: %s\npath: %s\n",
		r.Digest, r.Digest.Count, r.Index, or(r.Household), salt, r.Place, member, list(r.Members), list(r.Path))
	return []byte(b.String())
}
