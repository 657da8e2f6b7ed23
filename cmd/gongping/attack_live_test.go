package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/scoring/composite"
	"gongping/survey/fieldwork"
)

// visitor is somebody with a session who reads whatever the service gives.
type visitor struct {
	*stage
	cookie *http.Cookie
	bodies map[string]string // path → status and answer
}

// visit signs somebody in with the demonstration's one click.
func (st *stage) visit(who authz.Actor, login string) *visitor {
	st.t.Helper()
	_, token, err := (&account.Service{Core: st.Core}).SignInDemo(st.t.Context(), who.District, login)
	if err != nil {
		st.t.Fatal(err)
	}
	return &visitor{stage: st, cookie: &http.Cookie{Name: "gp_session", Value: token, Path: "/"}, bodies: map[string]string{}}
}

var anyID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// read asks for a path with a session, following no redirect.
func (st *stage) read(path string, session *http.Cookie) (res *http.Response, body string) {
	st.t.Helper()
	req, err := http.NewRequest(http.MethodGet, st.URL+path, nil)
	if err != nil {
		st.t.Fatal(err)
	}
	req.AddCookie(session)
	req.Header.Set("Accept-Language", "zh-CN")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err = client.Do(req)
	if err != nil {
		st.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		st.t.Fatal(err)
	}
	return res, string(b)
}

// get asks for a path and keeps the answer.
func (v *visitor) get(path string) (status int, body string) {
	res, body := v.read(path, v.cookie)
	if to := res.Header.Get("Location"); to != "" {
		body = to
	}
	kept := body
	if res.StatusCode >= 400 { // an error names its request
		kept = anyID.ReplaceAllString(body, "")
	}
	for _, h := range []string{"ETag", "Last-Modified", "Link", "Content-Disposition"} {
		kept += "\n" + res.Header.Get(h)
	}
	v.bodies[path] = fmt.Sprintf("%d %s", res.StatusCode, kept)
	return res.StatusCode, body
}

