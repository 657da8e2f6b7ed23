// Package draws has the pages of drawing: commit, reveal and discard for those
// who do it, and the public page on which anyone can look at a draw and check
// it.
package draws

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/internal/app/draws"
	"gongping/internal/app/rounds"
	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/internal/pg/drawdb"
	"gongping/survey"
	"gongping/survey/draw"
	"gongping/web/handle"
	"gongping/web/page/render"
	"gongping/web/problem"
)

type pages struct {
	*handle.Pages
	svc    *draws.Service
	rounds *rounds.Service
	zone   *time.Location
}

// Routes registers the pages; those under /d need no sign-in.
func Routes(r gin.IRouter, p *handle.Pages, svc *draws.Service, rnd *rounds.Service) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		zone = time.FixedZone("CST", 8*60*60)
	}
	h := &pages{p, svc, rnd, zone}
	r.GET("/rounds/:id/draw", h.Signed(h.show))
	r.POST("/rounds/:id/draw", h.Signed(h.commit))
	r.POST("/rounds/:id/topup", h.Signed(h.topUp))
	r.POST("/draws/:id/reveal", h.Signed(h.reveal))
	r.POST("/draws/:id/discard", h.Signed(h.discard))
	r.POST("/draws/:id/verify", h.Signed(h.verify))
	r.GET("/draws/:id/annex", h.Signed(h.annex))
	r.GET("/d", h.Public(h.ledger))
	r.GET("/d/:id", h.Public(h.public))
	r.GET("/d/:id/bundle", h.Public(h.bundle))
	r.GET("/d/:id/commitment.txt", h.Public(h.commitment))
}

// lineage is a commitment with what became of it.
type lineage struct {
	drawdb.Commitment
	Draw    *drawdb.Draw
	Discard *drawdb.Discard
	Annex   bool // the reader may download one
}

// KnownAtDiscard says that the outcome could be known when the commitment was
// given up.
func (l lineage) KnownAtDiscard() bool { return l.Discard != nil && !l.Discard.At.Before(l.DueAt) }

type showData struct {
	rounds.Detail
	All                            []lineage
	Open                           *lineage
	Done                           *lineage
	MayCommit, MayReveal, SamePair bool
	MayDiscard                     bool
	Due                            bool // the randomness may exist by now
	Alert                          *render.Alert
	MayTopUp                       bool
	TopUps                         []lineage       // drawn, newest first
	MayWatch                       bool            // the fieldwork into which they went
	Committees                     []render.Option // of a top-up: all, then each
	Kinds                          []render.Option
	In                             form
	SeedHelp                       string
}

// form is what was typed, shown again after a fault.
type form struct{ Kind, Name, Due, Seed, Evidence, Reason, Area, More string }

func (h *pages) show(c *gin.Context, who authz.Actor) error {
	return h.page(c, who, c.Param("id"), http.StatusOK, form{}, nil)
}

func (h *pages) page(c *gin.Context, who authz.Actor, round string, status int, in form, err error) error {
	ctx := c.Request.Context()
	d, derr := h.rounds.Get(ctx, who, round)
	if derr != nil {
		return derr
	}
	o, derr := h.svc.Of(ctx, who, round)
	if derr != nil {
		return derr
	}
	at := authz.Object{Area: d.AreaCode}
	v := showData{Detail: d, All: lineages(o), MayCommit: authz.May(who, authz.DrawCommit, at), In: in}
	for i := range v.All {
		switch l := &v.All[i]; {
		case l.Draw != nil:
			v.Done = l // the oldest comes last: the sample of the round
			if l.TopUp {
				v.TopUps = append(v.TopUps, *l)
			}
			if authz.May(who, authz.DrawAnnex, at) {
				p, perr := h.svc.Publication(ctx, who.District, l.ID)
				l.Annex = perr == nil && p.Homes
			}
		case l.Discard == nil:
			v.Open = l
			v.Due = !h.svc.Clock.Now().Before(l.DueAt)
			v.SamePair = l.By != "" && l.By == who.AccountID
			v.MayReveal = authz.May(who, authz.DrawReveal, authz.Object{Area: d.AreaCode, Owner: l.By})
			v.MayDiscard = v.MayCommit
			if v.Due {
				v.MayDiscard = v.MayReveal
			}
			if p, perr := h.svc.Publication(ctx, who.District, l.ID); perr == nil {
				v.SeedHelp = "draw.seed." + string(p.Kind)
			}
		}
	}
	v.topUps(h, c)
	v.MayWatch = authz.May(who, authz.FieldworkRead, at)
	for _, k := range []draw.RandomnessKind{draw.Lottery, draw.Dice, draw.Beacon} {
		v.Kinds = append(v.Kinds, render.Option{Value: string(k), Text: h.T(c, "draw.kind."+string(k)), Help: h.T(c, "draw.kind."+string(k)+".help")})
	}
	if v.In.Kind == "" {
		v.In.Kind = string(draw.Lottery)
	}
	if v.In.Due == "" {
		tomorrow := h.svc.Clock.Now().In(h.zone).AddDate(0, 0, 1)
		v.In.Due = time.Date(tomorrow.Year(), tomorrow.Month(), tomorrow.Day(), 22, 0, 0, 0, h.zone).Format("2006-01-02T15:04")
	}
	if err != nil {
		v.Alert = h.Alert(c, err)
	}
	h.Render(c, status, "draws/show", render.Page{Title: h.T(c, "draw.title"), Subtitle: h.T(c, "draw.subtitle"), Data: v,
		Crumbs: []render.Crumb{{Text: h.T(c, "round.list.title"), Href: "/rounds"}, {Text: d.Title, Href: "/rounds/" + d.ID}, {Text: h.T(c, "draw.title")}}})
	return nil
}

