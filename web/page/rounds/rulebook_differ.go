package rounds

import (
	"slices"
	"strings"

	"gongping/scoring/composite"
	"gongping/web/locale"
)

// compareData is what two versions of a rule book differ in.
type compareData struct {
	From, To int
	List     []difference
}

// difference is a composite.Difference whose place is said in words.
type difference struct {
	composite.Difference
	Words string // "" where no word is known: then the path is shown
}

// differences compares two versions as they take effect: a section that a book
// leaves out counts with the rules that it then follows, so that writing them
// down is no change.
func differences(old, now *composite.RuleBook, p *locale.Printer) []difference {
	stated := func(r *composite.RuleBook) *composite.RuleBook {
		b := ownSections(*r)
		b.Criteria = r.PanelCriteria()
		return &b
	}
	a, b := stated(old), stated(now)
	var out []difference
	for _, d := range composite.Compare(a, b) {
		words := placeOf(b, d.Where, p)
		if words == "" { // what only the old version has
			words = placeOf(a, d.Where, p)
		}
		for _, v := range []*string{&d.Old, &d.New} {
			if key := "rulebook." + d.Where + "." + *v; p.Has(key) { // a choice, such as the rule for what is missing
				*v = p.T(key)
			}
		}
		out = append(out, difference{d, words})
	}
	order := formOrder(b)
	slices.SortStableFunc(out, func(x, y difference) int { return order(x.Where) - order(y.Where) })
	return out
}

// formOrder gives the place that a field has in the form of a rule book; what
// the form does not have comes last.
func formOrder(b *composite.RuleBook) func(path string) int {
	own := ownSections(*b)
	places, groups := map[string]int{}, map[string]int{}
	for _, f := range figures(&own) {
		places[f.path()] = len(places)
		if first, _, nested := strings.Cut(f.path(), "."); nested {
			if _, seen := groups[first]; !seen {
				groups[first] = places[f.path()]
			}
		}
	}
	const numbers, most = 100_000, 1_000
	nodes := func(path string) int { // indicators stand as in the book, its parts one after the other
		for i, n := range b.Tree {
			rest, ok := strings.CutPrefix(path, "tree."+n.ID+".")
			if !ok {
				continue
			}
			for j, child := range n.Children {
				if strings.HasPrefix(rest, "children."+child.ID+".") {
					return 50*most + i*most + j
				}
			}
			return most + i
		}
		return 60 * most
	}
	index := func(path string, list []composite.Band) int {
		return slices.IndexFunc(list, func(x composite.Band) bool { return strings.HasPrefix(path, x.ID+".") }) + 1
	}
	heads := map[string]int{"missing": 2 * most, "confidence": 2*most + 1, "panel_method": 2*most + 2, "weight_range": 2*most + 3}
	return func(path string) int {
		head, rest, _ := strings.Cut(path, ".")
		if at, ok := heads[path]; ok {
			return at
		}
		if at, ok := places[path]; ok {
			return numbers + at
		}
		switch {
		case head == "title":
			return 0
		case head == "tree":
			return nodes(path)
		case head == "bands":
			return 70*most + index(rest, b.Bands)
		case strings.HasPrefix(path, "grades.scale"):
			return numbers + most + index(strings.TrimPrefix(rest, "scale."), b.Grades.Scale)
		case head == "criteria":
			return numbers + 2*most
		case strings.HasPrefix(path, "quality.item_types"):
			return numbers + 3*most
		}
		if at, ok := groups[head]; ok {
			return numbers + at
		}
		return numbers + 9*most
	}
}

// placeOf says where a path of a rule book leads, such as "工作记录 · 走访覆盖率 · 权重"
// for "tree.records.children.visits.weight"; "" where it has no words.
func placeOf(b *composite.RuleBook, path string, p *locale.Printer) string {
	seg := strings.Split(path, ".")
	lang := string(p.Lang())
	var parts []string
	switch rest := seg[1:]; {
	case seg[0] == "tree":
		nodes := b.Tree
		for len(rest) > 1 {
			if rest[0] == "children" {
				rest = rest[1:]
				continue
			}
			i := slices.IndexFunc(nodes, func(n composite.Node) bool { return n.ID == rest[0] })
			if i < 0 {
				break
			}
			parts, nodes, rest = append(parts, textIn(nodes[i].Text, lang)), nodes[i].Children, rest[1:]
		}
		if len(parts) == 0 {
			return ""
		}
		return ending(parts, rest, p)
	case seg[0] == "bands" && len(rest) > 1:
		return banded(p.T("rulebook.bands"), b.Bands, rest, p)
	case seg[0] == "grades" && len(rest) > 2 && rest[0] == "scale":
		return banded(p.T("rulebook.grades_scale"), b.Grades.Scale, rest[1:], p)
	case seg[0] == "title":
		return ending(nil, []string{"text", seg[len(seg)-1]}, p)
	case !p.Has("rulebook." + path):
		return ""
	}
	for _, group := range []string{"rulebook." + seg[0], "rulebook." + strings.Replace(seg[0], "record_", "records_", 1)} {
		if len(seg) > 1 && p.Has(group) {
			parts = append(parts, p.T(group))
			break
		}
	}
	return strings.Join(append(parts, p.T("rulebook."+path)), " · ")
}

func banded(scale string, bands []composite.Band, rest []string, p *locale.Printer) string {
	i := slices.IndexFunc(bands, func(x composite.Band) bool { return x.ID == rest[0] })
	if i < 0 {
		return ""
	}
	return ending([]string{scale, textIn(bands[i].Text, string(p.Lang()))}, rest[1:], p)
}

// ending adds the words for a field of an indicator or a band.
func ending(parts, rest []string, p *locale.Printer) string {
	words := ""
	switch strings.Join(rest, ".") {
	case "weight", "lowest", "highest", "from", "source":
		words = p.T("rulebook." + rest[0])
	case "weight_range":
		words = p.T("rulebook.own_range.short")
	case "text.zh", "text.en":
		words = p.T("document."+rest[1], "Label", p.T("document.title"))
	case "id":
		words = p.T("questionnaire.id")
	default:
		return ""
	}
	return strings.Join(append(parts, words), " · ")
}
