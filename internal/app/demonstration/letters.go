package demonstration

import (
	"context"
	"crypto/sha256"
	"strings"

	"gongping/internal/app/words"
)

// letters takes in a small file of invented letters to a hotline, some of which
// name people, phones, plates and rooms: what coders and auditors read of them
// is masked, and the originals are sealed. No name, number or plate in them is
// anybody's.
func (s *setup) letters(ctx context.Context) error {
	const file = `主题,内容,作者
楼道堆物,我叫陈桂芳，住5号楼502室，楼道里的旧家具堆了半年，联系电话13800000000，请尽快清理。,来电人一
夜间噪声,楼上王建国夫妇每天半夜拖家具，孩子睡不好，居委调解过两次。,来电人二
占用消防通道,车牌沪A00000的面包车长期停在消防通道，保安说管不了。,来电人三
感谢社工,多亏社工李秀英帮我母亲办了助老证，跑了三趟没有一句怨言。,来电人四
漏水,3号楼601室漏水到我家，找过物业经理，答复是先走维修资金流程。,来电人五
遛狗不牵绳,邻居赵敏家的狗不牵绳，吓到老人，请居委会上门劝一劝。,来电人六
停车位,小区夜里停车位不够，建议重新划线。,来电人七
路灯,8号楼后面的路灯坏了两个月，晚上看不清台阶。,来电人八
老年食堂,希望开一个老年食堂，独居老人吃饭不方便。,来电人九
充电位,电动自行车充电位太少，有人从楼上拉线下来充电，很危险。,来电人十
通知不到,停水通知只发在群里，老人不看手机，建议楼下也贴一张。,来电人十一
活动室,活动室周末开门了，孩子有地方写作业，感谢居委会。,来电人十二
`
	digest := sha256.Sum256([]byte(file))
	_, err := words.New(s.Core).Import(ctx, s.as("manager"), "热线来信（示例）.csv", strings.NewReader(file), int64(len(file)), digest[:])
	return err
}
