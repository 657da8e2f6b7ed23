package qualitative

import "slices"

var (
	surnames = set("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保蔺湛邝荣佘昝邰缪詹笪")
	compound = lex("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙", "夏侯", "司徒")
	// Characters that are far more often a word than a surname: alone before a
	// title they name nobody.
	words = set("高成方任时向常路关连全和应来官花位原明强台都单保解管木安于宫乐计商盖封边车华司池党都")
	// titles come right behind a name. Those that also follow ordinary words
	// (主任, 书记 …) need a surname that is not one of words.
	titles = lex("先生", "女士", "小姐", "太太", "大爷", "大妈", "大伯", "阿姨", "叔叔", "师傅", "老师", "主任", "书记", "站长", "经理", "队长", "医生", "警官", "同志", "老太", "老伯", "奶奶", "爷爷", "社工", "某某", "某", "大姐", "大哥", "大叔", "大娘", "大嫂", "伯伯", "婆婆", "叔", "律师", "法官", "护士", "教授", "村长", "镇长", "局长", "科长", "处长", "校长", "院长", "所长", "会计", "老板", "组长", "楼长", "队员", "主席", "委员", "干部", "副主任", "副书记", "警察", "民警", "阿婆", "阿公", "爷叔", "医师", "厅长", "老支书", "部长", "市长", "区长", "县长", "乡长", "支书", "会长", "董事长", "总经理", "主管", "警长", "班长", "店长", "园长", "秘书", "教练", "法师", "嫂子", "伯母", "婶婶", "夫人", "女儿", "儿子")
	// personal are the titles that follow nothing but a name, so that a surname
	// that is also a word is one before them.
	personal = lex("先生", "女士", "小姐", "太太", "大爷", "大妈", "大伯", "阿姨", "叔叔", "师傅", "老伯", "奶奶", "爷爷", "大姐", "大哥", "大叔", "大娘", "大嫂", "阿婆", "爷叔")
	// before lists what a name follows.
	before = lex("我叫", "名叫", "叫做", "本人姓名", "姓名", "联系人", "投诉人", "举报人", "反映人", "申请人", "当事人", "业主姓名", "本人是", "落款", "署名", "申诉人", "上访人", "信访人", "报告人", "来信人", "来电人", "求助人", "经办人", "负责人", "责任人", "法人", "法人代表", "户主", "户名", "收款人", "肇事人", "实名举报")
	// Beginnings of ordinary words that look like surname and given name.
	ordinary = lex("周边", "周围", "周末", "周一", "周二", "周三", "周四", "周五", "周六", "周日", "高中", "高层", "马路", "马上", "江边", "孙子", "孙女", "石头", "白天", "黄色", "金额", "方面", "方便",
		"任何", "任务", "陈旧", "张贴", "安全", "安装", "安排", "安置", "毛病", "程度", "程序", "余下", "于是", "于此", "向上", "常年", "万一", "段时", "杨树", "林荫", "徐汇", "叶子", "谢谢", "钱款", "严重", "严格", "曾经",
		"田地", "史上", "许多", "何时", "何处", "应该", "郑重", "宋体", "唐突", "韩国", "党员", "党支", "党委", "管理", "管道", "明确", "原来", "华东", "单位", "单元", "车位", "车库", "和谐", "和平", "和我", "解决", "解释",
		"成立", "成为", "时间", "时候", "关于", "关系", "连续", "全部", "全体", "来电", "来访", "位于", "都是", "都不", "计划", "商量", "商户", "强烈", "荣誉", "荣获", "荣耀", "路灯", "路口", "边上", "边的", "花园", "保安", "保洁", "乐山", "古美",
		"梅陇", "龙华", "康健", "田林", "漕河", "凌云", "华泾", "虹梅", "长桥", "斜土", "枫林", "天平", "湖南", "石龙", "钦州", "桂林", "宜山", "文定", "南丹", "万体", "上海", "江苏", "胡说", "马虎", "温暖", "金山", "常常", "高兴", "简单", "盛夏", "房东", "房子", "房屋", "房产", "房地", "何意", "何必", "何况", "仲裁", "项目", "位班", "华银", "于广", "施工", "程明", "万科", "金科", "习惯", "习总", "席位", "班主", "代表", "政府")
)

func set(s string) map[rune]bool {
	m := map[rune]bool{}
	for _, r := range s {
		m[r] = true
	}
	return m
}

// lexicon is a list of words by their first character, in the order given.
type lexicon map[rune][][]rune

func lex(list ...string) lexicon {
	l := lexicon{}
	for _, w := range list {
		r := []rune(w)
		l[r[0]] = append(l[r[0]], r)
	}
	return l
}

// startsAny is the length of the first word of a list that begins at a place, 0
// for none.
func startsAny(norm []rune, at int, list lexicon) int {
	if at < 0 || at >= len(norm) {
		return 0
	}
	for _, w := range list[norm[at]] {
		if at+len(w) <= len(norm) && slices.Equal(norm[at:at+len(w)], w) {
			return len(w)
		}
	}
	return 0
}

