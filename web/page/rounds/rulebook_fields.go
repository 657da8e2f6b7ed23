package rounds

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/errs"
	"gongping/scoring/composite"
	"gongping/web/locale"
)

// figure is one number of a rule book in the form. Its name in the form,
// section.name, is its path in the document, so that a fault finds its field.
type figure struct {
	group         string // the card it stands on
	section, name string
	i             *int
	f             *float64
	low, high     float64 // what the browser accepts; none where both are 0
	step          string  // of a fraction, "0.01" where empty
}

func (f figure) path() string { return f.section + "." + f.name }

// read takes the number from the form; a form of before, which lacks the field,
// leaves it. It returns an error for what is no number where bounds are stated.
func (f figure) read(c *gin.Context) error {
	text, ok := c.GetPostForm(f.path())
	if !ok {
		return nil
	}
	if v, err := strconv.ParseFloat(strings.TrimSpace(text), 64); f.high > 0 && (err != nil || !(v >= f.low && v <= f.high)) {
		return errs.New(errs.Invalid, "rule_book.range", "the rule book cannot be used").At(f.path(), text, short(f.low)+" to "+short(f.high), "change the field and save again").
			With(map[string]any{"Low": short(f.low), "High": short(f.high)})
	}
	if f.i != nil {
		*f.i = number(c, f.path())
	} else {
		*f.f = real(c, f.path())
	}
	return nil
}

func (f figure) field() numberField {
	out := numberField{Name: f.path(), Min: "0"}
	if f.i != nil {
		out.Value, out.Step = strconv.Itoa(*f.i), "1"
	} else {
		out.Value, out.Step = short(*f.f), f.step
		if out.Step == "" {
			out.Step = "0.01"
		}
	}
	if f.high > 0 {
		out.Min, out.Max = short(f.low), short(f.high)
	}
	return out
}

// ownSections gives a rule book sections of its own, filled with what it follows
// now, so that a form can change them.
func ownSections(b composite.RuleBook) composite.RuleBook {
	f, d, c, q, r, g := composite.DefaultFrame(), b.DisputeRules(), b.CallRules(), b.QualityRules(), b.RulesOfRecords(), b.GradeRules()
	if b.Frame != nil {
		f = *b.Frame
	}
	b.Frame, b.Disputes, b.Calls, b.Quality, b.RecordRules, b.Grades = &f, &d, &c, &q, &r, &g
	return b
}

// figures are the numbers of a rule book that has all sections (ownSections), in
// the order of the form.
func figures(b *composite.RuleBook) []figure {
	var l figureList
	l.decisions(b)
	l.objections(b)
	l.field(b)
	l.records(b)
	l.watch(b)
	return l.out
}

// figureList gathers figures under the card and section that in names.
type figureList struct {
	out            []figure
	group, section string
}

func (l *figureList) in(group, section string) { l.group, l.section = group, section }

func (l *figureList) whole(name string, v *int, low, high float64) {
	l.out = append(l.out, figure{group: l.group, section: l.section, name: name, i: v, low: low, high: high})
}

func (l *figureList) frac(name string, v *float64, low, high float64) {
	f := figure{group: l.group, section: l.section, name: name, f: v, low: low, high: high}
	if l.section == "quality" {
		f.step = "0.001"
	}
	l.out = append(l.out, f)
}

// decisions are the figures of gates, suppression and grades.
func (l *figureList) decisions(b *composite.RuleBook) {
	l.in("gates", "gates")
	g := &b.Gates
	l.whole("unit_min", &g.UnitMin, 0, 0)
	l.whole("low_reliability_below", &g.LowReliabilityBelow, 0, 0)
	l.whole("publish_n", &g.PublishN, 0, 0)
	l.frac("publish_reliability", &g.PublishReliability, 0, 0)
	l.frac("consequence_reliability", &g.ConsequenceReliability, 0, 0)
	l.whole("consequence_rounds", &g.ConsequenceRounds, 0, 0)
	l.whole("fragile_up_to", &g.FragileUpTo, 0, 0)
	l.in("suppression", "suppression")
	l.whole("cell", &b.Suppression.Cell, 0, 0)
	l.whole("cross_tab", &b.Suppression.CrossTab, 0, 0)
	l.in("grades", "grades")
	l.frac("top_share", &b.Grades.TopShare, 0, 1)
	l.whole("level_rounds", &b.Grades.LevelRounds, 2, 10)
	l.whole("exit_rounds", &b.Grades.ExitRounds, 2, 10)
}

