package problem

import (
	"net/http"
	"slices"
	"strings"
)

// What is kept of a form that came after the session had ended.
const (
	typedBody   = 256 << 10 // larger ones hold files, which cannot be sent back
	typedFields = 300
)

// Typed is what somebody had filled in: a field of a form that can be sent
// again.
type Typed struct{ Name, Value string }

// typed reads the fields of a form whose session has ended, so that the page can
// offer to send them again after signing in. Nothing is stored: the page itself
// holds them. Files have to be chosen anew; passwords are not sent back.
func typed(r *http.Request) (out []Typed) {
	if r.ContentLength < 0 || r.ContentLength > typedBody {
		return nil
	}
	if err := r.ParseMultipartForm(typedBody); err != nil && err != http.ErrNotMultipart { //nolint:errorlint // as net/http returns it
		return nil
	}
	names := make([]string, 0, len(r.PostForm))
	for name := range r.PostForm {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if strings.Contains(name, "password") {
			return nil
		}
		for _, value := range r.PostForm[name] {
			if len(out) == typedFields {
				return nil // a part of a form would be worse than none
			}
			out = append(out, Typed{name, value})
		}
	}
	return out
}
