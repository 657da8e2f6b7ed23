// Package results has the pages of results: the list of rounds, the overview of
// a district or street, the page of a committee, exports, and the pages of the
// runs that made them.
package results

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/singleflight"

	"gongping/internal/app/records"
	"gongping/internal/app/score"
	"gongping/internal/authz"
	"gongping/internal/cache"
	"gongping/internal/demo"
	"gongping/internal/pg/scoredb"
	"gongping/web/handle"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc *score.Service
	// records tells the workload that stands beside every score.
	records *records.Service
	cache   cache.Store
	once    singleflight.Group // many readers of a new result wait for one rendering
}

// geoPath is where the outlines of the districts are.
const geoPath = "/geo/districts.json"

// Routes registers the pages. Rendered overviews are kept in store, which may
// lose them.
func Routes(r gin.IRouter, p *handle.Pages, svc *score.Service, store cache.Store) {
	h := &pages{Pages: p, svc: svc, cache: store, records: &records.Service{Core: svc.Core}}
	r.GET("/audit/figures", h.Signed(h.figures))
	r.GET("/results", h.Signed(h.list))
	r.GET("/results/:run", h.Signed(h.overview))
	r.GET("/results/:run/changes", h.Signed(h.changes))
	r.GET("/results/:run/questions", h.Signed(h.questions))
	r.GET("/results/:run/export/:format", h.Signed(h.export))
	r.GET("/results/:run/units/:code", h.Signed(h.unit))
	r.GET("/runs", h.Signed(h.runs))
	r.POST("/runs", h.Signed(h.start))
	r.GET("/runs/:run", h.Signed(h.run))
	r.GET("/runs/:run/progress", h.Signed(h.progress))
	r.POST("/runs/:run/publish", h.Signed(h.publish))
	r.POST("/runs/:run/rebuild", h.Signed(h.rebuild))
	r.GET("/runs/:run/input", h.Signed(h.input))
	r.GET(geoPath, func(c *gin.Context) {
		c.Header("Cache-Control", "public, max-age=86400")
		c.Data(http.StatusOK, "application/geo+json", outlines())
	})
}

// outlines are the districts of the city with their names where ECharts looks
// for them.
var outlines = sync.OnceValue(func() []byte {
	var geo struct {
		Type     string `json:"type"`
		Features []struct {
			Type       string          `json:"type"`
			Properties map[string]any  `json:"properties"`
			Geometry   json.RawMessage `json:"geometry"`
		} `json:"features"`
	}
	if err := json.Unmarshal(demo.DistrictsGeoJSON(), &geo); err != nil {
		panic("results: the embedded outlines: " + err.Error())
	}
	for i := range geo.Features {
		geo.Features[i].Properties["name"] = geo.Features[i].Properties["district"]
	}
	b, err := json.Marshal(geo)
	if err != nil {
		panic("results: the embedded outlines: " + err.Error())
	}
	return b
})

// pageSize is the number of rounds on a page.
const pageSize = 20

// pageOf reads the page number of a list.
func pageOf(c *gin.Context) int {
	n, err := strconv.Atoi(c.Query("page"))
	if err != nil || n < 1 || n > 10_000 {
		return 1
	}
	return n
}

type listData struct {
	Rounds []scoredb.Published
	Pages  render.Pagination
	Empty  render.Empty
}

func (h *pages) list(c *gin.Context, who authz.Actor) error {
	page := pageOf(c)
	rounds, total, err := h.svc.Published(c.Request.Context(), who, pageSize, (page-1)*pageSize)
	if err != nil {
		return err
	}
	p := h.Printer(c)
	d := listData{Rounds: rounds, Pages: render.Pagination{Page: page, Last: (total + pageSize - 1) / pageSize, Total: total, Href: "/results?page="}}
	d.Empty = render.Empty{Icon: "chart-dots", Title: p.T("results.none"), Text: p.T("results.none.text")}
	var actions []render.Action
	if authz.ScopeOf(who.Role, authz.RunRebuild) != authz.Deny {
		d.Empty.Action = &render.Action{Text: p.T("runs.title"), Href: "/runs", Primary: true}
		actions = append(actions, render.Action{Text: p.T("runs.title"), Href: "/runs", Icon: "stack-2"})
	}
	h.Render(c, http.StatusOK, "results/list", render.Page{Title: p.T("results.title"), Subtitle: p.T("results.subtitle"), Actions: actions, Data: d})
	return nil
}

// resultCrumbs lead from the list to a run, and to text below it.
func resultCrumbs(h *pages, c *gin.Context, run *scoredb.Run, title string, below ...string) []render.Crumb {
	p := h.Printer(c)
	crumbs := []render.Crumb{{Text: p.T("results.title"), Href: "/results"}, {Text: title, Href: "/results/" + run.ID}}
	for _, s := range below {
		crumbs = append(crumbs, render.Crumb{Text: s})
	}
	if len(below) == 0 {
		crumbs[1].Href = ""
	}
	return crumbs
}

// fragmentKey names a rendered part of a page in the cache, which several
// instances share: it holds everything that what is shown depends on. What a
// role may see is decided per role (score.veil), so two roles never share one,
// even where they are shown the same today.
func fragmentKey(name string, run *scoredb.Run, who authz.Actor, lang, query string) string {
	state := "draft"
	if run.PublishedAt != nil {
		state = "published"
	}
	return strings.Join([]string{"results", name, who.District, run.ID, state, run.SupersededBy, string(who.Role), who.Area, lang, query}, "|")
}

// fragment renders a part of a page once for everybody of a role and an area.
// Losing the cache loses nothing.
func (h *pages) fragment(c *gin.Context, run *scoredb.Run, who authz.Actor, name string, data func() (any, error)) (string, error) {
	key := fragmentKey(name, run, who, string(h.Printer(c).Lang()), c.Request.URL.RawQuery)
	if b, ok := h.cache.Get(c.Request.Context(), key); ok {
		return string(b), nil
	}
	v, err, _ := h.once.Do(key, func() (any, error) {
		d, err := data()
		if err != nil {
			return "", err
		}
		b, err := h.Fragment(c, name, d)
		if err == nil && len(c.Request.URL.RawQuery) <= maxQuery {
			h.cache.Set(c.Request.Context(), key, b, fragmentLife)
		}
		return string(b), err
	})
	if err != nil {
		return "", err
	}
	return v.(string), nil
}

// fragmentLife is how long a rendered overview is kept: results of a run never
// change, so it bounds memory, not age. Longer queries than maxQuery are not kept.
const (
	fragmentLife = 10 * time.Minute
	maxQuery     = 200
)
