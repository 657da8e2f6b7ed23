package composite

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Difference is one point in which two versions of a rule book differ. Where is
// the path of the field, with indicators by their ids: "tree.records.visits.weight".
type Difference struct {
	Where    string `json:"where"`
	Old, New string
}

// Compare lists in what two rule books differ, by path. A field that only one
// of them has shows "" on the other side.
func Compare(old, now *RuleBook) []Difference {
	a, b := map[string]string{}, map[string]string{}
	flatten("", document(old), a)
	flatten("", document(now), b)
	var out []Difference
	for k, v := range a {
		if b[k] != v {
			out = append(out, Difference{k, v, b[k]})
		}
	}
	for k, v := range b {
		if _, ok := a[k]; !ok {
			out = append(out, Difference{k, "", v})
		}
	}
	slices.SortFunc(out, func(x, y Difference) int { return strings.Compare(x.Where, y.Where) })
	return out
}

func document(r *RuleBook) any {
	b, err := json.Marshal(r)
	if err != nil {
		panic("composite: a rule book does not encode: " + err.Error())
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		panic("composite: a rule book does not decode: " + err.Error())
	}
	return v
}

func flatten(path string, v any, out map[string]string) {
	join := func(k string) string { return strings.TrimPrefix(path+"."+k, ".") }
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			flatten(join(k), x, out)
		}
	case []any:
		for i, x := range v {
			name := strconv.Itoa(i + 1)
			if m, ok := x.(map[string]any); ok {
				if id, ok := m["id"].(string); ok && id != "" {
					name = id
				}
			}
			flatten(join(name), x, out)
		}
	case string:
		out[path] = v
	case float64:
		out[path] = strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		out[path] = strconv.FormatBool(v)
	}
}
