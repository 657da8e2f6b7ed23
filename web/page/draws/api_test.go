package draws_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"gongping/survey/draw/verify"
)

// call sends JSON as the visitor and reads the answer into out.
func (v *visitor) call(method, path string, body, out any, want int) {
	v.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		v.t.Fatal(err)
	}
	req, _ := http.NewRequestWithContext(context.Background(), method, v.url+"/api/v1"+path, strings.NewReader(string(b)))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	text, _ := v.do(req, want)
	if out != nil {
		if err := json.Unmarshal([]byte(text), out); err != nil {
			v.t.Fatalf("%s: %v: %s", path, err, text)
		}
	}
}

type m = map[string]any

func TestTheWholeJobThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := open(t)
	v := s.as("manager")
	v.post("/questionnaires/default", nil)
	v.post("/rulebooks", formWith(formOf(v.get("/rulebooks/new")), "title.zh", "评价规则"))
	var docs []struct {
		ID      string
		Version int
	}
	v.call("GET", "/questionnaires", nil, &docs, 200)
	q := docs[0].ID
	var body m
	v.call("GET", "/questionnaires/"+q, nil, &body, 200)
	v.call("PUT", "/questionnaires/"+q, body, nil, 200)
	v.call("GET", "/questionnaires/"+q+"/versions", nil, &docs, 200)
	if len(docs) != 2 {
		t.Errorf("%d versions", len(docs))
	}
	v.call("GET", "/rulebooks", nil, &docs, 200)
	book := docs[0].ID
	body = nil
	v.call("GET", "/rulebooks/"+book, nil, &body, 200)
	v.call("PUT", "/rulebooks/"+book, body, nil, 200)

	evaluators := []m{}
	for _, e := range s.Evaluators() {
		evaluators = append(evaluators, m{"account": e.AccountID, "area": e.Area})
	}
	draft := m{"title": "评议", "area": "310104", "frame": s.FrameID, "questionnaire": q, "questionnaire_version": 2, "rule_book": book, "rule_book_version": 2,
		"plan":     m{"strata_by": []string{"sex"}, "allocation": "equal", "size": 10, "reserve_ratio": 0.5},
		"opens_on": "2026-12-01", "closes_on": "2026-12-20", "evaluators": evaluators}
	var made struct{ ID string }
	s.as("auditor").call("POST", "/rounds", draft, nil, 403)
	s.as("").call("GET", "/rounds", nil, nil, 401)
	s.as("").call("GET", "/draws", nil, nil, 401)
	v.call("POST", "/rounds", draft, &made, 201)
	round := made.ID
	v.call("PUT", "/rounds/"+round, draft, nil, 204)
	var cells struct{ Planned int }
	v.call("GET", "/rounds/"+round+"/cells", nil, &cells, 200)
	if cells.Planned != 10*len(s.Committees()) {
		t.Errorf("%d planned", cells.Planned)
	}
	v.call("POST", "/rounds/"+round+"/freeze", nil, nil, 204)
	v.call("PUT", "/rounds/"+round, draft, nil, 409)
	v.call("POST", "/rounds/"+round+"/draws", m{"kind": "dice", "name": "掷骰", "due": s.Clock.Now().Add(time.Hour)}, &made, 201)
	c := made.ID
	v.call("GET", "/draws/"+c+"/bundle", nil, nil, 409)
	s.Clock.Advance(90 * time.Minute)
	reveal := m{"seed": "31415126535461524336", "evidence": "公证处"}
	v.call("POST", "/draws/"+c+"/reveal", reveal, nil, 403)
	a := s.as("auditor")
	a.call("POST", "/draws/"+c+"/reveal", reveal, &made, 201)
	a.call("POST", "/draws/"+c+"/reveal", reveal, nil, 409)
	var verified struct{ Agrees bool }
	a.call("POST", "/draws/"+c+"/verify", nil, &verified, 200)
	if !verified.Agrees {
		t.Error("the draw does not repeat")
	}
	req, _ := http.NewRequestWithContext(context.Background(), "GET", s.url+"/api/v1/draws/"+made.ID+"/bundle", nil)
	bundle, _ := a.do(req, 200)
	if _, err := verify.Bundle(strings.NewReader(bundle), ""); err != nil {
		t.Error(err)
	}
	var list struct{ Total int }
	a.call("GET", "/draws", nil, &list, 200)
	v.call("GET", "/rounds", nil, &list, 200)
	if list.Total != 1 {
		t.Errorf("%d rounds", list.Total)
	}
	v.call("POST", "/rounds/"+round+"/steps", m{"to": "collecting"}, nil, 204)
	v.call("POST", "/planner", m{"between": 4, "within": 21, "mean": 78, "committees": 300, "sizes": []int{20, 60}}, nil, 200)
}
