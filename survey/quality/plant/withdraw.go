package plant

import (
	"cmp"
	"slices"

	"gongping/survey/quality"
)

// withdraw takes answers back. Responses move, so it comes last in a scenario.
func (w *round) withdraw(rows []int) {
	gone := map[int]bool{}
	for _, i := range rows {
		gone[i] = true
	}
	kept := w.data.Responses[:0]
	for i, r := range w.data.Responses {
		if gone[i] {
			w.data.Withdrawn = append(w.data.Withdrawn, r)
		} else {
			kept = append(kept, r)
		}
	}
	w.data.Responses = kept
}

// anybody are answers taken at random.
func (w *round) anybody(share float64) (rows []int) {
	for i := range w.data.Responses {
		if w.rng.Float64() < share {
			rows = append(rows, i)
		}
	}
	return rows
}

// unhappy are answers taken at random from the lower half of the round.
func (w *round) unhappy(share float64) (rows []int) {
	lower := w.lowest(w.all(""), len(w.data.Responses)/2, 1)
	for _, i := range lower {
		if w.rng.Float64() < share {
			rows = append(rows, i)
		}
	}
	return rows
}

// all are the answers of a committee, or of the round.
func (w *round) all(committee string) (rows []int) {
	for i := range w.data.Responses {
		if committee == "" || w.data.Responses[i].Committee == committee {
			rows = append(rows, i)
		}
	}
	return rows
}

// lowest are the n lowest of some answers; the highest with sign −1.
func (w *round) lowest(rows []int, n, sign int) []int {
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(a, b int) int {
		return sign * cmp.Compare(total(&w.data.Responses[a]), total(&w.data.Responses[b]))
	})
	return out[:n]
}

// total is the mean grade, of no opinion the middle.
func total(r *quality.Response) float64 {
	sum, n := 0, 0
	for _, g := range r.Grades {
		if g > 0 {
			sum, n = sum+int(g), n+1
		}
	}
	if n == 0 {
		return 3
	}
	return float64(sum) / float64(n)
}

// receipts withdraws the lowest and the highest of some answers, so many of each,
// and besides one in a hundred of all.
func (w *round) receipts(rows []int, low, high int) {
	w.withdraw(slices.Concat(w.lowest(rows, low, 1), w.lowest(rows, high, -1), w.anybody(0.01)))
}
