// Package app has the evaluator's pages, made for a phone: the cases, one case
// with its tries, and the interview.
package app

import (
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	core "gongping/internal/app"
	"gongping/internal/app/field"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/survey/fieldwork"
	"gongping/survey/instrument"
	"gongping/web/handle"
	"gongping/web/page/question"
	"gongping/web/page/render"
	"gongping/web/qr"
)

type pages struct {
	*handle.Pages
	svc   *field.Service
	build string // of the offline app
}

// Routes registers the pages; version is that of the program.
func Routes(r gin.IRouter, p *handle.Pages, svc *field.Service, version string) {
	h := &pages{Pages: p, svc: svc}
	h.offline(r, version)
	r.GET("/app", h.Signed(h.list))
	r.GET("/app/cases/:id", h.Signed(h.show))
	r.POST("/app/cases/:id/identity", h.Signed(h.identity))
	r.POST("/app/cases/:id/attempts", h.Signed(h.attempt))
	r.POST("/app/cases/:id/link", h.Signed(h.link))
	r.POST("/app/cases/:id/link/revoke", h.Signed(h.revoke))
	r.POST("/app/cases/:id/reserve", h.Signed(h.reserve))
	r.GET("/app/cases/:id/interview", h.Signed(h.interview))
	r.POST("/app/cases/:id/interview", h.Signed(h.submit))
}

// stages are the tabs of the list.
var stages = []fieldwork.Stage{fieldwork.Open, fieldwork.Underway, fieldwork.Agreed, fieldwork.Done, fieldwork.Ended}

// group is the cases of one committee, building by building.
type group struct {
	Committee string
	Total     int // of all pages
	Cases     []row
}

// pageSize is how many cases are listed at once: a morning's walk.
const pageSize = 40

// row is a case; the first of a building carries its sign.
type row struct {
	field.CaseView
	Heading string
}

type listData struct {
	Query        string
	Tabs         []render.Tab
	Groups       []group
	Appointments []field.CaseView
	Total, Done  int
	Shown        int
	Pages        render.Pagination
	Now          time.Time
}

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	all, err := h.svc.MyCases(c.Request.Context(), who)
	if err != nil {
		return err
	}
	d := listData{Query: strings.TrimSpace(c.Query("q")), Total: len(all), Now: h.svc.Clock.Now()}
	stage := fieldwork.Stage(c.Query("stage"))
	page, _ := strconv.Atoi(c.Query("page"))
	page = max(page, 1)
	count, perCommittee := map[fieldwork.Stage]int{}, map[string]int{}
	for _, x := range all {
		count[x.Stage]++
		if x.Stage == fieldwork.Done {
			d.Done++
		}
		if x.Stage == fieldwork.Agreed {
			d.Appointments = append(d.Appointments, x)
		}
		todo := x.Stage != fieldwork.Done && x.Stage != fieldwork.Ended
		if !matches(x, d.Query) || (stage == "" && !todo && d.Query == "") || (stage != "" && x.Stage != stage) {
			continue
		}
		if d.Shown/pageSize == page-1 {
			d.add(x)
		}
		d.Shown++
		perCommittee[x.CommitteeName]++
	}
	for i := range d.Groups {
		d.Groups[i].Total = perCommittee[d.Groups[i].Committee]
	}
	d.Pages = render.Pagination{Page: page, Last: (d.Shown + pageSize - 1) / pageSize, Total: d.Shown,
		Href: "/app?" + url.Values{"stage": {string(stage)}, "q": {d.Query}}.Encode() + "&page="}
	d.Tabs = append(d.Tabs, render.Tab{Text: h.T(c, "app.todo"), Href: "/app", Active: stage == "", Count: count[fieldwork.Open] + count[fieldwork.Underway] + count[fieldwork.Agreed]})
	for _, s := range stages {
		d.Tabs = append(d.Tabs, render.Tab{Text: h.T(c, "field.stage."+string(s)), Href: "/app?stage=" + string(s), Active: s == stage, Count: count[s]})
	}
	h.Render(c, http.StatusOK, "app/list", render.Page{Title: h.T(c, "app.title"), Data: d,
		Actions: []render.Action{{Text: h.T(c, "offline.link"), Href: "/app/offline", Icon: "device-mobile", Primary: true}}})
	return nil
}

