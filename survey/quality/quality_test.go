package quality

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// R: pbinom(4, 20, 0.1, lower.tail = FALSE); 1 - pnbinom(7, size = 2, mu = 2);
// ppois(9, 3, lower.tail = FALSE); and by hand: a beta-binomial with a = b = 1 is uniform.
func TestTails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"binomial", binomialTail(5, 20, 0.1, 0), 0.0431745},
		{"beta-binomial, uniform", binomialTail(3, 4, 0.5, 1.0/3), 0.4},
		{"Poisson", countTail(10, 3, 1), 0.00110249},
		{"negative binomial", countTail(8, 2, 2), 0.01953125}, // size 2, prob 1/2: (1+8)/2^9 … summed below
		{"nothing asked", binomialTail(0, 9, 0.1, 0.1), 1},
		{"far tail", countTail(60, 3, 1), math.Exp(-3+60*math.Log(3)-lg(61)) * 1.0517},
	} {
		if math.Abs(c.got-c.want) > 1e-4*math.Max(c.want, 1e-30)*10 {
			t.Errorf("%s: %.8g, want %.8g", c.name, c.got, c.want)
		}
	}
}

// Benjamini & Hochberg 1995, section 3.2: fifteen p-values, four rejected at 0.05.
func TestDiscover(t *testing.T) {
	t.Parallel()
	p := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1}
	tests := make([]Test, len(p))
	for i, k := range rand.New(rand.NewPCG(1, 1)).Perm(len(p)) {
		tests[i] = Test{Unit: fmt.Sprint(k), P: p[k]}
	}
	if n := discover(tests, 0.05); n != 4 {
		t.Fatalf("%d findings", n)
	}
	for _, x := range tests {
		if x.Flagged != (x.P <= 0.0095) || x.Q < x.P {
			t.Errorf("%+v", x)
		}
	}
}

// world has eight interviewers with forty interviews each that raise no alarm.
func world() *Data {
	r := rand.New(rand.NewPCG(7, 7))
	d := &Data{Characters: []int{20, 20, 20, 20, 20, 20}}
	for i := range 320 {
		x := Response{ID: fmt.Sprintf("r%03d", i), Interviewer: fmt.Sprint("e", i%8), Committee: fmt.Sprint("c", i/8%2), Building: fmt.Sprint("b", i%20),
			Mode: "door", Day: i / 24, Hour: 10 + i/8%3, Seconds: 60 + i%30, Where: &Reading{Distance: float64(i % 50), Accuracy: 15}, Grades: make([]int8, 6)}
		for k := range x.Grades {
			x.Grades[k] = int8(2 + r.IntN(4))
		}
		x.PerItem = []float64{6, 7, 8, 6, 7, 8}
		x.Numbers = []float64{float64(r.IntN(40)) + 0.5}
		x.Comment = fmt.Sprintf("第%d号意见关于%c%c%c%c", i, '一'+rune(r.IntN(2000)), '一'+rune(r.IntN(2000)), '一'+rune(r.IntN(2000)), '一'+rune(r.IntN(2000)))
		d.Responses = append(d.Responses, x)
		d.Attempts = append(d.Attempts, Attempt{Interviewer: x.Interviewer, Committee: x.Committee, Building: x.Building, Door: true,
			At: int64(x.Day)*86400 + int64(x.Hour)*3600 + int64(i/8)*200%3600, Minute: x.Hour*60 + 7*i%60})
	}
	for c := range 2 {
		d.Earlier = append(d.Earlier, Earlier{Committee: fmt.Sprint("c", c), Mean: 60, SE: 2})
	}
	return d
}

func of(d *Data, interviewer string) (rows []*Response) {
	for i := range d.Responses {
		if d.Responses[i].Interviewer == interviewer {
			rows = append(rows, &d.Responses[i])
		}
	}
	return rows
}