// objections are those of appeals and disputes.
func (l *figureList) objections(b *composite.RuleBook) {
	l.in("appeal", "appeal")
	a, ds := &b.Appeal, b.Disputes
	l.whole("file_days", &a.FileDays, 0, 0)
	l.whole("accept_days", &a.AcceptDays, 0, 0)
	l.whole("decide_days", &a.DecideDays, 0, 0)
	l.whole("notice_days", &a.NoticeDays, 0, 0)
	l.in("disputes", "disputes")
	l.whole("extend_days", &ds.ExtendDays, 0, 60)
	l.whole("second_file_days", &ds.SecondFileDays, 1, 60)
	l.whole("second_decide_days", &ds.SecondDecideDays, 1, 120)
	l.whole("register_max", &ds.RegisterMax, 0, 50)
	l.whole("register_days", &ds.RegisterDays, 30, 1100)
	l.whole("theme_households", &ds.ThemeHouseholds, 3, 20)
	l.whole("reask_days", &ds.ReAskDays, 0, 120)
}

// field are those of the frame, of visits and of calls.
func (l *figureList) field(b *composite.RuleBook) {
	l.in("frame", "frame")
	fr := b.Frame
	l.frac("coverage", &fr.Coverage, 0, 1)
	l.whole("min_cell", &fr.MinCell, 0, 0)
	l.frac("no_contact", &fr.NoContact, 0, 1)
	l.frac("near_duplicate", &fr.NearDuplicate, 0, 1)
	l.frac("inactive", &fr.Inactive, 0, 1)
	l.frac("changed", &fr.Changed, 0, 1)
	l.frac("missing", &fr.Missing, 0, 1)
	l.whole("planted_missed", &fr.PlantedMissed, 0, 0)
	l.in("fieldwork", "fieldwork")
	w := &b.Fieldwork
	l.whole("attempts", &w.Attempts, 0, 0)
	l.whole("days", &w.Days, 0, 0)
	l.whole("day_parts", &w.DayParts, 0, 0)
	l.whole("weekend", &w.Weekend, 0, 0)
	l.whole("link_days", &w.LinkDays, 0, 0)
	l.in("calls", "calls")
	k := b.Calls
	l.whole("no_answer_minutes", &k.NoAnswerMinutes, 15, 2880)
	l.whole("away_minutes", &k.AwayMinutes, 15, 2880)
	l.whole("refusal_hours", &k.RefusalHours, 24, 720)
	l.whole("max_refused", &k.MaxRefused, 1, 3)
	l.whole("first_hour", &k.FirstHour, 7, 12)
	l.whole("last_hour", &k.LastHour, 18, 22)
	l.whole("code_minutes", &k.CodeMinutes, 10, 240)
}

// records are those of work records.
func (l *figureList) records(b *composite.RuleBook) {
	l.in("records_rules", "record_rules")
	r := b.RecordRules
	l.whole("limit_days", &r.LimitDays, 1, 366)
	l.whole("repeat_window", &r.RepeatWindow, 1, 366)
	l.frac("count_repeat", &r.CountRepeat, 0, 1)
	l.whole("households_low", &r.HouseholdsLow, 1, 10000)
	l.whole("households_high", &r.HouseholdsHigh, 1, 10000)
	l.frac("frame_share", &r.FrameShare, 0, 1)
	l.whole("identical_months", &r.IdenticalMonths, 2, 60)
	l.frac("missing_share", &r.MissingShare, 0, 1)
	l.frac("outlier_z", &r.OutlierZ, 0.5, 20)
	l.frac("heap_share", &r.HeapShare, 0, 1)
}

