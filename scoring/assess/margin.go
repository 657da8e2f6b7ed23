package assess

import (
	"slices"
	"strings"

	"gongping/scoring"
	"gongping/survey/weight"
)

// category is a level of a margin: its persons and its answers, and after
// merging the group that it belongs to.
type category struct {
	level   string
	persons float64
	answers int
	group   int
}

// margin lays out one margin for the answers of a committee. Categories with
// fewer than minCell answers join the one before (the first the one after).
func (r *run) margin(from, to, column int, margins []scoring.Margin, total float64, name string, of func(*scoring.Margin) string) *weight.Margin {
	list, sum := categories(margins, of)
	if len(list) == 0 || sum == 0 {
		return nil
	}
	t := &r.text[column]
	count := make([]int, len(t.value))
	for _, c := range t.code[from:to] {
		count[c]++
	}
	for k := range list {
		if c := t.at(list[k].level); c >= 0 {
			list[k].answers = count[c]
		}
	}
	groups := group(list)
	// Answers of unknown category belong to no margin; they join the largest,
	// so that raking has a place for every row.
	largest := 0
	for g := range groups {
		if groups[g].persons > groups[largest].persons {
			largest = g
		}
	}
	place := make([]int32, len(t.value))
	for c, v := range t.value {
		place[c] = int32(largest)
		for k := range list {
			if list[k].level == v {
				place[c] = int32(list[k].group)
			}
		}
		groups[place[c]].answers += count[c]
	}
	m := &weight.Margin{Factor: weight.Factor{Name: name, Codes: make([]int32, to-from)}, Totals: make([]float64, len(groups))}
	for g := range groups {
		if groups[g].answers == 0 {
			return nil
		}
		m.Factor.Levels = append(m.Factor.Levels, groups[g].level)
		m.Totals[g] = float64(groups[g].persons / sum * total)
	}
	for k, c := range t.code[from:to] {
		m.Factor.Codes[k] = place[c]
	}
	return m
}

// categories are the levels of a margin by name, and the persons in them all.
func categories(margins []scoring.Margin, of func(*scoring.Margin) string) (list []category, sum float64) {
	for k := range margins {
		v := of(&margins[k])
		if v == "" || v == "u" {
			continue
		}
		at, ok := slices.BinarySearchFunc(list, v, func(c category, v string) int { return strings.Compare(c.level, v) })
		if !ok {
			list = slices.Insert(list, at, category{level: v})
		}
		list[at].persons += float64(margins[k].Persons)
		sum += float64(margins[k].Persons)
	}
	return list, sum
}

// group merges thin categories and notes the group of each. The groups carry
// the name of their first category; their answers are left to be counted.
func group(list []category) []category {
	var groups []category
	have := 0
	for k := range list {
		if len(groups) == 0 || have >= minCell {
			groups, have = append(groups, category{level: list[k].level}), 0
		}
		list[k].group = len(groups) - 1
		groups[len(groups)-1].persons += list[k].persons
		have += list[k].answers
	}
	if n := len(groups); n > 1 && have < minCell {
		groups[n-2].persons += groups[n-1].persons
		groups = groups[:n-1]
		for k := range list {
			list[k].group = min(list[k].group, n-2)
		}
	}
	return groups
}
