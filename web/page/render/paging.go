package render

import (
	"net/url"
	"strconv"
)

// Cut returns the page of a whole list that the address asks for, and the links
// to the other pages. A page that does not exist is the nearest one; the rest of
// the query goes along. at is the name of the page's parameter, size the rows of
// a page, to the place on the page that the links jump to ("" is its top).
func Cut[T any](list []T, query url.Values, at string, size int, to string) ([]T, Pagination) {
	last := max(1, (len(list)+size-1)/size)
	page, _ := strconv.Atoi(query.Get(at))
	page = min(max(page, 1), last)
	rest := url.Values{}
	for k, v := range query {
		if k != at && len(v) > 0 && v[0] != "" {
			rest[k] = v
		}
	}
	href := "?"
	if len(rest) > 0 {
		href += rest.Encode() + "&"
	}
	return list[(page-1)*size : min(page*size, len(list))], Pagination{Page: page, Last: last, Total: len(list), Href: href + at + "=", Hash: to}
}
