package demo

import "math/rand/v2"

// The pieces of comments. They are invented; none is a citizen's own text.
var (
	praiseOpen = []string{"", "总体不错，", "挺好的，", "这两年变化大，", "说实话，", "我们楼里都说，", "比以前强，"}
	praise     = []string{"居委会的同志很热心", "反映问题有人接、有人管", "社工经常上门看望老人", "楼道堆物清理得干净", "垃圾分类志愿者很负责",
		"办事不用跑第二趟", "活动室开放时间长了，老人很开心", "加装电梯前前后后帮了不少忙", "群里问事情回得快", "暑期小孩托管班办得好",
		"夏天台风前挨家提醒，很安心", "给独居老人装了报警铃"}
	praiseEnd = []string{"。", "，谢谢。", "，希望坚持下去。", "，继续加油！", "，点个赞。"}

	wishOpen = []string{"", "建议", "希望", "最好能", "能不能"}
	wish     = []string{"多安排几个电动车充电位", "晚上加强小区巡逻", "把停车位重新规划一下", "公开维修资金的用途", "议事会放在周末开，上班的人也能参加",
		"楼道灯坏了早点修", "多办一些年轻人的活动", "通知不要只发在群里，楼下也贴一张", "管一管遛狗不牵绳", "把健身器材修一修",
		"快递柜旁边的垃圾及时清理", "租客也能参加小区的投票", "下雨天门口积水处理一下", "早上施工的声音管一管", "开个老年食堂或者送餐点",
		"居委会下班后留一个值班电话"}
	wishEnd = []string{"。", "，谢谢！", "，说了好几次了。", "，其他都还行。", "，辛苦了。"}

	// Lone grievances: each with an own reason. Some are misunderstandings,
	// some lie outside the committee's remit, some are disputes; some are just.
	grievanceSaid = []string{
		"楼上漏水吵了半年，居委会调解偏袒对方，不公平！", "我的困难补助没批，问就说不符合条件，谁知道怎么评的。",
		"邻居装修占了公共走道，找居委会没有用。", "停车费涨价居委会也不管，物业说了算。", "上次去办证明，让我跑了三趟，态度很差。",
		"我家不同意装电梯，居委会天天来做工作，烦死了。", "狗叫扰民报了几次警，居委会说不归他们管，那归谁管？",
		"拆违只拆我家，别人家的都不动。", "孩子上学的学区问题，居委会一问三不知。", "楼下跳广场舞，反映了没人理。",
		"选楼组长没有通知我，被人做了手脚。", "给我家门口装摄像头没有征求意见，侵犯隐私。", "医保的事情找居委会推来推去。",
		"跟隔壁的纠纷明明是他不对，居委会和稀泥。", "疫情的时候的事我还记着，一直没有给说法。", "动迁安置的老问题拖了十年，没人管。"}

	// One collective complaint: the same matter in many households' own words.
	collectiveOpen = []string{"电梯又坏了，", "我们楼的电梯", "加装的电梯", "电梯问题：", "这几个月电梯", "最急的就是电梯，", "老人下不了楼，电梯"}
	collectiveSaid = []string{"停运快两个月没人给准信", "困人好几次了，物业和居委会互相推", "修了又停，老人上下楼太苦", "报修十几次，只说在走流程",
		"维修资金的事一直不开会表决", "坏了几个月，送医院都靠人背", "隔三差五停，反映到居委会没有下文"}
	collectiveEnd = []string{"。", "，请尽快解决！", "，请街道来看看。", "，没有人给答复。", "，太不负责了。", "，都等着呢。"}

	// Coached answers: scripted.
	coachedSaid = []string{"居委会工作非常好，非常满意！", "居委会工作非常好，非常满意。", "对居委会工作非常满意，没有意见！", "非常满意，没有意见。", "居委会工作非常好，很满意，感谢！"}

	// A few residents write in English.
	englishSaid = []string{"Staff are friendly, but notices are only in Chinese.", "More charging points for e-bikes, please.", "Helpful when I registered my lease. Thank you."}
)

// comment is a person's open answer, "" for most; overall is the stored answer
// to the overall item.
func comment(r *rand.Rand, p *Person, overall string) string {
	switch p.Part {
	case Grievance:
		if !chance(r, 0.8) {
			return ""
		}
		return pick(r, grievanceSaid)
	case Collective:
		if !chance(r, 0.8) {
			return ""
		}
		return pick(r, collectiveOpen) + pick(r, collectiveSaid) + pick(r, collectiveEnd)
	case Coached:
		if !chance(r, 0.6) {
			return ""
		}
		return pick(r, coachedSaid)
	}
	happy := overall == "5" || (overall == "4" && chance(r, 0.4))
	switch {
	case !chance(r, 0.26):
		return ""
	case chance(r, 0.006):
		return pick(r, englishSaid)
	case happy && chance(r, 0.6):
		return pick(r, praiseOpen) + pick(r, praise) + pick(r, praiseEnd)
	}
	return pick(r, wishOpen) + pick(r, wish) + pick(r, wishEnd)
}
