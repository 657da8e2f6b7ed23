// Package upward has the pages by which those who carry the work look at
// functional departments: the worker's invitation, the register of tasks handed
// down, and the part of a department's card that shows both.
package upward

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/upward"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/departmentdb"
	"gongping/survey/instrument"
	"gongping/web/handle"
	"gongping/web/page/question"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc *upward.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *upward.Service) {
	h := &pages{p, svc}
	r.GET("/upward", h.Signed(h.home))
	r.POST("/upward", h.Signed(h.open))
	r.POST("/upward/:id/close", h.Signed(h.close))
	r.GET("/upward/:id/:department", h.Signed(h.form))
	r.POST("/upward/:id/:department", h.Signed(h.answer))
	r.GET("/tasks", h.Signed(h.tasks))
	r.GET("/tasks/new", h.Signed(h.taskForm))
	r.POST("/tasks", h.Signed(h.saveTask))
	r.GET("/tasks/:id/edit", h.Signed(h.taskForm))
	r.POST("/tasks/:id", h.Signed(h.saveTask))
}

type choice struct {
	Name, Href string
	Done       bool
}

type homeData struct {
	Worker      bool
	Title       string
	Until       time.Time
	Departments []choice
	Results     []choice // where the results of surveys that ended are
	Surveys     render.Table
	May         bool
	Running     string // id of the open survey
	RunningName string
	Latest      string
	Cell        int
}

// home invites a worker; others see which surveys there were.
func (h *pages) home(c *gin.Context, who authz.Actor) error {
	p, f := h.Printer(c), h.Format(c)
	d := homeData{Worker: who.Role == authz.Worker, May: authz.May(who, authz.UpwardManage, authz.Object{Area: who.Area}), Cell: upward.Cell,
		Latest: h.svc.Clock.Now().AddDate(0, 0, 21).Format(time.DateOnly)}
	if d.Worker {
		v, err := h.svc.Invitation(c.Request.Context(), who)
		if err != nil {
			return err
		}
		if v.Survey != nil {
			d.Title, d.Until = v.Survey.Title, v.Survey.ClosesOn
			for _, x := range v.Departments {
				d.Departments = append(d.Departments, choice{x.In(string(p.Lang())), "/upward/" + v.Survey.ID + "/" + x.Code, v.Answered[x.Code]})
			}
		}
	} else {
		list, err := h.svc.Surveys(c.Request.Context(), who)
		if err != nil {
			return err
		}
		d.Surveys = render.Table{Caption: p.T("upward.surveys"), Columns: []render.Column{{Text: p.T("upward.name")}, {Text: p.T("upward.dates")}, {Text: p.T("upward.state")}},
			Empty: render.Empty{Icon: "heart-handshake", Title: p.T("upward.none"), Text: p.T("upward.none.text")}}
		ended := false
		for _, x := range list {
			badge, note := render.Badge{Tone: "neutral", Text: p.T("upward.closed_badge")}, ""
			ended = ended || x.Closed
			if !x.Closed {
				d.Running, d.RunningName = x.ID, x.Title
				note = p.T("upward.until_midnight")
				badge = render.Badge{Tone: "success", Text: p.T("upward.open_badge")}
			}
			d.Surveys.Rows = append(d.Surveys.Rows, render.Row{Cells: []render.Cell{{Text: x.Title}, {Text: f.Date(x.OpensOn) + " – " + f.Date(x.ClosesOn), Note: note}, {Badge: &badge}}})
		}
		if ended {
			rated, err := h.svc.Rated(c.Request.Context(), who)
			if err != nil {
				return err
			}
			for _, x := range rated {
				d.Results = append(d.Results, choice{Name: x.In(string(p.Lang())), Href: "/departments/" + x.Code + "#upward"})
			}
		}
	}
	h.Render(c, http.StatusOK, "upward/home", render.Page{Title: p.T("upward.title"), Subtitle: p.T("upward.subtitle"), Data: d})
	return nil
}

func (h *pages) open(c *gin.Context, who authz.Actor) error {
	closes, err := time.Parse(time.DateOnly, c.PostForm("closes"))
	if err != nil {
		return errs.New(errs.Invalid, "upward.closes", "the survey must end within three months").At("closes", c.PostForm("closes"), "a date", "choose a day")
	}
	if _, err := h.svc.Open(c.Request.Context(), who, c.PostForm("title"), closes); err != nil {
		return err
	}
	h.Done(c, "/upward", "upward.opened", nil)
	return nil
}

func (h *pages) close(c *gin.Context, who authz.Actor) error {
	if err := h.svc.Close(c.Request.Context(), who, c.Param("id")); err != nil {
		return err
	}
	h.Done(c, "/upward", "upward.closed_now", nil)
	return nil
}

type formData struct {
	Form   question.Form
	Action string
}

// of finds the open survey and the department that the address names.
func (h *pages) of(c *gin.Context, who authz.Actor) (v upward.Invitation, d departmentdb.Department, err error) {
	if v, err = h.svc.Invitation(c.Request.Context(), who); err != nil {
		return v, d, err
	}
	if v.Survey == nil || v.Survey.ID != c.Param("id") {
		return v, d, errs.New(errs.Closed, "upward.closed", "the survey is closed")
	}
	for _, x := range v.Departments {
		if x.Code == c.Param("department") {
			if v.Answered[x.Code] {
				return v, d, errs.New(errs.Done, "upward.twice", "you have rated this department already; answers cannot be found again and changed")
			}
			return v, x, nil
		}
	}
	return v, d, errs.New(errs.NotFound, "department.not_found", "there is no such department, or none that you may see")
}

