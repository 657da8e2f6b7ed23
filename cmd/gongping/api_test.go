package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"gongping/internal/app/account"
	"gongping/internal/authz"
	"gongping/internal/clock"
)

// operation is one operation of the OpenAPI document.
type operation struct {
	ID, Method, Path string
	Public           bool
	Body             map[string]any // its JSON schema, nil without one
	Parameters       []parameter
}

type parameter struct {
	Name, In string
	Required bool
	Schema   map[string]any
}

// api is the service with a round in the field, and its document.
type api struct {
	*stage
	t       *testing.T
	ops     map[string]operation
	schemas map[string]map[string]any
	tokens  map[string]string
	done    map[string]bool // operations that answered with success
	replay  []success
}

func openAPI(t *testing.T, now clock.Clock, done map[string]bool) *api {
	t.Helper()
	a := &api{stage: newQuietStage(t, nil, now), t: t, ops: map[string]operation{}, tokens: map[string]string{}, done: done}
	status, text := a.request("", http.MethodGet, "/openapi.json", nil)
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string                 `json:"operationId"`
			Security    *[]map[string][]string `json:"security"`
			Parameters  []parameter            `json:"parameters"`
			RequestBody *struct {
				Content map[string]struct{ Schema map[string]any }
			} `json:"requestBody"`
		}
		Components struct {
			Schemas map[string]map[string]any
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil || status != http.StatusOK {
		t.Fatalf("the document: %d %v", status, err)
	}
	a.schemas = doc.Components.Schemas
	for path, methods := range doc.Paths {
		for method, o := range methods {
			op := operation{ID: o.OperationID, Method: strings.ToUpper(method), Path: strings.TrimPrefix(path, "/api/v1"), Public: o.Security != nil && len(*o.Security) == 0, Parameters: o.Parameters}
			if o.RequestBody != nil {
				op.Body = o.RequestBody.Content["application/json"].Schema
			}
			a.ops[op.ID] = op
		}
	}
	return a
}

// request sends a request with a token ("" for none) and gives the answer.
func (a *api) request(token, method, path string, body []byte) (int, string) {
	a.t.Helper()
	var in io.Reader
	if body != nil {
		in = strings.NewReader(string(body))
	}
	req, err := http.NewRequest(method, a.URL+"/api/v1"+path, in)
	if err != nil {
		a.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	if res.StatusCode >= 400 {
		a.problem(method+" "+path, res, b)
	}
	return res.StatusCode, string(b)
}

// problem checks that an error is a problem detail in the reader's language that
// says nothing of the inside.
func (a *api) problem(what string, res *http.Response, b []byte) {
	a.t.Helper()
	var p struct {
		Type, Title, Detail, Code, Instance string
		Status                              int
	}
	if err := json.Unmarshal(b, &p); err != nil || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/problem+json") || p.Title == "" || p.Type == "" || p.Instance == "" || p.Detail == "" || p.Status != res.StatusCode {
		a.t.Errorf("%s: %d is no problem detail: %s %.300s", what, res.StatusCode, res.Header.Get("Content-Type"), b)
	}
	if res.StatusCode >= 500 {
		a.t.Errorf("%s: %d %.300s", what, res.StatusCode, b)
	}
	for _, inside := range []string{"SQLSTATE", "pgx", "goroutine", ".go:"} {
		if strings.Contains(string(b), inside) {
			a.t.Errorf("%s: tells of the inside: %.300s", what, b)
		}
	}
}

// token is an API token of somebody.
func (a *api) token(who authz.Actor) string {
	a.t.Helper()
	if who.AccountID == "" {
		return ""
	}
	if a.tokens[who.AccountID] == "" {
		s, _, err := (&account.Service{Core: a.Core}).IssueToken(a.t.Context(), who, "test")
		if err != nil {
			a.t.Fatal(err)
		}
		a.tokens[who.AccountID] = s
	}
	return a.tokens[who.AccountID]
}

// at is an operation with its path. args fill the path; a last one that begins
// with "?" is the query.
func (a *api) at(id string, args []string) (operation, string) {
	a.t.Helper()
	o, ok := a.ops[id]
	if !ok {
		a.t.Fatalf("no operation %s", id)
	}
	path := o.Path
	for _, arg := range args {
		if strings.HasPrefix(arg, "?") {
			path += arg
			continue
		}
		from, to := strings.Index(path, "{"), strings.Index(path, "}")
		path = path[:from] + arg + path[to+1:]
	}
	return o, path
}

// raw does an operation that answers a file.
func (a *api) raw(who authz.Actor, id string, args ...string) []byte {
	a.t.Helper()
	o, path := a.at(id, args)
	status, text := a.request(a.token(who), o.Method, path, nil)
	if status != http.StatusOK {
		a.t.Fatalf("%s %s as %s: %d: %.300s", id, path, who.Role, status, text)
	}
	a.done[id], a.replay = true, append(a.replay, success{who.Role, id, o.Method, path, nil})
	return []byte(text)
}

// call does an operation as somebody and reads the answer into out.
func (a *api) call(who authz.Actor, id string, body, out any, want int, args ...string) {
	a.t.Helper()
	o, path := a.at(id, args)
	var b []byte
	switch x := body.(type) {
	case nil:
	case []byte:
		b = x
	default:
		var err error
		if b, err = json.Marshal(x); err != nil {
			a.t.Fatal(err)
		}
	}
	status, text := a.request(a.token(who), o.Method, path, b)
	if status != want {
		a.t.Errorf("%s %s as %s: %d, want %d: %.300s", id, path, who.Role, status, want, text)
		return
	}
	if status < 300 {
		a.done[id] = true
		a.replay = append(a.replay, success{who.Role, id, o.Method, path, b})
		if strings.TrimSpace(text) == "null" {
			a.t.Errorf("%s answers null", id)
		}
	}
	if out != nil {
		if err := json.Unmarshal([]byte(text), out); err != nil {
			a.t.Fatalf("%s: %v in %.300s", id, err, text)
		}
	}
}
