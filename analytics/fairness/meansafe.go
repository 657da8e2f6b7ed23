package fairness

// SuppressMean marks the grades of one question to hide where its number of
// answers and its mean are shown beside the counts: counts holds the answers by
// grade 0, 1, 2 … First come the marks of Suppress; but count and mean are two
// equations, and two hidden grades are then solved exactly. So more are hidden
// until, for every grade with fewer than minimum answers, what fits count and
// mean spans at least minimum, or nothing is left to hide. The mean is taken for
// exact and unweighted, which is the best case of whoever solves it.
//
// Each step hides the grade that widens the narrowest range most, on equal terms
// the one with the fewest answers.
func SuppressMean(counts []int, minimum int) []Cell {
	return HideMore(counts, Suppress(Table{Count: [][]int{counts}, Minimum: minimum, RowTotals: true}).Cell[0], minimum)
}

// HideMore is the second half of SuppressMean, for marks that were made for
// another reason: it hides more grades until none that is marked Primary is
// narrowed by count and mean. It changes and returns marks.
func HideMore(counts []int, marks []Cell, minimum int) []Cell {
	for {
		if narrowest(counts, marks, minimum) >= minimum {
			return marks
		}
		best, width := -1, -1
		for g := range counts {
			if marks[g] != Shown {
				continue
			}
			marks[g] = Secondary
			w := narrowest(counts, marks, minimum)
			marks[g] = Shown
			if w > width || w == width && counts[g] < counts[best] {
				best, width = g, w
			}
		}
		if best < 0 {
			return marks
		}
		marks[best] = Secondary
	}
}

// narrowest is the shortest range among the grades that have too few answers,
// minimum where there is none. A range is counted from the truth up and down by
// moves that leave count and mean as they are, of the grade and two others that
// are hidden: what can be reached so can certainly not be told apart.
func narrowest(counts []int, marks []Cell, minimum int) int {
	least := minimum
	for p, k := range counts {
		if marks[p] != Primary {
			continue
		}
		width := 0
		for step := 1; step <= minimum && movable(counts, marks, p, step); step++ {
			width++
		}
		for step := 1; step <= k && movable(counts, marks, p, -step); step++ {
			width++
		}
		least = min(least, width)
	}
	return least
}

// movable tells whether grade p may have step answers more while two other
// hidden grades a < b make up for it: x + y = −step and ax + by = −p·step.
func movable(counts []int, marks []Cell, p, step int) bool {
	if counts[p]+step < 0 {
		return false
	}
	for a := range counts {
		for b := a + 1; b < len(counts); b++ {
			if a == p || b == p || marks[a] == Shown || marks[b] == Shown || step*(a-p)%(b-a) != 0 {
				continue
			}
			y := step * (a - p) / (b - a)
			if x := -step - y; counts[a]+x >= 0 && counts[b]+y >= 0 {
				return true
			}
		}
	}
	return false
}
