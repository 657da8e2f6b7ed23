package verify

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"math/big"
	"strings"

	"gongping/survey/frame/canon"
)

// AnnexReport tells what an annex opened.
type AnnexReport struct {
	*Report
	Households, Drawn int // households opened; persons drawn in them, reserves included
}

// listed is a row of the bundle that an annex must account for.
type listed struct {
	area    string
	private canon.Sum
	home    bool
}

// annexReader goes through an annex person by person.
type annexReader struct {
	rep   *Report
	rows  map[string]listed // of the bundle, not met yet
	homes map[string]*opened
	area  string
	last  string
	tree  canon.Tree
	n     int
	done  AnnexReport
}

// opened is a household whose members are being read.
type opened struct {
	salt    canon.Sum
	members []canon.Sum
	drawn   []string // role, order, ticket and probability of each member
}

// Annex verifies a bundle whose units are households and, with it, the annex
// that only auditors hold: every household's commitment opens to its members,
// all persons together give the frozen digest that the signed commitment names,
// and in each drawn household the member with the smallest ticket was taken and
// nobody else. Memory grows with the bundle.
func Annex(in io.Reader, trustedKey string, annex io.Reader) (*AnnexReport, error) {
	a := &annexReader{rows: map[string]listed{}, homes: map[string]*opened{}}
	rep, err := bundle(in, trustedKey, func(*documents) watch {
		return func(cell []string, _ bool) {
			private, _ := sumFromHex(cell[2])
			a.rows[strings.Clone(cell[0])] = listed{strings.Clone(cell[1]), private, cell[5] != ""}
		}
	})
	if err != nil {
		return nil, err
	}
	if !rep.Households {
		return nil, fault("annex", "the units of this draw are persons; it has no annex")
	}
	a.rep, a.done.Report = rep, rep
	if err := a.read(annex); err != nil {
		return nil, err
	}
	return &a.done, a.end()
}

const annexHeader = "frame_id,area,private,household,household_salt,member_salt,role,order,ticket,probability"

// read goes through the lines; each is hashed but the closing one.
func (a *annexReader) read(in io.Reader) error {
	r := bufio.NewReaderSize(in, 1<<16)
	whole := sha256.New()
	head := []string{"gongping draw annex v1", "commitment: " + a.rep.CommitmentDigest, "draw_digest: " + a.rep.DrawDigest, annexHeader}
	for n := 0; ; n++ {
		l, err := r.ReadSlice('\n')
		if err != nil {
			return fault("annex", "line %d is cut off or too long", n+1)
		}
		if bytes.HasPrefix(l, []byte("--- ")) && n >= len(head) {
			return closing(r, whole, string(l))
		}
		whole.Write(l)
		text := string(l[:len(l)-1])
		if n < len(head) {
			if text != head[n] {
				return fault("annex", "line %d is %.100q, expected %q", n+1, text, head[n])
			}
			continue
		}
		if err := a.person(n+1, strings.Split(text, ",")); err != nil {
			return err
		}
	}
}

func closing(r *bufio.Reader, whole hash.Hash, l string) error {
	if want := fmt.Sprintf("--- end %x\n", whole.Sum(nil)); l != want {
		return fault("annex", "the closing line is %.80q, expected %q", l, want)
	}
	if _, err := r.ReadByte(); err != io.EOF {
		return fault("annex", "something follows the closing line")
	}
	return nil
}

// person takes one line.
func (a *annexReader) person(n int, cell []string) error {
	if len(cell) != 10 {
		return fault("annex", "line %d has %d cells, expected 10", n, len(cell))
	}
	private, ok := sumFromHex(cell[2])
	if !ok || !canon.ValidID(cell[0]) || !canon.ValidID(cell[1]) {
		return fault("annex", "line %d: an id or digest is not written as it must be", n)
	}
	if cell[0] <= a.last {
		return fault("annex", "line %d: frame id %s is out of order or stands twice", n, cell[0])
	}
	if cell[1] != a.area {
		if err := a.close(); err != nil {
			return err
		}
		a.area = cell[1]
	}
	a.last, a.n = cell[0], a.n+1
	leaf := canon.Leaf(cell[0], cell[1], private)
	a.tree.Add(leaf)
	if cell[3] == "" {
		row, there := a.rows[cell[0]]
		if !there || row.home || row.area != cell[1] || row.private != private || strings.Join(cell[4:], "") != "" {
			return fault("annex", "line %d: %s does not stand like this in the bundle", n, cell[0])
		}
		delete(a.rows, cell[0])
		return nil
	}
	return a.member(n, cell, leaf)
}

