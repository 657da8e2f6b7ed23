package fair

import (
	"math"
	"testing"
)

// tieLow puts the low answers of unit u into one theme, each household once,
// and spreads themes evenly over the low answers of all other units.
func tieLow(in *Input, u int32, households bool) {
	n := len(in.Unit)
	in.Theme, in.Household = make([]int32, n), make([]int32, n)
	k := int32(0)
	for i := range n {
		in.Theme[i], in.Household[i] = -1, int32(i)
		if in.Score[i] > 20 {
			continue
		}
		k++
		in.Theme[i] = k % 10
		if in.Unit[i] == u {
			in.Theme[i] = 3
			if !households {
				in.Household[i] = 1
			}
		}
	}
}

// Low answers of unrelated households that share a theme are a collective
// voice: found, kept more, and named so. The same answers from one household
// are not.
func TestCollectiveSignal(t *testing.T) {
	t.Parallel()
	in := makeInput(100, 60, 21, false)
	plain := score(t, in)
	u := mostLow(plain)
	tieLow(in, int32(u), true)
	tied := score(t, in)
	c := tied.Units[u].CollectiveLow
	if !c.Found || c.Kind != EvidenceTheme || c.Code != 3 || c.Households < 3 {
		t.Fatalf("unit %d with %.0f%% low answers: %+v", u, 100*plain.Units[u].LowRaw, c)
	}
	if tied.Units[u].LowShare < plain.Units[u].LowShare {
		t.Errorf("low share %v with evidence, %v without", tied.Units[u].LowShare, plain.Units[u].LowShare)
	}
	for i, v := range in.Unit {
		if int(v) == u && in.Score[i] == 0 && tied.Answers.Reason[i] != CollectiveLow {
			t.Fatalf("answer %d of the cluster has reason %v", i, tied.Answers.Reason[i])
		}
	}
	tieLow(in, int32(u), false)
	if c := score(t, in).Units[u].CollectiveLow; c.Found {
		t.Errorf("one household alone was taken for a collective: %+v", c)
	}
}

func mostLow(r *Result) int {
	best := 0
	for u := range r.Units {
		if r.Units[u].LowRaw > r.Units[best].LowRaw {
			best = u
		}
	}
	return best
}

// A batch in which all answers are top although the rest of the unit is not
// like that counts little, whatever side; the other batches count in full.
func TestFaultyBatch(t *testing.T) {
	t.Parallel()
	for _, fake := range []float64{0, 100} {
		in := makeInput(60, 60, 22, false)
		in.Batch = make([]int32, len(in.Unit))
		for i := range in.Unit {
			in.Batch[i] = int32(i % 60 / 15)
			if in.Unit[i] == 5 && in.Batch[i] == 2 {
				in.Score[i] = fake
			}
		}
		r := score(t, in)
		want := BatchHigh
		if fake == 0 {
			want = BatchLow
		}
		marked := 0
		for i, reason := range r.Answers.Reason {
			inBatch := in.Unit[i] == 5 && in.Batch[i] == 2
			if (reason == want) != inBatch {
				t.Fatalf("answer %d of unit %d, batch %d: reason %v", i, in.Unit[i], in.Batch[i], reason)
			}
			if inBatch {
				marked++
				if w := r.Answers.RobustWeight[i]; w > 0.5 {
					t.Errorf("answer of the faked batch counts %v", w)
				}
			}
		}
		if marked != 15 {
			t.Errorf("%d answers marked, 15 faked", marked)
		}
	}
}

func TestBinomialTail(t *testing.T) {
	t.Parallel()
	// P(X >= 3), X ~ Bin(10, 0.1) = 1 - (0.9^10 + 10*.1*.9^9 + 45*.01*.9^8).
	near(t, "tail", binomialTail(10, 3, 0.1), 0.0701908264, 1e-12)
	near(t, "tail of all", binomialTail(10, 0, 0.1), 1, 0)
	near(t, "tail, certain", binomialTail(10, 10, 1), 1, 0)
	near(t, "small tail", binomialTail(20, 20, 0.01), 1e-40, 1e-52)
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %v, want %v within %v", what, got, want, tol)
	}
}
