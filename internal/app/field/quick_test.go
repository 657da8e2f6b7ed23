package field_test

import (
	"testing"

	"gongping/internal/app/field"
	"gongping/internal/app/field/fieldtest"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/testkit"
	"gongping/survey"
)

// knowing is a service that has read the facts of at least four cases of an
// evaluator which have no answer yet.
func knowing(t *testing.T) (*fieldtest.Fixture, authz.Actor, []field.CaseView) {
	t.Helper()
	f := fieldtest.LoadPlan(t, survey.Plan{Allocation: "proportional", Size: 80})
	who, cases := f.Someone()
	var list []field.CaseView
	for _, c := range cases {
		if field.Knows(f.Field, demo.DistrictCode, c.ID) {
			list = append(list, c)
			continue
		}
		if out, err := f.Field.Submit(f.Ctx, who, fieldtest.Submission(c.ID, "4")); err != nil || out.Status != field.Accepted {
			t.Fatalf("%+v, %v", out, err)
		}
	}
	if len(list) < 4 {
		t.Fatalf("the facts of %d cases are known", len(list))
	}
	return f, who, list
}

// rightly counts the answers of a case that carry what frame, draw and case say.
func rightly(t *testing.T, f *fieldtest.Fixture, c field.CaseView) int {
	t.Helper()
	var household, building string
	if err := testkit.OwnerDB(t).QueryRow(f.Ctx, `select household, building from frame_person where frame_id = $1 and person_id = $2`,
		c.FrameID, c.PersonID).Scan(&household, &building); err != nil {
		t.Fatal(err)
	}
	space := "response/" + c.RoundID + "/"
	if building != "" {
		building = f.Seal.Pseudonym(space+"building", c.Committee+"/"+building)
	}
	return number(t, f, `select count(*) from survey_case c
		join draw_selection s on s.draw_id = c.draw_id and s.person_id = c.person_id
		join round o on o.id = c.round_id
		join frame_person p on p.frame_id = o.frame_id and p.person_id = c.person_id
		join identity.response_case x on x.case_id = c.id
		join response r on r.id = x.response_id and r.paradata = '{"seconds":130,"hour":18}'
		join response_comment m on m.response_id = r.id and m.item = 'comment'
		join case_completion k on k.case_id = c.id and k.day = r.day
		where c.id = $1 and r.round_id = c.round_id and r.committee = c.committee and r.stratum = c.stratum and r.cluster = s.cluster
		  and r.design_weight = c.design_weight and r.sex = p.sex and r.tenure = p.tenure and r.household = $2 and r.building = $3
		  and r.age_band = case when 2026 - p.birth_year < 30 then '18-29' when 2026 - p.birth_year < 45 then '30-44' when 2026 - p.birth_year < 60 then '45-59'
			when 2026 - p.birth_year < 75 then '60-74' else '75+' end
		  and r.mode = 'door' and r.questionnaire_version = o.questionnaire_version and r.evaluator_id::text = $4`,
		c.ID, f.Seal.Pseudonym(space+"household", household), building, c.Evaluator)
}

// An answer that was prepared from known facts stores what one stores for which
// the database was asked, and is repeated and contradicted alike.
func TestKnownFactsChangeNothing(t *testing.T) {
	t.Parallel()
	f, who, cases := knowing(t)
	second := field.New(f.Core) // knows nothing
	for i, c := range cases[:2] {
		sub := fieldtest.Submission(c.ID, "3")
		sub.Answers["comment"] = "电梯常坏 <b>"
		svc := []*field.Service{f.Field, second}[i]
		if i == 1 {
			field.Forget(second, demo.DistrictCode) // it has seen a repeat of the first
		}
		if knows := field.Knows(svc, demo.DistrictCode, c.ID); knows != (i == 0) {
			t.Fatalf("way %d: the facts are known: %v", i, knows)
		}
		out, err := svc.Submit(f.Ctx, who, sub)
		if err != nil || out.Status != field.Accepted {
			t.Fatalf("%+v, %v", out, err)
		}
		if n := rightly(t, f, c); n != 1 {
			t.Errorf("way %d: %d answers with the facts of their case", i, n)
		}
		for _, s := range []*field.Service{f.Field, second} {
			again, err := s.Submit(f.Ctx, who, sub)
			if err != nil || again.Status != field.Duplicate || again.Receipt != out.Receipt {
				t.Errorf("way %d, a repeat: %+v, %v; want the receipt %s", i, again, err, out.Receipt)
			}
			if v, err := s.Submit(f.Ctx, who, fieldtest.Submission(c.ID, "1")); err != nil || v.Status != field.Kept {
				t.Errorf("way %d, another answer: %+v, %v", i, v, err)
			}
		}
		if v, err := f.Field.CheckReceipt(f.Ctx, demo.DistrictCode, out.Receipt); err != nil || !v.Unchanged {
			t.Errorf("way %d, receipt: %+v, %v", i, v, err)
		}
	}
	if err := second.Close(f.Ctx); err != nil {
		t.Error(err)
	}
}

// Known facts do not stand in for what may change: who holds a case, whether
// the round is collecting.
func TestKnownFactsAreNotTrustedWithWhatChanges(t *testing.T) {
	t.Parallel()
	f, who, cases := knowing(t)
	known := func(c field.CaseView) {
		if !field.Knows(f.Field, demo.DistrictCode, c.ID) {
			t.Fatal("the case is not known, so that this proves nothing")
		}
	}
	supervisor := f.Actor("supervisor")
	list, err := f.Field.Evaluators(f.Ctx, supervisor, cases[0].Committee)
	if err != nil {
		t.Fatal(err)
	}
	other := who
	for _, e := range list {
		if e[0] != who.AccountID {
			other.AccountID = e[0]
		}
	}
	if err := f.Field.Reassign(f.Ctx, supervisor, cases[0].ID, other.AccountID, "原评估员请假"); err != nil {
		t.Fatal(err)
	}
	known(cases[0])
	_, err = f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[0].ID, "1"))
	wantKey(t, err, "case.not_found")
	if out, err := f.Field.Submit(f.Ctx, other, fieldtest.Submission(cases[0].ID, "4")); err != nil || out.Status != field.Accepted {
		t.Fatalf("the new holder: %+v, %v", out, err)
	}
	known(cases[1])
	bad := fieldtest.Submission(cases[1].ID, "4")
	bad.Answers["contact"] = "perhaps"
	_, err = f.Field.Submit(f.Ctx, who, bad)
	wantKey(t, err, "answers.invalid")

	if _, err := testkit.OwnerDB(t).Exec(f.Ctx, `insert into round_event (district, round_id, seq, state, at)
		select district, round_id, max(seq) + 1, 'closed', now() from round_event where round_id = $1 group by 1, 2`, cases[2].RoundID); err != nil {
		t.Fatal(err)
	}
	known(cases[2])
	_, err = f.Field.Submit(f.Ctx, who, fieldtest.Submission(cases[2].ID, "4"))
	wantKey(t, err, "field.closed")
	if n := number(t, f, `select count(*) from identity.response_case where case_id = any($1::uuid[])`, []string{cases[1].ID, cases[2].ID}); n != 0 {
		t.Errorf("%d answers that should not be there", n)
	}
}
