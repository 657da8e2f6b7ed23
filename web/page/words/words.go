// Package words has the pages of what people say: themes, coding, agreement,
// campaigns, search, the codebook and taking comments in.
package words

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/words"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/worddb"
	"gongping/scoring/qualitative"
	"gongping/web/handle"
	"gongping/web/page/render"
)

type pages struct {
	*handle.Pages
	svc *words.Service
}

// Routes registers the pages.
func Routes(r gin.IRouter, p *handle.Pages, svc *words.Service) {
	h := &pages{p, svc}
	r.GET("/words", h.Signed(h.themes))
	r.GET("/words/code", h.Signed(h.next))
	r.POST("/words/code/:id", h.Signed(h.code))
	r.GET("/words/agreement", h.Signed(h.agreement))
	r.GET("/words/campaigns", h.Signed(h.campaigns))
	r.GET("/words/search", h.Signed(h.search))
	h.attributionRoutes(r)
	r.GET("/words/codebook", h.Signed(h.codebook))
	r.POST("/words/codebook", h.Signed(h.scheme))
	r.POST("/words/codebook/topics", h.Signed(h.topic))
	r.POST("/words/codebook/standard", h.Signed(h.standard))
	r.GET("/words/intake", h.Signed(h.intake))
	r.POST("/words/intake/rounds/:round", h.Signed(h.takeIn))
	r.POST("/words/intake/files", h.Signed(h.upload))
}

// head is what the pages of a scope share.
type head struct {
	Scope   string
	Row     *worddb.ScopeRow
	Options []render.Option
	Tabs    []render.Tab
	Path    string
}

// head reads the scope of the request; the newest where none is named.
func (h *pages) head(c *gin.Context, who authz.Actor, path string) (head, words.Scope, error) {
	o, err := h.svc.Overview(c.Request.Context(), who)
	if err != nil {
		return head{}, words.Scope{}, err
	}
	d := head{Path: path, Scope: c.Query("scope")}
	if d.Scope == "" {
		d.Scope = c.PostForm("scope")
	}
	for i := range o.Scopes {
		r := &o.Scopes[i]
		value := words.ScopeText(words.Scope{Round: r.Round, Import: r.Import})
		d.Options = append(d.Options, render.Option{Value: value, Text: r.Title})
		if d.Scope == "" {
			d.Scope = value
		}
		if d.Scope == value {
			d.Row = r
		}
	}
	d.Tabs = h.tabs(c, who, path, d.Scope)
	if d.Row == nil && d.Scope != "" {
		return d, words.Scope{}, errs.New(errs.NotFound, "comment.scope_not_found", "there are no such comments, or none that you may see")
	}
	return d, words.ParseScope(d.Scope), nil
}

// rooms are the pages behind the tabs, with the act that each needs.
var rooms = []struct {
	key, path string
	action    authz.Action
}{
	{"words.tab.themes", "/words", authz.CommentThemes}, {"words.tab.code", "/words/code", authz.CommentCode}, {"words.tab.agreement", "/words/agreement", authz.CommentThemes},
	{"words.tab.attributions", "/words/attributions", authz.CommentRead}, {"words.tab.campaigns", "/words/campaigns", authz.CommentRead}, {"words.tab.search", "/words/search", authz.CommentRead},
	{"words.tab.codebook", "/words/codebook", authz.CodebookRead}, {"words.tab.intake", "/words/intake", authz.CommentImport},
}

func (h *pages) tabs(c *gin.Context, who authz.Actor, path, scope string) []render.Tab {
	var out []render.Tab
	for _, t := range rooms {
		if authz.ScopeOf(who.Role, t.action) == authz.Deny {
			continue
		}
		href := t.path
		if scope != "" && t.path != "/words/codebook" && t.path != "/words/intake" {
			href += "?scope=" + url.QueryEscape(scope)
		}
		out = append(out, render.Tab{Text: h.T(c, t.key), Href: href, Active: t.path == path})
	}
	return out
}

func (h *pages) page(c *gin.Context, key string, data any) render.Page {
	p := render.Page{Title: h.T(c, "words.title"), Subtitle: h.T(c, key), Data: data}
	for _, t := range rooms {
		if t.path == c.FullPath() || t.path != "/words" && strings.HasPrefix(c.FullPath(), t.path+"/") {
			p.Window = h.T(c, t.key) + " · " + p.Title
		}
	}
	return p
}

type themesData struct {
	head
	Themes words.Themes
	Tiles  []render.Stat
	Rows   []themeRow
	Masked string
	Empty  render.Empty
}

type themeRow struct {
	Name                              string
	Hidden                            bool
	Voices, People, Comments, Likes   string
	Blame, Neither, Praise            string
	Matters                           []string
	VoiceCount, PeopleCount, Mentions int
}

