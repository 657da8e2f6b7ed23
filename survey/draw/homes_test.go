package draw

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gongping/internal/errs"
	"gongping/survey/draw/verify"
	"gongping/survey/frame"
)

// village is a frame in which two committees are drawn in two stages and one is
// taken whole; every fifth household has a child, who is outside the scope.
// members gives the number of adults in a household.
type village struct {
	people    []Person
	residents map[string]frame.Resident
	homes     *Homes
	houses    map[string]int // building → households, as a neighbour knows them
}

func newVillage(households int, members func(committee, home int) int) *village {
	v := &village{residents: map[string]frame.Resident{}, houses: map[string]int{}}
	secret := &frame.Secret{9, 8, 7}
	for c := range 3 {
		committee := fmt.Sprintf("31010400300%d", 1+c)
		for h := range households {
			// Buildings of 3, 5, 7 … households, so that each is known by its size.
			building := fmt.Sprintf("%d号楼", int(math.Sqrt(float64(h+1))))
			v.houses[committee+building]++
			n := members(c, h)
			for m := range n + h%5/4 {
				r := frame.Resident{Household: fmt.Sprint("H", h), Person: fmt.Sprintf("P%d.%d", h, m), Area: committee, Building: building,
					Sex: frame.Female, BirthYear: 1950 + h%40, Tenure: frame.Owner, Contact: frame.Visit, Status: frame.Living}
				p := Person{Row: Row{Entry: secret.Entry(&r), Stratum: committee, Cluster: secret.Pseudonym("b", committee, building),
					Household: secret.Pseudonym("h", committee, r.Household), Size: 1}, Near: committee + "00" + fmt.Sprint(1+h%2)}
				if m >= n {
					p.Stratum, p.Cluster, p.Household = "", "", ""
				}
				v.people = append(v.people, p)
				v.residents[p.FrameID] = r
			}
		}
	}
	slices.SortFunc(v.people, func(a, b Person) int { return strings.Compare(a.FrameID, b.FrameID) })
	v.homes = &Homes{Secret: secret, Scope: "round-1", Least: map[string]int{"310104003001": 12, "310104003002": 12}, People: func() iter.Seq2[Person, error] {
		return func(yield func(Person, error) bool) {
			for _, p := range v.people {
				if !yield(p, nil) {
					return
				}
			}
		}
	}}
	return v
}

// sized makes households of one to six.
func sized(c, h int) int { return 1 + (h*7+c)%6 }

// plan draws two committees in two stages and takes the third whole.
func (v *village) plan(t testing.TB, excluded []string) (*Tally, []StratumPlan) {
	t.Helper()
	tally, err := v.homes.Rows().Count(excluded)
	if err != nil {
		t.Fatal(err)
	}
	plan := []StratumPlan{
		{Stratum: "310104003001", Method: TwoStage, Population: tally.Strata["310104003001"].Units, Sample: 4, Reserve: 2, Clusters: 2},
		{Stratum: "310104003002", Method: TwoStageSimple, Population: tally.Strata["310104003002"].Units, Sample: 4, Reserve: 2, Clusters: 2}}
	if n := tally.Strata["310104003003"].Units; n > 0 {
		plan = append(plan, StratumPlan{Stratum: "310104003003", Method: Census, Population: n})
	}
	return tally, plan
}

// drawn makes a signed bundle and draws the persons.
func (v *village) drawn(t testing.TB, excluded []string, seed string) (*Bundle, []Selected) {
	t.Helper()
	tally, plan := v.plan(t, excluded)
	persons := v.homes.Persons()
	c := &Commitment{Purpose: "2026q4-homes", TopUp: len(excluded) > 0, Frame: "徐汇区 2026-11", Tally: tally, Plan: plan, Persons: &persons, CodeVersion: "test",
		Randomness: Randomness{Kind: Beacon, Name: "drand quicknet 14000001", Due: noon}, CommittedAt: noon.Add(-3600e9)}
	if c.TopUp {
		c.Purpose, c.CommittedAt = "2026q4-homes-topup", noon.Add(-60e9)
	}
	sig, err := c.Sign(testKey)
	if err != nil {
		t.Fatal(err)
	}
	digest, _ := c.Digest()
	r := &Reveal{Commitment: digest, Seed: seed, Evidence: "published by the beacon", RevealedAt: noon.Add(60e9)}
	sel, err := Draw(plan, seed, c.Purpose, v.homes.Rows().Units(excluded))
	if err != nil {
		t.Fatal(err)
	}
	people, err := v.homes.Draw(sel, seed, c.Purpose)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := NewRecord(c, r, sel, "test", noon.Add(120e9))
	if err != nil {
		t.Fatal(err)
	}
	recSig, _ := rec.Sign(testKey)
	return &Bundle{c, sig, r, sel, rec, recSig}, people
}

