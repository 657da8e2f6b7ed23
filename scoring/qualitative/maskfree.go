package qualitative

import "slices"

// What follows widens the search for names in three ways: names that stand free
// in a sentence (surname and two characters of given names, where at least one
// side lets a name begin or end and no ordinary word runs across its borders);
// names that stand in a list with another; and every further mention of a name
// that the same text has given away once.

var (
	// across are ordinary words that begin or end within what looks like a name:
	// where one lies over the name or its borders, it is no name.
	across = lex("周转", "关心", "关注", "关怀", "关照", "关爱", "关门", "沙场", "沙石", "计时", "计算", "万象", "苑新", "都称", "汗钱", "血汗", "价钱", "赚钱", "交钱", "收钱", "花钱", "超市", "超载", "超速", "超标", "超过", "超时", "超高", "盖章", "文章", "章程", "违章", "宁愿", "愿意", "自愿", "意愿", "钱财", "财产", "财物", "财政", "申报", "申请", "申诉", "荣盛", "齐心", "房龄", "来我", "协议", "协商", "协会", "协助", "协调", "政协", "跟踪", "顺利", "顺便", "根据", "根本", "满意", "满足", "不满", "期满", "仕家", "房源", "公司", "上司", "官司", "粪池", "规范", "师范", "示范", "范围", "何年", "何月", "何日", "石子", "党组", "汽车", "公交车", "开车", "停车", "堵车", "闯红", "车维", "车辆", "车主", "龙泉", "黄花", "可笑", "可能", "可以", "可靠", "马克", "武广", "声音", "噪声", "发声", "诚信", "容貌", "美容", "市容", "内容", "兴华", "振兴", "复兴", "新兴", "中兴", "生活", "维生", "人生", "师生", "考生", "招生", "男生", "女生", "养生", "民办", "天花", "地名", "月才", "刚才", "人才", "才能", "城池", "位于", "由于", "关于", "基于", "属于", "对于", "处于", "等于", "至于", "在于", "终于", "鉴于", "敢于", "便于", "用于", "限于", "低于", "高于", "大于", "小于", "纳于", "归于", "过于", "善于", "出于", "始于", "利于", "忙于", "急于", "不顾", "只顾", "照顾", "兼顾", "回顾", "任何", "如何", "为何", "有何", "健康", "小康", "交易", "容易", "不易", "简易", "轻易", "贸易", "文明", "文化", "文件", "文体", "文旅", "文广",
		"中心", "中学", "中国", "中华", "中年", "中午", "中介", "中央", "环境", "新生", "新安", "新建", "新型", "新村", "新城", "新区", "新闻", "新能", "安全", "安装", "安置", "安排", "安静", "安心", "平安", "保安", "治安", "公安", "维权", "维修", "维护", "福利", "民生", "民意", "民政", "民警", "民心", "民众", "民营", "国际", "国家", "国土", "国民", "国庆", "国企", "国有", "全国", "世纪", "世界", "江南", "江河", "江山", "江边", "江湾", "江苏", "长江", "浦江", "松江", "张江", "高铁", "高新", "高清", "高层", "高德", "高峰", "高平", "高度", "高质", "高龄", "高尔", "建设", "建筑", "建议", "建立", "建国路", "建成", "政府", "政策", "政务", "学生", "学校", "学习", "学院", "学区", "同学", "大学", "小学", "数学", "入学",
		"花园", "花城", "花坛", "花草", "梅花", "桂花", "桂林", "梅雨", "雨季", "天天", "天气", "天平", "天然", "天下", "昨天", "今天", "明天", "每天", "白天", "春天", "夏天", "秋天", "冬天", "夏日", "春节", "时代", "城市", "城管", "城区", "城建", "城乡", "林立", "园林", "绿林", "森林", "梅溪", "溪湖", "金融", "金额", "资金", "定金", "租金", "基金", "金钱", "黄金", "押金", "现金", "罚金", "奖金", "万元", "万国", "万达", "万科", "利润", "利益", "利用", "利息", "权利", "权益", "权力", "权属", "信息", "信任", "信用", "信访", "相信", "微信", "生活", "生意", "生态", "生命", "生产", "医生", "先生", "学前", "发生", "卫生", "产生", "明显", "明确", "说明", "证明", "声明", "表明", "明年", "光明", "永远", "永久", "立即", "立刻", "立项", "成立", "设立", "独立", "公立", "私立", "严格", "严重", "严肃", "肃纪", "华庭", "豪庭", "家庭", "法庭", "庭审", "香山", "香苑", "景香",
		"历史", "史上", "马路", "马上", "马桶", "红绿", "红线", "绿化", "绿灯", "绿地", "绿色", "清楚", "清理", "清洁", "清除", "飞机", "飞速", "武汉", "武装", "兴建", "兴趣", "山村", "山林", "龙头", "龙华", "水龙", "喜欢", "欢喜", "成功", "功能", "功利", "道德", "德国", "英语", "英文", "英国", "美国", "美丽", "美好", "美化", "俊杰路", "友好", "朋友", "网友", "女友", "男友", "战友", "友谊", "工程", "程环", "课程", "过程", "雄伟", "伟大", "车天", "车安", "房安", "项承", "承诺", "承担", "承包", "承租", "项民", "金银", "银行", "商业", "商铺", "祖国", "公祖", "老祖", "功夫", "夫妻", "工夫", "艺术", "工艺", "手艺", "园艺", "文艺", "强烈", "强调", "强制", "加强", "勉强", "强拆", "强行", "强迫", "石材", "石矿", "石油", "石化", "石头", "石板", "官兵", "司机", "查查", "梁山", "韩国", "泰国", "唐山", "宋朝", "汤圆", "秦岭", "江源", "江西", "江中", "江景", "河北", "河南", "河道", "汪洋", "温泉", "温馨", "康养", "康复", "康定", "康中", "安康", "柳树", "柳州", "齐全", "整齐", "段落", "路段", "阶段", "手段", "时段", "路灯", "雷雨", "地雷", "毛坯", "毛病", "皮毛", "白金", "金华", "金洲", "金山", "金星", "金桥", "金田", "金地", "于世", "于权", "于楚", "于国", "于枫", "于新", "于金", "沿江", "沿街", "沿路", "沿楚", "沿梅", "沿河",
		"贵州", "贵阳", "昂贵", "宝贵", "贵宾", "贵公", "贵单", "贵司", "光荣", "光纤", "光线", "阳光", "采光", "灯光", "曝光", "观光", "风光", "旅游", "武康", "文定", "文昌", "文庙", "方圆", "方正", "方舟", "大方", "地方", "双方", "对方", "官方", "余万", "余元", "余户", "其余", "多余", "剩余", "业余", "残余", "余年", "余名", "余人", "余家", "余平", "余栋", "项目", "项工", "各项", "多项", "一项", "事项", "此项", "专项", "常年", "正常", "经常", "日常", "非常", "异常", "严寒", "寒冷", "冷清", "和平", "和谐", "和善", "平和", "饱和", "总和", "祥和", "共和", "温和", "谢谢", "感谢", "答谢", "酬谢", "多谢", "祝福", "祝愿", "庆祝", "梦想", "梦幻", "梁柱", "房梁", "桥梁", "冬季", "夏季", "秋季", "春季", "四季", "季度", "旺季", "淡季", "童年", "儿童", "童装", "牛奶", "牛肉", "熊猫", "孙女", "孙子", "子孙", "胡乱", "胡同", "胡说", "朱红", "朱泾", "徐汇", "徐家", "宋体", "许可", "允许", "也许", "许多", "或许", "曾经", "不曾", "未曾", "何时", "何况", "何必", "何处", "何等", "何意", "何人", "陶瓷", "陶冶", "洪水", "防洪", "山洪", "沙发", "黄河", "黄浦", "黄海", "黄石", "黄山", "黄色", "黄沙", "杜绝", "叶子", "树叶", "姜汤", "生姜", "大蒜", "罗列", "彭浦", "薛家", "蒋家", "顾客", "顾问", "顾虑", "顾忌", "尹山", "黎明", "武功", "武夷", "武宁", "武林", "威武", "乔木", "乔迁", "龚路", "欧洲", "欧式", "欧美", "薄弱", "单薄", "柏油", "柯桥", "柴油", "柴火", "冉冉", "饶恕", "丰饶", "富饶", "池塘", "电池", "邬桥", "晋级", "晋升", "苑里", "苗圃", "苗木", "树苗", "疫苗", "鱼苗", "凌晨", "凌云", "费用", "消费", "收费", "免费", "浪费", "水费", "电费", "学费", "话费", "靳江", "符合", "相符", "穆斯", "燕子", "郎中", "新郎", "戴好", "佩戴", "爱戴", "穿戴", "游戏", "舒适", "舒服", "展开", "发展", "扩展", "进展", "展示", "庞大", "殷切", "殷实", "施工", "实施", "设施", "措施", "施惠", "倪家", "卢浮", "鲁班", "粗鲁", "庄严", "村庄", "山庄", "庄园", "岳阳", "岳父", "岳母", "辛苦", "辛勤", "艰辛", "艾草", "詹天", "冀望", "甘肃", "甘露", "景区", "景观", "风景", "景象", "背景", "场景", "全景", "夜景", "景点", "盛世", "盛大", "茂盛", "丰盛", "盛夏", "邱家", "秦皇", "屈服", "委屈", "翁婿", "裴多", "席位", "出席", "主席", "列席", "酒席")
	// peers are words behind a name that a whole household or group is called by.
	peers = lex("夫妇", "夫妻", "一家", "全家", "两口", "父子", "母子", "母女", "父女", "兄弟", "姐妹", "本人", "等人", "两人", "二人", "三人", "他们", "她们", "家里", "家的", "家门", "家人", "家养", "家装", "家漏", "家空", "家狗", "家孩", "家儿")
	// strong are words before a name that hardly anything but a person follows.
	strong = lex("找", "问", "问过", "叫", "听", "听说", "骂", "被", "跟", "请", "让", "向", "给", "劝", "举报", "投诉", "感谢", "认识", "通知", "联系", "陪", "打了", "骂了", "带着", "转告", "咨询", "求助", "委托", "指使", "包庇", "袒护", "殴打", "辱骂", "威胁", "起诉", "控告", "找过", "问了", "找了")
	// doing are characters behind a name beside those of after.
	doing = set("喝砸占堆停种扔偷敲吵闹夫租睡坐站走跑推抢抓撕写签名带抱看抽抬拿送修装拆搬卖买赌唱跳晒浇挖挡锁私威辱殴强擅故屡仍便马突反控起受负担任当成表承提发继主系亲父母妻儿女弟哥姐妹先同各即才竟居便再只多生出死")
	// vague are surnames that begin many ordinary words of three characters, as
	// lists of things have them.
	vague = set("马黄江龙牛熊石金白高毛汤万田武温方季车")
	// places are what a house of a surname is called when it is a place.
	places = set("汇村庄宅湾浜塘弄桥角巷堂坪冲坡沟河山岭坊渡寨屯店集镇园嘴木阁楼庙祠埭港界畈垸坝洼岗屋咀苑城府庭园院路街乡厂馆区县湖桥站")
)