// surname is the length of the surname that begins at a place, 0 where none does.
func surname(norm []rune, at int) int {
	if n := startsAny(norm, at, compound); n > 0 {
		return n
	}
	if at < len(norm) && surnames[norm[at]] && startsAny(norm, at, ordinary) == 0 {
		return 1
	}
	return 0
}

// edge tells whether a name may begin at a place: at the start, behind a sign,
// or behind a word that names come behind. Inside a word no name begins.
func edge(norm []rune, at int) bool {
	if at == 0 || !han(norm[at-1]) {
		return true
	}
	return slices.Contains([]rune("的是叫找和跟与让向给被请问对由把为比说到有姓位了都委在"), norm[at-1])
}

// names finds names by what stands before or behind them.
func names(norm []rune) []span {
	var out []span
	for i := range norm {
		if n := startsAny(norm, i, before); n > 0 {
			if s, ok := announced(norm, i+n); ok {
				out = append(out, s)
			}
		}
		n := surname(norm, i)
		if n == 0 {
			continue
		}
		if s, ok := titled(norm, i, n); ok {
			out = append(out, s)
		}
	}
	return out
}

// announced is the name behind a word that announces one: a surname and one or
// two characters, up to a sign or a word that ends it.
func announced(norm []rune, at int) (span, bool) {
	for at < len(norm) && (norm[at] == ' ' || norm[at] == ':' || norm[at] == ';' || norm[at] == '为' || norm[at] == '是') {
		at++
	}
	n := surname(norm, at)
	if n == 0 {
		return span{}, false
	}
	end := at + n
	for end < len(norm) && end < at+n+2 && han(norm[end]) && !slices.Contains([]rune("的住是在说家电身"), norm[end]) {
		end++
	}
	if end == at+n {
		return span{}, false
	}
	if end < len(norm) && han(norm[end]) && !slices.Contains([]rune("的住是在说家电身手联今年现系"), norm[end]) {
		return span{}, false // the run goes on: more likely a sentence than a name
	}
	return span{at, end, Name}, true
}

// titled is the name before a title: a surname alone ("王女士"), or a surname
// with one or two characters where a name can begin ("找李小明师傅").
func titled(norm []rune, at, n int) (span, bool) {
	alone := n > 1 || !words[norm[at]] || edge(norm, at) && startsAny(norm, at+n, personal) > 0
	if t := startsAny(norm, at+n, titles); t > 0 && alone && !(at > 0 && inWord(norm, at)) {
		return span{at, at + n, Name}, true
	}
	if !edge(norm, at) {
		return span{}, false
	}
	for given := 1; given <= 2; given++ {
		end := at + n + given
		if end > len(norm) || !han(norm[end-1]) {
			break
		}
		if startsAny(norm, end, titles) > 0 && startsAny(norm, at+n, titles) == 0 && !particle(norm[at+n:end]) && !wordAcross(norm, at, end, false) {
			return span{at, end, Name}, true
		}
	}
	return span{}, false
}

// inWord tells whether the character before belongs to the surname's character:
// "业主任" is no Mr 主, "物业经理" no Mr 业.
func inWord(norm []rune, at int) bool {
	pair := string(norm[at-1 : at+1])
	return slices.Contains([]string{"社区", "小区", "学校", "平安", "公安", "保安", "治安", "西安", "办成", "部门", "地方", "对方", "双方", "多方", "警方", "光荣", "繁荣", "院方", "校方", "街道", "马路", "黑龙", "阿里", "大连", "物管", "城管", "主管", "分管", "协管", "上海", "浦江", "长江", "松江", "张江", "感谢", "多谢", "答谢", "致谢", "谢谢"}, pair)
}

// particle tells whether given names would hold a character that names do not.
func particle(given []rune) bool {
	for _, r := range given {
		if slices.Contains([]rune("的了是在有和与跟也都就还不没很这那个们位说要会能被把给到从对向让找请去来上下里外区楼街路村镇市县办委"), r) {
			return true
		}
	}
	return false
}

var chineseDigit = map[rune]byte{'零': '0', '〇': '0', '一': '1', '幺': '1', '二': '2', '三': '3', '四': '4', '五': '5', '六': '6', '七': '7', '八': '8', '九': '9'}

// spoken finds mobile numbers that are written out in characters, wholly or in
// part: eleven in a row that begin like one.
func spoken(norm []rune) []span {
	var out []span
	for i := 0; i < len(norm); {
		j, word := i, false
		var number []byte
		for j < len(norm) {
			if d, ok := chineseDigit[norm[j]]; ok {
				number, word = append(number, d), true
			} else if norm[j] >= '0' && norm[j] <= '9' {
				number = append(number, byte(norm[j]))
			} else {
				break
			}
			j++
		}
		if word && len(number) == 11 && number[0] == '1' && number[1] >= '3' {
			out = append(out, span{i, j, Phone})
		}
		i = max(j, i+1)
	}
	return out
}
