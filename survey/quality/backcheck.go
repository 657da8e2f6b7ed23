package quality

import (
	"encoding/binary"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"gongping/survey/frame/canon"
)

// Drawn tells whether the finished case of a person belongs to the random share
// that is asked again: its lottery ticket (canon.Ticket, the one of the draw)
// under the seed and the purpose "backcheck/" and the round's id, read as a
// fraction of 2^64, lies below the share. Each case is decided by itself, so the
// share can be drawn while the fieldwork runs, in any order, and everybody can
// verify it once the seed is public.
func Drawn(seed, round, person string, share float64) (ticket canon.Sum, yes bool) {
	ticket = canon.Ticket(seed, "backcheck/"+round, person)
	// 53 bits fit a float64 exactly.
	return ticket, float64(binary.BigEndian.Uint64(ticket[:8])>>11) < share*(1<<53)
}

// CommitmentTag is the domain of the digest that commits to a seed.
const CommitmentTag = "gongping/backcheck/seed/v1"

// Commitment is the digest of a seed that is published before the seed.
func Commitment(seed string) canon.Sum { return canon.Hash(CommitmentTag, seed) }

// PairCount is how many people gave First in the interview and Second in the
// back-check.
type PairCount struct {
	First, Second string
	N             int
}

// Agreement compares the interview with the back-check on one item, or several.
type Agreement struct {
	// N pairs were compared, Differ of them differ. Rate lies between Low and
	// High with the given confidence (Wilson 1927, JASA 22:209-212).
	N, Differ       int
	Rate, Low, High float64
	// Shift is the mean of second minus first on 0–100, with Student's interval;
	// ShiftOK is false where there are fewer than two grades on both sides.
	Shifts                     int
	Shift, ShiftLow, ShiftHigh float64
	ShiftOK                    bool
}

// Compare counts differences. Pairs of which one side is empty are left out; "no
// opinion" is an answer, but has no grade. z is the normal quantile of the
// intervals (1.96).
func Compare(pairs []PairCount, z float64) Agreement {
	a := Agreement{}
	sum, squares := 0.0, 0.0
	for _, p := range pairs {
		if p.First == "" || p.Second == "" {
			continue
		}
		a.N += p.N
		if p.First != p.Second {
			a.Differ += p.N
		}
		x, okx := grade(p.First)
		y, oky := grade(p.Second)
		if okx && oky {
			d := y - x
			a.Shifts += p.N
			sum, squares = sum+float64(p.N)*d, squares+float64(p.N)*d*d
		}
	}
	if a.N > 0 {
		n := float64(a.N)
		a.Rate = float64(a.Differ) / n
		mid, half := (a.Rate+z*z/(2*n))/(1+z*z/n), z/(1+z*z/n)*math.Sqrt(a.Rate*(1-a.Rate)/n+z*z/(4*n*n))
		a.Low, a.High = max(0, mid-half), min(1, mid+half)
	}
	if a.Shifts >= 2 {
		n := float64(a.Shifts)
		a.ShiftOK = true
		a.Shift = sum / n
		se := math.Sqrt(math.Max(0, squares/n-a.Shift*a.Shift) / (n - 1))
		t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(distuv.UnitNormal.CDF(z))
		a.ShiftLow, a.ShiftHigh = a.Shift-t*se, a.Shift+t*se
	}
	return a
}

func grade(v string) (float64, bool) {
	if len(v) != 1 || v[0] < '1' || v[0] > '5' {
		return 0, false
	}
	return 25 * float64(v[0]-'1'), true
}