// wordAcross tells whether an ordinary word lies over a stretch or its borders.
// Words that lie wholly within the given name (德国 in 龚德国) count only where
// inside is true: where a role stands before it, they are a given name.
func wordAcross(norm []rune, from, to int, inside bool) bool {
	for i := max(0, from-1); i < to; i++ {
		if i == from && startsAny(norm, i, ordinary) > 0 {
			return true
		}
		if n := startsAny(norm, i, across); n > 0 && i+n > from && (inside || i <= from || i+n > to) {
			return true
		}
	}
	return false
}

// behind tells whether one of the words ends where a stretch begins.
func behind(norm []rune, at int, list lexicon) bool {
	for n := 1; n <= 5 && n <= at; n++ {
		if startsAny(norm[:at], at-n, list) == n {
			return true
		}
	}
	return false
}

// free finds full names by their shape alone.
func free(norm []rune) (out []span) {
	for i, r := range norm {
		n := startsAny(norm, i, compound)
		if n == 0 {
			if !common[r] {
				continue
			}
			n = 1
		}
		if s, ok := shaped(norm, i, n); ok {
			out = append(out, s)
		}
		if n == 1 && i+2 < len(norm) && norm[i+1] == '家' && edge(norm, i) && !words[r] && r != '万' && r != '汤' && r != '农' && !places[norm[i+2]] && !wordAcross(norm, i, i+1, true) &&
			(norm[i+2] == '的' || startsAny(norm, i+1, peers) > 0) {
			out = append(out, span{i, i + 1, Name}) // 王家的空调
		}
	}
	return out
}

