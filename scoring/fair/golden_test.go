package fair

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"
)

// goldenDigest was computed on linux/amd64. Any processor, compiler or core
// count must reproduce it: the published figures are rebuilt elsewhere. A change
// of the estimator that moves reported numbers changes it on purpose.
const goldenDigest = "1036d8f8adae8e3f505c4cd9fcfb5c97938e80992ccc1e29cb15a64cd1b2248a"

// integerInput is a survey made of integer arithmetic only, so that the input
// itself is the same everywhere.
func integerInput(units, n int) *Input {
	in := &Input{Units: units}
	x := uint32(12345)
	next := func(m uint32) uint32 {
		x = x*1664525 + 1013904223
		return (x >> 8) % m
	}
	for u := range units {
		level := next(12)
		for i := range n + int(next(40)) {
			s := 25 * min(4, (next(50)+level)/12)
			if next(40) == 0 || u%9 == 4 && next(8) == 0 {
				s = 0
			}
			in.Unit = append(in.Unit, int32(u))
			in.Score = append(in.Score, float64(s))
			in.DesignWeight = append(in.DesignWeight, float64(4+next(5))/6)
			in.Theme = append(in.Theme, int32(next(9))-1)
			in.Building = append(in.Building, int32(next(5)))
			in.Batch = append(in.Batch, int32(i/20))
		}
	}
	return in
}

func TestGoldenDigest(t *testing.T) {
	r := score(t, integerInput(70, 50))
	h := sha256.New()
	put := func(x float64) {
		h.Write(binary.BigEndian.AppendUint64(nil, math.Float64bits(x)))
	}
	for i := range r.Units {
		u := &r.Units[i]
		for _, x := range []float64{u.Raw, u.RawSE, u.Huber, u.EB, u.Official, u.SE, u.Lo, u.Hi, u.Reliability, u.LowShare, u.CollectiveLow.P, float64(u.Fragility)} {
			put(x)
		}
	}
	for i := range r.Answers.Influence {
		put(r.Answers.Influence[i])
		put(r.Answers.RobustWeight[i])
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != goldenDigest {
		t.Errorf("digest %s, want %s", got, goldenDigest)
	}
}
