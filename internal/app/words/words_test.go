package words_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync"
	"testing"

	"gongping/internal/app/words"
	"gongping/internal/authz"
	"gongping/internal/demo"
	"gongping/internal/errs"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/spoken"
	"gongping/scoring"
	"gongping/scoring/qualitative"
)

// bench is a round with comments that were taken in.
type bench struct {
	*scored.Round
	svc       *words.Service
	ctx       context.Context
	scope     words.Scope
	responses []string
}

func prepare(t *testing.T) *bench {
	t.Helper()
	r := scored.Load(t)
	b := &bench{Round: r, svc: words.New(r.Core), ctx: context.Background(), scope: words.Scope{Round: r.ID}}
	b.responses = spoken.Add(t, r, spoken.Comments...)
	book := qualitative.Standard()
	if v, err := b.svc.SaveCodebook(b.ctx, r.Actor("manager"), &book); err != nil || v != 1 {
		t.Fatalf("version %d, %v", v, err)
	}
	if n, err := b.svc.TakeIn(b.ctx, r.Actor("manager"), r.ID); err != nil || n != len(spoken.Comments) {
		t.Fatalf("%d taken in, %v", n, err)
	}
	return b
}

// text returns the id of the text that holds a word.
func (b *bench) text(t *testing.T, word string) string {
	t.Helper()
	var id string
	if err := testkit.OwnerDB(t).QueryRow(b.ctx, `select lead_id::text from comment where body like '%' || $1 || '%' limit 1`, word).Scan(&id); err != nil {
		t.Fatalf("%s: %v", word, err)
	}
	return id
}

func code(topic string, polarity int, m qualitative.Matter) qualitative.Code {
	return qualitative.Code{Topic: topic, Polarity: polarity, Matter: m}
}

func count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := testkit.OwnerDB(t).QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTakingInMasksAndLeavesNoTrace(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	if n := count(t, `select count(*) from comment where body like '%13812345678%' or body like '%502%' or body like '%王女士%'`); n != 0 {
		t.Errorf("%d comments with personal data", n)
	}
	if n := count(t, `select count(*) from comment where body like '三号楼[门牌][姓名]女士%[电话]'`); n != 1 {
		t.Error("the masked comment is not there")
	}
	// Same words, one text; the month, never the day.
	if n := count(t, `select count(distinct lead_id) from comment`); n != len(spoken.Comments)-1 {
		t.Errorf("%d texts", n)
	}
	if n := count(t, `select count(*) from comment where extract(day from month) <> 1`); n != 0 {
		t.Error("a day is stored")
	}
	if _, err := b.svc.TakeIn(b.ctx, b.Actor("manager"), b.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("taken in twice: %v", err)
	}
	for _, login := range []string{"auditor", "panel-4", "supervisor", "dept-housing"} {
		if _, err := b.svc.TakeIn(b.ctx, b.Actor(login), b.ID); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", login, err)
		}
	}
	if _, err := testkit.OwnerDB(t).Exec(b.ctx, `update comment set body = 'x'`); err == nil {
		t.Error("a comment was changed")
	}
}

// While the round is in the field a few comments wait for others.
func TestFewCommentsWait(t *testing.T) {
	t.Parallel()
	w := scored.Load(t)
	open := scored.Add(w.World, "second", "collecting")
	s := words.New(w.Core)
	spoken.Add(t, open, spoken.Comments[:9]...)
	if _, err := s.TakeIn(context.Background(), w.Actor("manager"), open.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("nine comments of a round in the field: %v", err)
	}
}

func TestSearchInChinese(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	for _, c := range []struct {
		q    string
		want int
	}{{"电梯", 3}, {"电梯 老人", 2}, {"下不了楼", 2}, {"梯停", 3}, {"停电梯", 0}, {"满意", 1}, {"差", 1}, {"13812345678", 0}, {"王女士", 0}, {"，", 0}} {
		hits, n, err := b.svc.Search(b.ctx, b.Actor("auditor"), words.Scope{}, c.q, 1)
		if err != nil || n != c.want || len(hits) != c.want {
			t.Errorf("%s: %d hits, want %d (%v)", c.q, n, c.want, err)
		}
	}
	// Coders learn no committee, and nobody learns one with few comments.
	for _, login := range []string{"panel-4", "auditor"} {
		hits, _, err := b.svc.Search(b.ctx, b.Actor(login), b.scope, "电梯", 1)
		if err != nil || len(hits) == 0 {
			t.Fatal(err)
		}
		for _, h := range hits {
			if (h.Area != "") != (login == "auditor") { // twelve comments of one committee: enough to name it
				t.Errorf("%s learns %q", login, h.Area)
			}
		}
	}
	for _, login := range []string{"manager", "leader-" + b.Committees()[0][6:9], "dept-housing", "admin"} {
		if _, _, err := b.svc.Search(b.ctx, b.Actor(login), b.scope, "电梯", 1); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s searches: %v", login, err)
		}
	}
}