// shaped is the full name that a surname of n characters begins: with two given
// characters where one side is open, with one where both sides speak for it.
func shaped(norm []rune, at, n int) (span, bool) {
	if startsAny(norm, at+n, titles) > 0 {
		return span{}, false
	}
	open := edge(norm, at) || behind(norm, at, roles) || behind(norm, at, strong)
	for k := 2; k >= 1; k-- {
		end := at + n + k
		if end > len(norm) || !allGiven(norm[at+n:end]) || wordAcross(norm, at, end, true) {
			continue
		}
		closed := ends(norm, end) || doing[norm[end]] || startsAny(norm, end, peers) > 0 || startsAny(norm, end, titles) > 0
		if end < len(norm) && places[norm[end]] {
			return span{}, false
		}
		switch {
		case k == 2 && (open || closed):
			return span{at, end, Name}, true
		case k == 1 && n == 1 && closed && behind(norm, at, strong) && !(end < len(norm) && given[norm[end]]):
			return span{at, end, Name}, true
		case k == 1 && startsAny(norm, end, peers) > 0 && open:
			return span{at, end, Name}, true
		}
	}
	return span{}, false
}

func allGiven(rs []rune) bool {
	for _, r := range rs {
		if !given[r] {
			return false
		}
	}
	return true
}

