package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gongping/internal/app"
	"gongping/internal/demo"
	"gongping/internal/testkit/scored"
	"gongping/internal/testkit/spoken"
	"gongping/scoring/qualitative"
)

// closedCalls is a round whose fieldwork has ended, up to its grades.
type closedCalls struct {
	*api
	*scored.Round
	run string // its first published run
}

// afterFieldwork does what follows the fieldwork, in the order of the work.
func afterFieldwork(t *testing.T, done map[string]bool) {
	r := scored.Load(t)
	x := &closedCalls{openAPI(t, r.Clock, done), r, ""}
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"departments", x.departments}, {"upward", x.upward}, {"conflicts", x.conflicts}, {"survey", x.survey}, {"records", x.records}, {"panel", x.panel}, {"words", x.words},
		{"results", x.results}, {"appeals", x.appeals}, {"notice", x.notice}, {"asked anew", x.reask}, {"grades", x.grades}, {"another district", func() { x.abroad(x.t) }},
	} {
		if !t.Run(step.name, func(t *testing.T) { x.t = t; step.do() }) {
			t.FailNow() // what follows rests on it
		}
		x.t = t
	}
}

func (x *closedCalls) departments() {
	admin := x.Actor("admin")
	var list []struct{ Code, Name string }
	x.call(admin, "save-departments", []m{{"code": "lighting", "name": "区路灯所", "name_en": "Street lighting"}}, nil, 204)
	x.call(admin, "save-departments", []m{{"code": "Lighting!", "name": "区路灯所"}}, nil, 422)
	x.call(x.Actor("worker-lone"), "save-departments", []m{{"code": "own", "name": "自己"}}, nil, 403)
	x.call(x.Actor("manager"), "list-departments", nil, &list, 200)
	if !slices.ContainsFunc(list, func(d struct{ Code, Name string }) bool { return d.Code == "lighting" && d.Name == "区路灯所" }) {
		x.t.Errorf("%+v", list)
	}
}

func (x *closedCalls) upward() {
	manager, worker := x.Actor("manager"), x.Actor("worker-lone")
	task := m{"department": "lighting", "title": "路灯巡查月报", "handed_on": "2026-03-01", "level": "committee", "funds": false, "people": false, "minutes": 180}
	var made struct{ ID string }
	x.call(manager, "add-task", task, &made, 201)
	x.call(worker, "add-task", task, nil, 403)
	task["title"], task["reason"] = "路灯巡查季报", "街道提出后改为每季一次"
	x.call(manager, "change-task", task, nil, 200, made.ID)
	x.call(manager, "change-task", task, nil, 404, app.NewID())
	delete(task, "reason")
	x.call(manager, "change-task", task, nil, 422, made.ID)
	var tasks []struct {
		ID, Title string
		Version   int
		HandedOn  string `json:"handed_on"`
	}
	x.call(worker, "list-tasks", nil, &tasks, 200, "?department=lighting")
	if len(tasks) != 1 || tasks[0].ID != made.ID || tasks[0].Title != "路灯巡查季报" || tasks[0].Version != 2 || tasks[0].HandedOn != "2026-03-01" {
		x.t.Errorf("%+v", tasks)
	}
	x.call(manager, "open-upward", m{"title": "职能部门评议", "closes_on": "tomorrow"}, nil, 422)
	x.call(manager, "open-upward", m{"title": "职能部门评议", "closes_on": "2026-12-20"}, &made, 201)
	var surveys []struct {
		ID       string
		ClosesOn string `json:"closes_on"`
		Closed   bool
	}
	x.call(worker, "list-upward", nil, &surveys, 200)
	if len(surveys) != 1 || surveys[0].ID != made.ID || surveys[0].Closed || surveys[0].ClosesOn != "2026-12-20" {
		x.t.Errorf("%+v", surveys)
	}
	given := m{"answers": m{"task_clear": "4", "support_means": "2", "answer_speed": "3"}}
	x.call(worker, "answer-upward", given, nil, 422, made.ID, "lighting") // an item that there is not
	given = m{"answers": m{"task_clear": "4", "support_means": "2", "overall": "3"}}
	x.call(worker, "answer-upward", given, nil, 204, made.ID, "lighting")
	x.call(worker, "answer-upward", given, nil, 409, made.ID, "lighting") // once each
	x.call(manager, "answer-upward", given, nil, 403, made.ID, "lighting")
	var said []struct {
		Shown      bool
		N, Invited int
		Items      []any
	}
	x.call(manager, "department-upward", nil, &said, 200, "lighting")
	if len(said) != 0 {
		x.t.Errorf("an open survey shows %+v", said)
	}
	x.call(manager, "close-upward", nil, nil, 204, made.ID)
	x.call(manager, "close-upward", nil, nil, 404, app.NewID())
	x.call(manager, "department-upward", nil, &said, 200, "lighting")
	if len(said) != 1 || said[0].Shown || said[0].N != 0 || len(said[0].Items) != 0 {
		x.t.Errorf("one answer shows %+v", said)
	}
}

