// Package problem is the one mapping from errors to what leaves the server:
// RFC 9457 problem details for programs, a page in the reader's language for
// people. The cause of an internal error never leaves.
package problem

import (
	"errors"
	"net/http"
	"strings"

	"gongping/internal/errs"
	"gongping/web/locale"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// Problem is an RFC 9457 problem details object with our extensions.
type Problem struct {
	Type     string   `json:"type" doc:"URI reference of the kind of problem" example:"/problems/conflict"`
	Title    string   `json:"title" doc:"Short name of the kind of problem"`
	Status   int      `json:"status" doc:"HTTP status"`
	Detail   string   `json:"detail,omitempty" doc:"What happened this time"`
	Instance string   `json:"instance,omitempty" doc:"Number of the request, for the log"`
	Code     string   `json:"code" doc:"Stable code of the kind" example:"conflict"`
	Key      string   `json:"key,omitempty" doc:"Stable key of the sentence" example:"round.frozen"`
	Hint     string   `json:"hint,omitempty" doc:"How to mend it"`
	Errors   []Detail `json:"errors,omitempty" doc:"The single faults of a larger input"`
}

// Detail is one fault: which row, column or field, what stood there, what was
// expected and how to mend it.
type Detail struct {
	Where   string `json:"where,omitempty"`
	Message string `json:"message"`
	Found   string `json:"found,omitempty"`
	Want    string `json:"want,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// Error lets a Problem be returned where an error is wanted.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus returns the HTTP status; with Error it makes a huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType tells huma the media type.
func (p *Problem) ContentType(string) string { return ContentType }

// Status gives the HTTP status of a code; 500 for one it does not know.
func Status(code errs.Code) int {
	switch code {
	case errs.Invalid:
		return http.StatusUnprocessableEntity
	case errs.Unauthorized:
		return http.StatusUnauthorized
	case errs.Forbidden:
		return http.StatusForbidden
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Conflict, errs.NotNow, errs.Done, errs.Closed, errs.Barred, errs.Differs:
		return http.StatusConflict
	case errs.Gone:
		return http.StatusGone
	case errs.TooMany:
		return http.StatusTooManyRequests
	case errs.TooLarge:
		return http.StatusRequestEntityTooLarge
	case errs.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// codeOf is the way back, for errors that a library made with a status only.
func codeOf(status int) errs.Code {
	for _, code := range []errs.Code{
		errs.Invalid, errs.Unauthorized, errs.Forbidden, errs.NotFound, errs.Conflict,
		errs.Gone, errs.TooMany, errs.TooLarge, errs.Unavailable,
	} {
		if Status(code) == status {
			return code
		}
	}
	if status >= 400 && status < 500 {
		return errs.Invalid
	}
	return errs.Internal
}

// From makes the problem of err in one language. An error that is not *errs.Error
// is internal, and says nothing about its cause.
func From(err error, p *locale.Printer) *Problem {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return plain(errs.Internal, p)
	}
	out := plain(e.Code, p)
	if e.Code == errs.Internal {
		return out
	}
	out.Key, out.Hint = e.Key, part(e, p, "hint", e.Hint)
	if s := sentence(e, p); s != "" {
		out.Detail = s
	}
	for _, d := range e.Details {
		out.Errors = append(out.Errors, DetailOf(d, p))
	}
	if e.Where != "" || e.Found != "" || e.Want != "" {
		out.Errors = append([]Detail{DetailOf(e, p)}, out.Errors...)
	}
	return out
}

// plain is a problem that says only what its code says.
func plain(code errs.Code, p *locale.Printer) *Problem {
	status := Status(code)
	if status == http.StatusInternalServerError {
		code = errs.Internal
	}
	return &Problem{
		Type: "/problems/" + string(code), Code: string(code), Status: status,
		Title:  p.T("problem." + string(code) + ".title"),
		Detail: p.T("problem." + string(code) + ".detail"),
	}
}

// DetailOf says one fault in the reader's language.
func DetailOf(e *errs.Error, p *locale.Printer) Detail {
	return Detail{
		Where: e.Where, Message: sentence(e, p), Found: e.Found,
		Want: part(e, p, "want", e.Want), Hint: part(e, p, "hint", e.Hint),
	}
}

// part is the catalogue's "<key>.hint" or "<key>.want" if there is one, for a
// reader who should not meet the English of the code.
func part(e *errs.Error, p *locale.Printer, name, english string) string {
	if key := e.Key + "." + name; english != "" && p.Lang() != locale.English && p.Has(key) {
		return p.Map(key, e.Args)
	}
	if p.Lang() != locale.English {
		if s, ok := phrase(english, p); ok {
			return s
		}
	}
	if name == "hint" {
		return written(english)
	}
	return english
}

// sentence is the catalogue's for the error's key. An English reader gets the
// error's own message, which names the values at hand.
func sentence(e *errs.Error, p *locale.Printer) string {
	if p.Lang() == locale.English && e.Message != "" {
		return written(e.Message)
	}
	if e.Key != "" && p.Has(e.Key) {
		return p.Map(e.Key, e.Args)
	}
	return written(e.Message)
}

// written makes a sentence of an error's words, which begin small and end
// without a stop as Go's do.
func written(s string) string {
	if s == "" {
		return s
	}
	if c := s[0]; 'a' <= c && c <= 'z' && (len(s) == 1 || s[1] == ' ' || s[1] == '\'' || 'a' <= s[1] && s[1] <= 'z') {
		s = string(c-'a'+'A') + s[1:]
	}
	if end := s[len(s)-1]; 'a' <= end && end <= 'z' || '0' <= end && end <= '9' || end == ')' {
		s += "."
	}
	return s
}

// Line writes a detail as one line for a list on a page.
func (d Detail) Line() string {
	parts := []string{}
	for _, s := range []string{d.Where, d.Message, quoted(d.Found), d.Want, d.Hint} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " · ")
}

func quoted(s string) string {
	if s == "" {
		return ""
	}
	return "“" + s + "”"
}
