package qualitative

import (
	"math"
	"slices"
)

// A sentence is cut into words so that what its words cost together is least
// (unigram model, Viterbi), names among them: a name costs what its surname and
// the characters of its given name cost among names, and naming somebody at all
// costs something, less where people are named. A stretch is a name where the
// cheapest reading of the sentence says so, and the next best reading without
// it is clearly dearer. So an ordinary word that lies across a name's border
// speaks against it without being on any list of exceptions.

// What naming somebody costs, and what stands beside a name takes off. Chosen on
// the "seen" and "unseen" sentences and on real messages; see the method page.
const (
	nameCost  = 8.5
	openLess  = 1.5 // the left side is one where names begin
	closeLess = 1.5 // the right side is one where names end
	shortMore = 0.5 // two characters are a name less surely than three
	whoLess   = 3.0 // behind a word that asks for a person, or
	whoClose  = 3.0 // before one that hardly anything but a person goes before
	roleLess  = 4.0 // behind a role, or a word that hardly anything but a person follows
	rareExtra = 3.5 // a surname outside common, or
	vagueMore = 1.5 // one that begins many an ordinary word
)

// estates are words behind what is named after people or sounds like it: estates,
// shops, roads, firms, offices.
var estates = lex("社区", "小区", "公园", "大厦", "酒店", "宾馆", "饭店", "超市", "市场", "商场", "商品", "商业", "商贸", "物业", "科技", "集团", "公司", "花园", "大道", "体育", "派出所", "家园", "佳园", "名苑", "名都", "名城", "雅苑",
	"中路", "东路", "西路", "南路", "北路", "一路", "二路", "三路", "号线", "线", "煤矿", "水库", "河道", "组", "段", "站", "桥", "业主", "一期", "二期", "三期", "四期", "期", "号", "栋", "幢", "楼盘", "楼", "华府", "御府", "公馆", "酒楼", "渔村", "画室", "学校", "小学", "中学", "幼儿园", "医院", "服装",
	"美容", "饮食", "餐", "火锅", "面馆", "便利", "药房", "药店", "银行", "保险", "地产", "置业", "能源", "水泥", "电器", "汽车", "牌", "型", "村", "乡", "镇", "区", "州", "省", "市", "县", "市民", "峡", "岛", "广", "门",
	"国际", "养老", "英语", "公路", "政府", "地铁", "农产品", "生活", "视频", "高铁", "铜像", "新城", "世纪", "文化", "教育", "培训", "品牌", "家政", "电梯", "碧水", "新天地", "广场", "大楼", "农庄", "山庄", "巴士", "公交")

// who are words before a name that a person often follows, and a thing too;
// doers are words behind one that say what only people do or are. They carry the
// names of two characters, which nothing else gives away.
var (
	who   = lex("其中", "就是", "的是", "人是", "交给", "多谢", "谢谢", "亏了", "多亏", "托", "替", "找到", "看到", "看见", "碰到", "遇到", "问到", "打给", "借给", "租给", "卖给", "送给", "还给", "我和", "我跟", "当面", "名字是", "叫作", "人叫", "和邻居", "归")
	doers = lex("这个人", "那个人", "这人", "那人", "此人", "本人", "这家伙", "你凭", "凭什么", "两家", "几家", "占用", "霸占", "占着", "拒不", "拒绝", "擅自", "私自", "养了", "养狗", "骂人", "打人", "动手", "态度", "说话", "说过", "说他", "说她", "表示", "告诉", "答应", "上门", "来过", "来登记", "来找", "来电", "夫妻", "夫妇", "签字", "签名",
		"帮我", "帮忙", "帮助", "家里", "家的", "喝醉", "酗酒", "不讲理", "不讲道理", "住在", "住着", "住院", "去世", "生病", "退休", "下班", "上班", "和他", "和她", "和我", "是个", "是我", "是我们", "是谁", "接电话", "打电话", "等人", "一人", "二人", "两人", "反映", "投诉", "处理", "负责", "办事")
)

// lattice finds names as parts of the cheapest reading of every run of Chinese
// characters.
func lattice(norm []rune) (out []span) {
	for i := 0; i < len(norm); {
		if !han(norm[i]) {
			i++
			continue
		}
		j := i
		for j < len(norm) && han(norm[j]) {
			j++
		}
		out = append(out, read(norm, i, j)...)
		i = j
	}
	return out
}

