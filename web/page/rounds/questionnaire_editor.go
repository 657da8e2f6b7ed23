package rounds

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/survey/instrument"
	"gongping/web/handle"
	"gongping/web/page/question"
	"gongping/web/page/render"
)

// maxDraft is the most a draft of a questionnaire may bring.
const maxDraft = 12 << 20

// editorData is the editor: the whole draft travels in Body, the fields of the
// one part that is open are applied to it with every button.
type editorData struct {
	ID, Action string
	Body       string
	Part       string // "settings" or "item"
	Open       int    // the open item, −1 for none
	Q          *instrument.Questionnaire
	Rows       []outlineRow
	Item       *itemForm
	Settings   *settingsForm
	Form       question.Form
	Alert      *render.Alert
	Kinds      []render.Option
}

// outlineRow is one line of the outline.
type outlineRow struct {
	No                int // of the item in the list, from 0
	Number            int // as asked, 0 for notes
	Text, Kind        string
	Section           string // a heading before this row
	First, Last, Open bool
	Rule, Required    bool
}

func (h *pages) questionnaireNew(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.QuestionnaireEdit, authz.Object{}); err != nil {
		return err
	}
	q := instrument.Default()
	switch c.Query("from") {
	case "example":
		q = instrument.Example()
	case "empty":
		q = instrument.Questionnaire{Title: instrument.Lang{}, Intro: instrument.Lang{}, Thanks: instrument.Lang{}}
		addItem(&q, instrument.Grade5, 0)
	}
	return h.editor(c, http.StatusOK, editorData{Open: -1, Part: "settings", Q: &q}, nil)
}

func (h *pages) questionnaireEdit(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.QuestionnaireEdit, authz.Object{}); err != nil {
		return err
	}
	q, _, err := h.svc.Questionnaire(c.Request.Context(), who, c.Param("id"), intOf(c.Query("version"), 0))
	if err != nil {
		return err
	}
	open := intOf(c.Query("item"), 0) - 1
	return h.editor(c, http.StatusOK, editorData{ID: c.Param("id"), Open: min(open, len(q.Items)-1), Q: q}, nil)
}

// draft reads the draft that a form of the editor carries, with the fields of
// its open part applied. It need not be usable yet.
func draft(c *gin.Context) (editorData, error) {
	if err := handle.AllowBody(c, maxDraft); err != nil {
		return editorData{}, err
	}
	d := editorData{ID: c.Param("id"), Part: c.PostForm("part"), Open: intOf(c.PostForm("open"), -1)}
	var q instrument.Questionnaire
	if err := json.Unmarshal([]byte(c.PostForm("body")), &q); err != nil {
		return d, errs.Wrap(err, errs.Invalid, "instrument.json", "the questionnaire is not valid JSON")
	}
	if len(q.Items) > instrument.MaxItems {
		return d, q.Check()
	}
	d.Q = &q
	if d.Open >= len(q.Items) {
		d.Open = -1
	}
	switch {
	case d.Part == "settings":
		applySettings(c, &q)
	case d.Part == "item" && d.Open >= 0:
		applyItem(c, &q, d.Open)
	}
	return d, nil
}

// questionnaireSave stores a new version, or, for every other button, changes
// the draft and shows it again.
func (h *pages) questionnaireSave(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.QuestionnaireEdit, authz.Object{}); err != nil {
		return err
	}
	d, err := draft(c)
	if err != nil {
		return err
	}
	act, arg, _ := strings.Cut(c.PostForm("act"), ":")
	if act != "save" {
		rearrange(&d, act, arg)
		return h.editor(c, http.StatusOK, d, nil)
	}
	if d.ID == "" {
		d.ID = c.PostForm("as") // an import that becomes a version of another
	}
	id, version, err := h.svc.SaveQuestionnaire(c.Request.Context(), who, d.ID, d.Q)
	if errs.Is(err, errs.Invalid) {
		if n := itemOf(err); n >= 0 && n < len(d.Q.Items) {
			d.Part, d.Open = "item", n
		}
		return h.editor(c, http.StatusUnprocessableEntity, d, err)
	}
	if err != nil {
		return err
	}
	to := "/questionnaires/" + id
	if render.IsPartial(c) {
		render.Flash(c, "success", "questionnaire.saved", map[string]string{"Version": strconv.Itoa(version)})
		c.Header("HX-Redirect", to)
		c.Status(http.StatusNoContent)
		return nil
	}
	h.Done(c, to, "questionnaire.saved", map[string]string{"Version": strconv.Itoa(version)})
	return nil
}

