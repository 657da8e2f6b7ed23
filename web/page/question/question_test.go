package question_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"pgregory.net/rapid"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/testkit/site"
	"gongping/survey/instrument"
	"gongping/survey/instrument/instrumenttest"
	"gongping/web/browsertest"
	"gongping/web/handle"
	"gongping/web/page/question"
	"gongping/web/page/render"
)

// serve shows the example to an evaluator at /all and to a resident at /steps;
// what is sent is read, checked and shown again.
func serve(t *testing.T, sent chan<- instrument.Answers) string {
	t.Helper()
	q := instrument.Example()
	s := site.Serve(t, func(string) authz.Actor { return authz.Actor{} }, func(r gin.IRouter, p *handle.Pages) {
		show := func(c *gin.Context, steps bool, a instrument.Answers, err error) {
			page := render.Page{Title: "问卷", Layout: render.Plain, Data: map[string]any{"Form": question.New(&q, p.Printer(c), a, err),
				"ID": "x", "Version": 1, "Action": c.Request.URL.Path, "Modes": []string(nil), "Mode": "", "Steps": steps}}
			if steps {
				page.Layout = render.Resident
			}
			p.Render(c, map[bool]int{true: 200, false: 422}[err == nil], "app/interview", page)
		}
		for path, steps := range map[string]bool{"/all": false, "/steps": true} {
			r.GET(path, func(c *gin.Context) { show(c, steps, nil, nil) })
			r.POST(path, func(c *gin.Context) {
				if err := c.Request.ParseForm(); err != nil {
					t.Error(err)
				}
				got := question.Read(&q, c.Request.PostForm)
				sent <- got
				show(c, steps, got, q.CheckAnswers(got))
			})
		}
	})
	return s.URL
}

