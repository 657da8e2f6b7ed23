package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/account"
	"gongping/internal/app/appeals"
	"gongping/internal/app/disputes"
	"gongping/internal/app/score"
	"gongping/internal/app/words"
	"gongping/internal/authz"
	"gongping/internal/pg/appealdb"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/spoken"
	"gongping/scoring"
	"gongping/scoring/appeal"
)

// curious is a worker who wants to know who said what. The worker has a session
// and everything that the service gives to it: every page that links lead to,
// every operation of the API, filters, exports, old and new versions of the
// result, the own appeals.
type curious struct {
	*stage
	*scored.Round
	worker  authz.Actor
	svc     *appeals.Service
	cookie  *http.Cookie
	runs    []string // published, the oldest first
	removed [][]appealdb.UnitAnswer
	bodies  map[string]string
	tries   []string
}

func (c *curious) try(format string, args ...any) {
	c.tries = append(c.tries, fmt.Sprintf(format, args...))
}

// get asks for a path as the worker, once.
func (c *curious) get(path string) (status int, body string) {
	res, body := c.read(path, c.cookie)
	if to := res.Header.Get("Location"); to != "" {
		c.bodies[path] = to
		return res.StatusCode, to
	}
	c.bodies[path] = body
	return res.StatusCode, body
}

var href = regexp.MustCompile(`(?:href|hx-get|src)="(/[^"#]*)`)

// crawl follows every link from the start page.
func (c *curious) crawl(limit int) (pages int) {
	seen, todo := map[string]bool{"/": true}, []string{"/"}
	for len(todo) > 0 && pages < limit {
		path := todo[0]
		todo = todo[1:]
		_, body := c.get(path)
		pages++
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
	return pages
}

// contest lets an appeal on a ground end in a published run that sets the first
// n low answers and m high ones of those under review aside.
func (c *curious) contest(ground string, n, m int) {
	c.t.Helper()
	ctx, run := context.Background(), c.runs[len(c.runs)-1]
	must := func(err error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err)
		}
	}
	g, _ := appeal.GroundOf(ground)
	before, err := appealdb.UnitAnswers(ctx, c.Round.Pool, c.worker.District, run, c.worker.Area)
	must(err)
	id, _, err := c.svc.File(ctx, c.worker, appeals.Filing{RunID: run, Unit: c.worker.Area, Ground: ground, Statement: "当天的访问没有逐题进行，居民误以为是别的单位，见所附记录。",
		Files: []appeals.File{{Name: "记录.txt", Kind: g.Needs, Content: []byte("记录")}}})
	must(err)
	_, err = c.svc.Accept(ctx, c.Round.Actor("manager"), id, "材料齐全")
	must(err)
	items, err := appealdb.Items(ctx, c.Round.Pool, c.worker.District, id)
	must(err)
	var marks, gone []string
	for side, k := range map[appeal.Side]int{appeal.Low: n, appeal.High: m} {
		for _, it := range items {
			if it.Side == side && k > 0 {
				marks, gone, k = append(marks, it.Label), append(gone, it.ID), k-1
			}
		}
	}
	events, err := appealdb.Events(ctx, c.Round.Pool, c.worker.District, id)
	must(err)
	for _, e := range events {
		for _, member := range e.Members {
			who := authz.Actor{District: c.worker.District, AccountID: member, Role: authz.Panel, Area: c.worker.District, Locale: "zh"}
			must(c.svc.Vote(ctx, who, id, appeals.VoteInput{Outcome: appeal.Uphold, Affected: marks, Reason: "理由成立，予以排除"}))
		}
	}
	d, err := c.svc.Get(ctx, c.Round.Actor("auditor"), id)
	must(err)
	if d.NewRun == nil {
		c.t.Fatalf("the appeal on %s ended as %s: %d under review, marked %v, effect %+v", ground, d.State, len(items), marks, d.Audit.Effect)
	}
	must(c.svc.OpenNotice(ctx, c.Round.Actor("manager"), d.NewRun.ID))
	c.Round.Clock.Advance(12 * 24 * time.Hour)
	must(c.svc.Publish(ctx, c.Round.Actor("manager"), d.NewRun.ID))
	var removed []appealdb.UnitAnswer
	for _, a := range before {
		if slices.Contains(gone, a.ID) {
			removed = append(removed, a)
		}
	}
	c.runs, c.removed = append(c.runs, d.NewRun.ID), append(c.removed, removed)
}

// unit is the own result as the API gives it to the worker.
func (c *curious) unit(run string) (u scoring.UnitResult) {
	c.t.Helper()
	status, body := c.get("/api/v1/runs/" + run + "/units/" + c.worker.Area)
	if status != http.StatusOK {
		c.t.Fatalf("unit: %d %s", status, body)
	}
	if err := json.Unmarshal([]byte(body), &u); err != nil || u.N == 0 {
		c.t.Fatalf("unit: %v %.300s", err, body)
	}
	return u
}

