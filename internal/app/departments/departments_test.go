package departments_test

import (
	"context"
	"strings"
	"testing"

	"gongping/internal/app/departments"
	"gongping/internal/errs"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/testkit"
	"gongping/internal/testkit/world"
)

func TestDepartments(t *testing.T) {
	t.Parallel()
	w, ctx := world.Load(t), context.Background()
	s := &departments.Service{Core: w.Core}
	all, err := s.List(ctx, w.Actor("manager"))
	if err != nil || len(all) != 6 {
		t.Fatalf("%d departments, %v", len(all), err)
	}
	if err := s.Save(ctx, w.Actor("manager"), []departmentdb.Department{{Code: "water", Name: "区水务局", Active: true}, {Code: "housing", Name: "区房管局", Active: true}}); err != nil {
		t.Fatal(err)
	}
	if all, err = s.List(ctx, w.Actor("auditor")); err != nil || len(all) != 7 || all[3].Name != "区房管局" {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, bad := range [][]departmentdb.Department{nil, {{Code: "Ü", Name: "x"}}, {{Code: "ab", Name: " "}}, {{Code: "ab", Name: "a"}, {Code: "ab", Name: "b"}}} {
		if err := s.Save(ctx, w.Actor("manager"), bad); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if err := s.Save(ctx, w.Actor("auditor"), all); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
}

// A department sees its own card and answers on it; nobody else answers for it.
func TestDepartmentAnswersForItself(t *testing.T) {
	t.Parallel()
	w, ctx := world.Load(t), context.Background()
	s := &departments.Service{Core: w.Core}
	housing := w.Actor("dept-housing")
	if own, err := s.List(ctx, housing); err != nil || len(own) != 1 || own[0].Code != "housing" {
		t.Errorf("a department sees %+v, %v", own, err)
	}
	if _, err := s.Card(ctx, housing, "police", "zh"); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	if err := s.Reply(ctx, housing, "housing", departmentdb.Reply{Topic: "电梯", Body: "电梯维修资金表决已启动。"}); err != nil {
		t.Fatal(err)
	}
	card, err := s.Card(ctx, w.Actor("worker-lone"), "housing", "zh")
	if err != nil || len(card.Replies) != 1 || card.Replies[0].Topic != "电梯" || card.MayReply {
		t.Errorf("%+v, %v", card, err)
	}
	for _, x := range []struct {
		login, code, body string
		want              errs.Code
	}{
		{"dept-housing", "police", "x", errs.Forbidden}, {"manager", "housing", "x", errs.Forbidden},
		{"dept-housing", "housing", " ", errs.Invalid}, {"dept-housing", "housing", strings.Repeat("长", 2001), errs.Invalid},
	} {
		if err := s.Reply(ctx, w.Actor(x.login), x.code, departmentdb.Reply{Body: x.body}); !errs.Is(err, x.want) {
			t.Errorf("%s for %s: %v", x.login, x.code, err)
		}
	}
	if _, err := testkit.OwnerDB(t).Exec(ctx, `update department_reply set body = 'x'`); err == nil {
		t.Error("a reply was changed")
	}
}
