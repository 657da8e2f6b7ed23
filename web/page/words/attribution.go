package words

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/words"
	"gongping/internal/authz"
	"gongping/internal/pg/departmentdb"
	"gongping/internal/pg/worddb"
	"gongping/scoring/qualitative"
	"gongping/web/page/render"
)

// attributionRoutes registers the pages on which attributions are corrected.
func (h *pages) attributionRoutes(r gin.IRouter) {
	r.GET("/words/attributions", h.Signed(h.attributions))
	r.GET("/words/attributions/:id", h.Signed(h.attribution))
	r.POST("/words/attributions/:id", h.Signed(h.askChange))
	r.POST("/words/attributions/:id/ruling", h.Signed(h.rule))
}

type attributionsData struct {
	head
	Rows       []attributionRow
	Tiles      []render.Stat
	Stale      []string
	Pagination render.Pagination
	Empty      render.Empty
}

type attributionRow struct {
	ID, Body, Sign, Round string
	Causes                []string
	State, Tone           string
}

// names of departments in a language.
func named(list []departmentdb.Department, lang string) map[string]string {
	out := map[string]string{}
	for _, d := range list {
		out[d.Code] = d.In(lang)
	}
	return out
}

// causeTexts are causes in words: topic and whose matter it is.
func (h *pages) causeTexts(c *gin.Context, book *qualitative.Codebook, list []worddb.Cause, names map[string]string) (out []string) {
	lang := string(h.Printer(c).Lang())
	for _, x := range list {
		name := book.Path(x.Topic, lang)
		if name == "" {
			name = x.Topic
		}
		out = append(out, name+" · "+h.matter(c, x.Matter, x.Department, names))
	}
	return out
}

// stateOf is where an attribution stands, with the tone of its badge.
func stateOf(a *worddb.Attributed) (key, tone string) {
	switch {
	case a.Last != nil && !a.Last.Ruled:
		return "open", "warning"
	case a.Withdrawn:
		return "withdrawn", "neutral"
	case a.Last != nil && a.Last.Agreed:
		return "corrected", "info"
	}
	return "in_force", "success"
}

func (h *pages) attributions(c *gin.Context, who authz.Actor) error {
	d, scope, err := h.head(c, who, "/words/attributions")
	if err != nil {
		return err
	}
	list, err := h.svc.Attributions(c.Request.Context(), who, scope.Round, pageNumber(c))
	if err != nil {
		return err
	}
	p, f := h.Printer(c), h.Format(c)
	names := named(list.Departments, string(p.Lang()))
	data := attributionsData{head: d, Tiles: []render.Stat{{Label: p.T("attribution.total"), Value: f.Int(list.Total)}, {Label: p.T("attribution.waiting"), Value: f.Int(list.Open)}},
		Pagination: render.Pagination{Page: list.Page, Last: list.Last, Total: list.Total, Href: "/words/attributions?scope=" + url.QueryEscape(d.Scope) + "&page="},
		Empty:      render.Empty{Icon: "git-branch", Title: p.T("attribution.none"), Text: p.T("attribution.none.text")}}
	for i := range list.List {
		a := &list.List[i]
		key, tone := stateOf(a)
		data.Rows = append(data.Rows, attributionRow{ID: a.ID, Body: a.Body, Sign: p.T("attribution.sign." + a.Sign), Round: a.RoundTitle,
			Causes: h.causeTexts(c, &list.Book, a.Causes, names), State: p.T("attribution.state." + key), Tone: tone})
	}
	for _, s := range list.Stale {
		data.Stale = append(data.Stale, s.Title)
	}
	h.Render(c, http.StatusOK, "words/attributions", h.page(c, "attribution.subtitle", data))
	return nil
}

type attributionData struct {
	attributionRow
	MayAsk, MayRule bool
	Rows            []codeRow
	Course          []render.Event
	Asked           *render.Alert // what waits for a ruling
	Alert           *render.Alert
}

func (h *pages) attribution(c *gin.Context, who authz.Actor) error {
	a, err := h.svc.Attribution(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	lang := string(p.Lang())
	names := named(a.Departments, lang)
	key, tone := stateOf(&a.Attributed)
	d := attributionData{attributionRow: attributionRow{ID: a.ID, Body: a.Body, Sign: p.T("attribution.sign." + a.Sign), Round: a.RoundTitle,
		Causes: h.causeTexts(c, &a.Book, a.Causes, names), State: p.T("attribution.state." + key), Tone: tone}, MayAsk: a.MayAsk, MayRule: a.MayRule}
	for _, x := range a.Changes {
		what := p.T("attribution.kind." + x.Kind)
		if len(x.Causes) > 0 {
			what += p.T("words.colon") + strings.Join(h.causeTexts(c, &a.Book, x.Causes, names), "；")
		}
		d.Course = append(d.Course, render.Event{At: x.At, Icon: "message-2", Tone: "warning", Title: what, Text: x.Reason, Who: p.T("attribution.asker")})
		if x.Ruled {
			e := render.Event{At: *x.RuledAt, Icon: "x", Tone: "neutral", Title: p.T("attribution.refused"), Text: x.Ruling, Who: p.T("attribution.second")}
			if x.Agreed {
				e.Icon, e.Tone, e.Title = "check", "success", p.T("attribution.agreed")
			}
			d.Course = append(d.Course, e)
			continue
		}
		d.Asked = &render.Alert{Tone: "warning", Title: p.T("attribution.asked", "What", what), Text: x.Reason}
	}
	if d.MayAsk {
		form := codeData{Task: &words.Task{Book: a.Book, Departments: a.Departments}}
		form.fill(h, c, nil)
		d.Rows = form.Rows[:2]
	}
	h.Render(c, http.StatusOK, "words/attribution", render.Page{Title: p.T("attribution.one"), Subtitle: a.RoundTitle, Data: d,
		Crumbs: []render.Crumb{{Text: p.T("words.title"), Href: "/words"}, {Text: p.T("words.tab.attributions"), Href: "/words/attributions?scope=round:" + a.Round}, {Text: p.T("attribution.one")}}})
	return nil
}

func (h *pages) askChange(c *gin.Context, who authz.Actor) error {
	var codes []qualitative.Code
	for n := range rows {
		k := strconv.Itoa(n)
		topic, matter := c.PostForm("topic."+k), c.PostForm("matter."+k)
		if topic == "" {
			continue
		}
		m, department, _ := strings.Cut(matter, "/")
		codes = append(codes, qualitative.Code{Topic: topic, Matter: qualitative.Matter(m), Department: department})
	}
	if _, err := h.svc.AskChange(c.Request.Context(), who, c.Param("id"), c.PostForm("kind"), codes, c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/words/attributions/"+c.Param("id"), "attribution.done.asked", nil)
	return nil
}

func (h *pages) rule(c *gin.Context, who authz.Actor) error {
	a, err := h.svc.Attribution(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	change := ""
	if a.Last != nil {
		change = a.Last.ID
	}
	if err := h.svc.Rule(c.Request.Context(), who, change, c.PostForm("agree") == "yes", c.PostForm("reason")); err != nil {
		return err
	}
	h.Done(c, "/words/attributions/"+c.Param("id"), "attribution.done.ruled", nil)
	return nil
}
