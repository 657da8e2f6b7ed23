package composite

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gongping/internal/errs"
)

// weightTolerance allows for decimal weights such as 33.3 + 33.3 + 33.4.
const weightTolerance = 1e-9

// maxWeightRange is the widest range of a weight, in points.
const maxWeightRange = 50

// Check returns an error that names the first field which cannot be used.
func (r *RuleBook) Check() error {
	bad := func(where string, found any, want string) error {
		return errs.New(errs.Invalid, "rule_book.invalid", "the rule book cannot be used").At(where, fmt.Sprint(found), want, "change the field and save again")
	}
	if r.Title["zh"] == "" {
		return bad("title.zh", "", "a title")
	}
	for _, section := range []func(report) error{r.checkGrades, r.checkCriteria, r.checkFrame,
		func(bad report) error { return checkNodes(r.Tree, "tree", 1, map[string]bool{}, bad) }, r.checkScale, r.checkFloors} {
		if err := section(bad); err != nil {
			return err
		}
	}
	for i, d := range slices.Concat(r.Appeal.Holidays, r.Appeal.Workdays) {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return bad(fmt.Sprintf("appeal.holidays[%d]", i), d, "a date like 2027-02-08")
		}
	}
	if err := r.Disputes.check(); err != nil {
		return err
	}
	for name, v := range map[string]float64{"gates.publish_reliability": r.Gates.PublishReliability, "gates.consequence_reliability": r.Gates.ConsequenceReliability} {
		if !(v > 0 && v < 1) {
			return bad(name, v, "between 0 and 1")
		}
	}
	if err := r.checkCalls(); err != nil {
		return err
	}
	return r.checkQuality()
}

// report makes the error of a field from what was found and what is wanted.
type report = func(where string, found any, want string) error

// checkScale looks at what happens to missing leaves, at bands and confidence, and at
// the methods.
func (r *RuleBook) checkScale(bad report) error {
	if r.Missing != Reweight && r.Missing != NoScore {
		return bad("missing", r.Missing, "reweight or no_score")
	}
	if len(r.Bands) < 2 || r.Bands[len(r.Bands)-1].From != 0 {
		return bad("bands", len(r.Bands), "at least two bands, the last from 0")
	}
	for i := 1; i < len(r.Bands); i++ {
		if r.Bands[i].From >= r.Bands[i-1].From {
			return bad(fmt.Sprintf("bands[%d].from", i), r.Bands[i].From, "less than the band before")
		}
	}
	if !(r.Confidence >= 0.5 && r.Confidence < 1) {
		return bad("confidence", r.Confidence, "from 0.5 to below 1")
	}
	if m := r.PanelMethod; m != "" && m != "facets" && m != "deviation" {
		return bad("panel_method", m, "facets or deviation")
	}
	if r.RecordRules != nil {
		return r.RecordRules.Check()
	}
	return nil
}

// checkFloors looks at the numbers that have a least value.
func (r *RuleBook) checkFloors(bad report) error {
	g := r.Gates
	for _, f := range []struct {
		name    string
		v, low  int
		example string
	}{
		{"gates.unit_min", g.UnitMin, 10, "30"}, {"gates.low_reliability_below", g.LowReliabilityBelow, g.UnitMin, "100"},
		{"gates.publish_n", g.PublishN, g.UnitMin, "100"}, {"gates.consequence_rounds", g.ConsequenceRounds, 1, "2"},
		{"suppression.cell", r.Suppression.Cell, 5, "10"}, {"suppression.cross_tab", r.Suppression.CrossTab, 3, "5"},
		{"fieldwork.attempts", r.Fieldwork.Attempts, 1, "4"}, {"fieldwork.days", r.Fieldwork.Days, 1, "2"},
		{"fieldwork.day_parts", r.Fieldwork.DayParts, 1, "2"}, {"fieldwork.weekend", r.Fieldwork.Weekend, 0, "1"}, {"fieldwork.link_days", r.Fieldwork.LinkDays, 1, "14"},
		{"appeal.file_days", r.Appeal.FileDays, 1, "10"}, {"appeal.accept_days", r.Appeal.AcceptDays, 1, "5"},
		{"appeal.decide_days", r.Appeal.DecideDays, 1, "30"}, {"appeal.notice_days", r.Appeal.NoticeDays, 1, "5"},
	} {
		if f.v < f.low {
			return bad(f.name, f.v, fmt.Sprintf("at least %d, for example %s", f.low, f.example))
		}
	}
	return nil
}

// outOfRange is the error of a figure that is not from low to high.
func outOfRange(where, found string, low, high float64) error {
	return errs.New(errs.Invalid, "rule_book.range", "the rule book cannot be used").
		At(where, found, fmt.Sprintf("from %g to %g", low, high), "change the field and save again").With(map[string]any{"Low": fmt.Sprint(low), "High": fmt.Sprint(high)})
}

// maxLevels is how deep the tree may go: indicator, dimension, composite, and
// some more. A place in the tree is written from the root, so without a bound
// the work on a deep and wide tree would grow with its depth times its width.
const maxLevels = 8

func checkNodes(nodes []Node, where string, level int, seen map[string]bool, bad func(string, any, string) error) error {
	if level > maxLevels {
		return bad(where, level, fmt.Sprintf("at most %d levels", maxLevels))
	}
	if len(nodes) == 0 {
		return bad(where, "none", "at least one indicator")
	}
	sum := 0.0
	for i, n := range nodes {
		at := fmt.Sprintf("%s[%d]", where, i)
		if n.ID == "" || seen[n.ID] {
			return bad(at+".id", n.ID, "a unique id")
		}
		seen[n.ID] = true
		if !(n.IndicatorWeight > 0 && n.IndicatorWeight <= 100) {
			return bad(at+".weight", n.IndicatorWeight, "more than 0 and at most 100")
		}
		sum += n.IndicatorWeight
		if v := n.WeightRange; v != nil && !(*v >= 0 && *v <= maxWeightRange) {
			return bad(at+".weight_range", *v, "0 to 50 points")
		}
		switch n.Source {
		case Group:
			if err := checkNodes(n.Children, at+".children", level+1, seen, bad); err != nil {
				return err
			}
		case Records, PanelRating:
			if n.Lowest == n.Highest || math.IsNaN(n.Lowest) || math.IsNaN(n.Highest) {
				return bad(at+".highest", n.Highest, "a value other than lowest")
			}
		case ResidentRating:
		default:
			return bad(at+".source", n.Source, "resident, records, panel or dimension")
		}
	}
	if math.Abs(sum-100) > weightTolerance {
		return bad(where, sum, "weights that add up to 100")
	}
	return nil
}
