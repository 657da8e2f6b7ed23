package composite_test

import (
	"math"
	"testing"

	"gongping/scoring/composite"
)

// values by leaf; the numbers below are worked out by hand.
var leaves = map[string]composite.Value{
	"resident":         {OK: true, Score: 80, SE: 2, N: 50},
	"hotline_on_time":  {OK: true, Score: 90, SE: 4, N: 40},
	"visit_coverage":   {OK: true, Score: 70, SE: 1, N: 100},
	"council_meetings": {OK: true, Score: 100, SE: 0, N: 12},
	"panel":            {OK: true, Score: 60, SE: 5, N: 3},
}

func join(t *testing.T, missing composite.Missing, without ...string) (composite.Value, map[string]composite.Part) {
	t.Helper()
	book := composite.Default()
	book.Missing = missing
	total, parts := book.Join(func(n composite.Node) composite.Value {
		for _, id := range without {
			if n.ID == id {
				return composite.Value{}
			}
		}
		return leaves[n.ID]
	})
	by, sum := map[string]composite.Part{}, 0.0
	for _, p := range parts {
		by[p.ID] = p
		if p.ID != "records" {
			sum += p.IndicatorWeight
		}
	}
	if total.OK && math.Abs(sum-100) > 1e-9 {
		t.Errorf("the weights of the leaves add up to %v", sum)
	}
	return total, by
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestJoinAll(t *testing.T) {
	total, parts := join(t, composite.Reweight)
	// 0.60·80 + 0.125·90 + 0.075·70 + 0.05·100 + 0.15·60
	near(t, "the composite", total.Score, 48+11.25+5.25+5+9)
	near(t, "its error", total.SE, math.Sqrt(1.2*1.2+0.5*0.5+0.075*0.075+0.75*0.75))
	near(t, "the records", parts["records"].Value.Score, (12.5*90+7.5*70+5*100)/25)
	near(t, "their weight", parts["records"].PlannedWeight, 25)
}

func TestJoinReweights(t *testing.T) {
	total, parts := join(t, composite.Reweight, "panel", "council_meetings")
	near(t, "the composite", total.Score, (60*80+12.5*90+7.5*70)/80)
	near(t, "the residents' weight", parts["resident"].IndicatorWeight, 75)
	near(t, "the panel's weight", parts["panel"].IndicatorWeight, 0)
	near(t, "the records' weight", parts["records"].IndicatorWeight, 25) // 20 of 80 that are left
}

func TestJoinNoScore(t *testing.T) {
	if total, _ := join(t, composite.NoScore, "panel"); total.OK {
		t.Errorf("a composite without the panel: %+v", total)
	}
	if total, _ := join(t, composite.NoScore); !total.OK {
		t.Error("no composite though everything is there")
	}
	if total, _ := join(t, composite.Reweight, "resident", "hotline_on_time", "visit_coverage", "council_meetings", "panel"); total.OK {
		t.Errorf("a composite of nothing: %+v", total)
	}
}

func TestScale(t *testing.T) {
	n := composite.Node{Lowest: 0.6, Highest: 1}
	for value, want := range map[float64]float64{0.5: 0, 0.6: 0, 0.8: 50, 1: 100, 1.2: 100} {
		got, se := n.Scale(value, 0.02)
		near(t, "the score", got, want)
		near(t, "its error", se, 5)
	}
	less := composite.Node{Lowest: 10, Highest: 0} // less is better
	got, _ := less.Scale(2, 0)
	near(t, "the score", got, 80)
}

func TestCriteriaCoverTheScale(t *testing.T) {
	book := composite.Default()
	for _, c := range book.PanelCriteria() {
		next := 10
		for _, l := range c.Levels {
			if l.To != next || l.From > l.To || l.Text["zh"] == "" || l.Text["en"] == "" {
				t.Errorf("%s: level %+v", c.ID, l)
			}
			next = l.From - 1
		}
		if next != -1 {
			t.Errorf("%s: nothing describes %d", c.ID, next)
		}
	}
}
