package quality

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// withdraw takes the n lowest answers of an interviewer back.
func (d *Data) withdraw(interviewer string, n int) {
	slices.SortStableFunc(d.Responses, func(a, b Response) int { return cmp.Compare(mean(a.Grades), mean(b.Grades)) })
	d.Responses = slices.DeleteFunc(d.Responses, func(r Response) bool {
		if r.Interviewer != interviewer || n == 0 {
			return false
		}
		n--
		d.Withdrawn = append(d.Withdrawn, r)
		return true
	})
}

// Fisher 1935, The Design of Experiments, section 7: all four cups right 1/70,
// three or more 17/70. The others are ratios of whole numbers of choices, by
// Python's math.comb.
func TestHypergeometricTail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		x, population, marked, drawn int
		want                         float64
	}{
		{4, 8, 4, 4, 1.0 / 70},
		{3, 8, 4, 4, 17.0 / 70},
		{6, 960, 15, 60, 0.000149687845073632},
		{3, 900, 3, 60, 0.0002825873506238475},
		{8, 1440, 30, 90, 0.0003200571565874054},
		{0, 8, 4, 4, 1},
		{2, 5, 4, 3, 1}, // three of five, four of them marked: two at the least
		{5, 8, 4, 4, 0},
	} {
		if got := hypergeometricTail(c.x, c.population, c.marked, c.drawn); math.Abs(got-c.want) > 1e-9*math.Max(c.want, 1e-6) {
			t.Errorf("%+v: %.12g", c, got)
		}
	}
}

// By counting choices: of the C(10,3) = 120 only one has the sum 6; of the
// C(10,4) = 210 four have a sum of 12 or less (1, 1 and 2 ways; Wilcoxon 1945);
// with ties 4 of 56 choices are three of the four equal lowest.
func TestRankSum(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3}, []float64{4, 5, 6, 7, 8, 9, 10}, 2.0 / 120},
		{[]float64{1, 2, 3, 6}, []float64{4, 5, 7, 8, 9, 10}, 8.0 / 210},
		{[]float64{1, 1, 1}, []float64{1, 2, 3, 4, 5}, 8.0 / 56},
		{[]float64{1, 1}, []float64{1, 2}, 1},
		{[]float64{2, 2, 2}, []float64{2, 2, 2, 2}, 1},
	} {
		if got := rankSum(c.a, c.b); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v against %v: %.12g, want %.12g", c.a, c.b, got, c.want)
		}
	}
	// Where groups are large the normal distribution is within a tenth.
	var a, b []float64
	for i := range 200 {
		if v := float64(i * 7 % 41); i%10 == 0 {
			a = append(a, v-6)
		} else {
			b = append(b, v)
		}
	}
	ranks, observed := doubledMidranks(a, b)
	exact, got := exactRankSum(ranks, len(a), observed), rankSum(a, b)
	if got == exact || math.Abs(got/exact-1) > 0.1 || exact > 0.2 {
		t.Errorf("normal %.6g, exact %.6g", got, exact)
	}
}

// Low answers withdrawn and high ones are noticed alike: turning all grades over
// turns the sides over and leaves the p-values.
func TestWithdrawalsOfBothSides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := world()
		for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(d.Responses)-1), 3, 10, rapid.ID).Draw(rt, "withdrawn") {
			d.Withdrawn = append(d.Withdrawn, d.Responses[i])
		}
		d.Responses = slices.DeleteFunc(d.Responses, func(r Response) bool {
			return slices.ContainsFunc(d.Withdrawn, func(w Response) bool { return w.ID == r.ID })
		})
		turned := &Data{Characters: d.Characters, Responses: turn(d.Responses), Withdrawn: turn(d.Withdrawn)}
		a, b := index(d, DefaultRules()), index(turned, DefaultRules())
		an, al := a.withdrawals()
		bn, bl := b.withdrawals()
		for i, x := range slices.Concat(an, al) {
			y := slices.Concat(bn, bl)[i]
			if x.Unit != y.Unit || math.Abs(x.P-y.P) > 1e-9 || x.P < 0 || x.P > 1 || x.Hits > float64(x.N) {
				rt.Fatalf("%+v and turned over %+v", x, y)
			}
			if x.Detector == WithdrawnLevel && x.Side == y.Side && x.P < 0.9 {
				rt.Fatalf("%+v: both %s", x, y.Side)
			}
			if len(x.Responses) != 0 {
				rt.Fatalf("the test names answers: %+v", x)
			}
		}
	})
}

func turn(list []Response) []Response {
	out := slices.Clone(list)
	for i := range out {
		out[i].Grades = slices.Clone(out[i].Grades)
		for k, g := range out[i].Grades {
			if g > 0 {
				out[i].Grades[k] = 6 - g
			}
		}
	}
	return out
}

// What the other detectors are told, their share of alpha included, is the same
// whether answers were withdrawn or not: a supervisor sees it.
func TestWithdrawalsDoNotShow(t *testing.T) {
	t.Parallel()
	d := world()
	before := Scan(d, DefaultRules()).Summaries
	d.withdraw("e2", 6)
	for i, s := range Scan(d, DefaultRules()).Summaries {
		if s.Alpha != before[i].Alpha && s.Detector != WithdrawnLevel || s.Ran != before[i].Ran && !s.Detector.AuditorsOnly() {
			t.Errorf("%+v, without withdrawals %+v", s, before[i])
		}
	}
}

// Withdrawals that are spread raise no alarm, and two of them never do.
func TestSpreadWithdrawals(t *testing.T) {
	t.Parallel()
	for _, each := range []int{1, 2, 3} {
		d := world()
		for e := range 8 {
			name := fmt.Sprint("e", e)
			k := 0
			d.Responses = slices.DeleteFunc(d.Responses, func(r Response) bool {
				if r.Interviewer == name {
					if k++; k%13 == 0 && k <= 13*each {
						d.Withdrawn = append(d.Withdrawn, r)
						return true
					}
				}
				return false
			})
		}
		for _, f := range Scan(d, DefaultRules()).Flagged() {
			t.Errorf("%d of each: %+v", each, f)
		}
	}
	d := world()
	d.withdraw("e2", 2)
	if f := Scan(d, DefaultRules()).Flagged(); len(f) != 0 {
		t.Errorf("two withdrawals: %+v", f)
	}
}
