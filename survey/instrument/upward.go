package instrument

// Upward is the questionnaire in which workers rate a functional department on
// the tasks that it hands down and the support that it gives. It takes two
// minutes and has no open question: the way somebody writes gives them away.
func Upward() Questionnaire {
	ask := func(id, dimension, zh, en string) Item {
		it := grade(id, dimension, zh, en)
		it.Required, it.Decline = false, false // passing it over is enough
		return it
	}
	q := Questionnaire{
		Title: text("职能部门工作评议", "Rating of functional departments"),
		Intro: text("这份问卷请您评价职能部门交办任务和支持居民区的情况，约需两分钟，可答可不答。回答与您的账号分开保存，任何人都看不到是谁答的。",
			"Please rate how the department hands down tasks and supports committees. It takes two minutes and is optional. Answers are kept apart from accounts: nobody can see who gave them."),
		Thanks: text("谢谢！人数达到下限后，结果才会显示在部门名片上。", "Thank you! Results appear on the department's card once enough have answered."),
		Dimensions: []Dimension{
			{ID: "tasks", Text: text("交办任务", "Tasks handed down")},
			{ID: "support", Text: text("支持与回应", "Support and response")},
			{ID: "overall", Text: text("总体", "Overall")},
		},
		Items: []Item{
			ask("task_clear", "tasks", "任务的目的、依据和要求讲得清楚，您满意吗？", "How satisfied are you with how clearly purpose, basis and demands of tasks are explained?"),
			ask("task_own", "tasks", "部门自己该做的事自己做、不往下推，您满意吗？", "How satisfied are you that the department does its own work rather than passing it down?"),
			ask("task_burden", "tasks", "报表、台账不重复、不加码，您满意吗？", "How satisfied are you that reports and ledgers are neither doubled nor piled on?"),
			ask("support_means", "support", "随任务给的经费、人手和授权，您满意吗？", "How satisfied are you with the money, people and powers that come with tasks?"),
			ask("support_response", "support", "居民区反映问题后部门回应和到场的速度，您满意吗？", "How satisfied are you with how fast the department answers and comes when a committee reports a problem?"),
			ask("overall", "overall", "总的来说，您对这个部门过去一年的支持满意吗？", "Overall, how satisfied are you with the department's support over the past year?"),
		},
	}
	q.Items[len(q.Items)-1].Required = true
	return q
}
