package question

// Block is what stands together on paper: one item, or the rows of a matrix
// with the question above them.
type Block struct {
	Matrix, Hint string
	Items        []Item
}

// Blocks puts neighbouring rows of a matrix together.
func (s Section) Blocks() []Block {
	var out []Block
	for _, it := range s.Items {
		if it.Row && !it.First && len(out) > 0 {
			last := &out[len(out)-1]
			last.Items = append(last.Items, it)
			continue
		}
		b := Block{Items: []Item{it}}
		if it.Row {
			b.Matrix, b.Hint = it.Lead, it.MatrixHint
		}
		out = append(out, b)
	}
	return out
}
