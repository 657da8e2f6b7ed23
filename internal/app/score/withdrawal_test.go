package score_test

import (
	"testing"

	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/testkit"
)

// A resident withdraws with the receipt between two runs: the later run counts
// one answer less and says so, the earlier one stays as it was and is still
// rebuilt to the last digit, the answer stays stored, and the log knows that a
// receipt was used and not whose.
func TestRunAfterAWithdrawal(t *testing.T) {
	t.Parallel()
	f := fieldtest.Load(t)
	s := &score.Service{Core: f.Core}
	manager, auditor := f.Actor("manager"), f.Role(authz.Auditor)
	var receipt, taken, committee string
	n := 0
	for _, e := range f.Evaluators() {
		cases, err := f.Field.MyCases(f.Ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			sub := fieldtest.Submission(c.ID, []string{"3", "4", "5"}[n%3])
			out, err := f.Field.Submit(f.Ctx, e, sub)
			if err != nil || out.Status != field.Accepted {
				t.Fatal(out, err)
			}
			receipt, taken, committee = out.Receipt, out.ID, c.Committee
			n++
		}
	}
	first := start(t, s, manager, f.Round, "before")
	counted := func(run string) (answers, aside int, there bool) {
		t.Helper()
		res, err := s.Result(f.Ctx, auditor, f.Round, run)
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.Answers(f.Ctx, auditor, run, committee)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			there = there || a.ID == taken
		}
		return res.Summary.N, res.Summary.Excluded, there
	}
	if answers, aside, there := counted(first); answers != n || aside != 0 || !there {
		t.Fatalf("before: %d answers, %d set aside, listed %t; want %d", answers, aside, there, n)
	}
	if err := f.Field.Withdraw(f.Ctx, manager.District, receipt); err != nil {
		t.Fatal(err)
	}
	second := start(t, s, manager, f.Round, "after")
	if answers, aside, there := counted(second); answers != n-1 || aside != 1 || there {
		t.Errorf("after: %d answers, %d set aside, listed %t; want %d and 1", answers, aside, there, n-1)
	}
	if answers, aside, there := counted(first); answers != n || aside != 0 || !there {
		t.Errorf("the earlier run has changed: %d answers, %d set aside, listed %t", answers, aside, there)
	}
	rebuilds(t, s, manager, first)
	rebuilds(t, s, manager, second)
	var stored, used int
	var ground string
	err := testkit.OwnerDB(t).QueryRow(f.Ctx, `select (select count(*) from response where id = $1::text::uuid),
		(select count(*) from audit_log where action = 'receipt.use' and object_id = '' and detail::text not like '%' || $1::text || '%'),
		(select ground from response_exclusion where response_id = $1::text::uuid)`, taken).Scan(&stored, &used, &ground)
	if err != nil || stored != 1 || used != 1 || ground != "withdrawn" {
		t.Errorf("%d stored, %d entries in the log, ground %q, %v", stored, used, ground, err)
	}
}
