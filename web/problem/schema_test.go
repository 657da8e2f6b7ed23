package problem

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gongping/web/locale"
)

// TestEverySchemaFaultIsTold takes the sentences from the source of the library:
// each is said in Chinese, with what stood in it.
func TestEverySchemaFaultIsTold(t *testing.T) {
	t.Parallel()
	// The go command knows where the source lies; go/build does not when the test
	// was built with -trimpath, as make test does.
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "github.com/danielgtaylor/huma/v2/validation").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	zh, en, n := locale.Embedded().For(locale.Chinese), locale.Embedded().For(locale.English), 0
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(x ast.Node) bool {
			v, ok := x.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(v.Names[0].Name, "Msg") || len(v.Values) != 1 {
				return true
			}
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			n++
			text = verb.ReplaceAllString(text, "17")
			if got := schemaSentence(text, zh); got == text || strings.Contains(got, "schema.") || strings.Contains(text, "17") && strings.Contains(got, "<no value>") {
				t.Errorf("%s: a Chinese reader is told %q", v.Names[0].Name, got)
			}
			if got := schemaSentence(text, en); got != text {
				t.Errorf("%s: an English reader is told %q", v.Names[0].Name, got)
			}
			return true
		})
	}
	if n < 40 {
		t.Errorf("only %d sentences were found", n)
	}
	for in, want := range map[string]string{
		"expected length <= 200": "最多 200 个字。", "expected required property case_id to be present": "缺少必填字段 case_id。",
		"request body is too large limit=33554432 bytes": "文件超过 32 MB，这里最多接收这么大。", "invalid character 'x' looking for beginning of value": "不是有效的 JSON，请检查括号、引号和逗号。",
		"something new": "something new",
	} {
		if got := schemaSentence(in, zh); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
