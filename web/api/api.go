// Package api makes the JSON API: huma on gin, one OpenAPI 3.1 document, and
// RFC 9457 problem details. The operations stand in the packages below.
package api

import (
	"context"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"gongping/web/locale"
	"gongping/web/problem"
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
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "A token made under Account, or by `gongping token`."},
		"session": {Type: "apiKey", In: "cookie", Name: "gp_session"},
	}
	cfg.Security = []map[string][]string{{"token": {}}, {"session": {}}}
	problem.Huma(catalog, onError)
	g := group.Group("/", problem.WithLang())
	return humagin.NewWithGroup(e, g, cfg)
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
