package intake

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/intake"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/tabular"
	"gongping/web/page/render"
	"gongping/web/problem"
)

type columnsData struct {
	Action, Discard string
	Steps           []render.Step
	Alert           *render.Alert
	Saved, Remember string // name of the mapping that was filled in; the one to remember
	Strange         bool
	Errors          []problem.Detail
	Rows            []needRow
	Found           []foundRow
	Others          []render.Option
}

// needRow is a column that we need, and where it is taken from.
type needRow struct {
	Name, Label, Help string
	Required          bool
	Options           []render.Option // of the file's columns, by their place
	Chosen, Value     string
}

// foundRow is a column of the file.
type foundRow struct {
	Header  string
	Samples []string
	Used    string
}

// columns is the page on which a person says what the columns of a table with
// other headers are.
func (h *pages) columns(c *gin.Context, who authz.Actor) error {
	u, err := h.svc.Waiting(who, c.Param("token"))
	if err != nil {
		return err
	}
	saved, err := h.svc.Mappings(c.Request.Context(), who, u.Preview.Kind)
	if err != nil {
		return err
	}
	d := columnsData{}
	columns, name := u.Preview.Propose(saved)
	d.Saved = name
	for _, m := range saved {
		switch {
		case !tabular.Fits(u.Preview.Headers, m.Columns):
		case m.ID == c.Query("mapping"):
			columns, d.Saved = m.Columns, m.Name
		default:
			d.Others = append(d.Others, render.Option{Value: "?mapping=" + m.ID, Text: m.Name})
		}
	}
	if len(d.Others) == 1 && d.Others[0].Text == d.Saved {
		d.Others = nil
	}
	d.Remember = d.Saved
	h.showColumns(c, http.StatusOK, u, columns, d)
	return nil
}

func (h *pages) showColumns(c *gin.Context, status int, u *intake.Upload, columns []tabular.Assignment, d columnsData) {
	p, pr := u.Preview, h.Printer(c)
	base := "/import/" + string(p.Kind) + "/" + u.Token
	d.Action, d.Discard, d.Steps, d.Strange = base+"/columns", base+"/discard", h.steps(c, 1), p.Strange
	if len(p.Assigned) > 0 {
		d.Errors = h.faults(c, p.Errors)
	}
	used := map[string]string{} // our column by header
	for _, col := range p.Kind.Columns() {
		r := needRow{Name: col.Name, Label: h.column(pr, col.Name), Required: col.Required}
		if key := "assign.help." + col.Name; pr.Has(key) {
			r.Help = pr.T(key)
		}
		for _, a := range columns {
			if a.Column == col.Name {
				r.Value = a.Value
				if a.Header != "" {
					used[strings.TrimSpace(a.Header)] = r.Label
				}
			}
		}
		d.Rows = append(d.Rows, r)
	}
	times := map[string]int{}
	for _, head := range p.Headers {
		times[strings.TrimSpace(head)]++
	}
	var options []render.Option
	for i, head := range p.Headers {
		head = strings.TrimSpace(head)
		f, o := foundRow{Header: tabular.Visible(head), Used: used[head]}, render.Option{Value: strconv.Itoa(i)}
		sample := ""
		for _, row := range p.Samples {
			v := ""
			if i < len(row) {
				v = row[i]
			}
			if f.Samples = append(f.Samples, v); sample == "" {
				sample = v
			}
		}
		switch {
		case head == "":
			o = render.Option{Text: pr.T("assign.unnamed", "N", i+1)}
			f.Header = o.Text
		case times[head] > 1:
			o = render.Option{Text: pr.T("assign.alike", "Header", f.Header)}
		case sample == "":
			o.Text = pr.T("assign.option_empty", "Header", f.Header)
		default:
			o.Text = pr.T("assign.option", "Header", f.Header, "Sample", short(sample))
		}
		options, d.Found = append(options, o), append(d.Found, f)
	}
	for i := range d.Rows {
		r := &d.Rows[i]
		r.Options = options
		for at, head := range p.Headers {
			if label := used[strings.TrimSpace(head)]; label == r.Label && label != "" {
				r.Chosen = strconv.Itoa(at)
			}
		}
	}
	h.Render(c, status, "intake/columns", render.Page{Title: pr.T("assign.title"), Subtitle: p.File, Crumbs: h.crumbs(c, p.Kind, p.Round), Data: d})
}

// short cuts a sample so that an option fits a line.
func short(s string) string {
	if r := []rune(s); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return s
}

// assign checks the file again, with the columns that were chosen by their
// place in the file.
func (h *pages) assign(c *gin.Context, who authz.Actor) error {
	u, err := h.svc.Waiting(who, c.Param("token"))
	if err != nil {
		return err
	}
	var columns []tabular.Assignment
	for _, col := range u.Preview.Kind.Columns() {
		a := tabular.Assignment{Column: col.Name, Value: strings.TrimSpace(c.PostForm(col.Name + ".value"))}
		if at, err := strconv.Atoi(c.PostForm(col.Name)); err == nil && at >= 0 && at < len(u.Preview.Headers) {
			a.Header = strings.TrimSpace(u.Preview.Headers[at])
		}
		if a.Header != "" || a.Value != "" {
			columns = append(columns, a)
		}
	}
	next, err := h.svc.Assign(c.Request.Context(), who, u.Token, columns, c.PostForm("remember"))
	if errs.Is(err, errs.Invalid) {
		h.showColumns(c, problem.Status(errs.CodeOf(err)), u, columns, columnsData{Alert: h.alert(c, err), Remember: c.PostForm("remember")})
		return nil
	}
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/import/"+string(next.Preview.Kind)+"/"+next.Token) // leads back here where the header does not fit yet
	return nil
}
