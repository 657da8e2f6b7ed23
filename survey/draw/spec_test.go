package draw

import (
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"gongping/survey/frame/canon"
)

const specification = "../../docs/spec/draw-v1.md"

// TestSpecificationVectors recomputes the test vectors of the specification, so
// that text and code cannot part. With -update it writes them.
func TestSpecificationVectors(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(specification)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), "```vectors\n")
	block, after, ok2 := strings.Cut(rest, "```")
	if !ok || !ok2 {
		t.Fatal("the specification holds no vectors")
	}
	var out strings.Builder
	n := 0
	for _, l := range strings.Split(strings.TrimSuffix(block, "\n"), "\n") {
		input, want, _ := strings.Cut(l, " = ")
		got := vector(t, strings.Split(input, " "))
		if got != want && !*update {
			t.Errorf("%s\n got %s\nwant %s", input, got, want)
		}
		fmt.Fprintf(&out, "%s = %s\n", input, got)
		n++
	}
	if n < 16 {
		t.Errorf("only %d vectors", n)
	}
	if *update {
		if err := os.WriteFile(specification, []byte(before+"```vectors\n"+out.String()+"```"+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// argument reads "text" or 0xbytes.
func argument(t *testing.T, s string) string {
	t.Helper()
	if b, ok := strings.CutPrefix(s, "0x"); ok {
		v, err := hex.DecodeString(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(v)
	}
	v, err := strconv.Unquote(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return v
}

func vector(t *testing.T, word []string) string {
	t.Helper()
	if word[0] == "draw" {
		return drawVector(t, word[1:])
	}
	var a []string
	for _, w := range word[1:] {
		a = append(a, argument(t, w))
	}
	pad := func(s string) (out canon.Sum) { copy(out[canon.Size-len(s):], s); return out }
	var sum canon.Sum
	switch word[0] {
	case "H":
		sum = canon.Hash(a[0], a[1:]...)
	case "leaf":
		sum = canon.Leaf(a[0], a[1], pad(a[2]))
	case "root", "digest":
		var tree canon.Tree
		for _, s := range a {
			tree.Add(pad(s))
		}
		if sum = tree.Root(); word[0] == "digest" {
			sum = canon.FrameDigest(tree.Count(), sum)
		}
	case "ticket":
		sum = canon.Ticket(a[0], a[1], a[2])
	case "cluster":
		sum = canon.ClusterTicket(a[0], a[1], a[2], a[3])
	case "household":
		sum = canon.HouseholdTicket(a[0], a[1], a[2], a[3], a[4])
	case "member":
		sum = canon.Member(pad(a[0]), canon.Leaf(a[1], "310104003001", pad("\x01")))
	case "home":
		var members []canon.Sum
		for _, m := range a[1:] {
			members = append(members, pad(m))
		}
		sum = canon.Home(pad(a[0]), members)
	case "place":
		place, _ := strconv.Atoi(a[3])
		sum = canon.PlaceTicket(a[0], a[1], a[2], place)
	case "start":
		sum = canon.Start(a[0], a[1], a[2])
	default:
		t.Fatalf("vector of unknown kind %s", word[0])
	}
	return hexOf(sum)
}

func drawVector(t *testing.T, w []string) string {
	t.Helper()
	p := StratumPlan{Method: Method(w[0]), Stratum: argument(t, w[6])}
	for i, v := range []*int{&p.Sample, &p.Reserve, &p.Clusters} {
		*v, _ = strconv.Atoi(w[1+i])
	}
	var units []Unit
	for _, s := range w[7:] {
		id, place, _ := strings.Cut(s, ":")
		u := Unit{FrameID: id, Stratum: p.Stratum}
		u.Cluster, u.Household, _ = strings.Cut(place, "/")
		u.Size, _ = strconv.ParseUint(place, 10, 64)
		units = append(units, u)
		p.Population++
		p.Total += u.Size
	}
	sel, err := Draw([]StratumPlan{p}, argument(t, w[4]), argument(t, w[5]), from(units))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range sel {
		if s.Reserve {
			out = append(out, "("+s.FrameID+")")
		} else {
			out = append(out, fmt.Sprintf("%s %d/%d", s.FrameID, s.Probability.Num, s.Probability.Den))
		}
	}
	return strings.Join(out, ", ")
}
