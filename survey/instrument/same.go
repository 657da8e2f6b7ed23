package instrument

import (
	"maps"
	"slices"
)

// SameScored tells whether two questionnaires ask the same scored questions, so
// that scores from them can be compared: the same items under the same
// dimensions, of the same kind, in the same words of either main language.
// Everything that is not scored may differ.
func SameScored(a, b *Questionnaire) bool {
	x, y := scored(a), scored(b)
	return slices.EqualFunc(x, y, func(p, q *Item) bool {
		return p.ID == q.ID && p.Kind == q.Kind && p.Dimension == q.Dimension && maps.Equal(p.Text, q.Text) &&
			slices.EqualFunc(p.Options, q.Options, func(o, u Option) bool { return o.Code == u.Code && maps.Equal(o.Text, u.Text) })
	})
}

// scored are the items that enter a score, by id.
func scored(q *Questionnaire) (list []*Item) {
	for i := range q.Items {
		if q.Items[i].Dimension != "" {
			list = append(list, &q.Items[i])
		}
	}
	slices.SortFunc(list, func(a, b *Item) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return list
}