// questionnairePreview answers only with the preview of a draft.
func (h *pages) questionnairePreview(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.QuestionnaireEdit, authz.Object{}); err != nil {
		return err
	}
	d, err := draft(c)
	if err != nil {
		return err
	}
	h.Partial(c, http.StatusOK, "rounds/phone", map[string]any{"Form": question.New(d.Q, h.Printer(c), nil, nil)})
	return nil
}

var itemAt = regexp.MustCompile(`^items\[(\d+)\]`)

// itemOf finds the item that an error is about, −1 for none.
func itemOf(err error) int {
	if e, ok := err.(*errs.Error); ok {
		if m := itemAt.FindStringSubmatch(e.Where); m != nil {
			return intOf(m[1], -1)
		}
	}
	return -1
}

// rearrange does what a button of the editor says.
func rearrange(d *editorData, act, arg string) {
	q, i := d.Q, intOf(arg, -1)
	n := len(q.Items)
	inside := i >= 0 && i < n
	open := func(i int) { d.Part, d.Open = "item", i }
	switch {
	case act == "settings":
		d.Part, d.Open = "settings", -1
	case act == "close":
		d.Part, d.Open = "", -1
	case act == "open" && inside:
		open(i)
	case act == "add" && n < instrument.MaxItems:
		kind := instrument.Grade5
		if slices.Contains(instrument.Kinds, instrument.Kind(arg)) {
			kind = instrument.Kind(arg)
		}
		at := n
		if d.Part == "item" && d.Open >= 0 {
			at = d.Open + 1
		}
		addItem(q, kind, at)
		open(at)
	case act == "copy" && inside && n < instrument.MaxItems:
		it := copyOf(q.Items[i])
		it.ID = freeID(q, it.ID)
		q.Items = slices.Insert(q.Items, i+1, it)
		open(i + 1)
	case act == "remove" && inside:
		q.Items = slices.Delete(q.Items, i, i+1)
		d.Part, d.Open = "", -1
	case act == "up" && inside && i > 0:
		q.Items[i-1], q.Items[i] = q.Items[i], q.Items[i-1]
		follow(d, i, i-1)
	case act == "down" && inside && i < n-1:
		q.Items[i+1], q.Items[i] = q.Items[i], q.Items[i+1]
		follow(d, i, i+1)
	case act == "dimension":
		q.Dimensions = append(q.Dimensions, instrument.Dimension{ID: free("d", len(q.Dimensions), func(i int) string { return q.Dimensions[i].ID }), Text: instrument.Lang{}})
	case act == "section":
		q.Sections = append(q.Sections, instrument.Section{ID: free("s", len(q.Sections), func(i int) string { return q.Sections[i].ID }), Title: instrument.Lang{}})
	case act == "matrix":
		q.Matrices = append(q.Matrices, instrument.Matrix{ID: free("m", len(q.Matrices), func(i int) string { return q.Matrices[i].ID }), Text: instrument.Lang{}})
	case d.Open >= 0:
		rearrangeItem(q, &q.Items[d.Open], act, i)
	}
}

// follow keeps the open item open when items change places.
func follow(d *editorData, from, to int) {
	switch d.Open {
	case from:
		d.Open = to
	case to:
		d.Open = from
	}
}

// rearrangeItem does what a button inside the open item says.
func rearrangeItem(q *instrument.Questionnaire, it *instrument.Item, act string, i int) {
	n := len(it.Options)
	switch {
	case act == "option" && n < instrument.MaxOptions:
		it.Options = append(it.Options, instrument.Option{Code: free("", n, func(i int) string { return it.Options[i].Code }), Text: instrument.Lang{}})
	case act == "option-remove" && i >= 0 && i < n:
		it.Options = slices.Delete(it.Options, i, i+1)
	case act == "option-up" && i > 0 && i < n:
		it.Options[i-1], it.Options[i] = it.Options[i], it.Options[i-1]
	case act == "words":
		it.Options = gradeOptions(q)
	case act == "words-remove":
		it.Options = nil
	case act == "cond":
		addTest(q, it)
	}
}

// gradeOptions are the five grades to be given other words.
func gradeOptions(*instrument.Questionnaire) []instrument.Option {
	var out []instrument.Option
	for _, code := range []string{"5", "4", "3", "2", "1"} {
		out = append(out, instrument.Option{Code: code, Text: instrument.Lang{}})
	}
	return out
}

// free finds an id that is not taken: prefix and a number.
func free(prefix string, n int, id func(int) string) string {
	for k := n + 1; ; k++ {
		s, used := prefix+strconv.Itoa(k), false
		for i := range n {
			used = used || id(i) == s
		}
		if !used {
			return s
		}
	}
}

