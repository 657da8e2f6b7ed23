package qualitative

import (
	"math"
	"slices"

	"gongping/scoring/rater"
)

// ClassReport is how well a class was found among texts that were held out.
type ClassReport struct {
	Class                 string
	N, Found, Right       int // by people, by the model, by both
	Precision, Recall, F1 float64
}

// Report measures a model against people on texts held out from training.
type Report struct {
	Train, Test int
	// Accuracy is the share of texts whose classes are exactly those of people;
	// Baseline that of always saying what is most frequent in training.
	Accuracy, Baseline float64
	MicroF1, MacroF1   float64
	BaselineF1         float64 // micro F1 of the most frequent class
	// Kappa is Cohen's kappa of model and people with its 95% interval: on the
	// classes where every text has one, else pooled over yes and no of all.
	Kappa, KappaLo, KappaHi float64
	Brier, ECE              float64 // of the probabilities; ECE in ten bins of equal width
	Classes                 []ClassReport
}

// Scored is a text's true classes and the model's probability of every class.
type Scored struct {
	True []int
	Prob []float64
}

// Evaluate compares probabilities with what people said. single: every text has
// one class and the most probable is chosen; otherwise every class at or above
// threshold. usual is the most frequent class of the training part.
//
// Source: micro and macro F1 as in Yang and Liu (1999).
func Evaluate(names []string, list []Scored, single bool, threshold float64, usual int) Report {
	k := len(names)
	r := Report{Test: len(list), Classes: make([]ClassReport, k)}
	table := square(k)
	binary := square(2)
	var rel reliability
	exact, base, baseRight := 0, 0, 0
	total := 0
	for _, s := range list {
		chosen := choose(s.Prob, single, threshold)
		if slices.Equal(chosen, s.True) {
			exact++
		}
		if slices.Equal(s.True, []int{usual}) {
			base++
		}
		if slices.Contains(s.True, usual) {
			baseRight++
		}
		total += len(s.True)
		for c := range k {
			t, m := slices.Contains(s.True, c), slices.Contains(chosen, c)
			binary[at01(t)][at01(m)]++
			r.Classes[c].N += at01(t)
			r.Classes[c].Found += at01(m)
			r.Classes[c].Right += at01(t && m)
			if !single {
				rel.add(s.Prob[c], t)
			}
		}
		if single {
			table[s.True[0]][chosen[0]]++
			rel.add(s.Prob[chosen[0]], chosen[0] == s.True[0])
		}
	}
	n := float64(len(list))
	r.Accuracy, r.Baseline = float64(exact)/n, float64(base)/n
	r.BaselineF1 = f1(baseRight, len(list), total)
	r.ECE, r.Brier = rel.ece(), rel.brier()
	found, right, seen := 0, 0, 0
	for c := range r.Classes {
		x := &r.Classes[c]
		x.Class = names[c]
		if x.Found > 0 {
			x.Precision = float64(x.Right) / float64(x.Found)
		}
		if x.N > 0 {
			x.Recall = float64(x.Right) / float64(x.N)
		}
		x.F1 = f1(x.Right, x.Found, x.N)
		if x.N > 0 { // a class that nobody gave has no F1
			r.MacroF1 += x.F1
			seen++
		}
		found, right = found+x.Found, right+x.Right
	}
	r.MacroF1 /= float64(max(seen, 1))
	r.MicroF1 = f1(right, found, total)
	if !single {
		table = binary
	}
	if kappa, err := rater.CohenKappa(table, rater.Unweighted); err == nil {
		r.Kappa, r.KappaLo, r.KappaHi = kappa.Value, kappa.Lower, kappa.Upper
	}
	return r
}

func square(k int) [][]float64 {
	t := make([][]float64, k)
	for i := range t {
		t[i] = make([]float64, k)
	}
	return t
}

func at01(b bool) int {
	if b {
		return 1
	}
	return 0
}

func f1(right, found, n int) float64 {
	if found+n == 0 {
		return 0
	}
	return 2 * float64(right) / float64(found+n)
}

// choose lists the classes that probabilities stand for, in order.
func choose(p []float64, single bool, threshold float64) []int {
	if single {
		best := 0
		for k, v := range p {
			if v > p[best] {
				best = k
			}
		}
		return []int{best}
	}
	var out []int
	for k, v := range p {
		if v >= threshold {
			out = append(out, k)
		}
	}
	return out
}

// reliability collects probabilities and what came true.
type reliability struct {
	n, p, y [10]float64
	sq, all float64
}

func (r *reliability) add(p float64, yes bool) {
	b := min(int(p*10), 9)
	y := float64(at01(yes))
	r.n[b]++
	r.p[b] += p
	r.y[b] += y
	r.sq += (p - y) * (p - y)
	r.all++
}

// ece is the expected calibration error Σ n_b/n |mean p − share true| (Naeini,
// Cooper & Hauskrecht 2015).
func (r *reliability) ece() float64 {
	e := 0.0
	for b, n := range r.n {
		if n > 0 {
			e += math.Abs(r.p[b]-r.y[b]) / r.all
		}
	}
	return e
}

func (r *reliability) brier() float64 { return r.sq / r.all }

// Held trains on a part and predicts the other: the probabilities of the topic
// head (head 0), polarity (1) or matter (2) of every test text.
func Held(train, test []Example, topics, matters, head int) (*Model, []Scored) {
	m := Train(train, topics, matters)
	if m == nil {
		return nil, nil
	}
	out := make([]Scored, len(test))
	p := m.Predictor()
	var pred Prediction
	for i, e := range test {
		p.Predict(e.Text, &pred)
		switch head {
		case 0:
			out[i] = Scored{True: slices.Sorted(slices.Values(e.Topics)), Prob: slices.Clone(pred.Topics)}
		case 1:
			out[i] = Scored{True: []int{e.Polarity}, Prob: slices.Clone(pred.Polarity[:])}
		default:
			out[i] = Scored{True: []int{e.Matter}, Prob: slices.Clone(pred.Matter)}
		}
	}
	return m, out
}

// BestThreshold is the threshold on topics that has the highest micro F1 on
// examples, each predicted by a model that has not seen it.
func BestThreshold(examples []Example, topics, matters int) float64 {
	rows := featureRows(examples)
	logits := crossLogits(examples, rows, topics, matters)
	cal := calibrate(examples, logits, topics, matters)
	best, at := -1.0, 0.5
	for t := 0.1; t < 0.9; t += 0.05 {
		right, found, n := 0, 0, 0
		for i, e := range examples {
			for k := range topics {
				yes := slices.Contains(e.Topics, k)
				say := sigmoid(cal.a*float64(logits[i][k])+cal.b) >= t
				right, found, n = right+at01(yes && say), found+at01(say), n+at01(yes)
			}
		}
		if f := f1(right, found, n); f > best {
			best, at = f, t
		}
	}
	return at
}
