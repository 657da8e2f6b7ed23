package assess_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"gongping/scoring"
	"gongping/scoring/assess"
	"gongping/scoring/panel"
)

// rated adds ratings of four reviewers, two a committee, to the small world.
func rated(t testing.TB) *scoring.Input {
	in := world(t)
	for u, c := range in.Units {
		for r := range 2 {
			for k := range 3 {
				x := 5 + 1.5*math.Sin(float64(u)) + 0.5*float64((u*7+k*3+r*5)%4)
				if (u+r)%4 == 0 {
					x -= 1.5
				}
				in.Ratings = append(in.Ratings, scoring.Rating{Committee: c.Code, Reviewer: fmt.Sprintf("r%d", (u+r)%4), Criterion: fmt.Sprintf("k%d", k), Score: math.Round(2*x) / 2})
			}
		}
	}
	return in
}

func panelParts(t *testing.T, in *scoring.Input) (parts map[string]scoring.Part, notes map[string]scoring.Note) {
	t.Helper()
	out, err := assess.Run(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	parts, notes = map[string]scoring.Part{}, map[string]scoring.Note{}
	for _, u := range out.Units {
		for _, p := range u.Parts {
			if p.ID == "panel" {
				parts[u.Unit] = p
			}
		}
	}
	for _, n := range out.Warnings {
		notes[n.Key] = n
	}
	return parts, notes
}

// legacyPanel is what the program made of rated's ratings before rule books
// named a method (commit a9ef43f): runs frozen then must come out the same.
const legacyPanel = "0a66829fc93c76a0a2fb9be044fa2527682fa73b468d8232aef1f8e047268dee"

func TestFrozenBooksKeepTheOlderPanelMethod(t *testing.T) {
	t.Parallel()
	in := rated(t)
	in.RuleBook.PanelMethod = ""
	parts, notes := panelParts(t, in)
	type value struct { // intervals also rest on a quantile, which may get better
		Value, SE float64
		N         int
	}
	values := map[string]value{}
	for unit, p := range parts {
		values[unit] = value{p.Figure.Value, p.Figure.SE, p.Figure.N}
	}
	b, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", sha256.Sum256(b)); got != legacyPanel {
		t.Errorf("digest %s, want %s", got, legacyPanel)
	}
	for k := range notes {
		if len(k) > 9 && k[:9] == "run.panel" {
			t.Errorf("note %s in a run of the older method", k)
		}
	}
}

// A run takes the fair averages; a panel that cannot be compared falls back and
// says so.
func TestPanelByFacets(t *testing.T) {
	t.Parallel()
	in := rated(t)
	parts, notes := panelParts(t, in)
	if notes["run.panel_facets"].Args["Reviewers"] != "4" {
		t.Errorf("notes %v", notes)
	}
	for _, u := range panel.Fit(in.Ratings, 0, 10).Units {
		p := parts[u.Unit]
		if !p.Figure.OK || math.Abs(p.Figure.Value-10*u.Score) > 1e-9 || math.Abs(p.Figure.SE-10*u.SE) > 1e-9 || p.Figure.N != 2 {
			t.Fatalf("%s: %+v, want %+v", u.Unit, p.Figure, u)
		}
	}
	var half []scoring.Rating // reviewers 0 and 1 only with each other, 2 and 3 likewise
	for _, r := range in.Ratings {
		if r.Committee == in.Units[0].Code || r.Committee == in.Units[2].Code {
			half = append(half, r)
		}
	}
	in.Ratings = half
	if _, notes = panelParts(t, in); notes["run.panel_fallback.disconnected"].Args["Sets"] != "2" {
		t.Errorf("notes %v", notes)
	}
}
