package draw

import (
	"crypto/sha256"
	"encoding/hex"
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

// Count reads the rows once: it recomputes the frame's digest, fingerprints the
// unit list and counts each stratum without the excluded ids (those that
// earlier draws of the round already hold). An excluded id that is not in the
// frame is an error.
func (r Rows) Count(excluded []string) (*Tally, error) {
	t := &Tally{Strata: map[string]Count{}, Excluded: slices.Clone(excluded)}
	slices.Sort(t.Excluded)
	for i, id := range t.Excluded {
		if i > 0 && t.Excluded[i-1] == id {
			return nil, errs.New(errs.Invalid, "draw.excluded", "%s is excluded twice", id)
		}
	}
	out, found := idSet(excluded), 0
	var freezer frame.Freezer
	sum, n, err := r.write(io.Discard, func(row *Row) error {
		if err := freezer.Add(row.Entry); err != nil {
			return err
		}
		if out[row.FrameID] {
			found++
			return nil
		}
		if row.Stratum != "" {
			c, known := t.Strata[row.Stratum]
			c.Units, c.Size = c.Units+1, c.Size+row.Size
			if !known {
				row.Stratum = strings.Clone(row.Stratum)
			}
			t.Strata[row.Stratum] = c
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if found != len(excluded) {
		return nil, errs.New(errs.Conflict, "draw.excluded_unknown", "%d excluded ids are not in this frame", len(excluded)-found)
	}
	t.Frame, t.UnitsSHA, t.bytes = freezer.Digest(), sum, n
	return t, nil
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
	b := []byte("stratum,cluster,role,order,frame_id,ticket,probability\n")
	for _, s := range sel {
		role, prob := "sample", fmt.Sprintf("%d/%d", s.Probability.Num, s.Probability.Den)
		if s.Reserve {
			role, prob = "reserve", ""
		}
		b = fmt.Appendf(b, "%s,%s,%s,%d,%s,%x,%s\n", s.Stratum, s.Cluster, role, s.Order, s.FrameID, s.Ticket[:], prob)
	}
	return b
}
