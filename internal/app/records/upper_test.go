package records_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gongping/internal/app/intake"
	"gongping/internal/app/records"
	"gongping/internal/app/score"
	"gongping/internal/errs"
	"gongping/internal/testkit"
)

// cautions are the keys of what an import warned of, with the place.
func cautions(p *intake.Preview) (out []string) {
	for _, e := range p.Cautions {
		out = append(out, e.Key+" "+e.Where)
	}
	return out
}

// Rows of streets and the district are kept, shown and flagged as their own, in
// a file mixed with committees; no committee's score moves by them.
func TestStreetsKeepTheirOwnRecords(t *testing.T) {
	t.Parallel()
	b, ctx := open(t), context.Background()
	c := b.Committees()[0]
	street := c[:9]
	if _, err := b.load(intake.Records, b.months(nil)); err != nil {
		t.Fatal(err)
	}
	_, before, _ := b.part(c, records.OnTime)
	head := "区划代码,指标,月份,分子,分母,在办未到期,重复投诉,户数\n"
	p, err := b.load(intake.Records, head+street+",hotline_on_time,2026-03,900,1000,50,100,30000\n"+street+",hotline_on_time,2026-04,800,1000,0,0,30000\n"+
		"310104,hotline_on_time,2026-03,9000,10000,,,\n"+c+",visits,2026-03,8,9,,,\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := cautions(p); !slices.Contains(got, "intake.own_record row 2, column area") || !slices.Contains(got, "intake.own_record row 4, column area") {
		t.Errorf("the import says not what becomes of the rows: %v", got)
	}
	f := b.figure(street, records.OnTime)
	// By hand: 1,700 of 2,000 less 50 open; 100 repeats count a half each.
	if want := 1700.0 / 1950; !f.OK || !f.Upper() || math.Abs(f.Share-want) > 1e-12 || math.Abs(f.N-1950*0.975) > 1e-9 || f.Open != 50 || f.Months != 2 || math.Abs(*f.PerThousand-1000*2000.0/60000) > 1e-9 {
		t.Errorf("%+v, want %v", f, want)
	}
	if _, after, _ := b.part(c, records.OnTime); after != before {
		t.Errorf("a street's row moved a committee's score from %v to %v", before, after)
	}
	if err := b.svc.Decide(ctx, b.Actor("manager"), b.ID, street, records.OnTime, "score", "x"); !errs.Is(err, errs.Conflict) {
		t.Errorf("a street's record can be scored by decision: %v", err)
	}
	// Who sees it: the manager and the street's own leader; no other street, no worker.
	s := &score.Service{Core: b.Core}
	run, err := s.Start(ctx, b.Actor("manager"), b.ID, "own")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.Own(ctx, b.Actor("leader-"+street[6:]), run, street); !errs.Is(err, errs.NotFound) {
		t.Errorf("before publication: %v", err)
	}
	if err := s.Publish(ctx, b.Actor("manager"), run); err != nil {
		t.Fatal(err)
	}
	other := ""
	for _, x := range b.Committees() {
		if x[:9] != street {
			other = x[:9]
		}
	}
	for who, want := range map[string]bool{"manager": true, "leader-" + street[6:]: true, "leader-" + other[6:]: false, "worker-lone": false} {
		u, err := b.svc.Own(ctx, b.Actor(who), run, street)
		if ok := err == nil && len(u.Figures) == 1; ok != want || !ok && !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s sees the street's own records: %v (%v)", who, ok, err)
		}
	}
	if sh, err := b.svc.Sheet(ctx, b.Actor("leader-"+street[6:]), b.ID); err != nil || slices.ContainsFunc(sh.Figures, func(f records.Figure) bool { return f.Area == "310104" }) {
		t.Errorf("a street's leader sees the district's records (%v)", err)
	}
	// A correction supersedes, and both rows stay.
	if _, err := b.load(intake.Records, head+street+",hotline_on_time,2026-04,900,1000,0,0,30000\n"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := testkit.OwnerDB(t).QueryRow(ctx, `select count(*) from record_month where committee = $1 and month = '2026-04-01'`, street).Scan(&n); err != nil || n != 2 || b.figure(street, records.OnTime).Numerator <= f.Numerator {
		t.Errorf("%d rows of the corrected month (%v)", n, err)
	}
}

// A street's row that contradicts the sum of its committees is told at the import,
// with its row, and on the sheet; nothing is changed.
func TestContradictionsAreReported(t *testing.T) {
	t.Parallel()
	b := open(t)
	street := b.Committees()[0][:9]
	text, sum, n := "区划代码,指标,月份,分子,分母\n", 0, 0
	for _, c := range b.Committees() {
		if c[:9] == street {
			text, sum, n = text+c+",solved,2026-05,8,10\n", sum+10, n+1
		}
	}
	p, err := b.load(intake.Records, text+fmt.Sprintf("%s,solved,2026-05,%d,%d\n", street, sum*8/10, sum+7))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := cautions(p), fmt.Sprintf("intake.contradicts row %d, column denominator", n+2); !slices.Contains(got, want) {
		t.Errorf("%v, want %s", got, want)
	}
	sh, err := b.svc.Sheet(context.Background(), b.Actor("manager"), b.ID)
	if err != nil || len(sh.Contradictions) != 1 || sh.Contradictions[0].Own != float64(sum+7) || sh.Contradictions[0].Sum != float64(sum) {
		t.Fatalf("%+v, %v", sh.Contradictions, err)
	}
	if f := b.figure(street, "solved"); f.Received != float64(sum+7) {
		t.Errorf("the row was repaired: %+v", f)
	}
	// The correction, in a file of its own, agrees with what was imported before.
	if p, err = b.load(intake.Records, fmt.Sprintf("区划代码,指标,月份,分子,分母\n%s,solved,2026-05,%d,%d\n", street, sum*8/10, sum)); err != nil || slices.ContainsFunc(cautions(p), func(s string) bool { return strings.Contains(s, "contradicts") }) {
		t.Errorf("%v, %v", cautions(p), err)
	}
}

