package rounds

import (
	"strings"

	"gongping/scoring/composite"
	"gongping/web/locale"
	"gongping/web/page/render"
)

// gradesSay puts into plain words what a rule book says of grades, of what may
// follow from them, and of the choice of weights.
func gradesSay(b *composite.RuleBook, p *locale.Printer) []string {
	f, g, lang := render.Format{P: p}, b.GradeRules(), string(p.Lang())
	var bounds []string
	for i, x := range g.Scale {
		key := "rulebook.say.grade_from"
		if i == len(g.Scale)-1 {
			key = "rulebook.say.grade_rest"
		}
		bounds = append(bounds, p.T(key, "Name", textIn(x.Text, lang), "From", f.Num(x.From, 0)))
	}
	say := []string{p.T("rulebook.say.grades", "Bounds", strings.Join(bounds, p.T("results.list_comma")))}
	if g.TopShare > 0 {
		say = append(say, p.T("rulebook.say.top_share", "Name", textIn(g.Scale[0].Text, lang), "Share", f.Pct(g.TopShare, 0)))
	}
	say = append(say, p.T("rulebook.say.follow", "Level", max(g.LevelRounds, b.Gates.ConsequenceRounds), "Exit", max(g.ExitRounds, b.Gates.ConsequenceRounds)))
	if b.WeightRange > 0 {
		say = append(say, p.T("rulebook.say.weight_range", "Range", f.Num(b.WeightRange, 0)))
	}
	return say
}
