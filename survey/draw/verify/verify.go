package verify

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"sort"
	"strings"

	"gongping/survey/frame/canon"
)

// Report tells what a verified bundle says.
type Report struct {
	Purpose, Kind, Frame    string
	FrameDigest, DrawDigest string
	CommitmentDigest        string
	PublicKey, Seed         string
	Randomness, Evidence    string
	CommittedAt, RevealedAt string
	Units, Strata           int
	Scope, Excluded         int // units that had a chance; units kept out because earlier draws hold them
	Sample, Reserve         int
	roles                   map[string]line // by frame id
	strata                  map[string]string
	twoStage                bool

	// Households tells that the units of two-stage strata are households; then
	// PersonsDigest and Persons are those of the frozen frame of persons.
	Households    bool   `json:",omitempty"`
	PersonsDigest string `json:",omitempty"`
	Persons       int    `json:",omitempty"`
}

// stratum is one line of the strata file with the units found for it.
type stratum struct {
	name, method              string
	population, total         uint64
	sample, reserve, clusters int
	count, size               uint64
	units                     []unit
}

// keep is how many of the smallest tickets a simple stratum must remember.
func (s *stratum) keep() int { return s.sample + s.reserve }

// drawnFrom tells whether anybody of the stratum had a chance.
func (s *stratum) drawnFrom() bool {
	return s.method == "census" || s.sample > 0 && (s.clusters > 0 || !strings.HasPrefix(s.method, "two-stage"))
}

// add remembers a unit. A simple stratum drops what can no longer be drawn
// whenever its list has doubled, so that memory follows the sample.
func (s *stratum) add(u unit) {
	s.count, s.size = s.count+1, s.size+u.size
	s.units = append(s.units, u)
	if s.method == "simple" && len(s.units) >= 2*s.keep()+64 {
		byTicket(s.units)
		s.units = s.units[:min(len(s.units), s.keep())]
	}
}

// draw returns the lines that the sample file must hold for this stratum.
func (s *stratum) draw(seed, purpose string) []line {
	switch s.method {
	case "simple":
		c := simple(s.units, s.sample, s.population)
		c.reserve = c.reserve[:min(s.reserve, len(c.reserve))]
		return c.lines()
	case "census":
		return simple(s.units, len(s.units), s.population).lines()
	case "pps-systematic":
		return systematic(s.units, s.sample, s.reserve, canon.Start(seed, purpose, s.name)).lines()
	case "sequential-poisson":
		return poisson(s.units, s.sample, s.reserve).lines()
	}
	return twoStage(s, seed, purpose, s.method == "two-stage-pps")
}

// Bundle reads a bundle and repeats the draw. trustedKey, when not empty, is
// the only signing key accepted (64 hexadecimal digits). The error is a *Fault
// naming the first difference, or the reader's own error.
func Bundle(in io.Reader, trustedKey string) (*Report, error) { return bundle(in, trustedKey, nil) }

// watch is told of every unit of a frame, and whether it is excluded.
type watch func(cell []string, excluded bool)

