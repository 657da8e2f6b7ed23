package main

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gongping/internal/app/account"
	"gongping/internal/authz"
)

// success is a request that the service answered for somebody of its district.
type success struct {
	role             authz.Role
	id, method, path string
	body             []byte
}

// saysNothing are answers to strangers that say nothing of the district: a list of
// what there is for them, which is empty.
var saysNothing = regexp.MustCompile(`^(\[\]|\{\}|\{"total":0,[^1-9]*\})?\s*$`)

// abroad repeats every request that succeeded, with its ids, as people of the
// same roles in another district of the same database. None may succeed. What
// names no thing of the district (a list of one's own, say) is left out.
func (a *api) abroad(t *testing.T) {
	const other = "310105"
	names := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|310104\d*`)
	foreign := map[authz.Role]authz.Actor{}
	var list []account.New
	var roles []authz.Role
	for _, s := range a.replay {
		if foreign[s.role].Role != "" || s.role == "" {
			continue
		}
		n := account.New{Login: "abroad-" + string(s.role), Name: "外区", Role: s.role, Area: other}
		if s.role == authz.Worker {
			n.Area, n.WorkerNo = other+"001001", "X1"
		}
		list, roles = append(list, n), append(roles, s.role)
		foreign[s.role] = authz.Actor{District: other, Role: s.role, Area: n.Area}
	}
	core := *a.Core
	core.Demo = true // spares hashing a password for each
	ids, err := (&account.Service{Core: &core}).CreateDemo(t.Context(), authz.SystemActor(other), list)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range roles {
		who := foreign[r]
		who.AccountID = ids[i]
		foreign[r] = who
	}
	n := 0
	for _, s := range a.replay {
		if s.role == "" || !names.MatchString(s.path) {
			continue
		}
		for _, r := range slices.Compact([]authz.Role{s.role, authz.Manager, authz.Auditor}) {
			if foreign[r].Role == "" {
				continue
			}
			n++
			status, text := a.request(a.token(foreign[r]), s.method, s.path, s.body)
			switch {
			case status == http.StatusForbidden || status == http.StatusNotFound || status == http.StatusConflict:
			case status == http.StatusOK && s.method == http.MethodGet && saysNothing.MatchString(text):
			case strings.HasPrefix(s.id, "issue-token"), strings.HasPrefix(s.id, "revoke-token"): // one's own
			default:
				t.Errorf("%s of %s as %s: %d %.200s", s.id, s.path, r, status, text)
			}
		}
	}
	t.Logf("%d requests from another district", n)
	if n < 60 {
		t.Errorf("only %d requests", n)
	}
}
