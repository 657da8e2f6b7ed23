package fair

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"gongping/scoring/repeatable"
)

// batchRule looks for fieldwork batches (one interviewer, device or hour within
// a unit) in which nearly all answers are extreme on one side although the rest
// of the unit is not like that: signs of invented or steered interviews. A
// genuine batch is beta-binomial around the share of the rest of the unit with
// the concentration of a usual interviewer effect; a faulty one has a share
// from Beta(6,1). The frequency of faulty batches is learnt by EM. All answers
// of a batch that is more likely faulty than genuine, whatever their mark,
// count with the probability that it is genuine (at least minGenuine) until
// fieldwork has checked it. Where the extreme answers of the unit share a
// theme, building or week among unrelated households (found), that side is left
// alone: a collective voice is not a fieldwork fault. The rule works from
// counts, so the order of the answers does not matter. It returns the mark of
// every answer, nil where no batch is conspicuous.
func (l *layout) batchRule(in *Input, par *Params, found func(u, k int) bool) []batchMark {
	if in.Batch == nil {
		return nil
	}
	low, high := 0, 0
	for _, s := range in.Score {
		switch {
		case s <= par.LowAt:
			low++
		case s >= par.HighAt:
			high++
		}
	}
	n := float64(max(len(in.Score), 1))
	units := make([][]batchOdds, in.Units)
	forUnits(in.Units, func(u int) {
		units[u] = l.batchUnit(in, par, u, float64(low)/n, float64(high)/n)
	})
	prior := faultyShare(units)
	var out []batchMark
	for u, list := range units {
		for _, b := range list {
			m := batchMark{factor: 1}
			for k, ratio := range b.ratio {
				f := (1 - prior) / (1 - prior + float64(prior*ratio))
				if f < 0.5 && f < m.factor && !found(u, k) {
					m = batchMark{math.Max(f, minGenuine), lowSide + side(k)}
				}
			}
			if m.side == ordinary {
				continue
			}
			if out == nil {
				out = make([]batchMark, len(in.Unit))
			}
			for _, i := range l.order[l.start[u]:l.start[u+1]] {
				if in.Batch[i] == b.code {
					out[i] = m
				}
			}
		}
	}
	return out
}

const (
	minGenuine    = 0.05
	concentration = 30  // of shares between genuine batches, as for a rho of 0.03
	faultyA       = 6.0 // shares in a faulty batch are Beta(faultyA, 1)
)

// faultyShare estimates the share of faulty batches by EM, with one faulty in a
// hundred batches' worth of prior.
func faultyShare(units [][]batchOdds) float64 {
	p := 0.01
	for range 50 {
		sum, n := 1.0, 100.0
		for _, list := range units {
			for _, b := range list {
				r := math.Max(b.ratio[0], b.ratio[1])
				sum += float64(p*r) / (1 - p + float64(p*r))
				n++
			}
		}
		p = sum / n
	}
	return math.Min(p, 0.3)
}

// batchOdds are the likelihood ratios faulty over genuine, low and high side.
type batchOdds struct {
	code  int32
	ratio [2]float64
}

// batchMark is the factor of an answer in a conspicuous batch; side is ordinary
// elsewhere.
type batchMark struct {
	factor float64
	side   side
}

type batchCount struct {
	code, n, low, high int32
}

func (l *layout) batchUnit(in *Input, par *Params, u int, low, high float64) []batchOdds {
	counts, all := countBatches(in, par, l.order[l.start[u]:l.start[u+1]])
	if len(counts) < 2 {
		return nil // nothing in the unit to compare a single batch with
	}
	var out []batchOdds
	for _, b := range counts {
		if int(b.n) >= par.MinBatch {
			out = append(out, batchOdds{b.code, [2]float64{
				faultyRatio(int(b.n), int(b.low), int(all.n-b.n), int(all.low-b.low), low),
				faultyRatio(int(b.n), int(b.high), int(all.n-b.n), int(all.high-b.high), high),
			}})
		}
	}
	return out
}

// batchRows keeps the buffers of countBatches between units.
var batchRows sync.Pool

func countBatches(in *Input, par *Params, answers []int32) (counts []batchCount, all batchCount) {
	buf, _ := batchRows.Get().(*[]batchCount)
	if buf == nil {
		buf = new([]batchCount)
	}
	defer batchRows.Put(buf)
	rows := (*buf)[:0]
	defer func() { *buf = rows[:0] }()
	for _, i := range answers {
		r := batchCount{code: in.Batch[i], n: 1}
		switch s := in.Score[i]; {
		case s <= par.LowAt:
			r.low = 1
		case s >= par.HighAt:
			r.high = 1
		}
		all.n++
		all.low += r.low
		all.high += r.high
		if r.code >= 0 {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b batchCount) int { return cmp.Compare(a.code, b.code) })
	for j, r := range rows {
		if j == 0 || rows[j-1].code != r.code {
			counts = append(counts, batchCount{code: r.code})
		}
		c := &counts[len(counts)-1]
		c.n++
		c.low += r.low
		c.high += r.high
	}
	return counts, all
}

// faultyRatio is the likelihood ratio for x extremes of n in a batch whose unit
// has y of m elsewhere (with ten answers' worth of the pooled share).
func faultyRatio(n, x, m, y int, pooled float64) float64 {
	r := (float64(y) + float64(10*pooled)) / (float64(m) + 10)
	r = math.Min(math.Max(r, 1e-4), 1-1e-4)
	return repeatable.Exp(betaBinomial(n, x, faultyA, 1) - betaBinomial(n, x, float64(concentration*r), float64(concentration*(1-r))))
}

// betaBinomial is the log probability of x in n up to the binomial coefficient:
// rising factorials a(a+1)..(a+x-1) b(b+1)..(b+n-x-1) / (a+b)(a+b+1)..(a+b+n-1).
func betaBinomial(n, x int, a, b float64) float64 {
	ll := 0.0
	for i := range x {
		ll += repeatable.Log(a + float64(i))
	}
	for i := range n - x {
		ll += repeatable.Log(b + float64(i))
	}
	for i := range n {
		ll -= repeatable.Log(a + b + float64(i))
	}
	return ll
}
