// Package plant simulates rounds of fieldwork whose truth is known, to measure
// how often the detectors of package quality find what was planted and how
// often they accuse the innocent.
package plant

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gongping/survey/quality"
)

// Shape is the size of a simulated round.
type Shape struct {
	Committees, PerStreet int // committees; of these in one street
	Interviewers          int // of each street
	Each                  int // interviews of an interviewer
	Alone                 int // residents of a committee who answer by link
	Buildings             int // of a committee
	Items                 int
}

// DefaultShape is a round of 16 committees in four streets, 16 interviewers
// with 60 interviews each, and 480 answers by link.
func DefaultShape() Shape {
	return Shape{Committees: 16, PerStreet: 4, Interviewers: 4, Each: 60, Alone: 30, Buildings: 10, Items: 10}
}

// The world of package demo: spread of committees, people and single answers on
// 0 to 100, and the means of ten items.
const (
	committeeSD, personSD, noiseSD, interviewerSD = 3.35, 14.0, 12.0, 1.0
	dontKnow                                      = 0.04
)

var itemMean = []float64{85, 80, 78, 81, 80, 75, 79, 77, 83, 81}

// round is a simulated round with what planting needs.
type round struct {
	Shape
	rng  *rand.Rand
	data quality.Data
	of   map[string][]int // responses by interviewer
	in   map[string][]int // responses by link, by committee
}

func interviewerName(i int) string { return fmt.Sprintf("i%02d", i) }
func committeeName(c int) string   { return fmt.Sprintf("c%02d", c) }

// Honest simulates a round in which nobody cheats. Interviewers work in all
// committees of their street; cases are given to them at random.
func Honest(s Shape, seed, rep uint64) *quality.Data { return &honest(s, seed, rep).data }

func honest(s Shape, seed, rep uint64) *round {
	w := &round{Shape: s, rng: rand.New(rand.NewPCG(seed, rep)), of: map[string][]int{}, in: map[string][]int{}}
	w.data.Characters = make([]int, s.Items)
	for k := range w.data.Characters {
		w.data.Characters[k] = 24 + (k*7)%9
	}
	effect := make([]float64, s.Committees)
	for c := range effect {
		effect[c] = committeeSD * w.rng.NormFloat64()
	}
	streets := s.Committees / s.PerStreet
	for street := range streets {
		for k := range s.Interviewers {
			w.interviewer(street*s.Interviewers+k, street*s.PerStreet, effect)
		}
	}
	for c := range s.Committees {
		for range s.Alone {
			i := w.answer(committeeName(c), effect[c]+w.rng.NormFloat64()*personSD)
			r := &w.data.Responses[i]
			r.Mode, r.Hour = "link", 8+w.rng.IntN(14)
			w.timed(i, 0.75)
			w.in[r.Committee] = append(w.in[r.Committee], i)
		}
		change := 1.5 * w.rng.NormFloat64()
		se := 1.5
		mean := 0.0
		for _, m := range itemMean {
			mean += m / float64(len(itemMean))
		}
		w.data.Earlier = append(w.data.Earlier, quality.Earlier{Committee: committeeName(c), Mean: mean + effect[c] - change + se*w.rng.NormFloat64(), SE: se})
	}
	return w
}

