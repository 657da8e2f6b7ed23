package main

import (
	"slices"
	"strings"
	"time"

	"gongping/internal/app"
	"gongping/internal/authz"
	"gongping/internal/testkit"
)

const statement = "当天晚上有几份答卷在十几秒内完成，没有逐题询问，请核对访问记录后复核。"

// opened is an appeal as its readers get it.
type opened struct {
	ID, State, Outcome string
	NewRun             string     `json:"new_run"`
	Asked              int        `json:"asked_for_more_time"`
	Extended           *time.Time `json:"extended"`
	AcceptBy           time.Time  `json:"accept_by"`
	Until              *time.Time `json:"notice_until"`
	Course             []struct{ Kind, Reason string }
	Open               int `json:"objections_open"`
	Objections         []struct {
		ID, Text, From, Answer string
		Answered               bool
	}
	ReAsk *struct {
		OpenBy *time.Time `json:"open_by"`
		Draw   string
		Why    string
	}
}

func (x *closedCalls) file(who authz.Actor, ground, kind string) (id string) {
	x.t.Helper()
	var made struct{ ID, Receipt string }
	x.call(who, "file-appeal", m{"run_id": x.run, "unit": who.Area, "ground": ground, "statement": statement,
		"files": []m{{"name": "说明.txt", "kind": kind, "content": []byte("情况说明（测试）")}}}, &made, 201)
	if !strings.HasPrefix(made.Receipt, "A310104-") {
		x.t.Errorf("receipt %q", made.Receipt)
	}
	return made.ID
}

func (x *closedCalls) opened(who authz.Actor, id string) (d opened) {
	x.t.Helper()
	x.call(who, "get-appeal", nil, &d, 200, id)
	return d
}

// seated are the panel members of an appeal.
func (x *closedCalls) seated(id string) (list []authz.Actor) {
	x.t.Helper()
	rows, err := testkit.OwnerDB(x.T).Query(x.t.Context(), `select a.login from appeal_event e, jsonb_array_elements_text(e.data->'members') m join account a on a.id::text = m
		where e.appeal_id = $1 and e.kind = 'assigned' order by e.seq`, id)
	if err != nil {
		x.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var login string
		if err := rows.Scan(&login); err != nil {
			x.t.Fatal(err)
		}
		list = append(list, x.Actor(login))
	}
	return list
}

// decide accepts an appeal and lets its panel vote alike.
func (x *closedCalls) decide(id string, vote m) {
	x.t.Helper()
	x.call(x.Actor("manager"), "accept-appeal", m{"reason": "材料齐全，在期限内"}, nil, 204, id)
	panel := x.seated(id)
	if len(panel) != 2 {
		x.t.Fatalf("%d seats", len(panel))
	}
	for _, who := range panel {
		var file struct {
			Items []struct {
				Label string
				Side  string
			} `json:"under_review"`
		}
		x.call(who, "get-case-file", nil, &file, 200, id)
		if vote["remedy"] != nil {
			var labels []string
			for _, it := range file.Items {
				labels = append(labels, it.Label)
			}
			vote["affected"] = labels
		}
		x.call(who, "vote-on-appeal", vote, nil, 204, id)
	}
}