// member adds a person to their household.
func (a *annexReader) member(n int, cell []string, leaf canon.Sum) error {
	salt, ok1 := sumFromHex(cell[4])
	own, ok2 := sumFromHex(cell[5])
	if row, there := a.rows[cell[3]]; !ok1 || !ok2 || !there || !row.home || row.area != cell[1] {
		return fault("annex", "line %d: household %.64s does not stand like this in the bundle", n, cell[3])
	}
	h := a.homes[cell[3]]
	if h == nil {
		h = &opened{salt: salt}
		a.homes[cell[3]] = h
	}
	if h.salt != salt {
		return fault("annex", "line %d: household %s has two salts", n, cell[3])
	}
	h.members = append(h.members, canon.Member(own, leaf))
	h.drawn = append(h.drawn, strings.Join(cell[6:], ","))
	return nil
}

// close opens the commitments of the households of an area.
func (a *annexReader) close() error {
	for id, h := range a.homes {
		if canon.Home(h.salt, h.members) != a.rows[id].private {
			return fault("annex", "household %s does not open to the members named", id)
		}
		want := a.expected(id, len(h.members))
		for i, got := range h.drawn {
			if got != want[i] {
				return fault("annex", "household %s, member %d: found %q, the draw gives %q", id, i+1, got, want[i])
			}
			if got != ",,," {
				a.done.Drawn++
			}
		}
		a.done.Households++
		delete(a.rows, id)
	}
	clear(a.homes)
	return nil
}

// expected is what the annex must say of each member of a household.
func (a *annexReader) expected(id string, members int) []string {
	out := make([]string, members)
	for i := range out {
		out[i] = ",,,"
	}
	if l, drawn := a.rep.roles[id]; drawn {
		place, ticket := choose(a.rep.Seed, a.rep.Purpose, id, members)
		out[place-1] = fmt.Sprintf("%s,%d,%x,%s", l.role, l.order, ticket, shared(l.prob, members))
	}
	return out
}

// choose returns the place with the smallest ticket.
func choose(seed, purpose, home string, members int) (place int, ticket canon.Sum) {
	for i := 1; i <= members; i++ {
		if t := canon.PlaceTicket(seed, purpose, home, i); i == 1 || bytes.Compare(t[:], ticket[:]) < 0 {
			place, ticket = i, t
		}
	}
	return place, ticket
}

// shared is the probability of one of the members of a household; "" for a
// reserve.
func shared(prob string, members int) string {
	p, ok := new(big.Rat).SetString(prob)
	if !ok {
		return ""
	}
	return ratioText(p.Mul(p, big.NewRat(1, int64(members))))
}

// end compares the whole with the commitment.
func (a *annexReader) end() error {
	if err := a.close(); err != nil {
		return err
	}
	first := ""
	for id := range a.rows {
		if first == "" || id < first {
			first = id
		}
	}
	if first != "" {
		return fault("annex", "%d units of the bundle are not in the annex, %s among them", len(a.rows), first)
	}
	root := canon.FrameDigest(a.tree.Count(), a.tree.Root())
	if got := hex.EncodeToString(root[:]); got != a.rep.PersonsDigest {
		return fault("annex", "the persons give digest %s, the commitment says %s", got, a.rep.PersonsDigest)
	}
	if a.n != a.rep.Persons {
		return fault("annex", "%d persons, the commitment says %d", a.n, a.rep.Persons)
	}
	return nil
}