func (h *pages) form(c *gin.Context, who authz.Actor) error { return h.show(c, who, nil, nil) }

func (h *pages) show(c *gin.Context, who authz.Actor, a instrument.Answers, fault error) error {
	v, d, err := h.of(c, who)
	if err != nil {
		return err
	}
	q, err := upward.Questionnaire(v.Survey)
	if err != nil {
		return err
	}
	p, status := h.Printer(c), http.StatusOK
	if fault != nil {
		status = http.StatusUnprocessableEntity
	}
	name := d.In(string(p.Lang()))
	h.Render(c, status, "upward/form", render.Page{Title: p.T("upward.rate", "Name", name), Subtitle: v.Survey.Title,
		Crumbs: []render.Crumb{{Text: p.T("upward.title"), Href: "/upward"}, {Text: name}}, Data: formData{question.New(q, p, a, fault), c.Request.URL.Path}})
	return nil
}

func (h *pages) answer(c *gin.Context, who authz.Actor) error {
	v, d, err := h.of(c, who)
	if err != nil {
		return err
	}
	q, err := upward.Questionnaire(v.Survey)
	if err != nil {
		return err
	}
	if err := c.Request.ParseForm(); err != nil {
		return errs.Wrap(err, errs.Invalid, "question.form", "the form cannot be read")
	}
	a := question.Read(q, c.Request.PostForm)
	if err := h.svc.Answer(c.Request.Context(), who, v.Survey.ID, d.Code, a); err != nil {
		if e, ok := err.(*errs.Error); ok && e.Key == "answers.invalid" {
			return h.show(c, who, a, err)
		}
		return err
	}
	h.Done(c, "/upward", "upward.thanks", nil)
	return nil
}

type tasksData struct {
	Table render.Table
	Tiles []render.Stat
}

func (h *pages) tasks(c *gin.Context, who authz.Actor) error {
	list, names, err := h.svc.Tasks(c.Request.Context(), who, "")
	if err != nil {
		return err
	}
	p := h.Printer(c)
	may := authz.May(who, authz.TaskEdit, authz.Object{Area: who.Area})
	t := table(list, names, who, p, h.Format(c), true)
	t.Empty = render.Empty{Icon: "list-details", Title: p.T("task.none"), Text: p.T("task.none.text")}
	page := render.Page{Title: p.T("task.title"), Subtitle: p.T("task.subtitle"), Data: tasksData{t, tiles(list, p, h.Format(c))}}
	if may {
		page.Actions = []render.Action{{Text: p.T("task.add"), Href: "/tasks/new", Icon: "plus", Primary: true}, {Text: p.T("intake.do.tasks"), Href: "/import/tasks", Icon: "file-import"}}
	}
	h.Render(c, http.StatusOK, "upward/tasks", page)
	return nil
}

type taskData struct {
	Task        upward.Task
	Action      string
	Departments []render.Option
	Levels      []render.Option
	New         bool
	HandedOn    string
	EndedOn     string
	Minutes     string
}

func (h *pages) taskForm(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.TaskEdit, authz.Object{Area: who.Area}); err != nil {
		return err
	}
	list, names, err := h.svc.Tasks(c.Request.Context(), who, "")
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := taskData{Action: "/tasks", New: true, Task: upward.Task{Level: "committee"},
		Levels: []render.Option{{Value: "committee", Text: p.T("task.level.committee")}, {Value: "street", Text: p.T("task.level.street")}}}
	if id := c.Param("id"); id != "" {
		for _, t := range list {
			if t.ID == id {
				d.Task, d.New, d.Action, d.HandedOn = t, false, "/tasks/"+id, t.HandedOn.Format(time.DateOnly)
			}
		}
		if d.New {
			return errs.New(errs.NotFound, "task.not_found", "there is no such task")
		}
		if d.Task.EndedOn != nil {
			d.EndedOn = d.Task.EndedOn.Format(time.DateOnly)
		}
		if d.Task.Minutes != nil {
			d.Minutes = strconv.Itoa(*d.Task.Minutes)
		}
	}
	for _, x := range sorted(names) {
		d.Departments = append(d.Departments, render.Option{Value: x.Code, Text: x.In(string(p.Lang()))})
	}
	title := p.T("task.add")
	if !d.New {
		title = d.Task.Title
	}
	h.Render(c, http.StatusOK, "upward/task", render.Page{Title: title, Crumbs: []render.Crumb{{Text: p.T("task.title"), Href: "/tasks"}, {Text: title}}, Data: d})
	return nil
}

func (h *pages) saveTask(c *gin.Context, who authz.Actor) error {
	t := upward.Task{ID: c.Param("id"), Department: c.PostForm("department"), Title: c.PostForm("title"), Basis: c.PostForm("basis"), Level: c.PostForm("level"),
		Funds: c.PostForm("funds") != "", People: c.PostForm("people") != "", Reason: c.PostForm("reason")}
	t.HandedOn, _ = time.Parse(time.DateOnly, c.PostForm("handed_on"))
	if end, err := time.Parse(time.DateOnly, c.PostForm("ended_on")); err == nil {
		t.EndedOn = &end
	}
	if s := c.PostForm("minutes"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			return errs.New(errs.Invalid, "task.invalid", "the task cannot be entered").At("minutes", s, "a whole number", "correct it and try again")
		}
		t.Minutes = &n
	}
	if _, err := h.svc.SaveTask(c.Request.Context(), who, t); err != nil {
		return err
	}
	h.Done(c, "/tasks", "task.saved", nil)
	return nil
}
