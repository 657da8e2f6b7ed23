package rounds

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/rounddb"
	"gongping/survey/instrument"
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
	if d.May && len(list) > 0 {
		p.Actions = []render.Action{{Text: h.T(c, "questionnaire.new"), Href: "/questionnaires/new", Icon: "plus", Primary: true}}
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
	May      bool
	Scale    []string // the five grades in words
	Digest   string
	Items    []itemView
}

type itemView struct {
	instrument.Item
	No              int
	TextIn, HintIn  string
	DimensionIn     string
	ShowIn, ShowWas string
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
	lang := c.DefaultQuery("in", string(p.Lang()))
	d := questionnaireData{Questionnaire: q, Doc: doc, Versions: versions, Show: lang, May: authz.May(who, authz.QuestionnaireEdit, authz.Object{})}
	for _, g := range []string{"5", "4", "3", "2", "1"} {
		d.Scale = append(d.Scale, h.Catalog().For(localeOf(lang)).T("questionnaire.scale."+g))
	}
	names := map[string]string{}
	for _, dim := range q.Dimensions {
		names[dim.ID] = dim.Text.In(lang)
	}
	number := map[string]int{}
	for i, it := range q.Items {
		number[it.ID] = i + 1
		v := itemView{Item: it, No: i + 1, TextIn: it.Text.In(lang), HintIn: it.Hint.In(lang), DimensionIn: names[it.Dimension]}
		if it.ShowIf != nil {
			v.ShowIn = p.T("questionnaire.shown_if", "No", number[it.ShowIf.Item], "Answers", h.answers(c, it.ShowIf.In))
		}
		d.Items = append(d.Items, v)
	}
	page := render.Page{Title: q.Title.In(string(p.Lang())), Subtitle: p.T("document.version", "Version", doc.Version), Data: d,
		Crumbs: []render.Crumb{{Text: p.T("questionnaire.list"), Href: "/questionnaires"}, {Text: q.Title.In(string(p.Lang()))}}}
	if d.May {
		page.Actions = []render.Action{{Text: p.T("questionnaire.edit"), Href: "/questionnaires/" + id + "/edit", Icon: "edit", Primary: true}}
	}
	h.Render(c, http.StatusOK, "rounds/questionnaire", page)
	return nil
}

// answers writes stored answers in words.
func (h *pages) answers(c *gin.Context, list []string) string {
	p, out := h.Printer(c), []string{}
	for _, v := range list {
		if key := "questionnaire.scale." + v; p.Has(key) {
			v = p.T(key)
		}
		out = append(out, v)
	}
	return strings.Join(out, p.T("questionnaire.or"))
}

type questionnaireForm struct {
	ID         string
	Q          instrument.Questionnaire
	Rows       []itemRow
	Dimensions []render.Option
	Dims       []instrument.Dimension
	Kinds      []render.Option
	Alert      *render.Alert
	Action     string
	Focus      int
}

type itemRow struct {
	instrument.Item
	No              int
	First, Last     bool
	IfItem, IfIn    string
	Earlier         []render.Option
	KindName, Title string
}

func (h *pages) questionnaireNew(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.QuestionnaireEdit, authz.Object{}); err != nil {
		return err
	}
	return h.questionnaireForm(c, http.StatusOK, "", instrument.Default(), nil)
}

func (h *pages) questionnaireEdit(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.QuestionnaireEdit, authz.Object{}); err != nil {
		return err
	}
	q, _, err := h.svc.Questionnaire(c.Request.Context(), who, c.Param("id"), intOf(c.Query("version"), 0))
	if err != nil {
		return err
	}
	return h.questionnaireForm(c, http.StatusOK, c.Param("id"), *q, nil)
}

// questionnaireSave stores a new version, or, for the buttons that add, remove
// and move items, shows the changed form again.
func (h *pages) questionnaireSave(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.QuestionnaireEdit, authz.Object{}); err != nil {
		return err
	}
	q := questionnaireOf(c)
	act, arg, _ := strings.Cut(c.PostForm("act"), ":")
	if act != "save" {
		rearrange(&q, act, intOf(arg, -1))
		return h.questionnaireForm(c, http.StatusOK, c.Param("id"), q, nil)
	}
	id, version, err := h.svc.SaveQuestionnaire(c.Request.Context(), who, c.Param("id"), &q)
	if errs.Is(err, errs.Invalid) {
		return h.questionnaireForm(c, http.StatusUnprocessableEntity, c.Param("id"), q, err)
	}
	if err != nil {
		return err
	}
	h.Done(c, "/questionnaires/"+id, "questionnaire.saved", map[string]string{"Version": strconv.Itoa(version)})
	return nil
}

