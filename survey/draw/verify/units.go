package verify

import (
	"encoding/hex"
	"hash"
	"io"
	"sort"
	"strings"

	"gongping/survey/frame/canon"
)

// frameReader reads the unit list line by line.
type frameReader struct {
	seed, purpose string
	strata        map[string]*stratum
	excluded      map[string]bool
	found         int
	n             int
	last          string
	tree          canon.Tree
	own           hash.Hash
	watch         watch
	homes         bool
}

const unitsHeader = "frame_id,area,private,stratum,cluster,household,size"

func (f *frameReader) line(l string) error {
	f.n++
	io.WriteString(f.own, l)
	io.WriteString(f.own, "\n")
	if f.n == 1 {
		if l != unitsHeader {
			return fault("units", "header %q expected, found %.80q", unitsHeader, l)
		}
		return nil
	}
	cell := strings.Split(l, ",")
	if len(cell) != 7 {
		return fault("units", "line %d has %d cells, expected 7", f.n, len(cell))
	}
	for i, what := range map[int]string{0: "frame id", 1: "area"} {
		if !canon.ValidID(cell[i]) {
			return fault("units", "line %d: %s %q is unusable", f.n, what, cell[i])
		}
	}
	for i := 3; i < 6; i++ {
		if cell[i] != "" && !canon.ValidID(cell[i]) {
			return fault("units", "line %d: %q is unusable", f.n, cell[i])
		}
	}
	private, ok := sumFromHex(cell[2])
	size, okSize := number(cell[6])
	if !ok || !okSize {
		return fault("units", "line %d: the private digest or the size is not written as it must be", f.n)
	}
	if cell[0] <= f.last {
		return fault("units", "line %d: frame id %s is out of order or stands twice", f.n, cell[0])
	}
	f.last = cell[0]
	f.tree.Add(canon.Leaf(cell[0], cell[1], private))
	if f.watch != nil {
		f.watch(cell, f.excluded[cell[0]])
	}
	if f.excluded[cell[0]] {
		f.found++
		return nil
	}
	return f.place(cell, size)
}

// place puts a unit into its stratum.
func (f *frameReader) place(cell []string, size uint64) error {
	if cell[3] == "" {
		return nil
	}
	s := f.strata[cell[3]]
	if s == nil {
		return fault("units", "line %d: stratum %s is not in the plan", f.n, cell[3])
	}
	if strings.HasPrefix(s.method, "two-stage") && (cell[4] == "" || cell[5] == "") {
		return fault("units", "line %d: a two-stage stratum needs cluster and household", f.n)
	}
	if f.homes && cell[5] != cell[0] && (cell[5] != "" || strings.HasPrefix(s.method, "two-stage")) {
		return fault("units", "line %d: a household stands in one line, under its own id", f.n)
	}
	if s.method != "pps-systematic" && s.method != "sequential-poisson" {
		size = 0
	}
	s.add(unit{id: cell[0], size: size, cluster: cell[4], house: cell[5], ticket: canon.Ticket(f.seed, f.purpose, cell[0])})
	return nil
}

// check compares the frame with the commitment and the strata file.
func (f *frameReader) check(c map[string]string) error {
	if got := hex.EncodeToString(f.own.Sum(nil)); got != c["units_sha256"] {
		return fault("frame", "units.csv has SHA-256 %s, the commitment says %s", got, c["units_sha256"])
	}
	root := canon.FrameDigest(f.tree.Count(), f.tree.Root())
	if got := hex.EncodeToString(root[:]); got != c["frame_digest"] {
		return fault("frame", "the frame's digest is %s, the commitment says %s", got, c["frame_digest"])
	}
	if n, ok := number(c["frame_units"]); !ok || n != f.tree.Count() {
		return fault("frame", "the frame has %d units, the commitment says %s", f.tree.Count(), c["frame_units"])
	}
	if f.found != len(f.excluded) {
		return fault("excluded", "%d excluded ids are not in the frame", len(f.excluded)-f.found)
	}
	names := make([]string, 0, len(f.strata))
	for name := range f.strata {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		s := f.strata[name]
		if s.count != s.population || s.size != s.total {
			return fault("strata", "stratum %s has %d units of size %d, the plan says %d of size %d", s.name, s.count, s.size, s.population, s.total)
		}
	}
	return nil
}