// TestCuriousWorkerRecoversNoAnswer plays a worker with a session, two upheld
// appeals and three published versions of the result. It prints its tries.
func TestCuriousWorkerRecoversNoAnswer(t *testing.T) {
	t.Parallel()
	r := scored.Load(t)
	c := &curious{Round: r, worker: r.Actor("worker-collective"), bodies: map[string]string{}}
	c.stage = newQuietStage(t, nil, r.Clock)
	c.svc = appeals.New(r.Core, &score.Service{Core: r.Core})
	disputes.New(r.Core, c.svc)
	ctx, manager := t.Context(), r.Actor("manager")
	first, err := c.svc.Score.Start(ctx, manager, r.ID, "first run")
	if err == nil {
		err = c.svc.Score.Publish(ctx, manager, first)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.runs = []string{first}
	spoken.Add(t, r, spoken.Comments...)
	if _, err := words.New(r.Core).TakeIn(ctx, manager, r.ID); err != nil {
		t.Fatal(err)
	}
	c.contest("interview_fault", 2, 0)
	c.contest("coaching", 2, 0)
	r.Core.Demo, c.stage.Core.Demo = true, true
	if _, token, err := (&account.Service{Core: r.Core}).SignInDemo(ctx, c.worker.District, "worker-collective"); err != nil {
		t.Fatal(err)
	} else {
		c.cookie = &http.Cookie{Name: "gp_session", Value: token, Path: "/"}
	}
	c.foreign()
	c.filters()
	c.api()
	c.words(c.crawl(250))
	c.cells()
	c.versions()
	c.summaries()
	c.extremes()
	c.complement()
	c.oracles()
	c.remainders()
	c.solved()
	c.spread()
	c.above()
	c.contacts()
	c.closed()
	c.copies()
	c.exports()
	c.together()
	c.orders()
	for _, s := range c.tries {
		t.Log(s)
	}
}

// foreign asks for what belongs to others.
func (c *curious) foreign() {
	n := 0
	for _, unit := range c.Round.Committees() {
		if unit == c.worker.Area {
			continue
		}
		for _, run := range c.runs {
			for _, path := range []string{"/results/" + run + "/units/" + unit, "/api/v1/runs/" + run + "/units/" + unit} {
				n++
				if status, _ := c.get(path); status < 400 {
					c.t.Errorf("%s: %d", path, status)
				}
			}
		}
	}
	for _, path := range []string{"/audit", "/runs", "/runs/" + c.runs[0], "/runs/" + c.runs[0] + "/input", "/results/" + c.runs[0] + "/export/csv", "/results/" + c.runs[0] + "/export/xlsx",
		"/appeals/statistics", "/fieldwork", "/frames", "/accounts", "/api/v1/runs/" + c.runs[0] + "/units/" + c.worker.Area + "/answers", "/api/v1/audit/records"} {
		n++
		if status, body := c.get(path); status == http.StatusOK {
			c.t.Errorf("%s is open to a worker: %.200s", path, body)
		}
	}
	c.try("other committees, logs, inputs, exports, answers: %d requests, all refused", n)
}

// filters varies the queries of the result pages.
func (c *curious) filters() {
	n := 0
	for _, run := range c.runs {
		for _, q := range []string{"", "?status=not_enough", "?order=score", "?street=" + c.worker.Area[:9], "?q=" + url.QueryEscape("居"), "?page=2", "?band=poor"} {
			c.get("/results/" + run + q)
			c.get("/api/v1/runs/" + run + "/units" + q)
			n += 2
		}
		c.get("/results/" + run + "/units/" + c.worker.Area)
		c.get("/results/" + run + "/changes")
		n += 2
	}
	for _, state := range []string{"", "open", "done", "all", "notice", "superseded"} {
		c.get("/appeals?state=" + state)
		c.get("/api/v1/appeals?state=" + state)
		n += 2
	}
	c.try("filters, pages and versions of results and appeals: %d requests", n)
}

// api calls every reading operation that the API describes.
func (c *curious) api() {
	_, body := c.get("/api/v1/openapi.json")
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		c.t.Fatal(err)
	}
	mine, err := c.svc.List(context.Background(), c.worker, "", 1)
	if err != nil || len(mine.Lines) == 0 {
		c.t.Fatal(err)
	}
	n := 0
	for path, methods := range doc.Paths {
		if methods["get"] == nil {
			continue
		}
		for _, run := range c.runs {
			for _, id := range []string{run, mine.Lines[0].ID, c.Round.ID} {
				p := path
				for _, x := range [][2]string{{"{id}", id}, {"{run}", run}, {"{round}", c.Round.ID}, {"{code}", c.worker.Area}, {"{unit}", c.worker.Area}, {"{committee}", c.worker.Area}} {
					p = strings.ReplaceAll(p, x[0], x[1])
				}
				if c.bodies[p] == "" {
					n++
					c.get(p)
				}
				if p == path {
					break
				}
			}
		}
	}
	c.try("every reading operation of the API with own ids: %d requests", n)
}

