package quality

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"gongping/analytics/fairness"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/pg"
	"gongping/internal/pg/qualitydb"
	"gongping/scoring/rater"
	"gongping/scoring/shrink"
	"gongping/survey/instrument"
	"gongping/survey/quality"
)

// Person is one interviewer beside the others.
type Person struct {
	field.Tally
	// Interviews are their own (link answers of their cases are not); Minutes
	// the median length.
	Interviews int
	Minutes    float64
	MinutesOK  bool
	// Level is the mean level of their interviews, 0 to 100, adjusted for the
	// committees they worked in; Low and High hold for all interviewers
	// together (Bonferroni). LevelOK is false below the rule book's cell.
	Level, Low, High float64
	LevelOK          bool
}

// People compares the interviewers of a round. They stand in the order of their
// names: with intervals that overlap, an order by level would say nothing.
type People struct {
	Round  field.Round
	Area   string
	Name   string
	People []Person
	Mean   float64
	N      int
	// Effect is the interviewer effect after the committees' differences were
	// taken out; nil where it cannot be computed.
	Effect *fairness.InterviewerEffect
	Cell   int
}

// Interviewers compares the interviewers of a round within an area.
func (s *Service) Interviewers(ctx context.Context, who authz.Actor, roundID, area string) (v People, err error) {
	if area, err = areaOf(who, area); err != nil {
		return v, err
	}
	progress, err := s.Field.Progress(ctx, who, roundID, area)
	if err != nil {
		return v, err
	}
	v = People{Round: progress.Round, Area: area, Name: progress.AreaName, Cell: progress.Cell}
	err = s.Read(ctx, who, authz.QualityRead, authz.Object{Area: area}, func(ctx context.Context, db pg.Querier) error {
		list, err := qualitydb.Responses(ctx, db, who.District, v.Round.ID, area)
		if err == nil {
			v.compare(progress.Evaluators, list)
		}
		return err
	})
	return v, err
}

// levelOf is the mean of a response's grades, 0 to 100.
func levelOf(r *qualitydb.Response, q *instrument.Questionnaire) (float64, bool) {
	sum, n := 0.0, 0
	for _, it := range q.Items {
		if it.Kind != instrument.Grade5 {
			continue
		}
		if g, ok := instrument.Score(r.Answers[it.ID]); ok {
			sum, n = sum+g, n+1
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}

func (v *People) compare(tallies []field.Tally, list []qualitydb.Response) {
	type own struct {
		residual []float64
		seconds  []float64
		n        int
	}
	// Levels around the committee's mean, interviews only.
	sum, n := map[string]float64{}, map[string]int{}
	level := make([]float64, len(list))
	use := make([]bool, len(list))
	for i := range list {
		r := &list[i]
		if r.Excluded || r.Evaluator == "" {
			continue
		}
		if level[i], use[i] = levelOf(r, v.Round.Questionnaire); use[i] {
			sum[r.Committee], n[r.Committee] = sum[r.Committee]+level[i], n[r.Committee]+1
			v.Mean, v.N = v.Mean+level[i], v.N+1
		}
	}
	if v.N > 0 {
		v.Mean /= float64(v.N)
	}
	by, code := map[string]*own{}, map[string]int32{}
	var residual []float64
	var codes []int32
	for i := range list {
		r := &list[i]
		if r.Evaluator == "" || r.Excluded {
			continue
		}
		o := by[r.Evaluator]
		if o == nil {
			o = &own{}
			by[r.Evaluator] = o
			code[r.Evaluator] = int32(len(code))
		}
		o.n++
		if r.Paradata.Seconds > 0 {
			o.seconds = append(o.seconds, float64(r.Paradata.Seconds))
		}
		if use[i] {
			d := level[i] - sum[r.Committee]/float64(n[r.Committee])
			o.residual = append(o.residual, d)
			residual, codes = append(residual, d), append(codes, code[r.Evaluator])
		}
	}
	if len(code) > 1 {
		v.Effect, _ = fairness.MeasureInterviewers(residual, shrink.Grouping{Name: "interviewer", Codes: codes, Levels: len(code)})
	}
	for _, t := range tallies {
		p := Person{Tally: t}
		if o := by[t.Code]; o != nil {
			p.Interviews = o.n
			if len(o.seconds) >= v.Cell {
				slices.Sort(o.seconds)
				p.Minutes, p.MinutesOK = o.seconds[len(o.seconds)/2]/60, true
			}
			if k := len(o.residual); k >= v.Cell {
				p.Level, p.Low, p.High = interval(o.residual, v.Mean, len(code))
				p.LevelOK = true
			}
		}
		v.People = append(v.People, p)
	}
	slices.SortStableFunc(v.People, func(a, b Person) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Code, b.Code)) })
}

