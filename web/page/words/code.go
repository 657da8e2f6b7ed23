package words

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/words"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/scoring/qualitative"
	"gongping/survey/instrument"
	"gongping/web/page/render"
	"gongping/web/problem"
)

// rows is how many codes the form takes.
const rows = 4

type codeData struct {
	head
	Task   *words.Task
	Rows   []codeRow
	Hints  []hint
	Sure   string // the polarity and matter that the model proposes
	Alert  *render.Alert
	Skip   string
	Empty  render.Empty
	Learnt string
}

type codeRow struct {
	N                       int
	Topic, Polarity, Matter string
	Topics                  []render.Option
	Polarities, Matters     []render.Option
	First                   bool
}

type hint struct{ Name, Prob string }

func pageNumber(c *gin.Context) int {
	n, err := strconv.Atoi(c.Query("page"))
	if err != nil || n < 1 {
		return 1
	}
	return min(n, 100_000)
}

func (h *pages) next(c *gin.Context, who authz.Actor) error { return h.form(c, who, nil, nil, nil) }

// form shows the text to be coded next, or, with an error, the one that was
// just sent with what was chosen.
func (h *pages) form(c *gin.Context, who authz.Actor, task *words.Task, chosen []codeRow, alert *render.Alert) error {
	d, scope, err := h.head(c, who, "/words/code")
	if err != nil {
		return err
	}
	data := codeData{head: d, Task: task, Alert: alert, Skip: c.Query("skip"), Empty: render.Empty{Icon: "circle-check", Title: h.T(c, "words.code.none"), Text: h.T(c, "words.code.none_text")}}
	if d.Row == nil {
		data.Empty = h.empty(c, who)
	} else if task == nil {
		if data.Task, err = h.svc.Next(c.Request.Context(), who, scope, strings.Split(data.Skip, ",")); err != nil {
			return err
		}
	}
	status := http.StatusOK
	if t := data.Task; t != nil {
		data.fill(h, c, chosen)
		if data.Skip = strings.Trim(data.Skip+","+t.ID, ","); len(data.Skip) > 1500 {
			data.Skip = t.ID
		}
	}
	if alert != nil {
		status = http.StatusUnprocessableEntity
	}
	h.Render(c, status, "words/code", h.page(c, "words.code.subtitle", data))
	return nil
}

// fill prepares the rows of the form and the model's proposal.
func (d *codeData) fill(h *pages, c *gin.Context, chosen []codeRow) {
	p, f, t := h.Printer(c), h.Format(c), d.Task
	lang := string(p.Lang())
	var topics, polarities, matters []render.Option
	for i := range t.Book.Topics {
		topics = append(topics, render.Option{Value: t.Book.Topics[i].ID, Text: t.Book.Path(t.Book.Topics[i].ID, lang)})
	}
	for _, x := range []int{qualitative.Negative, qualitative.Neutral, qualitative.Positive} {
		polarities = append(polarities, render.Option{Value: strconv.Itoa(x), Text: p.T("polarity." + polarity(x))})
	}
	names := map[string]string{}
	for _, m := range qualitative.Matters {
		if m != qualitative.Department {
			matters = append(matters, render.Option{Value: string(m), Text: p.T("matter." + string(m))})
			continue
		}
		for _, x := range t.Departments {
			names[x.Code] = x.In(lang)
			matters = append(matters, render.Option{Value: "department/" + x.Code, Text: p.T("matter.department") + p.T("words.colon") + x.In(lang)})
		}
	}
	for n := range rows {
		r := codeRow{N: n, First: n == 0}
		if n < len(chosen) {
			r = chosen[n]
			r.N, r.First = n, n == 0
		}
		r.Topics, r.Polarities, r.Matters = topics, polarities, matters
		d.Rows = append(d.Rows, r)
	}
	if m := t.Proposal; m != nil {
		for _, g := range m.Topics {
			d.Hints = append(d.Hints, hint{t.Book.Path(g.Value, lang), f.Pct(g.Prob, 0)})
		}
		d.Sure = p.T("words.code.proposal", "Polarity", p.T("polarity."+polarity(m.Polarity)), "PolarityP", f.Pct(m.PolarityP, 0),
			"Matter", p.T("matter."+string(m.Matter)), "MatterP", f.Pct(m.MatterP, 0))
		d.Learnt = p.T("words.code.learnt", "N", f.Int(m.Examples))
	}
}

// chosen reads the codes of the form.
func chosen(c *gin.Context) (codes []qualitative.Code, list []codeRow, err error) {
	for n := range rows {
		k := strconv.Itoa(n)
		r := codeRow{Topic: c.PostForm("topic." + k), Polarity: c.PostForm("polarity." + k), Matter: c.PostForm("matter." + k)}
		list = append(list, r)
		if r.Topic == "" {
			continue
		}
		p, perr := strconv.Atoi(r.Polarity)
		if perr != nil || r.Matter == "" {
			err = errs.New(errs.Invalid, "comment.code_half", "a topic needs a polarity and whose matter it is").At("codes["+k+"]", "", "all three", "complete the row or empty its topic")
			continue
		}
		matter, department, _ := strings.Cut(r.Matter, "/")
		codes = append(codes, qualitative.Code{Topic: r.Topic, Polarity: p, Matter: qualitative.Matter(matter), Department: department})
	}
	if err == nil && len(codes) == 0 && c.PostForm("nothing") == "" {
		err = errs.New(errs.Invalid, "comment.code_none", "choose a topic, or say that nothing can be coded")
	}
	return codes, list, err
}

