package demo

import (
	"hash/fnv"
	"strconv"
	"strings"

	"gongping/scoring/qualitative"
)

// rule says how the simulated coders code a text that holds a word.
type rule struct {
	word, topic string
	matter      qualitative.Matter
	department  string
	polarity    int
	// doubt is whose matter a coder thinks it is who sees it otherwise.
	doubt qualitative.Matter
}

const (
	blame  = qualitative.Negative
	wanted = qualitative.Neutral
	good   = qualitative.Positive
)

// rules follow the pieces of comment.go; the first words of a text decide, and
// a text may hold several.
var rules = []rule{
	{"漏水", "service.dispute", qualitative.Residents, "", blame, qualitative.Committee},
	{"困难补助", "life.benefit", qualitative.Department, "civil", blame, qualitative.Committee},
	{"公共走道", "service.dispute", qualitative.Residents, "", blame, qualitative.Committee},
	{"停车费", "property.parking", qualitative.Property, "", blame, qualitative.Committee},
	{"跑了三趟", "service.errand", qualitative.Committee, "", blame, qualitative.Committee},
	{"同意装电梯", "property.lift", qualitative.Residents, "", blame, qualitative.Committee},
	{"狗叫", "environment.pets", qualitative.Department, "police", blame, qualitative.Beyond},
	{"拆违", "environment.illegal", qualitative.Department, "urban", blame, qualitative.Committee},
	{"学区", "other.school", qualitative.Beyond, "", blame, qualitative.Committee},
	{"广场舞", "environment.noise", qualitative.Residents, "", blame, qualitative.Committee},
	{"楼组长", "voice.council", qualitative.Committee, "", blame, qualitative.Committee},
	{"摄像头", "environment.security", qualitative.Committee, "", blame, qualitative.Property},
	{"医保", "life.health", qualitative.Department, "health", blame, qualitative.Committee},
	{"纠纷", "service.dispute", qualitative.Residents, "", blame, qualitative.Committee},
	{"疫情", "other.relocation", qualitative.Beyond, "", blame, qualitative.Committee},
	{"动迁", "other.relocation", qualitative.Beyond, "", blame, qualitative.Beyond},
	// Where a text speaks of the broken lift alone, that is the property manager's.
	{"开会表决", "property.lift", qualitative.Department, "housing", blame, qualitative.Property},
	{"上下楼太苦", "property.lift", qualitative.Property, "", blame, qualitative.Committee},
	{"靠人背", "property.lift", qualitative.Property, "", blame, qualitative.Committee},
	// The collective complaint otherwise: to press for the lift is the committee's part.
	{"电梯又坏", "property.lift", qualitative.Committee, "", blame, qualitative.Property},
	{"的电梯", "property.lift", qualitative.Committee, "", blame, qualitative.Property},
	{"电梯问题", "property.lift", qualitative.Committee, "", blame, qualitative.Property},
	{"月电梯", "property.lift", qualitative.Committee, "", blame, qualitative.Property},
	{"就是电梯", "property.lift", qualitative.Committee, "", blame, qualitative.Property},
	{"下不了楼", "property.lift", qualitative.Committee, "", blame, qualitative.Property},
	{"充电位", "environment.safety", qualitative.Property, "", wanted, qualitative.Committee},
	{"巡逻", "environment.security", qualitative.Department, "police", wanted, qualitative.Committee},
	{"停车位", "property.parking", qualitative.Property, "", wanted, qualitative.Property},
	{"维修资金", "property.fund", qualitative.Department, "housing", wanted, qualitative.Property},
	{"议事会", "voice.council", qualitative.Committee, "", wanted, qualitative.Committee},
	{"楼道灯", "property.repair", qualitative.Property, "", wanted, qualitative.Committee},
	{"年轻人", "life.activity", qualitative.Committee, "", wanted, qualitative.Committee},
	{"通知", "voice.notice", qualitative.Committee, "", wanted, qualitative.Committee},
	{"遛狗", "environment.pets", qualitative.Department, "police", wanted, qualitative.Residents},
	{"健身器材", "property.repair", qualitative.Property, "", wanted, qualitative.Committee},
	{"快递柜", "environment.clean", qualitative.Property, "", wanted, qualitative.Committee},
	{"租客", "voice.council", qualitative.Department, "housing", wanted, qualitative.Committee},
	{"积水", "environment.clean", qualitative.Department, "greening", wanted, qualitative.Property},
	{"施工", "environment.noise", qualitative.Department, "urban", wanted, qualitative.Committee},
	{"食堂", "life.elderly", qualitative.Department, "civil", wanted, qualitative.Committee},
	{"值班电话", "service.hours", qualitative.Committee, "", wanted, qualitative.Committee},
	{"热心", "service.manner", qualitative.Committee, "", good, qualitative.Committee},
	{"有人接", "service.speed", qualitative.Committee, "", good, qualitative.Committee},
	{"看望老人", "life.elderly", qualitative.Committee, "", good, qualitative.Committee},
	{"堆物", "environment.clean", qualitative.Committee, "", good, qualitative.Property},
	{"垃圾分类", "environment.clean", qualitative.Committee, "", good, qualitative.Property},
	{"第二趟", "service.errand", qualitative.Committee, "", good, qualitative.Committee},
	{"活动室", "life.activity", qualitative.Committee, "", good, qualitative.Committee},
	{"加装电梯前前后后", "property.lift", qualitative.Committee, "", good, qualitative.Property},
	{"回得快", "service.speed", qualitative.Committee, "", good, qualitative.Committee},
	{"托管班", "life.children", qualitative.Committee, "", good, qualitative.Committee},
	{"台风", "environment.safety", qualitative.Committee, "", good, qualitative.Committee},
	{"报警铃", "life.elderly", qualitative.Committee, "", good, qualitative.Committee},
	{"非常满意", "other.general", qualitative.Committee, "", good, qualitative.Committee},
	{"非常好", "other.general", qualitative.Committee, "", good, qualitative.Committee},
}

// Judge is how a simulated coder codes a comment: by rule, except that coders
// now and then see it otherwise, each in their own places. A third coder always
// follows the rule.
func Judge(text string, coder int) []qualitative.Code {
	var out []qualitative.Code
	for _, r := range rules {
		if !strings.Contains(text, r.word) || has(out, r.topic) {
			continue
		}
		c := qualitative.Code{Topic: r.topic, Polarity: r.polarity, Matter: r.matter, Department: r.department}
		if c.Polarity == wanted && (strings.Contains(text, "说了好几次了") || strings.Contains(text, "没有")) {
			c.Polarity = blame
		}
		switch whim(text, coder) {
		case 0:
			c.Matter, c.Department = r.doubt, ""
			if r.doubt == r.matter {
				c.Polarity = wanted
			}
		case 1:
			continue // overlooked
		}
		out = append(out, c)
		if len(out) == 2 {
			break
		}
	}
	return out
}

func has(list []qualitative.Code, topic string) bool {
	for _, c := range list {
		if c.Topic == topic {
			return true
		}
	}
	return false
}

// whim is 0 and 1 for about one text in fifteen each, and another number for the rest.
func whim(text string, coder int) int {
	if coder > 1 {
		return 2
	}
	h := fnv.New32a()
	h.Write([]byte(strconv.Itoa(coder) + text))
	return int(h.Sum32() >> 8 % 15)
}
