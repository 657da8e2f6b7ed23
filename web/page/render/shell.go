package render

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"gongping/web/locale"
)

// The layouts a page can stand in.
const (
	App      = "app"      // navigation at the side, for people who are signed in
	Plain    = "plain"    // the brand only: sign-in, errors, public pages
	Resident = "resident" // one narrow column in large type, for residents
)

// Page is a page's frame and its own data.
type Page struct {
	Title    string // in the language of the reader
	Subtitle string
	// Window is the name of the browser's window where the title alone would not
	// tell pages apart, as of those behind tabs.
	Window string
	// TitleLang is the language of the title where it is not the reader's.
	TitleLang string
	Crumbs    []Crumb
	Actions   []Action
	Layout    string // App if a user is signed in, else Plain, if empty
	Data      any
}

// Crumb is one step of the way to a page; the last has no Href.
type Crumb struct{ Text, Href string }

// Action is a button at the head of a page: a link, or with Post a form of one
// button. Confirm, if set, is asked first.
type Action struct {
	Text, Href, Icon string
	Primary, Post    bool
	Confirm          string
}

// Shell is what surrounds every page of a session; the middleware that knows
// the session sets it.
type Shell struct {
	User *User
	Nav  []NavGroup
}

// User is the person who is signed in, as shown at the head of the page.
type User struct{ Name, Role, Area string }

// NavGroup is a group of the navigation; Key, a catalogue key, may be empty.
type NavGroup struct {
	Key   string
	Items []NavItem
}

// NavItem is one entry of the navigation. Key is a catalogue key, Icon a name
// of web/icons.txt, Count a number of things waiting (0: none shown).
type NavItem struct {
	Key, Href, Icon string
	Count           int
}

// Notice is a short message at the head of the next page.
type Notice struct {
	Tone string            `json:"t"` // "success", "info", "warning", "danger"
	Key  string            `json:"k"`
	Args map[string]string `json:"a,omitempty"`
}

// view is the dot of the layouts.
type view struct {
	Shell   Shell
	Page    Page
	Lang    locale.Lang
	Theme   string // "light", "dark" or "auto"
	Large   bool
	Path    string // of the request, for the switches
	Version string
	Demo    bool
	Notices []Notice
}

const shellKey = "gongping.shell"

// SetShell gives the frame of the session to the pages of this request.
func SetShell(c *gin.Context, s Shell) { c.Set(shellKey, s) }

func (r *Renderer) view(c *gin.Context, name string, data any) *view {
	p, ok := data.(Page)
	if ptr, isPtr := data.(*Page); isPtr && ptr != nil {
		p, ok = *ptr, true
	}
	if !ok {
		p = Page{Data: data}
	}
	v := &view{
		Lang: locale.FromRequest(c.Request), Theme: theme(c.Request), Large: large(c.Request),
		Path: c.Request.URL.RequestURI(), Version: r.opts.Version, Demo: r.opts.Demo,
		Notices: takeNotices(c),
	}
	if s, ok := c.Get(shellKey); ok {
		v.Shell = s.(Shell)
	}
	if p.Title == "" {
		p.Title = r.opts.Catalog.For(v.Lang).T(strings.ReplaceAll(name, "/", ".") + ".title")
	}
	if p.Layout == "" {
		p.Layout = Plain
		if v.Shell.User != nil {
			p.Layout = App
		}
	}
	v.Page = p
	return v
}

// Active reports whether the item leads to the page shown or to one above it.
func (v *view) Active(item NavItem) bool {
	path, _, _ := strings.Cut(v.Path, "?")
	best := ""
	for _, g := range v.Shell.Nav {
		for _, it := range g.Items {
			href, _, _ := strings.Cut(it.Href, "?")
			if (path == href || strings.HasPrefix(path, strings.TrimSuffix(href, "/")+"/")) && len(href) > len(best) {
				best = href
			}
		}
	}
	href, _, _ := strings.Cut(item.Href, "?")
	return best != "" && href == best
}

const noticeCookie = "gp_notice"

// Flash puts a notice on the next page that this browser is shown. Only a
// catalogue key and plain values travel, so a forged cookie can say nothing
// that the catalogue does not.
func Flash(c *gin.Context, tone, key string, args map[string]string) {
	b, err := json.Marshal([]Notice{{Tone: tone, Key: key, Args: args}})
	if err != nil {
		return
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: noticeCookie, Value: base64.RawURLEncoding.EncodeToString(b), Path: "/", MaxAge: 60,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: OverTLS(c.Request),
	})
}

// takeNotices reads the notices and removes them.
func takeNotices(c *gin.Context) []Notice {
	cookie, err := c.Request.Cookie(noticeCookie)
	if err != nil {
		return nil
	}
	http.SetCookie(c.Writer, &http.Cookie{Name: noticeCookie, Path: "/", MaxAge: -1, HttpOnly: true})
	b, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return nil
	}
	var notices []Notice
	if json.Unmarshal(b, &notices) != nil {
		return nil
	}
	kept := notices[:0]
	for _, n := range notices {
		switch n.Tone {
		case "success", "info", "warning", "danger":
			kept = append(kept, n)
		}
	}
	return kept
}
