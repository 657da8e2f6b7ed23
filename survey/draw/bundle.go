package draw

import (
	"crypto/sha256"
	"fmt"
	"io"

	"gongping/internal/errs"
)

// Bundle is everything a stranger needs to repeat a draw, without personal
// data.
type Bundle struct {
	Commitment    *Commitment
	CommitmentSig Signature
	Reveal        *Reveal
	Selected      []Selected
	Record        *Record
	RecordSig     Signature
}

// Write writes the bundle as one text file of draw-v1: a title, then sections,
// each under a line with its name, length and SHA-256, and a last line with the
// SHA-256 of all before it. rows must yield the frame of the commitment again.
func (b *Bundle) Write(w io.Writer, rows Rows) error {
	commitment, err := b.Commitment.Text()
	if err != nil {
		return err
	}
	reveal, err := b.Reveal.Text()
	if err != nil {
		return err
	}
	record, err := b.Record.Text()
	if err != nil {
		return err
	}
	h := sha256.New()
	out := io.MultiWriter(w, h)
	if _, err := io.WriteString(out, "gongping draw bundle v1\n"); err != nil {
		return err
	}
	for _, s := range []struct {
		name string
		text []byte
	}{
		{"commitment.txt", commitment}, {"commitment.sig", b.CommitmentSig.Text()},
		{"strata.csv", strataText(b.Commitment.Plan)}, {"excluded.csv", excludedText(b.Commitment.Tally.Excluded)},
		{"reveal.txt", reveal}, {"sample.csv", sampleText(b.Selected)},
		{"record.txt", record}, {"record.sig", b.RecordSig.Text()},
	} {
		if _, err := fmt.Fprintf(out, "--- %s %d %x\n%s", s.name, len(s.text), sumOf(s.text), s.text); err != nil {
			return err
		}
	}
	t := b.Commitment.Tally
	if _, err := fmt.Fprintf(out, "--- units.csv %d %x\n", t.bytes, t.UnitsSHA[:]); err != nil {
		return err
	}
	sum, n, err := rows.write(out, nil)
	if err != nil {
		return err
	}
	if sum != t.UnitsSHA || n != t.bytes {
		return errs.New(errs.Conflict, "draw.frame_changed", "the frame is not the one of the commitment")
	}
	_, err = fmt.Fprintf(w, "--- end %x\n", h.Sum(nil))
	return err
}