// bundle is Bundle; look, where given, reads the documents and says who watches
// the units pass.
func bundle(in io.Reader, trustedKey string, look func(*documents) watch) (*Report, error) {
	r := &reader{in: bufio.NewReaderSize(in, 1<<16), whole: sha256.New()}
	if first, err := r.line(); err != nil || first != title {
		return nil, fault("container", "this is not a bundle of draw-v1")
	}
	r.whole.Write([]byte(title))
	d := &documents{text: map[string][]byte{}}
	for _, name := range sections[:len(sections)-1] {
		text, err := r.small(name)
		if err != nil {
			return nil, err
		}
		d.text[name] = text
	}
	if err := d.parse(trustedKey); err != nil {
		return nil, err
	}
	strata, err := readStrata(d.text["strata.csv"])
	if err != nil {
		return nil, err
	}
	excluded, err := readExcluded(d.text["excluded.csv"])
	if err != nil {
		return nil, err
	}
	if len(excluded) > 0 && d.commitment["kind"] == "main" {
		return nil, fault("excluded", "a main draw excludes nobody, this one %d", len(excluded))
	}
	f := &frameReader{seed: d.reveal["seed"], purpose: d.commitment["purpose"], strata: strata, excluded: excluded, own: sha256.New(), homes: d.homes}
	if look != nil {
		f.watch = look(d)
	}
	if err := r.lines("units.csv", f.line); err != nil {
		return nil, err
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	if err := f.check(d.commitment); err != nil {
		return nil, err
	}
	rep := report(d)
	rep.Units, rep.Strata, rep.Excluded = int(f.tree.Count()), len(strata), len(excluded)
	for _, s := range strata {
		if s.drawnFrom() {
			rep.Scope += int(s.count)
		}
		rep.twoStage = rep.twoStage || strings.HasPrefix(s.method, "two-stage")
	}
	return rep, rep.compare(d, strata)
}

// SectionNames lists the sections of a bundle in order.
func SectionNames() []string { return append([]string(nil), sections...) }

// Extract checks the container only and hands out each section as it passes.
func Extract(in io.Reader, write func(name string) (io.Writer, error)) error {
	r := &reader{in: bufio.NewReaderSize(in, 1<<16), whole: sha256.New()}
	if first, err := r.line(); err != nil || first != title {
		return fault("container", "this is not a bundle of draw-v1")
	}
	r.whole.Write([]byte(title))
	for _, name := range sections {
		w, err := write(name)
		if err != nil {
			return err
		}
		if err := r.lines(name, func(l string) error { _, err := io.WriteString(w, l+"\n"); return err }); err != nil {
			return err
		}
	}
	return r.end()
}

func readStrata(text []byte) (map[string]*stratum, error) {
	out, last := map[string]*stratum{}, ""
	err := table("strata", text, "stratum,method,population,total,sample,reserve,clusters", func(n int, cell []string) error {
		s := &stratum{name: cell[0], method: cell[1]}
		var v [5]uint64
		for i := range v {
			x, ok := number(cell[2+i])
			if !ok {
				return fault("strata", "line %d: %q is not a number", n, cell[2+i])
			}
			v[i] = x
		}
		if !canon.ValidID(s.name) || s.name <= last {
			return fault("strata", "line %d: stratum %q is unusable or out of order", n, s.name)
		}
		switch s.method {
		case "simple", "census", "pps-systematic", "sequential-poisson", "two-stage-pps", "two-stage-simple":
		default:
			return fault("strata", "line %d: method %q is unknown", n, s.method)
		}
		if v[4] > 0 && !strings.HasPrefix(s.method, "two-stage") {
			return fault("strata", "line %d: clusters in a stratum of one stage", n)
		}
		if max(v[2], v[3], v[4]) > 1<<22 {
			return fault("strata", "line %d: more than %d units", n, 1<<22)
		}
		s.population, s.total, s.sample, s.reserve, s.clusters = v[0], v[1], int(v[2]), int(v[3]), int(v[4])
		last, out[s.name] = s.name, s
		return nil
	})
	return out, err
}

func readExcluded(text []byte) (map[string]bool, error) {
	out, last := map[string]bool{}, ""
	err := table("excluded", text, "frame_id", func(n int, cell []string) error {
		if !canon.ValidID(cell[0]) || cell[0] <= last {
			return fault("excluded", "line %d: %q is unusable or out of order", n, cell[0])
		}
		last, out[cell[0]] = cell[0], true
		return nil
	})
	return out, err
}

func report(d *documents) *Report {
	c := d.commitment
	persons, _ := number(c["persons"])
	return &Report{
		Households: d.homes, PersonsDigest: c["persons_digest"], Persons: int(persons),
		Purpose: c["purpose"], Kind: c["kind"], Frame: c["frame"], FrameDigest: c["frame_digest"],
		DrawDigest: d.record["draw_digest"], CommitmentDigest: d.reveal["commitment"], PublicKey: d.key,
		Seed: d.reveal["seed"], Randomness: c["randomness_kind"] + ": " + c["randomness_name"], Evidence: d.reveal["evidence"],
		CommittedAt: c["committed_at"], RevealedAt: d.reveal["revealed_at"],
		roles: map[string]line{}, strata: map[string]string{},
	}
}

// compare repeats the draw and compares it with the sample file line by line.
func (rep *Report) compare(d *documents, strata map[string]*stratum) error {
	var names []string
	for name := range strata {
		names = append(names, name)
	}
	sort.Strings(names)
	want := []string{"stratum,cluster,role,order,frame_id,ticket,probability"}
	for _, name := range names {
		for _, l := range strata[name].draw(rep.Seed, rep.Purpose) {
			if l.role == "sample" {
				rep.Sample++
			} else {
				rep.Reserve++
			}
			rep.roles[l.id], rep.strata[l.id] = l, name
			want = append(want, fmt.Sprintf("%s,%s,%s,%d,%s,%x,%s", name, l.cluster, l.role, l.order, l.id, l.ticket[:], l.prob))
		}
	}
	want = append(want, "")
	got := strings.Split(string(d.text["sample.csv"]), "\n")
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fault("sample", "line %d is missing: %s", i+1, want[i])
		case i >= len(want):
			return fault("sample", "line %d should not be there: %.120q", i+1, got[i])
		case got[i] != want[i]:
			return fault("sample", "line %d is %.160q, the draw gives %q", i+1, got[i], want[i])
		}
	}
	if d.record["sample"] != fmt.Sprint(rep.Sample) || d.record["reserve"] != fmt.Sprint(rep.Reserve) {
		return fault("record", "%s drawn and %s reserves recorded, the draw gives %d and %d", d.record["sample"], d.record["reserve"], rep.Sample, rep.Reserve)
	}
	return nil
}