func (h *pages) themes(c *gin.Context, who authz.Actor) error {
	d, scope, err := h.head(c, who, "/words")
	if err != nil {
		return err
	}
	p, f := h.Printer(c), h.Format(c)
	data := themesData{head: d, Empty: h.empty(c, who)}
	if d.Row == nil {
		h.Render(c, http.StatusOK, "words/themes", h.page(c, "words.subtitle", data))
		return nil
	}
	if data.Themes, err = h.svc.Themes(c.Request.Context(), who, scope, string(p.Lang())); err != nil {
		return err
	}
	n := 0
	for _, k := range data.Themes.Masked {
		n += k
	}
	share := func(n, of int) string {
		if of == 0 {
			return render.Dash
		}
		return f.Pct(float64(n)/float64(of), 0)
	}
	data.Tiles = []render.Stat{
		{Label: p.T("words.tile.comments"), Value: f.Int(d.Row.Comments), Note: p.T("words.tile.texts", "N", f.Int(d.Row.Texts))},
		{Label: p.T("words.tile.decided"), Value: f.Int(d.Row.Decided), Note: p.T("words.tile.decided_note", "Share", share(d.Row.Decided, d.Row.Texts))},
		{Label: p.T("words.tile.waiting"), Value: f.Int(d.Row.Once + d.Row.Split), Note: p.T("words.tile.waiting_note", "Once", f.Int(d.Row.Once), "Split", f.Int(d.Row.Split))},
		{Label: p.T("words.tile.masked"), Value: f.Int(n), Note: p.T("words.tile.masked_note")},
	}
	names, err := h.departments(c, who)
	if err != nil {
		return err
	}
	for _, t := range data.Themes.List {
		data.Rows = append(data.Rows, h.themeRow(c, f, t, names))
	}
	h.Render(c, http.StatusOK, "words/themes", h.page(c, "words.subtitle", data))
	return nil
}

func (h *pages) themeRow(c *gin.Context, f render.Format, t words.Theme, names map[string]string) themeRow {
	few := func(n int) string {
		if n < 0 {
			return h.T(c, "words.withheld")
		}
		return f.Int(n)
	}
	r := themeRow{Name: t.Name, Hidden: t.Hidden, Voices: f.Int(t.Size.Voices), People: f.Int(t.Size.Authors), Comments: f.Int(t.Size.Comments), Likes: f.Int(t.Size.Likes),
		Blame: few(t.Polarity[0]), Neither: few(t.Polarity[1]), Praise: few(t.Polarity[2]), VoiceCount: t.Size.Voices, PeopleCount: t.Size.Authors}
	for _, m := range t.Matters {
		r.Matters = append(r.Matters, h.matter(c, m.Matter, m.Department, names)+" "+few(m.People))
	}
	return r
}

// matter names whose matter something is.
func (h *pages) matter(c *gin.Context, m qualitative.Matter, department string, names map[string]string) string {
	if department != "" {
		if n := names[department]; n != "" {
			return n
		}
		return department
	}
	if m == "" {
		return h.T(c, "matter.none")
	}
	return h.T(c, "matter."+string(m))
}

func (h *pages) departments(c *gin.Context, who authz.Actor) (map[string]string, error) {
	return h.svc.DepartmentNames(c.Request.Context(), who, string(h.Printer(c).Lang()))
}

func (h *pages) empty(c *gin.Context, who authz.Actor) render.Empty {
	e := render.Empty{Icon: "messages", Title: h.T(c, "words.none"), Text: h.T(c, "words.none.text")}
	if authz.May(who, authz.CommentImport, authz.Object{}) {
		e.Action = &render.Action{Text: h.T(c, "words.tab.intake"), Href: "/words/intake", Icon: "download", Primary: true}
	}
	return e
}

type agreementData struct {
	head
	Texts      int
	Head, Rows []agreeRow
	Empty      render.Empty
}

type agreeRow struct {
	Name, N, Yes, Observed, Kappa, Interval, Alpha, Word string
	Tone                                                 string
}

func (h *pages) agreement(c *gin.Context, who authz.Actor) error {
	d, scope, err := h.head(c, who, "/words/agreement")
	if err != nil {
		return err
	}
	data := agreementData{head: d, Empty: render.Empty{Icon: "users", Title: h.T(c, "words.agreement.none"), Text: h.T(c, "words.agreement.none_text")}}
	if d.Row != nil {
		a, err := h.svc.Agreement(c.Request.Context(), who, scope)
		if err != nil {
			return err
		}
		data.Texts = a.Texts
		lang := string(h.Printer(c).Lang())
		for _, x := range a.List {
			if x.N == 0 {
				continue
			}
			if name := a.Book.Path(x.Key, lang); name != "" {
				data.Rows = append(data.Rows, h.agreeRow(c, name, x))
			} else if h.Printer(c).Has("agreement." + x.Key) {
				data.Head = append(data.Head, h.agreeRow(c, h.T(c, "agreement."+x.Key), x))
			} else {
				data.Rows = append(data.Rows, h.agreeRow(c, x.Key, x))
			}
		}
	}
	h.Render(c, http.StatusOK, "words/agreement", h.page(c, "words.agreement.subtitle", data))
	return nil
}

