package draw

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"gongping/survey/frame/canon"
)

// annexHeader is the table of an annex: every person of the frame, the household
// unit and the salts that open its commitment, and what was drawn.
const annexHeader = "frame_id,area,private,household,household_salt,member_salt,role,order,ticket,probability\n"

// WriteAnnex writes the auditors' annex of a draw: it opens the commitments of
// all households, so that whoever holds it can rebuild the frozen digest of
// persons and repeat the choice within each drawn household. drawn is what Draw
// returned.
func (h *Homes) WriteAnnex(w io.Writer, commitment, digest canon.Sum, drawn []Selected) error {
	by := make(map[string]*Selected, len(drawn))
	for i := range drawn {
		if drawn[i].Household != "" {
			by[drawn[i].FrameID] = &drawn[i]
		}
	}
	sum := sha256.New()
	out := io.MultiWriter(w, sum)
	if _, err := fmt.Fprintf(out, "gongping draw annex v1\ncommitment: %x\ndraw_digest: %x\n%s", commitment, digest, annexHeader); err != nil {
		return err
	}
	var buf []byte
	err := h.blocks(func(b *block) error {
		buf = buf[:0]
		for i := range b.people {
			p := &b.people[i]
			buf = append(append(append(append(buf, p.FrameID...), ','), p.Area...), ',')
			buf = append(hex.AppendEncode(buf, p.Private[:]), ',')
			if b.home[i] < 0 {
				buf = append(buf, ",,,,,,\n"...)
				continue
			}
			id := b.homes[b.home[i]].row.FrameID
			hs, ms := h.Secret.HomeSalt(id), h.Secret.MemberSalt(id, p.FrameID)
			buf = fmt.Appendf(buf, "%s,%x,%x,", id, hs, ms)
			s := by[p.FrameID]
			switch {
			case s == nil || s.Household != id:
				buf = append(buf, ",,,\n"...)
			case s.Reserve:
				buf = fmt.Appendf(buf, "reserve,%d,%x,\n", s.Order, s.Ticket)
			default:
				buf = fmt.Appendf(buf, "sample,%d,%x,%d/%d\n", s.Order, s.Ticket, s.Probability.Num, s.Probability.Den)
			}
		}
		_, err := out.Write(buf)
		return err
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "--- end %x\n", sum.Sum(nil))
	return err
}