// Two coders decide where they agree; a third is asked only where they differ;
// nobody codes twice, and nobody sees what others said.
func TestTwoCodersAndAThird(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	a1, a2, a3 := b.Actor("panel-4"), b.Actor("panel-5"), b.Actor("supervisor")
	lift, noise := b.text(t, "老人下不了楼"), b.text(t, "城管")
	property := []qualitative.Code{code("property.lift", -1, qualitative.Property)}
	say := func(who authz.Actor, id string, want qualitative.State, codes ...qualitative.Code) {
		t.Helper()
		if st, err := b.svc.Code(b.ctx, who, id, codes); err != nil || st != want {
			t.Errorf("%s: %s, want %s (%v)", who.Name, st, want, err)
		}
	}
	refused := func(who authz.Actor, id string, want errs.Code, codes ...qualitative.Code) {
		t.Helper()
		if _, err := b.svc.Code(b.ctx, who, id, codes); !errs.Is(err, want) {
			t.Errorf("%s: %v, want %s", who.Name, err, want)
		}
	}
	say(a1, lift, qualitative.Waiting, property...)
	refused(a1, lift, errs.Conflict, property...)
	say(a2, lift, qualitative.Agreed, property...)
	refused(a3, lift, errs.Conflict, property...)
	urban := qualitative.Code{Topic: "environment.noise", Polarity: -1, Matter: qualitative.Department, Department: "urban"}
	say(a1, noise, qualitative.Waiting, urban)
	say(a2, noise, qualitative.Split, code("environment.noise", -1, qualitative.Committee))
	// The third gets it first, sees the text alone, and decides with the first.
	task, err := b.svc.Next(b.ctx, a3, b.scope, nil)
	if err != nil || task == nil || task.ID != noise {
		t.Fatalf("the third is asked for %+v, %v", task, err)
	}
	say(a3, noise, qualitative.Settled, urban)
	refused(b.Actor("panel-6"), noise, errs.Conflict, urban)
	refused(a1, b.text(t, "学区"), errs.Invalid, code("no.such.topic", 0, qualitative.Committee))
	for _, login := range []string{"manager", "auditor", "worker-lone", "dept-housing", "eval-" + b.Committees()[0][6:9] + "-1"} {
		refused(b.Actor(login), b.text(t, "学区"), errs.Forbidden)
	}
	// Attributions: both answers of the lift's text and the one of the noise.
	if n := count(t, `select count(*) from answer_attribution where sign = 'low' and causes->0->>'matter' = 'property'`); n != 2 {
		t.Errorf("%d answers of the lift", n)
	}
	if n := count(t, `select count(*) from answer_attribution where causes->0->>'department' = 'urban' and items @> '{overall,env_clean}'`); n != 1 {
		t.Errorf("%d answers of the noise", n)
	}
}

// The queue never gives a coder a text twice, and ends.
func TestQueueEnds(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	seen := map[string]bool{}
	for _, login := range []string{"panel-4", "panel-5", "supervisor", "panel-6"} {
		who, n := b.Actor(login), 0
		for {
			task, err := b.svc.Next(b.ctx, who, b.scope, nil)
			if err != nil {
				t.Fatal(err)
			}
			if task == nil {
				break
			}
			if key := login + task.ID; seen[key] {
				t.Fatalf("%s gets %s twice", login, task.Body)
			} else {
				seen[key] = true
			}
			// The third coder differs from nobody, the second from all.
			codes := []qualitative.Code{code("other.general", 0, qualitative.Committee)}
			if login == "panel-5" {
				codes = nil
			}
			if _, err := b.svc.Code(b.ctx, who, task.ID, codes); err != nil {
				t.Fatal(err)
			}
			n++
		}
		want := len(spoken.Comments) - 1
		if login == "panel-6" {
			want = 0 // all is decided
		}
		if n != want {
			t.Errorf("%s coded %d, want %d", login, n, want)
		}
	}
}

