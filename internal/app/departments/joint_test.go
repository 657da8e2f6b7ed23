package departments

import (
	"testing"
	"time"

	"gongping/internal/pg/scoredb"
	"gongping/internal/pg/worddb"
	"gongping/scoring"
)

// TestEveryAnswerIsCountedOnce: a round's sums come from whole answers, not from
// topics; what only panels credited is added, and a small part takes the whole
// with it, because it could be worked out.
func TestEveryAnswerIsCountedOnce(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	topics := func() []Period {
		return []Period{{ID: "a", At: day, Low: 30, Causes: []Cause{{Topic: "x", Low: 20}, {Topic: "y", Low: 10}}}}
	}
	for name, c := range map[string]struct {
		joined           []worddb.Joint
		low, panels, all int
	}{
		"two topics of one answer": {[]worddb.Joint{{Round: "a", Sign: scoring.Low, Coders: 22}}, 22, 0, 22},
		"both ways":                {[]worddb.Joint{{Round: "a", Sign: scoring.Low, Coders: 22, Panels: 6}, {Round: "a", Sign: scoring.High, Coders: 7}}, 22, 6, 35},
		"a small part":             {[]worddb.Joint{{Round: "a", Sign: scoring.Low, Coders: 22, Panels: 2}}, 22, -1, -1},
		"a small sign":             {[]worddb.Joint{{Round: "a", Sign: scoring.Low, Coders: 22}, {Round: "a", Sign: scoring.High, Coders: 4}}, 22, 0, -1},
	} {
		list := once(topics(), c.joined)
		list[0].hide(nil)
		if p := list[0]; p.Low != c.low || p.Panels != c.panels || p.All != c.all {
			t.Errorf("%s: low %d, panels %d, all %d", name, p.Low, p.Panels, p.All)
		}
	}
	list := once(topics(), []worddb.Joint{{Round: "a", Sign: scoring.Low, Coders: 22}, {Round: "b", ClosesOn: day.AddDate(0, 3, 0), Sign: scoring.Low, Panels: 8}})
	if len(list) != 2 || list[0].ID != "b" || list[0].All != 8 || list[0].Low != 0 {
		t.Errorf("a round of which only panels speak: %+v", list)
	}
}

// TestSplitHidesSmallParts: parties with few answers are hidden, one alone takes
// the next with it, and the effect needs three committees.
func TestSplitHidesSmallParts(t *testing.T) {
	t.Parallel()
	unit := func(code string, level int, effect float64, matters map[string]int) scoredb.UnitRow {
		placed := 0
		for _, n := range matters {
			placed += n
		}
		u := scoring.UnitResult{Unit: code, Level: level, Official: scoring.Figure{OK: true, Value: 80 + effect}}
		u.Attribution = &scoring.UnitAttribution{Low: scoring.AttributionSide{Placed: placed, Credited: placed, Matters: matters}, Without: scoring.Figure{OK: true, Value: 80}, Effect: effect}
		return scoredb.UnitRow{UnitResult: u}
	}
	housing := map[string]int{"department/housing": 3}
	units := []scoredb.UnitRow{unit("310104", 1, 0, map[string]int{"property": 20, "department/housing": 9, "market": 3}),
		unit("310104003001", 3, 1, housing), unit("310104003002", 3, 2, housing), unit("310104003003", 3, 3, map[string]int{"property": 5})}
	var s Split
	s.fill(units, "310104", "housing", units[0].Attribution.Low)
	if s.Parts[0].N != 20 || s.Parts[1].N != -1 || s.Parts[2].N != -1 || s.Placed != 32 || s.Committees != 0 || s.Effect != 0 {
		t.Errorf("%+v", s)
	}
	units = append(units, unit("310104003004", 3, 6, housing))
	s = Split{}
	s.fill(units, "310104", "housing", units[0].Attribution.Low)
	if s.Committees != 3 || s.Effect != 3 {
		t.Errorf("%+v", s)
	}
}
