package analyze

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed example.yaml
var example string

// Example is a commented specification.
func Example() string { return example }

// Kinds lists the statistics with what they do and the fields they take.
func Kinds() string {
	var b strings.Builder
	for _, k := range kindNames {
		fmt.Fprintf(&b, "  %-12s %s\n", k, kinds[k].about)
		if f := kinds[k].fields; f != nil {
			fmt.Fprintf(&b, "  %-12s   also takes %s\n", "", strings.Join(f, ", "))
		}
	}
	return b.String()
}
