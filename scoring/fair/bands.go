package fair

// BandOf is the band of x: the number of cuts (in increasing order) at or below it, 0
// below the first. A score on a cut belongs to the band above.
//
// Source: docs/methods/fair-score.md, interval, reliability, bands, gates.
func BandOf(cuts []float64, x float64) int {
	b := 0
	for _, c := range cuts {
		if x >= c {
			b++
		}
	}
	return b
}

// gate gives the status from completes and reliability. prev is the last
// round's reliability, negative where there was none.
func gate(par *Params, n int, rel, prev float64) Status {
	switch {
	case n < par.MinScore:
		return NotEnough
	case n < par.MinPlain && rel < par.MinReliability:
		return LowReliability
	case rel >= par.ConsequenceReliability && prev >= par.ConsequenceReliability:
		return Consequential
	}
	return Publishable
}

// setBands fills bands from the posterior. A single band is given only where
// the posterior is sure enough and the gate allows a score.
func setBands(r *UnitResult, par *Params, c []component) {
	r.PointBand = BandOf(par.Cuts, r.Official)
	r.BandLo, r.BandHi = BandOf(par.Cuts, r.Lo), BandOf(par.Cuts, r.Hi)
	lo, hi := 0.0, 1.0
	if r.PointBand > 0 {
		lo = below(c, par.Cuts[r.PointBand-1])
	}
	if r.PointBand < len(par.Cuts) {
		hi = below(c, par.Cuts[r.PointBand])
	}
	r.BandProbability = hi - lo
	r.Band = NoBand
	if r.Status >= LowReliability && r.BandProbability >= par.BandConfidence {
		r.Band = r.PointBand
	}
}
