package composite

import "fmt"

// Criterion is something that the panel rates a committee on, from 0 to 10, by
// described levels, so that a seven means the same to every member.
type Criterion struct {
	ID     string            `json:"id"`
	Text   map[string]string `json:"text"`
	Levels []ScaleLevel      `json:"levels"` // the best first
}

// ScaleLevel describes the ratings From to To.
type ScaleLevel struct {
	From int               `json:"from"`
	To   int               `json:"to"`
	Text map[string]string `json:"text"`
}

// DefaultCriteria are what a panel rates where the rule book names nothing else.
func DefaultCriteria() []Criterion {
	t := func(zh, en string) map[string]string { return map[string]string{"zh": zh, "en": en} }
	levels := func(zh, en [4]string) []ScaleLevel {
		bounds := [4][2]int{{9, 10}, {7, 8}, {4, 6}, {0, 3}}
		var out []ScaleLevel
		for i, b := range bounds {
			out = append(out, ScaleLevel{b[0], b[1], t(zh[i], en[i])})
		}
		return out
	}
	return []Criterion{
		{ID: "problem_solving", Text: t("难题化解", "Solving hard problems"), Levels: levels(
			[4]string{"主动发现并化解积案，做法可推广", "多数难题有方案、有进展", "能应对日常矛盾，积案进展慢", "推诿或长期无进展"},
			[4]string{"Finds and solves old cases itself; others can copy it", "Most hard cases have a plan and move", "Copes with daily disputes; old cases are slow", "Passes the buck, or nothing moves for long"})},
		{ID: "resident_voice", Text: t("居民议事", "Residents' say"), Levels: levels(
			[4]string{"居民提议题、定方案、看结果", "议事会正常召开，意见有回应", "会议有记录但参与面窄", "少有议事或流于形式"},
			[4]string{"Residents set topics, decide and see results", "Councils meet and opinions are answered", "Minutes exist but few take part", "Hardly any council, or only on paper"})},
		{ID: "care", Text: t("关爱服务", "Care for those in need"), Levels: levels(
			[4]string{"重点人群底数清、服务有回访", "走访帮扶按计划落实", "有走访，跟进不足", "底数不清、服务缺位"},
			[4]string{"Knows who is in need and follows up", "Visits and help as planned", "Visits, but little follow-up", "Does not know who is in need"})},
		{ID: "team", Text: t("队伍与作风", "Team and conduct"), Levels: levels(
			[4]string{"分工清楚，全岗通，居民熟悉社工", "分工清楚，值班规范", "依赖少数骨干", "职责不清，作风被反映"},
			[4]string{"Clear roles, all can serve, residents know them", "Clear roles, proper duty hours", "Rests on a few people", "Unclear roles, complaints about conduct"})},
	}
}

// PanelCriteria are what the panel rates under this rule book.
func (r *RuleBook) PanelCriteria() []Criterion {
	if len(r.Criteria) > 0 {
		return r.Criteria
	}
	return DefaultCriteria()
}

// checkCriteria names the first criterion or level that reviewers could not use.
func (r *RuleBook) checkCriteria(bad func(string, any, string) error) error {
	seen := map[string]bool{}
	for i, c := range r.Criteria {
		at := fmt.Sprintf("criteria[%d]", i)
		if c.ID == "" || seen[c.ID] || c.Text["zh"] == "" {
			return bad(at, c.ID, "a unique id and a Chinese name")
		}
		seen[c.ID] = true
		for j, l := range c.Levels {
			if l.From > l.To || l.Text["zh"] == "" || j > 0 && l.To >= c.Levels[j-1].From {
				return bad(fmt.Sprintf("%s.levels[%d]", at, j), fmt.Sprintf("%d to %d", l.From, l.To), "from not above to, below the level before, described in Chinese")
			}
		}
	}
	return nil
}

// PanelScale is the lowest and the highest rating a reviewer can give: those of
// the first leaf of the panel, 0 to 10 where there is none.
func (r *RuleBook) PanelScale() (low, high float64) {
	var find func([]Node) *Node
	find = func(nodes []Node) *Node {
		for i := range nodes {
			if nodes[i].Source == PanelRating {
				return &nodes[i]
			}
			if n := find(nodes[i].Children); n != nil {
				return n
			}
		}
		return nil
	}
	n := find(r.Tree)
	if n == nil {
		return 0, 10
	}
	return min(n.Lowest, n.Highest), max(n.Lowest, n.Highest)
}
