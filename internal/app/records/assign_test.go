package records_test

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/intake"
	"gongping/internal/errs"
	"gongping/internal/tabular"
)

// receive uploads a table of records as the manager.
func (b *bench) receive(kind intake.Kind, text string) *intake.Upload {
	b.t.Helper()
	u, err := b.in.Receive(context.Background(), b.Actor("manager"), intake.Request{Kind: kind, Round: b.ID}, "平台导出.csv", strings.NewReader(text))
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

func (b *bench) confirm(u *intake.Upload) {
	b.t.Helper()
	job, err := b.in.Confirm(context.Background(), b.Actor("manager"), u.Token, u.Preview.Digest)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, ended, err := job.Wait(context.Background(), time.Minute); err != nil || !ended {
		b.t.Fatalf("written: %v, %v", ended, err)
	}
}

// A table of the hotline platform is read by what a person says of its columns,
// which is remembered and proposed for the next month's.
func TestColumnsAreAssignedAndRemembered(t *testing.T) {
	t.Parallel()
	b, ctx := open(t), context.Background()
	manager := b.Actor("manager")
	street := b.Committees()[0][:9]
	const head = "所属街镇,统计期间,诉求总量,按时办结,<script>alert(1)</script>,=HYPERLINK(1),来电号码\n"
	u := b.receive(intake.Records, head+street+",2026-03,1160,1044,370,x,13800001234\n"+street+",2026-04,900,810,300,y,\n")
	p := u.Preview
	if !p.Strange || p.Ready() || len(p.Headers) != 7 || len(p.Samples) != 2 || p.Samples[0][6] != "138••••••••" {
		t.Fatalf("the preview of a strange table: %+v", p)
	}
	if columns, name := p.Propose(nil); len(columns) != 0 || name != "" {
		t.Errorf("proposed from nothing: %v %q", columns, name)
	}
	columns := []tabular.Assignment{{Column: "area", Header: "所属街镇"}, {Column: "month", Header: "统计期间"}, {Column: "indicator", Value: "hotline_on_time"},
		{Column: "numerator", Header: "按时办结"}, {Column: "denominator", Header: "诉求总量"}, {Column: "repeats", Header: "<script>alert(1)</script>"}}
	if _, err := b.in.Assign(ctx, b.Actor("manager-2"), u.Token, columns, ""); !errs.Is(err, errs.NotFound) {
		t.Errorf("somebody else assigned the columns of an upload: %v", err)
	}
	wrong, err := b.in.Assign(ctx, manager, u.Token, columns[:3], "不该记住")
	if err != nil || !wrong.Preview.Strange {
		t.Fatalf("half of the columns: %v", err)
	}
	if _, err := b.in.Confirm(ctx, manager, wrong.Token, wrong.Preview.Digest); !errs.Is(err, errs.Invalid) {
		t.Errorf("a table whose header does not fit was confirmed: %v", err)
	}
	next, err := b.in.Assign(ctx, manager, wrong.Token, columns, "平台月报")
	if err != nil || !next.Preview.Ready() || next.Preview.Rows != 2 {
		t.Fatalf("assigned: %v %+v", err, next)
	}
	if _, err := b.in.Assign(ctx, manager, u.Token, columns, ""); !errs.Is(err, errs.NotFound) {
		t.Errorf("the upload is there twice: %v", err)
	}
	b.confirm(next)
	if f := b.figure(street, "hotline_on_time"); !f.OK || f.Received != 2060 || f.Repeats != 670 {
		t.Errorf("the figure is %+v", f)
	}
	// The next month has the same headers: what was remembered is proposed.
	b.Clock.Advance(time.Hour)
	u = b.receive(intake.Records, head+street+",2026-05,1000,900,1,,\n")
	saved, err := b.in.Mappings(ctx, manager, intake.Records)
	if err != nil || len(saved) != 1 || saved[0].Name != "平台月报" || !slices.Equal(saved[0].Columns, columns) {
		t.Fatalf("remembered: %v %+v", err, saved)
	}
	proposed, name := u.Preview.Propose(saved)
	if name != "平台月报" || !slices.Equal(proposed, columns) {
		t.Fatalf("proposed: %q %v", name, proposed)
	}
	if next, err = b.in.Assign(ctx, manager, u.Token, proposed, ""); err != nil || !next.Preview.Ready() {
		t.Fatalf("next month: %v", err)
	}
	b.confirm(next)
	// The import keeps how it was read.
	sh, err := b.svc.Sheet(ctx, manager, b.ID)
	if err != nil || !strings.Contains(sh.Imports[0].Note, "按时办结") {
		t.Errorf("the record of the import does not say how it was read: %v", err)
	}
	// Whoever checked a file without an upload remembers its columns alike.
	if err := b.in.Remember(ctx, manager, intake.Tickets, " 平台工单 ", columns[:1]); err != nil {
		t.Error(err)
	}
	if saved, err := b.in.Mappings(ctx, manager, intake.Tickets); err != nil || len(saved) != 1 || saved[0].Name != "平台工单" {
		t.Errorf("remembered by hand: %v %+v", err, saved)
	}
	if err := b.in.Remember(ctx, manager, intake.Frame, "居民库", columns); !errs.Is(err, errs.Barred) {
		t.Errorf("the columns of a list of residents are remembered: %v", err)
	}
	if err := b.in.Remember(ctx, b.Actor("worker-lone"), intake.Records, "x", columns); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker remembers columns: %v", err)
	}
	if _, err := b.in.Mappings(ctx, b.Actor("worker-lone"), intake.Records); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a worker lists the mappings: %v", err)
	}
}

