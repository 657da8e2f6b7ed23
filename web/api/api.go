// Package api makes the JSON API: huma on gin, one OpenAPI 3.1 document, and
// RFC 9457 problem details. The operations stand in the packages below.
package api

import (
	"context"
	"net/http"
	"path"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"gongping/internal/authz"
	"gongping/web/handle"
	"gongping/web/locale"
	"gongping/web/problem"
	"gongping/web/signin"
)

// Prefix stands before every path of the API.
const Prefix = "/api/v1"

// New returns the API whose operations are registered on group and whose
// document is served at /api/v1/openapi.json (and .yaml).
func New(e *gin.Engine, group *gin.RouterGroup, version string, catalog *locale.Catalog, onError func(context.Context, error)) huma.API {
	cfg := huma.DefaultConfig("Gongping 公评", version)
	cfg.Info.Description = "Resident-evaluation survey and assessment analytics. " +
		"Every operation asks one access table; errors are problem details (RFC 9457)."
	cfg.OpenAPIPath = Prefix + "/openapi"
	cfg.DocsPath = "" // its page would load scripts from another host
	cfg.SchemasPath = Prefix + "/schemas"
	cfg.CreateHooks = nil // no $schema links in answers
	cfg.Transformers = append(cfg.Transformers, emptyList)
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "A token made under Account, or by `gongping token`."},
		"session": {Type: "apiKey", In: "cookie", Name: "gp_session"},
	}
	cfg.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	problem.Huma(catalog, onError)
	g := group.Group("/", problem.WithLang())
	a := humagin.NewWithGroup(e, g, cfg)
	a.UseMiddleware(signedIn(a), bounded(a))
	a.OpenAPI().OnAddOperation = append(a.OpenAPI().OnAddOperation, tellErrors)
	return a
}

// signedIn refuses who is not signed in before anything else is looked at: a
// stranger does not learn which ids exist, or what a body should hold. Operations
// for the public say so by an empty list of security schemes.
func signedIn(a huma.API) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		open := c.Operation().Security != nil && len(c.Operation().Security) == 0
		if who := signin.Actor(c.Context()); !open && who.AccountID == "" {
			_ = huma.WriteErr(a, c, http.StatusUnauthorized, "", authz.Check(who, authz.RoundRead, authz.Object{}))
			return
		}
		next(c)
	}
}

// bounded lets a body be as large as its operation says, which may be more than
// the server takes elsewhere, and refuses one that says it is larger, unread.
func bounded(a huma.API) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		if limit := c.Operation().MaxBodyBytes; limit > 0 {
			// huma takes a body of exactly the limit for too large. One less, and it is
			// our reader that ends it, and lets the client read the answer.
			if err := handle.AllowBody(humagin.Unwrap(c), limit-1); err != nil {
				_ = huma.WriteErr(a, c, http.StatusRequestEntityTooLarge, "", err)
				return
			}
		}
		next(c)
	}
}

// emptyList makes a list of nothing [], never null.
func emptyList(_ huma.Context, _ string, v any) (any, error) {
	if x := reflect.ValueOf(v); x.Kind() == reflect.Slice && x.IsNil() {
		return reflect.MakeSlice(x.Type(), 0, 0).Interface(), nil
	}
	return v, nil
}

// tellErrors adds the errors that any operation of its kind may answer, so that
// a client reads them in the document: problem details all of them.
func tellErrors(doc *huma.OpenAPI, op *huma.Operation) {
	codes := []int{http.StatusInternalServerError}
	if op.Security == nil || len(op.Security) > 0 {
		codes = append(codes, http.StatusUnauthorized, http.StatusForbidden)
	} else {
		codes = append(codes, http.StatusTooManyRequests)
	}
	if strings.Contains(op.Path, "{") {
		codes = append(codes, http.StatusNotFound)
	}
	if op.Method != http.MethodGet || len(op.Parameters) > 0 {
		codes = append(codes, http.StatusUnprocessableEntity)
	}
	if op.Method != http.MethodGet {
		codes = append(codes, http.StatusConflict)
	}
	schema := doc.Components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "Problem")
	for _, code := range codes {
		if key := strconv.Itoa(code); op.Responses[key] == nil {
			op.Responses[key] = &huma.Response{Description: http.StatusText(code), Content: map[string]*huma.MediaType{problem.ContentType: {Schema: schema}}}
		}
	}
	delete(op.Responses, "default")
	for _, r := range op.Responses {
		if m := r.Content["application/json"]; m != nil && m.Schema != nil && m.Schema.Type == huma.TypeArray {
			m.Schema.Nullable = false // see emptyList
		}
	}
}

// schemaName names a schema by its room and type ("IntakeOutcome"), because
// several rooms have an Outcome.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	room := strings.TrimSuffix(path.Base(t.PkgPath()), "api")
	if room == "" || room == "." || strings.HasPrefix(strings.ToLower(name), room) {
		return name
	}
	return strings.ToUpper(room[:1]) + room[1:] + name
}