func (h *pages) code(c *gin.Context, who authz.Actor) error {
	id, scope := c.Param("id"), c.PostForm("scope")
	codes, list, err := chosen(c)
	if err == nil {
		_, err = h.svc.Code(c.Request.Context(), who, id, codes)
	}
	switch {
	case errs.Is(err, errs.Conflict): // somebody was faster: on to the next
		render.Flash(c, "info", "words.code.taken", nil)
	case errs.Is(err, errs.Invalid):
		task, terr := h.svc.Task(c.Request.Context(), who, id)
		if terr != nil {
			return terr
		}
		return h.form(c, who, task, list, h.Alert(c, err))
	case err != nil:
		return err
	default:
		render.Flash(c, "success", "words.code.saved", nil)
	}
	c.Redirect(http.StatusSeeOther, "/words/code?scope="+url.QueryEscape(scope))
	return nil
}

type codebookData struct {
	Tabs     []render.Tab
	Book     words.Book
	Rows     []topicRow
	MayEdit  bool
	Changes  []string
	Parents  []render.Option
	Matters  []render.Option
	Alert    *render.Alert
	Versions int
	Title    string
}

type topicRow struct {
	ID, Name, Matter string
	Items            []bearing
	Level            int
}

// bearing is a question that a topic bears on; Text is empty where no
// questionnaire has the id.
type bearing struct{ ID, Text string }

func bearings(ids []string, texts map[string]map[string]string, lang string) (out []bearing) {
	for _, id := range ids {
		out = append(out, bearing{id, instrument.Lang(texts[id]).In(lang)})
	}
	return out
}

func (h *pages) codebook(c *gin.Context, who authz.Actor) error {
	return h.showCodebook(c, who, http.StatusOK, nil)
}

func (h *pages) showCodebook(c *gin.Context, who authz.Actor, status int, alert *render.Alert) error {
	book, err := h.svc.Codebook(c.Request.Context(), who)
	if err != nil {
		return err
	}
	names, err := h.departments(c, who)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	lang := string(p.Lang())
	d := codebookData{Tabs: h.tabs(c, who, "/words/codebook", ""), Book: book, MayEdit: authz.May(who, authz.CodebookEdit, authz.Object{}), Alert: alert, Versions: len(book.Versions), Title: book.Codebook.Title[lang]}
	if d.Title == "" {
		d.Title = book.Codebook.Title["zh"]
	}
	level := map[string]int{}
	for i := range book.Codebook.Topics {
		t := &book.Codebook.Topics[i]
		level[t.ID] = level[t.Parent] + 1
		r := topicRow{ID: t.ID, Name: t.In(lang), Level: level[t.ID], Items: bearings(t.Items, book.Questions, lang)}
		if t.Matter != "" {
			r.Matter = h.matter(c, t.Matter, t.Department, names)
		}
		d.Rows = append(d.Rows, r)
		if level[t.ID] < 3 {
			d.Parents = append(d.Parents, render.Option{Value: t.ID, Text: book.Codebook.Path(t.ID, lang)})
		}
	}
	for _, m := range qualitative.Matters {
		if m != qualitative.Department {
			d.Matters = append(d.Matters, render.Option{Value: string(m), Text: p.T("matter." + string(m))})
			continue
		}
		for _, code := range sorted(names) {
			d.Matters = append(d.Matters, render.Option{Value: "department/" + code, Text: names[code]})
		}
	}
	for _, x := range book.Changes {
		d.Changes = append(d.Changes, p.T("codebook.change."+x.Kind, "Topic", x.Text))
	}
	h.Render(c, status, "words/codebook", h.page(c, "words.codebook.subtitle", d))
	return nil
}

func sorted(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (h *pages) saved(c *gin.Context, who authz.Actor, version int, err error) error {
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.TooLarge) {
		return h.showCodebook(c, who, problem.Status(errs.CodeOf(err)), h.Alert(c, err))
	}
	if err != nil {
		return err
	}
	h.Done(c, "/words/codebook", "codebook.saved", map[string]string{"N": strconv.Itoa(version)})
	return nil
}

// standard stores the standard codebook as the first version.
func (h *pages) standard(c *gin.Context, who authz.Actor) error {
	b := qualitative.Standard()
	v, err := h.svc.SaveCodebook(c.Request.Context(), who, &b)
	return h.saved(c, who, v, err)
}

// scheme replaces the codebook by an uploaded table.
func (h *pages) scheme(c *gin.Context, who authz.Actor) error {
	f, size, done, err := h.file(c)
	if err != nil {
		return h.saved(c, who, 0, err)
	}
	defer done()
	v, err := h.svc.ImportScheme(c.Request.Context(), who, c.PostForm("title"), f, size)
	return h.saved(c, who, v, err)
}

// topic adds a topic or changes one.
func (h *pages) topic(c *gin.Context, who authz.Actor) error {
	book, err := h.svc.Codebook(c.Request.Context(), who)
	if err != nil {
		return err
	}
	matter, department, _ := strings.Cut(c.PostForm("matter"), "/")
	t := qualitative.Topic{ID: strings.TrimSpace(c.PostForm("id")), Parent: c.PostForm("parent"), Text: map[string]string{"zh": strings.TrimSpace(c.PostForm("zh"))},
		Matter: qualitative.Matter(matter), Department: department, Items: strings.Fields(c.PostForm("items"))}
	if en := strings.TrimSpace(c.PostForm("en")); en != "" {
		t.Text["en"] = en
	}
	b := book.Codebook
	if old := b.Topic(t.ID); old != nil {
		*old = t
	} else {
		b.Topics = append(b.Topics, t)
	}
	v, err := h.svc.SaveCodebook(c.Request.Context(), who, &b)
	return h.saved(c, who, v, err)
}
