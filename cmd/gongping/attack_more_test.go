package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"gongping/analytics/fairness"
	"gongping/internal/pg/scoredb"
	"gongping/scoring"
	"gongping/scoring/estimate"
)

// remainders takes what is shown of a set that adds up from its total: a hidden
// part is found where what is left over can only be it.
func (c *curious) remainders() {
	cell, n := c.Round.Rules.Suppression.Cell, 0
	for i, run := range c.runs {
		u := c.unit(run)
		parts := map[string][]int{"reasons of weights": values(u.Reasons)}
		totals := map[string]int{"reasons of weights": u.Raw.N}
		for _, it := range append(slices.Clone(u.Items), u.Dimensions...) {
			if slices.Max(it.Counts[:]) > 0 {
				parts["grades of "+it.Item], totals["grades of "+it.Item] = it.Counts[:], it.Figure.N
			}
		}
		for what, list := range parts {
			left, hidden := totals[what], 0
			for _, k := range list {
				if k < 0 {
					hidden++
				} else {
					left -= k
				}
			}
			n++
			if hidden == 1 || hidden > 0 && left < cell {
				c.t.Errorf("version %d, %s: %v of %d leave %d for %d hidden", i+1, what, list, totals[what], left, hidden)
			}
		}
		// Whoever did not answer a question said "don't know" or nothing.
		for _, it := range u.Items {
			n++
			if (it.DontKnow < 0) != (it.Missing < 0) {
				c.t.Errorf("version %d, %s: of don't know (%d) and no answer (%d) one gives the other away", i+1, it.Item, it.DontKnow, it.Missing)
			}
		}
	}
	c.try("hidden parts taken from their totals: %d sets, none found", n)
}

func values(m map[string]int) (out []int) {
	for _, k := range m {
		out = append(out, k)
	}
	return out
}

// solved solves the grades that are hidden from the number of answers, the
// shown grades and the mean: two equations. The worker supposes equal weights.
func (c *curious) solved() {
	cell, n := c.Round.Rules.Suppression.Cell, 0
	for i, run := range c.runs {
		for k, it := range c.unit(run).Items {
			if !it.Figure.OK || slices.Max(it.Counts[:]) <= 0 || slices.Min(it.Counts[:]) >= 0 {
				continue
			}
			n++
			// The page's mean is weighted and fits no counts exactly. The attacker
			// gets the plain one, to the digits of the page.
			truth := c.truth(k, it)
			sum := 0
			for g, x := range truth {
				sum += g * x
			}
			half := 0.05 * float64(it.Figure.N) / 25
			for g, r := range fairness.CountRanges(it.Counts[:], it.Figure.N, float64(sum), half) {
				is := truth[g]
				switch {
				case it.Counts[g] >= 0:
				case !r.Found || is < r.Lo || is > r.Hi:
					c.t.Errorf("version %d, %s: grade %d is %d, and the attacker's %d–%d miss it", i+1, it.Item, g+1, is, r.Lo, r.Hi)
				case r.Hi-r.Lo < cell/2 && r.Hi < cell:
					c.t.Errorf("version %d, %s: grade %d, hidden in %v with %d in sum of %d, lies in %d–%d", i+1, it.Item, g+1, it.Counts, sum, it.Figure.N, r.Lo, r.Hi)
				}
			}
		}
	}
	c.try("hidden grades solved from count and plain mean: %d questions, none narrowed below %d", n, cell)
}

// truth is what stands behind a shown question: of the run from which its
// figures are, which may be an earlier one than the page's.
func (c *curious) truth(k int, shown scoring.ItemResult) [5]int {
	for _, run := range slices.Backward(c.runs) {
		u, err := scoredb.UnitOf(context.Background(), c.Round.Pool, c.worker.District, run, c.worker.Area)
		if err != nil {
			c.t.Fatal(err)
		}
		it, fits := u.Items[k], true
		for g, x := range shown.Counts {
			fits = fits && (x < 0 || x == it.Counts[g])
		}
		if fits && it.Item == shown.Item && it.Figure.N == shown.Figure.N {
			return it.Counts
		}
	}
	c.t.Fatalf("%s with %v of %d is of no run", shown.Item, shown.Counts, shown.Figure.N)
	return [5]int{}
}

