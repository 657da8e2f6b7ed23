package qualitative

import (
	"math"
	"math/rand/v2"
	"slices"
)

// The parameters of the model. They were chosen on training parts of the data
// of docs/methods/qualitative.md, never on the held-out parts.
const (
	buckets   = 1 << 16
	epochs    = 24
	rate      = 0.6
	l2        = 2e-4
	folds     = 5
	MinCoded  = 20 // fewer examples train no model
	polarions = 3
)

// Example is a text with the codes that people gave it.
type Example struct {
	Text     string
	Topics   []int // classes of the topic head; none is an answer too
	Polarity int   // 0 negative, 1 neutral, 2 positive; -1 where nobody said
	Matter   int   // class of the matter head; -1 where nobody said
}

// Prediction holds calibrated probabilities. Topics are independent of each
// other; Polarity and Matter sum to one.
type Prediction struct {
	Topics   []float64
	Polarity [polarions]float64
	Matter   []float64
}

// Confidence is how sure the proposal as a whole is: the product of the
// probabilities of what it says on each head. The queue begins with the least.
func (p *Prediction) Confidence() float64 {
	topic := 0.0
	for _, v := range p.Topics {
		topic = max(topic, v)
	}
	return topic * slices.Max(p.Polarity[:]) * slices.Max(p.Matter)
}

// Model proposes codes. It is a linear classifier over hashed character 1- and
// 2-grams (words and their pairs in alphabets; Weinberger et al. 2009): one
// logistic regression per topic, a softmax for polarity and one for matter,
// trained together by AdaGrad (Duchi, Hazan & Singer 2011) and calibrated on
// predictions for texts it was not trained on (Platt 1999).
type Model struct {
	Examples        int
	topics, matters int
	weight          []float32 // buckets × width
	bias            []float32
	cal             calibration
}

// calibration turns a logit z into a probability: σ(a·z + b) for topics,
// softmax(t·z) for the other heads.
type calibration struct{ a, b, polarity, matter float64 }

func (m *Model) width() int { return m.topics + polarions + m.matters }

// Train learns from examples; it returns nil where there are fewer than
// MinCoded. The same examples in the same order give the same model.
func Train(examples []Example, topics, matters int) *Model {
	if len(examples) < MinCoded {
		return nil
	}
	rows := featureRows(examples)
	all := make([]int, len(examples))
	for i := range all {
		all[i] = i
	}
	out := crossLogits(examples, rows, topics, matters)
	m := fit(examples, rows, all, topics, matters)
	m.cal = calibrate(examples, out, topics, matters)
	return m
}

// featureRows hashes every text once.
func featureRows(examples []Example) [][]uint32 {
	rows := make([][]uint32, len(examples))
	parallel(len(examples), func(i int) {
		var f featurer
		rows[i] = slices.Clone(f.of(examples[i].Text))
	})
	return rows
}

// crossLogits gives every example the logits of a model that has not seen it.
func crossLogits(examples []Example, rows [][]uint32, topics, matters int) [][]float32 {
	out := make([][]float32, len(examples))
	done := make(chan struct{}, folds)
	for k := range folds {
		go func() {
			var train []int
			for i := range examples {
				if i%folds != k {
					train = append(train, i)
				}
			}
			m := fit(examples, rows, train, topics, matters)
			for i := k; i < len(examples); i += folds {
				out[i] = make([]float32, m.stride())
				m.logits(rows[i], out[i])
			}
			done <- struct{}{}
		}()
	}
	for range folds {
		<-done
	}
	return out
}

// fit runs AdaGrad over the examples of the list.
func fit(examples []Example, rows [][]uint32, list []int, topics, matters int) *Model {
	m := &Model{Examples: len(list), topics: topics, matters: matters}
	w := m.stride()
	m.weight, m.bias = make([]float32, buckets*w), make([]float32, w)
	square, squareBias := make([]float32, buckets*w), make([]float32, w)
	for i := range square {
		square[i] = 1e-2
	}
	for i := range squareBias {
		squareBias[i] = 1e-2
	}
	order := slices.Clone(list)
	rng := rand.New(rand.NewPCG(7, uint64(len(list))))
	z, g := make([]float32, w), make([]float32, w)
	for range epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			m.logits(rows[i], z)
			m.gradient(&examples[i], z, g)
			x := scaleOf(rows[i])
			for _, f := range rows[i] {
				ws, ss := m.weight[int(f)*w:int(f+1)*w], square[int(f)*w:int(f+1)*w]
				for k, gk := range g {
					if gk == 0 {
						continue
					}
					d := gk*x + l2*ws[k]
					ss[k] += d * d
					ws[k] -= rate * d / float32(math.Sqrt(float64(ss[k])))
				}
			}
			for k, gk := range g {
				squareBias[k] += gk * gk
				m.bias[k] -= rate * gk / float32(math.Sqrt(float64(squareBias[k])))
			}
		}
	}
	return m
}

