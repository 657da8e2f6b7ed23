package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/rounds"
	"gongping/internal/demo"
	"gongping/internal/pg/rounddb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/world"
	"gongping/survey"
)

// command runs the program in process and returns what it printed.
func command(args ...string) (string, error) {
	var out bytes.Buffer
	c := rootCmd()
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&out)
	err := c.ExecuteContext(context.Background())
	return out.String(), err
}

func TestDrawFromTheCommandLine(t *testing.T) {
	w := world.Load(t)
	t.Setenv("GONGPING_DATABASE_URL", testkit.URL(t))
	t.Setenv("GONGPING_DATA", t.TempDir())
	t.Setenv("GONGPING_DISTRICT", demo.DistrictCode)
	svc, ctx, manager := &rounds.Service{Core: w.Core}, context.Background(), w.Actor("manager")
	if err := svc.EnsureDocuments(ctx, manager); err != nil {
		t.Fatal(err)
	}
	ch, err := svc.Choices(ctx, manager)
	if err != nil {
		t.Fatal(err)
	}
	d := rounds.Draft{Title: "评议", AreaCode: demo.DistrictCode, FrameID: w.FrameID, QuestionnaireID: ch.Questionnaires[0].ID, QuestionnaireVersion: 1,
		RuleBookID: ch.RuleBooks[0].ID, RuleBookVersion: 1, Plan: survey.Plan{Allocation: "proportional", Size: 5, ReserveRatio: 1},
		OpensOn: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), ClosesOn: time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)}
	for _, e := range w.Evaluators() {
		d.Evaluators = append(d.Evaluators, rounddb.Evaluator{AccountID: e.AccountID, Area: e.Area})
	}
	round, err := svc.Create(ctx, manager, d, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := svc.Freeze(ctx, manager, round); err != nil {
		t.Fatal(err)
	}
	// The dice are thrown a little later. A machine that is too busy to commit in
	// time is given more of it.
	var due time.Time
	var out string
	for wait := 3 * time.Second; ; wait *= 2 {
		due = time.Now().Add(wait).Truncate(time.Second)
		commit := []string{"draw", "commit", round, "--kind", "dice", "--name", "掷骰", "--due", due.Format(time.RFC3339), "--json"}
		if _, err := command(commit...); err == nil {
			t.Error("a draw was committed by nobody in particular")
		}
		out, err = command(append(commit, "--as", "manager")...)
		if err == nil {
			break
		}
		if time.Now().Before(due) || wait > time.Minute {
			t.Fatal(err, out)
		}
	}
	var made struct{ Commitment, Draw string }
	if err := json.Unmarshal([]byte(out), &made); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(due))
	reveal := []string{"draw", "reveal", made.Commitment, "--seed", "31415126535461524336", "--evidence", "witnesses", "--json", "--as"}
	if _, err := command(append(reveal, "manager")...); err == nil {
		t.Error("one person did both")
	}
	if out, err = command(append(reveal, "auditor")...); err != nil {
		t.Fatal(err, out)
	}
	if err := json.Unmarshal([]byte(out), &made); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.draw.txt")
	for _, args := range [][]string{{"draw", "list"}, {"draw", "bundle", made.Draw, "-o", file}, {"draw", "verify", made.Draw}, {"draw", "verify", file, "--json"}} {
		if out, err = command(args...); err != nil {
			t.Fatal(args, err, out)
		}
		if args[1] == "list" && !strings.Contains(out, "drawn") {
			t.Errorf("the list: %s", out)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := command("draw", "verify", file); err == nil {
		t.Error("a changed bundle verifies")
	}
}