func (v *village) bundle(t testing.TB, b *Bundle) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Write(&out, v.homes.Rows()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (v *village) annex(t testing.TB, b *Bundle, people []Selected) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := v.homes.WriteAnnex(&out, b.Record.Commitment, b.Record.Digest(), people); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// entries are the frozen frame of persons.
func (v *village) entries() iter.Seq2[frame.Entry, error] {
	return func(yield func(frame.Entry, error) bool) {
		for _, p := range v.people {
			if !yield(p.Entry, nil) {
				return
			}
		}
	}
}

// receipt is a person's, with the household part.
func (v *village) receipt(t testing.TB, id string) []byte {
	t.Helper()
	proofs, digest, err := frame.Prove(v.entries, []string{id})
	if err != nil {
		t.Fatal(err)
	}
	person := v.residents[id]
	r, err := v.homes.Secret.NewReceipt("徐汇区 2026-11", digest, proofs[id], &person)
	if err != nil {
		t.Fatal(err)
	}
	part, err := v.homes.Receipt(id)
	if err != nil {
		t.Fatal(err)
	}
	return append(r.Text(), part.Text()...)
}

// TestHouseholdsAreTheUnits: bundle and annex verify, for many seeds, and what
// they say of the persons is what the draw stored.
func TestHouseholdsAreTheUnits(t *testing.T) {
	t.Parallel()
	v := newVillage(70, sized)
	for k := range 8 {
		b, people := v.drawn(t, nil, fmt.Sprintf("%064x", k+1))
		text := v.bundle(t, b)
		rep, err := verify.Annex(bytes.NewReader(text), fmt.Sprintf("%x", testKey.Public()), bytes.NewReader(v.annex(t, b, people)))
		if err != nil {
			t.Fatal(err)
		}
		if rep.Households != 140 || rep.Drawn != 24 || rep.Persons != len(v.people) || rep.Sample != b.Record.Drawn || !rep.Report.Households {
			t.Fatalf("%+v %+v", rep, rep.Report)
		}
		for i, s := range people {
			if s.Reserve != b.Selected[i].Reserve || s.Order != b.Selected[i].Order || s.Stratum != "310104003003" && s.FrameID == b.Selected[i].FrameID {
				t.Fatalf("%+v is the person of %+v", s, b.Selected[i])
			}
		}
	}
}

// TestTheNeighbourRecognisesNobody plays somebody who knows each building by the
// number of its households and each household by its members, and holds the
// bundle.
func TestTheNeighbourRecognisesNobody(t *testing.T) {
	t.Parallel()
	v := newVillage(70, sized)
	b, _ := v.drawn(t, nil, beaconSeed)
	text := v.bundle(t, b)
	// Other members, the same households: nothing of the list changes but salted
	// digests and the rows of the committee that is taken whole.
	other := newVillage(70, func(c, h int) int {
		if c == 2 {
			return sized(c, h)
		}
		return 1 + (h*5+c*3)%4
	})
	b2, _ := other.drawn(t, nil, beaconSeed)
	shape := func(text []byte) string {
		var out strings.Builder
		_, units, _ := strings.Cut(string(text), "frame_id,area,private,stratum,cluster,household,size\n")
		for _, l := range strings.Split(units, "\n") {
			if cell := strings.Split(l, ","); len(cell) == 7 {
				cell[2] = ""
				if cell[5] == "" {
					continue // children and the committee taken whole: persons
				}
				out.WriteString(strings.Join(cell, ",") + "\n")
			}
		}
		return out.String()
	}
	if shape(text) != shape(v.bundle(t, b)) || shape(text) != shape(other.bundle(t, b2)) || shape(text) == "" {
		t.Error("the list of households changes with the members of the households")
	}
	if fmt.Sprint(b.Selected[:24]) != fmt.Sprint(b2.Selected[:24]) {
		t.Error("which households are drawn, and with which stated probability, tells of their members")
	}
	clusters, drawn := map[string]int{}, map[string]int{}
	for r, err := range v.homes.Rows()() {
		if err != nil {
			t.Fatal(err)
		}
		if r.Household != "" {
			clusters[r.Stratum+r.Cluster]++
		} else if r.Cluster != "" {
			t.Fatalf("%+v names where a person lives", r)
		}
	}
	for _, s := range b.Selected {
		if s.Cluster != "" {
			drawn[s.Stratum+s.Cluster]++
		}
	}
	for c, n := range clusters {
		if n < 12 || 2*drawn[c] > n {
			t.Errorf("cluster %s: %d households, %d of them drawn", c, n, drawn[c])
		}
	}
	if len(drawn) != 4 {
		t.Errorf("%d clusters drawn", len(drawn))
	}
	// Neither the frame's own ids nor its pseudonyms stand in the bundle, and the
	// ids of another round are others, so that the lists of two rounds cannot be
	// joined.
	for _, p := range v.people {
		if p.Household != "" && (bytes.Contains(text, []byte(p.Household)) || bytes.Contains(text, []byte(p.Cluster)) || p.Stratum != "310104003003" && bytes.Contains(text, []byte(p.FrameID))) {
			t.Fatalf("%s stands in the bundle", p.FrameID)
		}
	}
	again := *v.homes
	again.Scope = "round-2"
	for r := range again.Rows()() {
		if r.Household != "" && (bytes.Contains(text, []byte(r.FrameID)) || bytes.Contains(text, []byte(r.Cluster))) {
			t.Fatalf("%s is the same in two rounds", r.FrameID)
		}
	}
}

// TestEveryBitOfBundleAndAnnexCounts flips single bits.
func TestEveryBitOfBundleAndAnnexCounts(t *testing.T) {
	t.Parallel()
	v := newVillage(24, sized)
	b, people := v.drawn(t, nil, beaconSeed)
	bundle, annex := v.bundle(t, b), v.annex(t, b, people)
	check := func(bundle, annex []byte) error {
		_, err := verify.Annex(bytes.NewReader(bundle), "", bytes.NewReader(annex))
		return err
	}
	if err := check(bundle, annex); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for k := range 500 {
		bad := [][]byte{bundle, annex}
		at := rng.IntN(len(bad[k%2]))
		bad[k%2] = bytes.Clone(bad[k%2])
		bad[k%2][at] ^= 1 << rng.IntN(8)
		var f *verify.Fault
		if err := check(bad[0], bad[1]); !errors.As(err, &f) {
			t.Fatalf("a bit of byte %d of file %d was not missed: %v", at, k%2, err)
		}
	}
	for _, bad := range [][]byte{annex[:len(annex)-1], append(bytes.Clone(annex), '\n'), {}} {
		if check(bundle, bad) == nil {
			t.Error("a cut or longer annex was accepted")
		}
	}
}

// ended mends the closing line of an annex that was changed.
func ended(text string) []byte {
	body, _, _ := strings.Cut(text, "--- end ")
	return fmt.Appendf([]byte(body), "--- end %x\n", sha256.Sum256([]byte(body)))
}

// TestLiesInTheAnnex changes the annex and mends its closing line: only opening
// the commitments finds out.
func TestLiesInTheAnnex(t *testing.T) {
	t.Parallel()
	v := newVillage(40, sized)
	b, people := v.drawn(t, nil, beaconSeed)
	bundle, annex := v.bundle(t, b), string(v.annex(t, b, people))
	lines := strings.SplitAfter(annex, "\n")
	drawn := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, ",sample,") })
	cell := strings.Split(lines[drawn], ",")
	sibling := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, ","+cell[3]+",") && strings.HasSuffix(l, ",,,,\n") })
	alone := slices.IndexFunc(lines, func(l string) bool { return strings.HasSuffix(l, ",,,,,,,\n") })
	if sibling < 0 || alone < 0 {
		t.Fatal("nobody shares the household")
	}
	change := func(edit func(l []string) []string) []byte {
		return ended(strings.Join(edit(slices.Clone(lines)), ""))
	}
	for name, bad := range map[string][]byte{
		"another member is named": change(func(l []string) []string {
			s := strings.Split(l[sibling], ",")
			l[sibling] = strings.Join(append(s[:6:6], cell[6:]...), ",")
			l[drawn] = strings.Join(append(cell[:6:6], "", "", "", "\n"), ",")
			return l
		}),
		"a member is kept out":  change(func(l []string) []string { return slices.Delete(l, sibling, sibling+1) }),
		"a person is left out":  change(func(l []string) []string { return slices.Delete(l, alone, alone+1) }),
		"somebody stands twice": change(func(l []string) []string { return slices.Insert(l, drawn, l[drawn]) }),
		"the probability":       change(func(l []string) []string { l[drawn] = strings.Replace(l[drawn], "/", "1/", 1); return l }),
		"the role":              change(func(l []string) []string { l[drawn] = strings.Replace(l[drawn], ",sample,", ",reserve,", 1); return l }),
		"of another draw":       change(func(l []string) []string { l[2] = "draw_digest: " + strings.Repeat("0", 64) + "\n"; return l }),
		"a salt":                change(func(l []string) []string { l[drawn] = strings.Replace(l[drawn], cell[5], cell[4], 1); return l }),
		"a household comes home": change(func(l []string) []string {
			l[alone] = strings.Replace(l[alone], ",,,,,,,", ","+strings.Join(cell[3:6], ",")+",,,,", 1)
			return l
		}),
		"nothing drawn": change(func(l []string) []string {
			l[drawn] = strings.Join(append(cell[:6:6], "", "", "", "\n"), ",")
			return l
		}),
	} {
		var f *verify.Fault
		if _, err := verify.Annex(bytes.NewReader(bundle), "", bytes.NewReader(bad)); !errors.As(err, &f) || f.Check != "annex" {
			t.Errorf("%s: %v", name, err)
		}
	}
	rows, _, _ := sixMethods(40)
	old := write(t, drawnBundle(t, rows, nil, beaconSeed), rows)
	if _, err := verify.Annex(bytes.NewReader(old), "", strings.NewReader(annex)); err == nil {
		t.Error("a draw of persons took an annex")
	}
}

