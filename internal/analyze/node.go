package analyze

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"gongping/internal/errs"
)

// reader walks a YAML document and collects every fault with its line.
type reader struct {
	file   string
	faults []*errs.Error
}

// fault records one fault of a field.
func (r *reader) fault(line int, field, found, want, hint string) {
	where := field
	if line > 0 {
		where = fmt.Sprintf("%s line %d, field %s", r.file, line, field)
	}
	r.faults = append(r.faults, errs.New(errs.Invalid, "analyze.field", "a field cannot be used").At(where, found, want, hint))
}

// err joins the faults into one error.
func (r *reader) err() error {
	switch len(r.faults) {
	case 0:
		return nil
	case 1:
		return r.faults[0]
	}
	e := errs.New(errs.Invalid, "analyze.spec", "the specification has %d faults", len(r.faults))
	e.Details = r.faults
	return e
}

// found describes a node.
func found(n *yaml.Node) string {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "nothing"
		}
		return n.Value
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a mapping"
	}
	return "an alias"
}

// fields walks a mapping: each key must be among the readers.
func (r *reader) fields(n *yaml.Node, path string, readers map[string]func(*yaml.Node, string)) {
	if n.Kind != yaml.MappingNode {
		r.fault(n.Line, path, found(n), "a mapping with "+names(readers), "write `key: value` lines")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		field := join(path, k.Value)
		read, ok := readers[k.Value]
		switch {
		case !ok:
			r.fault(k.Line, field, k.Value, "one of "+names(readers), nearest(k.Value, readers))
		case seen[k.Value]:
			r.fault(k.Line, field, "the field twice", "the field once", "remove one of the two")
		default:
			seen[k.Value] = true
			if v.Kind == yaml.AliasNode {
				v = v.Alias
			}
			read(v, field)
		}
	}
}

// each walks a list.
func (r *reader) each(n *yaml.Node, path string, f func(*yaml.Node, string)) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n.Line, path, found(n), "a list", "begin every entry with `- `")
		return
	}
	for i, c := range n.Content {
		f(c, fmt.Sprintf("%s[%d]", path, i+1))
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func names[V any](m map[string]V) string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}

// nearest guesses what a misspelt key was meant to be.
func nearest[V any](key string, m map[string]V) string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	if k := closest(key, keys); k != "" {
		return "did you mean " + k + "?"
	}
	return "remove it, or see gongping analyze --example"
}

// closest is the candidate within a third of the key's length in edits.
func closest(key string, candidates []string) string {
	best, at := "", max(2, len(key)/3)+1
	slices.Sort(candidates)
	for _, c := range candidates {
		if d := edits([]rune(strings.ToLower(key)), []rune(strings.ToLower(c))); d < at {
			best, at = c, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func (r *reader) text(dst *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.ScalarNode || n.Value == "" {
			r.fault(n.Line, path, found(n), "a text", "write a name; quote it if it holds : or #")
			return
		}
		*dst = n.Value
	}
}

// texts reads one text or a list of texts.
func (r *reader) texts(dst *[]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Kind == yaml.ScalarNode {
			*dst = []string{n.Value}
			return
		}
		r.each(n, path, func(c *yaml.Node, p string) {
			if c.Kind != yaml.ScalarNode {
				r.fault(c.Line, p, found(c), "a text", "write plain values in the list")
				return
			}
			*dst = append(*dst, c.Value)
		})
	}
}

func (r *reader) choice(dst *string, allowed ...string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if !slices.Contains(allowed, n.Value) {
			hint := "choose one of them"
			if c := closest(n.Value, slices.Clone(allowed)); c != "" {
				hint = "did you mean " + c + "?"
			}
			r.fault(n.Line, path, found(n), "one of "+strings.Join(allowed, ", "), hint)
			return
		}
		*dst = n.Value
	}
}

func (r *reader) number(dst *float64, lo, hi float64, want string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		v, err := strconv.ParseFloat(n.Value, 64)
		if n.Kind != yaml.ScalarNode || err != nil || math.IsNaN(v) || v < lo || v > hi {
			r.fault(n.Line, path, found(n), want, "write such a number")
			return
		}
		*dst = v
	}
}

func (r *reader) whole(dst *int, lo, hi int) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || v < lo || v > hi {
			r.fault(n.Line, path, found(n), fmt.Sprintf("a whole number from %d to %d", lo, hi), "write such a number")
			return
		}
		*dst = v
	}
}

func (r *reader) yes(dst *bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		switch n.Value {
		case "true", "yes":
			*dst = true
		case "false", "no":
			*dst = false
		default:
			r.fault(n.Line, path, found(n), "true or false", "write one of the two")
		}
	}
}

// numbers reads a mapping from values to numbers.
func (r *reader) numbers(dst *map[string]float64, lo, hi float64, want string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
			r.fault(n.Line, path, found(n), "a mapping from values to numbers", "write {value: number, ...}")
			return
		}
		*dst = map[string]float64{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			var v float64
			k := n.Content[i]
			if _, twice := (*dst)[k.Value]; twice {
				r.fault(k.Line, join(path, k.Value), "the value twice", "each value once", "remove one of the two")
				continue
			}
			r.number(&v, lo, hi, want)(n.Content[i+1], join(path, k.Value))
			(*dst)[k.Value] = v
		}
	}
}
