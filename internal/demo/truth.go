package demo

import "math"

// Truth is what really holds in the simulated district: what a scoring method
// should find. All effects are on the 0–100 scale before an answer is rounded
// to one of five grades; means are of the graded answers.
type Truth struct {
	// BetweenSD is the intended standard deviation of the committees' true
	// means, LatentSD that of the effects before grading.
	BetweenSD, LatentSD float64
	// ItemMean is the district level of each five-grade item, Items its ids.
	Items    []string
	ItemMean []float64
	// ItemSD is the committee's own deviation on single items, PersonSD the
	// spread of residents, NoiseSD that of single answers.
	ItemSD, PersonSD, NoiseSD float64
	// AgeEffect is by survey.AgeBands, TenureEffect by tenure, ModeEffect by
	// mode of the interview, EvaluatorSD the spread of interviewers.
	AgeEffect    map[string]float64
	TenureEffect map[string]float64
	ModeEffect   map[string]float64
	EvaluatorSD  float64
	// GrievanceRate is the share of lone grievances, GrievanceShift their
	// effect on every item.
	GrievanceRate, GrievanceShift float64

	Committees []CommitteeTruth
	// The three stories.
	Collective, Coached, Lone Story
}

// CommitteeTruth is the truth about one committee. The means are over every
// adult of the frame who still lives there, over the ten five-grade items, as
// if each of them answered a private link and had an opinion on each item.
type CommitteeTruth struct {
	Code, Name string
	// Effect is the committee's latent effect, Population the adults in the
	// frame.
	Effect     float64
	Population int
	// TrueMean is of honest answers, AnsweredMean of the answers that would be
	// given (they differ only where people are coached), OverallMean of the
	// honest answers to the item "overall".
	TrueMean, AnsweredMean, OverallMean float64
}

// Story is one of the planted stories.
type Story struct {
	Committee, Name string
	Part            Part
	// Buildings and People take part; Share is of the committee's adults.
	Buildings []string
	People    []string
	Share     float64
	// Theme is what it is about, in Chinese and English.
	Theme map[string]string
}

// The parameters of the truth. latentSD is above the intended 3 points because
// grading squeezes the top of the scale.
const (
	betweenSD      = 3.0
	latentSD       = 3.35
	itemSD         = 1.5
	personSD       = 14.0
	noiseSD        = 12.0
	evaluatorSD    = 1.0
	grievanceRate  = 0.02
	grievanceShift = -58.0
)

var (
	itemMean     = [nGrade]float64{85, 80, 78, 81, 80, 75, 79, 77, 83, 81}
	ageEffect    = map[string]float64{"18-29": -3, "30-44": -1, "45-59": 0, "60-74": 2, "75+": 3}
	tenureEffect = map[string]float64{"owner": 0.5, "tenant": -2, "other": 0}
	modeEffect   = map[string]float64{"door": 1, "phone": 1, "link": 0}
	// collectiveShift is by item: the complaint is about lifts and property,
	// and colours the rest.
	collectiveShift = [nGrade]float64{-15, -45, -55, -8, -50, -68, -22, -30, -8, -50}
	// dontKnow is the share of 不清楚 by item among people who had contact;
	// it is 1.8 times that among those who had none.
	dontKnow = [nGrade]float64{0.03, 0.05, 0.06, 0.01, 0.02, 0.05, 0.09, 0.11, 0.03, 0.01}
	// declined is the share of 不愿回答 by item: people talk least freely about
	// persons and about the whole.
	declined = [nGrade]float64{0.010, 0.004, 0.006, 0.001, 0.001, 0.003, 0.006, 0.004, 0.001, 0.012}
)

// makeEffects draws the committees' effects and standardises them, so that
// their mean is 0 and their standard deviation exactly latentSD.
func (w *World) makeEffects() {
	r := stream(w.Seed, stageEffects, 0)
	n := float64(len(w.committees))
	sum, squares := 0.0, 0.0
	for i := range w.committees {
		c := &w.committees[i]
		c.effect = r.NormFloat64()
		sum += c.effect
		c.elder = min(max(float64(0.35*r.NormFloat64()), -0.8), 0.8)
		c.renting = float64(0.8 * r.NormFloat64())
		for k := range c.itemEffect {
			c.itemEffect[k] = float64(itemSD * r.NormFloat64())
		}
	}
	for i := range w.committees {
		c := &w.committees[i]
		c.effect -= sum / n
		squares += float64(c.effect * c.effect)
	}
	scale := latentSD / math.Sqrt(squares/n)
	for i := range w.committees {
		w.committees[i].effect *= scale
	}
}

// makeTruth computes the true means from the answers that everybody would
// give in the finished round.
func (w *World) makeTruth() {
	t := &w.Truth
	t.BetweenSD, t.LatentSD, t.ItemSD, t.PersonSD, t.NoiseSD = betweenSD, latentSD, itemSD, personSD, noiseSD
	t.EvaluatorSD, t.GrievanceRate, t.GrievanceShift = evaluatorSD, grievanceRate, grievanceShift
	t.Items, t.ItemMean = gradeItems[:], itemMean[:]
	t.AgeEffect, t.TenureEffect, t.ModeEffect = ageEffect, tenureEffect, modeEffect
	for i := range w.committees {
		c := &w.committees[i]
		ct := CommitteeTruth{Code: c.code, Name: c.name, Effect: c.effect, Population: c.population}
		honest, answered, overall, n := 0, 0, 0, 0
		for k := c.first; k < c.first+c.population; k++ {
			p := &w.People[k]
			if p.Moved {
				continue
			}
			g := w.grades(p, finishedRound, 0)
			for _, x := range g {
				honest += 25 * (x - 1)
				if p.Part == Coached {
					x = 5
				}
				answered += 25 * (x - 1)
			}
			overall += 25 * (g[nGrade-1] - 1)
			n++
		}
		if n > 0 {
			ct.TrueMean = float64(honest) / float64(n*nGrade)
			ct.AnsweredMean = float64(answered) / float64(n*nGrade)
			ct.OverallMean = float64(overall) / float64(n)
		}
		t.Committees = append(t.Committees, ct)
	}
}