// Each detector finds its own planted case, names the right unit and side, and
// nobody else.
func TestDetectors(t *testing.T) {
	t.Parallel()
	if f := Scan(world(), DefaultRules()).Flagged(); len(f) > 0 {
		t.Fatalf("the innocent world has findings: %+v", f)
	}
	for _, c := range []struct {
		name  Detector
		plant func(*Data)
		unit  string
		hits  float64
	}{
		{TooFast, func(d *Data) {
			for _, r := range of(d, "e1")[:15] {
				r.Seconds = 14 // 120 characters take 15 seconds at 8 a second
			}
		}, "e1", 15},
		// Who has the phone say nothing of time is not spared by it: no length,
		// or "on paper" without the form that two others enter.
		{TooFast, func(d *Data) {
			for _, r := range of(d, "e1")[:15] {
				r.Seconds, r.Hour, r.PerItem = 0, -1, nil
			}
		}, "e1", 15},
		{TooFast, func(d *Data) {
			for _, r := range of(d, "e1")[:15] {
				r.Mode = "paper"
			}
		}, "e1", 15},
		{TooFastItem, func(d *Data) {
			for _, r := range of(d, "e1")[:15] {
				r.PerItem = []float64{1, 1, 1, 9, 9, 9}
			}
		}, "e1", 15},
		{Burst, func(d *Data) {
			for _, r := range of(d, "e2")[:18] {
				r.Day, r.Hour = 5, 12
			}
		}, "e2", 18},
		{Route, func(d *Data) {
			n := 0
			for i := range d.Attempts {
				if a := &d.Attempts[i]; a.Interviewer == "e0" {
					if n++; n > 20 {
						a.At = 20 * 86400
						a.Building = fmt.Sprint("b", n)
					}
				}
			}
		}, "e0", 19},
		{Hours, func(d *Data) {
			for i := range d.Attempts {
				if a := &d.Attempts[i]; a.Interviewer == "e0" && i%16 == 0 {
					a.Minute = 23*60 + 7
				}
			}
		}, "e0", 20},
		{StraightTop, func(d *Data) {
			for _, r := range of(d, "e1")[:12] {
				r.Grades = []int8{5, 5, 0, 5, 5, 5}
			}
		}, "e1", 12},
		{StraightLow, func(d *Data) {
			for _, r := range of(d, "e1")[:12] {
				r.Grades = []int8{2, 2, 2, 2, 2, 2}
			}
		}, "e1", 12},
		{Duplicate, func(d *Data) {
			for _, r := range of(d, "e1")[:20] {
				r.Grades = []int8{5, 2, 4, 3, 2, 5}
			}
		}, "e1", 19},
		{Variance, func(d *Data) {
			for k, r := range of(d, "e1") {
				for j := range r.Grades {
					r.Grades[j] = int8(3 + (k+j)%2)
				}
			}
		}, "e1", -1},
		{UniformTop, func(d *Data) {
			for i := range d.Responses {
				if r := &d.Responses[i]; i < 40 && r.Committee == "c0" && i%2 == 0 {
					r.Grades, r.Building, r.Day = []int8{5, 5, 5, 5, 5, 5}, "bx", 3
				}
			}
		}, "c0/bx/3", 12},
		{UniformLow, func(d *Data) {
			for i := range d.Responses {
				if r := &d.Responses[i]; i < 40 && r.Committee == "c0" && i%2 == 0 {
					r.Grades, r.Building, r.Day = []int8{1, 1, 1, 1, 1, 1}, "bx", 3
				}
			}
		}, "c0/bx/3", 12},
		{Phrase, func(d *Data) {
			for k, r := range of(d, "e2")[:10] {
				r.Comment = []string{"居委会工作非常好，非常满意！", "居委会工作非常好。非常满意"}[k%2]
			}
		}, "e2", 9},
		{Digit, func(d *Data) {
			for _, r := range of(d, "e2") {
				r.Numbers = []float64{10, 20, 5}
			}
		}, "e2", -1},
		{Distance, func(d *Data) {
			for _, r := range of(d, "e2")[:15] {
				r.Where = &Reading{Distance: 2000, Accuracy: 30}
			}
		}, "e2", 15},
		{Signal, func(d *Data) { d.Responses[4].Signalled = true }, "c0", 1},
		{Withdrawn, func(d *Data) { d.withdraw("e2", 8) }, "e2", 8},
		{WithdrawnLevel, func(d *Data) { d.withdraw("e2", 5) }, "e2", 5},
	} {
		t.Run(string(c.name), func(t *testing.T) {
			t.Parallel()
			d := world()
			c.plant(d)
			found := false
			for _, f := range Scan(d, DefaultRules()).Flagged() {
				if f.Detector != c.name {
					continue
				}
				if f.Unit == c.unit {
					found = true
					if c.hits >= 0 && f.Hits != c.hits {
						t.Errorf("%g hits, want %g", f.Hits, c.hits)
					}
					if f.Side != Low && f.Side != High {
						t.Errorf("side %q", f.Side)
					}
				} else if f.Kind == Interviewer {
					t.Errorf("%s is accused too: %+v", f.Unit, f)
				}
			}
			if !found {
				t.Errorf("not found")
			}
		})
	}
}