// interval is the mean of residuals set back to the overall mean, with Student's
// interval at 1 − 0.05/k.
func interval(residual []float64, mean float64, k int) (level, low, high float64) {
	m, ss := 0.0, 0.0
	for _, d := range residual {
		m += d
	}
	n := float64(len(residual))
	m /= n
	for _, d := range residual {
		ss += (d - m) * (d - m)
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(1 - 0.025/float64(max(k, 1)))
	half := t * math.Sqrt(ss/(n-1)/n)
	return mean + m, mean + m - half, mean + m + half
}

// ItemAgreement compares interview and back-check on one item. Kappa is
// weighted (quadratic) for grades.
type ItemAgreement struct {
	Item  instrument.Item
	Type  int
	Agree quality.Agreement
	Kappa *rater.Kappa
}

// TypeAgreement pools the items of a type.
type TypeAgreement struct {
	Type  int
	Agree quality.Agreement
}

// InterviewerChecks are the back-checks of one interviewer's cases.
type InterviewerChecks struct {
	qualitydb.Tally
	Types    []TypeAgreement // none below ten comparisons
	Verified bool            // all are asked again by the rule book
}

// BackChecks is what a round's back-checks have shown.
type BackChecks struct {
	Round      field.Round
	Area       string
	Progress   qualitydb.Progress
	Commitment *qualitydb.Commitment
	Share      float64
	Items      []ItemAgreement
	Types      []TypeAgreement
	People     []InterviewerChecks
	List       []qualitydb.BackCheck
	Evaluators [][2]string
	Pairs      int // back-checks in the comparison
	MayDraw    bool
	MayEnd     bool
	ToVerify   int
}

// z95 is the normal quantile of a 95% interval.
const z95 = 1.959963984540054

// BackChecks shows a round's back-checks to who supervises. Agreement comes from
// tables of ten people and more; single pairs are readable by nobody.
func (s *Service) BackChecks(ctx context.Context, who authz.Actor, roundID, area string) (v BackChecks, err error) {
	if area, err = areaOf(who, area); err != nil {
		return v, err
	}
	err = s.Read(ctx, who, authz.QualityRead, authz.Object{Area: area}, func(ctx context.Context, db pg.Querier) error {
		if v.Round, err = s.round(ctx, db, who.District, roundID); err != nil {
			return err
		}
		v.Area = area
		rules := v.Round.Rules.QualityRules()
		v.Share, v.ToVerify = rules.BackCheckShare, rules.DeniedToVerify
		v.MayDraw = authz.May(who, authz.BackCheckDraw, authz.Object{Area: v.Round.AreaCode})
		c, err := qualitydb.GetCommitment(ctx, db, who.District, v.Round.ID)
		switch {
		case err == nil:
			v.Commitment, v.Share = &c, c.Share
			v.MayDraw = v.MayDraw && c.Revealed == ""
			v.MayEnd = v.MayDraw && v.Round.State == "closed"
		case !pg.NoRows(err):
			return err
		}
		if v.Progress, err = qualitydb.Count(ctx, db, who.District, v.Round.ID); err != nil {
			return err
		}
		if v.List, err = qualitydb.BackChecksIn(ctx, db, who.District, v.Round.ID, area); err != nil {
			return err
		}
		tallies, err := qualitydb.Tallies(ctx, db, who.District, v.Round.ID, area)
		if err != nil {
			return err
		}
		table, err := qualitydb.Table(ctx, db, who.District, v.Round.ID)
		if err != nil {
			return err
		}
		v.compare(table, tallies, rules.DeniedToVerify)
		return nil
	})
	return v, err
}

func (v *BackChecks) compare(table []qualitydb.TableRow, tallies []qualitydb.Tally, verify int) {
	rules := v.Round.Rules.QualityRules()
	byItem, byType := map[string][]quality.PairCount{}, map[int][]quality.PairCount{}
	people := map[string]map[int][]quality.PairCount{}
	types := map[string]int{}
	for _, it := range v.Round.Questionnaire.Items {
		types[it.ID] = TypeOf(it, rules)
	}
	for _, row := range table {
		t := types[row.Item]
		byItem[row.Item] = append(byItem[row.Item], row.PairCount)
		byType[t] = append(byType[t], row.PairCount)
		if row.Evaluator != "" {
			if people[row.Evaluator] == nil {
				people[row.Evaluator] = map[int][]quality.PairCount{}
			}
			people[row.Evaluator][t] = append(people[row.Evaluator][t], row.PairCount)
		}
	}
	for _, it := range v.Round.Questionnaire.Items {
		if pairs := byItem[it.ID]; len(pairs) > 0 {
			a := ItemAgreement{Item: it, Type: types[it.ID], Agree: quality.Compare(pairs, z95), Kappa: kappa(pairs, it.Kind)}
			v.Items = append(v.Items, a)
			v.Pairs = max(v.Pairs, a.Agree.N)
		}
	}
	v.Types = pooled(byType)
	for _, t := range tallies {
		v.People = append(v.People, InterviewerChecks{Tally: t, Types: pooled(people[t.Evaluator]), Verified: t.Evaluator != "" && t.Denied >= verify})
	}
}

func pooled(by map[int][]quality.PairCount) (out []TypeAgreement) {
	for t := 1; t <= 3; t++ {
		if len(by[t]) > 0 {
			out = append(out, TypeAgreement{t, quality.Compare(by[t], z95)})
		}
	}
	return out
}

// kappa is Cohen's, weighted for grades; nil where it is not defined.
func kappa(pairs []quality.PairCount, kind instrument.Kind) *rater.Kappa {
	var values []string
	scheme := rater.Unweighted
	if kind == instrument.Grade5 {
		values, scheme = []string{"1", "2", "3", "4", "5"}, rater.Quadratic
	} else {
		for _, p := range pairs {
			for _, x := range []string{p.First, p.Second} {
				if x != "" && !slices.Contains(values, x) {
					values = append(values, x)
				}
			}
		}
		slices.Sort(values)
	}
	count := make([][]float64, len(values))
	for i := range count {
		count[i] = make([]float64, len(values))
	}
	for _, p := range pairs {
		i, j := slices.Index(values, p.First), slices.Index(values, p.Second)
		if i >= 0 && j >= 0 {
			count[i][j] += float64(p.N)
		}
	}
	k, err := rater.CohenKappa(count, scheme)
	if err != nil || math.IsNaN(k.Value) || math.IsNaN(k.Lower) {
		return nil
	}
	return k
}
