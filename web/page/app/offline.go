package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/internal/authz"
	"gongping/internal/errs"
	"gongping/survey/fieldwork"
	"gongping/web/api/fieldapi"
	"gongping/web/locale"
	"gongping/web/page"
	"gongping/web/page/question"
	"gongping/web/page/render"
)

// scripts are those of the offline app, in the order in which they stand on
// its page.
var scripts = []string{"js/question.js", "js/offline/dom.js", "js/offline/store.js", "js/offline/vault.js", "js/offline/queue.js", "js/offline/place.js",
	"js/offline/sync.js", "js/offline/cases.js", "js/offline/interview.js", "js/offline/status.js", "js/offline/main.js"}

// kept are the other files that the app needs without a connection.
var kept = []string{"vendor/tabler.css", "css/gongping.css", "css/field.css", "css/question.css", "css/offline.css", "js/theme.js", "js/app.js",
	"vendor/icons.svg", "img/favicon.svg", "img/mark.svg", "img/app-192.png"}

const workerScript = "js/offline/worker.js"

// offline registers the offline app: a page that is the same for everybody and
// holds nothing about anybody, its service worker and its manifest.
func (h *pages) offline(r gin.IRouter, version string) {
	h.build = h.buildOf(version)
	r.GET("/app/offline", func(c *gin.Context) { c.Redirect(http.StatusFound, "/app/offline/"+string(h.Printer(c).Lang())) })
	r.GET("/app/offline/:lang", h.shell)
	r.GET("/app/offline/form/:id", h.Signed(h.form))
	r.GET("/app/sw.js", h.worker)
	r.GET("/app/manifest.webmanifest", h.manifest)
	r.GET("/app/import", h.Signed(h.importPage))
	r.POST("/app/import", h.Signed(h.importFile))
	r.GET("/fieldwork/:round/held", h.Signed(h.heldList))
	r.POST("/fieldwork/:round/held/:id", h.Signed(h.heldDecide))
}

// buildOf names a state of the app: any change of its files, templates or
// sentences makes another, and phones then fetch it.
func (h *pages) buildOf(version string) string {
	sum := sha256.New()
	fmt.Fprintln(sum, version, h.Asset(workerScript))
	for _, name := range h.files() {
		fmt.Fprintln(sum, name)
	}
	for _, name := range []string{"app/offline.html", "layout/offline.html", "layout/head.html"} {
		b, _ := fs.ReadFile(page.Files, name)
		sum.Write(b)
	}
	for _, lang := range locale.Langs {
		b, _ := json.Marshal(offlineWords(h.Catalog().For(lang)))
		sum.Write(b)
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
}

// files are the addresses that the service worker keeps.
func (h *pages) files() (list []string) {
	for _, lang := range locale.Langs {
		list = append(list, "/app/offline/"+string(lang))
	}
	for _, name := range slices.Concat(kept, scripts) {
		list = append(list, h.Asset(name))
	}
	return list
}

// inLang is the request as a reader of the language would send it, with the
// choices of theme and size and no other cookie.
func inLang(c *gin.Context, lang locale.Lang) {
	c.Request = c.Request.Clone(c.Request.Context())
	old := c.Request.Cookies()
	c.Request.Header.Set("Cookie", locale.Cookie+"="+string(lang))
	for _, k := range old {
		if k.Name == "gp_theme" || k.Name == "gp_size" {
			c.Request.AddCookie(k)
		}
	}
}

func langOf(s string) (locale.Lang, bool) {
	return locale.Lang(s), slices.Contains(locale.Langs, locale.Lang(s))
}

type shellData struct {
	Words       map[string]string
	Config      map[string]any
	Scripts     []string
	Door, Phone []fieldwork.Disposition
}

func (h *pages) shell(c *gin.Context) {
	lang, ok := langOf(c.Param("lang"))
	if !ok {
		c.Redirect(http.StatusFound, "/app/offline")
		return
	}
	inLang(c, lang)
	var ends []fieldwork.Code
	for _, d := range fieldwork.Dispositions {
		if d.Ends {
			ends = append(ends, d.Code)
		}
	}
	c.Header("Cache-Control", "no-cache")
	c.Header("Permissions-Policy", render.PolicyWithPlace) // for the distance to the building, with consent
	h.Render(c, http.StatusOK, "app/offline", render.Page{Title: h.T(c, "offline.title"), Layout: "offline", Data: shellData{
		Words: offlineWords(h.Printer(c)), Config: map[string]any{"build": h.build, "langs": locale.Langs, "ends": ends}, Scripts: scripts,
		Door: fieldwork.Choices(fieldwork.Door), Phone: fieldwork.Choices(fieldwork.Phone)}})
}

// form is the questionnaire of a case as a part of a page, to be kept on the
// phone. The header names questionnaire and version, so that a sign-in page in
// its place is not mistaken for it.
func (h *pages) form(c *gin.Context, who authz.Actor) error {
	r, err := h.svc.FormOf(c.Request.Context(), who, c.Param("id"))
	if err != nil {
		return err
	}
	tag := c.Query("lang")
	if !slices.Contains(r.Questionnaire.Tags(), tag) {
		return errs.New(errs.NotFound, "offline.no_language", "the questionnaire is not written in %q", tag)
	}
	lang, ok := langOf(tag) // the words around the questions: the page's own languages
	if !ok {
		lang = locale.Chinese
	}
	inLang(c, lang)
	c.Header("X-Gongping-Form", fieldapi.FormKey(r))
	h.Partial(c, http.StatusOK, "app/offline-form", question.NewIn(r.Questionnaire, h.Printer(c), tag, nil, nil))
	return nil
}

// worker is the service worker: the list of files and the script that keeps them.
func (h *pages) worker(c *gin.Context) {
	b, _ := json.Marshal(map[string]any{"build": h.build, "files": h.files()})
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "text/javascript; charset=utf-8", []byte("self.gpBuild = "+string(b)+";\nimportScripts("+quote(h.Asset(workerScript))+");\n"))
}

