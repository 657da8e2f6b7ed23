package draw

import (
	"strings"
	"testing"
	"time"

	"gongping/internal/errs"
	"gongping/survey/frame/canon"
)

func keyOf(err error) string {
	if e, ok := err.(*errs.Error); ok {
		return e.Key
	}
	return ""
}

func TestCommitmentRefusals(t *testing.T) {
	t.Parallel()
	rows, _, _ := sixMethods(100)
	for want, change := range map[string]func(*Commitment){
		"draw.id":              func(c *Commitment) { c.Purpose = "第四季度" },
		"draw.randomness_kind": func(c *Commitment) { c.Randomness.Kind = "mood" },
		"draw.randomness_past": func(c *Commitment) { c.Randomness.Due = c.CommittedAt },
		"draw.text":            func(c *Commitment) { c.Frame = "two\nlines" },
		"draw.plan_differs":    func(c *Commitment) { c.Plan[0].Population++ },
		"draw.plan_missing":    func(c *Commitment) { c.Plan = c.Plan[1:] },
		"draw.plan":            func(c *Commitment) { c.Plan[0].Sample = -1 },
	} {
		c := drawnBundle(t, rows, nil, beaconSeed).Commitment
		change(c)
		if _, err := c.Text(); keyOf(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if _, err := c.Sign(testKey); err == nil {
			t.Errorf("%s: signed nevertheless", want)
		}
	}
}

func TestRevealRefusals(t *testing.T) {
	t.Parallel()
	rows, _, _ := sixMethods(60)
	b := drawnBundle(t, rows, nil, beaconSeed)
	past := []Past{{Purpose: "2026q3-main", Randomness: "drand quicknet 13000000", Seed: strings.Repeat("a", 64)}}
	for want, change := range map[string]func(*Reveal){
		"draw.reveal_other": func(r *Reveal) { r.Commitment = canon.Sum{} },
		"draw.seed_form":    func(r *Reveal) { r.Seed = "123456" },
		"draw.reveal_early": func(r *Reveal) { r.RevealedAt = noon.Add(-time.Second) },
		"draw.seed_used":    func(r *Reveal) { r.Seed = past[0].Seed },
		"draw.text":         func(r *Reveal) { r.Evidence = "" },
	} {
		r := *b.Reveal
		change(&r)
		if err := CheckReveal(b.Commitment, &r, past); keyOf(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := CheckFresh(b.Commitment, past); err != nil {
		t.Errorf("a fresh draw is refused: %v", err)
	}
	if err := CheckFresh(b.Commitment, []Past{{Purpose: "2026Q4-MAIN"}}); keyOf(err) != "draw.purpose_used" {
		t.Errorf("used purpose: %v", err)
	}
	if err := CheckFresh(b.Commitment, []Past{{Purpose: "x", Randomness: "Drand  quicknet 14000000"}}); keyOf(err) != "draw.randomness_used" {
		t.Errorf("used randomness: %v", err)
	}
}

func TestSeedForms(t *testing.T) {
	t.Parallel()
	for seed, want := range map[string]RandomnessKind{
		strings.Repeat("1463", 5): Dice, "01-07-12-20-33-05": Lottery, beaconSeed: Beacon,
		strings.Repeat("7", 20): "", "1-2-3": "", "abc": "", strings.Repeat("1463", 5) + "\n": "",
	} {
		var got RandomnessKind
		for _, k := range []RandomnessKind{Dice, Lottery, Beacon} {
			if seedForms[k].MatchString(seed) {
				got = k
			}
		}
		if got != want {
			t.Errorf("%q has the form of %q, want %q", seed, got, want)
		}
	}
}

func TestDrawRefusals(t *testing.T) {
	t.Parallel()
	units := frameOf(20, 2)
	for want, c := range map[string]struct {
		plan    []StratumPlan
		units   []Unit
		purpose string
	}{
		"draw.frame_changed": {planOf(units, Simple, 2, 2, 0), units[:19], "x"},
		"draw.unplanned":     {planOf(units, Simple, 2, 2, 0)[:1], units, "x"},
		"draw.id":            {planOf(units, Simple, 2, 2, 0), append(frameOf(19, 2), Unit{FrameID: "张三", Stratum: "s0000"}), "x"},
		"draw.plan_twice":    {append(planOf(units, Simple, 2, 2, 0), planOf(units, Simple, 2, 2, 0)...), units, "x"},
		"draw.duplicate":     {planOf(units, Simple, 10, 2, 0), append(frameOf(18, 2), units[0], units[1]), "x"},
		"draw.size":          {planOf(units, Systematic, 2, 2, 0), append(frameOf(19, 2), Unit{FrameID: "q", Stratum: "s0001", Size: 1 << 60}), "x"},
	} {
		if _, err := Draw(c.plan, "seed", c.purpose, from(c.units)); keyOf(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := Draw(nil, "seed", "two words", from(nil)); keyOf(err) != "draw.id" {
		t.Errorf("purpose with a space: %v", err)
	}
	if _, err := Draw(nil, "", "x", from(nil)); keyOf(err) != "draw.seed_missing" {
		t.Errorf("no seed: %v", err)
	}
}
