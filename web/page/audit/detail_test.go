package audit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gongping/web/locale"
	"gongping/web/page/render"
)

// recorded finds the names that acts write into the log's details: the keys of
// every map literal, and of every map that is filled key by key, that is the
// last argument of Record, RecordAs or audit.Detail.
func recorded(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	fset := token.NewFileSet()
	err := filepath.WalkDir("../../../internal/app", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(fset, path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			named := map[string]bool{} // variables that become details
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || sel.Sel.Name != "Record" && sel.Sel.Name != "RecordAs" && sel.Sel.Name != "Detail" {
					return true
				}
				switch last := call.Args[len(call.Args)-1].(type) {
				case *ast.CompositeLit:
					keys(last, path, found)
				case *ast.Ident:
					named[last.Name] = true
				}
				return true
			})
			ast.Inspect(f, func(n ast.Node) bool {
				a, ok := n.(*ast.AssignStmt)
				if !ok {
					return true
				}
				for i, left := range a.Lhs {
					switch l := left.(type) {
					case *ast.Ident:
						if lit, ok := a.Rhs[min(i, len(a.Rhs)-1)].(*ast.CompositeLit); ok && named[l.Name] {
							keys(lit, path, found)
						}
					case *ast.IndexExpr:
						if x, ok := l.X.(*ast.Ident); ok && named[x.Name] {
							if k, ok := l.Index.(*ast.BasicLit); ok {
								note(k, path, found)
							}
						}
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func keys(lit *ast.CompositeLit, path string, found map[string]string) {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if k, ok := kv.Key.(*ast.BasicLit); ok {
				note(k, path, found)
			}
		}
	}
}

func note(k *ast.BasicLit, path string, found map[string]string) {
	if s, err := strconv.Unquote(k.Value); err == nil {
		found[s] = path
	}
}

// TestEveryDetailHasAName holds the catalogues to what acts write into the log.
func TestEveryDetailHasAName(t *testing.T) {
	t.Parallel()
	found := recorded(t)
	if len(found) < 100 {
		t.Fatalf("%d names found in the use cases; the search is broken", len(found))
	}
	for _, lang := range []locale.Lang{locale.Chinese, locale.English} {
		p := locale.Embedded().For(lang)
		for key, path := range found {
			if !p.Has("auditlog.field." + key) {
				t.Errorf("%s: the detail %q of %s has no name (auditlog.field.%s)", lang, key, path, key)
			}
		}
	}
}

func TestDetailsAreSaidInWords(t *testing.T) {
	t.Parallel()
	const id, hash = "3c04f679-8193-4f56-a8c2-45a275e099b3", "633661d01f297f7c8b7b5bf0fc1332a4d12e4f6d70306269af2aa2df007d26dc"
	r := reader{p: locale.Embedded().For(locale.Chinese), people: map[string]string{"someone": "评估员 叶例辛"}}
	r.f = render.Format{P: r.p, Location: time.UTC}
	for _, c := range []struct {
		detail string
		want   []part
	}{
		{`{"sample":3388,"late":true}`, []part{{Name: "样本", Text: "3,388"}, {Name: "轮次结束后补充", Text: "是"}}},
		{`{"digest":"` + hash + `","round":"` + id + `"}`, []part{{Name: "摘要", Text: hash[:12] + "…", Code: true}, {Name: "轮次", Text: id[:8], Link: "/audit?id=" + id, Code: true}}},
		{`{"disposition":"2.2","mode":"door"}`, []part{{Name: "访问结果", Text: r.p.T("disposition.2.2")}, {Name: "方式", Text: r.p.T("field.mode.door")}}},
		{`{"from":"someone","to":"nobody known"}`, []part{{Name: "移交前", Text: "评估员 叶例辛"}, {Name: "移交给", Text: "nobody known"}}},
		{`{"closes":"2026-12-14"}`, []part{{Name: "截止日期", Text: "2026年12月14日"}}},
		// The log outlives the words: what has no name any more keeps its own.
		{`{"once":[1,null,{"a":0.5}]}`, []part{{Name: "once", Text: `1、—、{"a":0.5}`}}},
		{`{"refused":"field.closed"}`, []part{{Name: "拒绝", Text: "field.closed"}}},
		{`not an object`, nil},
	} {
		if got := r.parts(c.detail); !slices.Equal(got, c.want) {
			t.Errorf("%s\n got %+v\nwant %+v", c.detail, got, c.want)
		}
	}
}
