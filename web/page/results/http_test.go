package results_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"gongping/internal/demo"
	"gongping/internal/testkit"
)

func TestPagesAndWhoSeesThem(t *testing.T) {
	t.Parallel()
	b := prepare(t, demo.Small())
	street := b.own[:9]
	foreign := ""
	for _, c := range b.Committees() {
		if !strings.HasPrefix(c, street) {
			foreign = c
		}
	}
	for _, x := range []struct {
		as, path string
		status   int
		want     string
	}{
		{b.leader, "/results", 200, "/results/" + b.first},
		{b.leader, "/results/" + b.first, 200, "能说明"},
		{b.leader, "/results/" + b.first, 200, "漏斗图"}, // from the cache
		{b.leader, "/results/" + b.first + "?status=not_enough", 200, ""},
		{b.leader, "/results/" + b.first + "?order=score", 200, "名次区间"},
		{b.leader, "/results/" + b.first + "?street=" + foreign[:9], 404, ""},
		{b.leader, "/results/" + b.first + "/units/" + b.own, 200, "一份答卷能改变多少"},
		{b.leader, "/results/" + b.first + "/units/" + b.own, 200, "稳健平均（Huber）"}, // beside the official score
		{b.leader, "/results/" + b.first + "/units/" + foreign, 403, ""},
		{b.worker, "/results/" + b.first, 303, ""},
		{b.worker, "/results/" + b.first + "/units/" + b.own, 200, "/appeals/new?run="},
		{b.worker, "/results/" + b.first + "/units/" + foreign, 403, ""},
		{b.worker, "/results/" + b.first + "/export/csv", 403, ""},
		{b.leader, "/runs", 403, ""},
		{b.leader, "/runs/" + b.first + "/input", 403, ""},
		{"admin", "/results/" + b.first, 403, ""},
		{"auditor", "/runs/" + b.first, 200, "重算核对"},
		{"auditor", "/runs/nonsense", 404, ""},
		{"manager", "/results/00000000-0000-4000-8000-000000000000", 404, ""},
		{"manager", "/results/" + b.first + "/export/pdf", 404, ""},
		{"manager", "/results/" + b.first + "/changes", 404, ""},
		{b.leader, "/results/" + b.first + "/questions", 200, "人作答"},
		{b.worker, "/results/" + b.first + "/questions", 200, "不计分的题目"},
		{b.worker, "/results/" + b.first + "/questions?format=csv", 403, ""},
		{"manager", "/results/" + b.first + "/questions?format=csv", 200, "作答人数"},
		{"admin", "/results/" + b.first + "/questions", 403, ""},
	} {
		status, text := b.get(t, x.as, x.path)
		if status != x.status || !strings.Contains(text, x.want) {
			t.Errorf("%s %s: %d, want %d with %q", x.as, x.path, status, x.status, x.want)
		}
	}
	// The leader's street is not in what the manager's cache was filled with.
	if _, text := b.get(t, b.leader, "/results/"+b.first); strings.Contains(text, foreign) {
		t.Error("a leader sees another street's committee")
	}
}

func TestRunPagesAndSupersession(t *testing.T) {
	t.Parallel()
	b := prepare(t, demo.Small())
	if _, err := testkit.OwnerDB(t).Exec(context.Background(), `insert into response_exclusion (district, id, round_id, response_id, ground, reason, at)
		select district, gen_random_uuid(), round_id, id, 'wrong_object', 'test', now() from response where committee = $1 order by id limit 12`, b.own); err != nil {
		t.Fatal(err)
	}
	post := func(path string, form url.Values) *http.Response {
		t.Helper()
		req, _ := http.NewRequest(http.MethodPost, b.server.URL+path+"?as=manager", strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Accept-Language", "zh-CN")
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	resp := post("/runs", url.Values{"round": {b.ID}, "reason": {"申诉成立"}})
	second := strings.TrimPrefix(resp.Header.Get("Location"), "/runs/")
	if resp.StatusCode != 303 || second == "" {
		t.Fatalf("start: %d %q", resp.StatusCode, second)
	}
	if _, text := b.get(t, "manager", "/runs/"+second+"/progress"); strings.Contains(text, "hx-get") {
		t.Error("a finished run still asks for its progress")
	}
	if resp = post("/runs/"+second+"/publish", nil); resp.StatusCode != 303 {
		t.Fatalf("publish: %d", resp.StatusCode)
	}
	body, _ := io.ReadAll(post("/runs/"+b.first+"/rebuild", nil).Body)
	if !strings.Contains(string(body), "完全一致") {
		t.Error("the rebuild does not say that it is equal")
	}
	if _, text := b.get(t, b.leader, "/results/"+b.first); !strings.Contains(text, "已被新的计分取代") {
		t.Error("the superseded run has no banner")
	}
	if status, text := b.get(t, b.leader, "/results/"+second+"/changes"); status != 200 || !strings.Contains(text, b.own) {
		t.Errorf("changes: %d", status)
	}
}

func TestExports(t *testing.T) {
	t.Parallel()
	b := prepare(t, demo.Small())
	if _, err := testkit.OwnerDB(t).Exec(context.Background(), `update area set name = '=1+1' where code = $1`, b.own); err != nil {
		t.Fatal(err)
	}
	_, text := b.get(t, b.leader, "/results/"+b.first+"/export/csv")
	if !strings.Contains(text, ",'=1+1,") {
		t.Errorf("a name would run as a formula: %.600s", text)
	}
	if !strings.HasPrefix(text, "\ufeff区划代码") || strings.Count(text, "\n") != 10 {
		t.Errorf("CSV: %d lines, %.60q", strings.Count(text, "\n"), text)
	}
	_, raw := b.get(t, "manager", "/results/"+b.first+"/export/xlsx")
	f, err := excelize.OpenReader(bytes.NewReader([]byte(raw)))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := f.GetRows("结果")
	if err != nil || len(rows) != 4+1+2+16 || rows[3][0] != "区划代码" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	gated, named := 0, false
	for i, r := range rows {
		for j, text := range r {
			at, _ := excelize.CoordinatesToCellName(j+1, i+1)
			if formula, err := f.GetCellFormula("结果", at); err != nil || formula != "" {
				t.Errorf("%s holds the formula %q, %v", at, formula, err)
			}
			named = named || text == "=1+1"
		}
	}
	if !named {
		t.Error("the hostile name is not in the file")
	}
	for _, r := range rows[4:] {
		if strings.Contains(strings.Join(r, " "), "不足30份") {
			gated++
		}
	}
	if gated == 0 {
		t.Error("a committee under the gate has figures in the file")
	}
	var n int
	if err := testkit.OwnerDB(t).QueryRow(context.Background(), `select count(*) from audit_log where action = 'result.export'`).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d exports in the audit log, want 2 (%v)", n, err)
	}
}
