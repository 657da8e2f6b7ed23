package simulate

import "math"

// shares of the five grades of an ordinary answer in an average unit: the usual
// generous marks, and strict ones whose top grade is as rare as the lowest.
var (
	shares = [5]float64{0.01, 0.03, 0.12, 0.44, 0.40}
	strict = [5]float64{0.03, 0.12, 0.41, 0.40, 0.04}
)

const (
	itemCorrelation = 0.5 // latent correlation between the items of one resident
	nodes           = 41  // integration nodes over the resident effect
)

// instrument gives the distribution of one resident's composite score (mean of
// the items, 0..100 in steps of 25/items) for a latent shift.
type instrument struct {
	items  int
	values []float64
	cuts   [4]float64
	node   []float64 // resident effect and its weight
	weight []float64
}

func newInstrument(items int, shares [5]float64) *instrument {
	ins := &instrument{items: items}
	for k := range 4*items + 1 {
		ins.values = append(ins.values, 25*float64(k)/float64(items))
	}
	cum := 0.0
	for k := range ins.cuts {
		cum += shares[k]
		ins.cuts[k] = normalQuantile(cum)
	}
	if items == 1 {
		ins.node, ins.weight = []float64{0}, []float64{1}
		return ins
	}
	total := 0.0
	for j := range nodes {
		z := -4 + 8*float64(j)/(nodes-1)
		w := math.Exp(-0.5 * z * z)
		ins.node = append(ins.node, z*math.Sqrt(itemCorrelation))
		ins.weight = append(ins.weight, w)
		total += w
	}
	for j := range ins.weight {
		ins.weight[j] /= total
	}
	return ins
}

// distribution returns the probabilities of ins.values at a latent shift.
func (ins *instrument) distribution(shift float64) []float64 {
	out := make([]float64, len(ins.values))
	sd := 1.0
	if ins.items > 1 {
		sd = math.Sqrt(1 - itemCorrelation)
	}
	for j, a := range ins.node {
		var p [5]float64
		prev := 0.0
		for k := range 4 {
			c := normalCDF((ins.cuts[k] - shift - a) / sd)
			p[k] = c - prev
			prev = c
		}
		p[4] = 1 - prev
		sum := []float64{1}
		for range ins.items {
			next := make([]float64, len(sum)+4)
			for i, s := range sum {
				for k, q := range p {
					next[i+k] += s * q
				}
			}
			sum = next
		}
		for i, s := range sum {
			out[i] += ins.weight[j] * s
		}
	}
	return out
}

func (ins *instrument) mean(dist []float64) float64 {
	s := 0.0
	for i, p := range dist {
		s += p * ins.values[i]
	}
	return s
}

func normalCDF(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

func normalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }
