// Package quality has the pages that watch the quality of the fieldwork: the
// queue of findings with both sides, the balance of response, the comparison of
// interviewers, and back-checks for those who supervise and those who ask again.
package quality

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"gongping/analytics/chart"
	"gongping/internal/app/quality"
	"gongping/internal/authz"
	"gongping/survey"
	"gongping/survey/fieldwork"
	"gongping/web/handle"
	"gongping/web/locale"
	fieldworkpage "gongping/web/page/fieldwork"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc *quality.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *quality.Service) {
	h := &pages{p, svc}
	r.GET("/fieldwork/:round/quality", h.Signed(h.queue))
	r.POST("/fieldwork/:round/quality/scan", h.Signed(h.scan))
	r.GET("/fieldwork/:round/quality/:id", h.Signed(h.finding))
	r.POST("/fieldwork/:round/quality/:id/decide", h.Signed(h.decide))
	r.POST("/fieldwork/:round/quality/:id/set-aside", h.Signed(h.setAside))
	r.GET("/fieldwork/:round/balance", h.Signed(h.balance))
	r.GET("/fieldwork/:round/interviewers", h.Signed(h.interviewers))
	r.GET("/fieldwork/:round/backchecks", h.Signed(h.backChecks))
	r.POST("/fieldwork/:round/backchecks/draw", h.Signed(h.draw))
	r.POST("/fieldwork/:round/backchecks/end", h.Signed(h.end))
	r.POST("/fieldwork/:round/backchecks/:id/assign", h.Signed(h.assign))
	r.GET("/backchecks", h.Signed(h.mine))
	r.GET("/backchecks/:id", h.Signed(h.check))
	r.POST("/backchecks/:id", h.Signed(h.record))
	r.POST("/backchecks/:id/identity", h.Signed(h.identity))
}

// page is the frame of a page of a round's fieldwork.
func (h *pages) page(c *gin.Context, round, title, key string, data any) render.Page {
	p := h.Printer(c)
	return render.Page{Title: p.T(key), Subtitle: title, Data: data,
		Crumbs: []render.Crumb{{Text: p.T("fieldwork.title"), Href: "/fieldwork"}, {Text: title, Href: "/fieldwork/" + round}, {Text: p.T(key)}}}
}

type queueData struct {
	quality.Queue
	Tabs    []render.Tab
	Filter  string
	List    []quality.Finding
	Counts  []countRow
	Total   countRow
	Filters []render.Tab
}

// countRow is a detector's line in the table of both sides.
type countRow struct {
	quality.SideCount
	Low, High, LowDone, HighDone, LowAside, HighAside int
	Waiting                                           int
}

func rowOf(c quality.SideCount) countRow {
	const low, high = "low", "high"
	return countRow{SideCount: c, Low: c.In(low), High: c.In(high), LowDone: c.Examined[low], HighDone: c.Examined[high],
		LowAside: c.SetAsideCount[low], HighAside: c.SetAsideCount[high]}
}

func (h *pages) queue(c *gin.Context, who authz.Actor) error {
	v, err := h.svc.Queue(c.Request.Context(), who, c.Param("round"), c.Query("area"))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := queueData{Queue: v, Tabs: fieldworkpage.Tabs(p, who, v.Round.ID, v.Area, "findings"), Filter: c.Query("state"), Total: rowOf(v.Total)}
	for _, x := range v.Counts {
		d.Counts = append(d.Counts, rowOf(x))
	}
	open := 0
	for _, f := range v.Findings {
		isOpen := f.Decision == "" || f.Decision == "back_check"
		if isOpen {
			open++
		}
		if d.Filter == "all" || (d.Filter == "" && isOpen) || (d.Filter == "decided" && !isOpen) {
			d.List = append(d.List, f)
		}
	}
	base := "/fieldwork/" + v.Round.ID + "/quality?area=" + url.QueryEscape(v.Area)
	d.Filters = []render.Tab{{Text: p.T("quality.filter.open"), Href: base, Active: d.Filter == "", Count: open},
		{Text: p.T("quality.filter.decided"), Href: base + "&state=decided", Active: d.Filter == "decided", Count: len(v.Findings) - open},
		{Text: p.T("quality.filter.all"), Href: base + "&state=all", Active: d.Filter == "all", Count: len(v.Findings)}}
	page := h.page(c, v.Round.ID, v.Round.Title, "quality.title", d)
	if v.MayScan {
		page.Actions = []render.Action{{Text: p.T("quality.scan"), Href: "/fieldwork/" + v.Round.ID + "/quality/scan", Icon: "refresh", Post: true, Primary: true}}
	}
	h.Render(c, http.StatusOK, "quality/queue", page)
	return nil
}

