package crashtest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gongping/internal/app/draws"
	"gongping/internal/app/rounds"
	"gongping/internal/demo"
	"gongping/internal/pg/rounddb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/world"
	"gongping/survey"
)

var drawTables = []string{"draw_commitment", "draw", "draw_selection", "survey_case", "case_assignment", "round_event", "audit_log"}
var frameTables = []string{"frame", "frame_person", "identity.person", "import_batch", "frame_freeze", "audit_log"}

// frozen is a frozen round of the small world.
func frozen(t *testing.T, w *world.World) string {
	t.Helper()
	svc, ctx, manager := &rounds.Service{Core: w.Core}, context.Background(), w.Actor("manager")
	if err := svc.EnsureDocuments(ctx, manager); err != nil {
		t.Fatal(err)
	}
	ch, err := svc.Choices(ctx, manager)
	if err != nil {
		t.Fatal(err)
	}
	d := rounds.Draft{Title: "评议", AreaCode: demo.DistrictCode, FrameID: w.FrameID, QuestionnaireID: ch.Questionnaires[0].ID, QuestionnaireVersion: 1,
		RuleBookID: ch.RuleBooks[0].ID, RuleBookVersion: 1, Plan: survey.Plan{StrataBy: []string{"sex"}, Allocation: "proportional", Size: 10, ReserveRatio: 0.5},
		OpensOn: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), ClosesOn: time.Date(2026, 12, 28, 0, 0, 0, 0, time.UTC)}
	for _, e := range w.Evaluators() {
		d.Evaluators = append(d.Evaluators, rounddb.Evaluator{AccountID: e.AccountID, Area: e.Area})
	}
	round, err := svc.Create(ctx, manager, d, "")
	if err == nil {
		err = svc.Freeze(ctx, manager, round)
	}
	if err != nil {
		t.Fatal(err)
	}
	return round
}

// untouched runs kill and fails where any of the tables changed.
func untouched(t *testing.T, tables []string, kill func()) {
	t.Helper()
	before := counted(t, tables...)
	kill()
	if after := counted(t, tables...); !maps.Equal(before, after) {
		t.Errorf("the crash left something: before %v, after %v", before, after)
	}
	chain(t)
}

