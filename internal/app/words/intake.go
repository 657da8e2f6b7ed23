package words

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg"
	"gongping/internal/pg/intakedb"
	"gongping/internal/pg/worddb"
	"gongping/internal/tabular"
	"gongping/scoring/qualitative"
	"gongping/survey"
)

// CommentTable is the table of comments that are imported.
var CommentTable = tabular.Spec{Name: "comments", Columns: []tabular.Column{
	{Name: "body", Aliases: []string{"text", "comment", "content", "message", "review", "reviewbody", "内容", "留言", "意见", "诉求", "诉求内容", "留言详情", "正文"}, Required: true, MaxLen: 20000, Private: true},
	{Name: "subject", Aliases: []string{"title", "主题", "标题", "留言主题"}, MaxLen: 500, Private: true},
	{Name: "author", Aliases: []string{"user", "author_id", "用户", "作者", "留言用户", "来电人"}, MaxLen: 100, Private: true},
	{Name: "posted_at", Aliases: []string{"date", "time", "时间", "留言时间", "日期"}, MaxLen: 40},
	{Name: "likes", Aliases: []string{"点赞", "点赞数", "赞"}, Type: tabular.Int, Max: 100_000_000},
	{Name: "area", Aliases: []string{"area_code", "区域代码", "居委会代码", "街道代码"}, Type: tabular.Code, Digits: []int{6, 9, 12}},
}}

// SchemeTable is the table of a scheme of topics.
var SchemeTable = tabular.Spec{Name: "topics", Columns: []tabular.Column{
	{Name: "topic1", Aliases: []string{"level1", "一级标签", "一级分类", "一级主题"}, Required: true, MaxLen: 60},
	{Name: "topic2", Aliases: []string{"level2", "二级标签", "二级分类", "二级主题"}, MaxLen: 60},
	{Name: "topic3", Aliases: []string{"level3", "三级标签", "三级分类", "三级主题"}, MaxLen: 60},
	{Name: "matter", Aliases: []string{"归属", "责任归属"}, Type: tabular.Enum, Allowed: []tabular.Choice{
		{Value: "committee", Aliases: []string{"居委会", "居委"}}, {Value: "property", Aliases: []string{"物业"}}, {Value: "department", Aliases: []string{"职能部门", "部门"}},
		{Value: "market", Aliases: []string{"市场"}}, {Value: "residents", Aliases: []string{"其他居民", "居民"}}, {Value: "outside", Aliases: []string{"都不管", "职责之外"}}}},
	{Name: "department", Aliases: []string{"部门代码"}, MaxLen: 31},
	{Name: "items", Aliases: []string{"题目", "相关题目"}, MaxLen: 400},
}}

// Taken is what an import did.
type Taken struct {
	Import   string
	Comments int
	Masked   int
}

// Import takes in a file of comments: personal data masked, the original
// sealed, authors as pseudonyms. A file with a fault is not taken in at all.
func (s *Service) Import(ctx context.Context, who authz.Actor, name string, file io.ReaderAt, size int64, digest []byte) (out Taken, err error) {
	if err := authz.Check(who, authz.CommentImport, authz.Object{Area: who.Area}); err != nil {
		return out, err
	}
	var names []string
	if err := s.Read(ctx, who, authz.CommentImport, authz.Object{Area: who.Area}, func(ctx context.Context, db pg.Querier) (err error) {
		names, err = staff(ctx, db, who.District)
		return err
	}); err != nil {
		return out, err
	}
	list, err := s.readComments(who, file, size, qualitative.NewKnown(names))
	if err != nil {
		return out, err
	}
	out.Import, out.Comments, out.Masked = app.NewID(), len(list), maskedTotal(list)
	for i := range list {
		list[i].Import = out.Import
	}
	err = s.Write(ctx, who, authz.CommentImport, authz.Object{Area: who.Area}, func(ctx context.Context, tx *app.Tx) error {
		before, err := intakedb.ImportedBefore(ctx, tx, who.District, "comments", digest)
		if err != nil {
			return err
		}
		if before {
			return errs.New(errs.Done, "comment.file_before", "this file has been taken in before")
		}
		if err := intakedb.InsertBatch(ctx, tx, who.District, intakedb.Batch{ID: out.Import, Kind: "comments", File: name, Digest: digest, Rows: int64(len(list)),
			By: who.AccountID, At: tx.Now, Note: "{}"}); err != nil {
			return err
		}
		tx.Record("import", out.Import, who.Area, map[string]any{"kind": "comments", "comments": out.Comments, "masked": out.Masked})
		return s.store(ctx, tx, Scope{Import: out.Import}, list)
	})
	return out, err
}

