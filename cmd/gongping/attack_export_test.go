package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/xuri/excelize/v2"

	"gongping/scoring"
)

// judges are those whose answers from the service are held against one another,
// and the areas that they read.
func (c *curious) judges() map[string][]string {
	street := []string{c.worker.Area[:9]}
	for _, unit := range c.Round.Committees() {
		if strings.HasPrefix(unit, street[0]) {
			street = append(street, unit)
		}
	}
	return map[string][]string{"worker-collective": {c.worker.Area}, "leader-003": street, "panel-1": street}
}

// exports holds what can be taken away against what the page of the same reader
// shows: a file or an operation that says more is a leak, one that says less a lie.
func (c *curious) exports() {
	for login, areas := range c.judges() {
		v := c.visit(c.Round.Actor(login), login)
		for _, run := range c.runs[len(c.runs)-1:] {
			pages, n := map[string]string{}, 0
			for _, unit := range areas {
				at := "/results/" + run + "/units/" + unit
				if len(unit) < 12 { // a street's page is the overview
					at = "/results/" + run
				}
				status, page := v.get(at)
				if status != http.StatusOK {
					c.t.Fatalf("%s: the page of %s: %d", login, unit, status)
				}
				pages[unit] = readable(page)
				n += c.drawn(login, unit, page)
				if len(unit) < 12 {
					continue
				}
				_, body := v.get("/api/v1/runs/" + run + "/units/" + unit)
				n += c.operation(login, unit, body, pages[unit])
			}
			n += c.files(v, login, run, pages)
			c.try("%s, last version: numbers of files, operations and charts held against the pages of %d areas: %d", login, len(areas), n)
			if n == 0 {
				c.t.Errorf("%s: nothing was compared", login)
			}
		}
		c.pairs(login, v)
		c.leaves(login, v)
		c.traces(login, v)
	}
}

var (
	element = regexp.MustCompile(`(?s)<script.*?</script>|<!--.*?-->|<[^>]*>`)
	options = regexp.MustCompile(`(?s)<script type="application/json"[^>]*>(.*?)</script>`)
	decimal = regexp.MustCompile(`-?\d+\.\d{3,}`)
	remark  = regexp.MustCompile(`(?s)<!--.*?-->`)
)

// readable is the text of a page as somebody reads it.
func readable(body string) string {
	text := strings.Join(strings.Fields(html.UnescapeString(element.ReplaceAllString(body, " "))), " ")
	return strings.ReplaceAll(text, "−", "-")
}

// tells looks for a number in a page's text, in one of the ways that pages write
// numbers.
func tells(page string, x float64) bool {
	x = math.Abs(x)
	for _, form := range []string{
		strconv.FormatFloat(x, 'f', 0, 64), strconv.FormatFloat(x, 'f', 1, 64), strconv.FormatFloat(x, 'f', 2, 64),
		strconv.FormatFloat(100*x, 'f', 0, 64) + "%", strconv.FormatFloat(100*x, 'f', 1, 64) + "%", strconv.FormatFloat(100*x, 'f', 1, 64),
	} {
		if v, err := strconv.ParseFloat(strings.TrimSuffix(form, "%"), 64); err != nil || math.Abs(v-x) > 1e-6 && math.Abs(v-100*x) > 1e-6 {
			continue // this form would round
		}
		for at := 0; ; {
			k := strings.Index(page[at:], form)
			if k < 0 {
				break
			}
			from, to := at+k, at+k+len(form)
			if (from == 0 || !strings.ContainsRune("0123456789.,", rune(page[from-1]))) && (to == len(page) || page[to] < '0' || page[to] > '9') {
				return true
			}
			at = to
		}
	}
	return false
}

