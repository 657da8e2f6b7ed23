package fair

import "math/rand/v2"

// makeInput builds a survey: units with latent shift, five-point answers, lone
// zeros at 2%, and a complaint of 10% in every twentieth unit.
func makeInput(units, n int, seed uint64, weights bool) *Input {
	rng := rand.New(rand.NewPCG(seed, 1))
	in := &Input{Units: units}
	for u := range units {
		d := rng.NormFloat64()
		for range n {
			x := 79.8 + 3*d + 20*rng.NormFloat64()
			s := 25 * float64(int(min(max(x/25+0.5, 0), 4)))
			p := 0.02
			if u%20 == 7 {
				p = 0.12
			}
			if rng.Float64() < p {
				s = 0
			}
			in.Unit = append(in.Unit, int32(u))
			in.Score = append(in.Score, s)
			if weights {
				in.DesignWeight = append(in.DesignWeight, 0.5+rng.Float64())
			}
		}
	}
	return in
}
