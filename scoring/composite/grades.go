package composite

import "fmt"

// Grades are the rules by which results become proposals of grades and what
// may follow from them. Nothing follows by itself: a named person signs.
type Grades struct {
	// Scale are the grades, the best first; a composite belongs to the grade
	// with the greatest From not above it.
	Scale []Band `json:"scale"`
	// TopShare is the largest share of committees that may have the best grade,
	// 0 to 1; 0 sets no limit. Where the data cannot separate those on the
	// border they are reported as tied, for people to decide.
	TopShare float64 `json:"top_share,omitempty"`
	// LevelRounds best grades in a row propose one level on the ladder;
	// ExitRounds worst grades in a row, all reliable, propose an exit talk.
	LevelRounds int `json:"level_rounds"`
	ExitRounds  int `json:"exit_rounds"`
}

// DefaultGrades are the four grades of public institutions, at the default
// bands' bounds, one level after two excellent rounds, and 30% at most excellent.
func DefaultGrades() Grades {
	t := func(zh, en string) map[string]string { return map[string]string{"zh": zh, "en": en} }
	return Grades{Scale: []Band{
		{ID: "excellent", Text: t("优秀", "Excellent"), From: 85}, {ID: "competent", Text: t("称职", "Competent"), From: 70},
		{ID: "basic", Text: t("基本称职", "Basically competent"), From: 60}, {ID: "incompetent", Text: t("不称职", "Not competent"), From: 0},
	}, TopShare: 0.3, LevelRounds: 2, ExitRounds: 2}
}

// GradeRules are the rules for grades under this rule book.
func (r *RuleBook) GradeRules() Grades {
	if r.Grades != nil {
		return *r.Grades
	}
	return DefaultGrades()
}

func (r *RuleBook) checkGrades(bad func(string, any, string) error) error {
	if !(r.WeightRange >= 0 && r.WeightRange <= maxWeightRange) {
		return bad("weight_range", r.WeightRange, "0 to 50 points")
	}
	g := r.Grades
	if g == nil {
		return nil
	}
	if len(g.Scale) < 2 || g.Scale[len(g.Scale)-1].From != 0 {
		return bad("grades.scale", len(g.Scale), "at least two grades, the last from 0")
	}
	seen := map[string]bool{}
	for i, b := range g.Scale {
		if b.ID == "" || seen[b.ID] || b.Text["zh"] == "" || i > 0 && b.From >= g.Scale[i-1].From {
			return bad(fmt.Sprintf("grades.scale[%d]", i), b.ID, "a unique id, a Chinese name and less than the grade before")
		}
		seen[b.ID] = true
	}
	if !(g.TopShare >= 0 && g.TopShare <= 1) {
		return bad("grades.top_share", g.TopShare, "a share from 0 to 1")
	}
	for name, n := range map[string]int{"level_rounds": g.LevelRounds, "exit_rounds": g.ExitRounds} {
		if n < 2 || n > 10 {
			return bad("grades."+name, n, "2 to 10 rounds")
		}
	}
	return nil
}