// words looks in everything that was answered for what belongs to one answer.
func (c *curious) words(pages int) {
	ctx := context.Background()
	rows, err := c.Round.Pool.Query(ctx, `select id::text, household, building from response where district = $1 and committee = $2`, c.worker.District, c.worker.Area)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	secrets := map[string]string{}
	for rows.Next() {
		var id, household, building string
		if err := rows.Scan(&id, &household, &building); err != nil {
			c.t.Fatal(err)
		}
		secrets[id], secrets[household], secrets[building] = "response", "household", "building"
	}
	for _, e := range c.Round.Evaluators() {
		secrets[e.AccountID] = "interviewer"
	}
	for path, body := range c.bodies {
		if strings.HasPrefix(path, "/static/") {
			continue
		}
		for s, what := range secrets {
			if s != "" && strings.Contains(body, s) {
				c.t.Errorf("%s shows a %s", path, what)
			}
		}
		for _, word := range []string{`"side"`, `"ticket"`, `"high_reviewed"`, `"low_excluded"`, `appeal.side.`} {
			if strings.Contains(body, word) && !strings.Contains(path, "openapi") && !strings.HasPrefix(path, "/api/v1/docs") {
				c.t.Errorf("%s holds %s", path, word)
			}
		}
	}
	c.try("ids, pseudonyms and interviewers of %d secrets in %d answers (%d pages by links): none", len(secrets), len(c.bodies), pages)
}

// cells looks for counts below the cell.
func (c *curious) cells() {
	cell, n := c.Round.Rules.Suppression.Cell, 0
	for _, run := range c.runs {
		u := c.unit(run)
		for _, it := range u.Items {
			for _, k := range append(it.Counts[:], it.DontKnow, it.Missing) {
				n++
				if k > 0 && k < cell {
					c.t.Errorf("%s of run %s shows a cell of %d", it.Item, run, k)
				}
			}
		}
		for what, m := range map[string]map[string]int{"reason": u.Reasons, "excluded": u.Excluded} {
			for key, k := range m {
				n++
				if k > 0 && k < cell {
					c.t.Errorf("%s %s of run %s shows %d", what, key, run, k)
				}
			}
		}
	}
	c.try("cells of all questions in all versions: %d counts, none from 1 to %d", n, cell-1)
}

// Certain is how narrow the worker must know the score of an answer to have
// recovered it: two steps of one grade on one of ten questions.
const certain = 5.0

// versions subtracts versions of the result from one another.
func (c *curious) versions() {
	cell := c.Round.Rules.Suppression.Cell
	for i := range c.runs {
		for j := i + 1; j < len(c.runs); j++ {
			a, b := c.unit(c.runs[i]), c.unit(c.runs[j])
			var truth []float64
			for _, list := range c.removed[i:j] {
				for _, x := range list {
					truth = append(truth, x.Score)
				}
			}
			k := a.N - b.N
			if k != len(truth) {
				c.t.Fatalf("%d answers fewer, %d set aside", k, len(truth))
			}
			name := fmt.Sprintf("versions %d and %d (%d answers fewer)", i+1, j+1, k)
			for _, f := range []struct {
				what string
				x, y scoring.Figure
			}{{"plain mean", a.Raw, b.Raw}, {"weighted mean", a.Weighted, b.Weighted}, {"adjusted mean", a.Adjusted, b.Adjusted}} {
				c.subtract(name+", "+f.what, f.x, f.y, 0.05, truth)
			}
			for q := range a.Items {
				c.subtract(name+", question "+a.Items[q].Item, a.Items[q].Figure, b.Items[q].Figure, 0.05, nil)
				for g := range a.Items[q].Counts {
					if d := a.Items[q].Counts[g] - b.Items[q].Counts[g]; d != 0 && d < cell && d > -cell {
						c.t.Errorf("%s: grade %d of %s falls by %d", name, g+1, a.Items[q].Item, d)
					}
				}
			}
			// The official score is shrunk by its reliability; with it undone,
			// it is nearly a mean.
			if a.Official.OK && b.Official.OK && a.Reliability > 0 {
				half := 0.1 / a.Reliability
				move := (b.Official.Value - a.Official.Value) / a.Reliability
				mean := a.Raw.Value - move*float64(b.N)/float64(k)
				c.interval(name+", official score with shrinkage undone", mean, half*float64(b.N)/float64(k), truth)
			}
		}
	}
}

