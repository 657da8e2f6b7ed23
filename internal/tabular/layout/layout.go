// Package layout knows the tables that offices send: the columns of the area
// tree, the workers' roster and the frame of residents, with the headers in use
// in Chinese and English, and how a checked row becomes a domain value.
package layout

import (
	"strconv"

	"gongping/internal/tabular"
	"gongping/survey/frame"
)

// Areas is the table of the area tree: one row per district, street, committee
// or grid.
var Areas = tabular.Spec{Name: "areas", Columns: []tabular.Column{
	{Name: "code", Aliases: []string{"area_code", "区划代码", "代码", "编码", "区域代码", "统计用区划代码"}, Required: true, Type: tabular.Code, Digits: []int{6, 9, 12, 15}},
	{Name: "name", Aliases: []string{"area", "名称", "区域名称", "单位名称"}, Required: true, MaxLen: 60},
	{Name: "kind", Aliases: []string{"type", "类别", "类型", "城乡分类"}, MaxLen: 20},
}}

// AreasWide is the same tree with one row per lowest area and a pair of columns
// per level, as in the public list of statistical divisions.
var AreasWide = tabular.Spec{Name: "areas_wide", Columns: []tabular.Column{
	{Name: "district_code", Aliases: []string{"区代码", "区县代码"}, Required: true, Type: tabular.Code, Digits: []int{6}},
	{Name: "district", Aliases: []string{"区", "区县", "区名称"}, Required: true, MaxLen: 60},
	{Name: "street_code", Aliases: []string{"街道代码", "街镇代码"}, Required: true, Type: tabular.Code, Digits: []int{9}},
	{Name: "street", Aliases: []string{"街道", "街镇", "街道名称"}, Required: true, MaxLen: 60},
	{Name: "committee_code", Aliases: []string{"居委会代码", "居委代码", "村居代码"}, Required: true, Type: tabular.Code, Digits: []int{12}},
	{Name: "committee", Aliases: []string{"居委会", "居委", "村居", "社区"}, Required: true, MaxLen: 60},
	{Name: "kind", Aliases: []string{"类别", "类型"}, MaxLen: 20},
	{Name: "grid_code", Aliases: []string{"网格代码"}, Type: tabular.Code, Digits: []int{15}},
	{Name: "grid", Aliases: []string{"网格", "网格名称"}, MaxLen: 60},
}}

// Workers is the table of the roster.
var Workers = tabular.Spec{Name: "workers", Columns: []tabular.Column{
	{Name: "staff", Aliases: []string{"staff_no", "工号", "编号", "人员编号"}, Required: true, Type: tabular.Code, MaxLen: 40},
	{Name: "name", Aliases: []string{"姓名"}, Required: true, MaxLen: 60, Private: true},
	{Name: "post", Aliases: []string{"position", "岗位", "职务", "岗位名称"}, Required: true, MaxLen: 40},
	{Name: "area", Aliases: []string{"area_code", "区域代码", "居委会代码", "所属居委会代码", "单位代码", "区划代码"}, Required: true, Type: tabular.Code, Digits: []int{6, 9, 12, 15}},
	{Name: "phone", Aliases: []string{"mobile", "手机", "电话", "联系电话"}, Type: tabular.Phone, MaxLen: 30, Private: true},
}}

