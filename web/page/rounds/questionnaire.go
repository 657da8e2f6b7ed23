package rounds

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"gongping/internal/authz"
	"gongping/internal/pg/rounddb"
	"gongping/survey/instrument"
	"gongping/web/exchange"
	"gongping/web/page/question"
	"gongping/web/page/render"
)

type documentsData struct {
	List []rounddb.Versioned
	May  bool
}

func (h *pages) questionnaires(c *gin.Context, who authz.Actor) error {
	list, err := h.svc.Documents(c.Request.Context(), who, rounddb.Questionnaires)
	if err != nil {
		return err
	}
	d := documentsData{list, authz.May(who, authz.QuestionnaireEdit, authz.Object{})}
	p := render.Page{Title: h.T(c, "questionnaire.list"), Subtitle: h.T(c, "questionnaire.list_text"), Data: d}
	if d.May {
		p.Actions = []render.Action{{Text: h.T(c, "questionnaire.import"), Href: "/questionnaires/import", Icon: "file-import"}}
		if len(list) > 0 {
			p.Actions = append(p.Actions, render.Action{Text: h.T(c, "questionnaire.new"), Href: "/questionnaires/new", Icon: "plus", Primary: true})
		}
	}
	h.Render(c, http.StatusOK, "rounds/questionnaires", p)
	return nil
}

func (h *pages) questionnaireDefault(c *gin.Context, who authz.Actor) error {
	q := instrument.Default()
	id, _, err := h.svc.SaveQuestionnaire(c.Request.Context(), who, "", &q)
	if err != nil {
		return err
	}
	h.Done(c, "/questionnaires/"+id, "questionnaire.saved", map[string]string{"Version": "1"})
	return nil
}

type questionnaireData struct {
	*instrument.Questionnaire
	Doc      rounddb.Versioned
	Versions []rounddb.Versioned
	Show     string // the language shown
	Tabs     []render.Tab
	May      bool
	Form     question.Form
	Kinds    []kindCount
	Asked    int // questions, without notes
	Rules    int // items with a skip rule
	Scored   int
	Print    string
	Base     string
}

type kindCount struct {
	Kind string
	N    int
}

func (h *pages) questionnaire(c *gin.Context, who authz.Actor) error {
	ctx, id := c.Request.Context(), c.Param("id")
	q, doc, err := h.svc.Questionnaire(ctx, who, id, intOf(c.Query("version"), 0))
	if err != nil {
		return err
	}
	versions, err := h.svc.Versions(ctx, who, rounddb.Questionnaires, id)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	lang := language(c, q, string(p.Lang()))
	base := "/questionnaires/" + id
	d := questionnaireData{Questionnaire: q, Doc: doc, Versions: versions, Show: lang, Base: base, May: authz.May(who, authz.QuestionnaireEdit, authz.Object{}),
		Form: question.NewIn(q, h.Catalog().For(localeOf(lang)), lang, nil, nil), Print: fmt.Sprintf("%s/print?version=%d&in=%s", base, doc.Version, lang)}
	for _, tag := range q.Tags() {
		d.Tabs = append(d.Tabs, render.Tab{Text: question.LanguageName(tag), Href: fmt.Sprintf("?in=%s&version=%d", tag, doc.Version), Active: tag == lang})
	}
	count := map[instrument.Kind]int{}
	for i := range q.Items {
		it := &q.Items[i]
		count[it.Kind]++
		if it.Kind != instrument.Note {
			d.Asked++
		}
		if it.ShowIf != nil {
			d.Rules++
		}
		if it.Dimension != "" {
			d.Scored++
		}
	}
	for _, k := range instrument.Kinds {
		if count[k] > 0 {
			d.Kinds = append(d.Kinds, kindCount{p.T("questionnaire.kind." + string(k)), count[k]})
		}
	}
	page := render.Page{Title: q.Title.In(string(p.Lang())), Subtitle: p.T("document.version", "Version", doc.Version), Data: d,
		Crumbs: []render.Crumb{{Text: p.T("questionnaire.list"), Href: "/questionnaires"}, {Text: q.Title.In(string(p.Lang()))}}}
	page.Actions = []render.Action{{Text: p.T("questionnaire.print"), Href: d.Print, Icon: "printer"}}
	if d.May {
		page.Actions = append(page.Actions, render.Action{Text: p.T("questionnaire.edit"), Href: base + "/edit", Icon: "edit", Primary: true})
	}
	h.Render(c, http.StatusOK, "rounds/questionnaire", page)
	return nil
}

// language is the one asked for in the address, or the reader's where the
// questionnaire has it, or its main one.
func language(c *gin.Context, q *instrument.Questionnaire, reader string) string {
	return question.Choose(q, c.Query("in"), reader)
}

// questionnairePrint is the questionnaire on paper.
func (h *pages) questionnairePrint(c *gin.Context, who authz.Actor) error {
	q, doc, err := h.svc.Questionnaire(c.Request.Context(), who, c.Param("id"), intOf(c.Query("version"), 0))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	lang := language(c, q, string(p.Lang()))
	title := q.Title.In(string(p.Lang()))
	h.Render(c, http.StatusOK, "rounds/questionnaire-print", render.Page{Title: p.T("questionnaire.paper"), Subtitle: p.T("document.version", "Version", doc.Version),
		Crumbs: []render.Crumb{{Text: p.T("questionnaire.list"), Href: "/questionnaires"}, {Text: title, Href: "/questionnaires/" + doc.ID}, {Text: p.T("questionnaire.paper")}},
		Data:   map[string]any{"Form": question.NewIn(q, h.Catalog().For(localeOf(lang)), lang, nil, nil), "Code": "", "Place": ""}})
	return nil
}

// questionnaireExport sends a version as a file.
func (h *pages) questionnaireExport(c *gin.Context, who authz.Actor) error {
	q, doc, err := h.svc.Questionnaire(c.Request.Context(), who, c.Param("id"), intOf(c.Query("version"), 0))
	if err != nil {
		return err
	}
	f, err := exchange.Write(q, doc.ID, doc.Version, c.DefaultQuery("as", "xlsform"), h.Printer(c))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="`+f.Name+`"`)
	c.Data(http.StatusOK, f.Type, f.Body)
	return nil
}

// clip shortens a text to n characters.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}