func quote(s string) string { b, _ := json.Marshal(s); return string(b) }

func (h *pages) manifest(c *gin.Context) {
	lang, ok := langOf(c.Query("lang"))
	if !ok {
		lang = locale.Chinese
	}
	p := h.Catalog().For(lang)
	tag := map[locale.Lang]string{locale.Chinese: "zh-CN", locale.English: "en"}[lang]
	type icon struct {
		Src     string `json:"src"`
		Sizes   string `json:"sizes"`
		Type    string `json:"type"`
		Purpose string `json:"purpose"`
	}
	b, _ := json.Marshal(map[string]any{"id": "/app/offline", "start_url": "/app/offline", "scope": "/app/", "display": "standalone", "lang": tag,
		"name": p.T("offline.name"), "short_name": p.T("offline.short_name"), "description": p.T("offline.description"),
		"background_color": "#f5f7fa", "theme_color": "#1f5fa8", "orientation": "portrait",
		"icons": []icon{{h.Asset("img/app-192.png"), "192x192", "image/png", "any"}, {h.Asset("img/app-512.png"), "512x512", "image/png", "any"},
			{h.Asset("img/app-512.png"), "512x512", "image/png", "maskable"}, {h.Asset("img/mark.svg"), "any", "image/svg+xml", "any"}}})
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "application/manifest+json", b)
}

// offlineWords are the sentences that the scripts of the app say. Their
// placeholders are left as {Name}, to be filled on the phone.
func offlineWords(p *locale.Printer) map[string]string {
	out := map[string]string{}
	for _, w := range wordKeys {
		var pairs []any
		for _, a := range w.args {
			pairs = append(pairs, a, "{"+a+"}")
		}
		out[w.key] = p.T(w.key, pairs...)
	}
	for _, d := range fieldwork.Dispositions {
		out[d.Key] = p.T(d.Key)
	}
	for _, s := range stages {
		out["field.stage."+string(s)] = p.T("field.stage." + string(s))
	}
	return out
}

var wordKeys = []struct {
	key  string
	args []string
}{
	{"brand.name", nil}, {"app.building", []string{"Building"}}, {"app.case", []string{"Number"}}, {"app.untried", nil},
	{"field.mode.door", nil}, {"field.mode.phone", nil}, {"field.mode.paper", nil}, {"field.mode.link", nil},
	{"field.closed", []string{"Last"}}, {"field.not_open", []string{"First"}}, {"question.missing", nil},
	{"held.closed", nil}, {"held.ended", nil}, {"held.taken_away", nil}, {"held.version", nil}, {"held.second_answer", nil}, {"held.id_used", nil}, {"held.single_entry", nil},
	{"answers.invalid", nil}, {"case.not_found", nil}, {"attempt.invalid", nil}, {"attempt.id_used", nil}, {"field.id", nil}, {"queue.rejected", nil},
	{"offline.no_building", nil}, {"offline.no_name", nil}, {"offline.n_cases", []string{"N"}}, {"offline.left_out", []string{"N"}}, {"offline.begin_here_at", []string{"Building"}},
	{"offline.tries", []string{"N", "Last"}}, {"offline.state.draft", nil}, {"offline.state.waiting", nil}, {"offline.state.sent", nil},
	{"offline.state.held", nil}, {"offline.state.refused", nil}, {"offline.sex.m", nil}, {"offline.sex.f", nil}, {"offline.age", []string{"Band"}},
	{"offline.attempt_kept", nil}, {"offline.refuse_ask", nil}, {"offline.answered_elsewhere", nil}, {"offline.kept", nil}, {"offline.not_kept", nil},
	{"offline.line.waiting", []string{"N", "Time"}}, {"offline.line.waiting_never", []string{"N"}}, {"offline.line.none", []string{"Time"}},
	{"offline.line.never", nil}, {"offline.line.trouble", []string{"N"}}, {"offline.net.on", nil}, {"offline.net.off", nil}, {"offline.net.signin", nil}, {"offline.net.other", nil},
	{"offline.kind.attempt", nil}, {"offline.kind.response", nil}, {"offline.receipt", []string{"Code"}},
	{"offline.log", []string{"Time", "New", "Old", "Held", "Refused"}}, {"offline.clock.ahead", []string{"Span"}}, {"offline.clock.behind", []string{"Span"}},
	{"offline.exported", []string{"N"}}, {"offline.code.weak", nil}, {"offline.code.differ", nil}, {"offline.code.online", nil}, {"offline.code.set", nil},
	{"offline.out.ask", nil}, {"offline.out.waiting", []string{"N"}}, {"offline.locked.wrong", []string{"N"}}, {"offline.locked.forgotten", nil},
	{"offline.distance.now", []string{"M", "Error"}}, {"offline.distance.none", nil}, {"offline.distance.on", nil}, {"offline.distance.off", nil},
	{"offline.sync.done", nil}, {"offline.language", nil}, {"offline.sync.other_tab", nil}, {"offline.sync.none", nil}, {"offline.sync.busy", nil}, {"offline.sync.full", nil},
}

// shortReason is the sentence of an outcome's reason in the reader's language.
func shortReason(p *locale.Printer, key string) string {
	if key == "" || !p.Has(key) {
		return key
	}
	return strings.TrimSpace(p.T(key))
}