// watch are those by which the fieldwork is watched.
func (l *figureList) watch(b *composite.RuleBook) {
	l.in("quality_steps", "quality")
	q := b.Quality
	l.frac("alpha", &q.Alpha, 0.001, 0.2)
	l.frac("back_check_share", &q.BackCheckShare, 0.01, 1)
	l.whole("suspect_cases", &q.SuspectCases, 1, 200)
	l.whole("denied_to_verify", &q.DeniedToVerify, 1, 20)
	l.whole("denied_to_set_aside", &q.DeniedToSetAside, 1, 50)
	l.in("quality_speed", "quality")
	l.frac("read_aloud", &q.ReadAloud, 3, 20)
	l.frac("read_silent", &q.ReadSilent, 5, 60)
	l.frac("item_time", &q.ItemTime, 0.2, 1)
	l.frac("fast_share", &q.FastShare, 0.001, 0.5)
	l.in("quality_place", "quality")
	l.whole("first_hour", &q.FirstHour, 5, 12)
	l.whole("last_hour", &q.LastHour, 17, 23)
	l.frac("night_share", &q.NightShare, 0.001, 0.5)
	l.whole("route_seconds", &q.RouteSeconds, 10, 3600)
	l.frac("far_metres", &q.FarMetres, 50, 10000)
	l.frac("far_share", &q.FarShare, 0.001, 0.5)
	l.in("quality_pattern", "quality")
	l.frac("match_share", &q.MatchShare, 0.6, 1)
	l.whole("straight_items", &q.StraightItems, 3, 50)
	l.whole("cell_answers", &q.CellAnswers, 3, 50)
	l.frac("common_share", &q.CommonShare, 0.001, 0.2)
	l.frac("phrase_match", &q.PhraseMatch, 0.3, 1)
	l.frac("round_share", &q.RoundShare, 0.2, 0.9)
}

// Faulty tells whether a field of the group is refused, so that its card is open.
func (g numberGroup) Faulty() bool {
	return slices.ContainsFunc(g.Fields, func(f numberField) bool { return f.Error != "" })
}

// groups are the figures by card. A fault that names a figure stands at its
// field, and the alert names the field in words.
func (f *ruleBookForm) groups(p *locale.Printer, b *composite.RuleBook, fault error) []numberGroup {
	own := ownSections(*b)
	where, want := "", ""
	if e, ok := errors.AsType[*errs.Error](fault); ok {
		where, want = e.Where, e.Want
	}
	if strings.HasPrefix(where, "tree") && want == "weights that add up to 100" && f.Alert != nil {
		f.Alert.Details = []string{p.T("rulebook.weights_wrong")}
	}
	var out []numberGroup
	for _, x := range figures(&own) {
		if len(out) == 0 || out[len(out)-1].Key != x.group {
			out = append(out, numberGroup{Key: x.group})
		}
		field := x.field()
		if x.path() == where {
			field.Error = p.T("rulebook.field_fault")
			f.name(where, p.T("rulebook."+x.group)+" · "+p.T("rulebook."+x.path()))
		}
		g := &out[len(out)-1]
		g.Fields = append(g.Fields, field)
	}
	return out
}

// methodOf is how the panel's ratings become values: books without a word mean
// the deviation.
func methodOf(b *composite.RuleBook) string {
	if b.PanelMethod == "" {
		return "deviation"
	}
	return b.PanelMethod
}

// itemTypeRow says how an item is compared in back-checks.
type itemTypeRow struct {
	ID   string
	Type int
}

// itemTypeRows are the rule book's items and two blank rows.
func itemTypeRows(b *composite.RuleBook) []itemTypeRow {
	types := b.QualityRules().ItemTypes
	var out []itemTypeRow
	for _, id := range slices.Sorted(maps.Keys(types)) {
		out = append(out, itemTypeRow{id, types[id]})
	}
	return append(out, itemTypeRow{}, itemTypeRow{})
}

func itemTypesOf(c *gin.Context) map[string]int {
	var out map[string]int
	for i := range maxItems {
		at := "item_type." + strconv.Itoa(i)
		id, ok := c.GetPostForm(at + ".id")
		if !ok {
			break
		}
		if id = strings.TrimSpace(id); id == "" {
			continue
		}
		if out == nil {
			out = map[string]int{}
		}
		out[id] = number(c, at+".type")
	}
	return out
}