// summaries subtracts the district's figures of one version from another's.
func (c *curious) summaries() {
	read := func(run string) (s scoring.Summary) {
		var doc struct {
			Summary scoring.Summary `json:"summary"`
		}
		status, body := c.get("/api/v1/runs/" + run)
		if err := json.Unmarshal([]byte(body), &doc); status != http.StatusOK || err != nil || doc.Summary.N == 0 {
			c.t.Fatalf("summary: %d %v %.200s", status, err, body)
		}
		return doc.Summary
	}
	a, b := read(c.runs[0]), read(c.runs[1])
	var truth []float64
	for _, x := range c.removed[0] {
		truth = append(truth, x.Score)
	}
	k := float64(a.N - b.N)
	c.interval("mean of the district in versions 1 and 2", (a.Mean*float64(a.N)-b.Mean*float64(b.N))/k, 0.05*float64(a.N+b.N)/k, truth)
}

// subtract works out the mean of the answers that one version lacks.
func (c *curious) subtract(what string, x, y scoring.Figure, half float64, truth []float64) {
	switch k := x.N - y.N; {
	case !x.OK || !y.OK:
		c.try("%s: not shown", what)
	case k == 0 && math.Abs(x.Value-y.Value) < 1e-9:
		if truth != nil {
			c.try("%s: both versions show the same figure of %d answers", what, x.N)
		}
	case k == 0:
		c.t.Errorf("%s: the figure moves though it counts as many answers", what)
	default:
		mean := (x.Value*float64(x.N) - y.Value*float64(y.N)) / float64(k)
		c.interval(what, mean, half*float64(x.N+y.N)/math.Abs(float64(k)), truth)
	}
}

// interval judges what the worker believes of answers: their mean lies within
// half of mid. It is a find where that is narrow and true.
func (c *curious) interval(what string, mid, half float64, truth []float64) {
	lo, hi := math.Max(0, mid-half), math.Min(100, mid+half)
	mean, known := 0.0, len(truth) > 0
	for _, x := range truth {
		mean += x / float64(len(truth))
	}
	c.try("%s: the mean of the missing answers lies in [%.1f, %.1f], width %.1f; in truth %.1f", what, lo, hi, math.Max(0, hi-lo), mean)
	if hi-lo < certain && hi >= lo && (!known || mean >= lo-1 && mean <= hi+1) {
		c.t.Errorf("%s: recovered", what)
	}
}

// extremes turns the influence statement around.
func (c *curious) extremes() {
	ctx := context.Background()
	for i, run := range c.runs {
		u := c.unit(run)
		if len(u.RawWithoutLow)+len(u.RawWithoutHigh) > 0 {
			c.t.Error("the exact influence on a plain mean is shown: it is the answer itself")
		}
		answers, err := appealdb.UnitAnswers(ctx, c.Round.Pool, c.worker.District, run, c.worker.Area)
		if err != nil {
			c.t.Fatal(err)
		}
		low, high := 100.0, 0.0
		for _, a := range answers {
			low, high = min(low, a.Score), max(high, a.Score)
		}
		for _, side := range []struct {
			what  string
			moves []float64
			truth float64
		}{{"lowest", u.WithoutLowest, low}, {"highest", u.WithoutHighest, high}} {
			if len(side.moves) == 0 || u.Reliability == 0 {
				continue
			}
			for _, d := range side.moves {
				if d*2 != math.Round(d*2) {
					c.t.Errorf("run %d: the influence of the %s is told to %v", i+1, side.what, d)
				}
			}
			scale := float64(u.N-1) / u.Reliability
			c.interval(fmt.Sprintf("version %d, influence of the %s answer turned around", i+1, side.what), u.Raw.Value-side.moves[0]*scale, 0.25*scale, []float64{side.truth})
		}
	}
}

// complement takes the own result from that of the street and of the district.
func (c *curious) complement() {
	for i, run := range c.runs {
		for _, area := range []string{c.worker.Area[:9], c.worker.District} {
			status, body := c.get("/api/v1/runs/" + run + "/units/" + area)
			if status != http.StatusOK {
				c.try("version %d, %s: refused (%d)", i+1, area, status)
				continue
			}
			c.t.Errorf("a worker reads the whole result of %s: %.200s", area, body)
		}
	}
}

// oracles asks doors that answer yes or no.
func (c *curious) oracles() {
	n := 0
	for i := range 20 {
		res, err := http.PostForm(c.URL+"/receipt", url.Values{"code": {fmt.Sprintf("AAAA-BBBB-%04d", i)}})
		if err != nil {
			c.t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		n++
		if strings.Contains(string(b), "已计入") {
			c.t.Errorf("a guessed receipt is known")
		}
	}
	c.try("receipts guessed: %d, none known", n)
}
