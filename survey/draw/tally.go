package draw

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"

	"gongping/internal/errs"
	"gongping/survey/frame"
	"gongping/survey/frame/canon"
)

// Row is one line of the published unit list: the frame entry with its place in
// the design. A row outside the scope of the draw has Stratum "".
type Row struct {
	frame.Entry
	Stratum, Cluster, Household string
	Size                        uint64
}

// Rows yields every entry of the frozen frame in ascending byte order of frame
// id, from the beginning at each call.
type Rows func() iter.Seq2[Row, error]

const unitsHeader = "frame_id,area,private,stratum,cluster,household,size\n"

func (r *Row) append(b []byte) []byte {
	b = append(append(b, r.FrameID...), ',')
	b = append(append(b, r.Area...), ',')
	b = append(hex.AppendEncode(b, r.Private[:]), ',')
	b = append(append(b, r.Stratum...), ',')
	b = append(append(b, r.Cluster...), ',')
	b = append(append(b, r.Household...), ',')
	return append(strconv.AppendUint(b, r.Size, 10), '\n')
}

func (r *Row) check() error {
	switch {
	case !canon.ValidID(r.Area):
		return badID("area", r.Area)
	case r.Stratum != "" && !canon.ValidID(r.Stratum):
		return badID("stratum", r.Stratum)
	case r.Cluster != "" && !canon.ValidID(r.Cluster):
		return badID("cluster", r.Cluster)
	case r.Household != "" && !canon.ValidID(r.Household):
		return badID("household", r.Household)
	case r.Size > maxTotal:
		return badSize(r.FrameID, r.Size)
	}
	return nil
}

// Entries drops the design, for frame.Freeze and frame.Prove.
func (r Rows) Entries() func() iter.Seq2[frame.Entry, error] {
	return func() iter.Seq2[frame.Entry, error] {
		return func(yield func(frame.Entry, error) bool) {
			for row, err := range r() {
				if !yield(row.Entry, err) || err != nil {
					return
				}
			}
		}
	}
}

// Units turns rows into the source of a draw, leaving out the excluded ids.
func (r Rows) Units(excluded []string) Source {
	out := idSet(excluded)
	return func() iter.Seq2[Unit, error] {
		return func(yield func(Unit, error) bool) {
			for row, err := range r() {
				if err == nil && (row.Stratum == "" || out[row.FrameID]) {
					continue
				}
				if !yield(Unit{FrameID: row.FrameID, Stratum: row.Stratum, Cluster: row.Cluster, Household: row.Household, Size: row.Size}, err) || err != nil {
					return
				}
			}
		}
	}
}

