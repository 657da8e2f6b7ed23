package results_test

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"gongping/internal/demo"
	"gongping/internal/testkit"
	"gongping/scoring"
)

// TestAuditorRebuildsAFigure: the page shows a figure with all its digits as
// stored and as rebuilt; a single altered digit in what is stored shows as the
// first difference; nobody but auditors and managers gets there.
func TestAuditorRebuildsAFigure(t *testing.T) {
	t.Parallel()
	b := prepare(t, demo.Small())
	if status, text := b.get(t, "auditor", "/audit/figures"); status != 200 || !strings.Contains(text, "第 1 次计分") {
		t.Fatalf("choice of runs: %d", status)
	}
	path := "/audit/figures?run=" + b.first + "&unit=" + b.own
	for as, want := range map[string]int{b.worker: 403, b.leader: 403, "admin": 403, "panel-1": 403, "auditor": 200, "manager": 200} {
		if status, _ := b.get(t, as, path); status != want {
			t.Errorf("%s: %d, want %d", as, status, want)
		}
	}
	p, err := b.svc.ProveFigures(t.Context(), b.Actor("auditor"), b.first, b.own)
	if err != nil || p.First != nil || len(p.Figures) < 100 || !p.Rebuilt.Same {
		t.Fatalf("%d figures, first difference %+v: %v", len(p.Figures), p.First, err)
	}
	var u scoring.UnitResult
	var raw []byte
	err = b.Pool.QueryRow(t.Context(), `select result from run_unit where run_id = $1 and unit = $2`, b.first, b.own).Scan(&raw)
	if err == nil {
		err = json.Unmarshal(raw, &u)
	}
	if err != nil {
		t.Fatal(err)
	}
	digits := strconv.FormatFloat(u.Official.Value, 'f', -1, 64)
	if status, text := b.get(t, "auditor", path+"&figure=official.value"); status != 200 || strings.Count(text, digits) < 2 || !strings.Contains(text, "全部一致") || !strings.Contains(text, p.Rebuilt.InputDigest) {
		t.Errorf("page: %d, %q %d times", status, digits, strings.Count(text, digits))
	}
	// One digit at the end, by somebody with every right on the database.
	for _, sql := range []string{`alter table run_unit disable trigger append_only`,
		`update run_unit set result = jsonb_set(result, '{official,value}', to_jsonb((result->'official'->>'value')::numeric + 0.00000000001)) where run_id = '` + b.first + `' and unit = '` + b.own + `'`,
		`alter table run_unit enable trigger append_only`} {
		if _, err := testkit.OwnerDB(t).Exec(context.Background(), sql); err != nil {
			t.Fatal(err)
		}
	}
	p, err = b.svc.ProveFigures(t.Context(), b.Actor("auditor"), b.first, b.own)
	if err != nil || p.First == nil || p.First.Path != "official.value" || p.First.Rebuilt != digits {
		t.Errorf("first difference %+v: %v", p.First, err)
	}
	if status, text := b.get(t, "auditor", path); status != 200 || !strings.Contains(text, "数字不一致，第一处：official.value") {
		t.Errorf("the page does not name the altered figure: %d", status)
	}
}