func lineages(o draws.Overview) []lineage {
	var out []lineage
	for i := len(o.Commitments) - 1; i >= 0; i-- {
		l := lineage{Commitment: o.Commitments[i]}
		for k, d := range o.Draws {
			if d.CommitmentID == l.ID {
				l.Draw = &o.Draws[k]
			}
		}
		for k, d := range o.Discards {
			if d.CommitmentID == l.ID {
				l.Discard = &o.Discards[k]
			}
		}
		out = append(out, l)
	}
	return out
}

// shown tells whether an error belongs above the form rather than on a page of
// its own.
func shown(err error) bool { return errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) }

func (h *pages) commit(c *gin.Context, who authz.Actor) error {
	in := form{Kind: c.PostForm("kind"), Name: c.PostForm("name"), Due: c.PostForm("due")}
	due, _ := time.ParseInLocation("2006-01-02T15:04", in.Due, h.zone) // a zero time is past, and refused as such
	_, err := h.svc.Commit(c.Request.Context(), who, c.Param("id"), draws.Wish{Randomness: draw.Randomness{Kind: draw.RandomnessKind(in.Kind), Name: in.Name, Due: due}})
	if shown(err) {
		return h.page(c, who, c.Param("id"), problem.Status(errs.CodeOf(err)), in, err)
	}
	if err != nil {
		return err
	}
	h.Done(c, "/rounds/"+c.Param("id")+"/draw", "draw.committed", nil)
	return nil
}

// round is the round of a commitment that the actor may see.
func (h *pages) round(c *gin.Context, who authz.Actor) (string, error) {
	p, err := h.svc.Publication(c.Request.Context(), who.District, c.Param("id"))
	return p.Round.ID, err
}

func (h *pages) reveal(c *gin.Context, who authz.Actor) error {
	round, err := h.round(c, who)
	if err != nil {
		return err
	}
	in := form{Seed: c.PostForm("seed"), Evidence: c.PostForm("evidence")}
	_, err = h.svc.Reveal(c.Request.Context(), who, c.Param("id"), in.Seed, in.Evidence)
	if shown(err) {
		return h.page(c, who, round, problem.Status(errs.CodeOf(err)), in, err)
	}
	if err != nil {
		return err
	}
	h.Done(c, "/rounds/"+round+"/draw", "draw.drawn_now", nil)
	return nil
}

func (h *pages) discard(c *gin.Context, who authz.Actor) error {
	round, err := h.round(c, who)
	if err != nil {
		return err
	}
	in := form{Reason: c.PostForm("reason")}
	err = h.svc.Discard(c.Request.Context(), who, c.Param("id"), in.Reason)
	if shown(err) {
		return h.page(c, who, round, problem.Status(errs.CodeOf(err)), in, err)
	}
	if err != nil {
		return err
	}
	h.Done(c, "/rounds/"+round+"/draw", "draw.discarded_now", nil)
	return nil
}

// verify draws again on the server, for those who want to see it at once; who
// does not trust the server uses the bundle.
func (h *pages) verify(c *gin.Context, who authz.Actor) error {
	round, err := h.round(c, who)
	if err != nil {
		return err
	}
	if _, err := h.svc.Verify(c.Request.Context(), who, c.PostForm("draw")); shown(err) {
		return h.page(c, who, round, http.StatusConflict, form{}, err)
	} else if err != nil {
		return err
	}
	h.Done(c, "/rounds/"+round+"/draw", "draw.agrees", nil)
	return nil
}

const ledgerSize = 30

type ledgerData struct {
	List  []drawdb.Entry
	Pages render.Pagination
}

// ledger lists every commitment of the district, given-up ones too.
func (h *pages) ledger(c *gin.Context, _ authz.Actor) error {
	page := 1
	if _, err := fmt.Sscan(c.Query("page"), &page); err != nil || page < 1 {
		page = 1
	}
	list, total, err := h.svc.Ledger(c.Request.Context(), h.District, page, ledgerSize)
	if err != nil {
		return err
	}
	h.Render(c, http.StatusOK, "draws/ledger", render.Page{Title: h.T(c, "draw.ledger"), Subtitle: h.T(c, "draw.ledger_text"), Layout: render.Plain,
		Data: ledgerData{list, render.Pagination{Page: page, Last: (total + ledgerSize - 1) / ledgerSize, Total: total, Href: "/d?page="}}})
	return nil
}