func idSet(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// Count is the population of a stratum: units and the sum of their sizes.
type Count struct{ Units, Size uint64 }

// Tally is what one reading of the rows yields for the commitment.
type Tally struct {
	Frame    frame.Digest
	UnitsSHA canon.Sum        // of the units file
	bytes    int64            // length of the units file
	Strata   map[string]Count // without the excluded units
	Excluded []string         // ascending, as published
}

// counter makes a Tally while rows pass.
type counter struct {
	tally   *Tally
	out     map[string]bool // excluded
	found   int             // of them
	freezer frame.Freezer
}

func newCounter(excluded []string) (*counter, error) {
	t := &Tally{Strata: map[string]Count{}, Excluded: slices.Clone(excluded)}
	slices.Sort(t.Excluded)
	for i, id := range t.Excluded {
		if i > 0 && t.Excluded[i-1] == id {
			return nil, errs.New(errs.Invalid, "draw.excluded", "%s is excluded twice", id)
		}
	}
	return &counter{tally: t, out: idSet(excluded)}, nil
}

// add takes the next row and tells whether it can be drawn.
func (c *counter) add(row *Row) (bool, error) {
	if err := c.freezer.Add(row.Entry); err != nil {
		return false, err
	}
	if len(c.out) > 0 && c.out[row.FrameID] {
		c.found++
		return false, nil
	}
	if row.Stratum == "" {
		return false, nil
	}
	n, known := c.tally.Strata[row.Stratum]
	n.Units, n.Size = n.Units+1, n.Size+row.Size
	if !known {
		row.Stratum = strings.Clone(row.Stratum)
	}
	c.tally.Strata[row.Stratum] = n
	return true, nil
}

func (c *counter) finish(units canon.Sum, bytes int64) (*Tally, error) {
	if missing := len(c.out) - c.found; missing != 0 {
		return nil, errs.New(errs.Differs, "draw.excluded_unknown", "%d excluded ids are not in this frame", missing)
	}
	c.tally.Frame, c.tally.UnitsSHA, c.tally.bytes = c.freezer.Digest(), units, bytes
	return c.tally, nil
}

// Count reads the rows once: it recomputes the frame's digest, fingerprints the
// unit list and counts each stratum without the excluded ids (those that
// earlier draws of the round already hold). An excluded id that is not in the
// frame is an error.
func (r Rows) Count(excluded []string) (*Tally, error) {
	c, err := newCounter(excluded)
	if err != nil {
		return nil, err
	}
	sum, n, err := r.write(io.Discard, func(row *Row) error {
		_, err := c.add(row)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.finish(sum, n)
}

// errStopped ends a reading that the draw gave up.
var errStopped = errors.New("draw: the reading was stopped")

// Counted is Units and Count in one reading: the rows are counted while the
// source is read for the first time, and the returned function gives their
// Tally after that. A draw over a large frame then reads it once and not three
// times.
func (r Rows) Counted(excluded []string) (Source, func() (*Tally, error)) {
	tally, fault := (*Tally)(nil), errStopped
	read := false
	source := func() iter.Seq2[Unit, error] {
		if read {
			return r.Units(excluded)()
		}
		read = true
		return func(yield func(Unit, error) bool) {
			tally, fault = r.count(excluded, yield)
			if fault != nil && fault != errStopped {
				yield(Unit{}, fault)
			}
		}
	}
	return source, func() (*Tally, error) { return tally, fault }
}

// count counts and passes every unit on that can be drawn.
func (r Rows) count(excluded []string, yield func(Unit, error) bool) (*Tally, error) {
	c, err := newCounter(excluded)
	if err != nil {
		return nil, err
	}
	sum, n, err := r.write(io.Discard, func(row *Row) error {
		in, err := c.add(row)
		if in && err == nil && !yield(Unit{FrameID: row.FrameID, Stratum: row.Stratum, Cluster: row.Cluster, Household: row.Household, Size: row.Size}, nil) {
			err = errStopped
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.finish(sum, n)
}

// write writes the units file and returns its SHA-256 and length.
func (r Rows) write(w io.Writer, each func(*Row) error) (canon.Sum, int64, error) {
	h := sha256.New()
	out := io.MultiWriter(h, w)
	buf := append(make([]byte, 0, 64<<10), unitsHeader...)
	var n int64
	for row, err := range r() {
		if err == nil {
			err = row.check()
		}
		if err == nil && each != nil {
			err = each(&row)
		}
		if err != nil {
			return canon.Sum{}, n, err
		}
		if buf = row.append(buf); len(buf) > 60<<10 {
			if _, err := out.Write(buf); err != nil {
				return canon.Sum{}, n, err
			}
			n, buf = n+int64(len(buf)), buf[:0]
		}
	}
	_, err := out.Write(buf)
	var sum canon.Sum
	h.Sum(sum[:0])
	return sum, n + int64(len(buf)), err
}

// strataText is the strata file: the plan in order of stratum.
func strataText(plan []StratumPlan) []byte {
	plan = slices.Clone(plan)
	slices.SortFunc(plan, func(a, b StratumPlan) int { return strings.Compare(a.Stratum, b.Stratum) })
	b := []byte("stratum,method,population,total,sample,reserve,clusters\n")
	for _, p := range plan {
		b = fmt.Appendf(b, "%s,%s,%d,%d,%d,%d,%d\n", p.Stratum, p.Method, p.Population, p.Total, p.Sample, p.Reserve, p.Clusters)
	}
	return b
}

func excludedText(ids []string) []byte {
	b := []byte("frame_id\n")
	for _, id := range ids {
		b = append(append(b, id...), '\n')
	}
	return b
}

// sampleText is the sample file: the drawn persons in the order of Draw.
func sampleText(sel []Selected) []byte {
	var b bytes.Buffer
	writeSample(&b, sel)
	return b.Bytes()
}

// sampleSum is the SHA-256 of the sample file, without holding it.
func sampleSum(sel []Selected) (sum canon.Sum) {
	h := sha256.New()
	writeSample(h, sel)
	h.Sum(sum[:0])
	return sum
}

// writeSample writes the sample file; w never fails.
func writeSample(w io.Writer, sel []Selected) {
	b := append(make([]byte, 0, 8<<10), "stratum,cluster,role,order,frame_id,ticket,probability\n"...)
	for _, s := range sel {
		role, prob := "sample", fmt.Sprintf("%d/%d", s.Probability.Num, s.Probability.Den)
		if s.Reserve {
			role, prob = "reserve", ""
		}
		b = fmt.Appendf(b, "%s,%s,%s,%d,%s,%x,%s\n", s.Stratum, s.Cluster, role, s.Order, s.FrameID, s.Ticket[:], prob)
		if len(b) > 7<<10 {
			_, _ = w.Write(b)
			b = b[:0]
		}
	}
	_, _ = w.Write(b)
}
