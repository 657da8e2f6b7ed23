package analyze

import (
	"slices"
	"strings"
	"testing"

	"gongping/internal/errs"
)

func TestExampleParses(t *testing.T) {
	t.Parallel()
	s, err := Parse("example.yaml", []byte(Example()))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Statistics) != 6 || len(s.Items) != 4 || s.Design.Rake[0].Totals["2"] != 0.5 || !s.Covariates[1].Number {
		t.Fatalf("%+v", s)
	}
	for _, c := range []string{"q1", "age", "committee", "visited", "households", "building"} {
		if !slices.Contains(s.columns, c) {
			t.Errorf("column %s would not be read: %v", c, s.columns)
		}
	}
}

// Every fault must name the line, the field, what was found and what is allowed.
func TestFaultsNameFieldValueAndAllowed(t *testing.T) {
	t.Parallel()
	ok := "statistics:\n  - {stat: mean, of: q}\n"
	for name, c := range map[string]struct {
		yaml string
		want []string
	}{
		"unknown field":       {"datum: x.csv\n" + ok, []string{"line 1", "field datum", `found "datum"`, "data, design", "did you mean data?"}},
		"unknown design":      {ok + "design: {lonley: fail}\n", []string{"line 3", "design.lonley", "lonely", "did you mean lonely?"}},
		"policy":              {ok + "design:\n  lonely: keep\n", []string{"line 4", "design.lonely", `"keep"`, "fail, adjust, average, remove, certainty"}},
		"three stages":        {ok + "design: {clusters: [a, b, c]}\n", []string{"clusters", "one or two"}},
		"fpc without stage":   {ok + "design: {fpc: [a, b]}\n", []string{"fpc", "one column per stage"}},
		"statistic":           {"statistics:\n  - {stat: mena, of: q}\n", []string{"line 2", "statistics[1].stat", `"mena"`, "fair_score", "did you mean mean?"}},
		"no statistic":        {"statistics:\n  - {of: q}\n", []string{"statistics[1].stat", "one of mean"}},
		"none at all":         {"data: a.csv\n", []string{"field statistics", "at least one"}},
		"needs of":            {"statistics:\n  - {stat: mean}\n", []string{"statistics[1].of"}},
		"needs unit":          {"statistics:\n  - {stat: fair_score, of: q}\n", []string{"statistics[1].unit"}},
		"ignored field":       {"statistics:\n  - {stat: mean, of: q, unit: u}\n", []string{"statistics[1].unit", "mean takes"}},
		"rule":                {"statistics:\n  - {stat: quantile, of: q, rule: best}\n", []string{"rule", `"best"`, "math, school"}},
		"quantiles":           {"statistics:\n  - {stat: quantile, of: q, at: [0.5, 0.2]}\n", []string{"at[2]", "rising"}},
		"scale":               {ok + "items: [{column: q, scale: 1-5}]\n", []string{"scale", `"1-5"`, "1..5"}},
		"item twice":          {ok + "items: [{column: q}, {column: q}]\n", []string{"items[2]", "q twice"}},
		"level":               {ok + "level: 95\n", []string{"field level", `"95"`, "0.5 to 0.9999"}},
		"level not a number":  {ok + "level: .nan\n", []string{"field level"}},
		"min cell":            {ok + "min_cell: 0\n", []string{"min_cell", "1 to 1000"}},
		"where":               {ok + "where: q ~ 1\n", []string{"where", "column = value"}},
		"where text order":    {ok + "where: q < many\n", []string{"where"}},
		"margin":              {ok + "design: {rake: [{column: a, totals: {x: -1}}]}\n", []string{"totals.x", "positive"}},
		"margin without":      {ok + "design: {rake: [{column: a}]}\n", []string{"rake[1]", "column and totals"}},
		"no covariates":       {"statistics:\n  - {stat: compare, of: q, by: g, adjust: true}\n", []string{"statistics[1].covariates"}},
		"score of score":      {ok + "scores: [{name: a, items: [q]}, {name: b, items: [a]}]\n", []string{"scores.b.items"}},
		"by a score":          {"scores: [{name: a, items: [q]}]\nstatistics:\n  - {stat: mean, of: q, by: a}\n", []string{"statistics[1]", "a column of the table"}},
		"not yaml":            {"statistics: [", []string{"not YAML"}},
		"empty":               {"", []string{"empty", "--example"}},
		"two documents":       {ok + "---\n" + ok, []string{"one document"}},
		"a list at the root":  {"- a\n", []string{"mapping"}},
		"field given twice":   {ok + "title: a\ntitle: b\n", []string{"title"}},
		"correction":          {"statistics:\n  - {stat: compare, of: q, by: g, correction: bonf}\n", []string{"correction", "bonferroni, holm"}},
		"evidence":            {"statistics:\n  - {stat: fair_score, of: q, unit: u, evidence: {house: h}}\n", []string{"evidence.house", "household"}},
		"gates":               {"statistics:\n  - {stat: fair_score, of: q, unit: u, gates: {min: 3}}\n", []string{"gates.min", "min_score"}},
		"fair score of two":   {"statistics:\n  - {stat: fair_score, of: [a, b], unit: u}\n", []string{"one variable"}},
		"regression by group": {"covariates: [a]\nstatistics:\n  - {stat: regression, of: q, by: g}\n", []string{"by", "where"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("spec.yaml", []byte(c.yaml))
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("no error, or of another kind: %v", err)
			}
			var text strings.Builder
			text.WriteString(err.Error())
			for _, d := range err.(*errs.Error).Details {
				text.WriteString("\n" + d.Error())
			}
			for _, w := range c.want {
				if !strings.Contains(text.String(), w) {
					t.Errorf("%q is not in: %s", w, &text)
				}
			}
		})
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, value string
		want        bool
	}{
		{"a = 1", "1", true}, {"a = 1", "01", false}, {"a != 1", "2", true}, {"a!=1", "", true}, {"a =", "", true}, {"a = ", "x", false},
		{"a <= 3", "3", true}, {"a < 3", "3", false}, {"a >= 3", "10", true}, {"a > 3", "", false}, {"a > 3", "x", false},
		{"a in x, 'y z'", "y z", true}, {"a in x, y", "z", false}, {`年龄 = "甲"`, "甲", true},
	} {
		got, ok := parseCondition(c.text)
		if !ok || got.holds(c.value) != c.want {
			t.Errorf("%s with %q: %v %+v", c.text, c.value, ok, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Example())
	f.Add("statistics:\n  - {stat: mean, of: &a q, by: *a}\n")
	f.Add("a: &a [*a]\n")
	f.Add("design: {rake: [{column: a, totals: {x: .inf}}]}\nstatistics: [{stat: mean, of: q}]")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("fuzz", []byte(text))
		if (s == nil) == (err == nil) {
			t.Fatalf("%v %v", s, err)
		}
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Fatalf("an error that nobody can act on: %v", err)
		}
	})
}
