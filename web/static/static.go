// Package static holds the files that the browser loads and serves them:
// under a name with the content's hash for ever, under the plain name with an
// ETag, compressed where the browser takes it.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

// Prefix is the path below which the files are served.
const Prefix = "/static/"

// The vendor folder is filled by web/build.mjs; a tracked .keep lets this
// compile before that ran, hence "all:".
//
//go:embed all:vendor css img js verify
var embedded embed.FS

// Assets is the set of files with their hashes. It is safe for concurrent use.
type Assets struct {
	files map[string]*file
}

// file is one asset; zip is made on the first request that wants it.
type file struct {
	name, hash, mime string
	body, brotli     []byte
	once             sync.Once
	zip              []byte
}

// Embedded returns the files built into the binary.
func Embedded() *Assets {
	a, err := New(embedded)
	if err != nil {
		panic("static: embedded files cannot be read: " + err.Error())
	}
	return a
}

// New reads every file of fsys. Go sources and hidden files are left out; a
// file with ".br" added to another's name is that file's brotli form.
func New(fsys fs.FS) (*Assets, error) {
	a := &Assets{files: map[string]*file{}}
	br := map[string][]byte{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasSuffix(name, ".go") || strings.HasPrefix(path.Base(name), ".") {
			return nil
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if plain, ok := strings.CutSuffix(name, ".br"); ok {
			br[plain] = body
			return nil
		}
		sum := sha256.Sum256(body)
		a.files[name] = &file{name: name, body: body, hash: hex.EncodeToString(sum[:6]), mime: typeOf(name)}
		return nil
	})
	for name, body := range br {
		if f, ok := a.files[name]; ok {
			f.brotli = body
		}
	}
	return a, err
}

// typeOf gives the media type by extension, without asking the machine's
// tables for those that matter here.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".geojson":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".wasm":
		return "application/wasm"
	case ".html":
		return "text/html; charset=utf-8"
	case ".txt", ".md":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// URL returns the address of a file with its hash, so that browsers may keep
// it for ever. A file that does not exist gets its plain address, which
// answers 404: a page with a missing picture is better than no page.
func (a *Assets) URL(name string) string {
	if f, ok := a.files[name]; ok {
		return Prefix + "h-" + f.hash + "/" + name
	}
	return Prefix + name
}

// Has reports whether the file exists.
func (a *Assets) Has(name string) bool { _, ok := a.files[name]; return ok }

// Built reports whether the browser libraries are there, that is, whether
// web/build.mjs ran before the binary was built.
func (a *Assets) Built() bool { return a.Has("vendor/tabler.css") && a.Has("vendor/htmx.js") }

// ServeHTTP answers GET and HEAD below Prefix.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	cache := "no-cache"
	hash := ""
	if rest, ok := strings.CutPrefix(name, "h-"); ok {
		hash, name, _ = strings.Cut(rest, "/")
	}
	f, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if hash == f.hash {
		cache = "public, max-age=31536000, immutable"
	}
	f.serve(w, r, cache)
}

// serve writes the file, or 304 if the browser has it.
func (f *file) serve(w http.ResponseWriter, r *http.Request, cache string) {
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Set("Cache-Control", cache)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	etag := `"` + f.hash + `"`
	h.Set("ETag", etag)
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, accept := f.body, r.Header.Get("Accept-Encoding")
	switch {
	case f.brotli != nil && strings.Contains(accept, "br"):
		h.Set("Content-Encoding", "br")
		body = f.brotli
	case strings.Contains(accept, "gzip") && len(f.body) > 1024 && compressible(f.mime):
		h.Set("Content-Encoding", "gzip")
		body = f.gzip()
	}
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body)
}

// gzip returns the compressed form, made once.
func (f *file) gzip() []byte {
	f.once.Do(func() {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(f.body)
		_ = z.Close()
		f.zip = b.Bytes()
	})
	return f.zip
}

func compressible(mime string) bool {
	return strings.HasPrefix(mime, "text/") || strings.Contains(mime, "json") || strings.Contains(mime, "svg") || strings.Contains(mime, "wasm")
}
