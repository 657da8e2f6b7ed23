package appeal

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// masked stands for what the panel must not read.
const masked = "▇▇"

// personal finds what points at a person or a place without being a name that
// the system knows: numbers of phones, identities and cases, plates, and
// addresses below the building.
var personal = []*regexp.Regexp{
	regexp.MustCompile(`[0-9]{17}[0-9Xx]`),
	regexp.MustCompile(`[0-9]{7,}`),
	regexp.MustCompile(`[0-9]{3,4}[- ][0-9]{4}[- ]?[0-9]{3,4}`),
	regexp.MustCompile(`[京沪津渝苏浙皖鲁豫冀晋辽吉黑闽赣湘鄂粤桂琼川贵云藏陕甘青宁新蒙][A-Z][·•]?[A-Z0-9]{5,6}`),
	regexp.MustCompile(`[0-9一二三四五六七八九十百]+ ?(弄|号楼|号|幢|栋|单元|室|组|支弄)`),
	regexp.MustCompile(`[\p{Han}]{2,4}(街道办事处|街道|小区|新村|公寓|花园|里弄)`),
	regexp.MustCompile(`[赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹苏潘葛范彭鲁马方俞任袁柳鲍史唐薛雷贺倪汤罗郝安乐于傅卞齐康伍余顾孟黄萧尹姚邵汪毛戴宋庞纪舒项祝董梁杜阮季贾江童颜郭梅林徐邱骆高夏蔡田胡霍万卢莫丁邓洪石崔龚程陆翁段侯全秋仲宫武刘龙叶司黎白赖卓乔翟谭](某[\p{Han}]{0,2}|先生|女士|阿姨|师傅|老师|书记|主任|老伯|奶奶|爷爷|大爷|大妈|叔叔)`),
	regexp.MustCompile(`\b(Mr|Mrs|Ms|Mx|Dr)\.? [A-Z][a-z]+`),
}

// kinds are the endings of area names, without which people also say them.
var kinds = []string{"社区居民委员会", "社区居委会", "居民委员会", "居委会", "居民区", "街道办事处", "街道", "社区", "镇", "区"}

// Mask hides names (as given: of people and areas, longest first, areas also
// without their ending) and whatever looks like a phone, an identity number, a
// plate or an address.
func Mask(text string, names []string) string {
	names = slices.Clone(names)
	for _, n := range names {
		for _, k := range kinds {
			if stem, ok := strings.CutSuffix(n, k); ok && utf8.RuneCountInString(stem) >= 2 {
				names = append(names, stem)
				break
			}
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	for _, n := range names {
		if n = strings.TrimSpace(n); utf8.RuneCountInString(n) >= 2 {
			text = strings.ReplaceAll(text, n, masked)
		}
	}
	for _, re := range personal {
		text = re.ReplaceAllString(text, masked)
	}
	return text
}