// files reads the exports of a result, on the pages and by programs, as CSV and
// as workbook: refused, or the numbers of the pages.
func (c *curious) files(v *visitor, login, run string, pages map[string]string) (n int) {
	for _, at := range []string{"/results/" + run + "/export/csv", "/results/" + run + "/export/xlsx", "/api/v1/runs/" + run + "/table/csv", "/api/v1/runs/" + run + "/table/xlsx"} {
		status, body := v.get(at)
		if status != http.StatusOK {
			if !strings.HasPrefix(login, "leader") && status == http.StatusForbidden {
				continue
			}
			c.t.Errorf("%s: %s answers %d", login, at, status)
			continue
		}
		var rows [][]string
		var err error
		if strings.HasSuffix(at, "csv") {
			r := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff")))
			r.FieldsPerRecord = -1
			rows, err = r.ReadAll()
		} else {
			var book *excelize.File
			if book, err = excelize.OpenReader(bytes.NewReader([]byte(body))); err == nil {
				rows, err = book.GetRows(book.GetSheetList()[0])
			}
		}
		if err != nil {
			c.t.Fatalf("%s: %s: %v", login, at, err)
		}
		units := 0
		for _, row := range rows {
			if len(row) == 0 || pages[row[0]] == "" {
				continue
			}
			units++
			for k, cell := range row[3:] {
				x, err := strconv.ParseFloat(strings.TrimSuffix(cell, "%"), 64)
				if err != nil {
					continue
				}
				if strings.HasSuffix(cell, "%") {
					x /= 100
				}
				if n++; !tells(pages[row[0]], x) && k+3 > 3 && (len(row[0]) == 12 || k+3 < 7 || k+3 > 9) { // the number of residents stands elsewhere; the means of a street in the comparison on its committees' pages
					c.t.Errorf("%s: %s says %s of %s in column %d, the page does not", login, at, cell, row[0], k+4)
				}
			}
		}
		if units != len(pages) {
			c.t.Errorf("%s: %s has %d of %d areas", login, at, units, len(pages))
		}
	}
	return n
}

// pairs holds operations on appeals, notices, records and what stands beside a
// score against the pages that show the same. Half an interval is a standard
// error, and the households are those of the frame.
func (c *curious) pairs(login string, v *visitor) {
	run := c.runs[len(c.runs)-1]
	n := 0
	for page, operation := range map[string]string{
		"/appeals/statistics":                         "/api/v1/appeals/statistics",
		"/notices":                                    "/api/v1/notices/sums",
		"/rounds/" + c.Round.ID + "/records":          "/api/v1/rounds/" + c.Round.ID + "/records",
		"/results/" + run + "/units/" + c.worker.Area: "/api/v1/runs/" + run + "/units/" + c.worker.Area + "/beside",
	} {
		seen, text := v.get(page)
		open, body := v.get(operation)
		if seen >= 400 || open >= 400 {
			if n++; seen < 400 || open < 400 {
				c.t.Errorf("%s: %s answers %d, %s %d", login, page, seen, operation, open)
			}
			continue
		}
		var doc any
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			c.t.Fatal(err)
		}
		text = readable(text)
		numbersIn(doc, "", func(path string, x float64) {
			if n++; x != 0 && x != -1 && !strings.HasSuffix(path, ".se") && path != "households" && !tells(text, x) {
				c.t.Errorf("%s: %s says %s = %v, %s does not", login, operation, path, x, page)
			}
		})
	}
	c.try("%s: numbers of appeals, notices, records and contacts held against their pages: %d", login, n)
}

// derived are members of an operation's answer that follow from what the page
// says: half an interval is a standard error, a share times n a count, the n of
// an indicator the sum of its parts; or that stand on other pages of everybody,
// as the number of residents does. The interval before shrinking is on the pages
// of leaders and reviewers (funnel) and nearly that of the weighted mean.
var derived = regexp.MustCompile(`\.se$|\.shares\[|\.counts\[|\.level$|\.population$|\.dont_know$|\.declined$|\.missing$|\.weights\.range$|^dimensions|planned_weight$|effective_n$|^adjusted\.|^population$|^composite\.n$|^parts.*\.n$`)

