package demo

import (
	"fmt"
	"math/rand/v2"

	"gongping/survey/frame"
)

// Names are clearly synthetic: residents carry 某, workers and officials 例 as
// second character. Phone numbers begin with 000, which no number in China
// does and which cannot be dialled.
var (
	surnames = []rune("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文")
	stems    = []rune("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥")
	digits   = []rune("〇一二三四五六七八九")
)

func residentName(r *rand.Rand) string {
	return string([]rune{pick(r, surnames), '某', pick(r, stems), pick(r, digits)})
}

func officialName(r *rand.Rand) string {
	return string([]rune{pick(r, surnames), '例', pick(r, stems)})
}

// tenant is the tenure of people who rent.
const tenant = string(frame.Tenant)

// PhonePrefix begins every phone number of the demonstration.
const PhonePrefix = "000"

func phoneNumber(index int) string { return fmt.Sprintf("%s%08d", PhonePrefix, index*7+13) }

// writeFrame numbers households and people by committee, building and flat and
// gives them names and contacts.
func (w *World) writeFrame(all []*household, n int) {
	w.People = make([]Person, 0, n)
	next := 0
	for i := range w.committees {
		c := &w.committees[i]
		c.first = len(w.People)
		from := next
		for next < len(all) && all[next].committee == i {
			next++
		}
		r := stream(w.Seed, stageIdentity, uint64(i))
		building, flat := 0, 0
		for k, h := range all[from:next] {
			if b := k * c.buildings / (next - from); b != building {
				building, flat = b, 0
			}
			w.writeHousehold(r, h, i, building, flat, from+k)
			flat++
		}
		c.population = len(w.People) - c.first
	}
}

// writeHousehold adds the people of household number to building b of a
// committee; flat counts within the building, four to a floor.
func (w *World) writeHousehold(r *rand.Rand, h *household, ci, b, flat, number int) {
	c := &w.committees[ci]
	for _, p := range h.members {
		p.index, p.committee = len(w.People), ci
		p.ID = fmt.Sprintf("XH%07d", p.index+1)
		p.HouseholdID = fmt.Sprintf("XHH%06d", number+1)
		p.Committee, p.Grid = c.code, c.gridCode(b*c.grids/c.buildings)
		p.Building = fmt.Sprintf("%d号楼", b+1)
		p.BirthYear = w.Options.Today.Year() - p.age
		p.Name = residentName(r)
		if chance(r, phoneShare(p.age)) {
			p.Phone = phoneNumber(p.index)
		}
		if p.Phone == "" || !chance(r, 0.02) {
			p.Address = fmt.Sprintf("%s%s%s示例小区%s%s室", DistrictName, c.streetName, c.name, p.Building, fmt.Sprintf("%d%02d", 1+flat/4, 1+flat%4))
		}
		stale := 0.015
		if p.Tenure == tenant {
			stale = 0.05
		}
		p.WeChat = chance(r, 0.9) && p.Phone != "" && p.age < 75
		p.Moved = chance(r, stale)
		w.People = append(w.People, p)
	}
}

// phoneShare is how many residents of an age the source has a number of.
func phoneShare(age int) float64 {
	switch {
	case age < 60:
		return 0.84
	case age < 75:
		return 0.78
	}
	return 0.62
}
