package rounds

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/rounds"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/rounddb"
	corex "gongping/survey/instrument/exchange"
	"gongping/web/exchange"
	"gongping/web/handle"
	"gongping/web/page/question"
	"gongping/web/page/render"
	"gongping/web/problem"
)

type importData struct {
	Alert *render.Alert
	Text  string
}

func (h *pages) questionnaireImport(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.QuestionnaireEdit, authz.Object{}); err != nil {
		return err
	}
	h.showImport(c, http.StatusOK, importData{})
	return nil
}

func (h *pages) showImport(c *gin.Context, status int, d importData) {
	p := h.Printer(c)
	h.Render(c, status, "rounds/questionnaire-import", render.Page{Title: p.T("questionnaire.import"), Subtitle: p.T("qimport.subtitle"), Data: d,
		Crumbs: []render.Crumb{{Text: p.T("questionnaire.list"), Href: "/questionnaires"}, {Text: p.T("questionnaire.import")}}})
}

// levelGroup are the findings of one level.
type levelGroup struct {
	Level, Tone, Icon string
	Lines             []exchange.Group
	N                 int
}

type reportData struct {
	File, Format   string
	Items, Options int
	Groups         []levelGroup
	Body           string
	Form           question.Form
	Existing       []rounddb.Versioned
	Alert          *render.Alert
	Usable         bool
}

// questionnaireRead reads a file, or text that was pasted, and shows what
// became of it. Nothing is stored before somebody accepts it.
func (h *pages) questionnaireRead(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.QuestionnaireEdit, authz.Object{}); err != nil {
		return err
	}
	name, r, err := sent(c)
	if err != nil {
		if errs.Is(err, errs.TooLarge) || problem.Large(err) != nil {
			err = errs.New(errs.TooLarge, "exchange.too_large", "the file is too large for a questionnaire").
				At("", "", "at most 32 MB", "export only the questionnaire, without answers and media")
		}
		return h.refused(c, "", err)
	}
	defer r.Close()
	in, err := h.svc.ReadQuestionnaire(who, name, r)
	if err != nil {
		return h.refused(c, c.PostForm("text"), err)
	}
	p := h.Printer(c)
	body, err := json.Marshal(in.Questionnaire)
	if err != nil {
		return err
	}
	d := reportData{File: name, Format: in.Report.Format, Items: in.Report.Items, Options: in.Report.Options, Body: string(body),
		Form: question.New(in.Questionnaire, p, nil, nil), Usable: true}
	if err := in.Questionnaire.Check(); err != nil {
		d.Alert, d.Usable = h.editorAlert(c, in.Questionnaire, err), false
	}
	if key := "qimport.format." + d.Format; p.Has(key) {
		d.Format = p.T(key)
	}
	lines := exchange.Gather(exchange.Lines(in.Report, p), p)
	for _, level := range corex.Levels {
		g := levelGroup{Level: string(level), N: in.Report.Counts[level]}
		g.Tone = map[corex.Level]string{corex.Lost: "danger", corex.Fault: "warning", corex.Changed: "info", corex.Note: "neutral"}[level]
		g.Icon = map[corex.Level]string{corex.Lost: "alert-circle", corex.Fault: "alert-triangle", corex.Changed: "refresh", corex.Note: "info-circle"}[level]
		for _, l := range lines {
			if l.Level == string(level) {
				g.Lines = append(g.Lines, l)
			}
		}
		d.Groups = append(d.Groups, g)
	}
	if d.Existing, err = h.svc.Documents(c.Request.Context(), who, rounddb.Questionnaires); err != nil {
		return err
	}
	h.Render(c, http.StatusOK, "rounds/questionnaire-report", render.Page{Title: p.T("qimport.report"), Subtitle: name, Data: d,
		Crumbs: []render.Crumb{{Text: p.T("questionnaire.list"), Href: "/questionnaires"}, {Text: p.T("questionnaire.import"), Href: "/questionnaires/import"}, {Text: p.T("qimport.report")}}})
	return nil
}

// refused shows the form again with why a file cannot be read.
func (h *pages) refused(c *gin.Context, text string, err error) error {
	if !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.TooLarge) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if errs.Is(err, errs.TooLarge) {
		status = http.StatusRequestEntityTooLarge
	}
	h.showImport(c, status, importData{Alert: h.AlertAt(c, err), Text: text})
	return nil
}

// sent is the uploaded file, or the pasted text.
func sent(c *gin.Context) (string, io.ReadCloser, error) {
	if err := handle.AllowBody(c, rounds.MaxQuestionnaireFile+1<<20); err != nil {
		return "", nil, err
	}
	f, err := c.FormFile("file")
	switch {
	case err == nil && f.Size > 0:
		r, err := f.Open()
		return corex.Clip(corex.Visible(f.Filename), 100), r, err
	case err != nil && !errors.Is(err, http.ErrMissingFile) && !errors.Is(err, http.ErrNotMultipart):
		return "", nil, err
	}
	return "", io.NopCloser(strings.NewReader(c.PostForm("text"))), nil
}
