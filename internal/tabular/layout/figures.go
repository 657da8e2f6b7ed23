package layout

import (
	"strconv"

	"gongping/internal/tabular"
	"gongping/survey/frame"
)

// Indicators is the table of objective figures: one row per committee and
// indicator.
var Indicators = tabular.Spec{Name: "indicators", Columns: []tabular.Column{
	{Name: "area", Aliases: []string{"area_code", "committee_code", "区划代码", "居委会代码", "区域代码"}, Required: true, Type: tabular.Code, Digits: []int{12}},
	{Name: "indicator", Aliases: []string{"indicator_id", "指标", "指标代码"}, Required: true, Type: tabular.Code, MaxLen: 60},
	{Name: "numerator", Aliases: []string{"分子"}, Required: true, Type: tabular.Number},
	{Name: "denominator", Aliases: []string{"分母"}, Required: true, Type: tabular.Number},
}}

// Ratings is the table of the panel's marks: one row per committee, reviewer
// and criterion.
var Ratings = tabular.Spec{Name: "ratings", Columns: []tabular.Column{
	{Name: "area", Aliases: []string{"area_code", "committee_code", "区划代码", "居委会代码", "区域代码"}, Required: true, Type: tabular.Code, Digits: []int{12}},
	{Name: "reviewer", Aliases: []string{"评审员", "评委"}, Required: true, MaxLen: 60},
	{Name: "criterion", Aliases: []string{"评审维度", "维度"}, Required: true, Type: tabular.Code, MaxLen: 60},
	{Name: "score", Aliases: []string{"评分", "得分"}, Required: true, Type: tabular.Number},
	{Name: "note", Aliases: []string{"说明", "备注"}, MaxLen: 500},
}}

// Census is the table of census counts that a frame is audited against: one
// row per area (all of one level), sex and age band.
var Census = tabular.Spec{Name: "census", Columns: []tabular.Column{
	{Name: "area", Aliases: []string{"area_code", "区划代码", "区域代码"}, Required: true, Type: tabular.Code, Digits: []int{6, 9, 12}},
	{Name: "sex", Aliases: []string{"gender", "性别"}, Required: true, Type: tabular.Enum, Allowed: []tabular.Choice{
		{Value: "m", Aliases: []string{"男", "男性", "male"}}, {Value: "f", Aliases: []string{"女", "女性", "female"}}}},
	{Name: "age_from", Aliases: []string{"年龄起", "起始年龄"}, Required: true, Type: tabular.Int, Min: 0, Max: 120},
	{Name: "age_to", Aliases: []string{"年龄止", "终止年龄"}, Required: true, Type: tabular.Int, Min: 0, Max: 150},
	{Name: "persons", Aliases: []string{"人数", "人口"}, Required: true, Type: tabular.Int, Min: 0, Max: 2_000_000_000},
}}

// Listing is a list of persons from another source that a frame is compared
// with: a second register, or persons planted as a check.
var Listing = tabular.Spec{Name: "listing", Columns: []tabular.Column{
	{Name: "person", Aliases: []string{"person_id", "人员编号", "居民编号", "个人编号"}, Required: true, Type: tabular.Code, MaxLen: 40, Private: true},
	{Name: "area", Aliases: []string{"area_code", "committee_code", "居委会代码", "网格代码", "区域代码", "区划代码"}, Required: true, Type: tabular.Code, Digits: []int{12, 15}},
}}

// Figure is a row of Indicators.
type Figure struct {
	Area, Indicator        string
	Numerator, Denominator float64
	Row                    int
}

// Indicator converts a row of Indicators that has no faults.
func Indicator(r *tabular.Row) Figure {
	return Figure{Area: r.Get("area"), Indicator: r.Get("indicator"), Numerator: number(r.Get("numerator")),
		Denominator: number(r.Get("denominator")), Row: r.Number}
}

// Mark is a row of Ratings.
type Mark struct {
	Area, Reviewer, Criterion, Note string
	Score                           float64
	Row                             int
}

// Rating converts a row of Ratings that has no faults.
func Rating(r *tabular.Row) Mark {
	return Mark{Area: r.Get("area"), Reviewer: r.Get("reviewer"), Criterion: r.Get("criterion"), Note: r.Get("note"),
		Score: number(r.Get("score")), Row: r.Number}
}

// CensusCell is a row of Census.
type CensusCell struct {
	Area     string
	Sex      frame.Sex
	From, To int
	Persons  int
	Row      int
}

// CensusRow converts a row of Census that has no faults.
func CensusRow(r *tabular.Row) CensusCell {
	return CensusCell{Area: r.Get("area"), Sex: frame.Sex(r.Get("sex")), From: int(number(r.Get("age_from"))),
		To: int(number(r.Get("age_to"))), Persons: int(number(r.Get("persons"))), Row: r.Number}
}

// number reads what the specification has checked.
func number(s string) float64 {
	v, _ := strconv.ParseFloat(s, 64)
	return v
}