func (d *listData) add(x field.CaseView) {
	if n := len(d.Groups); n == 0 || d.Groups[n-1].Committee != x.CommitteeName {
		d.Groups = append(d.Groups, group{Committee: x.CommitteeName})
	}
	g := &d.Groups[len(d.Groups)-1]
	r := row{CaseView: x}
	if n := len(g.Cases); n == 0 || g.Cases[n-1].Building != x.Building {
		r.Heading = short(x.Building)
	}
	g.Cases = append(g.Cases, r)
}

// short is the sign of a building: its pseudonym's first letters. The real
// number is part of the address, which is opened case by case.
func short(building string) string {
	s := strings.ToUpper(strings.TrimPrefix(building, "b"))
	return s[:min(4, len(s))]
}

func matches(x field.CaseView, q string) bool {
	q = strings.ToUpper(q)
	return q == "" || strings.Contains(x.Number(), q) || strings.Contains(strings.ToUpper(x.CommitteeName), q) ||
		strings.Contains(x.Committee, q) || strings.HasPrefix(short(x.Building), q)
}

type caseData struct {
	field.CaseDetail
	Person       *field.Identity
	Link         string // the token of a link just made: shown once
	LinkExpires  time.Time
	LinkQR       template.HTML
	LinkPNG      template.URL // the picture as data, to be kept: the link is shown once
	LinkSVG      template.URL
	Door, Phone  []fieldwork.Disposition
	AttemptID    string
	Events       []render.Event
	Closed       string
	Lacks        []string
	ActiveLink   bool
	Days         []render.Option
	Attempt      map[string]string // what was entered, when it was wrong
	AttemptError string
	Sign         string // of the building
}

func (h *pages) show(c *gin.Context, who authz.Actor) error {
	return h.showCase(c, who, http.StatusOK, func(*caseData) {})
}

