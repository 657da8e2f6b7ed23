package appeals

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/appeals"
	"gongping/internal/authz"
	"gongping/scoring/appeal"
	"gongping/web/page/render"
)

type ctx = context.Context

type showData struct {
	appeals.Detail
	Role     string
	Stepper  []render.Step
	Timeline []render.Event
	Kinds    []render.Option // of public randomness, to open a batch
}

func (h *pages) show(c *gin.Context, who authz.Actor) error {
	if who.Role == authz.Panel {
		c.Redirect(http.StatusSeeOther, "/appeals/"+c.Param("id")+"/case")
		return nil
	}
	d, err := h.svc.Get(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	data := showData{Detail: d, Role: string(who.Role), Stepper: h.stepper(c, d.State), Timeline: h.timeline(c, d), Kinds: h.kinds(c)}
	h.Render(c, http.StatusOK, "appeals/show", render.Page{Title: h.T(c, "appeal.one", "Receipt", d.Receipt),
		Subtitle: d.UnitName + " · " + d.RoundTitle, Data: data,
		Crumbs: []render.Crumb{{Text: h.T(c, "nav.appeals"), Href: "/appeals"}, {Text: d.Receipt}}})
	return nil
}

// way are the states of the full course, as the stepper shows them.
var way = []struct {
	key    string
	states []appeal.State
}{
	{"filed", []appeal.State{appeal.Filed}},
	{"accepted", []appeal.State{appeal.Accepted}},
	{"voting", []appeal.State{appeal.Assigned, appeal.Voting}},
	{"decided", []appeal.State{appeal.Decided, appeal.RunRequested}},
	{"notice", []appeal.State{appeal.Notice}},
	{"ended", []appeal.State{appeal.Superseded, appeal.Closed, appeal.Refused, appeal.Withdrawn}},
}

func (h *pages) stepper(c *gin.Context, s appeal.State) []render.Step {
	now := slices.IndexFunc(way, func(w struct {
		key    string
		states []appeal.State
	}) bool {
		return slices.Contains(w.states, s)
	})
	if s == appeal.Refused || s == appeal.Withdrawn {
		return []render.Step{{Text: h.T(c, "appeal.step.filed"), State: "done"}, {Text: h.T(c, "appeal.state."+string(s)), State: "done"}}
	}
	var steps []render.Step
	for i, w := range way {
		state := "later"
		switch {
		case i < now, s.Final():
			state = "done"
		case i == now:
			state = "now"
		}
		steps = append(steps, render.Step{Text: h.T(c, "appeal.step."+w.key), State: state})
	}
	return steps
}

// looks are the icon and tone of each kind of event.
var looks = map[appeal.Kind][2]string{
	appeal.KindFiled: {"send", "info"}, appeal.KindAccepted: {"check", "info"}, appeal.KindRefused: {"circle-x", "danger"},
	appeal.KindAssigned: {"users", "info"}, appeal.KindVote: {"checkbox", "neutral"}, appeal.KindDecided: {"gavel", "success"},
	appeal.KindRun: {"refresh", "info"}, appeal.KindSuperseded: {"versions", "success"}, appeal.KindClosed: {"archive", "neutral"},
	appeal.KindWithdrawn: {"arrow-left", "neutral"}, appeal.KindOverdue: {"clock", "danger"},
	appeal.KindExtended: {"calendar-time", "warning"}, appeal.KindNoticed: {"bell", "info"}, appeal.KindObjection: {"message-report", "warning"},
	appeal.KindAnswered: {"message-2", "info"}, appeal.KindAsked: {"message-2", "warning"}, appeal.KindDeclined: {"x", "neutral"}, appeal.KindReAsk: {"dice", "info"},
	appeal.KindRecused: {"user-cog", "warning"},
}

// MovedTo is the later deadline of a step; zero where it was not extended.
func (d showData) MovedTo(step string) time.Time { return d.Moved[appeal.Step(step)] }

func (h *pages) timeline(c *gin.Context, d appeals.Detail) []render.Event {
	var out []render.Event
	for _, e := range d.Course {
		look := looks[e.Kind]
		x := render.Event{At: e.At, Icon: look[0], Tone: look[1], Title: h.T(c, "appeal.event."+string(e.Kind)), Text: e.Reason, Who: e.Who}
		if !e.Named {
			x.Who = h.T(c, "appeal.who."+e.Who)
		}
		if e.Conflict != "" {
			x.Text = h.T(c, "appeal.recused.why."+e.Conflict)
		}
		if e.Uncounted {
			x.Title += " · " + h.T(c, "appeal.uncounted")
		}
		if e.Outcome != "" {
			x.Title += " · " + h.T(c, "appeal.decided."+string(e.Outcome))
		}
		switch {
		case e.Kind == appeal.KindOverdue:
			x.Title = h.T(c, "appeal.event.overdue_"+string(e.Step))
		case !e.Until.IsZero():
			x.Title += " · " + h.T(c, "appeal.until", "Date", h.Format(c).Date(e.Until))
		}
		out = append(out, x)
	}
	return out
}

type caseData struct {
	appeals.CaseFile
	Outcomes []render.Option
	Remedies []render.Option
	Remedy   string
	Parties  []render.Option
	CanVote  bool

	DepartmentOptions []render.Option
}

func (h *pages) caseFile(c *gin.Context, who authz.Actor) error {
	f, err := h.svc.Blind(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	d := caseData{CaseFile: f, CanVote: f.Mine == nil && (f.State == appeal.Assigned || f.State == appeal.Voting)}
	for _, o := range []appeal.Outcome{appeal.Uphold, appeal.Partly, appeal.Reject} {
		d.Outcomes = append(d.Outcomes, render.Option{Value: string(o), Text: h.T(c, "appeal.outcome."+string(o)), Help: h.T(c, "appeal.outcome."+string(o)+".help")})
	}
	d.Remedy = string(f.Ground.Remedies[0])
	if len(f.Ground.Remedies) > 1 {
		for _, r := range f.Ground.Remedies {
			d.Remedies = append(d.Remedies, render.Option{Value: string(r), Text: h.T(c, "appeal.remedy."+string(r)), Help: h.T(c, "appeal.remedy."+string(r)+".help")})
		}
	}
	if slices.Contains(f.Ground.Remedies, appeal.Attribute) {
		for _, x := range appeal.Parties {
			d.Parties = append(d.Parties, render.Option{Value: string(x), Text: h.T(c, "appeal.party."+string(x))})
		}
	}
	if len(d.Parties) > 0 {
		for _, x := range f.Departments {
			if x.Active {
				d.DepartmentOptions = append(d.DepartmentOptions, render.Option{Value: x.Code, Text: x.In(string(h.Printer(c).Lang()))})
			}
		}
	}
	h.Render(c, http.StatusOK, "appeals/case", render.Page{Title: h.T(c, "appeal.case", "Code", f.Code), Subtitle: h.T(c, "appeal.case.subtitle"), Data: d,
		Crumbs: []render.Crumb{{Text: h.T(c, "nav.appeals"), Href: "/appeals"}, {Text: f.Code}}})
	return nil
}

func (h *pages) vote(c *gin.Context, who authz.Actor) error {
	v := appeals.VoteInput{Outcome: appeal.Outcome(c.PostForm("outcome")), Affected: c.PostFormArray("affected"), Reason: c.PostForm("reason"),
		Remedy: appeal.Remedy(c.PostForm("remedy")), Party: appeal.Party(c.PostForm("party"))}
	if v.Party == appeal.Department {
		v.Department = c.PostForm("department")
	}
	if err := h.svc.Vote(c.Request.Context(), who, c.Param("id"), v); err != nil {
		return err
	}
	h.Done(c, "/appeals/"+c.Param("id")+"/case", "appeal.done.voted", nil)
	return nil
}

type statisticsData struct {
	appeals.Statistics
	Numbers   appeals.Numbers
	Sided     bool
	Total     int
	Late      int
	Decided   int
	Net       float64
	Unanimous int

	UnitGaps, AnswerGaps []appeals.GroupGap
}

func (h *pages) statistics(c *gin.Context, who authz.Actor) error {
	st, err := h.svc.Statistics(c.Request.Context(), who)
	if err != nil {
		return err
	}
	n, err := h.svc.Numbers(c.Request.Context(), who)
	if err != nil {
		return err
	}
	d := statisticsData{Statistics: st, Numbers: n, Sided: who.Role == authz.Auditor}
	for _, g := range st.Grounds {
		d.Total += g.N
		d.Late += g.Late
	}
	for _, o := range st.Outcomes {
		d.Decided += o.N
		d.Unanimous += o.Unanimous
	}
	for _, g := range n.Groups {
		if g.Kind == "units" {
			d.UnitGaps = append(d.UnitGaps, g)
		} else {
			d.AnswerGaps = append(d.AnswerGaps, g)
		}
	}
	for _, s := range st.Sides {
		d.Net += s.Net
	}
	crumbs := []render.Crumb{{Text: h.T(c, "appeal.statistics")}}
	if authz.May(who, authz.AppealRead, authz.Object{Area: who.Area}) {
		crumbs = slices.Insert(crumbs, 0, render.Crumb{Text: h.T(c, "nav.appeals"), Href: "/appeals"})
	}
	h.Render(c, http.StatusOK, "appeals/statistics", render.Page{Title: h.T(c, "appeal.statistics"), Subtitle: h.T(c, "appeal.statistics.subtitle"), Data: d,
		Crumbs: crumbs})
	return nil
}