func TestReadTakesTheFormAsItIsSent(t *testing.T) {
	q := instrument.Example()
	form := url.Values{"q_years": {" ０12 ", "dk"}, "q_household": {"other"}, "q_household:other": {" 与护工同住 "}, "q_visited": {"care", "canteen", "care"},
		"q_last_visit": {"", "dk"}, "q_care_hours": {"3.50"}, "q_overall": {"4"}, "q_why": {"left over without script"}, "q_about_care": {"x"}, "q_idea": {" "}}
	got := question.Read(&q, form)
	want := instrument.Answers{"years": "12", "household": "other", "household:other": "与护工同住", "visited": "canteen care", "last_visit": "dk", "care_hours": "3.5", "overall": "4"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
}

func TestQuestionsInTheBrowser(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	sent := make(chan instrument.Answers, 2)
	base := serve(t, sent)
	for _, x := range []struct {
		view browsertest.Viewport
		lang string
	}{{browsertest.Phone, "zh"}, {browsertest.Desktop, "en"}} {
		p := b.Page(t, base, x.view, x.lang)
		p.Goto("/all")
		hidden := func(id string) bool { return browsertest.Eval[bool](p, `document.getElementById('q-`+id+`').hidden`) }
		if !hidden("care_hours") || !hidden("about_care") || !hidden("last_visit") {
			t.Error("questions that do not apply are shown")
		}
		p.Axe()
		if o := p.Overflow(); len(o) > 0 {
			t.Errorf("the page is too wide: %v", o)
		}
		p.Click("#q-visited input[value=care]")
		p.Click("#q-visited input[value=canteen]")
		if hidden("care_hours") || hidden("about_care") {
			t.Error("the questions about care stay hidden")
		}
		p.Click("#q-visited input[value=none]")
		if got := browsertest.Eval[string](p, `document.querySelector('form').gpQuestions.answers().visited`); got != "none" {
			t.Errorf("none of these leaves %q", got)
		}
		p.Click("#q-visited input[value=canteen]")
		p.Click("#q-visited input[value=care]")
		p.Fill("#f-years", "１２０")
		if !strings.Contains(p.Text("#x-years"), "100") {
			t.Errorf("a number above the range says %q", p.Text("#x-years"))
		}
		p.Screenshot("questions")
		p.Click("#q-years [data-dk]")
		p.Click("#q-household input[value=other]")
		p.Fill("[name='q_household:other']", "与护工同住")
		p.Fill("#f-care_hours", "3.50")
		p.Click("#q-overall input[value='2']")
		p.Fill("#f-why", "座位")
		p.Click(".gp-q-check")
		if !p.Has("#q-fit_canteen.gp-q-missing") {
			t.Error("a missing row of the matrix is not marked")
		}
		for _, row := range []string{"canteen", "clinic", "sport"} {
			p.Click("#q-fit_" + row + " input[value='4']")
		}
		client := browsertest.Eval[instrument.Answers](p, `document.querySelector('form').gpQuestions.answers()`)
		p.Click(".gp-q-check")
		p.Screenshot("questions-review")
		p.Click(".gp-q-send")
		var got instrument.Answers
		select { // a script sends them
		case got = <-sent:
		case <-time.After(browsertest.Patience):
			t.Fatal("nothing was sent")
		}
		want := instrument.Answers{"years": "dk", "household": "other", "household:other": "与护工同住", "visited": "canteen care", "care_hours": "3.5", "overall": "2",
			"why": "座位", "fit_canteen": "4", "fit_clinic": "4", "fit_sport": "4"}
		if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(client, want) {
			t.Errorf("the server read %v, the script %v, want %v", got, client, want)
		}
	}
	p := b.Page(t, base, browsertest.Phone, "zh")
	p.Goto("/steps")
	p.Fill("#f-years", "3")
	p.Click(".gp-q-next")
	p.Click("#q-household input[value=alone]")
	p.WaitVisible("#q-visited")
	p.Axe()
	p.Screenshot("questions-step")
	p.Click("#q-visited input[value=care]")
	p.Click(".gp-q-next")
	p.Click(".gp-q-next")
	p.WaitVisible("#q-fit_canteen")
	p.Screenshot("questions-step-row")
}

// The script's rules are the server's: both find the same faults in drawn
// answers to drawn questionnaires, and write the same canonical form.
func TestScriptAndServerAgree(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	type drawn struct {
		Q *instrument.Questionnaire `json:"q"`
		A instrument.Answers        `json:"a"`
	}
	gen := rapid.Custom(func(t *rapid.T) drawn {
		q := instrumenttest.Questionnaire(t)
		return drawn{q, instrumenttest.Answers(t, q)}
	})
	var cases []drawn
	var want []string
	clean := 0
	for seed := range 400 {
		d := gen.Example(seed)
		cases = append(cases, d)
		n := d.Q.Normal(d.A)
		var list []string
		if e, ok := d.Q.CheckAnswers(n).(*errs.Error); ok {
			for _, f := range e.Details {
				list = append(list, f.Where+" "+f.Key)
			}
		} else {
			clean++
		}
		sort.Strings(list)
		normal, _ := json.Marshal(n)
		want = append(want, string(normal)+" "+strings.Join(list, ","))
	}
	if clean < 20 || clean > 380 {
		t.Fatalf("%d of 400 drawn answers fit: the generator tests nothing", clean)
	}
	p := b.Page(t, serve(t, make(chan instrument.Answers, 1)), browsertest.Desktop, "zh")
	p.Goto("/all")
	data, _ := json.Marshal(cases)
	got := browsertest.Eval[[]string](p, `(function (cases) {
		return cases.map(function (c) {
			var a = {}, byID = {};
			c.q.items.forEach(function (i) { byID[i.id] = i; });
			Object.keys(c.a).sort().forEach(function (k) { a[k] = byID[k] ? GongpingQuestion.normal(byID[k], c.a[k]) : c.a[k]; });
			var f = GongpingQuestion.check(c.q, a).map(function (x) { return x.id + ' ' + x.key; }).sort();
			return JSON.stringify(a) + ' ' + f.join(',');
		});
	})(`+string(data)+`)`)
	for i := range want {
		if got[i] != want[i] {
			q, _ := json.Marshal(cases[i])
			t.Fatalf("case %d: the script says\n%s\nthe server\n%s\nfor %s", i, got[i], want[i], q)
		}
	}
}
