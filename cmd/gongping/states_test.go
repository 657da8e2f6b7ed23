package main

import (
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gongping/internal/app"
	"gongping/internal/app/account"
	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/web/locale"
)

// TestEmptyAndErroneousPages opens every page of words, panels, records,
// departments, grades and disputes in a district in which nothing has happened
// yet, and with addresses that lead nowhere, in both languages: an empty page
// says what to do next, an error says what is wrong, and neither shows a key, a
// missing value or an internal fault. TestDemonstration looks at the full pages.
func TestEmptyAndErroneousPages(t *testing.T) {
	t.Parallel()
	st := newQuietStage(t, nil, nil)
	world := demo.Generate(7, demo.Options{Streets: 1, Committees: 1, Residents: 300})
	var areas, workers strings.Builder
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(world.WriteAreas(&areas, demo.Chinese))
	must(world.WriteWorkers(&workers, demo.Chinese))
	in, system := intake.New(st.Core, t.TempDir()), authz.SystemActor(demo.DistrictCode)
	for _, f := range []struct {
		kind intake.Kind
		text string
	}{{intake.Areas, areas.String()}, {intake.Workers, workers.String()}} {
		src, err := intake.NewSource("x.csv", strings.NewReader(f.text), int64(len(f.text)))
		must(err)
		_, _, err = in.Import(t.Context(), system, intake.Request{Kind: f.kind}, src, nil)
		must(err)
	}
	committee := world.Workers[0].AreaCode
	accounts, cookies := &account.Service{Core: st.Core}, map[authz.Role]*http.Cookie{}
	for _, role := range authz.Roles {
		area := map[authz.Role]string{authz.Leader: committee[:9], authz.Worker: committee, authz.Evaluator: committee[:9]}[role]
		if area == "" {
			area = demo.DistrictCode
		}
		if role == authz.Department {
			continue // has no account before there is a department
		}
		_, err := accounts.Create(t.Context(), system, account.New{Login: string(role), Name: string(role), Role: role, Area: area, Password: password})
		must(err)
		_, token, _, err := accounts.SignIn(t.Context(), demo.DistrictCode, string(role), password, nil)
		must(err)
		cookies[role] = &http.Cookie{Name: "gp_session", Value: token, Path: "/"}
	}
	catalog := locale.Embedded()
	ask := func(role authz.Role, lang, method, path, origin, body string) (int, string) {
		req, err := http.NewRequest(method, st.URL+path, strings.NewReader(body))
		must(err)
		req.Header.Set("Accept-Language", lang)
		req.Header.Set("Accept", "text/html")
		if method == http.MethodPost {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if origin != "" {
				req.Header.Set("Origin", origin)
				req.Header.Set("Sec-Fetch-Site", "cross-site")
			}
		}
		if c := cookies[role]; c != nil {
			req.AddCookie(c)
		}
		res, err := http.DefaultClient.Do(req)
		must(err)
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		must(err)
		return res.StatusCode, string(b)
	}
	fetch := func(role authz.Role, lang, path string) (int, string) {
		return ask(role, lang, http.MethodGet, path, "", "")
	}
	get := func(role authz.Role, lang, path string) (int, string) {
		status, page := fetch(role, lang, path)
		return status, visible(page)
	}
	send := func(role authz.Role, lang, path, origin, body string) (int, string) {
		status, page := ask(role, lang, http.MethodPost, path, origin, body)
		return status, visible(page)
	}
	nobody := app.NewID()
	for _, lang := range []string{"zh", "en"} {
		p := catalog.For(locale.Lang(lang))
		for _, c := range []struct {
			role      authz.Role
			path, key string
		}{
			{authz.Manager, "/words", "words.none"}, {authz.Panel, "/words/code", "words.none"}, {authz.Manager, "/words/agreement", "words.agreement.none"},
			{authz.Auditor, "/words/campaigns", "words.campaigns.none"}, {authz.Auditor, "/words/search?q=%E7%94%B5%E6%A2%AF", "words.search.none"},
			{authz.Manager, "/words/intake", "words.intake.none"}, {authz.Manager, "/words/codebook", "codebook.standard"},
			{authz.Panel, "/panel", "panel.none"}, {authz.Leader, "/departments", "department.none"}, {authz.Leader, "/tasks", "task.none"},
			{authz.Worker, "/upward", "upward.not_now"}, {authz.Manager, "/upward", "upward.none"}, {authz.Leader, "/grades", "grades.no_rounds"},
			{authz.Leader, "/results", "results.none"}, {authz.Worker, "/appeals", "appeal.empty.worker"}, {authz.Leader, "/appeals/statistics", "appeal.empty"},
			{authz.Worker, "/conflicts", "conflict.none"}, {"", "/notices", "notice.none"}, {authz.Auditor, "/audit/figures", "proof.none"},
			{authz.Manager, "/rulebooks", "rulebook.none"}, {authz.Leader, "/ladder", "ladder.unknown"},
		} {
			status, text := get(c.role, lang, c.path)
			if status != http.StatusOK || !strings.Contains(text, p.T(c.key)) {
				t.Errorf("%s as %s in %s: %d, no %q:\n%.700s", c.path, c.role, lang, status, p.T(c.key), ownPart(text))
			}
			sound(t, c.path, text)
		}
		for _, c := range []struct {
			role   authz.Role
			path   string
			status int
		}{
			{authz.Manager, "/words/intake/nowhere", 404}, {authz.Panel, "/panel/" + nobody + "/" + committee, 404},
			{authz.Manager, "/rounds/" + nobody + "/panel", 404}, {authz.Manager, "/rounds/" + nobody + "/records", 404}, {authz.Manager, "/import/departments/nothing", 404},
			{authz.Worker, "/import/departments", 403}, {authz.Leader, "/departments/nowhere", 404}, {authz.Leader, "/tasks/" + nobody + "/edit", 404},
			{authz.Leader, "/grades/" + nobody, 404}, {authz.Manager, "/grades/" + nobody + "/export", 404}, {authz.Worker, "/ladder", 403}, {authz.Leader, "/results/" + nobody, 404},
			{authz.Leader, "/results/" + nobody + "/units/" + committee, 404}, {authz.Worker, "/appeals/" + nobody, 404}, {authz.Panel, "/appeals/" + nobody + "/case", 404},
			{authz.Worker, "/appeals/new?run=" + nobody + "&unit=" + committee, 404}, {authz.Panel, "/conflicts", 403}, {authz.Leader, "/audit/figures", 403},
			{authz.Auditor, "/audit/figures?run=" + nobody + "&unit=" + committee, 404}, {authz.Manager, "/rulebooks/" + nobody, 404},
			{authz.Manager, "/rulebooks/" + nobody + "/compare", 404}, {authz.Leader, "/grades/nonsense", 404}, {authz.Worker, "/appeals/nonsense", 404},
		} {
			status, text := get(c.role, lang, c.path)
			if status != c.status {
				t.Errorf("%s as %s in %s: %d, want %d:\n%.500s", c.path, c.role, lang, status, c.status, ownPart(text))
			}
			sound(t, c.path, text)
		}
		// Whatever a person can reach by links in such a district is there, and sound.
		for _, role := range authz.Roles {
			if cookies[role] == nil {
				continue
			}
			seen, queue := map[string]bool{}, []string{"/"}
			for len(queue) > 0 && len(seen) < 40 {
				path := queue[0]
				queue = queue[1:]
				if seen[path] {
					continue
				}
				seen[path] = true
				status, page := fetch(role, lang, path)
				if status != http.StatusOK {
					t.Errorf("%s as %s in %s, which a page links to: %d", path, role, lang, status)
				}
				sound(t, path, visible(page))
				for _, m := range links.FindAllStringSubmatch(page, -1) {
					if to := html.UnescapeString(m[1]); !elsewhere2.MatchString(to) {
						queue = append(queue, to)
					}
				}
			}
			if len(seen) < 4 {
				t.Errorf("a %s reaches only %d pages", role, len(seen))
			}
		}
		// What is refused says so on a page of ours: nobody signed in, a form from
		// elsewhere, a link that is none, or a form that does not fit.
		for _, c := range []struct {
			role         authz.Role
			path, origin string
			body         string
			status       int
		}{
			{"", "/r/not-a-link", "", "", 404}, {authz.Manager, "/rulebooks", "https://elsewhere.example", "title.zh=x", 403},
			{authz.Manager, "/rulebooks", "", "title.zh=", 422}, {authz.Manager, "/ladder", "", "worker=nobody&post=9&level=99&reason=x", 422},
			{authz.Admin, "/accounts", "", "login=&name=&role=", 422},
		} {
			status, text := send(c.role, lang, c.path, c.origin, c.body)
			if status != c.status || len(text) < 20 {
				t.Errorf("%s with %.40q as %s in %s: %d, want %d:\n%.500s", c.path, c.body, c.role, lang, status, c.status, ownPart(text))
			}
			sound(t, c.path, text)
		}
	}
}

