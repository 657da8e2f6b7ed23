// Package gallery shows every component with invented figures, for building
// and checking the interface. It is served in the demonstration only.
package gallery

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/analytics/chart"
	"gongping/web/locale"
	"gongping/web/page/render"
)

// Path is where the gallery stands.
const Path = "/dev/gallery"

// The gallery's invented map and its bar that renews itself.
const (
	mapPath  = Path + "/map.geojson"
	pollPath = Path + "/progress"
)

// Register adds the gallery.
func Register(g gin.IRoutes, r *render.Renderer) {
	show := func(c *gin.Context) {
		p := r.Printer(c)
		if c.Query("as") != "resident" {
			render.SetShell(c, shell(p))
		}
		layout := ""
		if c.Query("as") == "resident" {
			layout = render.Resident
		}
		r.Render(c, http.StatusOK, "gallery/index", render.Page{
			Title: p.T("gallery.title"), Subtitle: p.T("gallery.subtitle"), Layout: layout,
			Crumbs: []render.Crumb{{Text: p.T("gallery.home"), Href: "/"}, {Text: p.T("gallery.title")}},
			Actions: []render.Action{
				{Text: p.T("gallery.export"), Href: Path, Icon: "download"},
				{Text: p.T("gallery.new"), Href: Path, Icon: "plus", Primary: true},
			},
			Data: data(p),
		})
	}
	g.GET(Path, show)
	g.GET(mapPath, func(c *gin.Context) { c.JSON(http.StatusOK, squares()) })
	g.GET(pollPath, func(c *gin.Context) {
		done, _ := strconv.Atoi(c.Query("done"))
		bar := render.Progress{Label: r.Printer(c).T("gallery.progress"), Done: done, Total: 3}
		if done < 3 {
			bar.Poll = pollPath + "?done=" + strconv.Itoa(done+1)
		}
		r.Partial(c, http.StatusOK, "progress", bar)
	})
	g.POST(Path, func(c *gin.Context) {
		render.Flash(c, "success", "gallery.alert.ok", nil)
		c.Redirect(http.StatusSeeOther, Path)
	})
}

func shell(p *locale.Printer) render.Shell {
	return render.Shell{
		User: &render.User{Name: p.T("gallery.user"), Role: p.T("gallery.role")},
		Nav: []render.NavGroup{
			{Items: []render.NavItem{{Key: "gallery.nav1", Href: Path, Icon: "layout-dashboard"}}},
			{Key: "gallery.navgroup", Items: []render.NavItem{
				{Key: "gallery.nav2", Href: "/x/rounds", Icon: "calendar-event"},
				{Key: "gallery.nav3", Href: "/x/fieldwork", Icon: "clipboard-list"},
				{Key: "gallery.nav4", Href: "/x/appeals", Icon: "gavel", Count: 3},
				{Key: "gallery.nav5", Href: "/x/audit", Icon: "shield-check"},
			}},
		},
	}
}

