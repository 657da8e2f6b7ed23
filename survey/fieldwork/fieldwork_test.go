package fieldwork

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gongping/survey/draw"
)

// TestRatesAgainstOutcomerate uses the twelve cases of the README of the R
// package outcomerate (Pilliard Hellwig 2018, rOpenSci), e = 0.8: I 4, P 2,
// R 1, NC 1, O 1, UH 1, NE 1, UO 1. Its table prints four digits.
func TestRatesAgainstOutcomerate(t *testing.T) {
	t.Parallel()
	c := Counts{Interview: 4, Partial: 2, Refusal: 1, NonContact: 1, Other: 1, UnknownHouse: 1, NotEligible: 1, UnknownPerson: 1}
	want := map[string]float64{
		"RR1": 0.3636, "RR2": 0.5455, "RR3": 0.3774, "RR4": 0.5660, "RR5": 0.4444, "RR6": 0.6667,
		"COOP1": 0.5000, "COOP2": 0.7500, "COOP3": 0.5714, "COOP4": 0.8571,
		"REF1": 0.0909, "REF2": 0.0943, "REF3": 0.1111, "CON1": 0.7273, "CON2": 0.7547, "CON3": 0.8889,
	}
	got := c.Rates(0.8)
	if len(got) != len(want) {
		t.Fatalf("%d rates, want %d", len(got), len(want))
	}
	for _, r := range got {
		if !r.OK || math.Abs(r.Value-want[r.Name]) > 5e-5 {
			t.Errorf("%s = %.6f (ok %v), want %.4f", r.Name, r.Value, r.OK, want[r.Name])
		}
	}
	if e := c.Eligibility(); e != 0.9 { // (4+2+1+1+1)/(4+2+1+1+1+1)
		t.Errorf("e = %v, want 0.9", e)
	}
	if c.Total() != 12 {
		t.Errorf("total %d", c.Total())
	}
}

func TestNoRateWithoutCases(t *testing.T) {
	t.Parallel()
	for _, r := range (Counts{NotEligible: 3}).Rates(1) {
		if r.OK || r.Value != 0 {
			t.Errorf("%s exists without an eligible case", r.Name)
		}
	}
}

// With e = 1 the third rates equal the first, with e = 0 the fifth (SD).
func TestRateIdentities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := Counts{}
		for _, k := range []Class{Interview, Partial, Refusal, NonContact, Other, UnknownHouse, UnknownPerson, NotEligible} {
			c[k] = rapid.IntRange(0, 500).Draw(t, string(k))
		}
		at := func(e float64, name string) Rate {
			for _, r := range c.Rates(e) {
				if r.Name == name {
					return r
				}
			}
			return Rate{}
		}
		for _, p := range [][3]string{{"RR3", "RR1", "RR5"}, {"RR4", "RR2", "RR6"}, {"REF2", "REF1", "REF3"}, {"CON2", "CON1", "CON3"}} {
			if at(1, p[0]).Value != at(1, p[1]).Value || at(0, p[0]).Value != at(0, p[2]).Value {
				t.Fatalf("%v at e = 1 and 0", p)
			}
		}
		for _, r := range c.Rates(c.Eligibility()) {
			if r.OK && (r.Value < 0 || r.Value > 1) {
				t.Fatalf("%s = %v", r.Name, r.Value)
			}
		}
	})
}

func TestFinal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		codes    []Code
		complete bool
		want     Code
	}{
		"nothing tried":                     {nil, false, NotAttempted},
		"an interview decides":              {[]Code{RefusedPerson, NobodyHome}, true, Complete},
		"a refusal outlives a closed door":  {[]Code{RefusedPerson, NobodyHome, NobodyHome}, false, RefusedPerson},
		"a refusal outlives an appointment": {[]Code{RefusedPerson, Appointment}, false, RefusedPerson},
		"an appointment that was not kept":  {[]Code{Appointment, NobodyHome}, false, Appointment},
		"moved away after a refusal":        {[]Code{RefusedHousehold, MovedAway}, false, MovedAway},
		"the door found, then no answer":    {[]Code{NobodyHome, NoAnswer}, false, NobodyHome},
		"the later of two equals":           {[]Code{NobodyHome, PersonAway}, false, PersonAway},
		"a code of the future":              {[]Code{"9.9", NotLocated}, false, NotLocated},
	} {
		if got := Final(c.codes, c.complete); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestStages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, Zone)
	for _, c := range []struct {
		codes              []Code
		complete, replaced bool
		appointment        time.Time
		want               Stage
	}{
		{nil, false, false, time.Time{}, Open},
		{[]Code{NobodyHome}, false, false, time.Time{}, Underway},
		{[]Code{Appointment}, false, false, now.Add(time.Hour), Agreed},
		{[]Code{Appointment}, false, false, now.Add(-time.Hour), Underway},
		{[]Code{MovedAway}, false, false, time.Time{}, Ended},
		{[]Code{NobodyHome}, false, true, time.Time{}, Ended},
		{[]Code{RefusedPerson}, true, false, time.Time{}, Done},
	} {
		if got := StageOf(c.codes, c.complete, c.replaced, c.appointment, now); got != c.want {
			t.Errorf("%v: %s, want %s", c.codes, got, c.want)
		}
	}
}