// Two coders at once become the first and the second, never both the first.
func TestCodersAtOnce(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	id := b.text(t, "学区")
	var wg sync.WaitGroup
	errsSeen := make([]error, 4)
	for k, login := range []string{"panel-3", "panel-4", "panel-5", "panel-6"} {
		wg.Go(func() {
			_, errsSeen[k] = b.svc.Code(b.ctx, b.Actor(login), id, []qualitative.Code{code("other.school", -1, qualitative.Beyond)})
		})
	}
	wg.Wait()
	refused := 0
	for _, err := range errsSeen {
		if errs.Is(err, errs.Conflict) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if n := count(t, `select count(*) from comment_coding where lead_id = $1`, id); n != 2 || refused != 2 {
		t.Errorf("%d codings, %d refused", n, refused)
	}
}

const minVoices = 5

func TestThemesSuppressSmallCells(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	for _, login := range []string{"panel-4", "panel-5"} {
		for {
			task, err := b.svc.Next(b.ctx, b.Actor(login), b.scope, nil)
			if err != nil {
				t.Fatal(err)
			}
			if task == nil {
				break
			}
			c := code("property.lift", -1, qualitative.Property)
			switch {
			case strings.Contains(task.Body, "热心"):
				c = code("service.manner", 1, qualitative.Committee)
			case strings.Contains(task.Body, "学区"):
				c = code("property.lift", 1, qualitative.Property)
			}
			if _, err := b.svc.Code(b.ctx, b.Actor(login), task.ID, []qualitative.Code{c}); err != nil {
				t.Fatal(err)
			}
		}
	}
	th, err := b.svc.Themes(b.ctx, b.Actor("manager"), b.scope, "zh")
	if err != nil || th.TooFew || len(th.List) != 2 || th.Masked["电话"] != 1 {
		t.Fatalf("%+v, %v", th, err)
	}
	lift, manner := th.List[0], th.List[1]
	// Households count once, so there are fewer people than comments; one person
	// who praises is not shown, nor, then, how many blame.
	if z := lift.Size; z.Comments != 11 || z.Voices < minVoices || z.Voices > z.Authors || z.Authors > 11 || lift.Polarity != [3]int{-1, 0, -1} ||
		lift.Name != "物业与设施 / 电梯" || lift.Matters[0].People != z.Authors {
		t.Errorf("%+v", lift)
	}
	if !manner.Hidden || manner.Size != (qualitative.Size{}) {
		t.Errorf("one person's theme is shown: %+v", manner)
	}
	// A worker's committee has too few.
	w := b.Actor("worker-lone")
	if th, err := b.svc.Themes(b.ctx, w, b.scope, "zh"); err != nil || !th.TooFew || th.List != nil {
		t.Errorf("%+v, %v", th, err)
	}
	a, err := b.svc.Agreement(b.ctx, b.Actor("auditor"), b.scope)
	if err != nil || a.Texts != len(spoken.Comments)-1 || len(a.List) < 3 || a.List[0].Observed != 1 {
		t.Errorf("%+v, %v", a, err)
	}
}

const file = "用户,留言时间,主题,内容,点赞数\n" +
	"u1,2019-02-28 11:25:05,停电,我叫张伟，家住3号楼502室，停电两天没人管,3\n" +
	"u2,2019/3/1,停电,家住3号楼的我们停电两天没有人管了，请尽快处理,2\n" +
	"u3,2019.3.2,停电,家住3号楼的我们停电两天没有人管了，请尽快处理！,0\n" +
	"u4,2019-03-02,停电,家住3号楼的我们停电两天没有人管了，请尽快处理。。,0\n" +
	"u5,2019-03-02,噪声,广场舞太吵,2097\n"

func (b *bench) load(name, text string) (words.Taken, error) {
	d := sha256.Sum256([]byte(text))
	return b.svc.Import(b.ctx, b.Actor("manager"), name, strings.NewReader(text), int64(len(text)), d[:])
}

func TestImportAndCampaigns(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	got, err := b.load("留言.csv", file)
	if err != nil || got.Comments != 5 || got.Masked != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	scope := words.Scope{Import: got.Import}
	if n := count(t, `select count(*) from comment where import_id is not null and (author in ('u1','u2') or sealed is null or month < '2019-02-01' or month > '2019-03-01')`); n != 0 {
		t.Errorf("%d comments with a plain author, without their original or out of time", n)
	}
	list, n, err := b.svc.Campaigns(b.ctx, b.Actor("panel-4"), scope)
	if err != nil || n != 5 || len(list) != 2 || list[0].Pattern != qualitative.ManyLikes || list[0].Likes != 2097 ||
		list[1].Pattern != qualitative.SameText || list[1].Authors != 3 || list[1].Comments != 3 || len(list[1].Sample) == 0 {
		t.Errorf("%+v, %v", list, err)
	}
	if _, _, err := b.svc.Campaigns(b.ctx, b.Actor("manager"), scope); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	hits, _, err := b.svc.Search(b.ctx, b.Actor("auditor"), scope, "停电", 1)
	if err != nil || len(hits) != 4 || hits[0].Area != "" || hits[3].Month != "2019-02" {
		t.Errorf("five comments name no area: %+v, %v", hits, err)
	}
	if _, err := b.load("again.csv", file); !errs.Is(err, errs.Conflict) {
		t.Errorf("the same file twice: %v", err)
	}
	for _, bad := range []string{"", "a,b\n1,2\n", "内容,点赞\n好,多\n", "内容,时间\n好,昨天\n", "内容,区域代码\n好,310105001\n", "内容\n"} {
		var e *errs.Error
		if _, err := b.load("bad.csv", bad); !errors.As(err, &e) || e.Code != errs.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if n := count(t, `select count(*) from import_batch where kind = 'comments'`); n != 1 {
		t.Errorf("%d files", n)
	}
}

func TestSchemeBecomesACodebook(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	text := "topic1,topic2,topic3,matter\n城乡建设,安全生产,事故处理,部门\n城乡建设,安全生产,安全生产管理,\n环境保护,,,居委会\n"
	load := func(login string) (int, error) {
		return b.svc.ImportScheme(b.ctx, b.Actor(login), "三级分类", strings.NewReader(text), int64(len(text)))
	}
	if _, err := load("panel-4"); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	for range 2 { // the second changes nothing
		if v, err := load("manager"); err != nil || v != 2 {
			t.Errorf("version %d, %v", v, err)
		}
	}
	book, err := b.svc.Codebook(b.ctx, b.Actor("worker-lone"))
	if err != nil || len(book.Codebook.Topics) != 5 || len(book.Versions) != 2 || len(book.Changes) == 0 {
		t.Errorf("%+v, %v", book, err)
	}
}

// What two coders placed outside the remit enters the next run, which says what
// it did, and the run before stays as it was.
func TestAttributionEntersTheRun(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	for _, login := range []string{"panel-4", "panel-5"} {
		for _, word := range []string{"老人下不了楼", "城管", "学区", "热心"} {
			c := code("property.lift", -1, qualitative.Property)
			if word == "热心" {
				c = code("property.manager", 1, qualitative.Property)
			}
			if _, err := b.svc.Code(b.ctx, b.Actor(login), b.text(t, word), []qualitative.Code{c}); err != nil {
				t.Fatal(err)
			}
		}
	}
	in, err := b.svc.RunInput(b.ctx, demo.DistrictCode, b.ID)
	if err != nil || len(in.Attributions) != 5 || in.AttributionBudget != words.Budget || in.Coding.Table[2][2] != 3 || in.Coding.Table[0][0] != 1 {
		t.Fatalf("%+v, %v", in, err)
	}
	signs := map[string]int{}
	for _, a := range in.Attributions {
		signs[a.Sign]++
	}
	if signs[scoring.Low] != 4 || signs[scoring.High] != 1 {
		t.Errorf("%v", signs)
	}
}

// FuzzImport: whatever the file, it is taken in whole or refused with a reason.
func FuzzImport(f *testing.F) {
	f.Add([]byte(file))
	f.Add([]byte("内容\n好\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		err := words.TryTable(bytes.NewReader(data), int64(len(data)))
		var e *errs.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%q: %v", data, err)
		}
	})
}

// FuzzScheme: a table of topics becomes a codebook that holds, or is refused
// with a reason.
func FuzzScheme(f *testing.F) {
	f.Add([]byte("topic1,topic2,topic3,matter,department,items\n环境,卫生,垃圾,committee,,env_clean\n"))
	f.Add([]byte("一级分类,二级分类,三级分类\n环境,,\n,卫生,\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		err := words.TryScheme(bytes.NewReader(data), int64(len(data)))
		var e *errs.Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("%q: %v", data, err)
		}
	})
}