// The phone's error is taken off before a distance counts, an error beyond the
// limit says nothing, and who gave no consent is neither tested nor accused.
func TestDistanceTakesTheErrorOff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		where *Reading
		hits  float64
		n     int
	}{
		{&Reading{Distance: 2000, Accuracy: 30}, 15, 40}, {&Reading{Distance: 540, Accuracy: 30}, 15, 40},
		{&Reading{Distance: 540, Accuracy: 50}, 0, 40}, {&Reading{Distance: 3000, Accuracy: 600}, 0, 25}, {nil, 0, 25},
	} {
		d := world()
		for _, r := range of(d, "e2")[:15] {
			r.Where = c.where
		}
		for _, x := range Scan(d, DefaultRules()).Tests {
			if x.Detector == Distance && x.Unit == "e2" && (x.Hits != c.hits || x.N != c.n || x.Flagged != (c.hits > 0)) {
				t.Errorf("%+v: %g of %d, flagged %t", c.where, x.Hits, x.N, x.Flagged)
			}
		}
	}
	d := world()
	for _, r := range of(d, "e2") {
		r.Where = nil
	}
	for i := range d.Attempts {
		if a := &d.Attempts[i]; a.Interviewer == "e3" {
			a.Where = &Reading{Distance: 4000, Accuracy: 40}
		}
	}
	for _, x := range Scan(d, DefaultRules()).Tests {
		if x.Detector == Distance && (x.Unit == "e2" || x.Flagged != (x.Unit == "e3")) {
			t.Errorf("%+v", x)
		}
	}
}

func TestLevelFindsTheChangedCommittee(t *testing.T) {
	t.Parallel()
	d := &Data{Characters: []int{20, 20, 20, 20, 20}}
	for i := range 600 {
		c := i % 12
		d.Responses = append(d.Responses, Response{ID: fmt.Sprintf("%04d", i), Committee: fmt.Sprintf("c%02d", c), Hour: -1,
			Grades: []int8{4, int8(3 + i/12%3), 4, 3, 4}})
	}
	for c := range 12 {
		d.Earlier = append(d.Earlier, Earlier{Committee: fmt.Sprintf("c%02d", c), Mean: 68 + float64(c%3), SE: 1.5})
	}
	d.Earlier[4].Mean = 95
	f := Scan(d, DefaultRules()).Flagged()
	if len(f) != 1 || f[0].Detector != Level || f[0].Unit != "c04" || f[0].Side != Low {
		t.Fatalf("%+v", f)
	}
}