func TestGiveUp(t *testing.T) {
	t.Parallel()
	rule := draw.Rule{Attempts: 4, Days: 2, Parts: 2}
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, Zone).UTC() }
	three := []Try{{at(10, 9), Door, NobodyHome}, {at(10, 19), Door, NobodyHome}, {at(11, 9), Phone, NoAnswer}}
	if l := GiveUp(rule, three); len(l) != 1 || l[0].Key != "release.attempts" {
		t.Errorf("three tries: %v", l)
	}
	// 07:30 and 23:00 of one Chinese day are two days in UTC.
	night := []Try{{at(10, 0), Door, NobodyHome}, {at(10, 10), Door, NobodyHome}, {at(10, 15), Door, NobodyHome}, {at(10, 23), Door, NobodyHome}}
	if l := GiveUp(rule, night); len(l) != 1 || l[0].Key != "release.days" {
		t.Errorf("one day: %v", l)
	}
	if l := GiveUp(rule, append(three, Try{at(12, 13), Door, NobodyHome})); len(l) != 0 {
		t.Errorf("four tries: %v", l)
	}
	if l := GiveUp(rule, []Try{{at(10, 9), Door, MovedAway}}); len(l) != 0 {
		t.Errorf("moved away needs no second try: %v", l)
	}
	if l := GiveUp(rule, []Try{{at(10, 9), Door, RefusedPerson}}); len(l) == 0 {
		t.Error("a refusal at the first door is given up at once: that invites choosing whom to ask")
	}
	if l := GiveUp(rule, []Try{{at(10, 9), Door, Complete}}); len(l) != 1 {
		t.Errorf("an interview was given up: %v", l)
	}
}

func TestCheckAttempt(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 18, 0, 0, 0, Zone)
	for _, c := range []struct {
		m    Mode
		code Code
		app  time.Time
		ok   bool
	}{
		{Door, NobodyHome, time.Time{}, true},
		{Phone, NobodyHome, time.Time{}, false},
		{Phone, NoAnswer, time.Time{}, true},
		{Link, NoAnswer, time.Time{}, false},
		{Door, Complete, time.Time{}, false},
		{Door, "2.99", time.Time{}, false},
		{Door, Appointment, at.Add(time.Hour), true},
		{Door, Appointment, time.Time{}, false},
		{Door, Appointment, at.Add(-time.Hour), false},
		{Door, NobodyHome, at.Add(time.Hour), false},
	} {
		if err := CheckAttempt(c.m, c.code, at, c.app); (err == nil) != c.ok {
			t.Errorf("%s %s: %v", c.m, c.code, err)
		}
	}
}

// Two groups of equal size of which one answers and the other does not have
// S(ρ) = 1/2 and so R = 0; equal shares have R = 1 (Schouten et al. 2009, 2.2).
func TestRIndicator(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		drawn, answered []int
		want            float64
	}{
		{[]int{100, 100}, []int{100, 0}, 0},
		{[]int{100, 50, 0}, []int{40, 20, 0}, 1},
		{[]int{100, 300}, []int{60, 120}, 1 - 2*math.Sqrt(0.25*0.15*0.15+0.75*0.05*0.05)},
	} {
		if r, ok := RIndicator(c.drawn, c.answered); !ok || math.Abs(r-c.want) > 1e-12 {
			t.Errorf("%v of %v: %v, want %v", c.answered, c.drawn, r, c.want)
		}
	}
	if _, ok := RIndicator([]int{0}, []int{0}); ok {
		t.Error("an indicator of nobody")
	}
}