func (h *pages) scan(c *gin.Context, who authz.Actor) error {
	n, err := h.svc.Scan(c.Request.Context(), who, c.Param("round"))
	if err != nil {
		return err
	}
	h.Done(c, "/fieldwork/"+url.PathEscape(c.Param("round"))+"/quality", "quality.scanned", map[string]string{"N": strconv.Itoa(n)})
	return nil
}

type findingData struct {
	quality.Finding
	Tabs   []render.Tab
	Events []render.Event
	Round  string
}

func (h *pages) finding(c *gin.Context, who authz.Actor) error {
	f, r, err := h.svc.Finding(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := findingData{Finding: f, Tabs: fieldworkpage.Tabs(p, who, r.ID, "", "findings"), Round: r.ID}
	d.Events = append(d.Events, render.Event{At: f.At, Title: p.T("quality.seen." + f.Role), Icon: "search", Tone: "info"})
	for _, s := range f.Steps {
		text := s.Reason
		if s.N > 0 {
			text += "（" + p.N("quality.step_n."+s.Decision, s.N) + "）"
		}
		d.Events = append(d.Events, render.Event{At: s.At, Who: s.ByName, Title: p.T("quality.state." + s.Decision), Text: text, Icon: "gavel", Tone: toneOf(s.Decision)})
	}
	page := h.page(c, r.ID, r.Title, "quality.finding", d)
	page.Crumbs = []render.Crumb{page.Crumbs[0], page.Crumbs[1], {Text: p.T("quality.title"), Href: "/fieldwork/" + r.ID + "/quality"}, {Text: p.T("quality.detector." + string(f.Detector))}}
	h.Render(c, http.StatusOK, "quality/finding", page)
	return nil
}

func toneOf(state string) string {
	switch state {
	case "cleared":
		return "success"
	case "confirmed":
		return "warning"
	case "set_aside":
		return "danger"
	}
	return "info"
}

func (h *pages) decide(c *gin.Context, who authz.Actor) error {
	n, err := h.svc.Decide(c.Request.Context(), who, c.Param("id"), c.PostForm("decision"), c.PostForm("reason"))
	if err != nil {
		return err
	}
	h.Done(c, h.findingURL(c), "quality.decided", map[string]string{"N": strconv.Itoa(n)})
	return nil
}

func (h *pages) findingURL(c *gin.Context) string {
	return "/fieldwork/" + url.PathEscape(c.Param("round")) + "/quality/" + url.PathEscape(c.Param("id"))
}

func (h *pages) setAside(c *gin.Context, who authz.Actor) error {
	n, err := h.svc.SetAside(c.Request.Context(), who, c.Param("id"), c.PostForm("scope") == "all", c.PostForm("reason"))
	if err != nil {
		return err
	}
	h.Done(c, h.findingURL(c), "quality.aside_done", map[string]string{"N": strconv.Itoa(n)})
	return nil
}

// levelLine is a line of the table of levels; Rate is nil where it is hidden.
type levelLine struct {
	quality.LevelRow
	Trait, Label string
	Rate         *float64
}

type balanceData struct {
	quality.Balance
	Tabs    []render.Tab
	Lines   []levelLine
	Figures []chart.Figure
}

func (h *pages) balance(c *gin.Context, who authz.Actor) error {
	v, err := h.svc.Balance(c.Request.Context(), who, c.Param("round"), c.Query("area"))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := balanceData{Balance: v, Tabs: fieldworkpage.Tabs(p, who, v.Round.ID, v.Area, "balance")}
	for _, t := range v.Traits {
		if fig, ok := compare(p, v, t); ok {
			d.Figures = append(d.Figures, fig)
		}
		for _, l := range t.Levels {
			line := levelLine{LevelRow: l, Trait: t.Name, Label: levelName(p, t.Name, l)}
			if !l.Hidden && l.Drawn > 0 {
				rate := float64(l.Answered) / float64(l.Drawn)
				line.Rate = &rate
			}
			d.Lines = append(d.Lines, line)
		}
	}
	h.Render(c, http.StatusOK, "quality/balance", h.page(c, v.Round.ID, v.Round.Title, "quality.balance", d))
	return nil
}

// levelName is a level's name in the reader's language.
func levelName(p *locale.Printer, trait string, l quality.LevelRow) string {
	switch {
	case trait == "area":
		return l.Text
	case l.Name == "unknown" || l.Name == "u" || l.Name == "":
		return p.T("quality.level.unknown")
	case trait == "age":
		return l.Name
	}
	return p.T("quality.level." + trait + "." + l.Name)
}

func compare(p *locale.Printer, v quality.Balance, t quality.TraitRow) (chart.Figure, bool) {
	answered, frame := 0, 0
	for _, l := range t.Levels {
		if !l.Hidden {
			answered, frame = answered+l.Answered, frame+l.Frame
		}
	}
	if answered == 0 || frame == 0 {
		return chart.Figure{}, false
	}
	fig := chart.Compare{ID: "balance-" + t.Name, Title: p.T("quality.balance_of." + t.Name), N: answered}
	for _, l := range t.Levels {
		if !l.Hidden {
			fig.Groups = append(fig.Groups, chart.CompareGroup{Name: levelName(p, t.Name, l), Sample: float64(l.Answered) / float64(answered), Population: float64(l.Frame) / float64(frame)})
		}
	}
	return fig.Figure(p), true
}

// personLine is an interviewer with the counts of the table.
type personLine struct {
	quality.Person
	Contacts, Refusals int
}

type peopleData struct {
	quality.People
	Tabs   []render.Tab
	Lines  []personLine
	Figure chart.Figure
	Shown  int
}

func (h *pages) interviewers(c *gin.Context, who authz.Actor) error {
	v, err := h.svc.Interviewers(c.Request.Context(), who, c.Param("round"), c.Query("area"))
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := peopleData{People: v, Tabs: fieldworkpage.Tabs(p, who, v.Round.ID, v.Area, "interviewers")}
	var areas []chart.Area
	for _, x := range v.People {
		a := chart.Area{Code: x.Name + x.Code, Name: x.Name, N: x.Interviews, Score: x.Level, Lo: x.Low, Hi: x.High, Hidden: !x.LevelOK}
		switch {
		case x.LevelOK && x.Low > v.Mean:
			a.Standing = chart.High
		case x.LevelOK && x.High < v.Mean:
			a.Standing = chart.Low
		}
		if x.LevelOK {
			d.Shown++
		}
		areas = append(areas, a)
		n := x.Counts
		d.Lines = append(d.Lines, personLine{x, n[fieldwork.Interview] + n[fieldwork.Partial] + n[fieldwork.Refusal] + n[fieldwork.Other], n[fieldwork.Refusal]})
	}
	d.Figure = chart.Interval{ID: "interviewers", Areas: areas, Overall: v.Mean, Minimum: v.Cell, ByCode: true}.Figure(p)
	d.Figure.Title, d.Figure.Describe = p.T("quality.people.chart"), p.T("quality.people.chart_text")
	h.Render(c, http.StatusOK, "quality/interviewers", h.page(c, v.Round.ID, v.Round.Title, "quality.people", d))
	return nil
}

// shown tells templates that a round still runs.
func running(s survey.State) bool { return s == survey.Collecting }
