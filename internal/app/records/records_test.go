package records_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gongping/internal/app/intake"
	"gongping/internal/app/records"
	"gongping/internal/app/score"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
)

type bench struct {
	*scored.Round
	t   *testing.T
	svc *records.Service
	in  *intake.Service
}

func open(t *testing.T) *bench {
	r := scored.Load(t)
	return &bench{r, t, &records.Service{Core: r.Core}, intake.New(r.Core, "")}
}

func (b *bench) load(kind intake.Kind, text string) (*intake.Preview, error) {
	b.t.Helper()
	src, err := intake.NewSource("记录.csv", strings.NewReader(text), int64(len(text)))
	if err != nil {
		b.t.Fatal(err)
	}
	b.Clock.Advance(time.Hour)
	_, p, err := b.in.Import(context.Background(), b.Actor("manager"), intake.Request{Kind: kind, Round: b.ID}, src, nil)
	return p, err
}

// months writes six ordinary months of hotline_on_time for every committee;
// change may spoil a row.
func (b *bench) months(change func(committee, month int, row *[5]int)) string {
	var s strings.Builder
	s.WriteString("区划代码,指标,月份,分子,分母,在办未到期,重复投诉,户数\n")
	for i, c := range b.Committees() {
		for m := range 6 {
			n := 30 + (i*7+m*11)%17
			row := [5]int{n * (80 + 2*((i+m)%5)) / 100, n, (i + m) % 3, (i * m) % 4, 2000}
			if change != nil {
				change(i, m, &row)
			}
			fmt.Fprintf(&s, "%s,hotline_on_time,2026-%02d,%d,%d,%d,%d,%d\n", c, m+3, row[0], row[1], row[2], row[3], row[4])
		}
	}
	return s.String()
}

func (b *bench) figure(committee, indicator string) records.Figure {
	b.t.Helper()
	sh, err := b.svc.Sheet(context.Background(), b.Actor("manager"), b.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	i := slices.IndexFunc(sh.Figures, func(f records.Figure) bool { return f.Area == committee && f.Indicator == indicator })
	if i < 0 {
		b.t.Fatalf("no figure %s of %s", indicator, committee)
	}
	return sh.Figures[i]
}

// part is the score of an indicator of a committee in a new run.
func (b *bench) part(committee, indicator string) (ok bool, value float64, notes []string) {
	b.t.Helper()
	ctx, s := context.Background(), &score.Service{Core: b.Core}
	run, err := s.Start(ctx, b.Actor("manager"), b.ID, "records")
	if err != nil {
		b.t.Fatal(err)
	}
	u, res, err := s.Unit(ctx, b.Actor("manager"), run, committee)
	if err != nil {
		b.t.Fatal(err)
	}
	if got, err := s.Rebuild(ctx, b.Actor("auditor"), run); err != nil || !got.Same {
		b.t.Errorf("the run with records does not rebuild: %+v, %v", got, err)
	}
	for _, n := range res.Notes {
		notes = append(notes, n.Key)
	}
	for _, p := range u.Parts {
		if p.ID == indicator {
			return p.Figure.OK, p.Figure.Value, notes
		}
	}
	b.t.Fatalf("no part %s", indicator)
	return false, 0, nil
}

// A flagged practice is not scored until somebody decides; a corrected month
// supersedes the old one, and both stay.
func TestFlaggedRecordsWaitForADecision(t *testing.T) {
	t.Parallel()
	b, ctx := open(t), context.Background()
	strange, plain := b.Committees()[2], b.Committees()[3]
	if _, err := b.load(intake.Records, b.months(func(c, m int, row *[5]int) {
		if c == 2 {
			*row = [5]int{40, 40, 0, 0, 2000}
		}
	})); err != nil {
		t.Fatal(err)
	}
	f := b.figure(strange, records.OnTime)
	if !f.Held() || !slices.Contains(f.FlagKeys(), "identical") {
		t.Fatalf("%+v", f)
	}
	g := b.figure(plain, records.OnTime)
	if g.Held() || len(g.Flags) > 0 {
		t.Fatalf("%+v", g)
	}
	ok, _, notes := b.part(strange, records.OnTime)
	if ok || !slices.Contains(notes, "run.records_held") {
		t.Errorf("scored though nobody has decided; notes %v", notes)
	}
	ok, value, _ := b.part(plain, records.OnTime)
	if want := math.Max(0, math.Min(100, (g.Share-0.6)/0.4*100)); !ok || math.Abs(value-want) > 1e-9 {
		t.Errorf("score %v, want %v of a share of %v", value, want, g.Share)
	}
	if err := b.svc.Decide(ctx, b.Actor("manager"), b.ID, strange, records.OnTime, "score", "已核对台账，当月确实都是四十件"); err != nil {
		t.Fatal(err)
	}
	if ok, value, _ := b.part(strange, records.OnTime); !ok || value != 100 {
		t.Errorf("decided to score: %v %v", ok, value)
	}
	for _, bad := range []error{
		b.svc.Decide(ctx, b.Actor("manager"), b.ID, strange, records.OnTime, "score", " "),
		b.svc.Decide(ctx, b.Actor("manager"), b.ID, strange, records.OnTime, "maybe", "x"),
	} {
		if !errs.Is(bad, errs.Invalid) {
			t.Error(bad)
		}
	}
	if err := b.svc.Decide(ctx, b.Actor("manager"), b.ID, plain, records.OnTime, "score", "x"); !errs.Is(err, errs.Conflict) {
		t.Errorf("decided where nothing is flagged: %v", err)
	}
	// A new practice opens the question again.
	if _, err := b.load(intake.Records, "区划代码,指标,月份,分子,分母\n"+strange+",hotline_on_time,2026年8月,0,0\n"); err != nil {
		t.Fatal(err)
	}
	if f = b.figure(strange, records.OnTime); !f.Undecided() || f.Months != 6 || !slices.Contains(f.FlagKeys(), "zero") {
		t.Errorf("%+v", f)
	}
	var n int
	if err := testkit.OwnerDB(t).QueryRow(ctx, `select count(*) from record_month where committee = $1 and month = '2026-08-01'`, strange).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows of the corrected month, want both (%v)", n, err)
	}
	for _, table := range []string{"record_month", "record_decision"} {
		if _, err := testkit.OwnerDB(t).Exec(ctx, "delete from "+table); err == nil {
			t.Errorf("%s can be emptied", table)
		}
	}
}