// readAll follows every link from the start page and calls every reading
// operation of the API with the given ids. It returns what was read.
func (v *visitor) readAll(limit int, ids map[string]string) map[string]string {
	v.bodies = map[string]string{}
	seen, todo := map[string]bool{"/": true}, []string{"/"}
	for len(todo) > 0 && len(v.bodies) < limit {
		path := todo[0]
		todo = todo[1:]
		_, body := v.get(path)
		links := href.FindAllStringSubmatch(body, -1)
		if strings.HasPrefix(body, "/") {
			links = append(links, []string{"", body})
		}
		for _, m := range links {
			to := strings.ReplaceAll(m[1], "&amp;", "&")
			if !seen[to] && !strings.HasPrefix(to, "/static/") && !strings.HasPrefix(to, "/sign-out") {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	_, body := v.get("/api/v1/openapi.json")
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		v.t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		if methods["get"] == nil {
			continue
		}
		for key, id := range ids {
			path = strings.ReplaceAll(path, "{"+key+"}", id)
		}
		if strings.Contains(path, "{") {
			continue
		}
		v.get(path)
	}
	return v.bodies
}

// TestNobodySeesANeighbourAnswer plays those who watch every page and operation
// that is open to them while a neighbour is visited, answers, and looks at the
// receipt. Whoever does not run the fieldwork sees nothing move: neither on that
// day nor on the next, until enough have answered to stand behind.
func TestNobodySeesANeighbourAnswer(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	st := newQuietStage(t, nil, f.Clock)
	st.Core.Demo = true
	watched, cases := f.Someone()
	committee := cases[0].Committee
	logins := map[authz.Role]string{}
	for _, a := range f.Demo.Accounts {
		role := authz.Role(a.Role)
		if _, ok := logins[role]; !ok && (role != authz.Leader && role != authz.Worker || strings.HasPrefix(committee, a.AreaCode)) {
			logins[role] = a.Login
		}
	}
	ids := map[string]string{"id": f.Round, "round": f.Round, "run": f.Round, "code": committee, "unit": committee, "committee": committee}
	blind := []authz.Role{authz.Leader, authz.Worker, authz.Panel, authz.Department, authz.Admin}
	before, readers := map[authz.Role]map[string]string{}, map[authz.Role]*visitor{}
	secrets := map[string]string{}
	for _, x := range cases {
		p, err := f.Field.OpenIdentity(f.Ctx, watched, x.ID)
		if err != nil || p.Name == "" || p.Phone+p.Address == "" {
			t.Fatalf("%v %+v", err, p)
		}
		for _, secret := range [][2]string{{p.Name, "name"}, {p.Address, "address"}, {p.Phone, "phone"}, {x.PersonID, "frame id"}} {
			if secret[0] != "" {
				secrets[secret[0]] = secret[1]
			}
		}
	}
	for _, role := range append(slices.Clone(blind), authz.Supervisor, authz.Manager, authz.Auditor) {
		if logins[role] == "" {
			continue
		}
		readers[role] = st.visit(f.Actor(logins[role]), logins[role])
		before[role] = readers[role].readAll(80, ids)
		// Names live apart from everything that is read here, supervisors and
		// auditors included.
		n := 0
		for path, body := range before[role] {
			for secret, what := range secrets {
				if n++; strings.Contains(body, secret) {
					t.Errorf("%s: %s shows the %s of somebody who was drawn", role, path, what)
				}
			}
		}
		// The page says from when its figures are.
		if page := before[role]["/fieldwork/"+f.Round]; role == authz.Leader && !strings.Contains(page, "数字统计到 2026年11月21日零点") ||
			role == authz.Supervisor && (strings.Contains(page, "零点") || !strings.Contains(page, "每 5 秒")) {
			t.Errorf("%s is not told from when the figures are", role)
		}
		t.Logf("%s: names, addresses, phones and frame ids of %d people looked for in %d answers: %d comparisons", role, len(cases), len(before[role]), n)
	}
	if readers[authz.Leader] == nil {
		t.Fatalf("no leader watches: %v", logins)
	}
	look := func(role authz.Role) (moved []string) { // what was refused stays refused: the table says so
		readers[role].bodies = map[string]string{}
		for _, path := range slices.Sorted(maps.Keys(before[role])) {
			if strings.HasPrefix(before[role][path], "4") {
				continue
			}
			readers[role].get(path)
			if before[role][path] != readers[role].bodies[path] {
				moved = append(moved, path)
			}
		}
		return moved
	}
	report := func(when string, roles ...authz.Role) {
		for _, role := range roles {
			if readers[role] == nil {
				continue
			}
			moved := look(role)
			t.Logf("%s, %s: %d answers read again, %d moved", when, role, len(readers[role].bodies), len(moved))
			for _, path := range moved {
				t.Errorf("%s, %s: %s moves\n%s", when, role, path, firstDifference(before[role][path], readers[role].bodies[path]))
			}
		}
	}
	answer := func(c field.CaseView) {
		t.Helper()
		_, err := f.Field.RecordAttempt(f.Ctx, watched, c.ID, field.NewAttempt{ID: app.NewID(), Mode: fieldwork.Door, Code: fieldwork.NobodyHome, At: f.Clock.Now()})
		if err == nil {
			_, err = f.Field.Submit(f.Ctx, watched, fieldtest.Submission(c.ID, "1"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	answer(cases[0])
	report("just after the neighbour answered", blind...)
	if moved := look(authz.Supervisor); len(moved) == 0 {
		t.Error("the supervisor does not see it either: the test has no eyes")
	}
	// The next day the date moves, and the figures do not: one answer stands
	// behind them, then four; five are enough.
	f.Clock.Advance(24 * time.Hour)
	step, done := composite.Default().Suppression.CrossTab, 1
	var progress struct {
		Live  bool
		Total struct{ Done, Untouched, Attempts int }
	}
	read := func() {
		t.Helper()
		leader := st.visit(f.Actor(logins[authz.Leader]), logins[authz.Leader]) // sessions end by night
		status, body := leader.get("/api/v1/fieldwork/" + f.Round)
		if err := json.Unmarshal([]byte(body), &progress); status != http.StatusOK || err != nil {
			t.Fatalf("progress: %d %v", status, err)
		}
	}
	if len(cases) < step {
		t.Fatalf("%d cases", len(cases))
	}
	for done < step {
		if read(); progress.Live || progress.Total.Done != 0 || progress.Total.Attempts != 0 {
			t.Errorf("a midnight after %d answers the leader sees %+v", done, progress)
		}
		answer(cases[done])
		done++
	}
	read()
	t.Logf("a leader sees %d of %d answers before midnight", progress.Total.Done, done)
	if progress.Total.Done != 0 {
		t.Errorf("before midnight the leader sees %+v", progress)
	}
	f.Clock.Advance(24 * time.Hour)
	read()
	t.Logf("a leader sees %d of %d answers after midnight", progress.Total.Done, done)
	if progress.Total.Done != done || progress.Total.Attempts == 0 {
		t.Errorf("after midnight the leader sees %+v", progress)
	}
	residents(st, f, watched, cases, secrets)
}

// firstDifference is where two answers part.
func firstDifference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	cut := func(s string) string { return s[max(0, i-160):min(len(s), i+120)] }
	return "before: …" + cut(a) + "…\nafter:  …" + cut(b) + "…"
}