// A short form on which many give the same answers raises no alarm, though a
// fixed rule of 85% would accuse everybody.
func TestShortFormsRaiseNoAlarm(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	d := &Data{Characters: []int{20, 20, 20, 20, 20}}
	for i := range 900 {
		g := make([]int8, 5)
		base := int8(4 + r.IntN(2))
		for k := range g {
			if g[k] = base; r.IntN(8) == 0 {
				g[k]--
			}
		}
		d.Responses = append(d.Responses, Response{ID: fmt.Sprintf("%04d", i), Interviewer: fmt.Sprint("e", i%10), Committee: fmt.Sprint("c", i/3%6), Hour: -1, Grades: g})
	}
	fixed := 0
	for a := range d.Responses {
		for b := range d.Responses[:a] {
			if d.Responses[a].Interviewer == d.Responses[b].Interviewer && slices.Equal(d.Responses[a].Grades, d.Responses[b].Grades) {
				fixed++
				break
			}
		}
	}
	if fixed < 500 {
		t.Fatalf("only %d of 900 repeat another: the form is not short", fixed)
	}
	for _, f := range Scan(d, DefaultRules()).Flagged() {
		t.Errorf("%+v", f)
	}
}

// The order of rows changes nothing; each detector flags a unit at most once;
// the input stays as it was.
func TestOrderAndOnce(t *testing.T) {
	t.Parallel()
	base := world()
	for _, r := range of(base, "e1")[:20] {
		r.Grades, r.Seconds = []int8{5, 5, 5, 5, 5, 5}, 10
	}
	base.withdraw("e5", 6)
	want := fmt.Sprintf("%+v", Scan(base, DefaultRules()))
	rapid.Check(t, func(rt *rapid.T) {
		d := &Data{Characters: base.Characters, Responses: rapid.Permutation(base.Responses).Draw(rt, "rows"), Withdrawn: rapid.Permutation(base.Withdrawn).Draw(rt, "withdrawn"),
			Attempts: rapid.Permutation(base.Attempts).Draw(rt, "attempts"), Earlier: base.Earlier}
		first := d.Responses[0].ID
		rep := Scan(d, DefaultRules())
		if got := fmt.Sprintf("%+v", rep); got != want {
			rt.Fatalf("another order, another report")
		}
		if d.Responses[0].ID != first {
			rt.Fatal("the caller's slice was sorted")
		}
		seen := map[string]bool{}
		for _, f := range rep.Flagged() {
			if k := string(f.Detector) + f.Unit; seen[k] {
				rt.Fatalf("%s twice", k)
			} else {
				seen[k] = true
			}
		}
	})
}

// As many are looked at on the high side as on the low, no unit twice, the same
// seed the same units, another seed others.
func TestPair(t *testing.T) {
	t.Parallel()
	rep := &Report{}
	for i := range 60 {
		side := Low
		if i%2 == 0 {
			side = High
		}
		rep.Tests = append(rep.Tests, Test{Detector: Duplicate, Kind: Interviewer, Unit: fmt.Sprint("u", i), Side: side, Flagged: i%2 == 0 && i < 20})
	}
	m := Pair(rep, "seed")
	if len(m) != 10 {
		t.Fatalf("%d matches", len(m))
	}
	seen := map[int]bool{}
	for _, x := range m {
		c := rep.Tests[x.Counterpart]
		if c.Side != Low || c.Flagged || seen[x.Counterpart] {
			t.Errorf("counterpart %+v", c)
		}
		seen[x.Counterpart] = true
	}
	if !slices.Equal(m, Pair(rep, "seed")) || slices.Equal(m, Pair(rep, "other")) {
		t.Error("the draw does not depend on the seed alone")
	}
	for i := range rep.Tests {
		rep.Tests[i].Flagged = rep.Tests[i].Side == High
	}
	lone := Pair(rep, "seed")
	n := 0
	for _, x := range lone {
		if x.Counterpart >= 0 {
			n++
		}
	}
	if len(lone) != 30 || n != 30 {
		t.Errorf("%d of %d", n, len(lone))
	}
}

func TestNothingToScan(t *testing.T) {
	t.Parallel()
	rep := Scan(&Data{}, DefaultRules())
	if len(rep.Tests) != 0 || len(rep.Summaries) != len(Detectors) {
		t.Errorf("%+v", rep)
	}
	for _, s := range rep.Summaries {
		if s.Ran && s.Detector != Signal {
			t.Errorf("%s ran on nothing", s.Detector)
		}
	}
}
