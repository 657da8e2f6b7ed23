package intake

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/web/handle"
	"gongping/web/page/render"
	"gongping/web/problem"
)

type uploadData struct {
	Kind        string
	Round, Name string
	Steps       []render.Step
	Columns     []string
	Alert       *render.Alert
}

func (h *pages) uploadForm(c *gin.Context, who authz.Actor) error {
	k, err := intake.ParseKind(c.Param("kind"))
	if err != nil {
		return err
	}
	if err := h.svc.MayImport(who, k); err != nil {
		return err
	}
	if k.OfRound() {
		if _, err := h.svc.Figures(c.Request.Context(), who, c.Query("round")); err != nil {
			return err
		}
	}
	h.showUpload(c, k, http.StatusOK, uploadData{Round: c.Query("round"), Name: c.Query("name")})
	return nil
}

func (h *pages) showUpload(c *gin.Context, k intake.Kind, status int, d uploadData) {
	d.Kind, d.Steps = string(k), h.steps(c, 0)
	pr := h.Printer(c)
	for _, col := range k.Columns() {
		text := h.column(pr, col.Name)
		if col.Required {
			text += " *"
		}
		d.Columns = append(d.Columns, text)
	}
	h.Render(c, status, "intake/upload", render.Page{Title: h.T(c, "intake.do."+string(k)), Subtitle: h.T(c, "intake.about."+string(k)),
		Crumbs: h.crumbs(c, k, d.Round), Data: d})
}

// crumbs lead to the list that an import belongs to.
func (h *pages) crumbs(c *gin.Context, k intake.Kind, round string) []render.Crumb {
	here := render.Crumb{Text: h.T(c, "intake.do."+string(k))}
	if k.OfRound() {
		return []render.Crumb{{Text: h.T(c, "nav.rounds"), Href: "/rounds"}, {Text: h.T(c, "figures.title"), Href: home(k, round)}, here}
	}
	return []render.Crumb{{Text: h.T(c, "nav."+strings.TrimPrefix(home(k, ""), "/")), Href: home(k, "")}, here}
}

// home is the page that an import belongs to.
func home(k intake.Kind, round string) string {
	switch k {
	case intake.Areas:
		return "/areas"
	case intake.Workers:
		return "/workers"
	case intake.Frame, intake.Places:
		return "/frames"
	case intake.Departments:
		return "/departments"
	case intake.Tasks:
		return "/tasks"
	case intake.Records, intake.Tickets:
		return "/rounds/" + round + "/records"
	}
	return "/rounds/" + round + "/indicators"
}

// upload streams the file to the use case: fields that come before it in the
// form say what it is.
func (h *pages) upload(c *gin.Context, who authz.Actor) error {
	k, err := intake.ParseKind(c.Param("kind"))
	if err != nil {
		return err
	}
	if err := h.svc.MayImport(who, k); err != nil {
		return err // before a byte of the body is read
	}
	d := uploadData{}
	var up *intake.Upload
	err = eachPart(c, func(name string, part *multipart.Part) error {
		switch name {
		case "round":
			d.Round, err = field(part)
		case "name":
			d.Name, err = field(part)
		case "file":
			up, err = h.svc.Receive(c.Request.Context(), who, intake.Request{Kind: k, Round: d.Round, Name: d.Name}, part.FileName(), part)
		}
		return err
	})
	if err == nil && up == nil {
		err = errs.New(errs.Invalid, "intake.no_file", "no file was chosen")
	}
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooLarge) || errs.Is(err, errs.Conflict) {
		d.Alert = h.alert(c, err)
		h.showUpload(c, k, problem.Status(errs.CodeOf(err)), d)
		return nil
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/import/"+string(k)+"/"+up.Token)
	return nil
}

func (h *pages) alert(c *gin.Context, err error) *render.Alert {
	a, list := h.Trouble(c, err)
	if e, ok := errors.AsType[*errs.Error](err); ok && len(list) == len(e.Details) {
		list = h.faults(c, e.Details)
	} else if ok && len(list) == 1 {
		list = h.faults(c, []*errs.Error{e})
		if list[0].Message == a.Text { // said above already
			list[0].Message, list[0].Hint = "", ""
		}
	}
	for _, d := range list {
		if line := d.Line(); line != "" {
			a.Details = append(a.Details, line)
		}
	}
	return a
}

// eachPart reads a multipart form part by part, so that a large file is never
// in memory nor written twice.
func eachPart(c *gin.Context, fn func(name string, part *multipart.Part) error) error {
	if err := handle.AllowBody(c, intake.MaxUpload+(1<<20)); err != nil {
		return err
	}
	ctl := http.NewResponseController(c.Writer)
	_ = ctl.SetReadDeadline(time.Now().Add(uploadTime)) // a test's writer has none
	r, err := c.Request.MultipartReader()
	if err != nil {
		return errs.Wrap(err, errs.Invalid, "intake.no_file", "no file was chosen")
	}
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errs.Wrap(err, errs.Invalid, "intake.upload_cut", "the upload did not arrive whole")
		}
		if part.FormName() == "file" && part.FileName() == "" {
			continue
		}
		if err := fn(part.FormName(), part); err != nil {
			return err
		}
	}
}

func field(p *multipart.Part) (string, error) {
	b, err := io.ReadAll(io.LimitReader(p, 4096))
	return strings.TrimSpace(string(b)), err
}