// alone is the length of the name at a place whose characters need not be ones
// of given names, because a sign ends it: behind a role ("台长黄友少，") and
// between the signs of a list. 0 where there is none.
func alone(norm []rune, at int) int {
	if at >= len(norm) || !common[norm[at]] || words[norm[at]] || slices.Contains([]rune("白马金石万"), norm[at]) || startsAny(norm, at+1, titles) > 0 {
		return 0
	}
	end := at
	for end < len(norm) && end < at+4 && han(norm[end]) {
		end++
	}
	if end-at != 3 || end < len(norm) && norm[end] == ' ' || particle(norm[at+1:end]) || wordAcross(norm, at, end, false) || startsAny(norm, at+1, across) > 0 {
		return 0
	}
	return 3
}

// pairs finds two neighbours of a list that both look like names standing alone.
func pairs(norm []rune) (out []span) {
	for i := range norm {
		if i > 0 && han(norm[i-1]) || !common[norm[i]] || vague[norm[i]] {
			continue
		}
		k := alone(norm, i)
		if k > 0 && i+k < len(norm) && norm[i+k] == '、' && !vague[norm[i+k+1]] && alone(norm, i+k+1) > 0 {
			out = append(out, span{i, i + k, Name}, span{i + k + 1, i + 2*k + 1, Name})
		}
	}
	return out
}

