package draw

import (
	"slices"
	"strings"
)

// ClusterSize is a first-stage unit with the number of its households. Near
// says where it lies: clusters of one place are joined first.
type ClusterSize struct {
	ID, Near   string
	Households int
}

// JoinSmall joins clusters, in order of place and id, until each group holds at
// least the given number of households; what is left over at the end joins the
// last group. It returns for each cluster the id of the first of its group, and
// the sizes of the groups. A stratum with fewer households is one group.
func JoinSmall(clusters []ClusterSize, least int) (group map[string]string, sizes map[string]int) {
	list := slices.Clone(clusters)
	slices.SortFunc(list, func(a, b ClusterSize) int {
		if c := strings.Compare(a.Near, b.Near); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	group, sizes = make(map[string]string, len(list)), map[string]int{}
	left := 0
	for _, c := range list {
		left += c.Households
	}
	name := ""
	for _, c := range list {
		if name == "" || sizes[name] >= least && left >= least {
			name = c.ID
		}
		group[c.ID] = name
		sizes[name] += c.Households
		left -= c.Households
	}
	return group, sizes
}