// spread adds the standard error and the interval to count and mean: a third
// equation, with which three hidden grades are solved. The worker finds that
// both follow from the district's spread, or from what is shown already: they
// say nothing of the hidden grades.
func (c *curious) spread() {
	n, ratios, low := 0, 0.0, math.Inf(1)
	for i, run := range c.runs {
		u := c.unit(run)
		truth, err := scoredb.UnitOf(context.Background(), c.Round.Pool, c.worker.District, c.runs[0], c.worker.Area)
		if err != nil {
			c.t.Fatal(err)
		}
		all, err := scoredb.UnitOf(context.Background(), c.Round.Pool, c.worker.District, run, c.worker.District)
		if err != nil {
			c.t.Fatal(err)
		}
		design := math.Sqrt(max(1, float64(u.N)/u.EffectiveN) * (1 - float64(u.N)/float64(u.Population)))
		for k, it := range u.Items {
			f := it.Figure
			if !f.OK || slices.Min(it.Counts[:]) >= 0 {
				continue
			}
			n++
			sum, sq, m := 0.0, 0.0, 0.0
			for g, x := range all.Items[k].Counts {
				m, sum, sq = m+float64(x), sum+float64(g*x), sq+float64(g*g*x)
			}
			se := fairness.WidestSE(it.Counts[:], f.N, f.Value/25)
			if m >= float64(5*f.N) {
				se = min(se, math.Sqrt((sq-sum*sum/m)/(m-1)/float64(f.N)))
			}
			se *= 25 * design
			half := estimate.TQuantile(0.975, float64(f.N-1)) * f.SE
			if f.SE < se-0.01 || f.SE > se+0.11 || math.Abs(f.Lo-max(0, f.Value-half)) > 0.11 || math.Abs(f.Hi-min(100, f.Value+half)) > 0.11 {
				c.t.Errorf("version %d, %s: standard error %v and interval %v–%v do not follow from %v with mean %v of %d and the district (%.2f)", i+1, it.Item, f.SE, f.Lo, f.Hi, it.Counts, f.Value, f.N, se)
			}
			if exact := truth.Items[k].Figure.SE; exact > 0 {
				ratios, low = max(ratios, f.SE/exact), min(low, f.SE/exact)
			}
		}
		for _, d := range u.Dimensions { // a dimension of one question is that question
			for k, it := range truth.Items {
				if d.Figure.OK && slices.Min(u.Items[k].Counts[:]) < 0 && d.Figure.SE != u.Items[k].Figure.SE && math.Abs(d.Figure.SE-it.Figure.SE) < 0.051 && math.Abs(d.Figure.Value-it.Figure.Value) < 0.051 && d.Figure.N == it.Figure.N {
					c.t.Errorf("version %d: dimension %s gives the spread of %s", i+1, d.Item, it.Item)
				}
			}
		}
	}
	c.try("hidden grades solved from count, mean, standard error and interval: %d questions; the spread is the district's, %.2f to %.2f times the own, and says nothing of hidden grades", n, low, ratios)
	if n == 0 {
		c.t.Error("no question has hidden grades: nothing was attacked")
	}
}

