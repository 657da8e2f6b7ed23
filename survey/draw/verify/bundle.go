// Package verify repeats a published draw from its bundle alone, as
// docs/spec/draw-v1.md describes it. It is written apart from package draw, in
// the plainest way, and uses the standard library only: two implementations
// that agree are evidence, one that agrees with itself is not. What they share
// is the hashing in package canon.
package verify

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gongping/survey/frame/canon"
)

// Fault is the first difference found.
type Fault struct {
	// Check is the step that failed, a short word of the specification;
	// Detail says what was found and what was expected.
	Check, Detail string
}

// Error gives the fault in one line.
func (f *Fault) Error() string { return f.Check + ": " + f.Detail }

func fault(check, format string, args ...any) error {
	return &Fault{Check: check, Detail: fmt.Sprintf(format, args...)}
}

// sections are the parts of a bundle in their order; units.csv comes last
// because it is the only large one.
var sections = []string{
	"commitment.txt", "commitment.sig", "strata.csv", "excluded.csv",
	"reveal.txt", "sample.csv", "record.txt", "record.sig", "units.csv",
}

const (
	title      = "gongping draw bundle v1\n"
	maxHeader  = 160
	maxSection = 1 << 30 // of a section held in memory
)

// reader walks through the sections and hashes every byte.
type reader struct {
	in    *bufio.Reader
	whole hash.Hash
}

// line reads one short line, hashing it unless it is the closing one.
func (r *reader) line() (string, error) {
	var b []byte
	for len(b) <= maxHeader {
		c, err := r.in.ReadByte()
		if err != nil {
			return "", fault("container", "the bundle is cut off")
		}
		if b = append(b, c); c == '\n' {
			return string(b), nil
		}
	}
	return "", fault("container", "a section line is too long: %.40q", b)
}

// open reads the header of the section that must come next.
func (r *reader) open(name string) (int64, string, error) {
	l, err := r.line()
	if err != nil {
		return 0, "", err
	}
	r.whole.Write([]byte(l))
	var n int64
	var sum string
	if _, err := fmt.Sscanf(l, "--- "+name+" %d %64s\n", &n, &sum); err != nil || n < 0 || n > 1<<50 ||
		l != fmt.Sprintf("--- %s %d %s\n", name, n, sum) || !isHex(sum, 64) {
		return 0, "", fault("container", "section %s expected, found %.60q", name, l)
	}
	return n, sum, nil
}

// small reads a whole section into memory.
func (r *reader) small(name string) ([]byte, error) {
	n, sum, err := r.open(name)
	if err != nil {
		return nil, err
	}
	if n > maxSection {
		return nil, fault("container", "section %s is too large", name)
	}
	var b bytes.Buffer
	if _, err := io.CopyN(io.MultiWriter(&b, r.whole), r.in, n); err != nil {
		return nil, fault("container", "section %s is cut off", name)
	}
	if got := sha256.Sum256(b.Bytes()); hex.EncodeToString(got[:]) != sum {
		return nil, fault("container", "section %s has SHA-256 %x, its header says %s", name, got, sum)
	}
	return b.Bytes(), nil
}

// lines reads a section line by line, and checks its length and SHA-256.
func (r *reader) lines(name string, each func(line string) error) error {
	n, sum, err := r.open(name)
	if err != nil {
		return err
	}
	own := sha256.New()
	limited := &io.LimitedReader{R: r.in, N: n}
	in := bufio.NewReaderSize(io.TeeReader(limited, io.MultiWriter(own, r.whole)), 1<<16)
	for {
		l, err := in.ReadSlice('\n')
		if err == io.EOF && len(l) == 0 {
			break
		}
		if err != nil {
			return fault("container", "section %s has a line that is cut off or too long", name)
		}
		if err := each(string(l[:len(l)-1])); err != nil {
			return err
		}
	}
	if limited.N > 0 {
		return fault("container", "section %s is cut off", name)
	}
	if got := hex.EncodeToString(own.Sum(nil)); got != sum {
		return fault("container", "section %s has SHA-256 %s, its header says %s", name, got, sum)
	}
	return nil
}

// end reads the closing line and makes sure that nothing follows.
func (r *reader) end() error {
	want := fmt.Sprintf("--- end %x\n", r.whole.Sum(nil))
	l, err := r.line()
	if err != nil {
		return err
	}
	if l != want {
		return fault("container", "the closing line is %.80q, expected %q", l, want)
	}
	if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) {
		return fault("container", "something follows the closing line")
	}
	return nil
}

// fields reads a document of "key: value" lines whose keys and order are fixed.
func fields(check string, text []byte, first string, keys ...string) (map[string]string, error) {
	lines := strings.Split(string(text), "\n")
	if len(lines) < 1 || lines[len(lines)-1] != "" {
		return nil, fault(check, "the last line does not end")
	}
	lines = lines[:len(lines)-1]
	if first != "" {
		if len(lines) == 0 || lines[0] != first {
			return nil, fault(check, "the first line is not %q", first)
		}
		lines = lines[1:]
	}
	if len(lines) != len(keys) {
		return nil, fault(check, "%d lines found, %d expected", len(lines), len(keys))
	}
	out := make(map[string]string, len(keys))
	for i, key := range keys {
		value, ok := strings.CutPrefix(lines[i], key+": ")
		if !ok || value == "" {
			return nil, fault(check, "line %q expected, found %.60q", key, lines[i])
		}
		if !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
			return nil, fault(check, "%s is no plain text: %.60q", key, value)
		}
		out[key] = value
	}
	return out, nil
}

// table reads a CSV section of draw-v1: a fixed header, no quoting.
func table(check string, text []byte, header string, each func(n int, cell []string) error) error {
	lines := strings.Split(string(text), "\n")
	if lines[len(lines)-1] != "" || lines[0] != header {
		return fault(check, "header %q expected, found %.80q", header, lines[0])
	}
	width := strings.Count(header, ",") + 1
	for n, l := range lines[1 : len(lines)-1] {
		cell := strings.Split(l, ",")
		if len(cell) != width {
			return fault(check, "line %d has %d cells, expected %d", n+2, len(cell), width)
		}
		if err := each(n+2, cell); err != nil {
			return err
		}
	}
	return nil
}

// number reads a whole number in its only form: decimal, no sign, no leading 0.
func number(s string) (uint64, bool) {
	v, err := strconv.ParseUint(s, 10, 64)
	return v, err == nil && strconv.FormatUint(v, 10) == s && v <= 1<<40
}

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}

func sumFromHex(s string) (canon.Sum, bool) {
	var out canon.Sum
	if !isHex(s, 2*canon.Size) {
		return out, false
	}
	hex.Decode(out[:], []byte(s))
	return out, true
}
