package intake_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/clock"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/seal"
	"gongping/internal/testkit"
)

var (
	ctx     = context.Background()
	manager = authz.Actor{District: "310104", Role: authz.Manager, Area: "310104"}
	street  = authz.Actor{District: "310104", Role: authz.Manager, Area: "310104003"}
	leader  = authz.Actor{District: "310104", Role: authz.Leader, Area: "310104003"}
	worker  = authz.Actor{District: "310104", Role: authz.Worker, Area: "310104003001"}
	today   = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
)

func service(t testing.TB) *intake.Service {
	key := bytes.Repeat([]byte{7}, seal.KeySize)
	return intake.New(&app.Core{Pool: testkit.DB(t), Clock: &clock.Fixed{T: today}, Seal: seal.New(key), Log: slog.New(slog.DiscardHandler),
		Signer: ed25519.NewKeyFromSeed(key), CodeVersion: "test"}, t.TempDir())
}

func source(t testing.TB, name string, text []byte) intake.Source {
	t.Helper()
	s, err := intake.NewSource(name, bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// text is what a writer of the demonstration writes.
func text(t testing.TB, write func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mustImport(t testing.TB, s *intake.Service, who authz.Actor, req intake.Request, data []byte) *intake.Outcome {
	t.Helper()
	out, p, err := s.Import(ctx, who, req, source(t, string(req.Kind)+".csv", data), nil)
	if err != nil {
		if p != nil {
			for _, e := range p.Errors {
				t.Log(e)
			}
		}
		t.Fatalf("import %s: %v", req.Kind, err)
	}
	return out
}

// settled is a service with the areas and workers of a small world.
func settled(t testing.TB) (*intake.Service, *demo.World) {
	t.Helper()
	s, w := service(t), demo.Generate(demo.DefaultSeed, demo.Small())
	mustImport(t, s, manager, intake.Request{Kind: intake.Areas}, text(t, func(b *bytes.Buffer) error { return w.WriteAreas(b, demo.Chinese) }))
	mustImport(t, s, manager, intake.Request{Kind: intake.Workers}, text(t, func(b *bytes.Buffer) error { return w.WriteWorkers(b, demo.English) }))
	return s, w
}

func frameCSV(t testing.TB, w *demo.World) []byte {
	return text(t, func(b *bytes.Buffer) error { return w.WriteFrame(b, demo.Chinese) })
}

func TestAreasAndWorkers(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	tree, err := s.AreaTree(ctx, worker, "", "")
	if err != nil {
		t.Fatal(err)
	}
	grids, streets := 0, 0
	for _, a := range tree {
		if a.Level == 1 {
			grids = a.Grids
		}
		if a.Level == 2 {
			streets++
		}
	}
	if streets != 2 || grids == 0 || len(tree) != 1+2+16 {
		t.Fatalf("%d streets, %d grids, %d lines", streets, grids, len(tree))
	}
	page, err := s.Workers(ctx, manager, "", 1)
	if err != nil || page.Total != len(w.Workers) {
		t.Fatalf("%d workers, want %d: %v", page.Total, len(w.Workers), err)
	}
	if part, err := s.Workers(ctx, leader, "", 1); err != nil || part.Total >= page.Total || part.Total == 0 {
		t.Fatalf("a street leader sees %d of %d workers: %v", part.Total, page.Total, err)
	}
	// The same file again changes nothing, a renamed area is one change.
	again := strings.Replace(string(text(t, func(b *bytes.Buffer) error { return w.WriteAreas(b, demo.English) })), "第一网格", "一号网格", 1)
	out := mustImport(t, s, manager, intake.Request{Kind: intake.Areas}, []byte(again))
	if out.Counts["new"] != 0 || out.Counts["changed"] != 1 || out.Counts["same"] != len(w.Areas)-1 {
		t.Fatalf("counts %v", out.Counts)
	}
}

func TestAreasWide(t *testing.T) {
	t.Parallel()
	s := service(t)
	out := mustImport(t, s, manager, intake.Request{Kind: intake.Areas}, []byte("区代码,区,街道代码,街道,居委会代码,居委会\n"+
		"310104,徐汇区,310104003,天平路街道,310104003001,甲居委会\n310104,徐汇区,310104003,天平路街道,310104003002,乙居委会\n"))
	if out.Counts["new"] != 4 {
		t.Fatalf("counts %v", out.Counts)
	}
}

func TestFaultsStopEverything(t *testing.T) {
	t.Parallel()
	s, _ := settled(t)
	cases := map[string]struct {
		req          intake.Request
		who          authz.Actor
		file         string
		where, found string
	}{
		"orphan area":      {intake.Request{Kind: intake.Areas}, manager, "code,name\n310104999001,某居委会\n", "row 2, column code", "310104999001"},
		"other district":   {intake.Request{Kind: intake.Areas}, manager, "code,name\n310105,某区\n", "row 2, column code", "310105"},
		"other street":     {intake.Request{Kind: intake.Areas}, street, "code,name\n310104004,某街道\n", "row 2, column code", "310104004"},
		"no header":        {intake.Request{Kind: intake.Areas}, manager, "a,b\n1,2\n", "row 1, column code", "a, b"},
		"worker's area":    {intake.Request{Kind: intake.Workers}, manager, "工号,姓名,岗位,区划代码\nW1,甲,社工,310104003999\n", "row 2, column area", "310104003999"},
		"worker twice":     {intake.Request{Kind: intake.Workers}, manager, "工号,姓名,岗位,区划代码\nW1,甲,社工,310104003001\nW1,乙,社工,310104003001\n", "row 3, column staff", "W1"},
		"birth year":       {intake.Request{Kind: intake.Frame, Name: "x"}, manager, "户号,居民编号,居委会代码,性别,出生年份\nH1,P1,310104003001,女,1899\n", "row 2, column birth_year", "1899"},
		"resident's area":  {intake.Request{Kind: intake.Frame, Name: "x"}, manager, "户号,居民编号,居委会代码,性别,出生年份\nH1,P1,310104003999,女,1980\n", "row 2, column area", "310104003999"},
		"person twice":     {intake.Request{Kind: intake.Frame, Name: "x"}, manager, "户号,居民编号,居委会代码,性别,出生年份\nH1,P1,310104003001,女,1980\nH1,P1,310104003001,女,1980\n", "row 3, column person", ""},
		"resident outside": {intake.Request{Kind: intake.Frame, Name: "x"}, authz.Actor{District: "310104", Role: authz.Manager, Area: "310104004"}, "户号,居民编号,居委会代码,性别,出生年份\nH1,P1,310104003001,女,1980\n", "row 2, column area", "310104003001"},
	}
	for name, c := range cases {
		src := source(t, "file.csv", []byte(c.file))
		p, err := s.Check(ctx, c.who, c.req, src, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p.Ready() || len(p.Errors) == 0 || p.Errors[0].Where != c.where || p.Errors[0].Found != c.found || p.Errors[0].Want == "" {
			t.Errorf("%s: %+v", name, p.Errors)
		}
		if _, err := s.Commit(ctx, c.who, src, p, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: commit says %v", name, err)
		}
	}
	if frames, err := s.Frames(ctx, manager); err != nil || len(frames) != 0 {
		t.Fatalf("frames %v, %v", frames, err)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	data := frameCSV(t, w)
	for _, who := range []authz.Actor{worker, leader, {District: "310104", Role: authz.Auditor, Area: "310104"}, {}} {
		for _, k := range intake.Kinds {
			if k == intake.Tasks && who.Role == authz.Leader {
				continue // the street enters what was handed down to it
			}
			req := intake.Request{Kind: k, Name: "x", Round: app.NewID()}
			if _, err := s.Check(ctx, who, req, source(t, "f.csv", data), nil); err == nil {
				t.Errorf("%q may check %s", who.Role, k)
			}
			if _, err := s.Receive(ctx, who, req, "f.csv", bytes.NewReader(data)); err == nil {
				t.Errorf("%q may upload %s", who.Role, k)
			}
		}
	}
	out := mustImport(t, s, manager, intake.Request{Kind: intake.Frame, Name: "居民库"}, data)
	if _, err := s.Freeze(ctx, leader, out.FrameID, intake.FreezeInput{}, nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a leader froze: %v", err)
	}
	if _, err := s.Freeze(ctx, street, out.FrameID, intake.FreezeInput{}, nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a street froze the district's frame: %v", err)
	}
	if _, err := s.Frame(ctx, authz.Actor{District: "310105", Role: authz.Manager, Area: "310105"}, out.FrameID); !errs.Is(err, errs.NotFound) {
		t.Errorf("another district sees the frame: %v", err)
	}
	if _, err := s.Frame(ctx, authz.Actor{District: "310104", Role: authz.Leader, Area: "310104999"}, out.FrameID); !errs.Is(err, errs.NotFound) {
		t.Errorf("a street without people in it sees the frame: %v", err)
	}
	part, err := s.Frame(ctx, leader, out.FrameID)
	if err != nil || part.Mine || part.Audit != nil || len(part.Committees) != 8 {
		t.Errorf("a street leader sees %d committees, audit %v: %v", len(part.Committees), part.Audit, err)
	}
}

func TestUploadBelongsToItsOwner(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	a, b := manager, manager
	a.AccountID, b.AccountID = app.NewID(), app.NewID()
	u, err := s.Receive(ctx, a, intake.Request{Kind: intake.Workers}, "w.csv", bytes.NewReader(text(t, func(b *bytes.Buffer) error { return w.WriteWorkers(b, demo.Chinese) })))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Confirm(ctx, b, u.Token, u.Preview.Digest); !errs.Is(err, errs.NotFound) {
		t.Errorf("somebody else confirmed: %v", err)
	}
	if _, err := s.Confirm(ctx, a, u.Token, strings.Repeat("0", 64)); !errs.Is(err, errs.Conflict) {
		t.Errorf("another digest was confirmed: %v", err)
	}
	if err := s.Discard(a, u.Token); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Confirm(ctx, a, u.Token, u.Preview.Digest); !errs.Is(err, errs.NotFound) {
		t.Errorf("a discarded upload was confirmed: %v", err)
	}
}

// TestChangedFile: what is confirmed is what was previewed, to the byte.
func TestChangedFile(t *testing.T) {
	t.Parallel()
	s, w := settled(t)
	data := frameCSV(t, w)
	src := source(t, "frame.csv", data)
	p, err := s.Check(ctx, manager, intake.Request{Kind: intake.Frame, Name: "居民库"}, src, nil)
	if err != nil || !p.Ready() {
		t.Fatalf("%v %v", err, p)
	}
	data[len(data)-3] ^= 1
	if _, err := s.Commit(ctx, manager, src, p, nil); !errs.Is(err, errs.Conflict) {
		t.Fatalf("a changed file was imported: %v", err)
	}
}

func BenchmarkFrame(b *testing.B) {
	for _, n := range []int{100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := demo.Generate(demo.DefaultSeed, demo.Options{Residents: n})
			data := frameCSV(b, w)
			s := service(b)
			mustImport(b, s, manager, intake.Request{Kind: intake.Areas}, text(b, func(x *bytes.Buffer) error { return w.WriteAreas(x, demo.Chinese) }))
			for b.Loop() {
				src := source(b, "frame.csv", data)
				start := time.Now()
				p, err := s.Check(ctx, manager, intake.Request{Kind: intake.Frame, Name: "居民库"}, src, nil)
				if err != nil {
					b.Fatal(err)
				}
				checked := time.Since(start)
				out, err := s.Commit(ctx, manager, src, p, nil)
				if err != nil {
					b.Fatal(err)
				}
				stored := time.Since(start) - checked
				start = time.Now()
				if _, err := s.Freeze(ctx, manager, out.FrameID, intake.FreezeInput{Reason: "基准测试：同一份名单反复导入，偏差属于预期，不影响任何评价结果。"}, nil); err != nil {
					b.Fatal(err)
				}
				rate := func(d time.Duration) float64 { return float64(p.Rows) / d.Seconds() }
				b.ReportMetric(rate(checked), "checked/s")
				b.ReportMetric(rate(stored), "stored/s")
				b.ReportMetric(rate(time.Since(start)), "frozen/s")
			}
		})
	}
}
