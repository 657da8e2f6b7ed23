package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"gongping/internal/app/intake"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/survey"
)

// crowd is a frame of n residents: more than two chunks of the staging.
func crowd(w *demo.World, n int) *bytes.Buffer {
	var code string
	for _, a := range w.Areas {
		if a.Level == survey.Committee {
			code = a.Code
			break
		}
	}
	var b bytes.Buffer
	b.WriteString("household,person,area,sex,birth_year,name\n")
	for i := range n {
		fmt.Fprintf(&b, "H%d,P%d,%s,%s,%d,人%d\n", i/3, i, code, []string{"m", "f"}[i%2], 1940+i%60, i/2*2)
	}
	return &b
}

const crowded = 9_000

var resumable = intake.Request{Kind: intake.Frame, Name: "居民库", Resumable: true}

func counts(t *testing.T, s *intake.Service) (frames, people, staged int) {
	t.Helper()
	err := s.Pool.QueryRow(ctx, `select (select count(*) from frame), (select count(*) from frame_person), (select count(*) from frame_staging_person)`).Scan(&frames, &people, &staged)
	if err != nil {
		t.Fatal(err)
	}
	return frames, people, staged
}

func TestAnInterruptedImportGoesOn(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	src := source(t, "居民.csv", crowd(w, crowded).Bytes())
	p, err := s.Check(ctx, manager, resumable, src, nil)
	if err != nil || p.Err() != nil || p.Resume != "" {
		t.Fatal(err, p.Err(), p.Resume)
	}
	broken, cancel := context.WithCancel(ctx)
	_, err = s.Commit(broken, manager, src, p, func(stage intake.Stage, done, _ int64) {
		if stage == intake.Storing && done > 0 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	frames, people, staged := counts(t, s)
	if frames != 0 || people != 0 || staged == 0 || staged >= crowded {
		t.Fatalf("after the interruption %d frames, %d people, %d staged", frames, people, staged)
	}
	again, err := s.Check(ctx, manager, resumable, src, nil)
	if err != nil || again.Resume == "" || again.Rows != crowded {
		t.Fatalf("%v: resume %q, %d rows", err, again.Resume, again.Rows)
	}
	out, err := s.Commit(ctx, manager, src, again, nil)
	if err != nil {
		t.Fatal(err)
	}
	if frames, people, staged = counts(t, s); frames != 1 || people != crowded || staged != 0 {
		t.Fatalf("at the end %d frames, %d people, %d staged", frames, people, staged)
	}
	digest, err := s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{Reason: goodReason}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := digestFromRecords(t, s, out.FrameID); digest != want {
		t.Errorf("digest %s, from the sealed records %s", digest, want)
	}
	var homes, alike int
	err = s.Pool.QueryRow(ctx, `select n_households, (select (note::jsonb->>'near_duplicates')::int from import_batch b where b.id = f.import_id) from frame f`).Scan(&homes, &alike)
	if err != nil || homes != (crowded+2)/3 || alike != p.Cautioned() {
		t.Errorf("%d households, %d alike (the check warned of %d), %v", homes, alike, p.Cautioned(), err)
	}
}

func TestStagedTwiceAtOnceMakesOneFrame(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	src := source(t, "居民.csv", crowd(w, crowded).Bytes())
	p, err := s.Check(ctx, manager, resumable, src, nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, err := s.Commit(ctx, manager, src, p, nil); err != nil && !errs.Is(err, errs.Conflict) {
				t.Errorf("one of two: %v", err)
			}
		})
	}
	wg.Wait()
	if frames, people, staged := counts(t, s); frames != 1 || people != crowded || staged != 0 {
		t.Fatalf("%d frames, %d people, %d staged", frames, people, staged)
	}
}

func TestThePlaceOfEveryRepetitionIsNamed(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	data := crowd(w, crowded)
	good := source(t, "居民.csv", data.Bytes())
	p, err := s.Check(ctx, manager, resumable, good, nil)
	if err != nil {
		t.Fatal(err)
	}
	// A file too large for the checker's memory reaches the staging with its
	// repetitions; here they are put in after the check.
	var row string
	if _, err := fmt.Fscan(bytes.NewReader(data.Bytes()[bytes.IndexByte(data.Bytes(), '\n')+1:]), &row); err != nil {
		t.Fatal(err)
	}
	bad := source(t, "居民.csv", append(bytes.Clone(data.Bytes()), row+"\n"...))
	p.Digest, p.Rows = bad.Hex(), p.Rows+1
	_, err = s.Commit(ctx, manager, bad, p, nil)
	var e *errs.Error
	if !errors.As(err, &e) || e.Key != "intake.person_twice" || len(e.Details) != 1 || e.Details[0].Where != fmt.Sprintf("row %d, column person", crowded+2) {
		t.Fatalf("%v, %+v", err, e)
	}
	if frames, people, _ := counts(t, s); frames != 0 || people != 0 {
		t.Errorf("%d frames, %d people", frames, people)
	}
}
