package simreport

import (
	"strings"
	"testing"

	"gongping/scoring/simulate"
)

// The table names every estimator and target; the page carries charts, loads
// nothing and runs no script.
func TestTableAndPage(t *testing.T) {
	t.Parallel()
	cfg := simulate.DefaultConfig()
	cfg.Units, cfg.Reps, cfg.N, cfg.Items, cfg.Scenarios = 60, 2, []int{40, 80}, []int{1}, []string{"collective-complaint"}
	r, err := simulate.Run(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	var table, page strings.Builder
	if err := Table(&table, r); err != nil {
		t.Fatal(err)
	}
	if err := Page(&page, r); err != nil {
		t.Fatal(err)
	}
	for _, e := range simulate.Estimators {
		if !strings.Contains(table.String(), e) || !strings.Contains(page.String(), e) {
			t.Errorf("estimator %s is missing", e)
		}
	}
	if strings.Contains(page.String(), "hostile +0") || !strings.Contains(page.String(), "<th>hostile 1</th>") {
		t.Error("the moves of the page do not count answers from one")
	}
	if !strings.Contains(table.String(), "Targets: ") {
		t.Error("the table has no summary of the targets")
	}
	if n := strings.Count(page.String(), "<svg"); n != len(metrics)+2*len(cfg.N) {
		t.Errorf("%d charts for %d metrics and moves either way at %d sizes", n, len(metrics), len(cfg.N))
	}
	for _, title := range []string{"Bias (points)", "Moved by 1 to 5 hostile answers, n = 80", "Moved by 1 to 5 coached answers, n = 40"} {
		if !strings.Contains(page.String(), title) {
			t.Errorf("no chart %q", title)
		}
	}
	for _, bad := range []string{"<script", "http://", "https://", "NaN", "%!"} {
		if strings.Contains(page.String(), bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
}

// One round has no standard error, and none is shown as 0.
func TestOneRoundHasNoError(t *testing.T) {
	t.Parallel()
	cfg := simulate.DefaultConfig()
	cfg.Units, cfg.Reps, cfg.N, cfg.Items, cfg.Scenarios = 40, 1, []int{30}, []int{1}, []string{"none"}
	r, err := simulate.Run(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	var table, page strings.Builder
	if err := Table(&table, r); err != nil {
		t.Fatal(err)
	}
	if err := Page(&page, r); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(table.String(), "  0.000  ") || strings.Contains(page.String(), "<td>0.0000</td>") {
		t.Errorf("an error of one round is shown:\n%s", table.String())
	}
}
