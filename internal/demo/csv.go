package demo

import (
	"encoding/csv"
	"io"
	"strconv"
)

// Headers is the language of a header row. The import takes either.
type Headers int

// The languages of header rows.
const (
	English Headers = iota
	Chinese
)

// words are the values of the frame in the language of the header.
var words = [...]map[string]string{
	English: {"m": "m", "f": "f", "owner": "owner", "tenant": "tenant", "other": "other"},
	Chinese: {"m": "男", "f": "女", "owner": "自有", "tenant": "租住", "other": "其他"},
}

func yes(h Headers, b bool) string {
	switch {
	case b && h == Chinese:
		return "是"
	case h == Chinese:
		return "否"
	case b:
		return "yes"
	}
	return "no"
}

// column is a column of a file under its two names.
type column struct{ en, zh string }

var (
	areaColumns   = []column{{"code", "区划代码"}, {"name", "名称"}, {"kind", "类别"}, {"level", "层级"}, {"parent_code", "上级代码"}}
	workerColumns = []column{{"staff_no", "工号"}, {"name", "姓名"}, {"post", "岗位"}, {"area_code", "区划代码"}}
	frameColumns  = []column{{"person_id", "人员编号"}, {"household_id", "户编号"}, {"area_code", "区划代码"}, {"building", "楼栋"}, {"sex", "性别"},
		{"birth_year", "出生年份"}, {"tenure", "居住方式"}, {"mobile", "有手机"}, {"visit", "可上门"}, {"wechat", "有微信"},
		{"name", "姓名"}, {"phone", "电话"}, {"address", "地址"}}
	indicatorColumns = []column{{"area_code", "区划代码"}, {"indicator", "指标"}, {"numerator", "分子"}, {"denominator", "分母"}}
	ratingColumns    = []column{{"area_code", "区划代码"}, {"reviewer", "评审员"}, {"criterion", "评审维度"}, {"score", "评分"}, {"note", "说明"}}
)

// WriteAreas writes code, name, kind, level (1 to 4), parent_code.
func (w *World) WriteAreas(out io.Writer, h Headers) error {
	return write(out, h, areaColumns, len(w.Areas), func(i int) []string {
		a := w.Areas[i]
		return []string{a.Code, a.Name, a.Kind, strconv.Itoa(int(a.Level)), a.Parent}
	})
}

// WriteWorkers writes staff_no, name, post, area_code.
func (w *World) WriteWorkers(out io.Writer, h Headers) error {
	return write(out, h, workerColumns, len(w.Workers), func(i int) []string {
		x := w.Workers[i]
		return []string{x.No, x.Name, x.Post, x.AreaCode}
	})
}

// WriteFrame writes person_id, household_id, area_code (the 15-digit grid),
// building, sex, birth_year, tenure, mobile, visit, wechat, name, phone,
// address. Moved and Part are not written: no source knows them.
func (w *World) WriteFrame(out io.Writer, h Headers) error {
	return write(out, h, frameColumns, len(w.People), func(i int) []string {
		p := &w.People[i]
		return []string{p.ID, p.HouseholdID, p.Grid, p.Building, words[h][p.Sex], strconv.Itoa(p.BirthYear), words[h][p.Tenure],
			yes(h, p.Phone != ""), yes(h, p.Address != ""), yes(h, p.WeChat), p.Name, p.Phone, p.Address}
	})
}

// WriteIndicators writes area_code, indicator, numerator, denominator.
func (w *World) WriteIndicators(out io.Writer, h Headers) error {
	return write(out, h, indicatorColumns, len(w.Indicators), func(i int) []string {
		x := w.Indicators[i]
		return []string{x.Committee, x.ID, strconv.Itoa(x.Numerator), strconv.Itoa(x.Denominator)}
	})
}

// WriteRatings writes area_code, reviewer, criterion, score, note.
func (w *World) WriteRatings(out io.Writer, h Headers) error {
	return write(out, h, ratingColumns, len(w.Ratings), func(i int) []string {
		x := w.Ratings[i]
		return []string{x.Committee, x.Reviewer, x.Criterion, strconv.Itoa(x.Score), x.Note}
	})
}

func write(out io.Writer, h Headers, columns []column, n int, row func(int) []string) error {
	c := csv.NewWriter(out)
	head := make([]string, len(columns))
	for i, x := range columns {
		if head[i] = x.en; h == Chinese {
			head[i] = x.zh
		}
	}
	if err := c.Write(head); err != nil {
		return err
	}
	for i := range n {
		if err := c.Write(row(i)); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
