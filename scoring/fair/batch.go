package fair

import (
	"cmp"
	"slices"
)

// batchRule looks for fieldwork batches (one interviewer, device or hour within
// a unit) whose extreme answers, on either side, are more than the rest of the
// unit makes believable, and reduces the weight of those answers to the
// expected share over the observed one: a batch of 15 interviews that are all
// "very satisfied" in a unit where two in five are counts each of them as 0.4.
// The rule works from counts, so the order of the answers does not matter. It
// returns the factor by answer, nil where no batch is conspicuous.
func (l *layout) batchRule(in *Input, par *Params) []float64 {
	if in.Batch == nil {
		return nil
	}
	_, all := countBatches(in, par, l.order)
	if all.n == 0 {
		return nil
	}
	low, high := float64(all.low)/float64(all.n), float64(all.high)/float64(all.n)
	out := make([]float64, len(in.Unit))
	for i := range out {
		out[i] = 1
	}
	forUnits(in.Units, func(u int) { l.batchUnit(in, par, u, low, high, out) })
	for _, f := range out {
		if f != 1 {
			return out
		}
	}
	return nil
}

type batchCount struct {
	code         int32
	n, low, high int
}

func (l *layout) batchUnit(in *Input, par *Params, u int, low, high float64, out []float64) {
	answers := l.order[l.start[u]:l.start[u+1]]
	counts, all := countBatches(in, par, answers)
	if len(counts) < 2 {
		return // nothing in the unit to compare a single batch with
	}
	for _, b := range counts {
		if b.n < par.MinBatch {
			continue
		}
		fl := batchFactor(b.n, b.low, all.n-b.n, all.low-b.low, low, len(counts), par.BatchAlpha)
		fh := batchFactor(b.n, b.high, all.n-b.n, all.high-b.high, high, len(counts), par.BatchAlpha)
		if fl == 1 && fh == 1 {
			continue
		}
		for _, i := range answers {
			if in.Batch[i] != b.code {
				continue
			}
			switch s := in.Score[i]; {
			case s <= par.LowAt:
				out[i] = fl
			case s >= par.HighAt:
				out[i] = fh
			}
		}
	}
}

func countBatches(in *Input, par *Params, answers []int32) (counts []batchCount, all batchCount) {
	rows := make([]batchCount, 0, len(answers))
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

// batchFactor tests x extremes of n in a batch against the rest of the unit
// (y of m, with ten answers' worth of the pooled share) and returns the weight
// factor. Bonferroni over the batches of the unit and the two sides.
func batchFactor(n, x, m, y int, pooled float64, batches int, alpha float64) float64 {
	if x == 0 {
		return 1
	}
	r := (float64(y) + 10*pooled) / (float64(m) + 10)
	if binomialTail(n, x, r)*float64(2*batches) >= alpha {
		return 1
	}
	return max(0.1, float64(r*float64(n))/float64(x))
}