// appeals moves deadlines, refuses, withdraws and goes on to the second instance.
func (x *closedCalls) appeals() {
	manager, worker := x.Actor("manager"), x.Actor("worker-lone")
	id := x.file(worker, "missing_context", "other")
	due := x.opened(worker, id).AcceptBy
	x.call(manager, "extend-appeal", m{"days": 500, "reason": "材料需要向街道核对"}, nil, 422, id)
	x.call(manager, "extend-appeal", m{"days": 5, "reason": "材料需要向街道核对"}, nil, 204, id)
	x.call(worker, "extend-appeal", m{"days": 5, "reason": "材料需要向街道核对"}, nil, 403, id)
	if d := x.opened(worker, id); d.Extended == nil || !d.Extended.After(due) {
		x.t.Errorf("%+v", d)
	}
	x.call(manager, "accept-appeal", m{"reason": "材料齐全，在期限内"}, nil, 204, id)
	x.call(manager, "accept-appeal", m{"reason": "材料齐全，在期限内"}, nil, 409, id)
	x.call(manager, "assign-appeal", m{"reason": ""}, nil, 409, id) // both are seated
	first := x.seated(id)
	x.call(first[0], "step-back", m{"reason": "与该居委会有工作往来，申请回避"}, nil, 204, id)
	x.call(first[0], "get-case-file", nil, nil, 404, id)
	if now := x.seated(id); len(now) > 2 { // the lot may have left nobody without a conflict
		x.call(now[2], "get-case-file", nil, nil, 200, id)
	}
	x.call(worker, "ask-appeal-extension", m{"days": 3, "reason": "材料还在街道，需要几天"}, nil, 204, id)
	if d := x.opened(manager, id); d.Asked != 1 {
		x.t.Errorf("%d requests", d.Asked)
	}
	x.call(worker, "decline-appeal-extension", m{"reason": "不同意延长期限"}, nil, 403, id)
	x.call(manager, "decline-appeal-extension", m{"reason": "现有材料已够，不再延长"}, nil, 204, id)
	var moved []struct {
		Appeal, Kind, Who, Reason string
		Days                      int
		Until                     *time.Time
	}
	x.call(worker, "list-moved-deadlines", nil, &moved, 200)
	var kinds []string
	for _, k := range moved {
		kinds = append(kinds, k.Kind)
		if k.Appeal != id || k.Reason == "" {
			x.t.Errorf("%+v", k)
		}
	}
	slices.Sort(kinds)
	if !slices.Equal(kinds, []string{"asked", "declined", "extended"}) {
		x.t.Errorf("%v", kinds)
	}
	x.call(x.Actor("worker-coached"), "withdraw-appeal", m{"reason": "别人的申诉"}, nil, 404, id)
	x.call(worker, "withdraw-appeal", m{"reason": "已与街道说明，不再申诉"}, nil, 204, id)
	if d := x.opened(worker, id); d.State != "withdrawn" {
		x.t.Errorf("state %s", d.State)
	}
	other := x.Actor("worker-collective")
	id = x.file(other, "missing_context", "other")
	x.call(manager, "refuse-appeal", m{"reason": "不属于规则书所列情形"}, nil, 204, id)
	if d := x.opened(other, id); d.State != "refused" || d.Course[len(d.Course)-1].Reason != "不属于规则书所列情形" {
		x.t.Errorf("%+v", d)
	}
	var second struct{ ID, Receipt string }
	x.call(other, "file-second-instance", m{"statement": statement}, &second, 201, id)
	x.call(other, "file-second-instance", m{"statement": statement}, nil, 409, id)
	x.decide(second.ID, m{"outcome": "reject", "reason": "没有新的情况，维持原结果"})
	if d := x.opened(other, second.ID); d.State != "closed" || d.Outcome != "reject" {
		x.t.Errorf("%+v", d)
	}
	x.call(manager, "conclude-appeal", m{"reason": ""}, nil, 409, second.ID)
	var numbers map[string]any
	x.call(manager, "appeal-statistics", nil, &numbers, 200)
	x.call(other, "appeal-statistics", nil, nil, 403)
	if len(numbers) == 0 {
		x.t.Error("no numbers")
	}
}

// notice puts a new result on public notice, takes an objection, answers and
// publishes; another is given up.
func (x *closedCalls) notice() {
	manager, worker, neighbour := x.Actor("manager"), x.Actor("worker-coached"), x.Actor("worker-lone")
	id := x.file(worker, "calculation", "calculation")
	x.decide(id, m{"outcome": "uphold", "reason": "分母取错，应当更正"})
	d := x.opened(manager, id)
	if d.State != "run_requested" || d.NewRun == "" {
		x.t.Fatalf("%+v", d)
	}
	x.finished(d.NewRun)
	x.call(worker, "open-notice", nil, nil, 403, d.NewRun)
	x.call(manager, "open-notice", nil, nil, 204, d.NewRun)
	x.call(manager, "open-notice", nil, nil, 409, d.NewRun)
	var notices []struct {
		ID, Outcome string
		Before      *float64 `json:"score_before"`
		Objections  int
	}
	x.call(nobody, "list-notices", nil, nil, 401)
	x.call(neighbour, "list-notices", nil, &notices, 200)
	var sums []struct {
		Round          string
		Appeals, Units int
		Until          time.Time
	}
	x.call(neighbour, "notice-sums", nil, &sums, 200)
	if len(notices) != 1 || notices[0].ID != id || notices[0].Outcome != "uphold" || len(sums) != 1 || sums[0].Appeals != 1 || sums[0].Units != 1 || !sums[0].Until.After(x.Clock.Now()) {
		x.t.Errorf("%+v, %+v", notices, sums)
	}
	text := "这次更正没有说明依据，请公开更正的数字和来源。"
	x.call(neighbour, "object-to-notice", m{"text": text}, nil, 404, app.NewID())
	x.call(neighbour, "object-to-notice", m{"text": "不行"}, nil, 422, id)
	x.call(worker, "object-to-notice", m{"text": text}, nil, 409, id) // the own result
	x.call(neighbour, "object-to-notice", m{"text": text}, nil, 204, id)
	if d = x.opened(worker, id); d.Open != 1 || len(d.Objections) != 0 {
		x.t.Errorf("the appellant reads %+v", d.Objections)
	}
	if d = x.opened(manager, id); len(d.Objections) != 1 || d.Objections[0].Text != text || d.Objections[0].From != "account" || d.Objections[0].Answered || d.Until == nil {
		x.t.Fatalf("%+v", d.Objections)
	}
	x.call(manager, "answer-objection", m{"reason": "更正依据为区统计年报，已附说明"}, nil, 204, id, d.Objections[0].ID)
	x.call(manager, "answer-objection", m{"reason": "更正依据为区统计年报，已附说明"}, nil, 409, id, d.Objections[0].ID)
	if d = x.opened(manager, id); d.Open != 0 || !d.Objections[0].Answered || d.Objections[0].Answer == "" {
		x.t.Errorf("%+v", d.Objections)
	}
	x.call(manager, "publish-run", nil, nil, 409, d.NewRun) // the notice runs
	x.Clock.Advance(12 * 24 * time.Hour)
	x.call(manager, "publish-run", nil, nil, 204, d.NewRun)
	if d = x.opened(worker, id); d.State != "superseded" {
		x.t.Errorf("state %s", d.State)
	}
	var changes []struct {
		Unit string `json:"unit"`
	}
	x.call(manager, "run-changes", nil, &changes, 200, x.run)
	x.call(manager, "run-changes", nil, &changes, 200, d.NewRun)
	var gaps []struct {
		Round, Kind, By string
		N               [2]int
	}
	x.call(manager, "appeal-gaps", nil, &gaps, 200)
	x.call(worker, "appeal-gaps", nil, nil, 403)
	if len(gaps) == 0 || gaps[0].Round == "" || gaps[0].Kind == "" || gaps[0].By == "" {
		x.t.Errorf("%+v", gaps)
	}
	x.run = d.NewRun
	id = x.file(x.Actor("worker-collective"), "calculation", "calculation")
	x.decide(id, m{"outcome": "uphold", "reason": "分母取错，应当更正"})
	x.call(manager, "close-appeal", m{"reason": "更正后的差异会暴露个别回答，原结果保留"}, nil, 204, id)
	x.call(manager, "close-appeal", m{"reason": "更正后的差异会暴露个别回答，原结果保留"}, nil, 409, id)
	if d = x.opened(manager, id); d.State != "closed" {
		x.t.Errorf("state %s", d.State)
	}
}

