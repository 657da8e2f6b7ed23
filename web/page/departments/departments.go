// Package departments has the pages of functional departments: the list, and
// the card of each with what is attributed to it and what it answered.
package departments

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/departments"
	"gongping/internal/app/upward"
	"gongping/internal/authz"
	"gongping/internal/pg/departmentdb"
	"gongping/web/handle"
	"gongping/web/page/render"
	upwardpage "gongping/web/page/upward"
)

type pages struct {
	*handle.Pages
	svc *departments.Service
	// upward tells what was handed down and what workers say of it.
	upward *upward.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *departments.Service) {
	h := &pages{p, svc, &upward.Service{Core: svc.Core}}
	r.GET("/departments", h.Signed(h.list))
	r.POST("/departments", h.Signed(h.save))
	r.GET("/departments/:code", h.Signed(h.card))
	r.POST("/departments/:code/replies", h.Signed(h.reply))
}

type listData struct {
	Departments []departmentdb.Department
	Tasks       map[string]int // handed down and going on, by department
	Lang        string
	MayEdit     bool
	Empty       render.Empty
}

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	if who.Role == authz.Department {
		c.Redirect(http.StatusSeeOther, "/departments/"+who.Department)
		return nil
	}
	list, err := h.svc.List(c.Request.Context(), who)
	if err != nil {
		return err
	}
	tasks, _, err := h.upward.Tasks(c.Request.Context(), who, "")
	if err != nil {
		return err
	}
	now := map[string]int{}
	for _, t := range tasks {
		if t.EndedOn == nil {
			now[t.Department]++
		}
	}
	p := h.Printer(c)
	d := listData{Departments: list, Tasks: now, Lang: string(p.Lang()), MayEdit: authz.May(who, authz.DepartmentEdit, authz.Object{}),
		Empty: render.Empty{Icon: "building-community", Title: p.T("department.none"), Text: p.T("department.none.text")}}
	page := render.Page{Title: p.T("department.title"), Subtitle: p.T("department.subtitle"), Data: d}
	if authz.May(who, authz.DepartmentEdit, authz.Object{Area: who.District}) {
		page.Actions = []render.Action{{Text: p.T("intake.do.departments"), Href: "/import/departments", Icon: "file-import"}}
	}
	h.Render(c, http.StatusOK, "departments/list", page)
	return nil
}

func (h *pages) save(c *gin.Context, who authz.Actor) error {
	d := departmentdb.Department{Code: c.PostForm("code"), Name: c.PostForm("name"), NameEN: c.PostForm("name_en"), Active: true}
	if err := h.svc.Save(c.Request.Context(), who, []departmentdb.Department{d}); err != nil {
		return err
	}
	h.Done(c, "/departments", "department.saved", map[string]string{"Name": d.Name})
	return nil
}

type cardData struct {
	departments.Card
	Name    string
	Replied []render.Event
	Upward  upwardpage.Card
	Causes  *causesData
	Rounds  []render.Option // that a reply can be about
	Joint   jointData
}

func (h *pages) card(c *gin.Context, who authz.Actor) error {
	card, err := h.svc.Card(c.Request.Context(), who, c.Param("code"), string(h.Printer(c).Lang()))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := cardData{Card: card, Name: card.Department.In(string(p.Lang())), Causes: h.causes(c, card.Periods)}
	for _, x := range card.Periods {
		if !x.File {
			d.Rounds = append(d.Rounds, render.Option{Value: x.ID, Text: x.Title})
		}
	}
	for _, r := range card.Replies {
		title := r.Topic
		if title == "" {
			title = p.T("department.reply.general")
		}
		d.Replied = append(d.Replied, render.Event{At: r.At, Who: r.RoundTitle, Title: title, Text: r.Body, Icon: "message-2", Tone: "info"})
	}
	results, err := h.upward.Results(c.Request.Context(), who, card.Department.Code, string(p.Lang()))
	if err != nil {
		return err
	}
	tasks, names, err := h.upward.Tasks(c.Request.Context(), who, card.Department.Code)
	if err != nil {
		return err
	}
	d.Joint = h.joint(c, who, card, results, tasks)
	d.Upward = upwardpage.CardOf(results, tasks, names, who, p, h.Format(c))
	h.Render(c, http.StatusOK, "departments/card", render.Page{Title: d.Name, Subtitle: p.T("department.card.subtitle"),
		Crumbs: []render.Crumb{{Text: p.T("department.title"), Href: "/departments"}, {Text: d.Name}}, Data: d})
	return nil
}

func (h *pages) reply(c *gin.Context, who authz.Actor) error {
	code := c.Param("code")
	err := h.svc.Reply(c.Request.Context(), who, code, departmentdb.Reply{RoundID: c.PostForm("round"), Topic: c.PostForm("topic"), Body: c.PostForm("body")})
	if err != nil {
		return err
	}
	h.Done(c, "/departments/"+code, "department.replied", nil)
	return nil
}
