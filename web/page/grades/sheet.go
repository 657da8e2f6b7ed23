package grades

import (
	"cmp"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/grades"
	"gongping/internal/authz"
	"gongping/internal/pg/gradedb"
	"gongping/scoring/composite"
	"gongping/scoring/grade"
	"gongping/web/page/render"
)

// A page of the sheet shows so many committees and so many consequences; the
// tiles count them all, and the export has them all.
const (
	sheetRows       = 20
	consequenceRows = 10
)

type sheetData struct {
	grades.Sheet
	ID                        string
	Lang                      string
	Tiles                     []render.Stat
	Rows                      []row
	Open                      int // signatures outstanding
	MayPropose, MaySign       bool
	MayFile, MayVote, MayTake bool
	Units                     []render.Option
	Filters                   []render.Field
	Filtered                  bool
	View                      string // the query, to come back to after a signature
	Found                     int
	Pages, More               render.Pagination
	All                       string // the reason why no grade at all can be given, "" where some can
}

// row is a committee with its grade in words.
type row struct {
	gradedb.Proposal
	Grade   string // what is proposed, in words
	Tone    string
	Why     string
	Choices []render.Option
	Given   string // the signed grade in words
	Rel     string // reliability, with as many decimals as tell it from the gate
}

func (h *pages) sheet(c *gin.Context, who authz.Actor) error {
	sh, err := h.svc.Sheet(c.Request.Context(), who, c.Param("round"))
	if err != nil {
		return err
	}
	p, f := h.Printer(c), h.Format(c)
	d := sheetData{Sheet: sh, ID: sh.Round.ID, Lang: string(p.Lang()), Open: sh.Unsigned(),
		MayPropose: authz.May(who, authz.GradePropose, authz.Object{Area: sh.Round.AreaCode}), MaySign: authz.May(who, authz.GradeSign, authz.Object{}),
		MayFile: authz.May(who, authz.TrialFile, authz.Object{}), MayVote: authz.May(who, authz.TrialVote, authz.Object{}), MayTake: authz.May(who, authz.GradeExport, authz.Object{})}
	count, all := map[string]int{}, []row{}
	for _, x := range sh.Proposals {
		count[x.State]++
		r := h.row(c, x, sh.Rules)
		if r.Rel = render.Dash; x.Why != "no_score" { // there is nothing that could be relied on
			r.Rel = short(f, x.Reliability, sh.Gates.ConsequenceReliability)
		}
		all = append(all, r)
		d.Units = append(d.Units, render.Option{Value: x.Unit, Text: x.UnitName})
	}
	for _, s := range []grade.State{grade.Proposed, grade.Tied, grade.Refused} {
		d.Tiles = append(d.Tiles, render.Stat{Label: p.T("grades.state." + string(s)), Value: f.Int(count[string(s)]), Note: p.T("grades.state." + string(s) + ".note")})
	}
	d.Tiles = append(d.Tiles, render.Stat{Label: p.T("grades.unsigned"), Value: f.Int(d.Open), Note: p.T("grades.unsigned.note")})
	d.All = allRefused(sh.Proposals)
	query := c.Request.URL.Query()
	d.View = query.Encode()
	d.pick(h, c, all, query)
	page := render.Page{Title: p.T("grades.title"), Subtitle: sh.Round.Title, Data: d,
		Crumbs: []render.Crumb{{Text: p.T("grades.title"), Href: "/grades"}, {Text: sh.Round.Title}}}
	if d.MayTake && sh.Batch != nil {
		page.Actions = append(page.Actions, render.Action{Text: p.T("grades.export"), Href: "/grades/" + d.ID + "/export", Icon: "download"})
	}
	if d.MayPropose {
		page.Actions = append(page.Actions, render.Action{Text: p.T("grades.propose"), Href: "/grades/" + d.ID, Icon: "wand", Primary: sh.Batch == nil || sh.Stale, Post: true, Confirm: p.T("grades.propose.ask")})
	}
	h.Render(c, http.StatusOK, "grades/sheet", page)
	return nil
}

