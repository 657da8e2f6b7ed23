package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// numericRooms are the packages whose functions compute figures.
var numericRooms = []string{"scoring/adjust", "scoring/estimate", "scoring/fair", "scoring/panel", "scoring/rater", "scoring/records", "scoring/replicate",
	"scoring/robust", "scoring/shrink", "survey/design", "survey/weight", "analytics/fairness"}

// refuses are the words by which a comment says what a function does not compute.
var refuses = regexp.MustCompile(`(?i)fault|error|refus|panic|never|ok is false|no value`)

// Every exported function of a numeric package that can fail says in its comment
// what it refuses.
func TestNumericFunctionsSayWhatTheyRefuse(t *testing.T) {
	t.Parallel()
	n := 0
	for _, room := range numericRooms {
		files, err := filepath.Glob(filepath.Join("..", "..", room, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", room, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range parsed.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || !fn.Name.IsExported() || !fails(fn) {
					continue
				}
				n++
				if !refuses.MatchString(fn.Doc.Text()) {
					t.Errorf("%s: the comment of %s does not say what it refuses (Faults: …)", file, fn.Name.Name)
				}
			}
		}
	}
	if n < 80 {
		t.Errorf("only %d functions were looked at", n)
	}
}

// fails reports whether the last result of a function is an error.
func fails(fn *ast.FuncDecl) bool {
	r := fn.Type.Results
	if r == nil || len(r.List) == 0 {
		return false
	}
	id, ok := r.List[len(r.List)-1].Type.(*ast.Ident)
	return ok && id.Name == "error"
}