// minGiven is how often a code must have been given to be called good or poor.
const minGiven = 5

func (h *pages) agreeRow(c *gin.Context, name string, a qualitative.Agreement) agreeRow {
	f := h.Format(c)
	r := agreeRow{Name: name, N: f.Int(a.N), Yes: f.Int(a.Yes), Observed: f.Pct(a.Observed, 1), Kappa: render.Dash, Interval: render.Dash, Alpha: render.Dash}
	if a.OK {
		word := qualitative.Usual(a.Kappa)
		if a.Yes < minGiven { // κ of one or two cases is 0 or 1 by chance
			r.Word = h.T(c, "agreement.word.few")
			return r
		}
		r.Kappa, r.Interval, r.Alpha, r.Word = f.Num(a.Kappa, 2), f.Interval(a.Lo, a.Hi, 2), f.Num(a.Alpha, 2), h.T(c, "agreement.word."+word)
		r.Tone = map[string]string{"substantial": "success", "perfect": "success", "moderate": "info", "fair": "warning", "slight": "danger", "poor": "danger"}[word]
	}
	return r
}

type campaignsData struct {
	head
	Comments int
	Rows     []campaignRow
	Empty    render.Empty
}

type campaignRow struct {
	Pattern, Why, Tone       string
	Comments, Authors, Likes string
	Sample                   []string
}

// maxCampaigns is the most campaigns that a page lists.
const maxCampaigns = 30

func (h *pages) campaigns(c *gin.Context, who authz.Actor) error {
	d, scope, err := h.head(c, who, "/words/campaigns")
	if err != nil {
		return err
	}
	data := campaignsData{head: d, Empty: render.Empty{Icon: "repeat", Title: h.T(c, "words.campaigns.none"), Text: h.T(c, "words.campaigns.none_text")}}
	if d.Row != nil {
		list, n, err := h.svc.Campaigns(c.Request.Context(), who, scope)
		if err != nil {
			return err
		}
		data.Comments = n
		f := h.Format(c)
		for _, x := range list[:min(len(list), maxCampaigns)] {
			r := campaignRow{Pattern: h.T(c, "campaign."+string(x.Pattern)), Why: h.T(c, "campaign."+string(x.Pattern)+".why"), Comments: f.Int(x.Comments), Authors: f.Int(x.Authors), Likes: f.Int(x.Likes)}
			for _, s := range x.Sample {
				r.Sample = append(r.Sample, shorten(s, 160))
			}
			data.Rows = append(data.Rows, r)
		}
	}
	h.Render(c, http.StatusOK, "words/campaigns", h.page(c, "words.campaigns.subtitle", data))
	return nil
}

func shorten(s string, n int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n]) + "…"
}

type searchData struct {
	head
	Q     string
	Hits  []hitRow
	Total int
	Pages render.Pagination
	Asked bool
	Alert *render.Alert
}

type hitRow struct {
	words.Hit
	Codes []string
}

func (h *pages) search(c *gin.Context, who authz.Actor) error {
	d, scope, err := h.head(c, who, "/words/search")
	if err != nil {
		return err
	}
	data := searchData{head: d, Q: c.Query("q"), Asked: strings.TrimSpace(c.Query("q")) != ""}
	if c.Query("all") != "" {
		scope = words.Scope{}
	}
	page := pageNumber(c)
	hits, total, err := h.svc.Search(c.Request.Context(), who, scope, data.Q, page)
	if errs.Is(err, errs.Invalid) {
		data.Alert, err = h.Alert(c, err), nil
	}
	if err != nil {
		return err
	}
	book, err := h.svc.Codebook(c.Request.Context(), who)
	if err != nil {
		return err
	}
	names, err := h.departments(c, who)
	if err != nil {
		return err
	}
	lang := string(h.Printer(c).Lang())
	for _, x := range hits {
		r := hitRow{Hit: x}
		for _, k := range x.Codes {
			name := book.Codebook.Path(k.Topic, lang)
			if name == "" {
				name = k.Topic
			}
			r.Codes = append(r.Codes, name+" · "+h.T(c, "polarity."+polarity(k.Polarity))+" · "+h.matter(c, k.Matter, k.Department, names))
		}
		data.Hits = append(data.Hits, r)
	}
	data.Total = total
	data.Pages = render.Pagination{Page: page, Last: (total + words.PerPage - 1) / words.PerPage, Total: total,
		Href: "/words/search?scope=" + url.QueryEscape(d.Scope) + "&all=" + url.QueryEscape(c.Query("all")) + "&q=" + url.QueryEscape(data.Q) + "&page="}
	h.Render(c, http.StatusOK, "words/search", h.page(c, "words.search.subtitle", data))
	return nil
}

func polarity(p int) string {
	return map[int]string{qualitative.Negative: "negative", qualitative.Neutral: "neutral", qualitative.Positive: "positive"}[p]
}