type previewData struct {
	Kind, Token string
	P           *intake.Preview
	Steps       []render.Step
	Counts      []count
	Errors      []problem.Detail
	Warnings    []problem.Detail
	First       render.Table
	Again       string
	Columns     string // address of the page that assigns the columns
}

type count struct {
	Label string
	N     int
}

func (h *pages) preview(c *gin.Context, who authz.Actor) error {
	u, err := h.svc.Waiting(who, c.Param("token"))
	if err != nil {
		return err
	}
	p, pr := u.Preview, h.Printer(c)
	if p.Strange && p.Kind.Assignable() && len(p.Headers) > 0 {
		c.Redirect(http.StatusSeeOther, "/import/"+string(p.Kind)+"/"+u.Token+"/columns")
		return nil
	}
	d := previewData{Kind: string(p.Kind), Token: u.Token, P: p, Steps: h.steps(c, 1), Errors: h.faults(c, p.Errors), Warnings: h.faults(c, p.Cautions),
		Again: "/import/" + string(p.Kind)}
	if p.Round != "" {
		d.Again += "?round=" + p.Round
	}
	if p.Kind.Assignable() {
		d.Columns = "/import/" + string(p.Kind) + "/" + u.Token + "/columns"
	}
	for _, n := range p.Counts {
		d.Counts = append(d.Counts, count{pr.T("intake.count." + n.Key), n.N})
	}
	d.First = render.Table{Caption: pr.T("intake.first")}
	used := make([]bool, len(p.Columns))
	for _, row := range p.First {
		for i, v := range row {
			used[i] = used[i] || v != ""
		}
	}
	for i, name := range p.Columns {
		if used[i] {
			d.First.Columns = append(d.First.Columns, render.Column{Text: h.column(pr, name), NoSort: true})
		}
	}
	for _, row := range p.First {
		var cells []render.Cell
		for i, v := range row {
			if used[i] {
				cells = append(cells, render.Cell{Text: v})
			}
		}
		d.First.Rows = append(d.First.Rows, render.Row{Cells: cells})
	}
	h.Render(c, http.StatusOK, "intake/preview", render.Page{Title: h.T(c, "intake.preview"), Subtitle: p.File, Crumbs: h.crumbs(c, p.Kind, p.Round), Data: d})
	return nil
}

// patience is how long a confirmation waits before it shows a bar.
const patience = 1500 * time.Millisecond

func (h *pages) confirm(c *gin.Context, who authz.Actor) error {
	token := c.Param("token")
	job, err := h.svc.Confirm(c.Request.Context(), who, token, c.PostForm("digest"))
	if err != nil {
		return err
	}
	_, p, err := h.svc.Running(who, token)
	if err != nil {
		return err
	}
	out, ended, err := job.Wait(c.Request.Context(), patience)
	if err != nil {
		return err
	}
	if ended {
		h.arrived(c, p, out)
		return nil
	}
	c.Redirect(http.StatusSeeOther, "/import/"+string(p.Kind)+"/"+token+"/running")
	return nil
}

// arrived leads to what was imported.
func (h *pages) arrived(c *gin.Context, p *intake.Preview, out *intake.Outcome) {
	to := home(p.Kind, p.Round)
	if out.FrameID != "" {
		to += "/" + out.FrameID
	}
	h.Done(c, to, "intake.done", map[string]string{"N": strconv.Itoa(out.Rows)})
}

func (h *pages) discard(c *gin.Context, who authz.Actor) error {
	u, err := h.svc.Waiting(who, c.Param("token"))
	if err != nil {
		return err
	}
	if err := h.svc.Discard(who, u.Token); err != nil {
		return err
	}
	h.Done(c, home(u.Preview.Kind, u.Preview.Round), "intake.discarded", nil)
	return nil
}

type runningData struct {
	Steps []render.Step
	Bar   render.Progress
}

// running shows the bar of an import, or leads on when it has ended.
func (h *pages) running(c *gin.Context, who authz.Actor) error {
	job, p, err := h.svc.Running(who, c.Param("token"))
	if err != nil {
		return err
	}
	out, ended, err := job.Wait(c.Request.Context(), 0)
	if err != nil {
		return err
	}
	if ended {
		h.arrived(c, p, out)
		return nil
	}
	h.Render(c, http.StatusOK, "intake/running", render.Page{Title: h.T(c, "intake.running"), Subtitle: p.File,
		Crumbs: h.crumbs(c, p.Kind, p.Round), Data: runningData{h.steps(c, 1), h.bar(c, job)}})
	return nil
}

func (h *pages) bar(c *gin.Context, job *intake.Job) render.Progress {
	done, total := job.Progress()
	return render.Progress{Label: h.T(c, "intake.storing"), Done: int(done), Total: int(total),
		Poll: strings.TrimSuffix(strings.TrimSuffix(c.Request.URL.Path, "/running"), "/progress") + "/progress"}
}

// progress renews the bar; at the end it sends the browser on.
func (h *pages) progress(c *gin.Context, who authz.Actor) error {
	job, _, err := h.svc.Running(who, c.Param("token"))
	if err != nil {
		return err
	}
	_, ended, err := job.Wait(c.Request.Context(), 0)
	if ended || err != nil {
		c.Header("HX-Redirect", strings.TrimSuffix(c.Request.URL.Path, "/progress")+"/running")
		c.Status(http.StatusNoContent)
		return nil
	}
	h.Partial(c, http.StatusOK, "progress", h.bar(c, job))
	return nil
}
