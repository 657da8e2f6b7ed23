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
	say = append(say, p.T("rulebook.say.row"))
	if b.WeightRange > 0 {
		say = append(say, p.T("rulebook.say.weight_range", "Range", f.Num(b.WeightRange, 0)))
	}
	return say
}

// disputesSay puts into plain words what comes after the time to appeal:
// extensions, asking anew, the second instance, collective complaints, the
// sealed register.
func disputesSay(b *composite.RuleBook, p *locale.Printer) []string {
	d := b.DisputeRules()
	say := []string{p.T("rulebook.say.blind")}
	if d.ExtendDays > 0 {
		say = append(say, p.T("rulebook.say.extend", "Days", d.ExtendDays))
	}
	if d.ReAskDays > 0 {
		say = append(say, p.T("rulebook.say.reask", "Days", d.ReAskDays))
	}
	return append(say, p.T("rulebook.say.second", "File", d.SecondFileDays, "Decide", d.SecondDecideDays),
		p.T("rulebook.say.theme", "Households", d.ThemeHouseholds), p.T("rulebook.say.register", "Max", d.RegisterMax, "Days", d.RegisterDays))
}

// workSay is the standard of households a worker, which stands beside scores.
func workSay(b *composite.RuleBook, p *locale.Printer) string {
	r, f := b.RulesOfRecords(), render.Format{P: p}
	if r.FrameShare > 0 && r.FrameShare < 1 {
		return p.T("rulebook.say.work_scaled", "Low", r.HouseholdsLow, "High", r.HouseholdsHigh, "Share", f.Pct(r.FrameShare, 0))
	}
	return p.T("rulebook.say.work", "Low", r.HouseholdsLow, "High", r.HouseholdsHigh)
}
