package qualitative_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"gongping/scoring/qualitative"
)

// The cases are invented after the forms that complaints really have.
var maskCases = []struct{ in, want string }{
	// Phones: mobile, with separators, full width, landline, spoken.
	{"请回电13812345678谢谢", "请回电[电话]谢谢"},
	{"手机138-1234-5678，急", "手机[电话]，急"},
	{"手机 138 1234 5678。", "手机 [电话]。"},
	{"１３８１２３４５６７８", "[电话]"},
	{"+86 13912345678", "[电话]"},
	{"座机021-64381234", "座机[电话]"},
	{"电话(021)64381234转8", "电话[电话]转8"},
	{"电话：64381234", "电话：[电话]"},
	{"打一三八一二三四五六七八找我", "打[电话]找我"},
	// Public numbers, amounts and years are no phones.
	{"打了12345没人管，又打110", "打了12345没人管，又打110"},
	{"2026年11月20日花了13800元", "2026年11月20日花了13800元"},
	{"维修资金共1234567元", "维修资金共1234567元"},
	// Numbers of cards.
	{"身份证310104196001011234", "身份证[证件号]"},
	{"身份证号：31010419600101123X。", "身份证号：[证件号]。"},
	{"卡号6222 0212 3456 7890 123", "卡号[证件号]"},
	{"医保卡号A12345678停用了", "医保卡号[证件号]停用了"},
	// Plates.
	{"沪A12345占了消防通道", "[车牌]占了消防通道"},
	{"沪A·D1234学车", "[车牌]车"},
	{"一辆沪AD12345新能源", "一辆[车牌]新能源"},
	{"新KTV开在楼下，云APP打不开", "新KTV开在楼下，云APP打不开"},
	// Mail, WeChat, QQ, links.
	{"发到wang.min@example.com.cn", "发到[邮箱]"},
	{"加我微信：wangmin_88", "加我微信：[微信号]"},
	{"vx wm198012", "vx [微信号]"},
	{"QQ群123456789里说过", "QQ群[微信号]里说过"},
	{"微信群里没人回", "微信群里没人回"},
	{"见https://example.com/a?b=1，谢谢", "见[链接]，谢谢"},
	// Names.
	{"王女士说不归她管", "[姓名]女士说不归她管"},
	{"居委会的李主任态度好", "居委会的[姓名]主任态度好"},
	{"找李小明师傅修的", "找[姓名]师傅修的"},
	{"我叫张伟，住在这里", "我叫[姓名]，住在这里"},
	{"联系人：欧阳明华", "联系人：[姓名]"},
	{"欧阳老师很负责", "[姓名]老师很负责"},
	{"隔壁的陈阿姨病了", "隔壁的[姓名]阿姨病了"},
	// Words that look like names.
	{"居委会主任何时上班", "居委会主任何时上班"},
	{"周边老师不够，高中老师也不够", "周边老师不够，高中老师也不够"},
	{"社区书记和主任都来了", "社区书记和主任都来了"},
	{"物业经理不见人", "物业经理不见人"},
	{"社区医生很好", "社区医生很好"},
	{"城管队长来过", "城管队长来过"},
	{"安全主任安排的", "安全主任安排的"},
	{"谢谢居委会的同志", "谢谢居委会的同志"},
	{"这位同志很热心，那个阿姨也好", "这位同志很热心，那个阿姨也好"},
	// Addresses: the building stays, what is below it does not.
	{"田林路120弄3号502室漏水", "田林路120弄3号[门牌]漏水"},
	{"3号楼502漏水", "3号楼[门牌]漏水"},
	{"12幢2单元301室", "12幢[门牌]"},
	{"5栋三单元二楼", "5栋[门牌]"},
	{"我家602室", "我家[门牌]"},
	{"12-3-502的邻居", "12[门牌]的邻居"},
	{"8号楼的电梯坏了", "8号楼的电梯坏了"},
	{"天平街道吴兴居委会、桂林路909号", "天平街道吴兴居委会、桂林路909号"},
	{"田林十二村、康健新村、梅陇三村都有", "田林十二村、康健新村、梅陇三村都有"},
	{"共有12幢楼300户居民，活动室很小", "共有12幢楼300户居民，活动室很小"},
	{"11月12日3号楼停水", "11月12日3号楼停水"},
	{"地铁9号线，12号2026年的事", "地铁9号线，12号2026年的事"},
	{"楼上502半夜剁肉，楼下 301 也受不了", "楼上[门牌]半夜剁肉，楼下 [门牌] 也受不了"},
	{"住三零二室的老人", "住[门牌]的老人"},
	{"二十室的活动中心、第一百二十室", "二十室的活动中心、第一百二十室"},
	{"我家2018年买的，住300多户", "我家2018年买的，住300多户"},
	// Further forms of numbers.
	{"身份证 310104 19600101 1234", "身份证 [证件号]"},
	{"310104-1960-01-01-123X", "[证件号]"},
	{"加v：wangmin_88，微信同号", "加v：[微信号]，微信同号"},
	{"ｗａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[邮箱]"},
	{"wangmin(at)example.com", "[邮箱]"},
	{"(010) 6438-1234", "[电话]"},
	{"138.1234.5678", "[电话]"},
	{"沪ADA1234占着充电位", "[车牌]占着充电位"},
	// Names that stand free, in lists, behind a post or a label, and again.
	{"昨晚王建国喝醉了砸门", "昨晚[姓名]喝醉了砸门"},
	{"台长黄友少，答应过", "台长[姓名]，答应过"},
	{"申诉人：王穷", "申诉人：[姓名]"},
	{"在场的有赵斌佑、周梅怀和李伟", "在场的有[姓名]、[姓名]和[姓名]"},
	{"联系人：佘英桂。佘英桂说不管", "联系人：[姓名]。[姓名]说不管"},
	{"王家的空调外机滴水", "[姓名]家的空调外机滴水"},
	{"李家宅的路灯坏了，徐家汇也是", "李家宅的路灯坏了，徐家汇也是"},
	{"由于环境差，位于江南路，任何安全措施都没有", "由于环境差，位于江南路，任何安全措施都没有"},
	// By the cheapest reading; thanks are no Mr 谢.
	{"感谢社工，多谢师傅", "感谢社工，多谢师傅"},
	{"邻居赵敏家的狗不牵绳", "邻居[姓名]家的狗不牵绳"},
	{"其中郑淑华占用了绿地", "其中[姓名]占用了绿地"},
	{"楼道里的旧家具堆了半年，高温天很难受", "楼道里的旧家具堆了半年，高温天很难受"},
	// Two in one, and nothing at all.
	{"王女士（13812345678）住3号楼502室", "[姓名]女士（[电话]）住3号楼[门牌]"},
	{"", ""},
	{"Please mend the lift.", "Please mend the lift."},
}

