package rater

// links finds which things are connected, directly or through others.
type links []int

func newLinks(n int) links {
	l := make(links, n)
	for i := range l {
		l[i] = i
	}
	return l
}

func (l links) root(i int) int {
	for l[i] != i {
		l[i] = l[l[i]]
		i = l[i]
	}
	return i
}

// join connects two things; the lower number stays the root.
func (l links) join(i, j int) {
	a, b := l.root(i), l.root(j)
	l[max(a, b)] = min(a, b)
}

// sets lists the connected sets in the order of their first member.
func (l links) sets() [][]int {
	var out [][]int
	at := map[int]int{}
	for i := range l {
		r := l.root(i)
		k, ok := at[r]
		if !ok {
			k = len(out)
			at[r] = k
			out = append(out, nil)
		}
		out[k] = append(out[k], i)
	}
	return out
}