// Residents is the table of the frame of residents.
var Residents = tabular.Spec{Name: "residents", Columns: []tabular.Column{
	{Name: "household", Aliases: []string{"household_id", "户号", "户编号", "家庭编号"}, Required: true, Type: tabular.Code, MaxLen: 40, Private: true},
	{Name: "person", Aliases: []string{"person_id", "人员编号", "居民编号", "个人编号"}, Required: true, Type: tabular.Code, MaxLen: 40, Private: true},
	{Name: "area", Aliases: []string{"area_code", "committee_code", "居委会代码", "网格代码", "区域代码", "区划代码"}, Required: true, Type: tabular.Code, Digits: []int{12, 15}},
	{Name: "building", Aliases: []string{"楼栋", "楼号", "楼幢"}, MaxLen: 40},
	{Name: "sex", Aliases: []string{"gender", "性别"}, Required: true, Type: tabular.Enum, Allowed: []tabular.Choice{
		{Value: "m", Aliases: []string{"男", "男性", "male"}}, {Value: "f", Aliases: []string{"女", "女性", "female"}}, {Value: "u", Aliases: []string{"不详", "未知", "unknown"}}}},
	{Name: "birth_year", Aliases: []string{"year_of_birth", "出生年", "出生年份"}, Required: true, Type: tabular.Int, Min: 1880, Max: 2100},
	{Name: "tenure", Aliases: []string{"住房来源", "居住方式", "房屋性质"}, Type: tabular.Enum, Allowed: []tabular.Choice{
		{Value: "owner", Aliases: []string{"自有", "产权", "购买", "own"}}, {Value: "tenant", Aliases: []string{"租住", "租赁", "租房", "rent"}},
		{Value: "other", Aliases: []string{"其他"}}, {Value: "unknown", Aliases: []string{"不详", "未知"}}}},
	{Name: "mobile", Aliases: []string{"has_mobile", "有手机"}, Type: tabular.Flag},
	{Name: "landline", Aliases: []string{"has_landline", "有座机", "有固话"}, Type: tabular.Flag},
	{Name: "visit", Aliases: []string{"can_visit", "可上门", "可入户"}, Type: tabular.Flag},
	{Name: "wechat", Aliases: []string{"has_wechat", "有微信"}, Type: tabular.Flag},
	{Name: "status", Aliases: []string{"状态", "居住状态"}, Type: tabular.Enum, Allowed: []tabular.Choice{
		{Value: "resident", Aliases: []string{"在住", "常住", "居住"}}, {Value: "moved", Aliases: []string{"迁出", "搬离", "已迁出"}}, {Value: "deceased", Aliases: []string{"死亡", "去世", "已故"}}}},
	{Name: "name", Aliases: []string{"姓名"}, MaxLen: 60, Private: true},
	{Name: "phone", Aliases: []string{"电话", "手机", "手机号", "联系电话"}, Type: tabular.Phone, MaxLen: 30, Private: true},
	{Name: "address", Aliases: []string{"地址", "住址", "门牌", "室号"}, MaxLen: 120, Private: true},
}}

// Area converts a row of Areas.
func Area(r *tabular.Row) frame.Area {
	return frame.Area{Code: r.Get("code"), Name: r.Get("name"), Kind: r.Get("kind"), Row: r.Number}
}

// WideAreas converts a row of AreasWide into its areas, from the district down.
// seen drops those already given by an earlier row.
func WideAreas(r *tabular.Row, seen map[string]bool) []frame.Area {
	var out []frame.Area
	for _, level := range []string{"district", "street", "committee", "grid"} {
		a := frame.Area{Code: r.Get(level + "_code"), Name: r.Get(level), Row: r.Number}
		if level == "committee" {
			a.Kind = r.Get("kind")
		}
		if a.Code == "" || seen[a.Code] {
			continue
		}
		seen[a.Code] = true
		out = append(out, a)
	}
	return out
}

// Worker converts a row of Workers; phone is identity, like the name.
func Worker(r *tabular.Row) (w frame.Worker, phone string) {
	return frame.Worker{Staff: r.Get("staff"), Name: r.Get("name"), Post: r.Get("post"), Area: r.Get("area"), Row: r.Number}, r.Get("phone")
}

// Resident converts a row of Residents. A phone number or address that is given
// counts as a channel, so that the flags need not be filled in as well.
func Resident(r *tabular.Row) frame.Resident {
	year, _ := strconv.Atoi(r.At(5))
	p := frame.Resident{
		Household: r.At(0), Person: r.At(1), Area: r.At(2), Building: r.At(3), Sex: frame.Sex(r.At(4)), BirthYear: year,
		Tenure: frame.Tenure(r.At(6)), Status: frame.Status(r.At(11)),
		Identity: frame.Identity{Name: r.At(12), Phone: r.At(13), Address: r.At(14)}, Row: r.Number,
	}
	for i, c := range []frame.Contact{frame.Mobile, frame.Landline, frame.Visit, frame.WeChat} {
		if r.At(7+i) == "yes" {
			p.Contact |= c
		}
	}
	if n := p.Identity.Phone; len(n) == 11 && n[0] == '1' {
		p.Contact |= frame.Mobile
	} else if n != "" {
		p.Contact |= frame.Landline
	}
	if p.Identity.Address != "" {
		p.Contact |= frame.Visit
	}
	if p.Tenure == "" {
		p.Tenure = frame.UnknownTenure
	}
	if p.Status == "" {
		p.Status = frame.Living
	}
	return p
}