// read reads one run.
func read(norm []rune, from, to int) (out []span) {
	var starts []int
	for i := from; i < to-1; i++ {
		if surname(norm, i) > 0 {
			starts = append(starts, i)
		}
	}
	if starts == nil {
		return nil
	}
	l := wordsOf()
	n := to - from
	best, back, named := make([]float64, n+1), make([]int8, n+1), make([]bool, n+1)
	for i := 1; i <= n; i++ {
		best[i] = math.Inf(1)
	}
	for i := 0; i < n; i++ {
		relax := func(k int, cost float64, name bool) {
			if c := best[i] + cost; c < best[i+k] {
				best[i+k], back[i+k], named[i+k] = c, int8(k), name
			}
		}
		relax(1, l.single(norm[from+i]), false)
		key := uint64(uint16(norm[from+i]))
		for k := 2; k <= 4 && i+k <= n; k++ {
			key = key<<16 | uint64(uint16(norm[from+i+k-1]))
			if c, ok := l.word[key]; ok {
				relax(k, c, false)
			}
		}
		l.names(norm, from+i, to, func(k int, cost float64) { relax(k, cost, true) })
	}
	next := 0 // length of the word behind
	for i := n; i > 0; i -= int(back[i]) {
		at, end := from+i-int(back[i]), from+i
		// A stray character beside it, which is no word of a sentence, makes it a
		// part of a longer name: of an estate, a firm, a hill.
		before := int(back[i-int(back[i])])
		stray := before == 1 && at > from && !edge(norm, at) && !after[norm[at-1]] || next == 1 && !ends(norm, end) && !doing[norm[end]] && startsAny(norm, end, peers) == 0 && startsAny(norm, end, doers) == 0
		stray = (stray || placed(norm, at, end)) && !behind(norm, at, roles) && !behind(norm, at, strong)
		if named[i] && !stray {
			out = append(out, span{at, end, Name})
		}
		next = int(back[i])
	}
	return out
}

// placed tells whether something is named before or behind which rather belongs to
// a place or a thing: a street before it, a number, a dash of a route.
func placed(norm []rune, at, end int) bool {
	if at > 0 && (norm[at-1] >= '0' && norm[at-1] <= '9' || slices.Contains([]rune("-—·~道镇乡区县路市省州街名为"), norm[at-1])) {
		return true
	}
	return end < len(norm) && (norm[end] >= '0' && norm[end] <= '9' || slices.Contains([]rune("-—·~"), norm[end]))
}

// placeName tells whether a name ends as hills, ponds and bridges do, or is that
// of a family's place (罗家冲).
func placeName(name []rune) bool {
	last := name[len(name)-1]
	return len(name) == 3 && (name[1] == '家' || last == '冲' || last == '岭' || last == '塘' || last == '湾' || last == '坪' || last == '坳' || last == '桥' || last == '湖' || last == '园' || last == '城' || last == '堆' || last == '线' || last == '套' || last == '景' || last == '姓' || last == '家' || last == '山' || last == '乡' || last == '岸' || last == '营' || last == '苑' || last == '汇' || last == '岗' || last == '蔻' || last == '蒂' || last == '拱') ||
		len(name) == 2 && (last == '姓' || last == '家' || last == '桥' || last == '岭' || last == '湖' || last == '王' || last == '楚' || last == '岗' || last == '山')
}

// names offers the names that could begin at a place.
func (l *wordlist) names(norm []rune, at, to int, offer func(k int, cost float64)) {
	n := surname(norm, at)
	if n == 0 || startsAny(norm, at+n, titles) > 0 {
		return
	}
	c := l.char[norm[at]]
	base := nameCost + c.surname
	if n > 1 {
		base = nameCost + 6
	} else if !common[norm[at]] {
		base += rareExtra
	} else if vague[norm[at]] {
		base += vagueMore
	}
	if behind(norm, at, roles) || behind(norm, at, strong) {
		base -= roleLess
	} else if behind(norm, at, who) {
		base -= whoLess
	} else if edge(norm, at) {
		base -= openLess
	}
	for k := 1; k <= 2; k++ {
		end := at + n + k
		if end > to || end < len(norm) && (places[norm[end]] || startsAny(norm, end, estates) > 0) || particle(norm[at+n:end]) || placeName(norm[at:end]) || wordAcross(norm, at, end, true) {
			continue
		}
		cost := base
		if k == 1 {
			cost += l.char[norm[end-1]].alone + shortMore
		} else {
			cost += l.char[norm[end-2]].first + l.char[norm[end-1]].second
		}
		switch {
		case end < len(norm) && startsAny(norm, end, doers) > 0:
			cost -= whoClose
		case ends(norm, end) || doing[norm[end]] || startsAny(norm, end, peers) > 0:
			cost -= closeLess
		}
		offer(n+k, cost)
	}
}
