package main

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"gongping/internal/authz"
)

// coveredBy are the operations whose success another test shows by HTTP. The
// file must hold what stands behind the name: a piece of the call.
var coveredBy = map[string][]string{
	"../../web/page/draws/api_test.go": {"list-questionnaires /questionnaires", "get-questionnaire /questionnaires/", "change-questionnaire PUT\", \"/questionnaires/", "list-questionnaire-versions /versions",
		"list-rule-books /rulebooks", "get-rule-book /rulebooks/", "change-rule-book PUT\", \"/rulebooks/", "create-round POST\", \"/rounds\"", "update-round PUT\", \"/rounds/", "preview-round /cells",
		"freeze-round /freeze", "commit-draw /draws\"", "reveal-draw /reveal", "verify-draw /verify", "get-draw-bundle /bundle", "list-draws GET\", \"/draws\"", "list-rounds GET\", \"/rounds\"",
		"step-round /steps", "plan-sizes /planner"},
	"../../web/page/draws/homes_test.go": {"get-draw-annex /annex"},
	"../../web/page/appeals/pages_test.go": {"file-appeal POST\", \"/appeals\"", "get-appeal GET\", \"/appeals/", "list-appeals GET\", \"/appeals\"", "assign-appeal /accept", "get-case-file /case", "vote-on-appeal /vote",
		"list-audit-records /audit/records", "sign-audit-checkpoint /audit/checkpoints", "verify-audit-log /audit/verify"},
	"../../web/page/words/words_test.go": {"save-codebook /words/codebook", "take-in-comments /comments\"", "comments-to-code /words/queue", "code-comments /words/codings", "comment-themes /words/themes",
		"comment-agreement /words/agreement", "comment-campaigns /words/campaigns", "search-comments /words/search", "list-comment-scopes GET\", \"/words\"", "import-comments /words/files",
		"list-departments GET\", \"/departments\"", "reply-department /replies", "department-card GET\", \"/departments/"},
	"../../web/page/intake/receipt_test.go": {"issue-frame-receipt /receipts\""},
	"../../web/page/intake/intake_test.go":  {"upload-import /api/v1/imports/", "confirm-import /confirm", "freeze-frame /freeze", "list-areas areas?under", "list-workers workers?q", "list-frames \"frames\"", "get-frame \"frames/\""},
	"attack_test.go":                        {"run-unit /units/", "run-result /api/v1/runs/"},
}

// covered fails for an operation that no test calls with success: a new one
// needs a call here or in a file of coveredBy. It needs the whole of TestAPI.
func (a *api) covered() {
	known := maps.Clone(a.done)
	for file, list := range coveredBy {
		b, err := os.ReadFile(file)
		if err != nil {
			a.t.Error(err)
		}
		for _, line := range list {
			id, piece, _ := strings.Cut(line, " ")
			if a.ops[id].ID == "" {
				a.t.Errorf("%s is no operation", id)
			}
			if !strings.Contains(string(b), piece) {
				a.t.Errorf("%s does not call %s: no %q", file, id, piece)
			}
			known[id] = true
		}
	}
	var missing []string
	for id := range a.ops {
		if !known[id] {
			missing = append(missing, id)
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		a.t.Errorf("%d operations that no test calls: write one (or name the file in coveredBy):\n%s", len(missing), strings.Join(missing, "\n"))
	}
	a.t.Logf("%d operations, %d called with success here, the others in the files of coveredBy", len(a.ops), len(a.done))
}

// everybody are the operations that every role may do.
var everybody = strings.Fields(`me list-tokens list-areas list-departments codebook list-draws list-notices list-questionnaires list-rounds list-rule-books list-tasks
	list-upward plan-sizes list-moved-deadlines notice-sums`)

// refusals asks for every operation as nobody, with broken bodies, and as every
// role with a body made from its schema: nothing but problem details may come
// back, and some role must be refused.
func (a *api) refusals(t *testing.T, roles []authz.Actor) {
	n, denied := 0, 0
	var unjudged []string // the smallest body does not get past the checks
	for _, id := range slices.Sorted(maps.Keys(a.ops)) {
		o := a.ops[id]
		if id == "issue-token" || id == "revoke-token" || id == "change-password" {
			continue // would change what the others sign in with
		}
		path := a.fill(&o)
		body, hasBody := a.body(&o)
		if !o.Public {
			if status, text := a.request("", o.Method, path, body); status != http.StatusUnauthorized {
				t.Errorf("%s as nobody: %d %.200s", id, status, text)
			}
			n++
		}
		who := a.token(roles[0])
		if o.Public {
			who = ""
		}
		if hasBody {
			for name, bad := range map[string]string{"broken": `{"`, "of another kind": `"x"`, "with a field too many": `{"is_admin":true,"` + strings.Repeat("x", 40) + `":1}`} {
				status, text := a.request(who, o.Method, path, []byte(bad))
				if status != http.StatusUnprocessableEntity && status != http.StatusBadRequest && status != http.StatusForbidden && status != http.StatusTooManyRequests {
					t.Errorf("%s with a body %s: %d %.200s", id, name, status, text)
				}
				n++
			}
		}
		if o.Public || o.Method == http.MethodPost && strings.HasPrefix(o.Path, "/audit") {
			continue
		}
		refused, judged := 0, 0
		for _, r := range roles {
			status, text := a.request(a.token(r), o.Method, path, body)
			n++
			switch {
			case status == http.StatusForbidden || status == http.StatusNotFound:
				refused, judged = refused+1, judged+1
			case status < 300 || status == http.StatusConflict:
				judged++
			case status >= 500:
				t.Errorf("%s as %s: %d %.200s", id, r.Role, status, text)
			}
		}
		if judged == 0 {
			unjudged = append(unjudged, id)
		} else if refused == 0 && !slices.Contains(everybody, id) {
			t.Errorf("%s refuses none of %d roles", id, len(roles))
		}
		denied += refused
	}
	t.Logf("%d operations, %d requests, %d refusals of a role; checked no further than the body: %s", len(a.ops), n, denied, strings.Join(unjudged, " "))
}

// fill gives the path of an operation with ids of nothing, and what a query needs.
func (a *api) fill(o *operation) string {
	path, query := o.Path, ""
	for _, p := range o.Parameters {
		v := "00000000-0000-4000-8000-000000000000"
		if p.Schema["format"] != "uuid" {
			v = fmt.Sprint(a.sample(p.Schema, 0))
		}
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", v)
		case p.In == "query" && p.Required:
			query += "&" + p.Name + "=" + v
		}
	}
	if query != "" {
		path += "?" + query[1:]
	}
	return path
}
