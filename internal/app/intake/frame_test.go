package intake_test

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"gongping/internal/app/intake"
	"gongping/internal/errs"
	"gongping/internal/seal"
	"gongping/survey/frame"
)

const goodReason = "名单由街道逐户核对，偏差原因已书面说明并存档。"

func TestFrameImportAndFreeze(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	out := mustImport(t, s, manager, intake.Request{Kind: intake.Frame, Name: "居民库"}, frameCSV(t, w))
	if out.Rows != len(w.People) || out.Counts["people"] != out.Rows {
		t.Fatalf("%d rows, %v", out.Rows, out.Counts)
	}
	var people, homes, listed int
	err := s.Pool.QueryRow(ctx, `select count(*), count(distinct household), (select n_households from frame where id = $1) from frame_person where frame_id = $1`,
		out.FrameID).Scan(&people, &homes, &listed)
	if err != nil || people != out.Rows || homes != listed {
		t.Fatalf("%d people, %d households, %d noted: %v", people, homes, listed, err)
	}
	digest, err := s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := digestFromRecords(t, s, out.FrameID); digest != want {
		t.Fatalf("digest %s, recomputed from the sealed records %s", digest, want)
	}
	if _, err := s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{Reason: goodReason}, nil); !errs.Is(err, errs.Conflict) {
		t.Fatalf("a second freeze: %v", err)
	}
	for _, sql := range []string{`update frame_freeze set reason = 'x'`, `delete from frame_person`, `update frame set name = 'x'`, `delete from identity.person`} {
		if _, err := s.Pool.Exec(ctx, sql); err == nil {
			t.Errorf("the service may %s", sql)
		}
	}
}

// digestFromRecords opens every sealed record and computes the digest again
// from nothing but the records and the frame's secret.
func digestFromRecords(t *testing.T, s *intake.Service, id string) string {
	t.Helper()
	box := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	var sealed []byte
	if err := s.Pool.QueryRow(ctx, `select sealed_secret from frame where id = $1`, id).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	plain, err := box.Open(sealed, frame.SecretLabel(id))
	if err != nil {
		t.Fatal(err)
	}
	secret := frame.Secret(plain)
	rows, err := s.Pool.Query(ctx, `select person_id, sealed from identity.person where frame_id = $1 order by person_id`, id)
	if err != nil {
		t.Fatal(err)
	}
	var f frame.Freezer
	var person string
	var record []byte
	_, err = pgx.ForEachRow(rows, []any{&person, &record}, func() error {
		b, err := box.Open(record, frame.RecordLabel(id, person))
		if err != nil {
			return err
		}
		r, err := frame.DecodeRecord(b)
		if err != nil {
			return err
		}
		e := secret.Entry(r)
		if e.FrameID != person {
			return fmt.Errorf("record of %s stands under %s", e.FrameID, person)
		}
		return f.Add(e)
	})
	if err != nil {
		t.Fatal(err)
	}
	return f.Digest().String()
}

// TestSecondEdition: the audit counts what changed, asks for a reason, and
// keeps it.
func TestSecondEdition(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	data := string(frameCSV(t, w))
	first := mustImport(t, s, manager, intake.Request{Kind: intake.Frame, Name: "居民库"}, []byte(data))
	if _, err := s.Freeze(ctx, manager, first.FrameID, intake.FreezeInput{}, nil); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSpace(data), "\n")
	kept := append([]string{lines[0]}, lines[len(lines)/2:]...) // half of the people are gone
	second := mustImport(t, s, manager, intake.Request{Kind: intake.Frame, Name: "居民库"}, []byte(strings.Join(kept, "")))
	if _, err := s.Freeze(ctx, manager, second.FrameID, intake.FreezeInput{}, nil); !errs.Is(err, errs.Conflict) {
		t.Fatalf("frozen without a reason: %v", err)
	}
	if _, err := s.Freeze(ctx, manager, second.FrameID, intake.FreezeInput{Reason: goodReason}, nil); err != nil {
		t.Fatal(err)
	}
	d, err := s.Frame(ctx, manager, second.FrameID)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := s.ChangeInParts(ctx, first.FrameID, second.FrameID, 97)
	if err != nil || parts.Removed != d.Audit.Change.Removed || parts.After != d.Audit.Change.After || !maps.Equal(parts.RemovedByCommittee, d.Audit.Change.RemovedByCommittee) {
		t.Errorf("compared in parts: %+v, %v", parts, err)
	}
	c := d.Audit.Change
	if c == nil || c.Removed != len(w.People)-second.Rows || c.Added != 0 || len(c.RemovedList) == 0 || d.Audit.Previous != first.FrameID || d.Reason != goodReason {
		t.Fatalf("change %+v, reason %q", c, d.Reason)
	}
	for _, l := range c.RemovedList {
		if !strings.HasPrefix(l.Key, l.Committee+"-") {
			t.Fatalf("the list shows %q, not a published id", l.Key)
		}
	}
}

func TestCensus(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	out := mustImport(t, s, manager, intake.Request{Kind: intake.Frame, Name: "居民库"}, frameCSV(t, w))
	census := source(t, "census.csv", []byte("区划代码,性别,年龄起,年龄止,人数\n310104,男,18,59,5000\n310104,女,18,59,5000\n310104,女,60,150,5\n"))
	if _, err := s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{Census: &census}, nil); !errs.Is(err, errs.Conflict) {
		t.Fatalf("a frame far from the census was frozen: %v", err)
	}
	if _, err := s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{Census: &census, Reason: goodReason}, nil); err != nil {
		t.Fatal(err)
	}
	d, err := s.Frame(ctx, manager, out.FrameID)
	if err != nil {
		t.Fatal(err)
	}
	if d.Audit.Census == nil || len(d.Audit.Coverage) != 2 || len(d.Audit.Deviations) != 2 {
		t.Fatalf("census %+v, coverage %+v, deviations %+v", d.Audit.Census, d.Audit.Coverage, d.Audit.Deviations)
	}
	for name, text := range map[string]string{"overlap": "310104,男,18,59,5\n310104,男,50,70,5\n", "levels": "310104,男,18,59,5\n310104003,男,18,59,5\n", "twice": "310104,男,18,59,5\n310104,男,18,59,6\n"} {
		bad := source(t, "census.csv", []byte("区划代码,性别,年龄起,年龄止,人数\n"+text))
		if _, err := s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{Census: &bad}, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSmallCountsAreHidden: a count under ten is not shown, nor the one from
// which it could be worked out.
func TestSmallCountsAreHidden(t *testing.T) {
	t.Parallel()
	s, _ := settled(t)
	var b strings.Builder
	b.WriteString("户号,居民编号,居委会代码,性别,出生年份,可上门\n")
	for i := range 60 {
		visit, committee := "是", "310104003001"
		if i >= 40 {
			committee = "310104003002"
		}
		if i < 3 || i >= 40 && i < 55 {
			visit = "否"
		}
		fmt.Fprintf(&b, "H%d,P%d,%s,女,1980,%s\n", i, i, committee, visit)
	}
	out := mustImport(t, s, manager, intake.Request{Kind: intake.Frame, Name: "x"}, []byte(b.String()))
	d, err := s.Frame(ctx, manager, out.FrameID)
	if err != nil {
		t.Fatal(err)
	}
	if d.Committees[0].NoContact != nil || d.Committees[1].NoContact != nil {
		t.Errorf("3 of 18 without contact can be read: %+v", d.Committees)
	}
	if d.Committees[0].People == nil || *d.Committees[0].People != 40 {
		t.Errorf("people %v", d.Committees[0].People)
	}
}
