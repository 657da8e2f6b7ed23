package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// The API reads parameters of the path and the query from exported fields
// only: an input that embeds a type of its package finds its id empty, and
// every such operation answers "not found".
func TestAPIInputsEmbedNothingHidden(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(root, "web", "api", "*", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no API: %v", err)
	}
	for _, name := range files {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		hidden := parameters(f)
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.StructType); ok {
				for _, field := range s.Fields.List {
					if id, ok := field.Type.(*ast.Ident); ok && len(field.Names) == 0 && hidden[id.Name] {
						t.Errorf("%s embeds %s, whose parameters will be empty", fset.Position(field.Pos()), id.Name)
					}
				}
			}
			return true
		})
	}
}

// parameters lists the unexported structs of a file that hold parameters.
func parameters(f *ast.File) map[string]bool {
	out := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.IsExported() {
			return true
		}
		s, ok := spec.Type.(*ast.StructType)
		if !ok {
			return true
		}
		for _, field := range s.Fields.List {
			if field.Tag != nil && (strings.Contains(field.Tag.Value, "path:") || strings.Contains(field.Tag.Value, "query:")) {
				out[spec.Name.Name] = true
			}
		}
		return true
	})
	return out
}
