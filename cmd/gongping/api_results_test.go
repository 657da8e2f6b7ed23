package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"slices"
	"time"

	"gongping/internal/demo"
	"gongping/internal/testkit"
	"gongping/internal/testkit/scored"
	"gongping/survey"
)

// finished waits for a run.
func (x *closedCalls) finished(id string) runStatus {
	x.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		var s runStatus
		x.call(x.Actor("manager"), "run-status", nil, &s, 200, id)
		if s.State == "done" {
			return s
		}
		if s.State == "failed" || time.Now().After(end) {
			x.t.Fatalf("the run is %+v", s)
		}
	}
}

func (x *closedCalls) results() {
	manager, auditor, unit := x.Actor("manager"), x.Actor("auditor"), x.Actor("worker-coached").Area
	var s runStatus
	x.call(manager, "start-run", m{"reason": ""}, nil, 422, x.ID)
	x.call(x.Actor("worker-lone"), "start-run", m{"reason": "我要看"}, nil, 403, x.ID)
	x.call(manager, "start-run", m{"reason": "访问结束后的首次计算"}, &s, 202, x.ID)
	x.run = s.ID
	if s = x.finished(x.run); s.PublishedAt != nil || len(s.OutputDigest) != 64 {
		x.t.Errorf("%+v", s)
	}
	x.call(x.Actor("worker-coached"), "run-result", nil, nil, 404, x.run) // not published
	x.call(manager, "publish-run", nil, nil, 204, x.run)
	x.call(manager, "publish-run", nil, nil, 409, x.run)
	x.call(x.Actor("worker-coached"), "run-result", nil, nil, 200, x.run)
	if s = x.finished(x.run); s.PublishedAt == nil {
		x.t.Error("the run is not published")
	}
	var rebuilt struct {
		Same   bool
		Input  string `json:"input_digest"`
		Output string `json:"output_digest"`
		Stored string
	}
	x.call(auditor, "rebuild-run", nil, &rebuilt, 200, x.run)
	if !rebuilt.Same || rebuilt.Output != s.OutputDigest || rebuilt.Stored != s.OutputDigest || rebuilt.Input != s.InputDigest {
		x.t.Errorf("%+v of %+v", rebuilt, s)
	}
	z, err := gzip.NewReader(bytes.NewReader(x.raw(auditor, "run-input", x.run)))
	if err != nil {
		x.t.Fatal(err)
	}
	if b := x.raw(auditor, "export-results", x.run, "csv"); !bytes.Contains(b, []byte(unit)) {
		x.t.Errorf("the table of results has no line of %s: %.300s", unit, b)
	}
	x.call(x.Actor("worker-lone"), "export-results", nil, nil, 403, x.run, "csv")
	var input struct{ Answers json.RawMessage }
	if err := json.NewDecoder(z).Decode(&input); err != nil {
		x.t.Errorf("the frozen input: %v", err)
	}
	var proof struct {
		Equal   bool
		First   string            `json:"first_difference"`
		Figures []json.RawMessage `json:"figures"`
	}
	x.call(auditor, "prove-figures", nil, &proof, 200, x.run, unit)
	x.call(x.Actor("leader-"+unit[6:9]), "prove-figures", nil, nil, 403, x.run, unit)
	if !proof.Equal || proof.First != "" || len(proof.Figures) < 20 {
		x.t.Errorf("equal %v, first %q, %d figures", proof.Equal, proof.First, len(proof.Figures))
	}
	var answers []struct {
		ID string `json:"id"`
	}
	x.call(auditor, "run-answers", nil, &answers, 200, x.run, unit)
	x.call(manager, "run-answers", nil, nil, 403, x.run, unit)
	if len(answers) == 0 {
		x.t.Error("no answer counted")
	}
	var questions []json.RawMessage
	x.call(manager, "run-questions", nil, &questions, 200, x.run)
	if questions == nil {
		x.t.Error("no list of questions")
	}
	var beside struct {
		Households, Workers int
		Standard            string
		Figures             []struct{ Indicator string }
	}
	x.call(x.Actor("worker-coached"), "run-unit-beside", nil, &beside, 200, x.run, unit)
	x.call(x.Actor("worker-lone"), "run-unit-beside", nil, nil, 403, x.run, unit)
	if len(beside.Figures) == 0 {
		x.t.Errorf("%+v", beside)
	}
	x.call(manager, "run-changes", nil, nil, 404, x.run) // there is nothing to compare with yet
}