func rearrange(q *instrument.Questionnaire, act string, i int) {
	n := len(q.Items)
	switch {
	case act == "add":
		id := n + 1
		for used := true; used; id++ {
			used = false
			for _, it := range q.Items {
				used = used || it.ID == "q"+strconv.Itoa(id)
			}
			if !used {
				break
			}
		}
		q.Items = append(q.Items, instrument.Item{ID: "q" + strconv.Itoa(id), Kind: instrument.Grade5, Required: true, DontKnow: true, Text: instrument.Lang{}})
	case act == "dimension":
		q.Dimensions = append(q.Dimensions, instrument.Dimension{ID: "d" + strconv.Itoa(len(q.Dimensions)+1), Text: instrument.Lang{}})
	case i < 0 || i >= n:
	case act == "remove":
		q.Items = append(q.Items[:i], q.Items[i+1:]...)
	case act == "up" && i > 0:
		q.Items[i-1], q.Items[i] = q.Items[i], q.Items[i-1]
	case act == "down" && i < n-1:
		q.Items[i+1], q.Items[i] = q.Items[i], q.Items[i+1]
	}
}

// maxItems bounds what a form may bring.
const maxItems = 200

func langOf(c *gin.Context, name string) instrument.Lang {
	l := instrument.Lang{}
	for _, tag := range []string{"zh", "en"} {
		if s := strings.TrimSpace(c.PostForm(name + "." + tag)); s != "" {
			l[tag] = s
		}
	}
	return l
}

func questionnaireOf(c *gin.Context) instrument.Questionnaire {
	q := instrument.Questionnaire{Title: langOf(c, "title"), Intro: langOf(c, "intro"), Thanks: langOf(c, "thanks")}
	for i := range maxItems {
		at := "dim." + strconv.Itoa(i)
		if _, ok := c.GetPostForm(at + ".id"); !ok {
			break
		}
		d := instrument.Dimension{ID: strings.TrimSpace(c.PostForm(at + ".id")), Text: langOf(c, at)}
		if d.ID != "" || len(d.Text) > 0 {
			q.Dimensions = append(q.Dimensions, d)
		}
	}
	for i := range maxItems {
		at := "item." + strconv.Itoa(i)
		id, ok := c.GetPostForm(at + ".id")
		if !ok {
			break
		}
		it := instrument.Item{ID: strings.TrimSpace(id), Kind: instrument.Kind(c.PostForm(at + ".kind")), Text: langOf(c, at), Hint: langOf(c, at+".hint"),
			Dimension: c.PostForm(at + ".dimension"), Required: c.PostForm(at+".required") != "", DontKnow: c.PostForm(at+".dont_know") != ""}
		if len(it.Hint) == 0 {
			it.Hint = nil
		}
		if it.Kind != instrument.Grade5 {
			it.Dimension = "" // only five-grade items are scored
		}
		if from := c.PostForm(at + ".if"); from != "" {
			it.ShowIf = &instrument.Cond{Item: from, In: strings.FieldsFunc(c.PostForm(at+".in"), func(r rune) bool { return strings.ContainsRune(" ,，、", r) })}
		}
		q.Items = append(q.Items, it)
	}
	return q
}

func (h *pages) questionnaireForm(c *gin.Context, status int, id string, q instrument.Questionnaire, err error) error {
	p := h.Printer(c)
	f := questionnaireForm{ID: id, Q: q, Action: "/questionnaires", Dims: q.Dimensions, Dimensions: []render.Option{{Value: "", Text: p.T("questionnaire.not_scored")}}}
	if id != "" {
		f.Action += "/" + id
	}
	if err != nil {
		f.Alert = h.alert(c, err)
	}
	for _, d := range q.Dimensions {
		f.Dimensions = append(f.Dimensions, render.Option{Value: d.ID, Text: d.Text.In(string(p.Lang()))})
	}
	for _, k := range []instrument.Kind{instrument.Grade5, instrument.YesNo, instrument.Text} {
		f.Kinds = append(f.Kinds, render.Option{Value: string(k), Text: p.T("questionnaire.kind." + string(k))})
	}
	earlier := []render.Option{{Value: "", Text: p.T("questionnaire.always")}}
	for i, it := range q.Items {
		row := itemRow{Item: it, No: i, First: i == 0, Last: i == len(q.Items)-1, Earlier: earlier[:len(earlier):len(earlier)], Title: it.Text.In(string(p.Lang()))}
		if it.ShowIf != nil {
			row.IfItem, row.IfIn = it.ShowIf.Item, strings.Join(it.ShowIf.In, ",")
		}
		f.Rows = append(f.Rows, row)
		if it.Kind != instrument.Text {
			earlier = append(earlier, render.Option{Value: it.ID, Text: strconv.Itoa(i+1) + ". " + clip(it.Text.In(string(p.Lang())), 24)})
		}
	}
	title := p.T("questionnaire.new")
	if id != "" {
		title = p.T("questionnaire.edit")
	}
	h.Render(c, status, "rounds/questionnaire-edit", render.Page{Title: title, Subtitle: p.T("questionnaire.edit_text"), Data: f,
		Crumbs: []render.Crumb{{Text: p.T("questionnaire.list"), Href: "/questionnaires"}, {Text: title}}})
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
