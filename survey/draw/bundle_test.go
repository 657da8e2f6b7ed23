package draw

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gongping/internal/errs"
	"gongping/survey/draw/verify"
	"gongping/survey/frame"
	"gongping/survey/frame/canon"
)

const beaconSeed = "6d1b0fb2f2c1a7b1fd3e8a0c5f5b8c1d9e7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c"

var testKey = ed25519.NewKeyFromSeed([]byte("a key for tests, nowhere else.12"))

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// rowsFrom makes rows over a slice sorted by id.
func rowsFrom(rows []Row) Rows {
	return func() iter.Seq2[Row, error] {
		return func(yield func(Row, error) bool) {
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

// sixMethods builds a frame with one stratum per method, some persons outside
// the scope, and residents with names that must not leak.
func sixMethods(n int) ([]Row, []frame.Resident, *frame.Secret) {
	secret := &frame.Secret{1, 2, 3}
	var rows []Row
	people := map[string]frame.Resident{}
	for i := range n {
		committee := fmt.Sprintf("31010400300%d", 1+i%7)
		r := frame.Resident{Household: fmt.Sprint("H", i/3), Person: fmt.Sprint("P", i), Area: committee, Building: fmt.Sprintf("%d号楼", i/14%5),
			Sex: frame.Female, BirthYear: 1940 + i%60, Tenure: frame.Owner, Contact: frame.Visit, Status: frame.Living,
			Identity: frame.Identity{Name: "张三丰", Phone: "13800001111", Address: "天平路1号"}}
		row := Row{Entry: secret.Entry(&r), Stratum: committee + "#1", Size: uint64(1 + i%9),
			Cluster: secret.Pseudonym("b", committee, r.Building), Household: secret.Pseudonym("h", committee, r.Household)}
		if i%7 == 6 {
			row.Stratum, row.Cluster, row.Household, row.Size = "", "", "", 0
		}
		rows = append(rows, row)
		people[row.FrameID] = r
	}
	slices.SortFunc(rows, func(a, b Row) int { return strings.Compare(a.FrameID, b.FrameID) })
	var residents []frame.Resident
	for _, r := range rows {
		residents = append(residents, people[r.FrameID])
	}
	return rows, residents, secret
}

// drawn makes a complete signed bundle of the rows, one method per stratum.
func drawnBundle(t testing.TB, rows []Row, excluded []string, seed string) *Bundle {
	t.Helper()
	tally, err := rowsFrom(rows).Count(excluded)
	if err != nil {
		t.Fatal(err)
	}
	var plan []StratumPlan
	for name, n := range tally.Strata {
		m := methods[int(name[11]-'1')%len(methods)]
		p := StratumPlan{Stratum: name, Method: m.m, Population: n.Units, Sample: 5, Reserve: 3, Clusters: m.clusters}
		if m.m == Systematic || m.m == Poisson {
			p.Total = n.Size
		}
		plan = append(plan, p)
	}
	c := &Commitment{Purpose: "2026q4-main", TopUp: len(excluded) > 0, Frame: "徐汇区 2026-11", Tally: tally, Plan: plan, CodeVersion: "test",
		Randomness: Randomness{Kind: Beacon, Name: "drand quicknet 14000000", Due: noon}, CommittedAt: noon.Add(-time.Hour)}
	sig, err := c.Sign(testKey)
	if err != nil {
		t.Fatal(err)
	}
	digest, _ := c.Digest()
	r := &Reveal{Commitment: digest, Seed: seed, Evidence: "published by the beacon", RevealedAt: noon.Add(time.Minute)}
	if err := CheckReveal(c, r, nil); err != nil {
		t.Fatal(err)
	}
	sel, err := Draw(plan, seed, c.Purpose, rowsFrom(rows).Units(excluded))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := NewRecord(c, r, sel, "test", noon.Add(2*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	recSig, err := rec.Sign(testKey)
	if err != nil {
		t.Fatal(err)
	}
	return &Bundle{c, sig, r, sel, rec, recSig}
}

func write(t testing.TB, b *Bundle, rows []Row) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Write(&out, rowsFrom(rows)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestTwoImplementationsAgree draws many frames with package draw and repeats
// them with package verify, for every method.
func TestTwoImplementationsAgree(t *testing.T) {
	t.Parallel()
	for k := range 40 {
		rows, _, _ := sixMethods(60 + 13*k)
		var excluded []string
		for i := 0; i < len(rows) && k%2 == 1; i += 11 {
			excluded = append(excluded, rows[i].FrameID)
		}
		b := drawnBundle(t, rows, excluded, fmt.Sprintf("%064x", 7919*k+1))
		rep, err := verify.Bundle(bytes.NewReader(write(t, b, rows)), fmt.Sprintf("%x", testKey.Public()))
		if err != nil {
			t.Fatalf("frame of %d: %v", len(rows), err)
		}
		if rep.Units != len(rows) || rep.Sample != b.Record.Drawn || rep.DrawDigest != hexOf(b.Record.Digest()) {
			t.Fatalf("report %+v", rep)
		}
	}
}

// TestEveryBitCounts flips single bits all over a bundle.
func TestEveryBitCounts(t *testing.T) {
	t.Parallel()
	rows, _, _ := sixMethods(35)
	good := write(t, drawnBundle(t, rows, nil, beaconSeed), rows)
	flip := func(at, bit int) {
		bad := bytes.Clone(good)
		bad[at] ^= 1 << bit
		var f *verify.Fault
		if _, err := verify.Bundle(bytes.NewReader(bad), ""); !errors.As(err, &f) {
			t.Fatalf("bit %d of byte %d (%.30q) changed and was not noticed: %v", bit, at, good[at:], err)
		}
	}
	for at := 0; at < len(good); at += 3 {
		flip(at, at/3%8)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		flip(rng.IntN(len(good)), rng.IntN(8))
	}
	for _, bad := range [][]byte{good[:len(good)-1], append(bytes.Clone(good), '\n'), good[1:], {}} {
		if _, err := verify.Bundle(bytes.NewReader(bad), ""); err == nil {
			t.Fatal("a cut or longer bundle was accepted")
		}
	}
}

// TestResignedLies changes the content, mends all hashes and signs again with
// another key: only repeating the draw finds out.
func TestResignedLies(t *testing.T) {
	t.Parallel()
	rows, _, _ := sixMethods(200)
	other := ed25519.NewKeyFromSeed([]byte("the key of somebody dishonest...")[:32])
	for name, lie := range map[string]func(b *Bundle){
		"sample": func(b *Bundle) { // a friend for a stranger
			b.Selected[0].FrameID = rows[len(rows)-1].FrameID
			b.Selected[0].Ticket = canon.Ticket(beaconSeed, "2026q4-main", rows[len(rows)-1].FrameID)
		},
		"sample order":       func(b *Bundle) { b.Selected[0], b.Selected[1] = b.Selected[1], b.Selected[0] },
		"sample probability": func(b *Bundle) { b.Selected[0].Probability.Den++ },
		"sample missing":     func(b *Bundle) { b.Selected = b.Selected[:len(b.Selected)-1] },
		"reveal":             func(b *Bundle) { b.Reveal.RevealedAt = noon.Add(-time.Second) },
		"reveal seed":        func(b *Bundle) { b.Reveal.Seed = "abc" },
		"commitment":         func(b *Bundle) { b.Commitment.Purpose = "2026q4-other" }, // the reveal still names the old one
		"strata":             func(b *Bundle) { b.Commitment.Tally.Frame.Count++ },
		"kept out":           func(b *Bundle) { b.Commitment.TopUp = false }, // two that a main draw leaves out
	} {
		var excluded []string
		if name == "kept out" {
			excluded = []string{rows[0].FrameID, rows[1].FrameID}
		}
		b := drawnBundle(t, rows, excluded, beaconSeed)
		lie(b)
		b.CommitmentSig, _ = b.Commitment.Sign(other)
		if digest, _ := b.Commitment.Digest(); name != "commitment" {
			b.Reveal.Commitment = digest
		}
		b.Record, _ = NewRecord(b.Commitment, b.Reveal, b.Selected, "test", noon.Add(time.Hour))
		b.RecordSig, _ = b.Record.Sign(other)
		text := write(t, b, rows)
		if _, err := verify.Bundle(bytes.NewReader(text), ""); err == nil {
			t.Errorf("lie about %s was believed", name)
		}
		_, err := verify.Bundle(bytes.NewReader(text), fmt.Sprintf("%x", testKey.Public()))
		var f *verify.Fault
		if !errors.As(err, &f) || f.Check != "signature" {
			t.Errorf("%s: a foreign key was accepted: %v", name, err)
		}
	}
}

// TestATopUpKeepsOutNobodyElse signs a top-up that also excludes somebody whom
// no earlier draw holds, and one that may draw somebody twice.
func TestATopUpKeepsOutNobodyElse(t *testing.T) {
	t.Parallel()
	rows, _, _ := sixMethods(400)
	main := drawnBundle(t, rows, nil, beaconSeed)
	held := map[string]bool{}
	homes := map[string]bool{}
	home := func(r Row) string { return r.Area + r.Household }
	for _, s := range main.Selected {
		held[s.FrameID] = true
	}
	for _, r := range rows {
		if held[r.FrameID] && r.Household != "" {
			homes[home(r)] = true
		}
	}
	var honest, free []string // sixMethods has two-stage strata: with the households
	for _, r := range rows {
		switch {
		case held[r.FrameID] || homes[home(r)]:
			honest = append(honest, r.FrameID)
		case r.Stratum != "":
			free = append(free, r.FrameID)
		}
	}
	check := func(excluded []string) error {
		slices.Sort(excluded)
		b := drawnBundle(t, rows, excluded, strings.Repeat("ab", 32))
		b.Commitment.CommittedAt = noon.Add(-time.Minute)
		b.CommitmentSig, _ = b.Commitment.Sign(testKey)
		b.Reveal.Commitment, _ = b.Commitment.Digest()
		b.Record, _ = NewRecord(b.Commitment, b.Reveal, b.Selected, "test", noon.Add(time.Hour))
		b.RecordSig, _ = b.Record.Sign(testKey)
		_, err := verify.TopUp(bytes.NewReader(write(t, b, rows)), "", bytes.NewReader(write(t, main, rows)))
		return err
	}
	if err := check(slices.Clone(honest)); err != nil {
		t.Errorf("an honest top-up: %v", err)
	}
	for name, excluded := range map[string][]string{"an enemy is kept out": append(slices.Clone(honest), free[0]), "somebody can be drawn twice": slices.Clone(honest[1:])} {
		var f *verify.Fault
		if err := check(excluded); !errors.As(err, &f) || f.Check != "earlier" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBundleHoldsNoPersonalData(t *testing.T) {
	t.Parallel()
	rows, people, secret := sixMethods(100)
	text := string(write(t, drawnBundle(t, rows, nil, beaconSeed), rows))
	for _, p := range people {
		for _, s := range []string{p.Identity.Name, p.Identity.Phone, p.Identity.Address, p.Building, fmt.Sprintf("%x", secret[:])} {
			if strings.Contains(text, s) {
				t.Fatalf("%q stands in the bundle", s)
			}
		}
		for _, s := range []string{p.Person, p.Household} {
			if strings.Contains(text, ","+s+",") || strings.Contains(text, "\n"+s+",") {
				t.Fatalf("%q stands in the bundle", s)
			}
		}
	}
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	rows, people, secret := sixMethods(70)
	b := drawnBundle(t, rows, nil, beaconSeed)
	rep, err := verify.Bundle(bytes.NewReader(write(t, b, rows)), "")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.FrameID)
	}
	proofs, digest, err := frame.Prove(rowsFrom(rows).Entries(), ids)
	if err != nil || digest != b.Commitment.Tally.Frame {
		t.Fatal(err, digest)
	}
	if _, _, err := frame.Prove(rowsFrom(rows).Entries(), []string{"nobody"}); errs.CodeOf(err) != errs.NotFound {
		t.Errorf("proof for nobody: %v", err)
	}
	found := map[string]int{}
	for i := range rows {
		rc, err := secret.NewReceipt("徐汇区 2026-11", digest, proofs[rows[i].FrameID], &people[i])
		if err != nil {
			t.Fatal(err)
		}
		text := rc.Text()
		got, err := verify.ReadReceipt(text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := rep.Find(got)
		if err != nil {
			t.Fatal(err)
		}
		found[p.Role]++
		if strings.Contains(string(text), people[i].Identity.Name) {
			t.Fatal("a receipt shows the name")
		}
		if i > 0 {
			continue
		}
		for at := bytes.Index(text, []byte("frame_digest")); at < len(text); at++ {
			bad := bytes.Clone(text)
			bad[at] ^= 1 << (at % 8)
			if _, err := verify.ReadReceipt(bad); err == nil {
				t.Fatalf("changed byte %d of the receipt (%.20q) was not noticed", at, text[at:])
			}
		}
	}
	if found["sample"] != b.Record.Drawn || found["reserve"] != b.Record.Reserves {
		t.Errorf("receipts find %v, drawn %d and %d", found, b.Record.Drawn, b.Record.Reserves)
	}
	changed := people[0]
	changed.BirthYear--
	if _, err := secret.NewReceipt("x", digest, proofs[rows[0].FrameID], &changed); !errs.Is(err, errs.Conflict) {
		t.Errorf("receipt of a changed record: %v", err)
	}
}

// FuzzBundle looks for panics in the readers.
func FuzzBundle(f *testing.F) {
	rows, _, _ := sixMethods(30)
	f.Add(write(f, drawnBundle(f, rows, nil, beaconSeed), rows))
	f.Fuzz(func(t *testing.T, in []byte) {
		verify.Bundle(bytes.NewReader(in), "")
		verify.ReadReceipt(in)
	})
}