func openCommitment(t *testing.T) (id string) {
	t.Helper()
	if err := testkit.OwnerDB(t).QueryRow(context.Background(), `select id::text from draw_commitment c
		where not exists (select from draw d where d.commitment_id = c.id)`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

const (
	firstSeed  = "31415126535461524336"
	secondSeed = "65432165432112345665"
)

// TestDrawsAreWhole kills commitment, draw and top-up at every table that they
// write, and two processes that draw at once.
func TestDrawsAreWhole(t *testing.T) {
	t.Parallel()
	w := world.Load(t)
	round := frozen(t, w)
	commit := orderOf(w, "commit", "manager")
	commit.Round, commit.Randomness = round, "掷骰一"
	for _, table := range []string{"draw_commitment", "audit_log"} {
		untouched(t, drawTables, func() { killAt(t, commit, table) })
	}
	commit.again(t)

	w.Clock.Advance(2 * time.Hour)
	reveal := orderOf(w, "reveal", "auditor")
	reveal.Commitment, reveal.Seed = openCommitment(t), firstSeed
	for _, table := range []string{"draw", "draw_selection", "survey_case", "case_assignment", "round_event", "audit_log"} {
		untouched(t, drawTables, func() { killAt(t, reveal, table) })
	}
	both := [2]bool{}
	a, _ := reveal.start(t)
	b, _ := reveal.start(t)
	both[0], both[1] = a.Wait() == nil, b.Wait() == nil
	if both[0] == both[1] {
		t.Errorf("two processes drew at once: %v", both)
	}
	once(t, w, "main", 10*len(w.Committees()))

	topup := orderOf(w, "topup", "manager")
	topup.Round, topup.Randomness, topup.Sizes = round, "掷骰二", map[string]int{w.Committees()[0]: 6}
	for _, table := range []string{"draw_commitment", "audit_log"} {
		untouched(t, drawTables, func() { killAt(t, topup, table) })
	}
	topup.again(t)
	w.Clock.Advance(2 * time.Hour)
	reveal = orderOf(w, "reveal", "auditor")
	reveal.Commitment, reveal.Seed = openCommitment(t), secondSeed
	for _, table := range []string{"draw_selection", "survey_case", "audit_log"} {
		untouched(t, drawTables, func() { killAt(t, reveal, table) })
	}
	reveal.again(t)
	once(t, w, "topup", 6)
	chain(t)
}

// once fails unless there is one draw of the kind, with so many cases, a log
// entry, and an outcome that repeats.
func once(t *testing.T, w *world.World, kind string, cases int) {
	t.Helper()
	ctx := context.Background()
	var id string
	var n, logged, drawn int
	err := testkit.OwnerDB(t).QueryRow(ctx, `select d.id::text, (select count(*) from survey_case s where s.draw_id = d.id),
			(select count(*) from audit_log l where l.object_kind = 'draw' and l.object_id = d.id::text), (select count(*) from draw x where x.purpose = d.purpose)
		from draw d where d.purpose like '%' || $1 || '%'`, kind).Scan(&id, &n, &logged, &drawn)
	if err != nil || n != cases || logged != 1 || drawn != 1 {
		t.Fatalf("%d cases (want %d), %d log entries, %d draws of the purpose, %v", n, cases, logged, drawn, err)
	}
	if _, err := (&draws.Service{Core: w.Core}).Verify(ctx, w.Actor("auditor"), id); err != nil {
		t.Error(err)
	}
}

// people is a file of residents, a little more than one chunk of the staging.
func people(t *testing.T, w *world.World, n int) string {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("household,person,area,sex,birth_year,mobile,name\n")
	for i := range n {
		fmt.Fprintf(&b, "H%d,P%d,%s,%s,%d,1,人%d\n", i/3, i, w.Committees()[i*len(w.Committees())/n], []string{"m", "f"}[i%2], 1940+i%60, i)
	}
	path := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestImportsAndFreezesAreWhole kills an import in one transaction, one in
// chunks (which then goes on), and a freeze.
func TestImportsAndFreezesAreWhole(t *testing.T) {
	t.Parallel()
	w := world.Load(t)
	plain := orderOf(w, "import", "manager")
	plain.File = people(t, w, 300)
	for _, table := range []string{"frame_person", "identity.person", "audit_log"} {
		untouched(t, frameTables, func() { killAt(t, plain, table) })
	}
	plain.again(t)

	const n = 8500
	staged := orderOf(w, "import", "manager")
	staged.File, staged.Resumable = people(t, w, n), true
	facts := frameTables[:5] // beginning the staging is itself logged
	untouched(t, facts, func() { killAt(t, staged, "frame_staging_chunk") })
	untouched(t, facts, func() { killAt(t, staged, "frame_person") })
	if got := counted(t, "frame_staging_person")["frame_staging_person"]; got != n {
		t.Errorf("%d residents staged, want %d", got, n)
	}
	untouched(t, facts, func() { killAt(t, staged, "identity.person") })
	before := counted(t, facts...)
	staged.again(t)
	after := counted(t, append(facts, "frame_staging", "frame_staging_person")...)
	if after["frame"] != before["frame"]+1 || after["frame_person"] != before["frame_person"]+n || after["identity.person"] != before["identity.person"]+n ||
		after["frame_staging"]+after["frame_staging_person"] != 0 {
		t.Errorf("after going on: %v, before %v", after, before)
	}

	freeze := orderOf(w, "freeze", "manager")
	if err := testkit.OwnerDB(t).QueryRow(context.Background(), `select id::text from frame where n_people = $1`, n).Scan(&freeze.Frame); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"frame_freeze", "audit_log"} {
		untouched(t, frameTables, func() { killAt(t, freeze, table) })
	}
	freeze.again(t)
	if got := counted(t, "frame_freeze")["frame_freeze"]; got != before["frame_freeze"]+1 {
		t.Errorf("%d freezes", got)
	}
	chain(t)
}
