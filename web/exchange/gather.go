package exchange

// Place is where a finding stands.
type Place struct{ Where, Item string }

// Group is one finding that a file gives at one place or at many.
type Group struct {
	Line
	Places []Place
}

// Gather joins the lines that say the same, at the first of them. A file whose
// author wrote every number twice has one fault, not twenty-seven: whoever reads
// the report must see the others between them.
func Gather(lines []Line) []Group {
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
	return out
}