func (x *closedCalls) conflicts() {
	worker := x.Actor("worker-lone")
	entry := m{"kind": "demand_refused", "building": "5号楼", "room": "302", "case_number": "调解2026-051",
		"story": "该户要求在公共走道封门，居委会依消防规定没有同意，此后多次争执，街道已作调解。", "files": []m{{"name": "调解书.txt", "content": []byte("调解书")}}}
	var made struct{ ID, Receipt string }
	x.call(worker, "record-conflict", entry, &made, 201)
	x.call(x.Actor("manager"), "record-conflict", entry, nil, 403)
	x.call(worker, "record-conflict", m{"kind": "demand_refused", "building": "5号楼", "story": "短"}, nil, 422)
	type row struct {
		ID, Receipt, Kind, Digest string
		Withdrawn                 bool
		Expires                   time.Time `json:"expires_at"`
	}
	var list []row
	x.call(worker, "list-conflicts", nil, &list, 200)
	if len(list) != 1 || list[0].ID != made.ID || list[0].Receipt != made.Receipt || list[0].Digest == "" || !list[0].Expires.After(x.Clock.Now()) || list[0].Withdrawn {
		x.t.Errorf("%+v", list)
	}
	var other []row
	x.call(x.Actor("worker-coached"), "list-conflicts", nil, &other, 200)
	if len(other) != 0 {
		x.t.Errorf("another worker sees %+v", other)
	}
	x.call(x.Actor("worker-coached"), "withdraw-conflict", nil, nil, 404, made.ID)
	x.call(worker, "withdraw-conflict", nil, nil, 204, made.ID)
	x.call(worker, "list-conflicts", nil, &list, 200)
	if len(list) != 1 || !list[0].Withdrawn {
		x.t.Errorf("after the withdrawal %+v", list)
	}
}

// survey brings in a finished survey of another kind.
func (x *closedCalls) survey() {
	mapping := strings.NewReplacer("DISTRICT", demo.DistrictCode).Replace(`title: {zh: 外来调查}
district: "DISTRICT"
opens_on: 2024-01-01
closes_on: 2024-01-31
id: nr
area: {column: site, names: {A: 甲处}}
dimensions: [{id: d, text: {zh: 总体}}]
items:
  - {column: q1, dimension: d, text: {zh: 第一题}, scale: {good: 100, bad: 0}}
scale: {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
`)
	var out struct {
		Round string `json:"round_id"`
		Rows  int
	}
	x.call(x.Actor("manager"), "import-survey", m{"mapping": mapping, "table": "nr,site,q1\n1,A,good\n2,A,bad\n3,A,good\n", "file": "外来.csv"}, &out, 201)
	x.call(x.Actor("manager"), "import-survey", m{"mapping": "wieght: 1", "table": "nr\n1\n"}, nil, 422)
	var round struct {
		Title map[string]string
		State string
	}
	var raw json.RawMessage
	x.call(x.Actor("manager"), "get-round", nil, &raw, 200, out.Round)
	if err := json.Unmarshal(raw, &round); err != nil && !strings.Contains(string(raw), `"state":"closed"`) {
		x.t.Errorf("%v: %s", err, raw)
	}
}

// columns assigns the columns of a table with the headers of another office.
func (x *closedCalls) columns(table, query string) {
	manager := x.Actor("manager")
	_, rows, _ := strings.Cut(table, "\n")
	foreign := []byte("单位,考核项,期间,办成,受理,未到期,重复,户\n" + rows)
	var up struct {
		Upload  string
		Strange bool
		Headers []string
		Faults  int
		Rows    int
	}
	x.call(manager, "upload-import", foreign, &up, 200, "records", query)
	if !up.Strange || len(up.Headers) != 8 {
		x.t.Fatalf("strange headers are not said to be so: %+v", up)
	}
	at := func(column, header string) m { return m{"column": column, "header": header} }
	body := m{"name": "平台月报", "columns": []m{at("area", "单位"), at("indicator", "考核项"), at("month", "期间"), at("numerator", "办成"), at("denominator", "受理")}}
	x.call(x.Actor("manager-2"), "assign-columns", body, nil, 404, "records", up.Upload)
	old := up.Upload
	x.call(manager, "assign-columns", body, &up, 200, "records", up.Upload)
	if up.Faults != 0 || up.Rows == 0 || up.Upload == old {
		x.t.Errorf("assigned columns are not read: %+v", up)
	}
	x.call(manager, "get-import", nil, nil, 404, "records", old)
	x.call(manager, "discard-import", nil, nil, 204, "records", up.Upload)
	var list []m
	x.call(manager, "list-column-mappings", nil, &list, 200, "?kind=records")
	if len(list) != 1 || list[0]["name"] != "平台月报" {
		x.t.Errorf("remembered: %v", list)
	}
}

