package qualitative

import "math"

// calibrate fits the calibration on logits of texts that their model had not
// seen: a and b of the topics by Newton's method on the log loss with Platt's
// (1999) smoothed targets, the temperatures of the other heads (Guo et al.
// 2017) by golden section.
func calibrate(examples []Example, logits [][]float32, topics, matters int) calibration {
	c := calibration{a: 1, polarity: 1, matter: 1}
	c.a, c.b = platt(examples, logits, topics)
	c.polarity = temperature(logits, topics, topics+polarions, func(i int) int { return examples[i].Polarity })
	c.matter = temperature(logits, topics+polarions, topics+polarions+matters, func(i int) int { return examples[i].Matter })
	return c
}

func platt(examples []Example, logits [][]float32, topics int) (a, b float64) {
	var z []float64
	var y []bool
	positive := 0.0
	for i, e := range examples {
		has := map[int]bool{}
		for _, t := range e.Topics {
			has[t] = true
		}
		for k := range topics {
			z, y = append(z, float64(logits[i][k])), append(y, has[k])
			if has[k] {
				positive++
			}
		}
	}
	n := float64(len(z))
	if positive == 0 || positive == n {
		return 1, 0
	}
	high, low := (positive+1)/(positive+2), 1/(n-positive+2)
	a, b = 1, 0
	for range 50 {
		var ga, gb, haa, hab, hbb float64
		for i, v := range z {
			target := low
			if y[i] {
				target = high
			}
			p := sigmoid(a*v + b)
			d, w := p-target, p*(1-p)+1e-12
			ga += d * v
			gb += d
			haa += w * v * v
			hab += w * v
			hbb += w
		}
		haa += 1e-9 * n
		det := haa*hbb - hab*hab
		if det <= 0 {
			return 1, 0
		}
		da, db := (hbb*ga-hab*gb)/det, (haa*gb-hab*ga)/det
		a, b = a-da, b-db
		if math.Abs(da)+math.Abs(db) < 1e-9 {
			break
		}
	}
	if !(a > 0) || math.IsInf(a, 0) || math.IsNaN(b) {
		return 1, 0
	}
	return a, b
}

func temperature(logits [][]float32, from, to int, class func(i int) int) float64 {
	loss := func(t float64) float64 {
		sum := 0.0
		for i, z := range logits {
			if k := class(i); k >= 0 {
				softmax(z[from:to], t, func(j int, p float64) {
					if j == k {
						sum -= math.Log(p + 1e-12)
					}
				})
			}
		}
		return sum
	}
	const golden = 0.6180339887498949
	lo, hi := math.Log(0.02), math.Log(20)
	x1, x2 := hi-golden*(hi-lo), lo+golden*(hi-lo)
	f1, f2 := loss(math.Exp(x1)), loss(math.Exp(x2))
	for range 30 {
		if f1 < f2 {
			hi, x2, f2 = x2, x1, f1
			x1 = hi - golden*(hi-lo)
			f1 = loss(math.Exp(x1))
		} else {
			lo, x1, f1 = x1, x2, f2
			x2 = lo + golden*(hi-lo)
			f2 = loss(math.Exp(x2))
		}
	}
	return math.Exp((lo + hi) / 2)
}
