package demo

// Department is a functional department of the demonstration.
type Department struct{ Code, Name, NameEN string }

// Departments are those whose matters residents speak of most.
var Departments = []Department{
	{"civil", "区民政局", "Civil affairs bureau"},
	{"greening", "区绿化市容局", "Greening and city appearance bureau"},
	{"health", "区卫生健康委", "Health commission"},
	{"housing", "区住房保障和房屋管理局", "Housing bureau"},
	{"police", "公安分局", "Police branch"},
	{"urban", "区城市管理执法局", "Urban management bureau"},
}
