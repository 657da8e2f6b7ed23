package main

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"gongping/internal/app/words"
	"gongping/internal/testkit/spoken"
)

// orders plants sixty answers in a known order, each with a comment, and looks
// in which order a reviewer reads the comments: it must tell nothing of the order
// of the fieldwork.
func (c *curious) orders() {
	places := []string{"东边", "西边", "南边", "北边", "中间", "门口", "路口", "桥头"}
	var list []string
	for _, a := range places {
		for _, b := range places {
			list = append(list, "路灯坏了没人修，"+a+"到"+b)
		}
	}
	list = list[:60]
	later := *c.Round
	later.Responses = c.Round.Responses[len(spoken.Comments):]
	spoken.Add(c.t, &later, list...)
	if _, err := words.New(c.Round.Core).TakeIn(context.Background(), c.Round.Actor("manager"), c.Round.ID); err != nil {
		c.t.Fatal(err)
	}
	v := c.visit(c.Round.Actor("panel-1"), "panel-1")
	months := map[string][]float64{}
	n := 0
	for page := 1; page < 5; page++ {
		status, body := v.get("/api/v1/words/search?q=" + url.QueryEscape("路灯") + "&scope=round:" + c.Round.ID + "&page=" + string(rune('0'+page)))
		var found struct {
			Hits []struct {
				Body  string `json:"body"`
				Month string `json:"month"`
			} `json:"hits"`
		}
		if err := json.Unmarshal([]byte(body), &found); status != http.StatusOK || err != nil {
			c.t.Fatalf("search: %d %v %.300s", status, err, body)
		}
		for _, x := range found.Hits {
			if k := slices.Index(list, x.Body); k >= 0 {
				n++
				months[x.Month] = append(months[x.Month], float64(k))
			}
		}
	}
	if n != len(list) {
		c.t.Fatalf("%d of %d comments found: %.600s", n, len(list), v.bodies["/api/v1/words/search?q="+url.QueryEscape("路灯")+"&scope=round:"+c.Round.ID+"&page=1"])
	}
	for month, seen := range months {
		if len(seen) < 20 {
			continue
		}
		rho := alongside(seen)
		c.try("panel-1: order of %d comments of %s against the order of the fieldwork: rank correlation %.2f", len(seen), month, rho)
		// Five standard deviations of what chance gives.
		if math.Abs(rho) > 5/math.Sqrt(float64(len(seen)-1)) {
			c.t.Errorf("comments are read in the order of the fieldwork: %v", seen)
		}
	}
}

// alongside is Spearman's rank correlation of distinct numbers with their places.
func alongside(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	n, sum := float64(len(list)), 0.0
	for at, x := range list {
		r, _ := slices.BinarySearch(sorted, x)
		sum += (float64(at) - float64(r)) * (float64(at) - float64(r))
	}
	return 1 - 6*sum/(n*(n*n-1))
}

var token = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-zA-Z_]{12,}`)

// traces looks in everything that a reader was given, notices and histories of
// appeals included, for a case, an answer, a person, a household, a building or
// an interviewer; and for the log, which only auditors read.
func (c *curious) traces(login string, v *visitor) {
	rows, err := c.Round.Pool.Query(context.Background(), `select id::text, 'answer' from response where district = $1
		union select household, 'household' from response where district = $1 union select building, 'building' from response where district = $1
		union select id::text, 'case' from survey_case where district = $1 union select person_id, 'person' from survey_case where district = $1
		union select distinct evaluator_id::text, 'interviewer' from response where district = $1 and evaluator_id is not null`, c.worker.District)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	secrets := map[string]string{}
	for rows.Next() {
		var id, what string
		if err := rows.Scan(&id, &what); err != nil {
			c.t.Fatal(err)
		}
		secrets[id] = what
	}
	n := 0
	for path, body := range v.bodies {
		for _, s := range token.FindAllString(body, -1) {
			if n++; secrets[s] != "" {
				c.t.Errorf("%s: %s shows the %s %s", login, path, secrets[s], s)
			}
		}
	}
	for _, path := range []string{"/audit", "/api/v1/audit/records", "/api/v1/audit/checkpoints"} {
		if status, body := v.get(path); status == http.StatusOK && !strings.Contains(body, "sign-in") {
			c.t.Errorf("%s reads %s", login, path)
		}
	}
	c.try("%s: %d words of %d answers held against %d answers, cases, people, households, buildings and interviewers: none; the log is closed", login, n, len(v.bodies), len(secrets))
}