// operation holds the numbers of a unit's result against the page.
func (c *curious) operation(login, unit, body, page string) (n int) {
	var u scoring.UnitResult
	var doc any
	if err := json.Unmarshal([]byte(body), &u); err != nil {
		c.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		c.t.Fatal(err)
	}
	numbersIn(doc, "", func(path string, x float64) {
		if x == -1 || x == 0 || derived.MatchString(path) {
			return
		}
		if n++; !tells(page, x) {
			c.t.Errorf("%s, %s: the operation says %s = %v, the page does not", login, unit, path, x)
		}
	})
	for _, it := range u.Items {
		for g, k := range it.Counts {
			n++
			if (k < 0) != (it.Shares[g] < 0) {
				c.t.Errorf("%s, %s: grade %d of %s is hidden as %d and shown as %v", login, unit, g+1, it.Item, k, it.Shares[g])
			}
			if k > 0 && it.Figure.N > 0 && !tells(page, it.Shares[g]) {
				c.t.Errorf("%s, %s: the share %v of grade %d of %s is not on the page", login, unit, it.Shares[g], g+1, it.Item)
			}
		}
	}
	return n
}

func numbersIn(v any, path string, leaf func(string, float64)) {
	switch x := v.(type) {
	case map[string]any:
		for k, y := range x {
			numbersIn(y, strings.TrimPrefix(path+"."+k, "."), leaf)
		}
	case []any:
		for i, y := range x {
			numbersIn(y, fmt.Sprintf("%s[%d]", path, i), leaf)
		}
	case float64:
		leaf(path, x)
	}
}

// drawn looks into what charts are drawn from: a bar that is rounded to the eye
// may carry all its digits.
func (c *curious) drawn(login, unit, page string) (n int) {
	text := readable(page)
	for _, m := range options.FindAllStringSubmatch(page, -1) {
		n++
		if s := decimal.FindString(m[1]); s != "" {
			c.t.Errorf("%s, %s: a chart is drawn from %s", login, unit, s)
		}
		var o struct {
			Series []struct {
				Silent bool `json:"silent"`
				Data   []any
			} `json:"series"`
		}
		if err := json.Unmarshal([]byte(m[1]), &o); err != nil {
			c.t.Fatal(err)
		}
		var floor float64
		for i, s := range o.Series {
			if s.Silent { // what bars stand on
				numbersIn(s.Data, "", func(_ string, x float64) { floor = x })
				continue
			}
			numbersIn(s.Data, "", func(path string, x float64) {
				n++
				if x != 0 && !tells(text, x) && !tells(text, floor+x) && !strings.Contains(path, "coord") && !strings.Contains(path, "label.") {
					c.t.Errorf("%s, %s: series %d of a chart holds %s = %v, the page does not say it: %.120s", login, unit, i, path, x, m[1])
				}
			})
		}
	}
	return n
}

// leaves looks through everything that a reader was given by programs and on
// pages: no number has more digits than a page writes, no HTML comment is left,
// and no id tells when its row was made.
func (c *curious) leaves(login string, v *visitor) {
	v.readAll(60, map[string]string{"id": c.runs[0], "run": c.runs[0], "round": c.Round.ID, "code": c.worker.Area, "unit": c.worker.Area, "committee": c.worker.Area})
	numbers, ids := 0, 0
	for path, body := range v.bodies {
		if strings.Contains(path, "openapi") || strings.HasPrefix(path, "/static/") {
			continue
		}
		for _, m := range options.FindAllStringSubmatch(body, -1) {
			numbers++
			if s := decimal.FindString(m[1]); s != "" {
				c.t.Errorf("%s: a chart on %s is drawn from %s", login, path, s)
			}
		}
		if strings.HasPrefix(body, "200 {") {
			var doc any
			if err := json.NewDecoder(strings.NewReader(body[4:])).Decode(&doc); err != nil {
				continue
			}
			numbersIn(doc, "", func(at string, x float64) {
				if numbers++; math.Abs(x*1000-math.Round(x*1000)) > 1e-6 {
					c.t.Errorf("%s: %s tells %s to %v", login, path, at, x)
				}
			})
		} else if s := remark.FindString(body); s != "" {
			c.t.Errorf("%s: %s holds the comment %s", login, path, s)
		}
		for _, s := range anyID.FindAllString(body, -1) {
			id, err := uuid.Parse(s)
			if ids++; err == nil && slices.Contains([]uuid.Version{1, 2, 6, 7}, id.Version()) {
				c.t.Errorf("%s: %s shows %s, an id that holds a time", login, path, s)
			}
		}
	}
	c.try("%s: digits of %d numbers and options of charts, times in %d ids, in %d answers: none", login, numbers, ids, len(v.bodies))
}