// records uploads months of figures, of which one committee's never change.
func (x *closedCalls) records() {
	manager, same := x.Actor("manager"), x.Committees()[0]
	var table strings.Builder
	table.WriteString("区划代码,指标,月份,分子,分母,在办未到期,重复投诉,户数\n")
	for i, c := range x.Committees() {
		for month := range 6 {
			n := 30 + (i*7+month*11)%17
			row := [4]int{n * (80 + 2*((i+month)%5)) / 100, n, (i + month) % 3, (i * month) % 4}
			if c == same {
				row = [4]int{20, 20, 0, 0}
			}
			fmt.Fprintf(&table, "%s,hotline_on_time,2026-%02d,%d,%d,%d,%d,2000\n", c, month+3, row[0], row[1], row[2], row[3])
		}
	}
	type upload struct {
		Upload, State, SHA256 string
		Rows, OK, Faults      int
		Outcome               *struct{ Rows int }
	}
	var up, again upload
	query := "?round=" + x.ID + "&file=months.csv"
	x.call(manager, "upload-import", []byte(table.String()), &up, 200, "records", query)
	x.call(manager, "get-import", nil, &again, 200, "records", up.Upload)
	if again.State != "waiting" || again.Rows != 6*len(x.Committees()) || again.OK != again.Rows || again.SHA256 != up.SHA256 {
		x.t.Errorf("%+v", again)
	}
	x.call(x.Actor("manager-2"), "get-import", nil, nil, 404, "records", up.Upload)
	x.call(manager, "discard-import", nil, nil, 204, "records", up.Upload)
	x.call(manager, "get-import", nil, nil, 404, "records", up.Upload)
	x.columns(table.String(), query)
	x.call(manager, "upload-import", []byte(table.String()), &up, 200, "records", query)
	x.call(manager, "confirm-import", m{"sha256": strings.Repeat("0", 64)}, nil, 409, "records", up.Upload)
	x.call(manager, "confirm-import", m{"sha256": up.SHA256}, &up, 200, "records", up.Upload)
	if up.State != "done" || up.Outcome == nil {
		x.t.Errorf("%+v", up)
	}
	type figure struct {
		Committee, Indicator string
		Flags                []string
		Held                 bool
		Share, Least, Most   float64
	}
	var sheet struct {
		Rules   map[string]any
		Figures []figure
	}
	find := func() figure {
		x.t.Helper()
		x.call(manager, "get-records", nil, &sheet, 200, x.ID)
		i := slices.IndexFunc(sheet.Figures, func(f figure) bool { return f.Committee == same })
		if i < 0 || len(sheet.Figures) != len(x.Committees()) || len(sheet.Rules) == 0 {
			x.t.Fatalf("%+v", sheet)
		}
		return sheet.Figures[i]
	}
	if f := find(); !f.Held || !slices.Contains(f.Flags, "identical") || f.Share != 1 || f.Least != 1 {
		x.t.Errorf("%+v", f)
	}
	verdict := m{"committee": same, "indicator": "hotline_on_time", "verdict": "score", "reason": "查台账，数字属实"}
	x.call(x.Actor("worker-lone"), "decide-record", verdict, nil, 403, x.ID)
	x.call(manager, "decide-record", verdict, nil, 204, x.ID)
	if f := find(); f.Held {
		x.t.Errorf("after the decision %+v", f)
	}
	var figures struct {
		Indicators, Ratings []struct {
			Name               string
			Committees, Values int
		}
	}
	x.call(manager, "get-figures", nil, &figures, 200, x.ID)
	if len(figures.Indicators) == 0 || len(figures.Ratings) == 0 || figures.Ratings[0].Name == "" || figures.Ratings[0].Committees != len(x.Committees()) {
		x.t.Errorf("%+v", figures)
	}
}

