// Package render runs the HTML templates of web/page.
//
// Every template is parsed once per language when the server starts; a page is
// executed into memory first, so that a fault in it becomes an error page and
// never half a page.
package render

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"text/template/parse"
	"time"

	"github.com/gin-gonic/gin"

	"gongping/web/locale"
	"gongping/web/page"
	"gongping/web/static"
)

// Options say what a Renderer works with. Only Version and Demo are usually
// set; the zero value of the others means what is built into the binary.
type Options struct {
	Version  string           // shown at the foot of every page
	Demo     bool             // marks every page as the demonstration
	Location *time.Location   // of dates shown; Asia/Shanghai if nil
	Catalog  *locale.Catalog  // sentences
	Assets   *static.Assets   // browser files
	Files    fs.FS            // templates: <feature>/<name>.html
	Now      func() time.Time // for "3 minutes ago"; time.Now if nil
}

// Renderer holds the parsed templates. It is safe for concurrent use.
type Renderer struct {
	opts  Options
	pages map[locale.Lang]map[string]*template.Template
	base  map[locale.Lang]*template.Template
}

// New parses all templates. An error names the file and line.
func New(opts Options) (*Renderer, error) {
	if opts.Location == nil {
		opts.Location = time.FixedZone("CST", 8*3600)
	}
	if opts.Catalog == nil {
		opts.Catalog = locale.Embedded()
	}
	if opts.Assets == nil {
		opts.Assets = static.Embedded()
	}
	if opts.Files == nil {
		opts.Files = page.Files
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	r := &Renderer{
		opts:  opts,
		pages: map[locale.Lang]map[string]*template.Template{},
		base:  map[locale.Lang]*template.Template{},
	}
	for _, lang := range locale.Langs {
		if err := r.parse(lang); err != nil {
			return nil, fmt.Errorf("render: %w", err)
		}
	}
	return r, nil
}

// parse builds the set of one language: the shared templates once, and per page
// a set of its own, in which the page's file is the template "content", with
// copies of those shared templates that it uses. (A copy of all for each page
// took 200 MB.)
func (r *Renderer) parse(lang locale.Lang) error {
	names, err := fs.Glob(r.opts.Files, "*/*.html")
	if err != nil {
		return err
	}
	funcs := r.funcs(r.opts.Catalog.For(lang))
	base := template.New("").Funcs(funcs)
	var pages []string
	for _, name := range names {
		if !shared(name) {
			pages = append(pages, name)
			continue
		}
		if err := parseInto(base, name, r.opts.Files, name); err != nil {
			return err
		}
	}
	set := map[string]*template.Template{}
	for _, name := range pages {
		t := template.New("").Funcs(funcs)
		if err := parseInto(t, "content", r.opts.Files, name); err != nil {
			return err
		}
		if err := complete(t, base); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		set[strings.TrimSuffix(name, ".html")] = t
	}
	r.pages[lang], r.base[lang] = set, base
	return nil
}

// shared reports whether a file holds templates for everybody: the layouts,
// the components, and a feature's files that begin with "_".
func shared(name string) bool {
	dir, base := path.Split(name)
	return dir == "layout/" || dir == "component/" || strings.HasPrefix(base, "_")
}

// complete adds to a page's set copies of the layouts and of all shared
// templates that these or the page call.
func complete(t, base *template.Template) error {
	var calls []string
	for _, own := range t.Templates() {
		if own.Tree != nil {
			calls = called(calls, own.Tree.Root)
		}
	}
	for _, s := range base.Templates() {
		if strings.HasPrefix(s.Name(), "layout/") {
			calls = append(calls, s.Name())
		}
	}
	for len(calls) > 0 {
		name := calls[len(calls)-1]
		calls = calls[:len(calls)-1]
		if t.Lookup(name) != nil {
			continue
		}
		s := base.Lookup(name)
		if s == nil || s.Tree == nil {
			return fmt.Errorf("no template %q", name)
		}
		if _, err := t.AddParseTree(name, s.Tree.Copy()); err != nil {
			return err
		}
		calls = called(calls, s.Tree.Root)
	}
	return nil
}

// called appends the names of the templates that a part of a template calls.
func called(names []string, n parse.Node) []string {
	branch := func(b *parse.BranchNode) []string { return called(called(names, b.List), b.ElseList) }
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, each := range n.Nodes {
				names = called(names, each)
			}
		}
	case *parse.TemplateNode:
		return append(names, n.Name)
	case *parse.IfNode:
		return branch(&n.BranchNode)
	case *parse.RangeNode:
		return branch(&n.BranchNode)
	case *parse.WithNode:
		return branch(&n.BranchNode)
	}
	return names
}

func parseInto(t *template.Template, as string, files fs.FS, name string) error {
	src, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	if _, err := t.New(as).Parse(string(src)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Catalog returns the catalogues, for code that makes sentences.
func (r *Renderer) Catalog() *locale.Catalog { return r.opts.Catalog }

// Asset returns the address of a browser file with its hash.
func (r *Renderer) Asset(name string) string { return r.opts.Assets.URL(name) }

// Printer returns the sentences in the language of the request.
func (r *Renderer) Printer(c *gin.Context) *locale.Printer {
	return r.opts.Catalog.For(locale.FromRequest(c.Request))
}

// Format returns the number and date formats in the language of the request.
func (r *Renderer) Format(c *gin.Context) Format { return r.format(r.Printer(c)) }

// Names lists the pages, as Render takes them.
func (r *Renderer) Names() []string {
	var names []string
	for name := range r.pages[locale.Chinese] {
		names = append(names, name)
	}
	return names
}

// Render writes the page web/page/<name>.html inside the layout. data is a
// Page, or only the page's own data, when the title is the sentence with the
// key "<feature>.<name>.title". In the template, the dot is the page's data.
func (r *Renderer) Render(c *gin.Context, status int, name string, data any) {
	v := r.view(c, name, data)
	t, ok := r.pages[v.Lang][name]
	if !ok {
		r.fail(c, fmt.Errorf("render: no page %q", name))
		return
	}
	r.write(c, status, t, "layout/"+v.Page.Layout, v)
}

// Partial writes one shared template, {{define "name"}} in a file that begins
// with "_", without the layout: the answer to an htmx request.
func (r *Renderer) Partial(c *gin.Context, status int, name string, data any) {
	t := r.base[locale.FromRequest(c.Request)]
	if t.Lookup(name) == nil {
		r.fail(c, fmt.Errorf("render: no partial %q", name))
		return
	}
	r.write(c, status, t, name, data)
}

// Fragment runs one shared template in the language of the request and returns
// its bytes, for parts of pages that are kept.
func (r *Renderer) Fragment(c *gin.Context, name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := r.base[locale.FromRequest(c.Request)].ExecuteTemplate(&b, name, data); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// IsPartial reports whether htmx asks for a part of a page.
func IsPartial(c *gin.Context) bool { return c.GetHeader("HX-Request") == "true" }

func (r *Renderer) write(c *gin.Context, status int, t *template.Template, name string, data any) {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		r.fail(c, err)
		return
	}
	c.Writer.Header().Add("Vary", "Accept-Language, Cookie, HX-Request")
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
}

// fail answers for a template that cannot be executed: the cause goes to the
// request's errors, where the log finds it, the reader gets a plain sentence.
func (r *Renderer) fail(c *gin.Context, err error) {
	_ = c.Error(err)
	c.Data(http.StatusInternalServerError, "text/plain; charset=utf-8",
		[]byte(r.Printer(c).T("problem.internal.detail")+"\n"))
	c.Abort()
}
