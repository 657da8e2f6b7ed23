package instrument

func option(code, zh, en string) Option { return Option{Code: code, Text: text(zh, en)} }

// Example is a questionnaire with every kind of item: what residents need from
// the services of their community. It serves as a start for one's own and in
// the demonstration.
func Example() Questionnaire {
	facility := func(id, zh, en string) Item {
		return Item{ID: id, Kind: Grade5, Dimension: "facilities", Required: true, DontKnow: true, Decline: true, Text: text(zh, en), Section: "use", Matrix: "facilities"}
	}
	other := Option{Code: "other", Text: text("其他（请写明）", "Other (please say)"), Other: true}
	return Questionnaire{
		Title: text("社区服务需求问卷", "Community services: what residents need"),
		Intro: text("您好！想请您谈谈社区里的服务和设施，约需三分钟。回答不记名；不了解的可以选“不清楚”，不想答的可以选“不愿回答”。",
			"Hello! Please tell us about the services and facilities of your community. It takes about three minutes. Answers carry no name; choose “don't know” where you cannot tell and “prefer not to say” where you would rather not."),
		Thanks:     text("谢谢您！您的回答会帮助安排明年的服务。", "Thank you! Your answers help to plan next year's services."),
		Dimensions: []Dimension{{ID: "facilities", Text: text("设施", "Facilities")}, {ID: "overall", Text: text("总体满意度", "Overall satisfaction")}},
		Sections: []Section{
			{ID: "you", Title: text("关于您", "About you"), Text: text("只用来比较不同居民的需要。", "Only used to compare the needs of different residents.")},
			{ID: "use", Title: text("服务与设施", "Services and facilities")},
			{ID: "end", Title: text("总体看法", "Overall")},
		},
		Matrices: []Matrix{{ID: "facilities", Text: text("下面这些设施，您满意吗？", "How satisfied are you with these facilities?")}},
		Items: []Item{
			{ID: "years", Kind: Number, Section: "you", DontKnow: true, Decline: true, Text: text("您在本社区住了多少年？", "How many years have you lived in this community?"),
				Hint: text("不满一年请填 0。", "Write 0 for less than a year."), Range: &Range{Min: "0", Max: "100"}},
			{ID: "household", Kind: Single, Section: "you", Required: true, Decline: true, Text: text("您家里的情况是？", "Which describes your household?"),
				Options: []Option{option("alone", "独自居住", "I live alone"), option("couple", "与配偶同住", "With my partner"),
					option("children", "与子女或孙辈同住", "With children or grandchildren"), other}},
			{ID: "visited", Kind: Multiple, Section: "use", Required: true, DontKnow: true, Decline: true, Text: text("过去一年，您或家人用过哪些服务？", "Which services have you or your family used in the past year?"),
				Hint: text("可以多选。", "Choose all that apply."), Range: &Range{MinChoices: 1},
				Options: []Option{option("canteen", "社区食堂", "Community canteen"), option("clinic", "卫生服务站", "Health station"),
					option("care", "日间照料或上门护理", "Day care or care at home"), option("culture", "文化活动室", "Culture room"), other,
					{Code: "none", Text: text("都没有用过", "None of these"), Exclusive: true}}},
			{ID: "last_visit", Kind: Date, Section: "use", DontKnow: true, Text: text("最近一次大约是哪一天？", "When was the last time, roughly?"),
				Range:  &Range{Min: "2020-01-01", Max: "2030-12-31"},
				ShowIf: &Cond{Any: []Cond{{Item: "visited", Op: Has, In: []string{"canteen", "clinic", "care", "culture", "other"}}}}},
			facility("fit_canteen", "社区食堂", "Community canteen"),
			facility("fit_clinic", "卫生服务站", "Health station"),
			facility("fit_sport", "健身场地", "Sports ground"),
			{ID: "about_care", Kind: Note, Section: "use", Text: text("下面两题是关于上门护理的。", "The next two questions are about care at home."),
				ShowIf: &Cond{Item: "visited", Op: Has, In: []string{"care"}}},
			{ID: "care_hours", Kind: Number, Section: "use", DontKnow: true, Text: text("每周上门护理多少小时？", "How many hours of care a week?"),
				Range: &Range{Min: "0.5", Max: "80", Step: "0.5", Decimals: 1}, ShowIf: &Cond{Item: "visited", Op: Has, In: []string{"care"}}},
			{ID: "care_enough", Kind: YesNo, Section: "use", DontKnow: true, Text: text("时间够用吗？", "Is that enough?"),
				ShowIf: &Cond{All: []Cond{{Item: "visited", Op: Has, In: []string{"care"}}, {Item: "care_hours", Op: Answered}}}},
			{ID: "overall", Kind: Grade5, Section: "end", Dimension: "overall", Required: true, DontKnow: true, Decline: true,
				Text: text("总的来说，您对社区服务满意吗？", "Overall, how satisfied are you with the services of the community?")},
			{ID: "why", Kind: Text, Section: "end", Text: text("最需要改进的是什么？（请不要写姓名、电话、门牌号）", "What needs to get better first? (please give no names, phone numbers or flat numbers)"),
				Range: &Range{MaxLength: 500}, ShowIf: &Cond{Item: "overall", Op: AtMost, Value: "3"}},
			{ID: "idea", Kind: Text, Section: "end", Short: true, Text: text("还想对社区说一句什么？（可不填）", "One line to your community? (optional)"), Range: &Range{MaxLength: 100}},
		},
	}
}
