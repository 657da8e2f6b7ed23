package exchange

import (
	"slices"
	"strings"

	"gongping/web/locale"
)

// Place is where a finding stands.
type Place struct{ Where, Item string }

// Group is one finding that a file gives at one place or at many.
type Group struct {
	Line
	Places []Place
}

// kindsInOne is how many kinds of one finding are told in one sentence rather
// than each by itself, and kindsNamed how many of them are named there.
const (
	kindsInOne = 3
	kindsNamed = 12
)

// Gather joins the lines that say the same, at the first of them. A file whose
// author wrote every number twice has one fault, not twenty-seven: whoever reads
// the report must see the others between them. What differs only in a word that
// nobody has to act on, such as the name of a setting, becomes one sentence too,
// where the catalogue has one for many ("exchange.<key>.many").
func Gather(lines []Line, p *locale.Printer) []Group {
	type words struct{ level, made, do string }
	var out []Group
	at := map[words]int{}
	for _, l := range lines {
		k := words{l.Level, l.Made, l.Do}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, Group{Line: l})
		}
		out[i].Places = append(out[i].Places, Place{l.Where, l.Item})
	}
	return gatherKinds(out, p)
}

// gatherKinds joins the groups of one key that differ in what was found.
func gatherKinds(groups []Group, p *locale.Printer) []Group {
	type kind struct{ level, key, do string }
	kinds := map[kind][]int{}
	for i, g := range groups {
		if p.Has("exchange." + g.Key + ".many") {
			k := kind{g.Level, g.Key, g.Do}
			kinds[k] = append(kinds[k], i)
		}
	}
	drop := map[int]bool{}
	for k, list := range kinds {
		if len(list) < kindsInOne {
			continue
		}
		first, names := &groups[list[0]], []string{groups[list[0]].Found}
		for _, i := range list[1:] {
			if first.Places[0] != (Place{}) { // some formats tell of the file as a whole
				first.Places = append(first.Places, groups[i].Places...)
			}
			if names = append(names, groups[i].Found); len(names) > kindsNamed {
				names = names[:kindsNamed]
			}
			drop[i] = true
		}
		text := strings.Join(names, p.T("exchange.between"))
		if len(list) > kindsNamed {
			text += " …"
		}
		first.Made = p.T("exchange."+k.key+".many", "N", len(list), "Found", text)
	}
	i := -1
	return slices.DeleteFunc(groups, func(Group) bool { i++; return drop[i] })
}
