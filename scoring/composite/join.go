package composite

import "math"

// Value is a leaf's value on the 0–100 scale with its standard error. OK is
// false where there is none.
type Value struct {
	OK        bool
	Score, SE float64
	N         int // answers, units counted or ratings behind it
}

// Part is a node of the tree with its value and the weights that it had.
type Part struct {
	ID, Parent      string
	Value           Value
	IndicatorWeight float64 // as used in the whole, after reweighting, 0–100
	PlannedWeight   float64 // of the whole, as in the rule book, 0–100
}

// Join computes the composite of a unit from the leaves' values:
//
//	C = Σ w_i v_i / Σ w_i,   SE(C)² = Σ (w_i/Σw)² SE_i²
//
// over the leaves that have a value (rule Reweight), independent between leaves
// (OECD/JRC 2008, Handbook on Constructing Composite Indicators, section 6).
// With NoScore one missing leaf leaves the composite without a value. Parts
// come in the order of the tree, parents before children.
func (r *RuleBook) Join(leaf func(Node) Value) (Value, []Part) {
	var parts []Part
	total := r.join(r.Tree, "", 100, leaf, &parts)
	// A part's weight in the whole is its planned share, spread again over
	// the leaves that have a value.
	have := 0.0
	for _, p := range parts {
		if p.Value.OK && !r.isGroup(p.ID) {
			have += p.PlannedWeight
		}
	}
	for i := range parts {
		if parts[i].Value.OK && have > 0 {
			parts[i].IndicatorWeight = float64(parts[i].IndicatorWeight / have * 100)
		} else {
			parts[i].IndicatorWeight = 0
		}
	}
	return total, parts
}

// join fills parts and returns the value of a list of siblings whose weights
// add up to share of the whole. Reweighting acts over leaves, so that a group
// that lost a leaf does not keep its full say on less evidence.
func (r *RuleBook) join(nodes []Node, parent string, share float64, leaf func(Node) Value, parts *[]Part) Value {
	var sum, weight, variance float64
	n, complete := 0, true
	for _, node := range nodes {
		planned := share * node.IndicatorWeight / 100
		at := len(*parts)
		*parts = append(*parts, Part{ID: node.ID, Parent: parent, PlannedWeight: planned})
		var v Value
		used := planned
		if node.Source == Group {
			v = r.join(node.Children, node.ID, planned, leaf, parts)
			used = r.present((*parts)[at+1:])
		} else {
			v = leaf(node)
		}
		(*parts)[at].Value = v
		if !v.OK {
			complete = false
			continue
		}
		(*parts)[at].IndicatorWeight = used
		sum += float64(used * v.Score)
		weight += used
		variance += float64(float64(used*v.SE) * float64(used*v.SE))
		n += v.N
	}
	if weight == 0 || (!complete && r.Missing == NoScore) {
		return Value{}
	}
	return Value{OK: true, Score: sum / weight, SE: math.Sqrt(variance) / weight, N: n}
}

// present is the planned weight of the leaves among parts that have a value.
func (r *RuleBook) present(parts []Part) float64 {
	w := 0.0
	for _, p := range parts {
		if p.Value.OK && !r.isGroup(p.ID) {
			w += p.PlannedWeight
		}
	}
	return w
}

func (r *RuleBook) isGroup(id string) bool {
	var find func([]Node) bool
	find = func(nodes []Node) bool {
		for _, n := range nodes {
			if n.ID == id {
				return n.Source == Group
			}
			if find(n.Children) {
				return true
			}
		}
		return false
	}
	return find(r.Tree)
}

// Scale maps a raw value to 0–100 between a node's Lowest and Highest, cut off
// at both ends, with the standard error scaled alike.
func (n Node) Scale(value, se float64) (score, scaledSE float64) {
	width := n.Highest - n.Lowest
	score = (value - n.Lowest) / width * 100
	return math.Min(100, math.Max(0, score)), math.Abs(se / width * 100)
}