func freeID(q *instrument.Questionnaire, base string) string {
	for k := 2; ; k++ {
		if s := base + "_" + strconv.Itoa(k); q.Item(s) == nil {
			return s
		}
	}
}

func copyOf(it instrument.Item) instrument.Item {
	b, err := json.Marshal(it)
	if err != nil {
		panic("rounds: an item does not encode: " + err.Error())
	}
	var out instrument.Item
	if err := json.Unmarshal(b, &out); err != nil {
		panic("rounds: an item does not decode: " + err.Error())
	}
	return out
}

// addItem puts a new item of a kind at a place, on the page of the one before.
func addItem(q *instrument.Questionnaire, kind instrument.Kind, at int) {
	it := instrument.Item{ID: free("q", len(q.Items), func(i int) string { return q.Items[i].ID }), Kind: kind, Text: instrument.Lang{},
		Required: kind == instrument.Grade5 || kind == instrument.YesNo || kind == instrument.Single, DontKnow: kind == instrument.Grade5 || kind == instrument.YesNo}
	if kind.Choice() {
		it.Options = []instrument.Option{{Code: "1", Text: instrument.Lang{}}, {Code: "2", Text: instrument.Lang{}}}
	}
	if at > 0 && at <= len(q.Items) {
		before := &q.Items[at-1]
		it.Section = before.Section
		if kind == instrument.Grade5 && before.Kind == kind {
			it.Dimension = before.Dimension
		}
	}
	q.Items = slices.Insert(q.Items, at, it)
}

// editor shows the draft.
func (h *pages) editor(c *gin.Context, status int, d editorData, err error) error {
	p := h.Printer(c)
	lang := string(p.Lang())
	d.Action = "/questionnaires"
	if d.ID != "" {
		d.Action += "/" + d.ID
	}
	body, jerr := json.Marshal(d.Q)
	if jerr != nil {
		return jerr
	}
	d.Body = string(body)
	if err != nil {
		d.Alert = h.editorAlert(c, d.Q, err)
	}
	for _, k := range instrument.Kinds {
		d.Kinds = append(d.Kinds, render.Option{Value: string(k), Text: p.T("questionnaire.kind." + string(k))})
	}
	titles := map[string]string{}
	for _, s := range d.Q.Sections {
		titles[s.ID] = s.Title.In(lang)
	}
	number, section := 0, ""
	for i := range d.Q.Items {
		it := &d.Q.Items[i]
		row := outlineRow{No: i, Text: clip(it.Text.In(lang), 60), Kind: p.T("questionnaire.kind." + string(it.Kind)), First: i == 0, Last: i == len(d.Q.Items)-1,
			Open: d.Part == "item" && i == d.Open, Rule: it.ShowIf != nil, Required: it.Required}
		if it.Kind != instrument.Note {
			number++
			row.Number = number
		}
		if it.Section != section {
			section = it.Section
			row.Section = titles[section]
		}
		d.Rows = append(d.Rows, row)
	}
	switch {
	case d.Part == "settings":
		d.Settings = settingsOf(d.Q)
	case d.Part == "item" && d.Open >= 0:
		d.Item = h.itemForm(c, d.Q, d.Open)
	default:
		d.Part = ""
	}
	d.Form = question.New(d.Q, p, nil, nil)
	if render.IsPartial(c) {
		if status == http.StatusUnprocessableEntity {
			status = http.StatusOK // the answer is the form again, with what is wrong
		}
		h.Partial(c, status, "rounds/editor", d)
		return nil
	}
	title := p.T("questionnaire.new")
	if d.ID != "" {
		title = p.T("questionnaire.edit")
	}
	h.Render(c, status, "rounds/questionnaire-edit", render.Page{Title: title, Subtitle: p.T("questionnaire.edit_text"), Data: d,
		Crumbs: []render.Crumb{{Text: p.T("questionnaire.list"), Href: "/questionnaires"}, {Text: title}}})
	return nil
}

// editorAlert says which question is at fault by its number.
func (h *pages) editorAlert(c *gin.Context, q *instrument.Questionnaire, err error) *render.Alert {
	a := h.AlertAt(c, err)
	if n := itemOf(err); n >= 0 && n < len(q.Items) {
		number := 0
		for i := 0; i <= n; i++ {
			if q.Items[i].Kind != instrument.Note {
				number++
			}
		}
		a.Details = append([]string{h.T(c, "editor.at", "No", number, "Text", clip(q.Items[n].Text.In(string(h.Printer(c).Lang())), 40))}, a.Details...)
	}
	return a
}