// panel plans who rates whom, rates by the plan and looks at the evidence.
func (x *closedCalls) panel() {
	manager, own := x.Actor("manager"), x.Committees()[0]
	me := x.Actor("panel-4")
	x.call(me, "panel-conflict", m{"area": own, "reason": "我的妹妹在这里工作"}, nil, 204, x.ID)
	x.call(x.Actor("worker-lone"), "panel-conflict", m{"area": own, "reason": "我在这里工作"}, nil, 403, x.ID)
	if b := x.raw(x.Actor("manager"), "export-fair-averages", x.ID, "csv"); !bytes.Contains(b, []byte(own)) {
		x.t.Errorf("the table of fair averages has no line of %s: %.300s", own, b)
	}
	x.call(me, "export-fair-averages", nil, nil, 403, x.ID, "csv")
	type state struct {
		Plan *struct {
			Number, Per int
			Pairs       []struct{ Committee, Reviewer string }
		}
		Conflicts []struct{ Reviewer, Area, Why string }
		Reviewers []struct {
			ID             string
			Assigned       int
			Rated, Ratings int
		}
	}
	var s state
	x.call(manager, "plan-panel", m{"per": 2, "seed": "20261128"}, &s, 201, x.ID)
	x.call(me, "plan-panel", m{"per": 2}, nil, 403, x.ID)
	x.call(manager, "plan-panel", m{"per": 2}, nil, 422, x.ID) // anew only with a reason
	if s.Plan == nil || s.Plan.Number != 1 || len(s.Plan.Pairs) != 2*len(x.Committees()) || len(s.Conflicts) != 1 || s.Conflicts[0].Why != "declared" {
		x.t.Fatalf("%+v", s)
	}
	var mine struct {
		Planned, Closed bool
		Criteria        []struct{ ID string }
		Committees      []struct {
			Committee, Name string
			Ratings         []struct {
				Criterion string
				Score     float64
			}
		}
		Barred []struct{ Committee, Why string }
	}
	x.call(me, "get-my-panel", nil, &mine, 200, x.ID)
	x.call(manager, "get-my-panel", nil, nil, 403, x.ID)
	if !mine.Planned || mine.Closed || len(mine.Committees) == 0 || len(mine.Criteria) == 0 || len(mine.Barred) != 1 || mine.Barred[0].Committee != own {
		x.t.Fatalf("%+v", mine)
	}
	unit, criterion := mine.Committees[0].Committee, mine.Criteria[0].ID
	mark := func(criterion string, score float64) m {
		return m{"marks": []m{{"criterion": criterion, "score": score}}}
	}
	x.call(me, "rate-committee", mark(criterion, 7.3), nil, 422, x.ID, unit)
	x.call(me, "rate-committee", mark("no_such", 7), nil, 422, x.ID, unit)
	x.call(me, "rate-committee", mark(criterion, 7), nil, 409, x.ID, own) // barred
	if len(mine.Committees[0].Ratings) > 0 {                              // the fixture has rated already
		mark = func(criterion string, score float64) m {
			return m{"marks": []m{{"criterion": criterion, "score": score, "reason": "看了走访台账后更正"}}}
		}
	}
	x.Clock.Advance(time.Minute)
	x.call(me, "rate-committee", mark(criterion, 7.5), nil, 204, x.ID, unit)
	x.call(me, "get-my-panel", nil, &mine, 200, x.ID)
	if r := mine.Committees[0].Ratings; len(r) == 0 || r[0].Criterion != criterion || r[0].Score != 7.5 {
		x.t.Errorf("after the rating %+v", r)
	}
	var file struct{ ID string }
	note := m{"name": "走访台账.txt", "criterion": criterion, "content": []byte("走访台账（测试）\n")}
	x.call(me, "attach-panel-file", note, &file, 201, x.ID, unit)
	x.call(x.Actor("worker-lone"), "attach-panel-file", note, nil, 403, x.ID, unit)
	var files []struct {
		ID, Name, Criterion string
		Type                string `json:"media_type"`
		Size                int
	}
	x.call(manager, "list-panel-files", nil, &files, 200, x.ID, unit)
	if len(files) != 1 || files[0].ID != file.ID || files[0].Name != "走访台账.txt" || files[0].Size == 0 {
		x.t.Errorf("%+v", files)
	}
	if b := x.raw(x.Actor("auditor"), "open-panel-file", x.ID, unit, file.ID); string(b) != "走访台账（测试）\n" {
		x.t.Errorf("the file holds %q", b)
	}
	x.call(manager, "get-panel", nil, &s, 200, x.ID)
	x.call(me, "get-panel", nil, nil, 403, x.ID)
	i := slices.IndexFunc(s.Reviewers, func(r struct {
		ID             string
		Assigned       int
		Rated, Ratings int
	}) bool {
		return r.ID == me.AccountID
	})
	if i < 0 || s.Reviewers[i].Assigned != len(mine.Committees) {
		x.t.Errorf("%+v", s.Reviewers)
	}
}