// listed finds the names that stand beside one already found, between signs or
// joined by "and": 石林教、熊香秋、徐芳晓.
func listed(norm []rune, found []span) (out []span) {
	stop := func(i int) bool { return i < 0 || i >= len(norm) || !han(norm[i]) }
	for _, s := range found {
		if s.kind != Name || s.to-s.from < 2 {
			continue
		}
		for at := s.to; at < len(norm) && (norm[at] == '、' || norm[at] == '和' || norm[at] == '与'); {
			from := at + 1
			n := surname(norm, from)
			if n == 0 {
				break
			}
			end := 0
			for k := 2; k >= 1 && end == 0; k-- {
				e := from + n + k
				if e <= len(norm) && (stop(e) || norm[e] == '和' || norm[e] == '与' || norm[e] == '等' || after[norm[e]]) && !particle(norm[from+n:e]) && !wordAcross(norm, from, e, true) {
					end = e
				}
			}
			if end == 0 {
				break
			}
			out = append(out, span{from, end, Name})
			at = end
		}
		for at := s.from - 1; at >= 0 && (norm[at] == '、' || norm[at] == '和' || norm[at] == '与'); {
			from := -1
			for k := 3; k >= 2 && from < 0; k-- {
				b := at - k
				if b >= 0 && stop(b-1) && surname(norm, b) == 1 && !particle(norm[b+1:at]) && !wordAcross(norm, b, at, true) {
					from = b
				}
			}
			if from < 0 {
				break
			}
			out = append(out, span{from, at, Name})
			at = from - 1
		}
	}
	return out
}

// mentions finds every further mention of the full names that were found.
func mentions(norm []rune, found []span) (out []span) {
	var known Known
	for _, s := range found {
		if s.kind == Name && s.to-s.from >= 2 && !slices.Contains(norm[s.from:s.to], '某') {
			known.add(norm[s.from:s.to])
		}
	}
	return known.find(norm)
}

// Known are names that are masked wherever they stand: those of the people who
// work in a place or live there, which the server knows.
type Known struct{ names map[rune][][]rune }

// NewKnown takes names of two to four Chinese characters that begin with a
// surname; others are left out, because a single character, a post (管理员) or an
// office would mask ordinary words.
func NewKnown(names []string) *Known {
	k := &Known{}
	for _, s := range names {
		r := []rune(s)
		if len(r) < 2 || surname(r, 0) == 0 || slices.Contains([]rune("员局部办处科站所组队会委人事任长"), r[len(r)-1]) || startsAny(r, 0, across) > 0 {
			continue
		}
		k.add(r)
	}
	return k
}

// Len is the number of different names.
func (k *Known) Len() (n int) {
	for _, list := range k.names {
		n += len(list)
	}
	return n
}

func (k *Known) add(name []rune) {
	if len(name) < 2 || len(name) > 4 || slices.ContainsFunc(name, func(r rune) bool { return !han(r) }) {
		return
	}
	if k.names == nil {
		k.names = map[rune][][]rune{}
	}
	if !slices.ContainsFunc(k.names[name[0]], func(o []rune) bool { return slices.Equal(o, name) }) {
		k.names[name[0]] = append(k.names[name[0]], name)
	}
}

// find finds the names in a text. One of two characters must stand where a name
// can begin or end and be no part of an ordinary word: 王平 is no part of 王平时.
func (k *Known) find(norm []rune) (out []span) {
	if k == nil {
		return nil
	}
	for i, r := range norm {
		best := 0
		for _, name := range k.names[r] {
			n := len(name)
			if n <= best || i+n > len(norm) || !slices.Equal(norm[i:i+n], name) {
				continue
			}
			if n == 2 && (wordAcross(norm, i, i+n, true) || !ends(norm, i+n) && !edge(norm, i) && !behind(norm, i, roles)) {
				continue
			}
			best = n
		}
		if best > 0 {
			out = append(out, span{i, i + best, Name})
		}
	}
	return out
}
