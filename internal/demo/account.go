package demo

import "fmt"

// reviewers are the logins of the panel members who rate in the finished round.
var reviewers = []string{"panel-1", "panel-2", "panel-3"}

// makeAccounts makes the sign-ins: those of the district, a leader and
// evaluators for each street, and workers of the three stories' committees and
// of the first committee of each street.
func (w *World) makeAccounts() {
	r := stream(w.Seed, stageWorkers, 1)
	add := func(featured bool, login, role, area, title string) {
		w.Accounts = append(w.Accounts, Account{Login: login, Role: role, AreaCode: area, Featured: featured,
			DisplayName: title + " " + officialName(r)})
	}
	add(true, "admin", "admin", DistrictCode, "系统管理员")
	add(true, "manager", "manager", DistrictCode, "评议主管")
	add(false, "manager-2", "manager", DistrictCode, "评议副主管")
	add(true, "supervisor", "supervisor", DistrictCode, "访问督导")
	add(true, "auditor", "auditor", DistrictCode, "审计员")
	for i := range 6 { // the first three rate committees, so the others decide appeals
		add(i == 0 || i == 3, fmt.Sprintf("panel-%d", i+1), "panel", DistrictCode, fmt.Sprintf("评审员%s", string(digits[i+1])))
	}
	stories := []Story{w.Truth.Collective, w.Truth.Coached, w.Truth.Lone}
	street := ""
	for i := range w.committees {
		c := &w.committees[i]
		told := false
		for k, s := range stories {
			if s.Committee == c.code {
				told = true
				w.addWorkerAccount(c, fmt.Sprintf("worker-%s", [...]string{"collective", "coached", "lone"}[k]), true)
			}
		}
		if c.street == street {
			continue
		}
		street = c.street
		featured := w.hasStory(street)
		add(featured, "leader-"+street[6:], "leader", street, c.streetName+"分管领导")
		for k := range w.Options.Evaluators {
			add(featured, evaluatorLogin(street, k), "evaluator", street, c.streetName+"评估员")
		}
		if !told {
			w.addWorkerAccount(c, "worker-"+street[6:], false)
		}
	}
	for _, d := range Departments {
		w.Accounts = append(w.Accounts, Account{Login: "dept-" + d.Code, Role: "department", AreaCode: DistrictCode, Department: d.Code,
			DisplayName: d.Name, Featured: d.Code == "housing"})
	}
}

// hasStory tells whether one of the three stories plays in a street.
func (w *World) hasStory(street string) bool {
	for _, s := range []Story{w.Truth.Collective, w.Truth.Coached, w.Truth.Lone} {
		if s.Committee[:9] == street {
			return true
		}
	}
	return false
}

// addWorkerAccount makes a sign-in for the secretary of a committee.
func (w *World) addWorkerAccount(c *committee, login string, featured bool) {
	for _, x := range w.Workers {
		if x.AreaCode == c.code {
			w.Accounts = append(w.Accounts, Account{Login: login, Role: "worker", AreaCode: c.code, WorkerNo: x.No,
				DisplayName: c.name + x.Post + " " + x.Name, Featured: featured})
			return
		}
	}
}

func evaluatorLogin(street string, k int) string { return fmt.Sprintf("eval-%s-%d", street[6:], k+1) }
