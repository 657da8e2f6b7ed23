package draws_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gongping/internal/demo"
	"gongping/survey/draw/verify"
)

// TestTwoStagesInPublic walks a plan in two stages: the preview says what is
// joined, the public page speaks of households, and auditors alone fetch the
// annex, which opens the public bundle.
func TestTwoStagesInPublic(t *testing.T) {
	t.Parallel()
	s := open(t)
	m, a := s.as("manager"), s.as("auditor")
	_, at := m.post("/rounds", url.Values{"title": {"两阶段评议"}, "area": {demo.DistrictCode}, "frame": {s.FrameID}})
	id := strings.Split(at, "/")[2]
	form := url.Values{"step": {"plan"}, "sizing": {""}, "size": {"30"}, "allocation": {"proportional"}, "response_rate": {"60"}, "reserve_ratio": {"50"}, "prior_sd": {"21"},
		"method": {"two-stage-pps"}, "cluster_by": {"building"}, "per_cluster": {"4"}, "then": {"preview"}}
	page, _ := m.post("/rounds/"+id+"/edit", form)
	contains(t, page, "户数太少", "至少要有 60 户")
	form.Set("size", "12")
	m.post("/rounds/"+id+"/edit", form)
	m.post("/rounds/"+id+"/edit", url.Values{"step": {"dates"}, "opens": {"2026-12-01"}, "closes": {"2026-12-28"}})
	contains(t, m.get("/rounds/"+id+"/preview"), "公开的名单看不出抽中了谁", "组，从中抽取", "至少 10 户")
	m.post("/rounds/"+id+"/freeze", nil)
	page, _ = m.post("/rounds/"+id+"/draw", url.Values{"kind": {"dice"}, "name": {"大厅掷骰"}, "due": {"2026-11-20T13:00"}})
	c := commitmentLink.FindStringSubmatch(page)[1]
	contains(t, s.as("").get("/d/"+c), "gongping draw commitment v1 households", "名单上的单元是户")
	a.get("/draws/"+c+"/annex", http.StatusConflict)
	s.Clock.Advance(90 * time.Minute)
	a.post("/draws/"+c+"/reveal", url.Values{"seed": {"31415126535461524336"}, "evidence": {"公证处在场"}})
	contains(t, s.as("").get("/d/"+c), "户中随机抽出", "每户一位成年人", "户</td>")
	contains(t, a.get("/rounds/"+id+"/draw"), "下载审计附件", "verifydraw annex")
	if strings.Contains(m.get("/rounds/"+id+"/draw"), "审计附件") {
		t.Error("a manager is offered the annex")
	}
	m.get("/draws/"+c+"/annex", http.StatusForbidden)
	m.get("/api/v1/draws/"+c+"/annex", http.StatusForbidden)
	bundle, annex := s.as("").get("/d/"+c+"/bundle"), a.get("/api/v1/draws/"+c+"/annex")
	if annex != a.get("/draws/"+c+"/annex") {
		t.Error("page and API give different annexes")
	}
	rep, err := verify.Annex(strings.NewReader(bundle), "", strings.NewReader(annex))
	if err != nil || rep.Drawn == 0 || rep.Persons != len(s.Demo.People) {
		t.Errorf("%+v, %v", rep, err)
	}
	var one struct{ Households bool }
	m.call("GET", "/draws/"+c, nil, &one, 200)
	if !one.Households {
		t.Error("the API does not say that units are households")
	}
}