func TestMask(t *testing.T) {
	t.Parallel()
	for _, c := range maskCases {
		if got, _ := qualitative.Mask(c.in); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
	}
	_, counts := qualitative.Mask("王女士13812345678，李先生13912345678")
	if counts[qualitative.Phone] != 2 || counts[qualitative.Name] != 2 {
		t.Errorf("%v", counts)
	}
}

// pieces are what the property glues together: data, words and masks in any order.
var pieces = []string{"13812345678", "310104196001011234", "沪A12345", "王女士", "张伟", "我叫", "3号楼", "502室", "二单元", "微信", "wangmin88", "电话", "[电话]", "[姓名]", "[", "]",
	"李", "主任", "12", "-", " ", "，", "的", "居委会", "a@b.cn", "一三八一二三四五六七八", "号", "楼", "5", "室", "QQ", "https://", "０", "x"}

func TestMaskingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 20).Draw(t, "pieces"), "")
		once, _ := qualitative.Mask(text)
		twice, counts := qualitative.Mask(once)
		if once != twice || len(counts) != 0 {
			t.Fatalf("%q → %q → %q", text, once, twice)
		}
	})
}

func FuzzMask(f *testing.F) {
	for _, c := range maskCases {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || len(text) > 2000 {
			return
		}
		once, _ := qualitative.Mask(text)
		if !utf8.ValidString(once) {
			t.Fatalf("%q: no text any more", text)
		}
		if twice, _ := qualitative.Mask(once); twice != once {
			t.Fatalf("%q → %q → %q", text, once, twice)
		}
		qualitative.Terms(once)
	})
}

func TestTermsAndQueries(t *testing.T) {
	t.Parallel()
	got := strings.Join(qualitative.Terms("电梯，坏了 ABC 12"), "|")
	if got != "12|abc|了|坏|坏了|梯|梯坏|电|电梯" {
		t.Error(got)
	}
	q := qualitative.ParseQuery(" 电梯 维修资金！ ")
	if strings.Join(q.Phrases, "|") != "电梯|维修资金" || strings.Join(q.Terms, "|") != "修|修资|梯|电|电梯|维|维修|资|资金|金" {
		t.Errorf("%+v", q)
	}
	if q := qualitative.ParseQuery("，。 "); q.Terms != nil || q.Phrases != nil {
		t.Errorf("%+v", q)
	}
	// Every term of a part of a text is a term of the text.
	rapid.Check(t, func(t *rapid.T) {
		runes := []rune(rapid.StringOf(rapid.SampledFrom([]rune("电梯坏了ab 12，。修"))).Draw(t, "text"))
		from := rapid.IntRange(0, len(runes)).Draw(t, "from")
		to := rapid.IntRange(from, len(runes)).Draw(t, "to")
		text := qualitative.Terms(string(runes))
		for _, r := range string(runes[from:to]) {
			if r < 0x80 {
				return // the end of a word is no word
			}
		}
		for _, term := range qualitative.Terms(string(runes[from:to])) {
			found := false
			for _, x := range text {
				found = found || x == term
			}
			if !found {
				t.Fatalf("%q lacks %q of %q", string(runes), term, string(runes[from:to]))
			}
		}
	})
}
