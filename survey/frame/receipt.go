package frame

import (
	"encoding/hex"
	"fmt"
	"strings"

	"gongping/internal/errs"
	"gongping/survey/frame/canon"
)

// fieldNames are the keys of the private fields on a receipt, in the order of
// Fields.
var fieldNames = []string{
	"household", "person", "exact_area", "building", "sex", "birth_year", "tenure", "contact", "status", "identity",
}

// Receipt proves to one person that they are in a frozen frame, and as whom:
// their own private record with its salt, and the path to the frame's digest.
// It tells nothing about anybody else and goes to that person only.
type Receipt struct {
	Frame  string
	Digest Digest
	Index  uint64 // place in order of frame id, from 0
	Entry  Entry
	Salt   canon.Sum
	Fields []string // as Fields
	Path   []canon.Sum
}

// NewReceipt makes the receipt of a resident. d and p come from Prove.
func (s *Secret) NewReceipt(frameName string, d Digest, p Proof, r *Resident) (*Receipt, error) {
	e := s.Entry(r)
	salt := s.Salt(e.FrameID)
	rec := &Receipt{Frame: frameName, Digest: d, Index: p.Index, Entry: e, Salt: salt, Fields: Fields(r, salt), Path: p.Path}
	if root, ok := canon.RootFromProof(e.Leaf(), p.Index, d.Count, p.Path); !ok || root != d.Root {
		return nil, errs.New(errs.Differs, "frame.receipt", "the person's record is not the one that was frozen")
	}
	return rec, nil
}

// Text is the receipt document of draw-v1. Empty fields are written as "-".
func (r *Receipt) Text() []byte {
	var b strings.Builder
	line := func(key, value string) {
		if value == "" {
			value = "-"
		}
		fmt.Fprintf(&b, "%s: %s\n", key, value)
	}
	b.WriteString("gongping frame receipt v1\n")
	line("frame", r.Frame)
	line("frame_digest", r.Digest.String())
	line("frame_units", fmt.Sprint(r.Digest.Count))
	line("index", fmt.Sprint(r.Index))
	line("frame_id", r.Entry.FrameID)
	line("area", r.Entry.Area)
	line("salt", hex.EncodeToString(r.Salt[:]))
	for i, name := range fieldNames {
		line(name, r.Fields[i])
	}
	var path []string
	for _, p := range r.Path {
		path = append(path, hex.EncodeToString(p[:]))
	}
	line("path", strings.Join(path, " "))
	return []byte(b.String())
}
