package results

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/tabular"
	"gongping/scoring/tally"
	"gongping/survey/instrument"
	"gongping/web/locale"
	"gongping/web/page/render"
)

type questionsData struct {
	Total, Cell int
	Tables      []questionTable
	Empty       render.Empty
}

// questionTable is one question with what was answered.
type questionTable struct {
	tally.Table
	Title, Note string
	Lines       []questionLine
}

type questionLine struct {
	Text   string
	N      int
	Share  int // percent, for the bar
	Hidden bool
}

// questions shows the answers to what is not scored, of the whole round; with
// ?format=csv as a table.
func (h *pages) questions(c *gin.Context, who authz.Actor) error {
	q, err := h.svc.Questions(c.Request.Context(), who, c.Param("run"))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := questionsData{Total: q.Total, Cell: q.Cell, Empty: render.Empty{Icon: "list", Title: p.T("questions.none"), Text: p.T("questions.none.text")}}
	for _, t := range q.Tables {
		d.Tables = append(d.Tables, lines(p, &q, t))
	}
	may := authz.May(who, authz.ResultExport, authz.Object{Area: who.Area})
	if c.Query("format") == "csv" {
		if err := authz.Check(who, authz.ResultExport, authz.Object{Area: who.Area}); err != nil {
			return err
		}
		return questionsCSV(c, p, &d)
	}
	var actions []render.Action
	if may {
		actions = append(actions, render.Action{Text: p.T("results.csv"), Href: "/results/" + q.Run.ID + "/questions?format=csv", Icon: "file-export"})
	}
	h.Render(c, http.StatusOK, "results/questions", render.Page{Title: p.T("questions.title"), Subtitle: q.Round.Title + " · " + h.runLine(c, &q.Run),
		Crumbs: resultCrumbs(h, c, &q.Run, q.Round.Title, p.T("questions.title")), Actions: actions, Data: d})
	return nil
}

// lines are a table's rows in words.
func lines(p *locale.Printer, q *score.Questions, t tally.Table) questionTable {
	lang := string(p.Lang())
	it := q.Questionnaire.Item(t.Item)
	out := questionTable{Table: t, Title: it.Text.In(lang)}
	from, upTo := "questions.from", "questions.up_to"
	if t.Kind == instrument.Date {
		from, upTo = "questions.since", "questions.until"
	}
	for _, r := range t.Rows {
		l := questionLine{N: r.N, Share: r.SharePct, Hidden: r.Hidden}
		switch o := it.Option(r.Code); {
		case o != nil:
			l.Text = o.Text.In(lang)
		case r.Code != "":
			l.Text = p.T("questions." + r.Code) // yes, no
		case r.From == r.To && r.From == "":
			l.Text = p.T("questions.any")
		case r.From == r.To:
			l.Text = r.From
		case r.From == "":
			l.Text = p.T(upTo, "To", r.To)
		case r.To == "":
			l.Text = p.T(from, "From", r.From)
		default:
			l.Text = p.T("questions.range", "From", r.From, "To", r.To)
		}
		out.Lines = append(out.Lines, l)
	}
	if t.Kind == instrument.Multiple {
		out.Note = p.T("questions.several")
	}
	return out
}

func questionsCSV(c *gin.Context, p *locale.Printer, d *questionsData) error {
	c.Header("Content-Disposition", `attachment; filename="questions.csv"`)
	c.Header("Content-Type", "text/csv; charset=utf-8")
	w, err := tabular.NewWriter(c.Writer)
	if err != nil {
		return err
	}
	if err := w.Write(p.T("questionnaire.id"), p.T("questions.question"), p.T("questionnaire.kind"), p.T("questions.answer"), p.T("results.n"), p.T("questions.share")); err != nil {
		return err
	}
	hidden := p.T("questions.hidden", "Min", d.Cell)
	for _, t := range d.Tables {
		kind := p.T("questionnaire.kind." + string(t.Kind))
		n := strconv.Itoa(t.N)
		if t.Hidden {
			n = hidden
		}
		if err := w.Write(t.Item, t.Title, kind, p.T("questions.all"), n, ""); err != nil {
			return err
		}
		for _, l := range t.Lines {
			n, share := strconv.Itoa(l.N), strconv.Itoa(l.Share)+"%"
			if l.Hidden {
				n, share = hidden, ""
			}
			if err := w.Write(t.Item, t.Title, kind, l.Text, n, share); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}
