package instrument

func text(zh, en string) Lang { return Lang{"zh": zh, "en": en} }

func grade(id, dimension, zh, en string) Item {
	return Item{ID: id, Kind: Grade5, Dimension: dimension, Required: true, DontKnow: true, Decline: true, Text: text(zh, en)}
}

// Default is a questionnaire for the work of a residents'
// committee: nine five-grade items in three dimensions, overall satisfaction,
// one question on contact and one open comment. It takes about two minutes.
func Default() Questionnaire {
	return Questionnaire{
		Title: text("居委会工作居民评议问卷", "Residents' rating of the residents' committee"),
		Intro: text("您好！这份问卷请您评价所在居委会过去一年的工作，约需两分钟。您是随机抽中的，回答不记名，居委会和街道看不到是谁答的。请按您自己的真实感受作答；不了解的可以选“不清楚”，不想答的可以选“不愿回答”。",
			"Hello! Please rate the work of your residents' committee over the past year. It takes about two minutes. You were drawn at random; your answers carry no name, and neither the committee nor the street office can see who gave them. Please answer as you truly feel; choose “don't know” where you cannot tell and “prefer not to say” where you would rather not."),
		Thanks: text("感谢您的评价！每一份回答都会原样保存、同等对待。",
			"Thank you! Every answer is kept as it was given and treated alike."),
		Dimensions: []Dimension{
			{ID: "service", Text: text("服务态度与响应", "Service and response")},
			{ID: "environment", Text: text("环境与安全", "Environment and safety")},
			{ID: "voice", Text: text("议事与公开", "Voice and openness")},
			{ID: "overall", Text: text("总体满意度", "Overall satisfaction")},
		},
		Items: []Item{
			{ID: "contact", Kind: YesNo, Required: true, DontKnow: true, Decline: true,
				Text: text("过去一年，您是否与居委会打过交道（办事、反映问题、参加活动等）？", "In the past year, have you dealt with the residents' committee (an errand, a problem, an activity)?")},
			grade("service_manner", "service", "居委会工作人员接待和办事的态度，您满意吗？", "How satisfied are you with the manner of the committee's staff?"),
			grade("service_speed", "service", "居民反映问题后，居委会回应的速度，您满意吗？", "How satisfied are you with how fast the committee responds to problems?"),
			grade("service_result", "service", "反映的问题最后解决的程度，您满意吗？", "How satisfied are you with how well problems are solved in the end?"),
			grade("env_clean", "environment", "小区的环境卫生和垃圾分类，您满意吗？", "How satisfied are you with cleanliness and waste sorting in your compound?"),
			grade("env_safety", "environment", "楼道消防、电动车充电等安全管理，您满意吗？", "How satisfied are you with safety (fire lanes, stairwells, charging of e-bikes)?"),
			grade("env_property", "environment", "居委会协调物业问题（电梯、停车、维修）的工作，您满意吗？", "How satisfied are you with how the committee mediates property matters (lifts, parking, repairs)?"),
			grade("voice_open", "voice", "居务公开（经费、项目、评议结果）的清楚程度，您满意吗？", "How satisfied are you with the openness of the committee's affairs (money, projects, results)?"),
			grade("voice_council", "voice", "议事会、听证会让居民说话、听居民意见，您满意吗？", "How satisfied are you with how residents are heard at council meetings and hearings?"),
			grade("voice_notice", "voice", "通知和活动信息的告知，您满意吗？", "How satisfied are you with how you are informed of notices and activities?"),
			grade("overall", "overall", "总的来说，您对居委会过去一年的工作满意吗？", "Overall, how satisfied are you with the committee's work over the past year?"),
			{ID: "comment", Kind: Text, Text: text("您还有什么意见或建议？（可不填；请不要写姓名、电话、门牌号）", "Anything else you would like to say? (optional; please give no names, phone numbers or flat numbers)")},
		},
	}
}