// scaleOf makes the features of a text a vector of length one.
func scaleOf(row []uint32) float32 {
	if len(row) == 0 {
		return 0
	}
	return float32(1 / math.Sqrt(float64(len(row))))
}

// lane is how many classes are summed at once, in registers.
const lane = 8

// stride is the width of a row of weights: the classes, padded to whole lanes.
func (m *Model) stride() int { return (m.width() + lane - 1) / lane * lane }

// logits writes w·x + b of all classes, and zeros in the padding.
func (m *Model) logits(row []uint32, z []float32) {
	stride, x := len(z), scaleOf(row)
	for c := 0; c < stride; c += lane {
		var a [lane]float32
		for _, f := range row {
			w := (*[lane]float32)(m.weight[int(f)*stride+c:])
			a[0] += w[0]
			a[1] += w[1]
			a[2] += w[2]
			a[3] += w[3]
			a[4] += w[4]
			a[5] += w[5]
			a[6] += w[6]
			a[7] += w[7]
		}
		for k, v := range a {
			z[c+k] = v*x + m.bias[c+k]
		}
	}
}

// gradient writes the derivative of the log loss by the logits; heads on which
// nobody said anything have none.
func (m *Model) gradient(e *Example, z, g []float32) {
	clear(g)
	for k := range m.topics {
		g[k] = float32(sigmoid(float64(z[k])))
	}
	for _, t := range e.Topics {
		g[t]--
	}
	head := func(from, to, class int) {
		if class < 0 {
			return
		}
		softmax(z[from:to], 1, func(k int, p float64) { g[from+k] = float32(p) })
		g[from+class]--
	}
	head(m.topics, m.topics+polarions, e.Polarity)
	head(m.topics+polarions, m.width(), e.Matter)
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// softmax calls each with exp(t·z_k)/Σ exp(t·z).
func softmax(z []float32, t float64, each func(k int, p float64)) {
	top := float64(slices.Max(z))
	sum := 0.0
	for _, v := range z {
		sum += math.Exp(t * (float64(v) - top))
	}
	for k, v := range z {
		each(k, math.Exp(t*(float64(v)-top))/sum)
	}
}

// Predictor predicts with a model; it holds the buffers, so every goroutine
// has its own.
type Predictor struct {
	m    *Model
	feat featurer
	z    []float32
}

// Predictor returns a predictor of the model.
func (m *Model) Predictor() *Predictor { return &Predictor{m: m, z: make([]float32, m.stride())} }

// Predict writes the proposal for a text; the slices of p are used again.
func (p *Predictor) Predict(text string, out *Prediction) {
	p.m.logits(p.feat.of(text), p.z)
	p.m.probabilities(p.z, out)
}

func (m *Model) probabilities(z []float32, out *Prediction) {
	out.Topics = slices.Grow(out.Topics[:0], m.topics)[:m.topics]
	out.Matter = slices.Grow(out.Matter[:0], m.matters)[:m.matters]
	for k := range m.topics {
		out.Topics[k] = sigmoid(m.cal.a*float64(z[k]) + m.cal.b)
	}
	softmax(z[m.topics:m.topics+polarions], m.cal.polarity, func(k int, p float64) { out.Polarity[k] = p })
	softmax(z[m.topics+polarions:m.width()], m.cal.matter, func(k int, p float64) { out.Matter[k] = p })
}

// featurer hashes texts; its buffers are used again.
type featurer struct {
	runes []rune
	row   []uint32
}

// of lists the hashed features of a text, valid until the next call.
func (f *featurer) of(text string) []uint32 {
	f.runes = fold(f.runes[:0], text)
	f.row = f.row[:0]
	add := func(a, b uint64) { f.row = append(f.row, uint32(mix(a*0x9e3779b97f4a7c15+b)>>32)&(buckets-1)) }
	var last, word uint64
	length := 0
	end := func() {
		if length > 0 {
			add(1, word)
			if last != 0 {
				add(2, mix(last)+word)
			}
			last, word, length = word, 0, 0
		}
	}
	for i, r := range f.runes {
		switch {
		case han(r):
			end()
			add(3, uint64(r))
			if i > 0 && han(f.runes[i-1]) {
				add(4, uint64(f.runes[i-1])<<24|uint64(r))
			}
			last = 0
		case r == ' ':
			end()
		default:
			word = mix(word + uint64(r))
			if length++; length == 5 {
				add(5, word) // the stem, roughly
			}
		}
	}
	end()
	return f.row
}