// Faults are told by row and column, and nothing is imported.
func TestImportsNameTheFaultyRow(t *testing.T) {
	t.Parallel()
	b := open(t)
	c := b.Committees()[0]
	for name, x := range map[string]struct {
		kind intake.Kind
		text string
		want []string
	}{
		"months": {intake.Records, "区划代码,指标,月份,分子,分母,在办未到期,重复投诉,户数\n" +
			c + ",a,2026-13,1,2,,,\n" + c + ",a,2026-01,-1,2,,,\n" + c + ",a,2026-02,1,2,3,,\n" + c + ",a,2026-03,1,2,,3,\n" + c + ",a,2026-04,1,2,,,0\n" +
			c + ",a,202605,1,2,,,\n" + c + ",a,2026年5月,1,2,,,\n310104999999,a,2026-06,1,2,,,\n" + c + ",a,2026-07,x,2,,,\n",
			[]string{"row 2, column month", "row 3, column numerator", "row 4, column pending", "row 5, column repeats", "row 6, column exposure",
				"row 8, column area", "row 9, column area", "row 10, column numerator"}},
		"tickets": {intake.Tickets, "区划代码,受理日期,办结日期,事项,诉求人,是否满意\n" +
			c + ",2026-09-03,2026-09-01,a,b,是\n" + c + ",2029-01-01,,a,b,\n" + c + ",2026-09-03,2029-01-01,a,b,\n" + c + ",2026-09-03,,a,b,也许\n" + c + ",,,a,b,\n" + c + ",2026-09-03,2026-09-03,a,b,否\n",
			[]string{"row 2, column closed", "row 3, column opened", "row 4, column closed", "row 5, column satisfied", "row 6, column opened"}},
	} {
		p, err := b.load(x.kind, x.text)
		if !errs.Is(err, errs.Invalid) {
			t.Fatalf("%s: %v", name, err)
		}
		var where []string
		for _, e := range p.Errors {
			where = append(where, e.Where)
			if e.Want == "" || e.Hint == "" {
				t.Errorf("%s: %s says not what to do: %+v", name, e.Where, e)
			}
		}
		if !slices.Equal(where, x.want) {
			t.Errorf("%s: faults at %v, want %v", name, where, x.want)
		}
		e, _ := errors.AsType[*errs.Error](err)
		if e.Key != "import.faults" {
			t.Errorf("%s: %s", name, e.Key)
		}
	}
	sh, err := b.svc.Sheet(context.Background(), b.Actor("manager"), b.ID)
	if err != nil || len(sh.Figures) != 0 || len(sh.Imports) != 0 {
		t.Errorf("something was imported: %+v, %v", sh.Figures, err)
	}
}