type publicData struct {
	draws.Published
	Digest, DrawDigest, Key string
	Streets                 []streetRow
	Population              uint64
	Households              uint64 // in strata drawn in two stages, where a unit is a household
	HomeSample, HomeReserve int    // households drawn, and reserves
	Whole                   uint64 // residents of strata taken whole
	Chance                  uint64 // of them in a stratum that anybody is drawn from
	Sample, Reserve         int
	Title                   string
}

type streetRow struct {
	Name            string
	Population      uint64
	Sample, Reserve int
	Committees      []committeeRow
}

type committeeRow struct {
	Name            string
	Population      uint64
	Sample, Reserve int
	Strata          int
	Census          bool
	Homes           bool // the population counts households
}

func (h *pages) public(c *gin.Context, _ authz.Actor) error {
	p, err := h.svc.Publication(c.Request.Context(), h.District, c.Param("id"))
	if err != nil {
		return err
	}
	v := publicData{Published: p, Digest: fmt.Sprintf("%x", p.Commitment.Digest), Key: fmt.Sprintf("%x", p.Commitment.PublicKey)}
	if p.Draw != nil {
		v.DrawDigest = fmt.Sprintf("%x", p.Draw.Digest)
	}
	v.sizes()
	h.Render(c, http.StatusOK, "draws/public", render.Page{Title: h.T(c, "draw.public.title", "Round", p.Round.Title),
		Subtitle: h.T(c, "draw.public.subtitle", "Area", p.Names[p.Round.AreaCode]), Layout: render.Plain, Data: v})
	return nil
}

// sizes sums the strata by committee and street; the plan is in order of code.
func (v *publicData) sizes() {
	for _, s := range v.Plan {
		code, _, _ := strings.Cut(s.Stratum, "#")
		n, reserve := s.Sample*max(s.Clusters, 1), s.Reserve*max(s.Clusters, 1)
		if s.Method == draw.Census {
			n = int(s.Population)
		}
		street, committee := name(v.Names, survey.ParentOf(code)), name(v.Names, code)
		if k := len(v.Streets); k == 0 || v.Streets[k-1].Name != street {
			v.Streets = append(v.Streets, streetRow{Name: street})
		}
		st := &v.Streets[len(v.Streets)-1]
		if k := len(st.Committees); k == 0 || st.Committees[k-1].Name != committee {
			st.Committees = append(st.Committees, committeeRow{Name: committee, Census: true})
		}
		cm := &st.Committees[len(st.Committees)-1]
		cm.Strata++
		cm.Census = cm.Census && s.Method == draw.Census
		cm.Population, cm.Sample, cm.Reserve = cm.Population+s.Population, cm.Sample+n, cm.Reserve+reserve
		st.Population, st.Sample, st.Reserve = st.Population+s.Population, st.Sample+n, st.Reserve+reserve
		if v.Homes && s.Clusters > 0 {
			v.Households, v.HomeSample, v.HomeReserve, cm.Homes = v.Households+s.Population, v.HomeSample+n, v.HomeReserve+reserve, true
		} else if s.Method == draw.Census {
			v.Whole += s.Population
		}
		if n > 0 {
			v.Chance += s.Population
		}
		v.Population, v.Sample, v.Reserve = v.Population+s.Population, v.Sample+n, v.Reserve+reserve
	}
}

func name(names map[string]string, code string) string {
	if n := names[code]; n != "" {
		return n
	}
	return code
}

// bundle sends the published bundle of a draw.
func (h *pages) bundle(c *gin.Context, _ authz.Actor) error {
	p, err := h.svc.Publication(c.Request.Context(), h.District, c.Param("id"))
	if err != nil {
		return err
	}
	if p.Draw == nil {
		return draws.NotDrawn()
	}
	file, err := h.svc.BundleFile(c.Request.Context(), h.District, p.Draw.ID)
	if err != nil {
		return err
	}
	c.Header("Content-Type", "text/plain; charset=utf-8")
	c.Header("Content-Disposition", `attachment; filename="`+p.Draw.Purpose+`.draw.txt"`)
	http.ServeContent(c.Writer, c.Request, "", p.Draw.At, file)
	return nil
}

// annex sends auditors what opens the households of a draw.
func (h *pages) annex(c *gin.Context, who authz.Actor) error {
	p, err := h.svc.Publication(c.Request.Context(), h.District, c.Param("id"))
	if err != nil {
		return err
	}
	if p.Draw == nil {
		return draws.NotDrawn()
	}
	file, err := h.svc.AnnexFile(c.Request.Context(), who, p.Draw.ID)
	if err != nil {
		return err
	}
	defer file.Close()
	c.Header("Content-Disposition", `attachment; filename="`+p.Draw.Purpose+`.annex.txt"`)
	c.DataFromReader(http.StatusOK, -1, "text/plain; charset=utf-8", file, nil)
	return nil
}

// commitment is the signed document as it was published.
func (h *pages) commitment(c *gin.Context, _ authz.Actor) error {
	p, err := h.svc.Publication(c.Request.Context(), h.District, c.Param("id"))
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte(p.Commitment.Document))
	return nil
}