func (h *pages) row(c *gin.Context, x gradedb.Proposal, rules composite.Grades) row {
	p := h.Printer(c)
	name := func(id string) string {
		for _, g := range rules.Scale {
			if g.ID == id {
				if s := g.Text[string(p.Lang())]; s != "" {
					return s
				}
				return g.Text["zh"]
			}
		}
		return id
	}
	r := row{Proposal: x, Tone: map[string]string{"proposed": "info", "tied": "warning", "refused": "neutral"}[x.State]}
	if x.Why != "" {
		r.Why = p.T("grade.why." + x.Why)
	}
	switch x.State {
	case string(grade.Proposed):
		r.Grade = name(x.Grade)
		r.Choices = append(r.Choices, render.Option{Value: x.Grade, Text: r.Grade})
	case string(grade.Tied):
		for i, g := range x.Grades {
			if i > 0 {
				r.Grade += " / "
			}
			r.Grade += name(g)
			r.Choices = append(r.Choices, render.Option{Value: g, Text: name(g)})
		}
	}
	r.Choices = append(r.Choices, render.Option{Value: grades.None, Text: p.T("grades.none")})
	if x.Signed != nil {
		r.Given = p.T("grades.none")
		if x.SignedGrade != "" {
			r.Given = name(x.SignedGrade)
		}
	}
	return r
}

// short writes a reliability with two decimals, or three where two would make one
// below the gate look as if it reached it.
func short(f render.Format, rel, gate float64) string {
	if rel < gate && math.Round(rel*100) >= math.Round(gate*100) {
		return f.Num(math.Min(rel, gate-0.001), 3)
	}
	return f.Num(rel, 2)
}

// rank puts what needs a decision first, then what could not be graded, then
// what is settled.
func (r *row) rank() int {
	switch {
	case r.Signed != nil:
		return 2
	case r.State == string(grade.Refused):
		return 1
	}
	return 0
}

// sheetStates are what the list may be narrowed to.
var sheetStates = []string{"open", string(grade.Proposed), string(grade.Tied), string(grade.Refused), "signed"}

func (r *row) is(state string) bool {
	switch state {
	case "":
		return true
	case "open":
		return r.rank() == 0
	case "signed":
		return r.Signed != nil
	}
	return r.State == state
}

// pick keeps the rows that the filters name, what needs a decision first, and
// of them the page asked for.
func (d *sheetData) pick(h *pages, c *gin.Context, all []row, query url.Values) {
	p := h.Printer(c)
	street, state, find := query.Get("street"), query.Get("state"), strings.TrimSpace(query.Get("find"))
	d.Filtered = street != "" || state != "" || find != ""
	streets := []render.Option{{Text: p.T("grades.filter.streets")}}
	states := []render.Option{{Text: p.T("grades.filter.states")}}
	for _, s := range sheetStates {
		states = append(states, render.Option{Value: s, Text: p.T("grades.filter." + s)})
	}
	var rows []row
	for i := range all {
		r := &all[i]
		if code := r.Unit[:9]; !slices.ContainsFunc(streets, func(o render.Option) bool { return o.Value == code }) {
			streets = append(streets, render.Option{Value: code, Text: r.Street})
		}
		if r.is(state) && strings.HasPrefix(r.Unit, street) && (find == "" || strings.Contains(r.UnitName, find) || r.Unit == find) {
			rows = append(rows, *r)
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(a.rank(), b.rank()) })
	d.Found = len(rows)
	d.Rows, d.Pages = render.Cut(rows, query, "page", sheetRows, "committees")
	consequences := slices.Clone(d.Consequences)
	slices.SortStableFunc(consequences, func(a, b gradedb.Consequence) int { return cmp.Compare(settled(a), settled(b)) })
	d.Consequences, d.More = render.Cut(consequences, query, "more", consequenceRows, "consequences")
	if len(streets) > 2 {
		d.Filters = append(d.Filters, render.Field{Name: "street", Label: p.T("results.street"), Type: "select", Value: street, Options: streets})
	}
	d.Filters = append(d.Filters, render.Field{Name: "state", Label: p.T("grades.filter.state"), Type: "select", Value: state, Options: states},
		render.Field{Name: "find", Label: p.T("area.committee"), Value: find, MaxLength: 40})
}

func settled(c gradedb.Consequence) int {
	if c.Signed != nil {
		return 1
	}
	return 0
}

// allRefused is the reason that every committee was refused for, "" where the
// reasons differ or some can be graded.
func allRefused(list []gradedb.Proposal) string {
	if len(list) == 0 || !slices.Contains([]string{grade.NoScore, grade.FewAnswers, grade.Unreliable, grade.AppealOpen}, list[0].Why) {
		return ""
	}
	for _, x := range list {
		if x.State != string(grade.Refused) || x.Why != list[0].Why {
			return ""
		}
	}
	return list[0].Why
}
