package qualitative_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"gongping/internal/errs"
	"gongping/scoring/qualitative"
)

func code(topic string, polarity int, m qualitative.Matter) qualitative.Code {
	return qualitative.Code{Topic: topic, Polarity: polarity, Matter: m}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	lift := code("property.lift", -1, qualitative.Property)
	liftC := code("property.lift", -1, qualitative.Committee)
	manner := code("service.manner", 1, qualitative.Committee)
	housing := qualitative.Code{Topic: "property.lift", Polarity: -1, Matter: qualitative.Department, Department: "housing"}
	list := func(c ...qualitative.Code) []qualitative.Code { return c }
	for _, c := range []struct {
		name  string
		votes [][]qualitative.Code
		state qualitative.State
		want  []qualitative.Code
	}{
		{"nobody yet", nil, qualitative.Waiting, nil},
		{"one", [][]qualitative.Code{list(lift)}, qualitative.Waiting, nil},
		{"two alike", [][]qualitative.Code{list(lift, manner), list(lift, manner)}, qualitative.Agreed, list(lift, manner)},
		{"nothing to code", [][]qualitative.Code{nil, {}}, qualitative.Agreed, nil},
		{"two differ", [][]qualitative.Code{list(lift), list(liftC)}, qualitative.Split, nil},
		{"a third decides the matter", [][]qualitative.Code{list(lift), list(liftC), list(lift)}, qualitative.Settled, list(lift)},
		{"three matters: nobody's", [][]qualitative.Code{list(lift), list(liftC), list(housing)}, qualitative.Settled, list(code("property.lift", -1, ""))},
		{"a topic of one coder is left out", [][]qualitative.Code{list(lift, manner), list(lift), list(lift)}, qualitative.Settled, list(lift)},
		{"no two for a polarity", [][]qualitative.Code{list(lift), list(code("property.lift", 0, qualitative.Property)), list(code("property.lift", 1, qualitative.Property))}, qualitative.Settled, nil},
	} {
		d := qualitative.Decide(c.votes)
		if d.State != c.state || !slices.Equal(d.Codes, c.want) {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}

// Blame and praise are placed by one rule.
func TestCauseIsSymmetric(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		codes []qualitative.Code
		want  qualitative.Cause
	}{
		{nil, qualitative.NoCause},
		{[]qualitative.Code{code("a", -1, qualitative.Property)}, qualitative.OutsideRemit},
		{[]qualitative.Code{code("a", -1, qualitative.Property), code("b", -1, qualitative.Committee)}, qualitative.WithinRemit},
		{[]qualitative.Code{code("a", -1, qualitative.Property), code("b", 0, qualitative.Committee)}, qualitative.OutsideRemit},
		{[]qualitative.Code{code("a", -1, qualitative.Beyond), code("b", -1, "")}, qualitative.WithinRemit},
	} {
		mirror := slices.Clone(c.codes)
		for i := range mirror {
			mirror[i].Polarity = -mirror[i].Polarity
		}
		low, blamed := qualitative.CauseOf(c.codes, qualitative.Negative)
		high, praised := qualitative.CauseOf(mirror, qualitative.Positive)
		if low != c.want || high != c.want || len(blamed) != len(praised) {
			t.Errorf("%+v: %s and %s, want %s", c.codes, low, high, c.want)
		}
	}
}

// What is decided does not depend on who came first, and nothing is decided
// that fewer than two coders said.
func TestDecisionsDependOnNoOrder(t *testing.T) {
	t.Parallel()
	one := rapid.Custom(func(t *rapid.T) []qualitative.Code {
		var out []qualitative.Code
		for _, topic := range []string{"a", "b", "c"} {
			if rapid.Bool().Draw(t, topic) {
				out = append(out, code(topic, rapid.IntRange(-1, 1).Draw(t, "polarity"), rapid.SampledFrom(qualitative.Matters[:3]).Draw(t, "matter")))
			}
		}
		return out
	})
	rapid.Check(t, func(t *rapid.T) {
		v := [][]qualitative.Code{one.Draw(t, "first"), one.Draw(t, "second"), one.Draw(t, "third")}
		d := qualitative.Decide(v)
		for _, p := range [][3]int{{0, 2, 1}, {1, 0, 2}, {2, 1, 0}} {
			if got := qualitative.Decide([][]qualitative.Code{v[p[0]], v[p[1]], v[p[2]]}); !slices.Equal(got.Codes, d.Codes) {
				t.Fatalf("%v: %+v, %+v", v, d, got)
			}
		}
		for _, c := range d.Codes {
			n := 0
			for _, j := range v {
				if slices.ContainsFunc(j, func(x qualitative.Code) bool { return x.Topic == c.Topic && x.Polarity == c.Polarity }) {
					n++
				}
			}
			if n < 2 {
				t.Fatalf("%v: %+v has one coder", v, c)
			}
		}
	})
}

func TestCheckCodes(t *testing.T) {
	t.Parallel()
	b := qualitative.Standard()
	got, err := b.CheckCodes([]qualitative.Code{code("service.speed", -1, qualitative.Committee), code("property.lift", -1, qualitative.Property)}, nil)
	if err != nil || got[0].Topic != "property.lift" {
		t.Errorf("%+v, %v", got, err)
	}
	housing := qualitative.Code{Topic: "property.lift", Matter: qualitative.Department, Department: "housing"}
	if _, err := b.CheckCodes([]qualitative.Code{housing}, []string{"housing"}); err != nil {
		t.Error(err)
	}
	for _, bad := range [][]qualitative.Code{
		{code("x", 0, qualitative.Committee)}, {code("service.speed", 2, qualitative.Committee)}, {code("service.speed", 0, "")}, {housing},
		{{Topic: "service.speed", Matter: qualitative.Department}}, {{Topic: "service.speed", Matter: qualitative.Market, Department: "housing"}},
		{code("service.speed", 0, qualitative.Committee), code("service.speed", 1, qualitative.Committee)},
	} {
		if _, err := b.CheckCodes(bad, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestAgreements(t *testing.T) {
	t.Parallel()
	lift, liftC := code("lift", -1, qualitative.Property), code("lift", -1, qualitative.Committee)
	list := func(c ...qualitative.Code) []qualitative.Code { return c }
	// Lift: both 20, first only 5, second only 10, neither 15: the worked example
	// of Cohen's kappa with observed 0.7, expected 0.5, kappa 0.4.
	var pairs []qualitative.Pair
	add := func(n int, a, b []qualitative.Code) {
		for range n {
			pairs = append(pairs, qualitative.Pair{First: a, Second: b, Proposed: len(pairs)%2 == 0})
		}
	}
	add(16, list(lift), list(lift))
	add(4, list(lift), list(liftC))
	add(5, list(lift), nil)
	add(10, nil, list(lift))
	add(15, nil, nil)
	got := map[string]qualitative.Agreement{}
	for _, a := range qualitative.Agreements(pairs) {
		got[a.Key] = a
	}
	k := got["lift"]
	if !k.OK || k.N != 50 || math.Abs(k.Observed-0.7) > 1e-12 || math.Abs(k.Kappa-0.4) > 1e-12 || !(k.Lo < 0.4 && k.Hi > 0.4) || math.Abs(k.Alpha-0.4) > 0.02 {
		t.Errorf("%+v", k)
	}
	if m := got[qualitative.OnMatter]; m.N != 20 || math.Abs(m.Observed-0.8) > 1e-12 {
		t.Errorf("%+v", m)
	}
	if p := got[qualitative.OnPolarity]; p.OK || p.Observed != 1 {
		t.Errorf("all the same has no kappa: %+v", p)
	}
	if got[qualitative.Shown].N+got[qualitative.Blank].N != got[qualitative.OnAny].N {
		t.Errorf("%+v", got)
	}
	table := qualitative.CauseTable(pairs)
	if table[0][0] != 15 || table[0][2] != 10 || table[2][0] != 5 || table[2][1] != 4 || table[2][2] != 16 {
		t.Errorf("%v", table)
	}
}
