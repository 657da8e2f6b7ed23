package analyze

import (
	"strings"

	"gopkg.in/yaml.v3"

	"gongping/internal/errs"
)

// Flags is a specification given on the command line: one data file, items that
// share their recodes, and statistics written as "stat" or "stat:variables".
type Flags struct {
	Stats, By, Clusters, FPC, Where, Items, DontKnow, Missing, Covariates []string
	ID, Weight, Strata, Lonely, Scale, Unit, Values, Over, Group, Score   string
	Level                                                                 float64
	MinCell                                                               int
	Adjust, Nest                                                          bool
}

// Spec checks the flags as if they stood in a file.
func (f Flags) Spec() (*Spec, error) {
	doc := map[string]any{"level": f.Level, "min_cell": f.MinCell}
	design := map[string]any{}
	set := func(m map[string]any, k string, v any) {
		switch x := v.(type) {
		case string:
			if x != "" {
				m[k] = x
			}
		case []string:
			if len(x) > 0 {
				m[k] = x
			}
		case bool:
			if x {
				m[k] = x
			}
		}
	}
	set(design, "id", f.ID)
	set(design, "weight", f.Weight)
	set(design, "strata", f.Strata)
	set(design, "clusters", f.Clusters)
	set(design, "fpc", f.FPC)
	set(design, "lonely", f.Lonely)
	set(design, "nest", f.Nest)
	doc["design"] = design
	set(doc, "where", f.Where)
	if len(f.Items) > 0 {
		item := map[string]any{"columns": f.Items}
		set(item, "dont_know", f.DontKnow)
		set(item, "missing", f.Missing)
		set(item, "scale", f.Scale)
		doc["items"] = []any{item}
	}
	if len(f.Covariates) > 0 {
		doc["covariates"] = f.numbered()
	}
	if f.Score != "" {
		doc["scores"] = []any{map[string]any{"name": f.Score, "items": f.Items}}
	}
	var stats []any
	for _, s := range f.Stats {
		stats = append(stats, f.statistic(s))
	}
	if stats == nil {
		return nil, errs.New(errs.Invalid, "analyze.field", "a field cannot be used").
			At("--stat", "nothing", "one of "+strings.Join(kindNames, ", "), "for example --stat mean:q1,q2 --by district")
	}
	doc["statistics"] = stats
	text, err := yaml.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return Parse("flags", text)
}

// numbered reads covariates: "age:number" is a number, "sex" a category.
func (f Flags) numbered() []any {
	var out []any
	for _, c := range f.Covariates {
		if name, as, ok := strings.Cut(c, ":"); ok {
			out = append(out, map[string]any{"column": name, "as": as})
		} else {
			out = append(out, c)
		}
	}
	return out
}

// statistic gives a statistic those of the common flags that it takes.
func (f Flags) statistic(s string) map[string]any {
	kind, of, ok := strings.Cut(s, ":")
	m := map[string]any{"stat": kind}
	switch {
	case ok:
		m["of"] = strings.Split(of, ",")
	case f.Score != "":
		m["of"] = f.Score
	default:
		m["of"] = f.Items
	}
	takes := func(field string) bool { return contains(kinds[kind].fields, field) }
	if len(f.By) > 0 && !contains([]string{"ttest", "chisq", "regression", "alpha", "interviewer", "inequality", "funnel", "fair_score"}, kind) {
		m["by"] = f.By
	}
	if takes("unit") && f.Unit != "" {
		m["unit"] = f.Unit
	}
	if takes("adjust") && f.Adjust {
		m["adjust"] = true
	}
	if takes("values") && f.Values != "" {
		m["values"] = strings.Split(f.Values, ",")
	}
	if takes("over") && f.Over != "" {
		m["over"] = f.Over
	}
	if takes("group") && f.Group != "" {
		m["group"] = f.Group
	}
	return m
}
