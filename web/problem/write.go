package problem

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"gongping/internal/errs"
	"gongping/web/locale"
	"gongping/web/page/render"
)

// RequestID is the gin key and the context key under which the number of the
// request may stand; it is shown with a problem so that the log can be found.
const RequestID = "gongping.request_id"

// Page writes err for a person: the error page, or for htmx the message alone.
// Programs (below /api/, or asking for JSON only) get problem details. The
// error is added to c.Errors for the log.
func Page(c *gin.Context, r *render.Renderer, err error) {
	_ = c.Error(err)
	p := From(err, r.Printer(c))
	p.Instance = c.GetString(RequestID)
	c.Abort()
	if wantsJSON(c.Request) {
		writeJSON(c.Writer, p)
		return
	}
	forPeople(p, r.Printer(c))
	data := map[string]any{
		"Tone": tone(p.Status), "Detail": p.Detail, "Hint": p.Hint, "Details": lines(p.Errors), "Request": p.Instance,
		"Form": c.Request.Method == http.MethodPost,
	}
	if p.Status == http.StatusUnauthorized && c.Request.Method == http.MethodPost && !render.IsPartial(c) {
		data["Typed"], data["Action"] = typed(c.Request), c.Request.URL.RequestURI()
	}
	if render.IsPartial(c) {
		r.Partial(c, p.Status, "alert", map[string]any{
			"Tone": tone(p.Status), "Title": p.Title, "Text": p.Detail, "Hint": p.Hint, "Details": lines(p.Errors),
		})
		return
	}
	r.Render(c, p.Status, "problem/error", render.Page{Title: p.Title, Data: data})
}

// NotFound is gin's handler for addresses that lead nowhere.
func NotFound(r *render.Renderer) gin.HandlerFunc {
	return func(c *gin.Context) { Page(c, r, errs.New(errs.NotFound, "", "")) }
}

func writeJSON(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", ContentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

func wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.HasPrefix(r.URL.Path, "/api/") || (strings.Contains(accept, "json") && !strings.Contains(accept, "html"))
}

func tone(status int) string {
	switch {
	case status >= 500:
		return "danger"
	case status == http.StatusNotFound || status == http.StatusUnauthorized:
		return "info"
	}
	return "warning"
}

func lines(details []Detail) []string {
	out := make([]string, 0, len(details))
	for _, d := range details {
		if line := d.Line(); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// langKey carries the language to operations of the API.
type langKey struct{}

// requestKey carries the number of the request.
type requestKey struct{}

// Lang returns the language of an API request, from the context huma hands to
// an operation; Chinese if none was set.
func Lang(ctx context.Context) locale.Lang {
	if l, ok := ctx.Value(langKey{}).(locale.Lang); ok {
		return l
	}
	return locale.Chinese
}

// WithLang puts the language and the number of a request into its context.
func WithLang() gin.HandlerFunc {
	return func(c *gin.Context) {
		ctx := context.WithValue(c.Request.Context(), langKey{}, locale.FromRequest(c.Request))
		ctx = context.WithValue(ctx, requestKey{}, c.GetString(RequestID))
		c.Request = c.Request.WithContext(ctx)
		c.Next()
	}
}

// Huma makes huma answer every error as a Problem: an operation simply returns
// *errs.Error or any other error. It sets huma's package variables, so only
// the first call of a program counts; it comes before the API is built. onError, if not nil, is given what the
// answer hides, for the log.
func Huma(catalog *locale.Catalog, onError func(ctx context.Context, err error)) {
	once.Do(func() { setHuma(catalog, onError) })
}

var once sync.Once

func setHuma(catalog *locale.Catalog, onError func(ctx context.Context, err error)) {
	huma.NewErrorWithContext = func(hc huma.Context, status int, msg string, list ...error) huma.StatusError {
		ctx, lang := context.Background(), locale.Chinese
		if hc != nil {
			ctx = hc.Context()
			lang = Lang(ctx)
		}
		err := fromHuma(ctx, catalog.For(lang), onError, status, msg, list)
		if p, ok := err.(*Problem); ok {
			p.Instance, _ = ctx.Value(requestKey{}).(string)
		}
		return err
	}
	huma.NewError = func(status int, msg string, list ...error) huma.StatusError {
		return fromHuma(context.Background(), catalog.For(locale.English), nil, status, msg, list)
	}
}

// fromHuma maps what huma found: our own error if there is one, else huma's
// message and its validation details.
func fromHuma(ctx context.Context, p *locale.Printer, onError func(context.Context, error), status int, msg string, list []error) huma.StatusError {
	for _, err := range list {
		if errs.CodeOf(err) != errs.Internal && err != nil {
			return From(err, p)
		}
	}
	if e := largeBody(list); e != nil {
		return From(e, p)
	}
	if status >= 500 {
		for _, err := range list {
			if onError != nil && err != nil {
				onError(ctx, err)
			}
		}
		return plain(errs.Internal, p)
	}
	out := plain(codeOf(status), p)
	out.Status = status
	if msg != "" && msg != "validation failed" { // which says no more than the title
		out.Detail = schemaSentence(msg, p)
	}
	for _, err := range list {
		d := Detail{Message: schemaSentence(err.Error(), p)}
		if ed, ok := err.(*huma.ErrorDetail); ok {
			d = Detail{Where: ed.Location, Message: schemaSentence(ed.Message, p)}
			if s, ok := ed.Value.(string); ok {
				d.Found = s
			}
		}
		out.Errors = append(out.Errors, d)
	}
	return out
}