// readComments reads and masks a table; errors name every faulty row.
func (s *Service) readComments(who authz.Actor, file io.ReaderAt, size int64, known *qualitative.Known) ([]worddb.Comment, error) {
	f, err := tabular.Open(file, size, tabular.Limits{Rows: maxImport, Field: 128 << 10})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum, rows, err := f.Read(&CommentTable)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	var list []worddb.Comment
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		if len(r.Faults) > 0 {
			continue
		}
		c, fault := s.imported(who, r, now, known)
		if fault != nil {
			sum.Bad++
			sum.Add(fault)
			continue
		}
		list = append(list, c)
	}
	if err := sum.Err(); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errs.New(errs.Invalid, "import.empty", "the table has no rows")
	}
	return list, nil
}

func (s *Service) imported(who authz.Actor, r *tabular.Row, now time.Time, known *qualitative.Known) (worddb.Comment, *errs.Error) {
	text := r.Get("body")
	if subject := r.Get("subject"); subject != "" && !strings.HasPrefix(text, subject) {
		text = subject + "。" + text
	}
	c := prepared(text, known)
	c.Area = r.Get("area")
	if c.Area == "" {
		c.Area = who.Area
	}
	if !survey.Within(c.Area, who.Area) {
		return c, r.Fault("area", "comment.area_outside", "the area lies outside your own", c.Area, "a code that begins with "+who.Area, "correct the code or leave it empty")
	}
	c.Month = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	if at := r.Get("posted_at"); at != "" {
		day, ok := month(at)
		if !ok {
			return c, r.Fault("posted_at", "comment.date", "the date cannot be read", at, "2026-11-20, with or without a time", "correct the date or leave it empty")
		}
		c.Month = day
	}
	c.Likes, _ = strconv.Atoi(r.Get("likes"))
	if a := r.Get("author"); a != "" {
		c.Author = s.Seal.Pseudonym("comment/author", a)
	}
	original, err := json.Marshal(map[string]string{"body": r.Get("body"), "subject": r.Get("subject"), "author": r.Get("author"), "posted_at": r.Get("posted_at")})
	if err != nil {
		panic("words: an original does not encode: " + err.Error())
	}
	c.Sealed = s.Seal.Seal(original, "comment/import/"+c.ID)
	return c, nil
}

// month reads the month of a date with or without a time.
func month(s string) (time.Time, bool) {
	s = strings.NewReplacer("/", "-", ".", "-", "年", "-", "月", "-", "日", "").Replace(strings.TrimSpace(s))
	var y, m, d int
	if n, _ := fmt.Sscanf(s, "%d-%d-%d", &y, &m, &d); n < 2 || y < 1900 || y > 2200 || m < 1 || m > 12 || n == 3 && (d < 1 || d > 31) {
		return time.Time{}, false
	}
	return time.Date(y, time.Month(m), 1, 0, 0, 0, 0, time.UTC), true
}

// ImportScheme replaces the codebook by a table with one row per lowest topic,
// as a new version; topics with the same names keep their ids.
func (s *Service) ImportScheme(ctx context.Context, who authz.Actor, title string, file io.ReaderAt, size int64) (version int, err error) {
	if err := authz.Check(who, authz.CodebookEdit, authz.Object{}); err != nil {
		return 0, err
	}
	list, err := readScheme(file, size)
	if err != nil {
		return 0, err
	}
	old, err := s.Codebook(ctx, who)
	if err != nil {
		return 0, err
	}
	if title == "" {
		title = old.Codebook.Title["zh"]
	}
	book, err := qualitative.FromScheme(map[string]string{"zh": title}, list, &old.Codebook)
	if err != nil {
		return 0, err
	}
	return s.SaveCodebook(ctx, who, book)
}

// readScheme reads a table with one row per lowest topic.
func readScheme(file io.ReaderAt, size int64) ([]qualitative.SchemeRow, error) {
	f, err := tabular.Open(file, size, tabular.Limits{Rows: 5000})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum, rows, err := f.Read(&SchemeTable)
	if err != nil {
		return nil, err
	}
	var list []qualitative.SchemeRow
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		row := qualitative.SchemeRow{Matter: qualitative.Matter(r.Get("matter")), Department: r.Get("department")}
		row.Names = [3]string{r.Get("topic1"), r.Get("topic2"), r.Get("topic3")}
		row.Items = strings.FieldsFunc(r.Get("items"), func(c rune) bool { return c == ' ' || c == ',' || c == '，' || c == ';' || c == '；' || c == '、' })
		list = append(list, row)
	}
	if err := sum.Err(); err != nil {
		return nil, err
	}
	return list, nil
}