// words takes comments in, has two people code them and one attribution withdrawn.
func (x *closedCalls) words() {
	manager, auditor, supervisor := x.Actor("manager"), x.Actor("auditor"), x.Actor("supervisor")
	said := make([]string, 12)
	for i := range said {
		said[i] = "路灯坏了没人修，晚上出门不方便，第" + string(rune('一'+i)) + "次反映了"
	}
	spoken.Add(x.T, x.Round, said...)
	book := qualitative.Standard()
	var version struct {
		Version  int
		Codebook struct{ Topics []struct{ ID string } }
	}
	x.call(manager, "codebook", nil, &version, 200)
	if version.Version != 0 || len(version.Codebook.Topics) == 0 {
		x.t.Errorf("%+v", version)
	}
	x.call(manager, "save-codebook", book, nil, 200)
	x.call(x.Actor("worker-lone"), "save-codebook", book, nil, 403)
	x.call(manager, "codebook", nil, &version, 200)
	if version.Version != 1 {
		x.t.Errorf("version %d was saved", version.Version)
	}
	x.call(manager, "take-in-comments", nil, nil, 200, x.ID)
	topic := book.Topics[len(book.Topics)-1].ID
	code := func(matter string) []m {
		return []m{{"topic": topic, "polarity": -1, "matter": matter, "department": "urban"}}
	}
	for _, login := range []string{"panel-5", "panel-6"} {
		var texts []struct{ ID, Body string }
		x.call(x.Actor(login), "comments-to-code", nil, &texts, 200, "?scope=round:"+x.ID)
		var list []m
		for _, t := range texts {
			list = append(list, m{"id": t.ID, "codes": code("department")})
		}
		x.call(x.Actor(login), "code-comments", list, nil, 204)
	}
	type attribution struct {
		ID, RoundID, Sign string
		Withdrawn         bool
		Causes            []struct{ Matter, Department string }
		Changes           []struct {
			ID, Kind, Ruling string
			Ruled, Agreed    bool
		}
	}
	var page struct {
		Total, Open  int
		Attributions []attribution
	}
	x.call(auditor, "list-attributions", nil, &page, 200, "?round="+x.ID)
	x.call(x.Actor("worker-lone"), "list-attributions", nil, nil, 403)
	if page.Total != 12 || page.Open != 0 || len(page.Attributions) != 12 {
		x.t.Fatalf("%d attributions of %d, %d open", len(page.Attributions), page.Total, page.Open)
	}
	id := page.Attributions[0].ID
	var made struct{ ID string }
	x.call(auditor, "ask-attribution-change", m{"kind": "withdraw", "reason": "路灯属居委会自管"}, &made, 201, id)
	x.call(supervisor, "ask-attribution-change", m{"kind": "withdraw", "reason": "路灯属居委会自管"}, nil, 409, id)
	x.call(manager, "ask-attribution-change", m{"kind": "withdraw", "reason": "路灯属居委会自管"}, nil, 403, id)
	x.call(auditor, "rule-attribution-change", m{"agree": true, "reason": "同意撤回"}, nil, 403, made.ID) // who asked
	x.call(supervisor, "rule-attribution-change", m{"agree": true, "reason": "查实，同意撤回"}, nil, 204, made.ID)
	x.call(supervisor, "rule-attribution-change", m{"agree": false, "reason": "改主意了"}, nil, 409, made.ID)
	var one attribution
	x.call(auditor, "get-attribution", nil, &one, 200, id)
	if !one.Withdrawn || len(one.Causes) != 0 || len(one.Changes) != 1 || !one.Changes[0].Agreed || one.Changes[0].Ruling == "" {
		x.t.Errorf("%+v", one)
	}
}

// runStatus is what the state of a run is.
type runStatus struct {
	ID, State    string
	Number       int
	PublishedAt  *time.Time `json:"published_at"`
	InputDigest  string     `json:"input_digest"`
	OutputDigest string     `json:"output_digest"`
	Supersedes   string
}