func data(p *locale.Printer) map[string]any {
	at := time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)
	options := []render.Option{}
	for i := 1; i <= 6; i++ {
		options = append(options, render.Option{Value: strconv.Itoa(i), Text: p.T("gallery.grade" + strconv.Itoa(i))})
	}
	return map[string]any{
		"Figures": figures(p),
		"Poll":    render.Progress{Label: p.T("gallery.progress"), Total: 3, Poll: pollPath + "?done=1"},
		"Tabs":    []render.Tab{{Text: p.T("gallery.tab1"), Href: Path, Active: true}, {Text: p.T("gallery.tab2"), Href: Path, Count: 1284}, {Text: p.T("gallery.tab3"), Href: Path, Count: 3}},
		"Table":   table(p),
		"Empty": render.Empty{Icon: "gavel", Title: p.T("gallery.empty.title"), Text: p.T("gallery.empty.text"),
			Action: &render.Action{Text: p.T("gallery.empty.action"), Href: Path}},
		"Steps": []render.Step{
			{Text: p.T("gallery.step1"), State: "done"}, {Text: p.T("gallery.step2"), State: "done"},
			{Text: p.T("gallery.step3"), State: "now"}, {Text: p.T("gallery.step4"), State: "later"}, {Text: p.T("gallery.step5"), State: "later"},
		},
		"Events": []render.Event{
			{At: at, Who: p.T("gallery.who1"), Title: p.T("gallery.event1"), Text: p.T("gallery.event1_text"), Icon: "file-text", Tone: "info"},
			{At: at.Add(26 * time.Hour), Who: p.T("gallery.who2"), Title: p.T("gallery.event2"), Icon: "check"},
			{At: at.Add(120 * time.Hour), Who: p.T("gallery.who2"), Title: p.T("gallery.event3"), Text: p.T("gallery.event3_text"), Icon: "gavel", Tone: "success"},
		},
		"Fields": []render.Field{
			{Name: "name", Label: p.T("gallery.field.name"), Help: p.T("gallery.field.name_help"), Required: true},
			{Name: "size", Label: p.T("gallery.field.size"), Type: "number", Value: "5", Error: p.T("gallery.field.size_error"), Min: "10"},
			{Name: "method", Label: p.T("gallery.field.method"), Type: "select", Value: "2", Options: []render.Option{
				{Value: "1", Text: p.T("gallery.field.prop")}, {Value: "2", Text: p.T("gallery.field.neyman")}}},
			{Name: "reason", Label: p.T("gallery.field.reason"), Type: "textarea", Rows: 3},
			{Name: "rate", Label: p.T("gallery.field.rate"), Type: "radio", Value: "2", Options: options},
			{Name: "consent", Label: p.T("gallery.field.consent"), Type: "checkbox"},
		},
		"Errors": []map[string]string{{
			"Where": "C14", "Message": p.T("gallery.error.message"), "Found": "19555", "Want": p.T("gallery.error.want"), "Hint": p.T("gallery.error.hint"),
		}},
	}
}

var names = []string{"天平", "湖南", "枫林", "斜土", "田林", "康健", "虹梅", "徐家汇", "长桥", "凌云", "龙华", "漕河泾", "华泾"}

// areas are invented: a smooth spread of scores with intervals of their n.
func areas() []chart.Area {
	var out []chart.Area
	for i, name := range names {
		n := 38 + (i*47)%190
		score := 80 + 6*math.Sin(float64(i)*1.7)
		half := 1.96 * 20.8 / math.Sqrt(float64(n))
		a := chart.Area{Code: strconv.Itoa(i), Name: name, N: n, Score: score, Lo: score - half, Hi: min(score+half, 100), Href: Path}
		switch {
		case i == 4:
			a.Hidden, a.N = true, 6
		case score-half > 80:
			a.Standing = chart.High
		case score+half < 80:
			a.Standing = chart.Low
		case n < 60:
			a.Standing = chart.Unranked
		}
		out = append(out, a)
	}
	return out
}

func table(p *locale.Printer) render.Table {
	t := render.Table{ID: "areas", Caption: p.T("gallery.table.caption"), Sortable: true, Columns: []render.Column{
		{Text: p.T("gallery.table.area")}, {Text: p.T("gallery.table.answers"), Numeric: true},
		{Text: p.T("gallery.table.score"), Unit: p.T("gallery.points"), Numeric: true},
		{Text: p.T("gallery.table.interval"), Numeric: true, NoSort: true}, {Text: p.T("gallery.table.band")},
	}}
	tones := []render.Badge{
		{Tone: "neutral", Text: p.T("gallery.typical"), Icon: "minus"}, {Tone: "info", Text: p.T("gallery.above"), Icon: "arrow-up"},
		{Tone: "warning", Text: p.T("gallery.below"), Icon: "arrow-down"}, {Tone: "neutral", Text: p.T("gallery.unranked"), Icon: "circle-dashed"},
	}
	f := render.Format{P: p}
	for _, a := range areas()[:8] {
		cells := []render.Cell{{Text: a.Name, Href: Path}, {Text: f.Int(a.N)}, {Text: f.Num(a.Score, 1)},
			{Text: f.Interval(a.Lo, a.Hi, 1)}, {Badge: &tones[a.Standing]}}
		if a.Hidden {
			cells[1], cells[2], cells[3] = render.Cell{Text: render.Dash}, render.Cell{Text: f.Suppressed(10), Sort: render.Dash}, render.Cell{Text: render.Dash}
			cells[4] = render.Cell{Text: render.Dash}
		}
		t.Rows = append(t.Rows, render.Row{Cells: cells})
	}
	return t
}
