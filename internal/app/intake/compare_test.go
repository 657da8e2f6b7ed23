package intake_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"gongping/internal/app/intake"
	"gongping/internal/app/rounds"
	"gongping/internal/errs"
	"gongping/scoring/composite"
)

func TestASecondSourceAndPlantedChecks(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	out := mustImport(t, s, manager, intake.Request{Kind: intake.Frame, Name: "居民库"}, frameCSV(t, w))
	var second, planted bytes.Buffer
	second.WriteString("人员编号,居委会代码\n")
	planted.WriteString("person,area\n")
	n := len(w.People)
	for i, p := range w.People {
		if i%2 == 0 {
			fmt.Fprintf(&second, "%s,%s\n", p.ID, p.Committee)
		}
		if i%100 == 0 {
			fmt.Fprintf(&planted, "%s,%s\n", p.ID, p.Committee)
		}
	}
	both := (n + 1) / 2
	for i := range both / 5 {
		fmt.Fprintf(&second, "left-out-%d,%s\n", i, w.People[0].Committee)
	}
	// Three people whom the other register has under another committee.
	for k, i := 0, 1; k < 3; i += 2 {
		other := w.People[(i+len(w.People)/2)%len(w.People)].Committee
		if other != w.People[i].Committee {
			fmt.Fprintf(&second, "%s,%s\n", w.People[i].ID, other)
			k++
		}
	}
	fmt.Fprintf(&planted, "vanished,%s\n", w.People[0].Committee)
	a, b := source(t, "二.csv", second.Bytes()), source(t, "埋点.csv", planted.Bytes())
	_, err := s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{Second: &a, Planted: &b}, nil)
	var e *errs.Error
	if !errors.As(err, &e) || e.Key != "frame.reason_needed" {
		t.Fatalf("frozen without a reason: %v", err)
	}
	said := map[string]bool{}
	for _, d := range e.Details {
		said[d.Key] = true
	}
	if !said["audit.missing"] || !said["audit.planted"] {
		t.Errorf("the deviations are %v", said)
	}
	if _, err := s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{Second: &a, Planted: &b, Reason: goodReason}, nil); err != nil {
		t.Fatal(err)
	}
	f, err := s.Frame(ctx, manager, out.FrameID)
	if err != nil {
		t.Fatal(err)
	}
	c, p := f.Audit.Second, f.Audit.Planted
	if c == nil || c.Both != both || c.OnlyFrame != n-both || c.OnlySecond != both/5+3 || c.Elsewhere != 3 || c.Missing() != both/5 || p == nil || p.Found != (n+99)/100 || len(p.Missed) != 1 {
		t.Fatalf("second %+v, planted %+v", c, p)
	}
	twice := source(t, "二.csv", append(planted.Bytes(), fmt.Sprintf("vanished,%s\n", w.People[0].Committee)...))
	other := mustImport(t, s, manager, intake.Request{Kind: intake.Frame, Name: "另一库"}, frameCSV(t, w))
	if _, err := s.Freeze(ctx, manager, other.FrameID, intake.FreezeInput{Planted: &twice}, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("a list with a repetition: %v", err)
	}
}

// TestTheLimitsOfARuleBook: a freeze may take the limits of a rule book; the
// audit keeps their name.
func TestTheLimitsOfARuleBook(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	books := &rounds.Service{Core: s.Core}
	strict := composite.Default()
	strict.Frame = &composite.Frame{Missing: 0.0001}
	id, _, err := books.SaveRuleBook(ctx, manager, "", &strict)
	if err != nil {
		t.Fatal(err)
	}
	out := mustImport(t, s, manager, intake.Request{Kind: intake.Frame, Name: "居民库"}, frameCSV(t, w))
	d, err := s.Frame(ctx, manager, out.FrameID)
	if err != nil || len(d.RuleBooks) != 1 || d.RuleBooks[0][0] != id {
		t.Fatalf("the rule books offered are %v, %v", d.RuleBooks, err)
	}
	var list bytes.Buffer
	list.WriteString("person,area\n")
	for _, p := range w.People[:200] {
		fmt.Fprintf(&list, "%s,%s\n", p.ID, p.Committee)
	}
	fmt.Fprintf(&list, "left-out,%s\n", w.People[0].Committee) // one in 200: below the built-in limit
	second := source(t, "二.csv", list.Bytes())
	_, err = s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{RuleBook: id, Second: &second}, nil)
	var e *errs.Error
	if !errors.As(err, &e) || e.Key != "frame.reason_needed" || len(e.Details) != 1 || e.Details[0].Key != "audit.missing" {
		t.Fatalf("frozen beyond the limits of its rule book: %v", err)
	}
	if _, err := s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{RuleBook: id, Second: &second, Reason: goodReason}, nil); err != nil {
		t.Fatal(err)
	}
	if d, err = s.Frame(ctx, manager, out.FrameID); err != nil || d.Audit.LimitsOf != strict.Title["zh"]+" v1" || d.Audit.Limits.Missing != 0.0001 {
		t.Errorf("limits %+v of %q, %v", d.Audit.Limits, d.Audit.LimitsOf, err)
	}
}