// Tickets: open ones are censored at the last day of the file, repeats of one
// complainant count 1/k, and who complained is not in the database.
func TestTickets(t *testing.T) {
	t.Parallel()
	b, ctx := open(t), context.Background()
	c := b.Committees()[0]
	rows := []string{"2026-09-01,2026-09-03,电梯,张例壹,是,是,是", "2026-09-02,2026-09-12,电梯,张例壹,是,否,否", "2026-09-05,,停车,李例贰,否,,", "2026-09-10,2026-09-11,漏水,王例叁,是,是,",
		"2026-09-28,,漏水,赵例肆,,,", "2026-09-20,2026-09-30,绿化,钱例伍,是,是,否"}
	text := "区划代码,受理日期,办结日期,事项,诉求人,是否响应,是否解决,是否满意\n"
	for _, r := range rows {
		text += c + "," + r + "\n"
	}
	if _, err := b.load(intake.Tickets, text); err != nil {
		t.Fatal(err)
	}
	// By hand: durations 2 closed (w 1), 10 closed (w ½, second of a chain), 25
	// open (w 1), 1 closed, 2 open (censored at day 2), 10 closed; all at 30 Sept.
	// At risk 5.5; day 1: 1/5.5; day 2: 1/4.5; within 7 days Ŝ = 4.5/5.5 · 3.5/4.5.
	f := b.figure(c, records.OnTime)
	if want := 1 - 3.5/5.5; !f.OK || math.Abs(f.Share-want) > 1e-12 || f.Repeats != 1 || f.Open != 2 || f.Received != 6 || math.Abs(f.N-5.5) > 1e-12 {
		t.Errorf("%+v, want %v", f, want)
	}
	for id, want := range map[string]float64{records.Answered: 4.0 / 5, records.Solved: 3.0 / 4} {
		if g := b.figure(c, id); math.Abs(g.Share-want) > 1e-12 {
			t.Errorf("%s: %v, want %v", id, g.Share, want)
		}
	}
	if g := b.figure(c, records.Satisfied); g.OK || g.Status != "small" || g.Share != 0 {
		t.Errorf("three satisfied callers are shown: %+v", g)
	}
	var leaked int
	if err := testkit.OwnerDB(t).QueryRow(ctx, `select count(*) from record_ticket where complainant like '%例%' or matter like '%例%'`).Scan(&leaked); err != nil || leaked > 0 {
		t.Errorf("%d complainants by name (%v)", leaked, err)
	}
	ok, value, _ := b.part(c, records.OnTime)
	if want := math.Max(0, (f.Share-0.6)/0.4*100); !ok || math.Abs(value-want) > 1e-9 {
		t.Errorf("scored %v, want %v", value, want)
	}
	// The plain indicator imported later takes over again.
	if _, err := b.load(intake.Indicators, "区划代码,指标,分子,分母\n"+c+",hotline_on_time,9,10\n"); err != nil {
		t.Fatal(err)
	}
	if _, value, _ := b.part(c, records.OnTime); math.Abs(value-75) > 1e-9 {
		t.Errorf("the later import scores %v, want 75", value)
	}
}

// What stands beside a score: the worker sees the own committee only, both
// groups of contacts or none, and the workload.
func TestBesideTheScore(t *testing.T) {
	t.Parallel()
	b, ctx := open(t), context.Background()
	s := &score.Service{Core: b.Core}
	run, err := s.Start(ctx, b.Actor("manager"), b.ID, "first")
	if err != nil {
		t.Fatal(err)
	}
	own := b.Demo.Truth.Lone.Committee
	if _, err := b.svc.Unit(ctx, b.Actor("worker-lone"), run, own); !errs.Is(err, errs.NotFound) {
		t.Errorf("before publication: %v", err)
	}
	if err := s.Publish(ctx, b.Actor("manager"), run); err != nil {
		t.Fatal(err)
	}
	if _, err := testkit.OwnerDB(t).Exec(ctx, `insert into worker (district, worker_no, name, post, area_code) select '310104', 'T' || g, '某', '社工', $1 from generate_series(1, 4) g`, own); err != nil {
		t.Fatal(err)
	}
	u, err := b.svc.Unit(ctx, b.Actor("worker-lone"), run, own)
	if err != nil {
		t.Fatal(err)
	}
	if !u.Workload.OK || u.Workload.Workers != 4 || u.Workload.Per != float64(u.Workload.Households)/4 {
		t.Errorf("%+v", u.Workload)
	}
	c := u.Contacts
	if c == nil || c.Shown && (c.With.N < c.Cell || c.Without.N < c.Cell || !c.With.OK || c.Share == nil || c.District == nil) || !c.Shown && (c.With.N > 0 || c.Without.N > 0) {
		t.Errorf("%+v", c)
	}
	shown, hidden := 0, 0
	for _, code := range b.Committees() {
		x, err := b.svc.Unit(ctx, b.Actor("auditor"), run, code)
		if err != nil {
			t.Fatal(err)
		}
		if x.Contacts.Shown {
			shown++
		} else {
			hidden++
		}
	}
	t.Logf("contacts shown in %d committees, hidden in %d", shown, hidden)
	for _, other := range b.Committees() {
		if _, err := b.svc.Unit(ctx, b.Actor("worker-lone"), run, other); (err == nil) != (other == own) {
			t.Errorf("%s: %v", other, err)
		}
	}
	if _, err := b.svc.Sheet(ctx, b.Actor("supervisor"), b.ID); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a supervisor reads records: %v", err)
	}
	if err := b.svc.Decide(ctx, b.Actor("leader-"+own[6:9]), b.ID, own, records.OnTime, "score", "x"); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader decides: %v", err)
	}
}