// Areas by name: taken where one area has it, told row by row where none or
// several have. Tickets of streets stand beside those of committees imported
// before, and a few satisfied callers are hidden at both levels.
func TestAreasByNameAndTicketsOfStreets(t *testing.T) {
	t.Parallel()
	b, ctx := open(t), context.Background()
	c := b.Committees()[0]
	db := testkit.OwnerDB(t)
	var name, twice string
	if err := db.QueryRow(ctx, `select name from area where code = $1`, c[:9]).Scan(&name); err != nil {
		t.Fatal(err)
	}
	other := b.Committees()[len(b.Committees())-1]
	if err := db.QueryRow(ctx, `update area set name = (select name from area where code = $1) where code = $2 returning name`, c, other).Scan(&twice); err != nil {
		t.Fatal(err)
	}
	p, err := b.load(intake.Records, "区域代码,指标,月份,分子,分母\n"+name+",a,2026-01,1,2\n没有这个街道,a,2026-01,1,2\n"+twice+",a,2026-01,1,2\n3101045,a,2026-01,1,2\n")
	if !errs.Is(err, errs.Invalid) {
		t.Fatal(err)
	}
	var got []string
	for _, e := range p.Errors {
		got = append(got, e.Key+" "+e.Where)
	}
	if want := []string{"intake.area_unnamed row 3, column area", "intake.area_names row 4, column area", "import.value row 5, column area"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	head := "区域代码,受理日期,办结日期,是否满意\n"
	file := func(area string, n int) string { return strings.Repeat(area+",2026-09-01,2026-09-03,是\n", n) }
	if _, err := b.load(intake.Tickets, head+file(c, 30)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.load(intake.Tickets, head+file(name, 3)); err != nil {
		t.Fatal(err)
	}
	if f := b.figure(c, records.OnTime); f.Received != 30 {
		t.Errorf("the street's tickets superseded the committee's: %+v", f)
	}
	if f := b.figure(c[:9], records.OnTime); f.Received != 3 || !f.OK {
		t.Errorf("%+v", f)
	}
	if f := b.figure(c[:9], records.Satisfied); f.OK || f.Status != "small" || f.Share != 0 || f.Numerator != 0 {
		t.Errorf("three satisfied callers are shown: %+v", f)
	}
	if f := b.figure(c, records.Satisfied); !f.OK {
		t.Errorf("thirty are hidden: %+v", f)
	}
	// The street with 32 less the committee with 30 would tell of two.
	second := slices.IndexFunc(b.Committees(), func(x string) bool { return x != c && x[:9] == c[:9] })
	if _, err := b.load(intake.Tickets, head+file(c, 30)+file(b.Committees()[second], 2)+file(name, 32)); err != nil {
		t.Fatal(err)
	}
	if f := b.figure(c[:9], records.Satisfied); f.OK {
		t.Errorf("two callers can be found by subtraction: %+v", f)
	}
}

// The real table of streets goes in with four headers renamed and two columns
// added, and is nobody's score. It runs where the data are at hand.
func TestRealStreetTable(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../../../shared/data/xuhui-hotline-12345/street_overview.csv")
	if err != nil {
		t.Skip("the real hotline table is not at hand (../shared/data/xuhui-hotline-12345): skipped")
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	b := open(t)
	column := map[string]int{}
	for i, h := range rows[0] {
		column[h] = i
	}
	text := "area,denominator,exposure,numerator,month,indicator\n"
	known := map[string]bool{}
	for _, c := range b.Committees() {
		known[c[:9]] = true
	}
	n, first := 0, ""
	for _, r := range rows[1:] {
		if code := r[column["street_code"]]; known[code] {
			text += strings.Join([]string{code, r[column["tickets_2026_jan_aug"]], r[column["households"]], r[column["repeat_tickets"]], "2026-08", "hotline_repeat"}, ",") + "\n"
			n, first = n+1, code
		}
	}
	if n == 0 {
		t.Fatal("the test district has no street of the table")
	}
	if _, err := b.load(intake.Records, text); err != nil {
		t.Fatal(err)
	}
	g := b.figure(first, "hotline_repeat")
	t.Logf("%d streets; %s: %.1f%% of %.0f tickets are repeats, %.1f a thousand households", n, first, 100*g.Share, g.Received, *g.PerThousand)
	if !(g.Share > 0.2 && g.Share < 0.5) {
		t.Errorf("%+v", g)
	}
}
