package qualitative

// topic builds a topic of the standard codebook.
func topic(id, parent, zh, en string, m Matter, items ...string) Topic {
	return Topic{ID: id, Parent: parent, Text: map[string]string{"zh": zh, "en": en}, Matter: m, Items: items}
}

// Standard is the codebook that the product offers for comments on the work of
// a residents' committee. Its items are those of instrument.Default.
func Standard() Codebook {
	of := func(t Topic, department string) Topic {
		t.Matter, t.Department = Department, department
		return t
	}
	return Codebook{
		Title: map[string]string{"zh": "居民意见编码本", "en": "Codebook for residents' comments"},
		Items: []string{"overall"},
		Topics: []Topic{
			topic("service", "", "服务", "Service", Committee),
			topic("service.manner", "service", "态度与热心", "Manner and care", Committee, "service_manner"),
			topic("service.speed", "service", "回应快慢", "Speed of response", Committee, "service_speed"),
			topic("service.result", "service", "解决程度", "Solving of problems", Committee, "service_result"),
			topic("service.errand", "service", "办证办事", "Errands and papers", Committee, "service_manner", "service_speed"),
			topic("service.dispute", "service", "邻里纠纷调解", "Disputes between neighbours", Residents, "service_result", "service_manner"),
			topic("service.hours", "service", "值班与联系", "Hours and contact", Committee, "service_speed"),
			topic("environment", "", "环境与安全", "Environment and safety", Committee),
			topic("environment.clean", "environment", "卫生与垃圾分类", "Cleanliness and waste", Committee, "env_clean"),
			topic("environment.safety", "environment", "消防与电动车", "Fire safety and e-bikes", Committee, "env_safety"),
			topic("environment.security", "environment", "治安与巡逻", "Security", Committee, "env_safety"),
			of(topic("environment.noise", "environment", "噪声与施工", "Noise and building work", "", "env_clean"), "urban"),
			of(topic("environment.pets", "environment", "养犬", "Dogs", "", "env_clean", "env_safety"), "police"),
			of(topic("environment.illegal", "environment", "违法搭建", "Illegal building", "", "env_safety"), "urban"),
			topic("property", "", "物业与设施", "Property and facilities", Property),
			topic("property.lift", "property", "电梯", "Lifts", Property, "env_property"),
			topic("property.parking", "property", "停车", "Parking", Property, "env_property"),
			topic("property.repair", "property", "维修与公共设施", "Repairs and facilities", Property, "env_property"),
			of(topic("property.fund", "property", "维修资金", "Maintenance fund", "", "env_property"), "housing"),
			topic("property.manager", "property", "物业服务", "Property management", Property, "env_property"),
			topic("voice", "", "议事与公开", "Voice and openness", Committee),
			topic("voice.open", "voice", "居务公开", "Openness", Committee, "voice_open"),
			topic("voice.council", "voice", "议事与投票", "Councils and votes", Committee, "voice_council"),
			topic("voice.notice", "voice", "通知告知", "Notices", Committee, "voice_notice"),
			topic("life", "", "生活服务", "Daily life", Committee),
			topic("life.elderly", "life", "养老助老", "Older people", Committee, "service_result"),
			topic("life.children", "life", "托管与少儿", "Children", Committee, "service_result"),
			topic("life.activity", "life", "文体活动", "Activities", Committee, "voice_notice"),
			of(topic("life.benefit", "life", "补助与救助", "Benefits", "", "service_result"), "civil"),
			of(topic("life.health", "life", "医保与就医", "Health insurance and care", "", "service_result"), "health"),
			topic("other", "", "其他", "Other", ""),
			topic("other.relocation", "other", "动迁与历史问题", "Relocation and old matters", Beyond, "service_result"),
			topic("other.school", "other", "学区与上学", "Schools", Beyond, "service_result"),
			topic("other.general", "other", "总体评价", "General judgement", Committee),
		},
	}
}