// contacts compares the residents with and without contact between versions: the
// answers set aside lie in one of the two groups.
func (c *curious) contacts() {
	type mean struct {
		Value float64 `json:"value"`
		N     int     `json:"n"`
	}
	type beside struct {
		Shown   bool     `json:"contacts_shown"`
		With    mean     `json:"with_contact"`
		Without mean     `json:"without_contact"`
		Share   *float64 `json:"contact_share"`
	}
	var all []beside
	for _, run := range c.runs {
		status, body := c.get("/api/v1/runs/" + run + "/units/" + c.worker.Area + "/beside")
		var b beside
		if err := json.Unmarshal([]byte(body), &b); status != http.StatusOK || err != nil || !b.Shown {
			c.t.Fatalf("beside: %d %v %.300s", status, err, body)
		}
		all = append(all, b)
	}
	for i := range all {
		for j := i + 1; j < len(all); j++ {
			var truth []float64
			for _, list := range c.removed[i:j] {
				for _, x := range list {
					truth = append(truth, x.Score)
				}
			}
			for k, p := range [][2]mean{{all[i].With, all[j].With}, {all[i].Without, all[j].Without}} {
				what := fmt.Sprintf("versions %d and %d, group %d of contacts", i+1, j+1, k+1)
				c.subtract(what, scoring.Figure{OK: true, Value: p[0].Value, N: p[0].N}, scoring.Figure{OK: true, Value: p[1].Value, N: p[1].N}, 0.05, truth)
			}
			if a, b := all[i].Share, all[j].Share; a != nil && b != nil && math.Abs(*a-*b) > 0 {
				c.t.Errorf("versions %d and %d: the share with contact moves by %v", i+1, j+1, *a-*b)
			}
		}
	}
	for _, b := range all {
		for _, m := range []mean{b.With, b.Without} {
			if m.Value != math.Round(m.Value*10)/10 {
				c.t.Errorf("a mean by contact has all its digits: %v", m.Value)
			}
		}
	}
}

// closed asks the doors to comments, codings, causes of single answers and the
// fieldwork: none opens for whom they are about.
func (c *curious) closed() {
	n := 0
	for _, path := range []string{"/words/search?q=电梯&all=1", "/words/search?q=电梯&scope=round:" + c.Round.ID, "/words/code?scope=round:" + c.Round.ID, "/words/agreement?scope=round:" + c.Round.ID, "/words/campaigns?scope=round:" + c.Round.ID, "/words/attributions", "/words/intake", "/fieldwork/" + c.Round.ID, "/quality", "/draws/" + c.Round.ID + "/cases",
		"/api/v1/words/search?q=电梯&scope=round:" + c.Round.ID, "/api/v1/words/queue?scope=round:" + c.Round.ID, "/api/v1/words/campaigns?scope=round:" + c.Round.ID, "/api/v1/words/attributions", "/api/v1/fieldwork/" + c.Round.ID, "/api/v1/fieldwork/" + c.Round.ID + "/cases", "/api/v1/cases",
		"/api/v1/rounds/" + c.Round.ID + "/quality", "/api/v1/rounds/" + c.Round.ID + "/interviewers", "/api/v1/runs/" + c.runs[0] + "/input", "/api/v1/appeals/statistics", "/api/v1/audit/checkpoints"} {
		n++
		if status, body := c.get(path); status == http.StatusOK {
			c.t.Errorf("%s is open to a worker: %s", path, regexp.MustCompile(`<[^>]*>|\s+`).ReplaceAllString(body[strings.Index(body, "<main")+1:], " "))
		}
	}
	c.try("comments, causes, codings, fieldwork, quality: %d doors, all closed", n)
}

// copies looks whether an answer can be kept and compared by others: a validator
// computed from hidden content, or a copy in a shared cache.
func (c *curious) copies() {
	n := 0
	for _, path := range []string{"/results/" + c.runs[0], "/results/" + c.runs[0] + "/units/" + c.worker.Area, "/appeals", "/words/themes", "/api/v1/runs/" + c.runs[0] + "/units/" + c.worker.Area, "/api/v1/runs/" + c.runs[0]} {
		req, err := http.NewRequest(http.MethodGet, c.URL+path, nil)
		if err != nil {
			c.t.Fatal(err)
		}
		req.AddCookie(c.cookie)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			c.t.Fatal(err)
		}
		res.Body.Close()
		n++
		cache := res.Header.Get("Cache-Control")
		if res.Header.Get("ETag") != "" || res.Header.Get("Last-Modified") != "" || !strings.Contains(cache, "no-store") && !strings.Contains(cache, "private") {
			c.t.Errorf("%s: ETag %q, Last-Modified %q, Cache-Control %q", path, res.Header.Get("ETag"), res.Header.Get("Last-Modified"), cache)
		}
	}
	c.try("validators and copies in shared caches: %d answers, none", n)
}