// grades signs what two rounds propose, and the step that follows.
func (x *closedCalls) grades() {
	manager, unit := x.Actor("manager"), x.Committees()[0]
	leader := x.Actor("leader-" + unit[6:9])
	const reason = "街道办公会集体讨论后决定，记录在案。"
	i := slices.IndexFunc(x.Demo.Workers, func(w demo.Worker) bool { return w.AreaCode == unit })
	worker := x.Demo.Workers[i].No
	if _, err := testkit.OwnerDB(x.T).Exec(x.t.Context(), `insert into worker (district, worker_no, name, post, area_code) values ($1,$2,'例','社区工作者',$3)`, demo.DistrictCode, worker, unit); err != nil {
		x.t.Fatal(err)
	}
	x.call(manager, "set-step", m{"post": 4, "level": 1, "reason": reason}, nil, 422, worker)
	x.call(manager, "set-step", m{"post": 2, "level": 7, "reason": reason}, nil, 204, worker)
	x.call(leader, "set-step", m{"post": 2, "level": 7, "reason": reason}, nil, 403, worker)
	type sheet struct {
		RunID     string `json:"run_id"`
		Stale     bool
		Unsigned  int
		Proposals []struct {
			Unit, State, Grade, Why string
			SignedGrade             string `json:"signed_grade"`
			Signer                  string
		}
		Consequences []struct {
			ID, Unit, Kind string
			WorkerNo       string     `json:"worker_no"`
			ToLevel        int        `json:"to_level"`
			SignedAt       *time.Time `json:"signed_at"`
			Confirmed      bool
		}
		Trials []struct {
			ID, Unit                string
			Votes                   int
			Decided, Excused, Voted bool
		}
	}
	var s sheet
	second := scored.Add(x.World, "second", survey.Closed)
	scored.After(second, 60) // two surveys of the same weeks would be one result
	for k, r := range []*scored.Round{x.Round, second} {
		x.Clock.Advance(24 * time.Hour)
		run := scored.Publish(x.World, r.ID, x.Clock.Now(), func(i int, _ string) scored.Figures {
			return scored.Figures{Score: 70 + 20*float64(1-min(i, 1)), HalfWidth: 1, Reliability: 0.9}
		})
		x.Clock.Advance(40 * 24 * time.Hour)
		clear(x.tokens) // they have expired
		s = sheet{}
		var made struct{ ID string }
		x.call(manager, "export-grades", nil, nil, 409, r.ID) // nothing was proposed: the problem says so
		x.call(manager, "propose-grades", nil, &made, 201, r.ID)
		x.call(leader, "propose-grades", nil, nil, 403, r.ID)
		x.call(leader, "grades", nil, &s, 200, r.ID)
		if s.RunID != run || s.Stale || s.Unsigned == 0 || s.Proposals[0].Unit != unit || s.Proposals[0].State != "proposed" || s.Proposals[0].Grade != "excellent" {
			x.t.Fatalf("round %d: %+v", k, s)
		}
		x.call(leader, "sign-grade", m{"grade": "basic", "reason": reason}, nil, 422, r.ID, unit)
		x.call(leader, "sign-grade", m{"grade": "excellent"}, nil, 204, r.ID, unit)
		x.call(leader, "sign-grade", m{"grade": "excellent"}, nil, 409, r.ID, unit)
		x.call(manager, "sign-grade", m{"grade": "excellent"}, nil, 403, r.ID, unit)
		s = sheet{}
		x.call(leader, "grades", nil, &s, 200, r.ID)
		if s.Proposals[0].SignedGrade != "excellent" || s.Proposals[0].Signer == "" {
			x.t.Errorf("round %d signed: %+v", k, s.Proposals[0])
		}
	}
	if len(s.Consequences) != 1 || s.Consequences[0].Kind != "level" || s.Consequences[0].WorkerNo != worker || s.Consequences[0].ToLevel != 8 {
		x.t.Fatalf("%+v", s.Consequences)
	}
	id := s.Consequences[0].ID
	x.call(leader, "sign-consequence", m{"confirm": true, "reason": "好"}, nil, 422, id)
	x.call(manager, "sign-consequence", m{"confirm": true, "reason": reason}, nil, 403, id)
	x.call(leader, "sign-consequence", m{"confirm": true, "reason": reason}, nil, 204, id)
	x.call(leader, "sign-consequence", m{"confirm": true, "reason": reason}, nil, 409, id)
	x.call(manager, "export-grades", nil, nil, 409, x.ID) // others wait for a signature
	scored.Publish(x.World, second.ID, x.Clock.Now(), func(int, string) scored.Figures { return scored.Figures{Score: 70, HalfWidth: 1, Reliability: 0.1} })
	x.Clock.Advance(40 * 24 * time.Hour)
	clear(x.tokens)
	x.call(manager, "propose-grades", nil, nil, 201, second.ID)
	x.call(manager, "export-grades", nil, nil, 200, second.ID) // nothing can be graded, so nothing waits
	var trial struct{ ID string }
	x.call(manager, "file-trial", m{"unit": unit, "matter": "试行楼组议事，报名人数不足，两个月后停办，已向居民说明。"}, &trial, 201, x.ID)
	x.call(manager, "file-trial", m{"unit": unit[:9], "matter": "试行楼组议事，报名人数不足，两个月后停办。"}, nil, 422, x.ID)
	vote := m{"excuse": true, "reason": reason}
	x.call(manager, "vote-trial", vote, nil, 403, trial.ID)
	x.call(x.Actor("panel-1"), "vote-trial", vote, nil, 204, trial.ID)
	x.call(x.Actor("panel-1"), "vote-trial", vote, nil, 409, trial.ID)
	x.call(x.Actor("panel-2"), "vote-trial", vote, nil, 204, trial.ID)
	s = sheet{}
	x.call(manager, "grades", nil, &s, 200, x.ID)
	if len(s.Trials) != 1 || s.Trials[0].ID != trial.ID || !s.Trials[0].Excused || s.Trials[0].Votes != 2 {
		x.t.Errorf("%+v", s.Trials)
	}
	var signed sheet
	x.call(x.Actor("worker-lone"), "grades", nil, &signed, 200, x.ID)
	for _, p := range signed.Proposals {
		if p.Unit != x.Actor("worker-lone").Area {
			x.t.Errorf("a worker sees %+v", p)
		}
	}
}