// interviewer plays one interviewer's days: two or three hours of doors, a few
// minutes apart, some of which open.
func (w *round) interviewer(i, first int, effect []float64) {
	name := interviewerName(i)
	own := interviewerSD * w.rng.NormFloat64()
	pace := math.Exp(0.12 * w.rng.NormFloat64())
	done := 0
	for day := 20000; done < w.Each; day++ {
		minute := float64(17*60 + 30 + w.rng.IntN(60))
		if w.rng.Float64() < 0.4 {
			minute = float64(9*60 + 30 + w.rng.IntN(240))
		}
		end := minute + 120 + float64(w.rng.IntN(60))
		for minute < end && done < w.Each {
			c := first + w.rng.IntN(w.PerStreet)
			building := w.rng.IntN(w.Buildings)
			door := w.rng.Float64() < 0.75
			w.data.Attempts = append(w.data.Attempts, quality.Attempt{Interviewer: name, Committee: committeeName(c), Building: fmt.Sprint("b", building),
				Door: door, At: int64(day)*86400 + int64(minute*60), Minute: int(minute)})
			minute += 2.5 + 6*w.rng.Float64()
			if w.rng.Float64() > 0.4 {
				continue
			}
			k := w.answer(committeeName(c), effect[c]+own+personSD*w.rng.NormFloat64()+1)
			r := &w.data.Responses[k]
			r.Interviewer, r.Day, r.Hour, r.Building = name, day, int(minute)/60, fmt.Sprint("b", building)
			r.Mode = "phone"
			if door {
				r.Mode = "door"
				r.Where = &quality.Reading{Distance: math.Abs(60 * w.rng.NormFloat64()), Accuracy: 20}
				if w.rng.Float64() < 0.02 {
					r.Where.Distance += 800 // a position from long ago
				}
			}
			w.timed(k, pace)
			minute += float64(r.Seconds)/60 + 2
			w.of[name] = append(w.of[name], k)
			done++
		}
	}
}

// answer adds a response of a person at a level above the items' means.
func (w *round) answer(committee string, level float64) int {
	i := len(w.data.Responses)
	r := quality.Response{ID: fmt.Sprintf("%016x%05d", w.rng.Uint64(), i), Committee: committee, Building: fmt.Sprint("b", w.rng.IntN(w.Buildings)),
		Day: 20000 + w.rng.IntN(28), Hour: -1, Grades: make([]int8, w.Items)}
	top := 0
	for k := range r.Grades {
		x := itemMean[k%len(itemMean)] + level + noiseSD*w.rng.NormFloat64()
		if w.rng.Float64() < dontKnow {
			continue
		}
		r.Grades[k] = 1 + int8(min(max(math.Floor(x/25+0.5), 0), 4))
		if r.Grades[k] == 5 {
			top++
		}
	}
	r.Numbers = []float64{w.years()}
	if w.rng.Float64() < 0.26 {
		r.Comment = w.comment()
	}
	w.data.Responses = append(w.data.Responses, r)
	return i
}

// years lived here: people round to five and ten.
func (w *round) years() float64 {
	y := math.Floor(1 + w.rng.ExpFloat64()*12)
	if w.rng.Float64() < 0.3 {
		y = 5 * math.Round(y/5)
	}
	return y
}

// timed gives a response its seconds: each question is read and thought about.
func (w *round) timed(i int, pace float64) {
	r := &w.data.Responses[i]
	person := pace * math.Exp(0.25*w.rng.NormFloat64())
	r.PerItem = make([]float64, w.Items)
	total := 15 * person
	for k, c := range w.data.Characters {
		speed := 4.5 // characters a second, read aloud
		if r.Mode == "link" {
			speed = 9
		}
		r.PerItem[k] = (float64(c)/speed + 2.5*math.Exp(0.5*w.rng.NormFloat64())) * person
		total += r.PerItem[k]
	}
	r.Seconds = int(total)
}

var (
	subject = []string{"楼道灯", "电梯", "停车位", "垃圾房", "健身器材", "快递柜", "门禁", "绿化", "路面", "下水道", "充电桩", "活动室", "公告栏", "志愿者", "社工", "食堂"}
	said    = []string{"坏了很久没人修", "最近好多了", "希望早点解决", "能不能多一些", "管得不错", "反映过几次了", "请居委会看看", "老人用着不方便", "晚上太暗", "还可以"}
	ending  = []string{"。", "，谢谢。", "！", "，辛苦了。", "，说了好几次。"}
)

func (w *round) comment() string {
	switch u := w.rng.Float64(); {
	case u < 0.25:
		return "没有什么意见"
	case u < 0.35:
		return "都很好，谢谢居委会"
	}
	pick := func(list []string) string { return list[w.rng.IntN(len(list))] }
	return pick(subject) + pick(said) + pick(ending)
}
