package rounds

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"gongping/analytics/chart"
	"gongping/internal/authz"
	"gongping/survey/design"
	"gongping/web/page/render"
)

// planSizes are the numbers of answers that the planner compares.
var planSizes = []int{20, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300}

// usual are the planner's first figures: the spread of earlier rounds.
var usual = map[string]float64{"between": 4, "within": 21, "mean": 78, "population": 1200, "committees": 300, "deff": 1.2, "response": 60, "visits": 2.4, "visit_cost": 12, "answer_cost": 8}

type plannerData struct {
	In        []plannerField
	Forecasts []design.Forecast
	Sentences []string
	Figure    *chart.Figure
	Alert     *render.Alert
	ForSeven  int // answers for a reliability of 0.7
}

type plannerField struct{ Name, Value string }

func (h *pages) planner(c *gin.Context, who authz.Actor) error {
	if err := authz.Check(who, authz.RoundRead, authz.Object{}); err != nil {
		return err
	}
	in := map[string]float64{}
	d := plannerData{}
	for _, name := range []string{"between", "within", "mean", "population", "committees", "deff", "response", "visits", "visit_cost", "answer_cost"} {
		in[name] = usual[name]
		if s := c.Query(name); s != "" {
			in[name] = realOf(s)
		}
		d.In = append(d.In, plannerField{name, short(in[name])})
	}
	o := design.Outlook{Between: in["between"], Within: in["within"], Mean: in["mean"], Highest: 100, Population: in["population"], Committees: int(in["committees"]),
		DesignEffect: in["deff"], ResponseRate: in["response"] / 100, VisitsPerInvited: in["visits"], CostPerVisit: in["visit_cost"], CostPerAnswer: in["answer_cost"]}
	var err error
	if d.Forecasts, err = o.Plan(planSizes); err != nil {
		d.Alert = h.AlertAt(c, err)
	} else {
		d.Sentences, d.Figure = h.sentences(c, d.Forecasts), h.plannerFigure(c, d.Forecasts)
		d.ForSeven, _ = o.SizeForReliability(0.7) // 0 where committees do not differ
	}
	h.Render(c, http.StatusOK, "rounds/planner", render.Page{Title: h.T(c, "planner.title"), Subtitle: h.T(c, "planner.subtitle"), Data: d,
		Crumbs: []render.Crumb{{Text: h.T(c, "round.list.title"), Href: "/rounds"}, {Text: h.T(c, "planner.title")}}})
	return nil
}

// sentences say for three sizes what the figures mean.
func (h *pages) sentences(c *gin.Context, list []design.Forecast) []string {
	f := h.Format(c)
	var out []string
	for _, x := range list {
		if x.N == 20 || x.N == 60 || x.N == 150 {
			out = append(out, h.T(c, "planner.sentence", "N", x.N, "Wrong", f.Pct(x.WronglyBlamed(), 0), "Half", f.Num(x.HalfWidth, 1),
				"Shift", f.Num(-x.HostileShift, 1), "Visits", f.Int(int(x.Visits+0.5))))
		}
	}
	return out
}

func (h *pages) plannerFigure(c *gin.Context, list []design.Forecast) *chart.Figure {
	p, f := h.Printer(c), h.Format(c)
	v := chart.Planner{ID: "planner", Title: p.T("planner.chart"), Describe: p.T("planner.chart_text"), XName: p.T("planner.n"),
		Names: []string{p.T("planner.wrong"), p.T("planner.reliability")}, Lines: make([][]float64, 2),
		Table: chart.Table{Columns: []chart.Column{{Text: p.T("planner.n"), Numeric: true}, {Text: p.T("planner.wrong"), Numeric: true}, {Text: p.T("planner.reliability"), Numeric: true}}}}
	for _, x := range list {
		v.N = append(v.N, x.N)
		v.Lines[0] = append(v.Lines[0], x.WronglyBlamed())
		v.Lines[1] = append(v.Lines[1], x.Reliability)
		v.Table.Rows = append(v.Table.Rows, []string{strconv.Itoa(x.N), f.Pct(x.WronglyBlamed(), 0), f.Num(x.Reliability, 2)})
	}
	fig := v.Figure(p)
	return &fig
}
