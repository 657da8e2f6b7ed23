package intake_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/survey/instrument"
)

var durham = authz.Actor{District: "990001", Role: authz.Manager, Area: "990001"}

func mapping(t testing.TB) *intake.Mapping {
	t.Helper()
	f, err := os.Open("testdata/durham.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := intake.ReadMapping(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestDurham imports the real survey: 891 respondents, of whom 393 within the
// five police districts rated an employee (counted with a spreadsheet).
func TestDurham(t *testing.T) {
	t.Parallel()
	path := testkit.SharedFile(t, "data", "durham-resident-survey-2022", "responses.csv")
	s := service(t)
	src, f, err := intake.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := s.CheckSurvey(ctx, durham, mapping(t), src, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Err(); err != nil {
		t.Fatalf("%v: %v", err, p.Errors)
	}
	want := map[string]int{"PAC 1": 59, "PAC 2": 141, "PAC 3": 99, "PAC 4": 91, "PAC 5": 3}
	for _, u := range p.Units {
		if u.N != want[u.Value] {
			t.Errorf("%s: %d answers, want %d", u.Value, u.N, want[u.Value])
		}
	}
	if p.Rows != 891 || len(p.Units) != 5 || p.Outside != 218 {
		t.Fatalf("%d rows, %d units, %d outside", p.Rows, len(p.Units), p.Outside)
	}
	out, err := s.CommitSurvey(ctx, durham, src, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	var n, dk, five int
	var state, kind string
	err = s.Pool.QueryRow(ctx, `select count(*), count(*) filter (where answers->>'ease' = 'dk'), count(*) filter (where answers->>'courtesy' = '5'),
		(select state from round_event where district = '990001' and round_id = $1), (select kind from round where district = '990001' and id = $1)
		from response where district = '990001' and round_id = $1`, out.RoundID).Scan(&n, &dk, &five, &state, &kind)
	if err != nil {
		t.Fatal(err)
	}
	if n != 393 || state != "closed" || kind != "imported" || five == 0 {
		t.Fatalf("%d responses (%d don't know, %d very satisfied), round %s %s", n, dk, five, kind, state)
	}
}

const tiny = "nr,site,q1,q2,w\n1,A,good,5,1.5\n2,A,bad,9,2\n3,B,good,,1\n4,,good,4,1\n5,B,,,1\n"

func tinyMapping(t testing.TB, change ...string) (*intake.Mapping, error) {
	y := `title: {en: Small}
district: "990001"
opens_on: 2024-01-01
closes_on: 2024-01-31
id: nr
area: {column: site, names: {A: Site A}}
dimensions: [{id: d, text: {en: All}}]
items:
  - {column: q1, dimension: d, text: {en: First}, scale: {good: 100, bad: 0}}
  - {column: q2, dimension: d, text: {en: Second}}
scale: {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
dont_know: ["9"]
weight: w
`
	return intake.ReadMapping(strings.NewReader(strings.NewReplacer(change...).Replace(y)))
}

func TestSurveySmall(t *testing.T) {
	t.Parallel()
	s := service(t)
	m, err := tinyMapping(t)
	if err != nil {
		t.Fatal(err)
	}
	src := source(t, "tiny.csv", []byte(tiny))
	p, err := s.CheckSurvey(ctx, durham, m, src, nil)
	if err != nil || p.Err() != nil || p.Outside != 1 || p.Silent != 1 || len(p.Units) != 2 {
		t.Fatalf("%v %v %+v", err, p.Errors, p)
	}
	out, err := s.CommitSurvey(ctx, durham, src, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	var raw []byte
	var weight float64
	err = s.Pool.QueryRow(ctx, `select answers, design_weight from response where district = '990001' and round_id = $1 and design_weight = 1.5`, out.RoundID).Scan(&raw, &weight)
	if err != nil {
		t.Fatal(err)
	}
	var a instrument.Answers
	if json.Unmarshal(raw, &a); a["q1"] != "5" || a["q2"] != "5" {
		t.Fatalf("answers %s", raw)
	}
	// A second import finds the same sites and makes another round.
	src2 := source(t, "tiny2.csv", []byte(strings.Replace(tiny, "1.5", "1.25", 1)))
	p2, err := s.CheckSurvey(ctx, durham, m, src2, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.CommitSurvey(ctx, durham, src2, p2, nil)
	if err != nil || again.Units[0].Code != out.Units[0].Code || again.RoundID == out.RoundID {
		t.Fatalf("%v %+v", err, again)
	}
}

func TestSurveyFaults(t *testing.T) {
	t.Parallel()
	s := service(t)
	m, err := tinyMapping(t)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.CheckSurvey(ctx, durham, m, source(t, "tiny.csv", []byte("nr,site,q1,q2,w\n1,A,good,7,1\n1,A,good,5,1\n2,A,good,5,-1\n")), nil)
	if err != nil {
		t.Fatal(err)
	}
	var where []string
	for _, e := range p.Errors {
		where = append(where, e.Where)
	}
	if got := strings.Join(where, "; "); got != "row 2, column q2; row 3, column nr; row 4, column w" {
		t.Fatalf("faults at %s", got)
	}
	if _, err := s.CommitSurvey(ctx, durham, source(t, "tiny.csv", []byte(tiny)), p, nil); !errs.Is(err, errs.Invalid) {
		t.Fatalf("committed: %v", err)
	}
	if _, err := s.CheckSurvey(ctx, manager, m, source(t, "tiny.csv", []byte(tiny)), nil); !errs.Is(err, errs.Invalid) {
		t.Fatalf("another district: %v", err)
	}
	for _, who := range []authz.Actor{{District: "990001", Role: authz.Leader, Area: "990001"}, {District: "990001", Role: authz.Manager, Area: "990001901"}} {
		if _, err := s.CheckSurvey(ctx, who, m, source(t, "tiny.csv", []byte(tiny)), nil); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s of %s may import a survey: %v", who.Role, who.Area, err)
		}
	}
}

func TestMappingFaults(t *testing.T) {
	t.Parallel()
	for name, change := range map[string][]string{
		"unknown field": {"weight: w", "wieght: w"}, "district": {`"990001"`, `"99"`}, "dates": {"2024-01-31", "2023-01-31"},
		"scale": {`"5": 5`, `"5": 7`}, "no item": {"dimension: d, text: {en: Second}", "dimension: x, text: {en: Second}"},
		"column twice": {"weight: w", "weight: q1"}, "not yaml": {"title:", "\t"},
	} {
		if _, err := tinyMapping(t, change...); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzMapping(f *testing.F) {
	b, err := os.ReadFile("testdata/durham.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add("title: {en: x}\nitems: [{}]")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := intake.ReadMapping(strings.NewReader(s))
		if err != nil && !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.TooLarge) {
			t.Fatal(err)
		}
		if err == nil && m.District == "" {
			t.Fatal("a mapping without a district passed")
		}
	})
}
