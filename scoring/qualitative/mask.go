package qualitative

import (
	"regexp"
	"slices"
	"strings"
)

// Kind is a kind of personal data. Its value stands in brackets in the masked
// text, where the datum was.
type Kind string

// The kinds that are masked.
const (
	Phone  Kind = "电话"
	Number Kind = "证件号" // of identity cards, bank cards, accounts
	Plate  Kind = "车牌"
	Mail   Kind = "邮箱"
	WeChat Kind = "微信号" // and QQ
	Name   Kind = "姓名"
	Home   Kind = "门牌" // unit, floor and room: what lies below the building
	Link   Kind = "链接"
)

// span is a stretch of runes that is replaced.
type span struct {
	from, to int
	kind     Kind
}

// Mask replaces personal data by the name of its kind in brackets and counts
// what it replaced. Names of streets, communities, committees and buildings
// stay: they say where something is, and no more than that. Masking a masked
// text changes nothing.
//
// It knows patterns, not people: a name in the middle of a sentence without
// "Mr", "called" or the like stays. Whoever reads masked text must know that.
func Mask(text string) (string, map[Kind]int) { return (*Known)(nil).Mask(text) }

// Mask masks what the patterns find and the known names wherever they stand.
func (k *Known) Mask(text string) (string, map[Kind]int) {
	// A datum may hide behind the mask of another (a name before a number):
	// looking again until nothing changes makes masking idempotent.
	counts := map[Kind]int{}
	for range maxPasses {
		src := []rune(text)
		spans := k.spans(src)
		if len(spans) == 0 {
			break
		}
		var b strings.Builder
		at := 0
		for _, s := range spans {
			b.WriteString(string(src[at:s.from]))
			b.WriteString("[" + string(s.kind) + "]")
			counts[s.kind]++
			at = s.to
		}
		b.WriteString(string(src[at:]))
		text = b.String()
	}
	return text, counts
}

// maxPasses bounds the passes; every pass shortens what is left to find.
const maxPasses = 16

// spans lists the spans to mask, in order and without overlap.
func (k *Known) spans(src []rune) []span {
	norm := make([]rune, len(src))
	digits := 0
	for i, r := range src {
		norm[i] = narrow(r)
		if _, ok := chineseDigit[norm[i]]; ok || norm[i] >= '0' && norm[i] <= '9' {
			digits++
		}
	}
	s := string(norm)
	index := runeIndex(s, len(norm))
	var out []span
	for _, p := range patterns {
		if p.digits > digits {
			continue
		}
		for _, m := range p.re.FindAllStringSubmatchIndex(s, -1) {
			g := 2 * p.group
			if m[g] < 0 || p.keep != nil && p.keep(s, m) {
				continue
			}
			out = append(out, span{index[m[g]], index[m[g+1]], p.kind})
		}
	}
	out = append(out, names(norm)...)
	out = append(out, people(norm)...)
	out = append(out, spoken(norm)...)
	out = append(out, free(norm)...)
	out = append(out, pairs(norm)...)
	out = append(out, lattice(norm)...)
	out = append(out, k.find(norm)...)
	out = append(out, listed(norm, out)...)
	out = append(out, mentions(norm, out)...)
	return merge(norm, out)
}

// runeIndex maps byte offsets to rune offsets.
func runeIndex(s string, n int) []int {
	index := make([]int, len(s)+1)
	k := 0
	for i := range s {
		index[i] = k
		k++
	}
	index[len(s)] = n
	return index
}