// TestHomeReceipts: every person's receipt leads to the frozen frame and to the
// round's list, and tells who of the household was drawn, without naming anybody.
func TestHomeReceipts(t *testing.T) {
	t.Parallel()
	v := newVillage(30, sized)
	b, people := v.drawn(t, nil, beaconSeed)
	rep, err := verify.Bundle(bytes.NewReader(v.bundle(t, b)), "")
	if err != nil {
		t.Fatal(err)
	}
	role := map[string]Selected{}
	for _, s := range people {
		role[s.FrameID] = s
	}
	var ids []string
	for i, p := range v.people {
		if _, drawn := role[p.FrameID]; drawn && p.Stratum != "310104003003" || i%17 == 0 {
			ids = append(ids, p.FrameID)
		}
	}
	proofs, digest, err := frame.Prove(v.entries, ids)
	if err != nil || digest != v.homes.Persons() {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for k, id := range ids {
		person := v.residents[id]
		r, err := v.homes.Secret.NewReceipt("徐汇区 2026-11", digest, proofs[id], &person)
		if err != nil {
			t.Fatal(err)
		}
		part, err := v.homes.Receipt(id)
		if err != nil {
			t.Fatal(err)
		}
		text := append(r.Text(), part.Text()...)
		got, err := verify.ReadReceipt(text)
		if err != nil {
			t.Fatal(err)
		}
		p, err := rep.Find(got)
		if err != nil {
			t.Fatal(err)
		}
		want := "none"
		if s, drawn := role[id]; drawn {
			if want = "sample"; s.Reserve {
				want = "reserve"
			} else if p.Probability != fmt.Sprintf("%d/%d", s.Probability.Num, s.Probability.Den) {
				t.Errorf("probability %s, %v", p.Probability, s.Probability)
			}
		}
		if p.Role != want {
			t.Fatalf("%s is %s, the receipt says %+v", id, want, p)
		}
		seen[p.Role]++
		for _, other := range v.people {
			if other.FrameID != id && bytes.Contains(text, []byte(other.FrameID)) {
				t.Fatalf("the receipt of %s names %s", id, other.FrameID)
			}
		}
		if _, err := verify.ReadReceipt(r.Text()); err != nil {
			t.Errorf("a receipt without parts: %v", err)
		}
		if old, _ := verify.ReadReceipt(r.Text()); k == 0 {
			if _, err := rep.Find(old); err == nil {
				t.Error("a receipt without a part told of the draw")
			}
			for at := len(r.Text()); at < len(text); at++ {
				bad := bytes.Clone(text)
				bad[at] ^= 1 << (at % 8)
				if got, err := verify.ReadReceipt(bad); err == nil {
					if _, err = rep.Find(got); err == nil {
						t.Fatalf("changed byte %d of the household part (%.20q) was not noticed", at, text[at:])
					}
				}
			}
		}
	}
	if seen["sample"] < 16 || seen["reserve"] < 8 || seen["none"] == 0 {
		t.Errorf("receipts found %v", seen)
	}
	if _, err := v.homes.Receipt("nobody"); errs.CodeOf(err) != errs.NotFound {
		t.Errorf("a receipt for nobody: %v", err)
	}
}

// TestHomesTopUp: a top-up excludes the households that were drawn and no other.
func TestHomesTopUp(t *testing.T) {
	t.Parallel()
	v := newVillage(120, sized)
	main, _ := v.drawn(t, nil, beaconSeed)
	var held []string
	for _, s := range main.Selected {
		held = append(held, s.FrameID)
	}
	slices.Sort(held)
	check := func(excluded []string) error {
		top, _ := v.drawn(t, excluded, strings.Repeat("cd", 32))
		_, err := verify.TopUp(bytes.NewReader(v.bundle(t, top)), "", bytes.NewReader(v.bundle(t, main)))
		return err
	}
	if err := check(held); err != nil {
		t.Error(err)
	}
	if err := check(held[1:]); err == nil {
		t.Error("a household can be drawn twice")
	}
}

// TestPersonsOfHouseholdsInclusion compares how often each person is drawn with
// the probability stated, and the Horvitz–Thompson estimate with the truth.
func TestPersonsOfHouseholdsInclusion(t *testing.T) {
	t.Parallel()
	const times = 3000
	v := newVillage(30, sized)
	_, plan := v.plan(t, nil)
	var rows []Row
	for r := range v.homes.Rows()() {
		rows = append(rows, r)
	}
	members := map[string][]string{}
	_ = v.homes.blocks(func(b *block) error {
		for _, u := range b.homes {
			for _, m := range u.members {
				members[u.row.FrameID] = append(members[u.row.FrameID], b.people[m].FrameID)
			}
		}
		return nil
	})
	hits, stated := map[string]int{}, map[string]float64{}
	var sum, squares float64
	for k := range times {
		seed := fmt.Sprint("seed ", k)
		sel, err := Draw(plan, seed, "statistics", rowsFrom(rows).Units(nil))
		if err != nil {
			t.Fatal(err)
		}
		total := 0.0
		for _, s := range sel {
			if s.Reserve || s.Household == "" {
				continue
			}
			m := members[s.Household]
			place, _ := choose(seed, "statistics", s.Household, len(m))
			p := s.Probability.Float() / float64(len(m))
			hits[m[place-1]]++
			stated[m[place-1]] = p
			total += 1 / p
		}
		sum, squares = sum+total, squares+total*total
	}
	truth := 0
	for _, m := range members {
		truth += len(m)
		for _, id := range m {
			p := stated[id]
			if f := float64(hits[id]) / times; p == 0 || math.Abs(f-p) > bound(200)*math.Sqrt(p*(1-p)/times) {
				t.Errorf("%s drawn with frequency %.4f, stated %.4f", id, f, p)
			}
		}
	}
	mean := sum / times
	if se := math.Sqrt((squares/times - mean*mean) / times); math.Abs(mean-float64(truth)) > bound(1)*se {
		t.Errorf("the weights add up to %.1f on average, there are %d", mean, truth)
	}
}

// TestSmallClustersAreNotPublished: a stratum that cannot hold the least number
// of households is refused, naming it; others are joined with their neighbours.
func TestSmallClustersAreNotPublished(t *testing.T) {
	t.Parallel()
	v := newVillage(11, sized)
	var e *errs.Error
	if _, err := v.homes.Rows().Count(nil); !errors.As(err, &e) || e.Key != "draw.small_cluster" {
		t.Errorf("a cluster of 11 households was published: %v", err)
	}
	group, sizes := JoinSmall([]ClusterSize{{"b4", "g2", 9}, {"b1", "g1", 3}, {"b2", "g1", 4}, {"b3", "g2", 6}, {"b5", "g3", 2}}, 7)
	if fmt.Sprint(group) != "map[b1:b1 b2:b1 b3:b3 b4:b3 b5:b3]" || fmt.Sprint(sizes) != "map[b1:7 b3:17]" {
		t.Errorf("%v %v", group, sizes)
	}
}

// FuzzAnnex looks for panics in the reader of annexes, and for a changed annex
// that is believed.
func FuzzAnnex(f *testing.F) {
	v := newVillage(24, func(int, int) int { return 2 })
	b, people := v.drawn(f, nil, beaconSeed)
	bundle, annex := v.bundle(f, b), v.annex(f, b, people)
	f.Add(annex)
	f.Fuzz(func(t *testing.T, in []byte) {
		if _, err := verify.Annex(bytes.NewReader(bundle), "", bytes.NewReader(in)); err == nil && !bytes.Equal(in, annex) {
			t.Error("another annex was believed")
		}
	})
}
