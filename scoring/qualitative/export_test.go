package qualitative

// Found is a stretch that masking finds, for tests.
type Found struct {
	From, To int
	Kind     Kind
}

// Spans lists what the first pass of Mask finds, in runes.
func Spans(text string) (out []Found) {
	for _, s := range (*Known)(nil).spans([]rune(text)) {
		out = append(out, Found{s.from, s.to, s.kind})
	}
	return out
}
