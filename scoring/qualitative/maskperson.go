package qualitative

import "slices"

// What follows finds people whom no title and no "I am called" gives away: by a
// role before the name, by how people are spoken of (老王, 小李, 姓张的), and by
// names that stand free in a sentence. All of it asks for more than the shape of
// a name: the characters of the given name must be ones that given names have,
// and what follows must be no part of a longer word.

var (
	// given are the characters that given names mostly consist of.
	given = set("伟兵远亚付淋智跃协樟愿财顺根喜满仕魁楷超桃章绍显尚宪芳娜秀英敏静丽强磊军洋勇艳杰娟涛明兰霞平刚桂玉文辉力永健世广志义兴海山仁波宁贵福生龙元国学祥才武新利清飞彬富信子昌康星光天岩中茂林坚彪博诚敬振壮思群豪邦承功松善厚庆民友裕哲江浩亮政谦奇翰朗伯宏若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰建树炎德泰雄琛钧冠腾楠榕航弘华慧巧美淑惠珠翠雅芝萍红娥玲芬燕彩春菊凤洁梅琳素云莲环雪荣爱妹香月莺媛瑞凡佳嘉琼勤珍贞莉娣璧璐娅琦晶妍茜珊莎锦黛青倩婷姣婉娴瑾颖瑶怡婵雁蓓纨仪荷丹蓉君琴蕊薇菁梦岚婕馨瑗琰韵融艺卿聪澜纯毓悦昭冰琬茗羽希欣滢馥筠柔竹凝晓霄枫芸菲伊姬荔妮初梵罡恒鸿桦骅剑娇媚琪睿烁威雯萱彦宇雨忠宗曼紫逸贤菡宝俊银阿寿喜金耀培祖全立守绪仲叔如意东南峰斐森焕炜铭鑫昊轩梓欢育卫铁然年晖骏驰溪沛霖鹤钊煜皓彤晗钰铃凯帅垚炯烨焱灿炳熙勋璋珂瑛瑜璟佑佐依俐俪倚偲冬冉凌函劲原可吉呈咏品唐喆喻圆圣坤城境墨声夏奎奕妙姗孝孟季安定宜实容寅寒展屹岗岭岳峻嵘川巍干庭弈心怀恩悠愉慕懿成战扬攀攸效旋日旦旻昀昱晋晔晟晴智暄暮曙朔望朝术朵权杉李杏极架柏栩桃桐梧楚榆横歆殊比汶沁河治泉洛津洪洲浚浦润淼渊渝湘湛源溢滔潇澄濮灏热煊煌煦爽狄献玄玮珏珩琅琢琨瑄瑚璇瓒甜皎盛眸石砚硕磐祎祯祺禄禾秉穆笑笙符箫纪纬练绅经绮绿缘翊翌翎翼耘肃肖胤舟芊芋芍芙芦芮花苏苑苗茉茵茹莘菏萌蒙蓝蔓蔚蕙蕴藜虎虹蜜衍襄誉诗诺谊谋谨谷象贝赐赛赞赫轶载迪逊遥邑郁采释锋锐锡键镜闯闻阳陶隆隐霁霆靖韬韶颂颐驹驿骁鸥鸾鹃鹰麒麟默龄")
	// common are the surnames that most people have; a free name needs one.
	common = set("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田姜范石姚谭廖邹熊陆郝孔崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易武乔贺赖龚文庞樊殷施陶洪翟颜倪严牛芦季俞章鲁葛韦聂焦柳邢齐沿梅莫庄辛祝涂谷祁舒耿牟詹苗凌费靳盛童欧甄裴席屈鲍覃翁隋甘景薄柏柯桂冉辜吉饶刁瞿戚丘滕晋苑邬臧畅嵇苟褚廉娄符奚穆燕郎邸冀")
	// roles stand right before the name of whoever has them.
	roles = lex("居民", "业主", "村民", "市民", "邻居", "住户", "租客", "租户", "房客", "房东", "老板", "户主", "店主", "车主", "网格员", "楼组长", "楼长", "组长", "志愿者", "保安", "保洁员", "社工", "负责人", "法人", "法定代表人",
		"本人", "爸", "妈", "政委", "副政委", "台长", "厅长", "处长", "市长", "区长", "县长", "部长", "会长", "董事长", "总经理", "副总", "总监", "股东", "专干", "专员", "科员", "警官", "法官", "律师", "护士", "教授", "秘书", "理事", "主席", "队长", "班长", "村支书", "支书", "村民", "法人", "组员", "我是", "我叫", "我爸", "我妈", "我父亲", "我母亲", "我儿子", "我女儿", "我丈夫", "我妻子", "我爱人", "我老公", "我老婆", "父亲", "母亲", "儿子", "女儿", "丈夫", "妻子", "爱人", "老人", "学生", "患者", "死者", "伤者", "委托人", "代理人", "签名", "此致", "来电人", "来信人",
		"信访人", "举报者", "投诉者", "主任", "书记", "站长", "经理", "队长", "医生", "民警", "警官", "老师", "师傅", "同志", "党员", "干部", "居委", "教师", "会计", "村长", "队员", "包工头", "中介", "老乡", "堂哥", "堂弟", "表哥", "表弟", "哥哥", "弟弟", "姐姐", "妹妹", "媳妇", "女婿", "儿媳", "公公", "婆婆", "外公", "外婆", "爷爷", "奶奶", "岳父", "岳母", "租户", "摊主", "司机", "护工", "保姆", "快递员", "保洁", "副主任", "副书记", "局长", "科长", "所长", "镇长", "乡长", "校长", "院长", "法人代表", "经办人", "调解员", "接线员", "工作人员", "当事人", "上访人", "报告人", "被告", "原告", "证人", "考生", "女生", "男生", "小孩", "孩子", "户名", "收款人", "借款人", "购房人", "业委会主任", "隔壁", "对门", "楼上", "楼下", "叫做", "名为", "请找", "联系")
	// after are the characters that may follow a name: what people do, where
	// they are, whose something is. Others make it more likely a longer word.
	after = set("说的在住是反称于因把将和与跟及等电身今现手联来去不没已向被多一就也都要想经常天每总又还让给对从到很太非最曾正准打找问告骂拉养开上家系男女会能敢肯为其他她")
	// familiar are what goes before a surname among people who know each other.
	familiar = set("老小阿")
	// near ends the words for where somebody lives that go before 老王 and 小李.
	near = set("下上壁门居友户")
	// notFamiliar are ordinary words of these.
	notFamiliar = lex("小康", "小龙", "小米", "小金", "小白", "小黄", "小石", "小花", "小毛", "小路", "小车", "小高", "小时", "小全", "小常", "小官", "小应", "小安", "小温", "小杨树", "小牛", "小熊", "小童", "小宝", "小单", "小项", "小鲜", "小乐", "小鲁", "小计", "小曲", "小巫", "小解", "小于", "小孙女", "小孙子",
		"老龙", "老金", "老家", "老高", "老路", "老车", "老房", "老常", "老马路", "老牛", "老杨树", "老全", "老单", "老党", "老都", "老童", "老安", "老时", "老古", "老成", "老郎", "阿里", "阿姨", "阿胶", "阿房")
	// kin are titles of one character; they need a common surname.
	kin = set("总姐哥嫂姨叔伯爷奶婶")
)