// showCase renders a case with what the request has brought about.
func (h *pages) showCase(c *gin.Context, who authz.Actor, status int, change func(*caseData)) error {
	detail, err := h.svc.Case(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	now := h.svc.Clock.Now()
	d := caseData{CaseDetail: detail, Door: fieldwork.Choices(fieldwork.Door), Phone: fieldwork.Choices(fieldwork.Phone), AttemptID: core.NewID(), Sign: short(detail.Building)}
	p := h.Printer(c)
	for i := len(detail.History) - 1; i >= 0; i-- {
		a := detail.History[i]
		e := render.Event{At: a.At, Who: a.EvaluatorName, Title: p.T("disposition." + string(a.Code)), Icon: modeIcon(a.Mode)}
		if a.Appointment != nil {
			e.Text = p.T("app.agreed_for", "Time", h.Format(c).DateTime(*a.Appointment))
		}
		d.Events = append(d.Events, e)
	}
	for _, l := range detail.Lacking {
		d.Lacks = append(d.Lacks, p.Map(l.Key, l.Args))
	}
	if detail.OpenNow != nil {
		d.Closed = sentence(p.Map, detail.OpenNow)
	}
	for _, l := range detail.Links {
		d.ActiveLink = d.ActiveLink || (!l.Used && !l.Revoked && now.Before(l.ExpiresAt))
	}
	today := now.In(fieldwork.Zone)
	for i := range 14 {
		day := today.AddDate(0, 0, i)
		d.Days = append(d.Days, render.Option{Value: day.Format(time.DateOnly), Text: h.Format(c).Date(day) + " " + p.T("app.weekday."+strconv.Itoa(int(day.Weekday())))})
	}
	change(&d)
	h.Render(c, status, "app/case", render.Page{Title: p.T("app.case", "Number", detail.Number()), Subtitle: detail.CommitteeName,
		Crumbs: []render.Crumb{{Text: p.T("app.title"), Href: "/app"}, {Text: detail.Number()}}, Data: d})
	return nil
}

func sentence(say func(string, map[string]any) string, err error) string {
	if e, ok := err.(*errs.Error); ok {
		return say(e.Key, e.Args)
	}
	return ""
}

func modeIcon(m fieldwork.Mode) string {
	switch m {
	case fieldwork.Phone:
		return "phone"
	case fieldwork.Link:
		return "link"
	case fieldwork.Paper:
		return "file-text"
	}
	return "home"
}

func (h *pages) identity(c *gin.Context, who authz.Actor) error {
	person, err := h.svc.OpenIdentity(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	if render.IsPartial(c) {
		h.Partial(c, http.StatusOK, "app/person", person)
		return nil
	}
	return h.showCase(c, who, http.StatusOK, func(d *caseData) { d.Person = &person })
}

func (h *pages) attempt(c *gin.Context, who authz.Actor) error {
	a := field.NewAttempt{ID: c.PostForm("id"), Mode: fieldwork.Mode(c.PostForm("mode")), Code: fieldwork.Code(c.PostForm("code")), At: h.svc.Clock.Now()}
	if t, err := time.Parse(time.RFC3339, c.PostForm("at")); err == nil {
		a.At = t
	}
	if a.Code == fieldwork.Appointment {
		a.Appointment, _ = time.ParseInLocation("2006-01-02 15:04", c.PostForm("day")+" "+c.PostForm("time"), fieldwork.Zone)
	}
	_, err := h.svc.RecordAttempt(c.Request.Context(), who, c.Param("id"), a)
	if errs.Is(err, errs.Invalid) {
		return h.showCase(c, who, http.StatusUnprocessableEntity, func(d *caseData) {
			d.AttemptID, d.AttemptError = a.ID, h.T(c, "attempt.invalid")
			d.Attempt = map[string]string{"mode": string(a.Mode), "code": string(a.Code), "day": c.PostForm("day"), "time": c.PostForm("time")}
		})
	}
	if err != nil {
		return err
	}
	h.Done(c, "/app/cases/"+c.Param("id"), "app.attempt_saved", nil)
	return nil
}

func (h *pages) link(c *gin.Context, who authz.Actor) error {
	token, expires, err := h.svc.IssueLink(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	scheme := "http"
	if render.OverTLS(c.Request) {
		scheme = "https"
	}
	return h.showCase(c, who, http.StatusOK, func(d *caseData) {
		d.Link, d.LinkExpires = scheme+"://"+c.Request.Host+"/r/"+token, expires
		d.LinkQR = qr.SVG(d.Link, h.T(c, "app.link.qr"))
		// The token is stored nowhere in clear, so the files come with this page.
		d.LinkSVG = dataURL("image/svg+xml", []byte(d.LinkQR))
		if png, err := qr.PNG(d.Link); err == nil {
			d.LinkPNG = dataURL("image/png", png)
		}
	})
}

func dataURL(kind string, b []byte) template.URL {
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(b)) //nolint:gosec // of our own making
}

func (h *pages) revoke(c *gin.Context, who authz.Actor) error {
	if err := h.svc.RevokeLinks(c.Request.Context(), who, c.Param("id"), ""); err != nil {
		return err
	}
	h.Done(c, "/app/cases/"+c.Param("id"), "app.link_revoked", nil)
	return nil
}

func (h *pages) reserve(c *gin.Context, who authz.Actor) error {
	id, err := h.svc.ReleaseReserve(c.Request.Context(), who, c.Param("id"), "")
	if err != nil {
		return err
	}
	h.Done(c, "/app/cases/"+id, "app.reserve_released", nil)
	return nil
}

type interviewData struct {
	Form    question.Form
	ID      string // of the submission, made for this form
	Version int
	Action  string
	Modes   []string
	Mode    string
	Steps   bool
	Number  string
	Notice  *render.Alert // why the whole was not taken
}

func (h *pages) interview(c *gin.Context, who authz.Actor) error {
	d, err := h.svc.Case(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	switch {
	case !d.MayWrite:
		return errs.New(errs.Forbidden, "auth.forbidden", "only the evaluator of the case may interview")
	case d.OpenNow != nil:
		return d.OpenNow
	case d.Complete:
		return errs.New(errs.Closed, "case.ended", "the case has ended; there is nothing more to try")
	}
	mode := fieldwork.Door
	if c.Query("mode") == string(fieldwork.Phone) {
		mode = fieldwork.Phone
	}
	h.showInterview(c, http.StatusOK, d, core.NewID(), string(mode), nil, nil)
	return nil
}

func (h *pages) showInterview(c *gin.Context, status int, d field.CaseDetail, id, mode string, answers instrument.Answers, fault error) {
	p, q := h.Printer(c), d.Round.Questionnaire
	in := question.Choose(q, c.DefaultPostForm("in", c.Query("in")), string(p.Lang()))
	var notice *render.Alert
	if e, ok := fault.(*errs.Error); ok && e.Key != "answers.invalid" { // that stands at the questions
		notice, fault = h.Alert(c, fault), nil
	}
	h.Render(c, status, "app/interview", render.Page{Title: p.T("app.interview"), Subtitle: p.T("app.case", "Number", d.Number()) + " · " + d.CommitteeName,
		Crumbs: []render.Crumb{{Text: p.T("app.title"), Href: "/app"}, {Text: d.Number(), Href: "/app/cases/" + d.ID}, {Text: p.T("app.interview")}},
		Data: interviewData{Notice: notice, Form: question.NewIn(q, p, in, answers, fault), ID: id, Version: d.Round.QuestionnaireVersion,
			Action: "/app/cases/" + d.ID + "/interview", Modes: []string{"door", "phone"}, Mode: mode, Number: d.Number()}})
}

type sentData struct {
	field.Outcome
	Thanks, Back string
}

func (h *pages) submit(c *gin.Context, who authz.Actor) error {
	d, err := h.svc.Case(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	if err := c.Request.ParseForm(); err != nil {
		return errs.Wrap(err, errs.Invalid, "question.form", "the form cannot be read")
	}
	sub := Submission(c, d.Round.Questionnaire)
	sub.CaseID, sub.Mode = d.ID, fieldwork.Mode(c.PostForm("mode"))
	out, err := h.svc.Submit(c.Request.Context(), who, sub)
	if errs.Is(err, errs.Invalid) { // with what was answered, or it would be asked twice
		h.showInterview(c, http.StatusUnprocessableEntity, d, sub.ID, string(sub.Mode), sub.Answers, err)
		return nil
	}
	if err != nil {
		return err
	}
	h.Render(c, http.StatusOK, "app/sent", render.Page{Title: h.T(c, "app.sent."+string(out.Status)),
		Data: sentData{out, d.Round.Questionnaire.Thanks.In(question.Choose(d.Round.Questionnaire, c.PostForm("in"), string(h.Printer(c).Lang()))), "/app"}})
	return nil
}

// Submission reads what a form of the package question has sent; the case and
// the mode are not the form's to say.
func Submission(c *gin.Context, q *instrument.Questionnaire) field.Submission {
	number := func(name string, none int) int {
		n, err := strconv.Atoi(c.PostForm(name))
		if err != nil {
			return none
		}
		return n
	}
	return field.Submission{ID: c.PostForm("id"), Version: number("version", 0), Answers: question.Read(q, c.Request.PostForm),
		Seconds: number("seconds", 0), Hour: number("hour", -1), Taps: number("taps", 0)}
}