// merge sorts spans, joins those that overlap under the kind of the longer one,
// and leaves out what lies within brackets that a mask has already made.
func merge(norm []rune, spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return b.to - a.to
	})
	done := masked(norm)
	var out []span
	for _, s := range spans {
		if s.from >= s.to || slices.ContainsFunc(done, func(d span) bool { return s.from < d.to && d.from < s.to }) {
			continue
		}
		if k := len(out) - 1; k >= 0 && s.from < out[k].to {
			if s.to-s.from > out[k].to-out[k].from {
				out[k].kind = s.kind
			}
			out[k].to = max(out[k].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

var kinds = []Kind{Phone, Number, Plate, Mail, WeChat, Name, Home, Link}

// masked lists the masks that stand in a text.
func masked(norm []rune) []span {
	var out []span
	for i, r := range norm {
		if r != '[' {
			continue
		}
		for _, k := range kinds {
			m := []rune("[" + string(k) + "]")
			if i+len(m) <= len(norm) && slices.Equal(norm[i:i+len(m)], m) {
				out = append(out, span{from: i, to: i + len(m)})
			}
		}
	}
	return out
}

// pattern masks one group of a regular expression.
type pattern struct {
	kind   Kind
	group  int
	digits int // fewest digits that a text must have for it
	re     *regexp.Regexp
	keep   func(s string, m []int) bool // true: leave this match alone
}

const (
	sep     = `[-\s.·—_]?`
	provs   = `[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]`
	numeral = `[0-9一二三四五六七八九十百零〇两]`
)

var patterns = []pattern{
	{kind: Link, re: regexp.MustCompile(`https?://[A-Za-z0-9./?=&_%#:~+-]+`)},
	{kind: Mail, re: regexp.MustCompile(`[A-Za-z0-9._%+-]{2,} ?(?:\(at\)|\[at\]|#at#) ?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)},
	{kind: Mail, re: regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`)},
	// 18 digits of an identity card with its date of birth, or 15 of the old one.
	{kind: Number, digits: 15, re: regexp.MustCompile(`[1-9]\d{5}(?:18|19|20)\d{2}(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{3}[0-9Xx]`)},
	{kind: Number, digits: 15, group: 1, re: regexp.MustCompile(`(?:^|\D)(\d{15,19}[Xx]?)(?:\D|$)`)},
	{kind: Number, digits: 15, group: 1, re: regexp.MustCompile(`(?:^|\D)(\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{3,4}(?:[ -]\d{1,3})?)(?:\D|$)`)},
	{kind: Number, digits: 15, group: 1, re: regexp.MustCompile(`(?:^|\D)([1-9]\d{5}[ -]?(?:18|19|20)\d{2}[ -]?(?:0\d|1[0-2])[ -]?(?:[0-2]\d|3[01])[ -]?\d{3}[0-9Xx])`)},
	{kind: Number, digits: 6, group: 1, re: regexp.MustCompile(`(?:身份证|证件|护照|社保卡?|医保卡?|银行卡|卡|账户?|帐户?)(?:号码?)?(?:是|为)?\s*[:：]?\s*([A-Za-z]{0,2}\d{6,}[Xx]?)`)},
	{kind: Phone, digits: 11, group: 1, re: regexp.MustCompile(`(?:^|[^\d.])((?:\+?86` + sep + `)?1[3-9]\d` + sep + `\d{4}` + sep + `\d{4})(?:\D|$)`)},
	{kind: Phone, digits: 11, group: 1, re: regexp.MustCompile(`(?:^|\D)(1[3-9]\d` + sep + `\d{3}` + sep + `\d{5})(?:\D|$)`)},
	{kind: Phone, digits: 10, group: 1, re: regexp.MustCompile(`(?:^|\D)([(（]?0(?:10|2\d|[3-9]\d{2})[)）]?` + sep + `[2-9]\d{2,3}` + sep + `\d{4})(?:\D|$)`)},
	{kind: Phone, digits: 7, group: 1, re: regexp.MustCompile(`(?:电话|手机|联系方式|致电|来电|拨打|座机|号码|[Tt][Ee][Ll])(?:号码?)?(?:是|为)?\s*[:：]?\s*([2-9]\d{2,3}` + sep + `\d{4})(?:\D|$)`)},
	{kind: Plate, digits: 3, re: regexp.MustCompile(provs + `\s?[A-HJ-NP-Za-hj-np-z]\s?[·•.\-]?\s?(?:[A-HJ-NP-Za-hj-np-z0-9]\s?){4}[A-HJ-NP-Za-hj-np-z0-9挂学警]{1,2}`), keep: notPlate},
	{kind: WeChat, group: 1, re: regexp.MustCompile(`(?:微信号?|威信|薇信|[Vv]信|加[Vv]|[+][Vv]|[Vv][Xx]|[Ww][Xx]|[Ww]e[Cc]hat)(?:号|是|为|ID|id)?\s*[:：]?\s*([A-Za-z][-_A-Za-z0-9]{5,19})`)},
	{kind: WeChat, digits: 5, group: 1, re: regexp.MustCompile(`(?:[Qq][Qq]|扣扣)(?:群|号码?)?(?:是|为)?\s*[:：]?\s*([1-9]\d{4,11})`)},
	// What stands behind a building: unit, floor, room.
	{kind: Home, digits: 1, group: 1, re: regexp.MustCompile(`(?:[0-9A-Za-z一二三四五六七八九十百]+(?:号楼|[栋幢座弄号]|号院))\s*((?:` + numeral + `{1,4}\s*(?:单元|门洞?))?\s*[-—、之]?\s*(?:` + numeral + `{1,3}\s*[楼层])?\s*[-—、之]?\s*(?:[A-Za-z]?\d{3,4}[A-Za-z]?(?:室|房间?|户)?|` + numeral + `{1,5}(?:室|房间?|户)))`), keep: notHome},
	{kind: Home, digits: 1, re: regexp.MustCompile(numeral + `{1,3}\s*单元(?:\s*` + numeral + `{1,3}\s*[楼层])?(?:\s*[A-Za-z]?` + numeral + `{1,5}\s*(?:室|房间?|户)?)?`), keep: plainUnit},
	{kind: Home, digits: 3, group: 1, re: regexp.MustCompile(`(?:^|[^0-9])((?:\d{1,3}[-—])?(?:\d{1,2}[-—])?[A-Za-z]?\d{3,4}[A-Za-z]?\s*室)`)},
	{kind: Home, digits: 2, group: 1, re: regexp.MustCompile(`(?:^|[^0-9第一二三四五六七八九十])([一二三四五六七八九][一二三四五六七八九十零〇]{2,3}[室号]?室)`)},
	{kind: Home, digits: 3, group: 1, re: regexp.MustCompile(`(?:楼上|楼下|隔壁|对门|对面|我家|家住|住在?)(?:的|是)?\s*((?:\d{1,2}[-—])?[1-9]\d{2,3})(?:[^0-9年月日元人个次家米平点多名万路线辆块天岁.]|$)`)},
	{kind: Home, digits: 4, group: 1, re: regexp.MustCompile(`(?:^|[^0-9])(?:\d{1,3})([-—]\d{1,2}[-—]\d{3,4})(?:[^0-9]|$)`)},
}

// notPlate leaves alone what has no digit in it, such as words in Latin script.
func notPlate(s string, m []int) bool {
	return strings.IndexFunc(s[m[0]:m[1]], func(r rune) bool { return r >= '0' && r <= '9' }) < 0
}

// notHome leaves alone years and dates behind a number ("12号2026年").
func notHome(s string, m []int) bool {
	rest := s[m[3]:]
	for _, unit := range []string{"年", "月", "日", "元", "人", "个", "次", "家", "米", "平", "点", "多", "名", "万", "路", "线", "辆", "户居", "户人"} {
		if strings.HasPrefix(rest, unit) {
			return true
		}
	}
	return strings.TrimSpace(s[m[2]:m[3]]) == ""
}

// plainUnit leaves alone the word for a unit of counting ("三单元楼").
func plainUnit(s string, m []int) bool { return strings.HasPrefix(s[m[1]:], "楼") }
