package qualitative_test

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"gongping/scoring/qualitative"
)

// coded makes n comments on three topics, some on two, with a share of wrong codes.
func coded(n int, wrong float64) []qualitative.Example {
	rng := rand.New(rand.NewPCG(5, 6))
	about := [][]string{{"电梯停运", "电梯困人", "加装电梯", "电梯维修"}, {"停车位少", "乱停车", "停车费涨", "车位规划"}, {"居委会热心", "社工上门", "办事态度", "志愿者负责"}}
	tails := []string{"希望解决", "说了几次", "谢谢", "请看看", "大家都知道", "今年以来"}
	var out []qualitative.Example
	for range n {
		t := rng.IntN(3)
		e := qualitative.Example{Text: tails[rng.IntN(6)] + about[t][rng.IntN(4)] + tails[rng.IntN(6)], Topics: []int{t}, Polarity: 0, Matter: t}
		if t == 2 {
			e.Polarity = 2
		}
		if rng.IntN(5) == 0 {
			o := (t + 1) % 3
			e.Text += about[o][rng.IntN(4)]
			e.Topics = []int{min(t, o), max(t, o)}
		}
		if rng.Float64() < wrong {
			e.Topics, e.Matter = []int{rng.IntN(3)}, rng.IntN(3)
		}
		out = append(out, e)
	}
	return out
}

func TestModelLearnsFromCodes(t *testing.T) {
	t.Parallel()
	all := coded(400, 0)
	m, scored := qualitative.Held(all[:300], all[300:], 3, 3, 0)
	r := qualitative.Evaluate([]string{"lift", "parking", "service"}, scored, false, 0.5, 0)
	if r.MicroF1 < 0.95 || r.Kappa < 0.9 || r.ECE > 0.1 {
		t.Errorf("%+v", r)
	}
	var p qualitative.Prediction
	pr := m.Predictor()
	pr.Predict("我们楼的电梯又停运了", &p)
	sum := p.Matter[0] + p.Matter[1] + p.Matter[2]
	if p.Topics[0] < 0.8 || p.Matter[0] < 0.7 || p.Polarity[0] < 0.8 || math.Abs(sum-1) > 1e-9 || p.Confidence() < 0.4 {
		t.Errorf("%+v", p)
	}
	sure := p.Confidence()
	if pr.Predict("完全不相干的话", &p); p.Confidence() >= sure {
		t.Errorf("as sure of what it has never seen: %v, %v", p.Confidence(), sure)
	}
	pr.Predict("", &p) // no features: the shares of the classes
	for _, v := range p.Topics {
		if math.IsNaN(v) || v < 0 || v > 1 {
			t.Errorf("%+v", p)
		}
	}
	if qualitative.Train(all[:qualitative.MinCoded-1], 3, 3) != nil {
		t.Error("a model from nearly nothing")
	}
}

// Where a third of the codes is noise, the probabilities must say so.
func TestProbabilitiesAreHonest(t *testing.T) {
	t.Parallel()
	all := coded(900, 0.4)
	_, scored := qualitative.Held(all[:600], all[600:], 3, 3, 2)
	r := qualitative.Evaluate([]string{"a", "b", "c"}, scored, true, 0, 0)
	if r.ECE > 0.09 || r.Accuracy < 0.6 {
		t.Errorf("%+v", r)
	}
}

func TestTrainingIsDeterministic(t *testing.T) {
	t.Parallel()
	all := coded(120, 0.1)
	var a, b qualitative.Prediction
	qualitative.Train(all, 3, 3).Predictor().Predict("电梯停运", &a)
	qualitative.Train(all, 3, 3).Predictor().Predict("电梯停运", &b)
	if a.Topics[0] != b.Topics[0] || a.Matter[1] != b.Matter[1] || a.Polarity != b.Polarity {
		t.Errorf("%+v, %+v", a, b)
	}
}

func TestEvaluateAgainstHandCount(t *testing.T) {
	t.Parallel()
	// Four texts, two classes: three right. Accuracy 3/4, both classes F1 from
	// (right, found, n) = (1, 1, 2) and (2, 3, 2): 2/3 and 4/5; kappa
	// (0.75−0.5)/(1−0.5).
	r := qualitative.Evaluate([]string{"x", "y"}, []qualitative.Scored{
		{True: []int{0}, Prob: []float64{0.9, 0.1}}, {True: []int{0}, Prob: []float64{0.4, 0.6}},
		{True: []int{1}, Prob: []float64{0.2, 0.8}}, {True: []int{1}, Prob: []float64{0.3, 0.7}}}, true, 0, 0)
	near := func(got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%v, want %v", got, want)
		}
	}
	near(r.Accuracy, 0.75)
	near(r.Baseline, 0.5)
	near(r.Classes[0].F1, 2.0/3)
	near(r.Classes[1].F1, 0.8)
	near(r.MicroF1, 0.75)
	near(r.Kappa, 0.5)
	// Bins 0.9 (right), 0.6 (wrong), 0.8 and 0.7 (right): (0.1+0.6+0.2+0.3)/4.
	near(r.ECE, 0.3)
	near(r.Brier, (0.01+0.36+0.04+0.09)/4)
}

// BenchmarkCode codes comments of 60 characters with 30 topics on all cores;
// the goal is 100,000 a second.
func BenchmarkCode(b *testing.B) {
	texts := million(20_000)
	var train []qualitative.Example
	for i, t := range texts[:400] {
		train = append(train, qualitative.Example{Text: t, Topics: []int{i % 30}, Polarity: i % 3, Matter: i % 7})
	}
	m := qualitative.Train(train, 30, 7)
	b.ResetTimer()
	for b.Loop() {
		var wg sync.WaitGroup
		workers := runtime.GOMAXPROCS(0)
		for w := range workers {
			wg.Go(func() {
				p, out := m.Predictor(), qualitative.Prediction{}
				for i := w; i < len(texts); i += workers {
					p.Predict(texts[i], &out)
				}
			})
		}
		wg.Wait()
	}
	b.ReportMetric(float64(len(texts)*b.N)/b.Elapsed().Seconds(), "comments/s")
}

// BenchmarkTrain trains on as many codes as a district gathers in a year.
func BenchmarkTrain(b *testing.B) {
	all := coded(3000, 0.1)
	for b.Loop() {
		qualitative.Train(all, 30, 7)
	}
}