// Tables of two cities are read without renaming a header, where they are at
// hand: their licences keep the first out of the repository.
func TestRealTablesAreAssigned(t *testing.T) {
	t.Parallel()
	hotline, err := os.ReadFile("../../../../shared/data/xuhui-hotline-12345/repeats_monthly.csv")
	if err != nil {
		t.Skip("the tables of two cities are not at hand")
	}
	casework, err := os.ReadFile("../../../../shared/data/nyc-council-casework/casework_2022_2023.csv")
	if err != nil {
		t.Skip("the tables of two cities are not at hand")
	}
	b, ctx := open(t), context.Background()
	u := b.receive(intake.Records, string(hotline))
	if !u.Preview.Strange {
		t.Fatal("the hotline's table has our headers")
	}
	u, err = b.in.Assign(ctx, b.Actor("manager"), u.Token, []tabular.Assignment{{Column: "area", Value: "310104"}, {Column: "indicator", Value: "repeat_share"}, {Column: "month", Header: "month"},
		{Column: "numerator", Header: "repeats"}, {Column: "denominator", Header: "tickets"}}, "重复诉求")
	if err != nil || !u.Preview.Ready() || u.Preview.Rows != 8 {
		t.Fatalf("the hotline's table: %v %+v", err, u.Preview)
	}
	lines := bytes.SplitN(casework, []byte("\n"), 2002) // two thousand cases are enough
	u = b.receive(intake.Tickets, string(bytes.Join(lines[:2001], []byte("\n"))))
	if !u.Preview.Strange {
		t.Fatal("the council's table has our headers")
	}
	proposed, _ := u.Preview.Propose(nil)
	if len(proposed) != 3 { // opendate, closedate and complaint_type are known
		t.Errorf("proposed %v", proposed)
	}
	u, err = b.in.Assign(ctx, b.Actor("manager"), u.Token, append(proposed, tabular.Assignment{Column: "area", Value: b.Committees()[0]}), "")
	if err != nil || u.Preview.Strange || u.Preview.Rows != 2000 {
		t.Fatalf("the council's table: %v %+v", err, u.Preview.Faults)
	}
	t.Logf("%d of %d real cases have no fault; the first: %v", u.Preview.OK(), u.Preview.Rows, u.Preview.Errors[:min(1, len(u.Preview.Errors))])
}
