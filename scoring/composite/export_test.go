package composite

// Sets are the sets of weights, for tests.
func (w *Weightings) Sets() [][]float64 { return w.sets }
