package main

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gongping/internal/clock"
)

// document is the OpenAPI document as far as a client reads it.
type document struct {
	Paths      map[string]map[string]describedOperation
	Components struct {
		Schemas map[string]schema
	}
}

type describedOperation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Security                          *[]map[string][]string
	Parameters                        []struct {
		Name, In, Description string
	}
	Responses map[string]struct {
		Description string
		Content     map[string]struct{ Schema *schema }
	}
}

type schema struct {
	Properties map[string]json.RawMessage
}

var (
	snake = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	kebab = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
)

// TestOpenAPIDocument reads the document as a client would: every operation says
// what it does and what it answers, errors included, every parameter what it is
// for, and names follow one style.
func TestOpenAPIDocument(t *testing.T) {
	t.Parallel()
	a := openAPI(t, &clock.Fixed{T: time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)}, map[string]bool{})
	status, text := a.request("", http.MethodGet, "/openapi.json", nil)
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil || status != http.StatusOK {
		t.Fatal(status, err)
	}
	if to := os.Getenv("GONGPING_OPENAPI"); to != "" {
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, methods := range d.Paths {
		for method, o := range methods {
			t.Run(o.OperationID, func(t *testing.T) { o.check(t, method, path) })
		}
	}
	for name, s := range d.Components.Schemas {
		for p := range s.Properties {
			if !snake.MatchString(p) {
				t.Errorf("%s: the field %s is not written like the others", name, p)
			}
		}
	}
}

func (o *describedOperation) check(t *testing.T, method, path string) {
	if !kebab.MatchString(o.OperationID) || o.Summary == "" || o.Description == "" || len(o.Tags) != 1 || !regexp.MustCompile(`^[A-Z]`).MatchString(o.Tags[0]) {
		t.Errorf("%s %s: summary %q, description %q, tags %q", method, path, o.Summary, o.Description, o.Tags)
	}
	if strings.HasSuffix(o.Summary, ".") || o.Description == o.Summary {
		t.Errorf("summary %q, description %q", o.Summary, o.Description)
	}
	for _, p := range o.Parameters {
		if p.Description == "" {
			t.Errorf("the parameter %s is not explained", p.Name)
		}
	}
	success, errors := 0, []string{}
	for code, r := range o.Responses {
		if code < "400" {
			success++
			if (len(r.Content) == 0) != (code == "204") {
				t.Errorf("%s answers %d kinds of content", code, len(r.Content))
			}
			for kind, c := range r.Content {
				if c.Schema == nil {
					t.Errorf("%s %s has no schema", code, kind)
				}
			}
			continue
		}
		errors = append(errors, code)
		if _, ok := r.Content["application/problem+json"]; !ok || r.Description == "" {
			t.Errorf("the error %s is no problem detail", code)
		}
	}
	if success != 1 {
		t.Errorf("%d answers of success", success)
	}
	want := []string{"500"}
	if o.Security == nil || len(*o.Security) > 0 {
		want = append(want, "401", "403")
	}
	if strings.Contains(path, "{") {
		want = append(want, "404")
	}
	if method != "get" || len(o.Parameters) > 0 {
		want = append(want, "422")
	}
	if method != "get" {
		want = append(want, "409")
	}
	for _, code := range want {
		if !slices.Contains(errors, code) {
			t.Errorf("the error %s is not told of; only %v", code, errors)
		}
	}
}