// links are the addresses of our own pages that a page leads to.
var links = regexp.MustCompile(`<a [^>]*href="(/[^"#]*)`)

// elsewhere2 are links that are no pages, or that change how pages are shown.
var elsewhere2 = regexp.MustCompile(`^/(prefs|static|templates|sign-out|api|geo)|\.(csv|xlsx|json|txt)$|/export|format=`)

var (
	hidden = regexp.MustCompile(`(?s)<(script|style|code|pre|textarea|option|svg)\b.*?</(script|style|code|pre|textarea|option|svg)>`)
	tags   = regexp.MustCompile(`<[^>]*>`)
	gaps   = regexp.MustCompile(`\s*\n\s*`)
)

// visible is what a person reads of a page.
func visible(page string) string {
	return gaps.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(hidden.ReplaceAllString(page, " "), "\n")), "\n")
}

// ownPart is the end of a page's text, where its own part stands.
func ownPart(text string) string { return text[len(text)*2/5:] }

// sound fails for what no page may show: keys, missing values, faults of ours.
func sound(t *testing.T, path, text string) {
	t.Helper()
	for _, k := range keyLike.FindAllString(text, -1) {
		if !notKeys.MatchString(k) {
			t.Errorf("%s shows the key %s", path, k)
		}
	}
	for _, bad := range []string{"<no value>", "%!", "NaN", "undefined", "0001-01-01", "SQLSTATE", "internal error", "系统内部"} {
		if strings.Contains(text, bad) {
			t.Errorf("%s shows %q", path, bad)
		}
	}
}