// ends tells whether a name may end at a place.
func ends(norm []rune, at int) bool { return at >= len(norm) || !han(norm[at]) || after[norm[at]] }

// full is the length of the full name that begins at a place, 0 for none: a
// surname and two characters, or one, of given names, up to where a name may end.
// Words within it count as in wordAcross.
func full(norm []rune, at int, shortest int, inside bool) int {
	n := surname(norm, at)
	if n == 0 || startsAny(norm, at+n, titles) > 0 {
		return 0 // 王女士: the title names nobody
	}
	for k := 2; k >= shortest; k-- {
		end := at + n + k
		if end > len(norm) || !ends(norm, end) || wordAcross(norm, at, end, inside) {
			continue
		}
		ok := true
		for _, r := range norm[at+n : end] {
			ok = ok && given[r]
		}
		if ok {
			return n + k
		}
	}
	return 0
}

// people finds names by role, familiarity and shape.
func people(norm []rune) (out []span) {
	for i, r := range norm {
		if n := startsAny(norm, i, roles); n > 0 {
			at := i + n
			for at < len(norm) && (norm[at] == ' ' || norm[at] == ':') {
				at++
			}
			if k := max(full(norm, at, 1, false), alone(norm, at)); k > 0 {
				out = append(out, span{at, at + k, Name})
			}
		}
		switch {
		case familiar[r] && i+1 < len(norm) && common[norm[i+1]] && (ends(norm, i+2) || norm[i+2] == '头' || norm[i+2] == '们') && (i == 0 || edge(norm, i) || after[norm[i-1]] || near[norm[i-1]]) && startsAny(norm, i, notFamiliar) == 0:
			out = append(out, span{i + 1, i + 2, Name})
		case r == '姓' && i+1 < len(norm) && surnames[norm[i+1]] && ends(norm, i+2) && (i == 0 || norm[i-1] != '百' && norm[i-1] != '老'):
			out = append(out, span{i + 1, i + 2, Name})
		case common[r] && i+1 < len(norm) && kin[norm[i+1]] && ends(norm, i+2) && edge(norm, i) && !words[r] && startsAny(norm, i, ordinary) == 0:
			out = append(out, span{i, i + 1, Name})
		case common[r] && i > 0 && (norm[i-1] == '“' || norm[i-1] == '"' || norm[i-1] == '—'):
			if k := full(norm, i, 1, true); k > 0 && (i+k == len(norm) || !han(norm[i+k])) {
				out = append(out, span{i, i + k, Name}) // “王伟”
			}
		case common[r] && edge(norm, i):
			if k := full(norm, i, 2, true); k == 3 {
				out = append(out, span{i, i + k, Name})
			}
		}
	}
	return slices.Clip(out)
}
