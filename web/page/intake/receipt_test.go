package intake_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/survey/draw/verify"
)

func TestAReceiptIsHandedOutAndFetched(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.importFile(t, intake.Areas, "areas.csv", "")
	frame := s.importFile(t, intake.Frame, "frame.csv", "居民库").FrameID
	digest, err := s.intake.Freeze(context.Background(), authz.SystemActor("310104"), frame, intake.FreezeInput{Reason: "测试所用的名单，偏差已由项目组逐项说明并留档。"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, citizen := s.signIn(t, "manager"), &http.Client{}
	const kind = "application/x-www-form-urlencoded"
	post := func(c *http.Client, path string, form url.Values, want int) string {
		t.Helper()
		res, page := do(t, c, "POST", s.URL+path, kind, strings.NewReader(form.Encode()))
		if res.StatusCode != want {
			t.Fatalf("%s: %d, want %d: %.400s", path, res.StatusCode, want, page)
		}
		return page
	}
	if _, page := do(t, m, "GET", s.URL+"/frames/"+frame, "", nil); !strings.Contains(page, "/frames/"+frame+"/receipt") {
		t.Error("the frame's page does not lead to the receipts")
	}
	p := s.world.People[3]
	form := url.Values{"committee": {p.Committee}, "person": {p.ID}}
	post(s.signIn(t, "panel1"), "/frames/"+frame+"/receipt", form, 403)
	if page := post(m, "/frames/"+frame+"/receipt", url.Values{"committee": {p.Committee}, "person": {"x"}}, 422); !strings.Contains(page, "没有这个编号") {
		t.Error("no sentence for somebody who is not listed")
	}
	for person, want := range map[string]int{p.ID: 201, "x": 422} {
		body := `{"committee": "` + p.Committee + `", "person": "` + person + `"}`
		if res, text := do(t, m, "POST", s.URL+"/api/v1/frames/"+frame+"/receipts", "application/json", strings.NewReader(body)); res.StatusCode != want || want == 201 && !regexp.MustCompile(`"code":"[A-Z2-7]{26}"`).MatchString(text) {
			t.Errorf("by JSON for %s: %d %s", person, res.StatusCode, text)
		}
	}
	page := post(m, "/frames/"+frame+"/receipt", form, 200)
	code := regexp.MustCompile(`<code class="text-break">([A-Z2-7]{26})</code>`).FindStringSubmatch(page)
	if code == nil {
		t.Fatalf("no code on the page: %.800s", page)
	}
	if strings.Contains(page, p.ID) || strings.Contains(page, "gongping frame receipt") {
		t.Error("the desk's page tells more than the code")
	}
	if res, page := do(t, citizen, "GET", s.URL+"/frame-receipt", "", nil); res.StatusCode != 200 || !strings.Contains(page, "/static/verify/") {
		t.Errorf("the public page: %d", res.StatusCode)
	}
	post(citizen, "/frame-receipt", url.Values{"code": {"NONSENSE"}}, 404)
	text := post(citizen, "/frame-receipt", url.Values{"code": {code[1]}}, 200)
	r, err := verify.ReadReceipt([]byte(text))
	if err != nil || r.FrameDigest != digest {
		t.Errorf("%+v, %v", r, err)
	}
}
