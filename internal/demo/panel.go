package demo

import "math"

// Rating is a panel member's mark for a committee on one criterion, 0 to 10.
type Rating struct {
	Committee, Reviewer, Criterion string
	Score                          int
	Note                           string
}

// Criterion is a criterion of the panel with described levels.
type Criterion struct {
	ID     string
	Name   map[string]string
	Levels []Level
}

// Level describes the marks From to To.
type Level struct {
	From, To int
	Text     map[string]string
}

func levels(best, good, fair, poor string, en ...string) []Level {
	return []Level{{9, 10, text(best, en[0])}, {7, 8, text(good, en[1])}, {4, 6, text(fair, en[2])}, {0, 3, text(poor, en[3])}}
}

// Criteria are the four criteria of the panel.
var Criteria = []Criterion{
	{ID: "problem_solving", Name: text("难题化解", "Solving hard problems"), Levels: levels(
		"主动发现并化解积案，做法可推广", "多数难题有方案、有进展", "能应对日常矛盾，积案进展慢", "推诿或长期无进展",
		"finds and solves old cases itself; others can copy it", "most hard cases have a plan and move", "copes with daily disputes, old cases are slow", "passes the buck, or nothing moves for long")},
	{ID: "resident_voice", Name: text("居民议事", "Residents' say"), Levels: levels(
		"居民提议题、定方案、看结果", "议事会正常召开，意见有回应", "会议有记录但参与面窄", "少有议事或流于形式",
		"residents set topics, decide and see results", "councils meet and opinions are answered", "minutes exist but few take part", "hardly any council, or only on paper")},
	{ID: "care", Name: text("关爱服务", "Care for those in need"), Levels: levels(
		"重点人群底数清、服务有回访", "走访帮扶按计划落实", "有走访，跟进不足", "底数不清、服务缺位",
		"knows who is in need and follows up", "visits and help as planned", "visits, but little follow-up", "does not know who is in need")},
	{ID: "team", Name: text("队伍与作风", "Team and conduct"), Levels: levels(
		"分工清楚，全岗通，居民熟悉社工", "分工清楚，值班规范", "依赖少数骨干", "职责不清，作风被反映",
		"clear roles, all can serve, residents know them", "clear roles, proper duty hours", "rests on a few people", "unclear roles, complaints about conduct")},
}

// severity is each reviewer's own strictness, in marks.
var severity = []float64{-0.8, 0, 0.6}

// makeRatings draws the marks of three reviewers for every committee on every
// criterion: the true effect, the reviewer's severity and noise.
func (w *World) makeRatings() {
	r := stream(w.Seed, stageRatings, 0)
	for i := range w.committees {
		c := &w.committees[i]
		for _, k := range Criteria {
			own := 7.2 + float64(0.22*c.effect) + float64(0.5*r.NormFloat64())
			for j, reviewer := range reviewers {
				x := int(min(max(math.Floor(own+severity[j]+float64(0.8*r.NormFloat64())+0.5), 0), 10))
				w.Ratings = append(w.Ratings, Rating{Committee: c.code, Reviewer: reviewer, Criterion: k.ID, Score: x, Note: k.note(x)})
			}
		}
	}
}

// note is the description of the level a mark falls into.
func (k Criterion) note(score int) string {
	for _, l := range k.Levels {
		if score >= l.From && score <= l.To {
			return l.Text["zh"]
		}
	}
	return ""
}