// reask opens the asking anew, lets its time pass and carries the decision out.
func (x *closedCalls) reask() {
	manager := x.Actor("manager")
	var login string
	if err := testkit.OwnerDB(x.T).QueryRow(x.t.Context(), `select a.login from account a where a.role = 'worker' and exists (select 1 from round_stratum s where s.committee = a.area_code)
		order by (select count(*) from frame_person p where p.committee = a.area_code) - (select count(*) from survey_case c where c.committee = a.area_code) desc, 1 limit 1`).Scan(&login); err != nil {
		x.t.Fatal(err)
	}
	worker := x.Actor(login)
	id := x.file(worker, "interview_fault", "field_note")
	x.decide(id, m{"outcome": "uphold", "remedy": "re_ask", "reason": "访问过程有瑕疵，应当重访"})
	d := x.opened(manager, id)
	if d.State != "decided" || d.ReAsk == nil || d.ReAsk.OpenBy == nil {
		x.t.Fatalf("%+v %+v", d, d.ReAsk)
	}
	wish := m{"kind": "dice", "name": "大厅掷骰（重访）", "due": x.Clock.Now().Add(time.Hour).Format(time.RFC3339)}
	x.call(worker, "open-reask", wish, nil, 403, x.ID)
	var made struct{ ID string }
	x.call(manager, "open-reask", wish, &made, 201, x.ID)
	x.call(manager, "open-reask", wish, nil, 409, x.ID)
	if d = x.opened(manager, id); d.ReAsk.Draw != made.ID {
		x.t.Errorf("%+v", d.ReAsk)
	}
	if d = x.opened(worker, id); d.ReAsk.Draw != "" {
		x.t.Errorf("the appellant sees %+v", d.ReAsk)
	}
	// Nobody can take the new cases when they are drawn; later somebody can.
	if _, err := testkit.OwnerDB(x.T).Exec(x.t.Context(), `update account set disabled_at = created_at where role = 'evaluator'`); err != nil {
		x.t.Fatal(err)
	}
	x.Clock.Advance(2 * time.Hour)
	x.call(x.Actor("auditor"), "reveal-draw", m{"seed": "12345612345612345612", "evidence": "大厅掷骰，公证在场"}, nil, 201, made.ID)
	x.call(manager, "assign-reask", nil, nil, 409, id)
	x.newcomer(x.Actor("admin"))
	var out struct{ Assigned int }
	x.call(manager, "assign-reask", nil, &out, 200, id)
	x.call(manager, "assign-reask", nil, nil, 409, id)
	if out.Assigned == 0 {
		x.t.Error("no case was given out")
	}
	x.Clock.Advance(60 * 24 * time.Hour)
	clear(x.tokens) // they have expired
	x.call(manager, "conclude-appeal", m{"reason": ""}, nil, 204, id)
	if d = x.opened(manager, id); d.State != "run_requested" || d.ReAsk.Why != "expired" {
		x.t.Errorf("%+v %+v", d, d.ReAsk)
	}
}
